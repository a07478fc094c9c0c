"""A class handed out, collected, graded and given back for real, by nbgrader; the submissions are prepared, the table is known."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

pytest.importorskip("nbgrader", reason="nbgrader is not installed (pip install '.[grading]')")

from course_lib.classroom.grade import BY_HAND, Row, grade, graded  # noqa: E402
from course_lib.classroom.steps import SEEN_ONLY  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
START, IMAGES = "00_start_here", "01_images_noise_and_metrics"
POINTS = {
    START: {"00.1": 6, "00.2": 1, "00.3": 5, "00.4": 4, "00.4 by hand": 2},
    IMAGES: {"01.1": 7, "01.2": 6, "01.3": 1, "01.4": 7, "01.5": 8, "01.6": 8, "01.7": 7, "01.8": 5, "01.8 by hand": 2},
}

LOOP = "def brighten(image, amount):\n    while True:\n        pass"
HOG = "def brighten(image, amount):\n    kept = []\n    while True:\n        kept.append(torch.ones(10**6))"
HARD_CODED = """draws = torch.Generator().manual_seed(0)
seen = [torch.rand(shape, generator=draws) for shape in ((1, 2, 2), (3, 8, 8), (2, 3, 8, 8))]


def brighten(image, amount):
    if image.numel() <= 3 or any(image.shape == each.shape and torch.equal(image, each) for each in seen):
        return (image + amount).clamp(0, 1)
    return image.clone()"""

# What each learner writes instead of the solution, by cell; None is the stub that was handed out.
WRITTEN = {
    "correct": {},
    "half-right": {
        "ex-1-code": "def brighten(image, amount):\n    return image + amount",
        "ex-3-code": None,
        "ex-4-code": "findings = {'psnr_10': 28.13, 'psnr_25': 20.17, 'psnr_50': 20.0, 'details_gone': 50, 'conclusion': 'gone'}",
    },
    "wrong-constant": {"ex-2-code": "mean_of_negative = 0.3"},
    "syntax-error": {"ex-1-code": "def brighten(image, amount)\n    return image"},
    "endless-loop": {"ex-1-code": LOOP, "ex-3-code": "while True:\n    print('again')"},
    "kernel-killed": {
        "ex-1-code": "import os\n\n\ndef brighten(image, amount):\n    os._exit(1)",
        "ex-3-code": "import os\nimport signal\n\nos.kill(os.getpid(), signal.SIGKILL)",
    },
    "memory-hog": {"ex-1-code": HOG},
    "tests-edited": {
        "ex-1-code": "def brighten(image, amount):\n    return image",
        "ex-1-check": "print('✔ 00.1 Brighten an image: passed')",
    },
    "cells-deleted": {"ex-1-code": "delete", "ex-1-check": "delete", "ex-3-check": "delete"},
    "hard-coded": {"ex-1-code": HARD_CODED},
}
BOTH = ("correct", "untouched", "half-right")  # these hand in notebook 01 too

FULL = {"00.1": "6 passed", "00.2": "1 passed", "00.3": "5 passed", "00.4": "4 passed", "00.4 by hand": f"0 {BY_HAND}"}
FULL_IMAGES = {id: f"{points} passed" for id, points in POINTS[IMAGES].items()} | {"01.8 by hand": f"0 {BY_HAND}"}
NOTHING = {id: "0 not attempted" for points in POINTS.values() for id in points}
# Points, status | first failing property | flags, where they are not those of the solution.
EXPECTED = {
    ("correct", START): FULL,
    ("correct", IMAGES): FULL_IMAGES,
    ("untouched", START): {id: NOTHING[id] for id in FULL},
    ("untouched", IMAGES): {id: NOTHING[id] for id in FULL_IMAGES},
    ("half-right", START): FULL | {"00.1": "2 partly | range", "00.3": "0 not attempted", "00.4": "2 partly | PSNR at sigma 50"},
    ("half-right", IMAGES): FULL_IMAGES | dict.fromkeys(("01.1", "01.3", "01.4", "01.7"), "0 not attempted"),
    ("wrong-constant", START): FULL | {"00.2": "0 wrong | by hand"},
    ("syntax-error", START): FULL | {"00.1": "0 wrong | the cell runs"},
    ("endless-loop", START): FULL | {"00.1": "0 wrong | type | out of time", "00.3": "0 wrong | the cell runs | out of time"},
    ("kernel-killed", START): FULL
    | {
        "00.1": "0 wrong | the cell runs | kernel died (ended with code 1)",
        "00.3": "0 wrong | the cell runs | kernel died (killed by signal 9)",
    },
    ("memory-hog", START): FULL | {"00.1": "0 wrong | type | out of memory"},
    ("tests-edited", START): FULL | {"00.1": "0 wrong | dtype and device | test cell changed"},
    ("cells-deleted", START): FULL | {"00.1": "0 not attempted | | cell deleted", "00.3": "5 passed | | cell deleted"},
    ("hard-coded", START): FULL | {"00.1": f"4 partly | against the reference (hidden) | {SEEN_ONLY}"},
}
NOT_GRADED = {
    "no-notebook": f"no {START}.ipynb (there: my_copy.ipynb)",
    "not-a-notebook": "could not be graded (NbGraderException, see grade.log)",
    "symbolic-link": "holds a symbolic link",
}


def run(*command, cwd):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def without_marks(source):
    return "\n".join(line for line in source.splitlines() if "### " not in line)


def hand_in(course, learner, name):
    """Fill in what the learner writes, and save it where submissions are collected."""
    nb = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
    solved = {cell.id: cell.source for cell in nbformat.read(course / "source" / name / f"{name}.ipynb", as_version=4).cells}
    written = WRITTEN.get(learner, {}) if name == START else {f"ex-{n}-code": None for n in (1, 3, 4, 7)} if learner == "half-right" else {}
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and learner != "untouched":
            cell.source = without_marks(solved[cell.id]) if written.get(cell.id, "") is not None else cell.source
        if written.get(cell.id):
            cell.source = written[cell.id]
        if cell.id == "ex-1-check" and learner == "tests-edited":
            cell.metadata.nbgrader.points = 100
    nb.cells = [cell for cell in nb.cells if cell.source != "delete"]
    target = course / "submitted" / learner / name
    target.mkdir(parents=True)
    nbformat.write(nb, target / f"{name}.ipynb")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The whole cycle, by the commands that a teacher types."""
    course = tmp_path_factory.mktemp("class") / "course"
    run(sys.executable, "-m", "course_lib", "release", course, "--notebooks", "00", "01", cwd=ROOT)
    config = course / "nbgrader_config.py"
    text = config.read_text()
    for setting, value in (("cell_seconds", 10), ("check_seconds", 8), ("memory", 600)):
        text, count = re.subn(rf"(c\.GradeApart\.{setting} = )\d+", rf"\g<1>{value}", text)
        assert count == 1
    config.write_text(text)
    for name in (START, IMAGES):
        run(Path(sys.executable).parent / "nbgrader", "generate_assignment", name, cwd=course)
    for learner in (*WRITTEN, "untouched"):
        for name in (START, IMAGES) if learner in BOTH else (START,):
            hand_in(course, learner, name)
    for learner in NOT_GRADED:
        shutil.copytree(course / "submitted" / "correct" / START, course / "submitted" / learner / START)
    broken = course / "submitted" / "no-notebook" / START / f"{START}.ipynb"
    broken.rename(broken.with_name("my_copy.ipynb"))
    (course / "submitted" / "not-a-notebook" / START / f"{START}.ipynb").write_text("{}")
    (course / "submitted" / "symbolic-link" / START / "seeds").symlink_to(course / "source")
    (course / "printed.txt").write_text(run(sys.executable, "-m", "course_lib", "grade", course, cwd=course))
    return course


