"""From the solved notebooks to an nbgrader course: ``python -m course_lib release DIR``.

One assignment for each notebook: ``DIR/source/<notebook>/<notebook>.ipynb`` is the solved notebook with nbgrader's marks (answer cells,
read-only test cells worth points, answers graded by hand), ``DIR/nbgrader_config.py`` the settings, ``DIR/grading.md`` the teacher's sheet
of points, rubrics and variants. A test cell shows the learner the check that the course's own notebook has; hidden below it stands the
same check with a seed drawn for this release. nbgrader cuts the hidden lines out of the assignment, the settings cut them out of the
feedback.

Then, in ``DIR``: ``nbgrader generate_assignment <notebook>`` writes ``release/``, which is handed out; what comes back lies in
``submitted/<learner>/<notebook>/``; ``python -m course_lib grade DIR`` does the rest.
"""

import argparse
import ast
import random
import re
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course_lib.check.engine import Case, Exercise, load
from course_lib.check.exercises import ids
from course_lib.classroom import needed
from course_lib.classroom.notebooks import BEGIN, END, NotebookError, find_root, numbered, read, write
from course_lib.files import atomic_write

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"  # nbgrader's own words

CONFIG = '''"""Settings of nbgrader for this course. Written once by `python -m course_lib release`; yours from then on.

Run nbgrader in this folder, with the Python that has the course: it finds this file by itself.
"""

from course_lib.classroom import steps

c = get_config()  # noqa: F821 - nbgrader defines it
c.CourseDirectory.course_id = "{course}"

# The course's own steps in nbgrader's chains: its stubs for solutions; deleted or changed cells restored; answers run apart, with limits;
# hidden tests cut out of what goes back to learners.
c.GenerateAssignment.preprocessors = steps.ASSIGN
c.Autograde.sanitize_preprocessors = steps.SANITIZE
c.Autograde.autograde_preprocessors = steps.AUTOGRADE
c.GenerateFeedback.preprocessors = steps.FEEDBACK

# Limits for each exercise of each submission.
c.GradeApart.cell_seconds = 120  # the cells that the answer needs
c.GradeApart.check_seconds = 10  # the checks, once with the inputs that learners see and once with hidden ones
c.GradeApart.notebook_seconds = 400  # a whole notebook: what is left then is not run
c.GradeApart.memory = 2048  # MiB on top of what the libraries take
c.LimitOutput.max_lines = 200

# One kernel, should you go back to nbgrader's own way of running (replace GradeApart by nbgrader.preprocessors.Execute in AUTOGRADE).
c.ExecutePreprocessor.kernel_name = "python3"
c.ExecutePreprocessor.timeout = 120
c.ExecutePreprocessor.startup_timeout = 120
c.ExecutePreprocessor.interrupt_on_timeout = True
'''


@dataclass(frozen=True)
class Item:
    """One exercise of a released notebook."""

    exercise: Exercise
    answer: str  # the name that the notebook gives to it
    points: float  # given by the checks
    by_hand: float  # given by a person, investigations only
    changes: tuple[str, ...]  # what the variant changes, in words


