"""Grade a folder of submissions: ``python -m course_lib grade DIR``.

``DIR`` is an nbgrader course that ``python -m course_lib release`` has written; submissions lie in
``DIR/submitted/<learner>/<notebook>/``. For each one nbgrader's autograde and feedback run, with the course's own steps
(`course_lib.classroom.steps`), then its export. nbgrader's gradebook stays the record: points changed there by hand (JupyterLab
in the course's folder, menu *Nbgrader → Formgrader*) are in the next table. Submissions graded before are only graded again when
they are newer than their grades, or with ``--again``.

Written into ``DIR``: ``exercises.csv`` (a line for each learner and exercise), ``grades.csv`` (nbgrader's export), ``report.ipynb`` (the
class report, executed), ``feedback/`` (what goes back to learners) and ``grade.log`` (what nbgrader said).
"""

import argparse
import contextlib
import csv
import logging
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from course_lib.files import atomic_write

MAX_BYTES = 50 << 20  # of a submitted notebook; larger ones are not read
BY_HAND = "to be graded by hand"


@dataclass(frozen=True)
class Row:
    """One exercise of one submission."""

    learner: str
    notebook: str
    exercise: str
    title: str
    status: str
    points: float
    max_points: float
    first_failing: str
    flags: str
    seconds: float  # for running and checking all answers of the submission


def graded(id: str, answer: object, seed: int, variant: int = 0, points: float | int = 0, seconds: float | int = 10) -> float:
    """Points of an answer: each property counts if it holds on the inputs that learners see and on hidden ones.

    The hidden lines of a test cell call this. With the course's settings they are read, not run; with nbgrader's own way of running a
    notebook the number is the cell's partial credit.

    Examples
    --------
    >>> graded("00.2", 0.7, seed=11, points=2)
    2.0
    """
    from course_lib.check import check_result

    seen = check_result(id, answer, seed=variant, variant=variant, seconds=seconds)
    if not seen.points:
        return 0.0
    hidden = set(check_result(id, answer, seed=seed, variant=variant, seconds=seconds).passed)
    got = sum(each.points for each in seen.properties if each.holds and each.name in hidden)
    return round(points * got / seen.max_points, 2)


def grade(folder: Path, only: Sequence[str] = (), again: bool = False, say=print) -> list[Row]:
    """Grade the submissions of a course.

    Parameters
    ----------
    folder : Path
        The course.
    only : sequence of str
        Notebooks by number or start of the name; all where empty.
    again : bool
        Also those whose grades are newer than the submission.

    Returns
    -------
    list of Row
        For each submission its exercises; one row with a flag and without points where a submission could not be graded. The table on
        disk keeps the rows of notebooks that are not graded now.

    Raises
    ------
    FileNotFoundError
        ``folder`` is no course, holds no submissions, or its assignments have not been generated.
    """
    folder = Path(folder).resolve()
    course = _course(folder)
    submissions = [
        (path.parent.name, path.name)
        for path in sorted((folder / "submitted").glob("*/*"))
        if path.is_dir() and (not only or path.name.startswith(tuple(only)))
    ]
    if not submissions:
        raise FileNotFoundError(f"no submissions at {folder / 'submitted'}/<learner>/<notebook>/: put the notebooks that came back there")
    assignments = {path.name for path in (folder / "source").glob("*") if path.is_dir()}
    waiting = sorted({name for _, name in submissions if name in assignments and not (folder / "release" / name).is_dir()})
    if waiting:
        raise FileNotFoundError(
            f"{', '.join(waiting)} was not handed out by this course: run nbgrader generate_assignment {waiting[0]} in {folder}"
        )
    from nbgrader.converters import Autograde, GenerateFeedback

    steps = _Converter(Autograde, course), _Converter(GenerateFeedback, course)
    rows = []
    with _LogFile(folder / "grade.log"):
        for learner, name in submissions:
            started = time.perf_counter()
            found = _one(course, steps, folder, learner, name, again) if name in assignments else _unknown(learner, name)
            seconds = time.perf_counter() - started
            total, most = sum(row.points for row in found), sum(row.max_points for row in found)
            say(f"  {learner:20} {name:32} {total:6g} of {most:g}   {seconds:5.1f} s   {'; '.join(_all_flags(found))}".rstrip())
            rows += found
        _export(course, folder)
    _write_table(folder / "exercises.csv", [*_kept(folder / "exercises.csv", only), *map(asdict, rows)])
    return rows


