"""The course's own steps in nbgrader's chains; ``nbgrader_config.py`` puts them there.

- `LearnerStubs`: solutions become the same stubs as in ``notebooks/``
- `Restore`: test cells that were changed or deleted are put back, and it is noted
- `GradeApart`: each exercise is graded in a process of its own (`course_lib.classroom.sandbox`), instead of running the whole notebook
- `StripHidden`: hidden tests are cut out before anything goes back to a learner
"""

import ast
import atexit
import os
import re
import shutil
import sys
import time
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ComputeChecksums,
    GetGrades,
    LimitOutput,
    LockCells,
    NbGraderPreprocessor,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)
from traitlets import Float, Integer

from course_lib.classroom import needed
from course_lib.classroom.notebooks import BEGIN, BEGIN_TEXT, split
from course_lib.classroom.sandbox import Sandbox, asks_the_checker

if shutil.which("alembic") is None:  # nbgrader calls it by name, also where this Python's environment is not activated
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

PRIVATE = (
    "source",
    "release",
    "submitted",
    "autograded",
    "feedback",
    "gradebook.db",
    "grading.md",
    "grades.csv",
    "exercises.csv",
    "report.ipynb",
)
NO_CREDIT = ("the library's own answer", "changed the checker")
SEEN_ONLY = "right only on the inputs that learners see"
_HIDDEN = re.compile(r"\n?### BEGIN HIDDEN TESTS.*?(### END HIDDEN TESTS|\Z)", re.DOTALL)