def release(
    folder: Path,
    only: Sequence[str] = (),
    points: Mapping[str, float | int] | None = None,
    variant: int = 0,
    seed: int | None = None,
    say=print,
) -> list[Item]:
    """Write an nbgrader course, or add notebooks to one.

    Parameters
    ----------
    folder : Path
        Of the course; made where it does not exist.
    only : sequence of str
        Notebooks by number; all of ``solutions/`` where empty.
    points : mapping of exercise to number
        Points of an exercise instead of those in its file (checks and hand grading together).
    variant : int
        0 is what the course's own notebooks ask; others change the seeds of all checks, visible ones too, and the constants and broken
        codes of the exercises that state variants.
    seed : int, optional
        For hidden seeds that can be had again (tests); drawn from the system's randomness where it is left out.

    Raises
    ------
    FileExistsError
        There is something in ``folder`` that this would overwrite. Nothing was written.
    NotebookError, ValueError
        A notebook cannot be released, or ``points`` names an unknown exercise. Nothing was written.
    """
    root, folder, points = find_root(), Path(folder), dict(points or {})
    sources = numbered(root / "solutions", only)
    config = folder / "nbgrader_config.py"
    if folder.exists() and any(folder.iterdir()) and not config.is_file():
        raise FileExistsError(f"{folder} is not empty and holds no nbgrader_config.py: name a new folder, or one that release has made")
    there = [path.stem for path in sources if (folder / "source" / path.stem).exists()]
    if there:
        raise FileExistsError(
            f"{folder / 'source'} holds {', '.join(there)} already: nothing is overwritten (name other --notebooks, or a new folder)"
        )
    draw = secrets.SystemRandom() if seed is None else random.Random(seed)
    built, items = {}, []
    for path in sources:
        built[path.stem], found = course_notebook(read(path), path.name, points, variant, lambda: draw.randrange(10**8, 2**31))
        items += found
    unknown = [id for id in points if id not in {item.exercise.id for item in items}]
    if unknown:
        raise ValueError(f"--points names {', '.join(unknown)}, which is no exercise of the notebooks released here")
    glossary = root / "notebooks" / "glossary.md"
    for name, nb in built.items():
        target = folder / "source" / name
        target.mkdir(parents=True)
        write(nb, target / f"{name}.ipynb")
        if glossary.is_file():
            (target / "glossary.md").write_text(glossary.read_text(encoding="utf-8"), encoding="utf-8")
        say(f"  source   {name}: {sum(item.exercise.notebook == name for item in items)} exercises")
    if not config.exists():
        course = re.sub(r"[^\w-]", "-", folder.resolve().name) or "course"
        config.write_text(CONFIG.format(course=course), encoding="utf-8")
    with atomic_write(folder / "grading.md") as temporary:
        old = folder / "grading.md"
        head = old.read_text(encoding="utf-8") if old.exists() else _HEAD
        Path(temporary).write_text(head + teachers_sheet(items, variant), encoding="utf-8")
    return items


# --------------------------------------------------------------------------------------------------------------- one notebook


def course_notebook(
    solved: NotebookNode, name: str, points: Mapping[str, float | int], variant: int, draw_seed
) -> tuple[NotebookNode, list[Item]]:
    """The solved notebook with nbgrader's marks, and its exercises."""
    cells = [_fresh(cell) for cell in solved.cells]
    _links(cells, name)
    items, taken = [], set()
    for number, cell in enumerate(cells):
        found = check_call(cell.source) if cell.cell_type == "code" else None
        if not found:
            continue
        id, answer = found
        where = f"{name}, cell {number + 1}"
        if id in {item.exercise.id for item in items}:
            raise NotebookError(f"{where}: exercise {id} is checked a second time: only one check can be graded")
        exercise = load(id)
        place = _answer_cell(cells[:number], answer, where)
        items.append(_mark(exercise, answer, cells, place, number, points, variant, draw_seed(), where))
        taken.add(place)
    lost = [id for id in ids() if id.startswith(name[:2] + ".") and id not in {item.exercise.id for item in items}]
    if lost:
        raise NotebookError(f'{name}: no cell of its own checks {", ".join(lost)}: write check("{lost[0]}", answer) alone in a cell')
    for number, cell in enumerate(cells):
        if number not in taken and cell.cell_type == "code" and BEGIN in cell.source:
            cell.metadata.nbgrader = _marks(f"also-{cell.id}", solution=True)
        if variant and cell.cell_type == "code":
            cell.source = _with_variant(cell.source, variant)
    nb = NotebookNode(cells=cells, metadata=NotebookNode(solved.metadata), nbformat=4, nbformat_minor=5)
    nb.metadata.pop("course", None)
    return nb, items


def _fresh(cell: NotebookNode) -> NotebookNode:
    fresh = NotebookNode(cell_type=cell.cell_type, id=cell.id, metadata=NotebookNode(), source=cell.source)
    if "attachments" in cell:
        fresh.attachments = cell.attachments
    if cell.cell_type == "code":
        fresh |= {"execution_count": None, "outputs": []}
    return fresh