def _kept(path: Path, only: Sequence[str]) -> list[dict]:
    """The rows on disk of notebooks that are not graded now."""
    if not only or not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if not row["notebook"].startswith(tuple(only))]


def _write_table(path: Path, rows: list[dict]) -> None:
    with atomic_write(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (row["learner"], row["notebook"])))


def _all_flags(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(flag for row in rows for flag in row.flags.split("; ") if flag))


def _unknown(learner: str, name: str) -> list[Row]:
    return [Row(learner, name, "–", "", "not graded", 0.0, 0.0, "", "no notebook of this course has this name", 0.0)]


# ------------------------------------------------------------------------------------------------------------- with nbgrader


def _course(folder: Path):
    """nbgrader's course directory, with the settings in the folder."""
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    if not (folder / "nbgrader_config.py").is_file():
        raise FileNotFoundError(f"{folder} holds no nbgrader_config.py: it is not a course that 'python -m course_lib release' has written")
    config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config())
    config.CourseDirectory.root = str(folder)
    return CourseDirectory(config=config)


class _Converter:
    """One of nbgrader's converters, kept from submission to submission: a new one compiles its templates again."""

    def __init__(self, kind: type, course):
        self.converter = kind(coursedir=course, config=course.config)
        self.converter.force = True

    def __call__(self) -> None:
        if not self.converter.trait_has_value("exporter"):
            self.converter.start()
        else:
            with contextlib.chdir(self.converter.coursedir.root):
                self.converter.init_notebooks()
                self.converter.convert_notebooks()


def _one(course, steps: Sequence, folder: Path, learner: str, name: str, again: bool) -> list[Row]:
    """Autograde and feedback of one submission; whatever happens there stays there."""
    autograde, feedback = steps
    course.student_id, course.assignment_id = learner, name
    submitted = folder / "submitted" / learner / name
    notebook = submitted / f"{name}.ipynb"
    trouble = _trouble(submitted, notebook)
    done = folder / "autograded" / learner / name / f"{name}.ipynb"
    rows = []
    try:
        if not trouble:
            new = again or not done.exists() or done.stat().st_mtime < notebook.stat().st_mtime
            if new:
                autograde()
            rows = _rows(course, done, learner, name)
            if new or any(row.status == "graded by hand" or "changed by hand" in row.flags for row in rows):
                feedback()
    except Exception as error:
        logging.getLogger("traitlets").exception("%s, %s", learner, name)
        trouble = f"could not be graded ({type(error).__name__}, see grade.log)"
    return [Row(learner, name, "–", "", "not graded", 0.0, 0.0, "", trouble, 0.0)] if trouble else rows


def _trouble(submitted: Path, notebook: Path) -> str:
    """Why a submission is not even given to nbgrader; empty if it is."""
    if any(path.is_symlink() for path in submitted.rglob("*")):
        return "holds a symbolic link"  # nbgrader would copy what it points to into the feedback
    if not notebook.is_file():
        others = sorted(path.name for path in submitted.glob("*.ipynb"))
        return f"no {notebook.name}" + (f" (there: {', '.join(others[:3])})" if others else "")
    if notebook.stat().st_size > MAX_BYTES:
        return f"{notebook.stat().st_size >> 20} MiB, more than {MAX_BYTES >> 20}: not read"
    return ""


