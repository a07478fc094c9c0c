"""The course's steps in nbgrader's chains, without nbgrader's commands around them."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

pytest.importorskip("nbgrader", reason="nbgrader is not installed (pip install '.[grading]')")

from nbgrader.api import Gradebook  # noqa: E402
from nbgrader.utils import determine_grade  # noqa: E402

from course_lib.classroom.steps import SEEN_ONLY, LearnerStubs, Restore, StripHidden, _job_cells, graded_call, verdict  # noqa: E402

HIDDEN = "### BEGIN HIDDEN TESTS\ngraded('00.1', f, seed=1)\n### END HIDDEN TESTS"
CALL = {"id": "00.1", "answer": "brighten", "points": 12}


def marks(name, **more):
    flags = {"grade": False, "locked": False, "solution": False} | more
    return {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **flags}}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A gradebook that knows two exercises."""
    url = f"sqlite:///{tmp_path_factory.mktemp('class') / 'gradebook.db'}"
    with Gradebook(url) as gradebook:
        gradebook.add_assignment("a")
        gradebook.add_notebook("n", "a")
        for n in (1, 2):
            gradebook.add_solution_cell(f"answer-{n}", "n", "a")
            gradebook.add_source_cell(f"answer-{n}", "n", "a", cell_type="code", source="stub", checksum="s", locked=False)
            gradebook.add_grade_cell(f"exercise-{n}", "n", "a", max_score=3, cell_type="code")
            gradebook.add_source_cell(
                f"exercise-{n}", "n", "a", cell_type="code", source=f"check({n})\n{HIDDEN}", checksum="t", locked=True
            )
    return url


@pytest.fixture
def handed_out(url):
    """The notebook as it was handed out, and what nbgrader tells its steps."""
    cells = [new_code_cell("import torch")]
    for n in (1, 2):
        cells.append(new_code_cell(f"x{n} = 1", metadata=marks(f"answer-{n}", solution=True)))
        cells.append(new_code_cell(f"check({n})", metadata=marks(f"exercise-{n}", grade=True, locked=True, points=3)))
    return new_notebook(cells=cells), {"nbgrader": {"db_url": url, "notebook": "n", "assignment": "a", "student": "s"}}


def restored(handed_out):
    nb, resources = handed_out
    nb, _ = Restore().preprocess(nb, resources)
    nbformat.validate(nb)
    return nb


def names(nb):
    return [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in nb.cells]


WHOLE = ["", "answer-1", "exercise-1", "answer-2", "exercise-2"]


def test_an_untouched_notebook_gets_its_hidden_tests_and_no_note(handed_out):
    nb = restored(handed_out)
    assert names(nb) == WHOLE
    assert nb.cells[2].source == f"check(1)\n{HIDDEN}"
    assert nb.cells[1].source == "x1 = 1"
    assert nb.metadata.course.found == {}


@pytest.mark.parametrize("gone", [["exercise-1"], ["answer-1"], ["answer-1", "exercise-1"], ["answer-2", "exercise-2"], WHOLE[1:]])
def test_deleted_cells_come_back_in_their_places(handed_out, gone):
    nb, _ = handed_out
    nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in gone]
    nb = restored(handed_out)
    assert names(nb) == WHOLE
    assert nb.metadata.course.found == dict.fromkeys(gone, "cell deleted")
    assert [cell.source for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("locked")] == [
        f"check({n})\n{HIDDEN}" for n in (1, 2)
    ]


def test_changed_test_cells_get_their_text_and_points_back(handed_out):
    nb, _ = handed_out
    nb.cells[2].source = "print('passed')"
    nb.cells[2].metadata.nbgrader.points = 100
    nb = restored(handed_out)
    assert nb.cells[2].source.startswith("check(1)")
    assert nb.cells[2].metadata.nbgrader.points == 3
    assert nb.metadata.course.found == {"exercise-1": "test cell changed"}


def test_copies_other_kinds_and_broken_marks_do_no_harm(handed_out):
    nb, _ = handed_out
    nb.cells.append(new_code_cell("x1 = 2", metadata=marks("answer-1", solution=True)))
    nb.cells[3] = nbformat.v4.new_markdown_cell("x2 = 1", metadata=marks("answer-2", solution=True))
    nb.cells[0].metadata.nbgrader = "nonsense"
    nb.metadata.course = {"found": {"exercise-1": "invented"}}
    nb = restored(handed_out)
    assert names(nb) == [*WHOLE, ""]
    assert nb.cells[3].cell_type == "code"
    assert nb.metadata.course.found == {}