def check_call(source: str) -> tuple[str, str] | None:
    """Exercise and name of the answer of a cell that is one call ``check("00.1", brighten)``.

    Examples
    --------
    >>> check_call('check("00.1", brighten)')
    ('00.1', 'brighten')
    """
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    call = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check" and len(call.args) == 2):
        return None
    id, answer = call.args
    return (id.value, answer.id) if isinstance(id, ast.Constant) and isinstance(answer, ast.Name) else None


def _answer_cell(above: list[NotebookNode], answer: str, where: str) -> int:
    for place in range(len(above) - 1, -1, -1):
        cell = above[place]
        if cell.cell_type == "code" and BEGIN in cell.source and answer in needed.names(cell.source).gives:
            return place
    raise NotebookError(f"{where}: no cell above holds a solution that gives {answer}")


def _mark(exercise, answer, cells, place, number, points, variant, seed, where) -> Item:
    """Make the answer cell and the test cell of one exercise nbgrader's."""
    by_hand = rubric_points(exercise)
    factor = points.get(exercise.id, exercise.points + by_hand) / (exercise.points + by_hand)
    automatic, by_hand = round(exercise.points * factor, 2), round(by_hand * factor, 2)
    given, test = cells[place], cells[number]
    changes = _vary(exercise, answer, cells, place, number, variant, where)
    given.metadata.nbgrader = _marks(grade_id("answer", exercise.id), solution=True, points=by_hand or None)
    hidden = f'graded("{exercise.id}", {answer}, seed={seed}, variant={variant}, points={automatic:g})'
    test.source = "\n".join([test.source, BEGIN_HIDDEN, "from course_lib.classroom.grade import graded", hidden, END_HIDDEN])
    test.metadata.nbgrader = _marks(grade_id("exercise", exercise.id), points=automatic, locked=True)
    return Item(exercise, answer, automatic, by_hand, tuple(changes))


def grade_id(what: str, id: str) -> str:
    """nbgrader's name of a cell, where no dots are allowed.

    Examples
    --------
    >>> grade_id("answer", "00.1")
    'answer-00-1'
    """
    return f"{what}-{id.replace('.', '-')}"


def _marks(name: str, *, solution: bool = False, points: float | int | None = None, locked: bool = False) -> NotebookNode:
    marks = NotebookNode(grade=points is not None, grade_id=name, locked=locked, schema_version=3, solution=solution, task=False)
    if points is not None:
        marks.points = points
    return marks


def rubric_points(exercise: Exercise) -> int:
    """Points that a person gives by the rubric of an investigation: the sum of its lines ``2 points: …``."""
    found = re.findall(r"^(\d+) points?:", exercise.rubric, flags=re.MULTILINE)
    return sum(map(int, found)) or (2 if exercise.rubric else 0)


def _vary(exercise: Exercise, answer: str, cells: list, place: int, number: int, variant: int, where: str) -> list[str]:
    """Put the variant's words into the exercise's own cells; what it changes."""
    if not variant:
        return []
    changes = ["seeds"]
    words = exercise.words(variant)
    start = max((i for i in range(number) if re.search(rf"Exercise {re.escape(exercise.id)}\b", cells[i].source)), default=place)
    own = cells[start:number]
    for old, new in words.items():
        count = sum(cell.source.count(old) for cell in own)
        if count != 1:
            raise NotebookError(
                f"{where}: variant {variant} of {exercise.id} replaces {old!r}, which its cells hold {count} times, not once"
            )
        for cell in own:
            cell.source = cell.source.replace(old, new)
        changes.append(f"{old} → {new}")
    if exercise.kind == "predict":
        right = exercise.right_answer(Case(variant=variant))
        if right != exercise.right_answer(Case()):
            before, _, rest = cells[place].source.partition(BEGIN)
            cells[place].source = f"{before}{BEGIN}\n{answer} = {right!r}\n{END}{rest.partition(END)[2]}"
    return changes