def _rows(course, done: Path, learner: str, name: str) -> list[Row]:
    """What the gradebook and the autograded notebook say of one submission."""
    import nbformat
    from nbgrader.api import Gradebook

    nb = nbformat.read(done, as_version=4)
    results = {cell.metadata.nbgrader.grade_id: cell.metadata.course for cell in nb.cells if "course" in cell.metadata}
    order = [cell.metadata.nbgrader.grade_id for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    with Gradebook(course.db_url, course.course_id) as gradebook:
        grades = {grade.name: grade for grade in gradebook.find_submission_notebook(name, name, learner).grades}
        rows = []
        for grade_id in sorted(order, key=_in_order):
            grade, result = grades[grade_id], results.get(grade_id)
            if result is not None:
                changed = grade.manual_score is not None and grade.manual_score != grade.auto_score
                flags = [*result.flags, *["points changed by hand"] * changed]
                cells = (result.exercise, result.title, result.status, grade.score, grade.max_score, result.failing, "; ".join(flags))
            else:  # an answer that a person judges
                status = BY_HAND if grade.needs_manual_grade else "graded by hand" if grade.manual_score is not None else "not attempted"
                cells = (f"{grade_id.removeprefix('answer-').replace('-', '.')} by hand", "", status, grade.score, grade.max_score, "", "")
            rows.append(Row(learner, name, *cells, nb.metadata.get("course", {}).get("seconds", 0.0)))
    return rows


def _in_order(grade_id: str) -> tuple:
    """``exercise-00-4`` before ``answer-00-4``, ``00-10`` after ``00-9``."""
    kind, *numbers = grade_id.split("-")
    return [int(part) if part.isdigit() else 0 for part in numbers], kind != "exercise"


def _export(course, folder: Path) -> None:
    from nbgrader.api import Gradebook
    from nbgrader.plugins import CsvExportPlugin

    with Gradebook(course.db_url, course.course_id) as gradebook:
        CsvExportPlugin(to=str(folder / "grades.csv")).export(gradebook)


class _LogFile:
    """nbgrader's messages go into a file instead of the terminal."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> None:
        self.log, self.handler = logging.getLogger("traitlets"), logging.FileHandler(self.path, mode="w", encoding="utf-8")
        self.old = self.log.handlers, self.log.propagate, self.log.level
        self.handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
        self.log.handlers, self.log.propagate = [self.handler], False
        self.log.setLevel(logging.INFO)
        self.warnings = warnings.catch_warnings()
        self.warnings.__enter__()
        warnings.filterwarnings("ignore", module="nbgrader")  # nbgrader 0.9.6 with SQLAlchemy 2.1: harmless, and dozens of them

    def __exit__(self, *exception: object) -> None:
        self.log.handlers, self.log.propagate = self.old[0], self.old[1]
        self.log.setLevel(self.old[2])
        self.warnings.__exit__(*exception)
        self.handler.close()


# -------------------------------------------------------------------------------------------------------------- command line


def table(rows: Sequence[Row]) -> str:
    """The rows as text."""
    head = ("learner", "notebook", "exercise", "points", "status", "first failing property", "flags")
    lines = [head] + [
        (row.learner, row.notebook[:24], row.exercise, f"{row.points:g}/{row.max_points:g}", row.status, row.first_failing, row.flags)
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def main(argv: list[str] | None = None) -> int:
    """``python -m course_lib grade DIR``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m course_lib grade", description="Grade the submissions of a course.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="of the course that release has written")
    parser.add_argument("--notebooks", nargs="+", default=[], metavar="NN", help="these, by number (default: all)")
    parser.add_argument("--again", action="store_true", help="also submissions that are graded already")
    options = parser.parse_args(argv)
    from course_lib.classroom import report, sandbox

    try:
        import nbgrader  # noqa: F401
    except ImportError:
        print("python -m course_lib grade: nbgrader is not installed: pip install 'course_lib[grading]' (teachers only)", file=sys.stderr)
        return 2
    walls = (
        "own network, process and file namespaces"
        if sandbox.namespaces_allowed()
        else "no namespaces here: Python refuses network and foreign files"
    )
    print(f"Graded code runs apart, with limits; {walls}.")
    try:
        rows = grade(options.folder, options.notebooks, options.again)
    except FileNotFoundError as error:
        print(f"python -m course_lib grade: {error}", file=sys.stderr)
        return 2
    print("\n" + table(rows))
    notebook = report.write_report(options.folder)
    waiting = sum(row.status == BY_HAND for row in rows)
    count = len({(row.learner, row.notebook) for row in rows})
    print(f"\ngrade: {count} submissions; exercises.csv, grades.csv, {notebook.name}, feedback/ in {options.folder}")
    if waiting:
        print(
            f"{waiting} answers wait to be graded by hand, by the rubrics in grading.md: start JupyterLab in that folder, menu Nbgrader →"
        )
        print("Formgrader; then grade again")
    return 0