def test_stubs_are_the_courses_own():
    cell = new_code_cell("### BEGIN SOLUTION\nx = 3\n### END SOLUTION\n### STUB x = ...")
    assert LearnerStubs().preprocess_cell(cell, {}, 0)[0].source == "x = ..."


def test_hidden_tests_and_their_tracebacks_are_cut_out():
    error = new_output("error", ename="NameError", evalue="seed=1", traceback=["graded('00.1', f, seed=1)"])
    cell = new_code_cell(f"check(1)\n{HIDDEN}", metadata=marks("exercise-1", grade=True, locked=True, points=3), outputs=[error])
    cell, _ = StripHidden().preprocess_cell(cell, {}, 0)
    assert cell.source == "check(1)"
    assert "seed" not in str(cell.outputs)
    assert determine_grade(cell)[0] == 0


def test_an_answer_cell_goes_along_even_if_it_is_not_python():
    cells = [new_code_cell("import torch"), new_code_cell("def f(x)\n    return x", metadata=marks("answer-00-1", solution=True))]
    cells += [
        new_code_cell("f = use('00.1', f)"),
        new_code_cell("check", metadata=marks("exercise-00-1", grade=True, locked=True, points=3)),
    ]
    above, given = _job_cells(new_notebook(cells=cells), cells[-1], {"id": "00.1", "answer": "f"})
    assert (above, given) == ([("answer-00-1", "def f(x)\n    return x")], "answer-00-1")


def test_what_the_library_gives_back_is_not_the_answer():
    cells = [
        new_code_cell("f = 1", metadata=marks("answer-00-1", solution=True)),
        new_code_cell('f = use("00.1", f)'),
        new_code_cell("check"),
    ]
    assert _job_cells(new_notebook(cells=cells), cells[-1], {"id": "00.1", "answer": "f"})[0] == [("answer-00-1", "f = 1")]


def test_a_test_cell_without_a_hidden_call_is_seen():
    assert graded_call("check('00.1', f)") is None
    assert graded_call("def broken(") is None


# ------------------------------------------------------------------------------------------------------------------ verdicts


def reply(status="passed", holds=("a", "b"), seen=("a", "b"), failing="", flags=(), end="", hidden=True):
    properties = [["a", "a" in seen, 4], ["b", "b" in seen, 2]]
    points = sum(points for _, held, points in properties if held)
    visible = {"title": "T", "status": status, "points": points, "max_points": 6, "properties": properties, "failing": failing, "lines": []}
    return {
        "visible": visible | {"flags": list(flags)},
        "hidden": {"holds": list(holds), "flags": []} if hidden else None,
        "end": end,
        "seconds": 1,
    }


@pytest.mark.parametrize(
    ("given", "points", "status", "failing", "flags"),
    [
        (reply(), 12, "passed", "", []),
        (reply("partly", seen=("a",), failing="b"), 8, "partly", "b", []),
        (reply(holds=("a",)), 8, "partly", "b (hidden)", [SEEN_ONLY]),
        (reply(holds=()), 0, "wrong", "a (hidden)", [SEEN_ONLY]),
        (reply("not attempted", holds=(), seen=()), 0, "not attempted", "", []),
        (reply(flags=["the library's own answer"]), 0, "wrong", "", ["the library's own answer"]),
        (reply(hidden=False, end="killed by signal 9"), 0, "wrong", "a (hidden)", ["kernel died (killed by signal 9)"]),
        ({"visible": None, "hidden": None, "end": "out of time", "seconds": 9}, 0, "wrong", "the cell runs", ["out of time"]),
        (
            {"visible": None, "hidden": None, "end": "ended with code 3", "seconds": 9},
            0,
            "wrong",
            "the cell runs",
            ["kernel died (ended with code 3)"],
        ),
    ],
)
def test_points_need_what_is_seen_and_what_is_hidden(given, points, status, failing, flags):
    result, outputs = verdict(CALL, given, [])
    assert (result["points"], result["status"], result["failing"], result["flags"]) == (points, status, failing, flags)
    cell = new_code_cell("check", metadata=marks("exercise-1", grade=True, locked=True, points=12), outputs=outputs)
    assert determine_grade(nbformat.from_dict(cell))[0] == points
    assert f"({points} of 12 points)" in outputs[0].data["text/plain"]