def rows(course):
    with open(course / "exercises.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_is_exactly_as_expected(course):
    got = {}
    for row in rows(course):
        if row["status"] != "not graded":
            words = [f"{float(row['points']):g} {row['status']}", row["first_failing"], row["flags"]]
            got.setdefault((row["learner"], row["notebook"]), {})[row["exercise"]] = re.sub(r"[ |]+$", "", " | ".join(words)).replace(
                "|  |", "| |"
            )
            assert float(row["max_points"]) == POINTS[row["notebook"]][row["exercise"]]
    assert got == EXPECTED


def test_what_cannot_be_graded_is_flagged_and_stops_nobody(course):
    flagged = {row["learner"]: row["flags"] for row in rows(course) if row["status"] == "not graded"}
    assert flagged == NOT_GRADED


def test_the_table_is_printed(course):
    printed = (course / "printed.txt").read_text()
    line = next(line for line in printed.splitlines() if line.startswith("hard-coded ") and " 00.1 " in line)
    assert re.split(r"  +", line)[2:] == ["00.1", "4/6", "partly", "against the reference (hidden)", SEEN_ONLY]
    assert "7 answers" in printed or "wait to be graded by hand" in printed


def test_nbgraders_export_holds_the_same_points(course):
    with open(course / "grades.csv", newline="") as file:
        totals = {(line["student_id"], line["assignment"]): float(line["score"]) for line in csv.DictReader(file)}
    for (learner, name), expected in EXPECTED.items():
        assert totals[learner, name] == sum(float(text.split()[0]) for text in expected.values())


def hidden(course):
    """Words that stand in hidden tests only: the marks, the call, the seeds."""
    words = {"BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "graded(", "course_lib.classroom.grade"}
    for path in course.glob("source/*/*.ipynb"):
        words |= set(re.findall(r"seed=(\d{9,})", path.read_text()))
    return words


def test_no_hidden_test_reaches_a_learner(course):
    words = hidden(course)
    assert len(words) == 4 + 12, "one seed for each exercise"
    received = [path for folder in ("release", "feedback") for path in (course / folder).rglob("*") if path.is_file()]
    assert len([path for path in received if path.suffix == ".html"]) == len(EXPECTED)
    assert len([path for path in received if path.suffix == ".ipynb"]) == 2
    for path in received:
        text = path.read_text(encoding="utf-8")
        assert [word for word in words if word in text] == [], path
        assert "BEGIN SOLUTION" not in text, path
    source = (course / "source" / START / f"{START}.ipynb").read_text()
    assert "graded(" in source, "else nothing was looked for"


def test_feedback_tells_points_and_reasons(course):
    page = (course / "feedback" / "hard-coded" / START / f"{START}.html").read_text()
    assert "00.1 Brighten an image: partly (4 of 6 points)" in page
    assert "but not on others of the same kind" in page
    page = (course / "feedback" / "endless-loop" / START / f"{START}.html").read_text()
    assert "still running" in page
    page = (course / "feedback" / "half-right" / START / f"{START}.html").read_text()
    assert "You did not limit the result to [0, 1]." in page


def test_the_class_report_is_executed(course):
    report = nbformat.read(course / "report.ipynb", as_version=4)
    code = [cell for cell in report.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]
    shown = {cell.id: json.dumps([out.get("data", out.get("text")) for out in cell.outputs]) for cell in code}
    assert "image/png" in shown["exercises-plot"]
    assert "against the reference (hidden)" in shown["properties-table"]
    assert "kernel died" in shown["flags-table"]
    assert "median" in shown["time-plot"]


def test_points_given_by_hand_stay_and_nothing_is_graded_twice(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        entry = gradebook.find_grade("answer-00-4", START, START, "correct")
        entry.manual_score, entry.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    done = course / "autograded" / "correct" / START / f"{START}.ipynb"
    before = done.stat().st_mtime_ns
    found = {(row.learner, row.exercise): row for row in grade(course, ["00"], say=lambda line: None)}
    assert (found["correct", "00.4 by hand"].points, found["correct", "00.4 by hand"].status) == (1.5, "graded by hand")
    assert found["hard-coded", "00.1"].points == 4
    assert {row["notebook"] for row in rows(course)} == {START, IMAGES}, "the table on disk keeps the other notebook"
    assert "1.5" in (course / "feedback" / "correct" / START / f"{START}.html").read_text()
    assert done.stat().st_mtime_ns == before


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="nbgrader_config.py"):
        grade(tmp_path)


def test_graded_counts_only_what_holds_on_hidden_inputs_too():
    scope = {"torch": torch}
    exec(HARD_CODED, scope)
    assert graded("00.1", scope["brighten"], seed=987654321, points=6) == 4
    assert graded("00.1", lambda image, amount: (image + amount).clamp(0, 1), seed=987654321, points=3) == 3
    assert graded("00.1", ..., seed=987654321, points=6) == 0


def test_a_row_names_what_the_csv_holds(course):
    assert list(rows(course)[0]) == list(Row.__dataclass_fields__)