class LearnerStubs(NbGraderPreprocessor):
    """Every solution becomes the stub that the course's own notebooks have."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        if BEGIN in cell.source or BEGIN_TEXT in cell.source:
            cell.source = split(cell.source, cell.cell_type, f"cell {index + 1}").source
        return cell, resources


class Restore(NbGraderPreprocessor):
    """The marks of all cells as they were handed out, test cells with their text; missing cells are added where they belong.

    What was found is noted in the notebook's metadata: ``course.found = {grade id: what}``.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(where["notebook"], where["assignment"])
            points = {cell.name: cell.max_score for cell in notebook.grade_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            masters = [(cell.name, cell.cell_type, cell.source, cell.checksum, cell.locked) for cell in notebook.source_cells]
        known, found, places = {master[0] for master in masters}, {}, {}
        for cell in nb.cells:
            marks = cell.metadata.pop("nbgrader", None)
            name = marks.get("grade_id") if isinstance(marks, dict) else None
            if name in known and name not in places:  # a copy further down is the learner's own cell
                places[name] = cell
        after = None
        for name, kind, source, checksum, locked in masters:
            cell = places.get(name)
            if cell is None:
                found[name] = "cell deleted"
                cell = NotebookNode(cell_type=kind, id=_cell_id(nb, name), metadata=NotebookNode(), source=source if locked else "")
                where_to = _index(nb, after) + 1 if after is not None else _first(nb, places)
                nb.cells.insert(where_to, cell)
            elif locked and cell.source.strip() != _HIDDEN.sub("", source).strip():
                found[name] = "test cell changed"
            cell.cell_type = kind
            if kind == "code":
                cell.setdefault("outputs", [])
                cell.setdefault("execution_count", None)
            else:
                cell.pop("outputs", None), cell.pop("execution_count", None)
            if locked:
                cell.source = source
            cell.metadata.nbgrader = NotebookNode(
                grade=name in points,
                grade_id=name,
                locked=locked,
                schema_version=3,
                solution=name in solutions,
                task=False,
                checksum=checksum,
            )
            if name in points:
                cell.metadata.nbgrader.points = points[name]
            after = cell
        nb.metadata.course = NotebookNode(found=found)
        return nb, resources


def _cell_id(nb: NotebookNode, name: str) -> str:
    taken = {cell.get("id") for cell in nb.cells}
    wanted = re.sub(r"[^\w-]", "-", f"restored-{name}")[:60]
    return wanted if wanted not in taken else f"{wanted}-1"


def _index(nb: NotebookNode, cell: NotebookNode) -> int:
    return next(place for place, each in enumerate(nb.cells) if each is cell)


def _first(nb: NotebookNode, places: dict) -> int:
    return min((_index(nb, cell) for cell in places.values()), default=len(nb.cells))


class GradeApart(NbGraderPreprocessor):
    """In place of nbgrader's Execute: for each test cell, the cells that its answer needs and the checks run in the sandbox.

    The test cell's outputs are what the check says, and the points as a number (nbgrader's partial credit); its metadata hold the result
    for the class report. Other cells are not run.
    """

    cell_seconds = Float(120.0, help="time limit of the cells that one answer needs").tag(config=True)
    check_seconds = Float(10.0, help="time limit of the checks of one exercise, once with visible and once with hidden inputs").tag(
        config=True
    )
    notebook_seconds = Float(400.0, help="time limit of a notebook; exercises left then are not run").tag(config=True)
    memory = Integer(2048, help="memory in MiB beyond what the libraries take (Linux)").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        started = time.monotonic()
        where = resources["nbgrader"]
        root = Path.cwd()  # nbgrader goes to the course's folder
        folder = root / "autograded" / where["student"] / where["assignment"]
        plain_files = (path for path in sorted(folder.glob("*")) if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb")
        settings = {
            "cell_seconds": self.cell_seconds,
            "check_seconds": self.check_seconds,
            "memory": self.memory,
            "files": [str(path) for path in plain_files],
            "hide": [str(root / name) for name in PRIVATE],
        }
        found = nb.metadata.get("course", {}).get("found", {})
        for cell in nb.cells:
            if cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell):
                left = self.notebook_seconds - (time.monotonic() - started)
                self._grade(nb, cell, settings, left, found)
        nb.metadata.setdefault("course", NotebookNode()).seconds = round(time.monotonic() - started, 2)
        return nb, resources

    def _grade(self, nb: NotebookNode, test: NotebookNode, settings: dict, left: float | int, found: dict) -> None:
        call = graded_call(test.source)
        if call is None:
            self.log.warning("the test cell %s holds no call of graded(…): not run", test.metadata.nbgrader.grade_id)
            test.outputs = [new_output("error", ename="NotRun", evalue="this test cell holds no call of graded(…)", traceback=[])]
            return
        above, given = _job_cells(nb, test, call)
        source_given = next((cell.source for cell in nb.cells if _name(cell) == given), "")
        job = {**settings, **call, "cells": above, "given": given, "source_given": source_given}
        seed = job.pop("seed")
        if left > 0:
            job["cell_seconds"] = min(settings["cell_seconds"], left)
            reply = sandbox().run(job, seed)
        else:
            reply = {"visible": None, "hidden": None, "end": "out of time", "seconds": 0.0}
        flags = [found[name] for name in (given, test.metadata.nbgrader.grade_id) if name in found]
        flags += ["asks the checker"] if any(asks_the_checker(source) for _, source in above) else []
        result, outputs = verdict(call, reply, flags)
        test.outputs = outputs
        test.metadata.course = NotebookNode(result)
        seen = reply["visible"] or {"printed": {}, "errors": {}}
        for cell in nb.cells:
            if _name(cell) == given and cell.cell_type == "code":
                text = seen["printed"].get(given, "") + seen["errors"].get(given, "")
                cell.outputs = [new_output("stream", name="stdout", text=text)] if text else []


def graded_call(source: str) -> dict | None:
    """What the hidden lines of a test cell say.

    Examples
    --------
    >>> graded_call('graded("00.1", brighten, seed=5, variant=0, points=6)')
    {'id': '00.1', 'answer': 'brighten', 'seed': 5, 'variant': 0, 'points': 6}
    """
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:
        return None
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "graded":
            numbers = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
            return {"id": node.args[0].value, "answer": node.args[1].id, **numbers}
    return None


def _name(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _job_cells(nb: NotebookNode, test: NotebookNode, call: dict) -> tuple[list[tuple[str, str]], str]:
    """The cells above the test that the answer needs, with names; and the name of the cell that should give the answer."""
    above = []
    for number, cell in enumerate(nb.cells, 1):
        if cell is test:
            break
        if cell.cell_type == "code" and not utils.is_locked(cell):
            above.append((_name(cell) or f"cell {number}", cell.source))
    sources = [source for _, source in above]
    given = f"answer-{call['id'].replace('.', '-')}"
    used = re.compile(rf"\buse\(\s*[\"']{re.escape(call['id'])}[\"']")
    without = [i for i, (name, source) in enumerate(above) if name != given and used.search(source)]
    wanted = needed.cells_for(call["answer"], sources, without)
    wanted = sorted({*wanted, *(i for i, (name, _) in enumerate(above) if name == given)})
    return [above[i] for i in wanted], given


def verdict(call: dict, reply: dict, flags: list[str]) -> tuple[dict, list[NotebookNode]]:
    """Points, first failing property and flags from what the sandbox replied; and the outputs of the test cell.

    A property earns its points if it holds on the visible and on the hidden inputs. Nothing that was computed on hidden inputs is shown.
    """
    from course_lib.check import report  # it imports torch, which only this function of the step needs

    visible, hidden = reply["visible"], reply["hidden"]
    if visible is None:
        reason = "out of time" if reply["end"] == "out of time" else f"kernel died ({reply['end']})"
        said = [("", f"Your code did not come back: {reason}. Restart the kernel, run all cells, and see which one does it.")]
        result = {"title": "", "status": "wrong", "got": 0, "failing": "the cell runs", "flags": [*flags, reason]}
        head, colour, whole = f"{report.SYMBOL['wrong']} {call['id']}: no result", report.COLOUR["wrong"], 1
    else:
        holds = set(hidden["holds"]) if hidden else set()
        flags = [*flags, *visible["flags"], *(hidden["flags"] if hidden else [])]
        if hidden is None:
            flags.append(f"kernel died ({reply['end']})" if reply["end"] != "out of time" else "out of time")
        got = sum(points for name, held, points in visible["properties"] if held and name in holds)
        whole = visible["max_points"]
        failing, status, said = visible["failing"], visible["status"], [tuple(line) for line in visible["lines"]]
        if status == "not attempted":
            failing = ""
        elif status == "passed" and got < whole:
            name = next(name for name, _, _ in visible["properties"] if name not in holds)
            failing = f"{name} (hidden)"
            if hidden is not None:
                flags.append(SEEN_ONLY)
            said = [("Property", name), ("", "It holds on the inputs that you could see, but not on others of the same kind.")]
            status = "partly" if got else "wrong"
        if any(flag in NO_CREDIT for flag in flags):
            got, status = 0, "wrong"
            said = [("", "No points: " + " and ".join(flag for flag in flags if flag in NO_CREDIT) + ".")]
        result = {"title": visible["title"], "status": status, "got": got, "failing": failing, "flags": flags}
        head, colour = f"{report.SYMBOL[status]} {call['id']} {visible['title']}: {status}", report.COLOUR[status]
    flags = list(dict.fromkeys(result["flags"]))
    points = round(call["points"] * result.pop("got") / whole, 2)
    result = {
        **result,
        "exercise": call["id"],
        "points": points,
        "max_points": call["points"],
        "flags": flags,
        "seconds": round(reply["seconds"], 2),
    }
    head += f" ({points:g} of {call['points']:g} points)"
    said += [("Noted", "; ".join(flags))] if flags else []
    shown = {"text/plain": report.plain(head, said), "text/html": report.as_html(head, said, colour)}
    number = new_output("execute_result", data={"text/plain": str(float(points))}, execution_count=None)
    return result, [new_output("display_data", data=shown), number]


class StripHidden(NbGraderPreprocessor):
    """Hidden tests out of the cells, and out of the tracebacks that nbgrader's own way of running would leave."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        if cell.cell_type == "code":
            cell.source = _HIDDEN.sub("", cell.source)
            if utils.is_grade(cell):
                cell.outputs = [
                    new_output("error", ename=out.ename, evalue="", traceback=[out.ename]) if out.output_type == "error" else out
                    for out in cell.outputs
                ]
        return cell, resources


_sandbox: list[Sandbox] = []


def sandbox() -> Sandbox:
    """The one sandbox of this process; it ends with it."""
    if not _sandbox:
        _sandbox.append(Sandbox())
        atexit.register(_sandbox[0].close)
    return _sandbox[0]


ASSIGN = [
    LockCells,
    LearnerStubs,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ComputeChecksums,
    CheckCellMetadata,
]
SANITIZE = [Restore, ClearOutput, OverwriteKernelspec, CheckCellMetadata]
AUTOGRADE = [GradeApart, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata, StripHidden]
FEEDBACK = [StripHidden, GetGrades, CSSHTMLHeaderPreprocessor]
