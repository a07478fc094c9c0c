"""How far you are: exercises passed in each notebook, their points, and what comes next.

The same lines as text (``python -m course_lib progress``) and as an HTML table (the panel in notebook 00). What is counted here are the
checks that `course_lib.check.record` noted on this machine.
"""

import argparse
import html
import sys
from collections.abc import Collection
from dataclasses import dataclass

from course_lib.check import Exercise, load, record
from course_lib.check.exercises import ids

__all__ = ["Line", "as_html", "as_text", "lines", "main", "next_exercise"]

PRIVATE = "The record is a file on this machine; nothing is sent to anybody."


@dataclass(frozen=True)
class Line:
    """One notebook: how many of its exercises have passed, and how many points those are worth."""

    notebook: str
    passed: int
    exercises: int
    points: int
    max_points: int

    @property
    def state(self) -> str:
        """``done``, ``begun`` or ``open``."""
        return "done" if self.passed == self.exercises else "begun" if self.passed else "open"

    @property
    def words(self) -> tuple[str, str]:
        """Exercises and points, as ``3 of 8``."""
        return f"{self.passed} of {self.exercises}", f"{self.points} of {self.max_points}"


def lines(passed: Collection[str]) -> list[Line]:
    """A line for every notebook, and one for all of them together at the end.

    Parameters
    ----------
    passed : collection of str
        Ids of the exercises that have passed; ids that this version of the course does not have are left out.

    Examples
    --------
    >>> first = lines({"00.1"})[0]
    >>> first.notebook, first.passed, first.state
    ('00_start_here', 1, 'begun')
    """
    notebooks: dict[str, list[Exercise]] = {}
    for exercise in map(load, ids()):
        notebooks.setdefault(exercise.notebook, []).append(exercise)
    found = [_line(name, exercises, passed) for name, exercises in notebooks.items()]
    return [*found, _line("all", [exercise for exercises in notebooks.values() for exercise in exercises], passed)]


def _line(name: str, exercises: list[Exercise], passed: Collection[str]) -> Line:
    done = [exercise.points for exercise in exercises if exercise.id in passed]
    return Line(name, len(done), len(exercises), sum(done), sum(exercise.points for exercise in exercises))


def next_exercise(passed: dict[str, str]) -> Exercise | None:
    """The first open exercise of the notebook in which one passed last, else the first open one of all; None at the end.

    Examples
    --------
    >>> next_exercise({"01.2": "2026-11-20"}).id
    '01.1'
    >>> next_exercise({}).id
    '00.1'
    """
    known = ids()
    still_open = [id for id in known if id not in passed]
    here = next((id.split(".")[0] for id in reversed(passed) if id in known), "")
    still_open = [id for id in still_open if id.startswith(here + ".")] or still_open
    return load(still_open[0]) if still_open else None


def what_next(passed: dict[str, str]) -> str:
    """The next exercise in a sentence."""
    exercise = next_exercise(passed)
    if exercise is None:
        return "Every exercise of the course has passed."
    kind = f"{exercise.kind}, about {exercise.minutes} minutes"
    return f"Next: {exercise.id} {exercise.title} ({kind}) in notebooks/{exercise.notebook}.ipynb"


def as_text(passed: dict[str, str]) -> str:
    """The table and what comes next, for a terminal."""
    found = lines(passed)
    width = max(len(line.notebook) for line in found)
    head = f"{'':<5}  {'notebook':<{width}}  {'passed':>9}  {'points':>11}"
    rows = [f"{line.state:<5}  {line.notebook:<{width}}  {line.words[0]:>9}  {line.words[1]:>11}" for line in found]
    return "\n".join([head, *rows, "", what_next(passed)])


def as_html(passed: dict[str, str]) -> str:
    """The same as a table that a screen reader can walk through; colours come from the page."""
    left = ' style="text-align:left;padding:2px 16px 2px 0"'
    row = f'<tr><th scope="row"{left}>{{}}</th><td{left}>{{}}</td><td{left}>{{}}</td><td{left}>{{}}</td></tr>'
    body = "".join(row.format(html.escape(line.notebook), line.state, *line.words) for line in lines(passed))
    head = "".join(f'<th scope="col"{left}>{name}</th>' for name in ("notebook", "state", "exercises passed", "points"))
    table = f"<table><caption>Exercises passed in each notebook</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"{table}<p>{html.escape(what_next(passed))}</p>"


def main(argv: list[str] | None = None) -> int:
    """``python -m course_lib progress [--reset [--yes]]``; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib progress", description=f"Exercises passed in each notebook, and what comes next. {PRIVATE}"
    )
    parser.add_argument("--reset", action="store_true", help="begin anew; the old record is kept beside the new one")
    parser.add_argument("--yes", action="store_true", help="with --reset: do not ask")
    options = parser.parse_args(argv)
    try:
        return _reset(options.yes) if options.reset else _tell()
    except (OSError, ValueError, RuntimeError) as error:
        print(f"progress: {error}", file=sys.stderr)
        return 1


def _tell() -> int:
    print(as_text(record.passed()))
    off = record.why_off()
    print(f"Nothing is recorded here: {off}." if off else f"Recorded in {record.path()}. Nothing is sent to anybody.")
    return 0


def _reset(sure: bool) -> int:
    if not record.path().exists():
        print("Nothing has been recorded yet.")
        return 0
    if not sure:
        try:
            sure = input(f"Begin anew, and keep {record.path().name} as a backup? [y/N] ").strip().lower() in ("y", "yes")
        except EOFError:
            print("\nprogress: nobody is there to ask: add --yes", file=sys.stderr)
            return 2
    if not sure:
        print("Nothing was changed.")
        return 0
    kept = record.clear()
    print(f"Your progress begins anew. The old record was kept: {kept}")
    return 0
