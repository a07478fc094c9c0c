"""The class report: a notebook that reads ``exercises.csv`` and shows where a class stands."""

import os
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.classroom.notebooks import write

CELLS = (
    (
        "title",
        "# Class report\n\nFrom `exercises.csv`, which `python -m course_lib grade` writes. Run all cells to bring it up to date. "
        "It names learners: keep it to yourself.",
    ),
    (
        "read",
        """import csv
from collections import Counter, defaultdict

import matplotlib.pyplot as plt

with open("exercises.csv", newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
for row in rows:
    row |= {key: float(row[key]) for key in ("points", "max_points", "seconds")}
checked = [row for row in rows if row["max_points"] and "by hand" not in row["exercise"]]
submissions = {(row["learner"], row["notebook"]): row["seconds"] for row in rows}
learners, exercises = ({row[key] for row in table} for table, key in ((rows, "learner"), (checked, "exercise")))
print(f"learners: {len(learners)}, submissions: {len(submissions)}, exercises: {len(exercises)}")""",
    ),
    (
        "exercises",
        "## Which exercises fail most\n\nThe share of submissions with all points, with some, with none, and not attempted; hardest first.",
    ),
    (
        "exercises-plot",
        """shares = defaultdict(Counter)
for row in checked:
    kind = "all" if row["points"] == row["max_points"] else "some" if row["points"] else "none"
    kind = "not attempted" if row["status"] == "not attempted" else kind
    shares[row["exercise"]][kind] += 1
hardest = sorted(shares, key=lambda id: (shares[id]["all"] / shares[id].total(), id))
figure, axes = plt.subplots(figsize=(7, 0.35 * len(hardest) + 1.2))
left = [0.0] * len(hardest)
looks = {"all": ("#009e73", ""), "some": ("#e69f00", "//"), "none": ("#d55e00", "xx"), "not attempted": ("#c8c8c8", "..")}
for kind, (colour, hatch) in looks.items():
    share = [shares[id][kind] / shares[id].total() for id in hardest]
    axes.barh(hardest, share, left=left, color=colour, hatch=hatch, edgecolor="white", label=kind)
    left = [a + b for a, b in zip(left, share)]
axes.invert_yaxis()
axes.set(xlabel="share of submissions", xlim=(0, 1))
axes.legend(title="points", loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
plt.show()
print(f"{'exercise':10} {'all':>4} {'some':>5} {'none':>5} {'not attempted':>14}")
for id in hardest:
    print(f"{id:10} {shares[id]['all']:4} {shares[id]['some']:5} {shares[id]['none']:5} {shares[id]['not attempted']:14}")""",
    ),
    (
        "properties",
        "## On which property\n\nThe first property that does not hold; *(hidden)*: only on other inputs than learners see.",
    ),
    (
        "properties-table",
        """failing = Counter((row["exercise"], row["first_failing"]) for row in checked if row["first_failing"])
print(f"{'exercise':10} {'submissions':>11}  first failing property")
for (id, name), count in failing.most_common(25):
    print(f"{id:10} {count:11}  {name}")""",
    ),
    ("flags", "## What was flagged\n\nFor a person to look at. A flag is no verdict."),
    (
        "flags-table",
        """flagged = [row for row in rows if row["flags"]]
for row in flagged:
    print(f"{row['learner']:20} {row['exercise']:8} {row['flags']}")
if not flagged:
    print("nothing")""",
    ),
    ("time", "## Time per submission\n\nFor running and checking the answers."),
    (
        "time-plot",
        """seconds = sorted(submissions.values())
print(f"median {seconds[len(seconds) // 2]:.1f} s, longest {seconds[-1]:.1f} s, all together {sum(seconds) / 60:.1f} min")
figure, axes = plt.subplots(figsize=(7, 2.2))
axes.hist(seconds, bins=20, color="#0072b2")
axes.set(xlabel="seconds to grade one submission", ylabel="submissions")
plt.show()""",
    ),
)


def write_report(folder: Path) -> Path:
    """Write ``report.ipynb`` into the course's folder and run it there; returns its path.

    Raises
    ------
    FileNotFoundError
        There is no ``exercises.csv`` to report on.
    """
    from nbclient import NotebookClient

    from course_lib.classroom.notebooks import _kernel_manager_class

    folder = Path(folder)
    if not (folder / "exercises.csv").is_file():
        raise FileNotFoundError(f"no exercises.csv in {folder}: run python -m course_lib grade {folder} first")
    cells = [
        (new_code_cell if name in ("read",) or name.endswith(("-plot", "-table")) else new_markdown_cell)(text, id=name)
        for name, text in CELLS
    ]
    nb = new_notebook(cells=cells)
    nb.metadata.kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    if sys.platform == "win32":
        import asyncio

        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    client = NotebookClient(
        nb, timeout=120, record_timing=False, kernel_manager_class=_kernel_manager_class(), resources={"metadata": {"path": str(folder)}}
    )
    client.execute(
        env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    )  # one without a screen would hide figures
    target = folder / "report.ipynb"
    write(nbformat.from_dict(nb), target)
    return target
