"""The two tables of the term plan in INSTRUCTORS.md, computed from the notebooks themselves.

``python -m course_lib.classroom.term_plan`` writes them anew: after a notebook or an exercise was added or changed, and after
``python -m course_lib bench notebook-cost`` has measured again. A test holds the page against what this file computes.

The exercises' minutes are those that their files state, the machine's seconds are measured. Nobody has timed a class yet, so the minutes
of reading are an estimate from two counts: words, and cells to run and look at. Put your own two numbers here once you have them.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib.check import load
from course_lib.check.exercises import ids
from course_lib.classroom.notebooks import find_root, numbered, read
from course_lib.files import atomic_write

WORDS_A_MINUTE = 120  # formulas on the way, and for many a second language
MINUTES_A_CELL = 0.5  # predict, run, look

REVIEW, PROJECTS = "review, and a test on the first half", "projects are shown"
PLANS: dict[int, tuple[str, ...]] = {  # numbers of notebooks, week by week
    10: ("00 01", "02", "03", "04", "05", "07", "08", "09", "10", "12"),
    12: ("00 01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"),
    14: ("00 01", "02", "03", "04", "05", "06", "07", REVIEW, "08", "09", "10", "11", "12", PROJECTS),
}


@dataclass(frozen=True)
class Effort:
    """What a notebook asks of a learner, and of the machine."""

    title: str  # number and heading
    words: int
    cells: int
    exercises: int
    exercise_minutes: int
    points: int
    seconds: float | None  # of one processor; None until measured
    megabytes: float | None  # at the peak

    @property
    def reading_minutes(self) -> float:
        """An estimate: see the top of the file."""
        return self.words / WORDS_A_MINUTE + self.cells * MINUTES_A_CELL

    @property
    def hours(self) -> float:
        """Reading, exercises and waiting."""
        return (self.reading_minutes + self.exercise_minutes + (self.seconds or 0) / 60) / 60


def efforts(root: Path) -> list[Effort]:
    """One for each notebook in ``solutions/``.

    Parameters
    ----------
    root : Path
        The checkout.
    """
    measured = costs(root)
    found = []
    for path in numbered(root / "solutions"):
        cells = read(path).cells
        words = sum(len(re.findall(r"\w+", cell.source)) for cell in cells if cell.cell_type == "markdown")
        runs = sum(cell.cell_type == "code" for cell in cells)
        exercises = [exercise for exercise in map(load, ids()) if exercise.notebook == path.stem]
        minutes, points = sum(each.minutes for each in exercises), sum(each.points for each in exercises)
        heading = next(line for line in cells[0].source.splitlines() if line.startswith("# "))
        title = f"{path.stem[:2]} {heading[2:].strip()}"
        cost = measured.get(path.stem, {})
        machine = cost.get("CPU seconds"), cost.get("peak memory MB")
        found.append(Effort(title, words, runs, len(exercises), minutes, points, *machine))
    return found


def costs(root: Path) -> dict[str, dict[str, float]]:
    """What each notebook takes, as ``benchmarks/results/notebook-cost.json`` has it: ``CPU seconds`` and ``peak memory MB``."""
    file = root / "benchmarks" / "results" / "notebook-cost.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.is_file() else []
    return {row["method"]: row["values"] for row in rows}


def hours_table(found: list[Effort]) -> str:
    """A line for each notebook, and the sum."""
    lines = ["| notebook | read and run | exercises | points | machine | hours |", "|---|---:|---:|---:|---:|---:|"]
    for each in found:
        machine = "not measured" if each.seconds is None else f"{each.seconds:.0f} s, {each.megabytes / 1000:.1f} GB"
        reading, exercises = f"{each.reading_minutes:.0f} min", f"{each.exercises}, {each.exercise_minutes} min"
        lines.append(f"| {each.title} | {reading} | {exercises} | {each.points} | {machine} | {each.hours:.1f} |")
    count, minutes, points = (sum(getattr(each, name) for each in found) for name in ("exercises", "exercise_minutes", "points"))
    reading, hours = sum(each.reading_minutes for each in found), sum(each.hours for each in found)
    lines.append(f"| all | {reading:.0f} min | {count}, {minutes} min | {points} | | {hours:.1f} |")
    return "\n".join(lines)


def weeks_table(found: list[Effort]) -> str:
    """Week by week for each length of a term."""
    by_number = {each.title[:2]: each for each in found}

    def of_week(plan: tuple[str, ...], week: int) -> str:
        if week >= len(plan):
            return ""
        numbers = plan[week].split()
        if not numbers[0].isdigit():
            return plan[week]
        here = [by_number[number] for number in numbers if number in by_number]
        titles = [by_number[number].title if number in by_number else f"{number} (in preparation)" for number in numbers]
        return ", ".join(titles) + (f": {sum(each.hours for each in here):.1f} h" if here else "")

    lines = ["| week | " + " | ".join(f"{length} weeks" for length in PLANS) + " |", "|---:|" + "---|" * len(PLANS)]
    for week in range(max(map(len, PLANS.values()))):
        lines.append(f"| {week + 1} | " + " | ".join(of_week(plan, week) for plan in PLANS.values()) + " |")
    return "\n".join(lines)


def with_tables(page: str, root: Path) -> str:
    """The page with both tables as they should be.

    Raises
    ------
    ValueError
        The page has lost the two comment lines around a table.
    """
    found = efforts(root)
    for name, table in (("hours", hours_table(found)), ("weeks", weeks_table(found))):
        begin, end = f"<!-- BEGIN {name} -->", f"<!-- END {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"the page needs the lines {begin} and {end}, once each, around the table of {name}")
        page = page[: page.index(begin) + len(begin)] + f"\n{table}\n" + page[page.index(end) :]
    return page


def main() -> int:
    """Write the tables into INSTRUCTORS.md."""
    try:
        root = find_root()
        file = root / "INSTRUCTORS.md"
        text = with_tables(file.read_text(encoding="utf-8"), root)
    except (FileNotFoundError, ValueError) as error:
        print(f"term plan: {error}", file=sys.stderr)
        return 1
    with atomic_write(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print("written: the tables of INSTRUCTORS.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