def _with_variant(source: str, variant: int) -> str:
    """The cell with ``variant=N`` in its calls of check and use."""
    return re.sub(r'\b(check|use)\(("[\d.]+"), ([\w.]+)\)', rf"\1(\2, \3, variant={variant})", source)


def _links(cells: list[NotebookNode], name: str) -> None:
    """An assignment is a folder of its own: the glossary goes along, other notebooks do not."""
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("(../notebooks/glossary.md", "(glossary.md")
            cell.source = re.sub(rf"\[([^\]]*)\]\((?!{re.escape(name)})[\w./-]*\d\d_\w+\.ipynb\)", r"\1", cell.source)


# ------------------------------------------------------------------------------------------------------------ the teacher's sheet

_HEAD = """# Grading

For the teacher only. `nbgrader generate_assignment NAME` writes what is handed out into `release/`; submissions go into
`submitted/LEARNER/NAME/`; `python -m course_lib grade .` grades them. Never hand out `source/`, `gradebook.db` or this file: they hold
solutions or hidden seeds.
"""


def teachers_sheet(items: Sequence[Item], variant: int) -> str:
    """Points, rubrics and what the variant changes, as Markdown."""
    lines = []
    for notebook in dict.fromkeys(item.exercise.notebook for item in items):
        own = [item for item in items if item.exercise.notebook == notebook]
        lines += [
            "",
            f"## {notebook}, variant {variant}",
            "",
            "| exercise | kind | checks | by hand | the variant changes |",
            "|---|---|---:|---:|---|",
        ]
        for item in own:
            head = f"{item.exercise.id} {item.exercise.title}"
            lines.append(f"| {head} | {item.exercise.kind} | {item.points:g} | {item.by_hand:g} | {'; '.join(item.changes) or '–'} |")
        lines += [f"| **together** | | {sum(i.points for i in own):g} | {sum(i.by_hand for i in own):g} | |"]
        for item in own:
            if item.exercise.rubric:
                scale = item.by_hand / rubric_points(item.exercise)
                note = "" if scale == 1 else f" (times {scale:g})"
                lines += ["", f"**{item.exercise.id}, by hand**{note}", "", *(f"- {line}" for line in _rubric_lines(item.exercise.rubric))]
    return "\n".join(lines) + "\n"


def _rubric_lines(rubric: str) -> list[str]:
    """One entry for each "N points: …", its lines joined."""
    return [" ".join(part.split()) for part in re.split(r"^(?=\d+ points?:)", rubric, flags=re.MULTILINE) if part.strip()]


# -------------------------------------------------------------------------------------------------------------- command line


def _points(text: str) -> tuple[str, float]:
    id, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if value <= 0 or not id:
        raise argparse.ArgumentTypeError(f"{text!r}: write exercise=points, such as 02.1=10")
    return id, value


def main(argv: list[str] | None = None) -> int:
    """``python -m course_lib release DIR``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m course_lib release", description="Write an nbgrader course from the notebooks.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="of the course; a second call adds notebooks to it")
    parser.add_argument("--notebooks", nargs="+", default=[], metavar="NN", help="these, by number (default: all)")
    parser.add_argument("--points", nargs="+", default=[], type=_points, metavar="ID=N", help="points of an exercise, such as 02.1=10")
    parser.add_argument("--variant", type=int, default=0, metavar="N", help="other seeds, constants and broken codes (0: as in notebooks/)")
    options = parser.parse_args(argv)
    if options.variant < 0:
        parser.error("--variant is 0 or more")
    try:
        items = release(options.folder, options.notebooks, dict(options.points), options.variant)
    except (OSError, ValueError) as error:
        print(f"python -m course_lib release: {error}", file=sys.stderr)
        return 1
    names = list(dict.fromkeys(item.exercise.notebook for item in items))
    if options.variant:
        words = sum(len(item.changes) > 1 for item in items)
        print(f"  variant  {options.variant}: other seeds everywhere; other words in {words} of {len(items)} exercises (see grading.md)")
    print(f"release: {len(names)} notebooks, {len(items)} exercises in {options.folder}. Next, in that folder:")
    print("\n".join(f"  nbgrader generate_assignment {name}" for name in names))
    return 0
