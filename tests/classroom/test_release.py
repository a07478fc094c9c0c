"""An nbgrader course from the notebooks: what is in it, what a variant changes, and that nothing is overwritten."""

import re

import nbformat
import pytest

from course_lib.check import Case, check_result, load
from course_lib.check.engine import NOT_ATTEMPTED, PASSED
from course_lib.check.exercises import ids
from course_lib.classroom import release as module
from course_lib.classroom.notebooks import BEGIN, NotebookError, find_root, numbered, read, split
from course_lib.classroom.release import BEGIN_HIDDEN, check_call, course_notebook, main, release, rubric_points

START = "00_start_here"
NOTEBOOKS = numbered(find_root() / "solutions")
VARIED = [id for id in ids() if load(id).variants and any(path.stem == load(id).notebook for path in NOTEBOOKS)]


def quietly(*args, **kwargs):
    return release(*args, say=lambda line: None, **kwargs)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "spring"
    quietly(folder, ["00"], seed=1)
    return folder


def source(folder, name=START):
    return nbformat.read(folder / "source" / name / f"{name}.ipynb", as_version=4)


def marked(nb):
    return {cell.metadata.nbgrader.grade_id: cell for cell in nb.cells if "nbgrader" in cell.metadata}


def test_answers_and_tests_are_marked(course):
    cells = marked(source(course))
    assert list(cells) == [f"{what}-00-{n}" for n in (1, 2, 3, 4) for what in ("answer", "exercise")]
    test, answer, by_hand = (cells[name].metadata.nbgrader for name in ("exercise-00-1", "answer-00-1", "answer-00-4"))
    assert (test.grade, test.locked, test.solution, test.points) == (True, True, False, 6)
    assert (answer.grade, answer.locked, answer.solution) == (False, False, True)
    assert (by_hand.grade, by_hand.solution, by_hand.points) == (True, True, 2)


def test_the_learners_check_stands_above_the_hidden_one(course):
    shown, hidden = marked(source(course))["exercise-00-1"].source.split(BEGIN_HIDDEN)
    assert shown == 'check("00.1", brighten)\n'
    assert re.search(r'graded\("00\.1", brighten, seed=\d{9,}, variant=0, points=6\)', hidden)


def test_hidden_seeds_differ_between_exercises_and_releases(tmp_path):
    found = []
    for name in ("one", "two"):
        quietly(tmp_path / name, ["00"])
        found += re.findall(r"seed=(\d{9,})", (tmp_path / name / "source" / START / f"{START}.ipynb").read_text())
    assert len(found) == len(set(found)) == 8


def test_the_teachers_sheet_holds_points_and_rubrics(course):
    sheet = (course / "grading.md").read_text()
    assert "| 00.1 Brighten an image | implement | 6 | 0 | – |" in sheet
    assert "| **together** | | 16 | 2 | |" in sheet
    assert "**00.4, by hand**" in sheet
    assert sheet.count("- 1 point: ") == 2


def test_points_can_be_chosen(tmp_path):
    items = {item.exercise.id: item for item in quietly(tmp_path / "c", ["00"], points={"00.1": 12, "00.4": 3})}
    assert (items["00.1"].points, items["00.1"].by_hand) == (12, 0)
    assert (items["00.4"].points, items["00.4"].by_hand) == (2, 1)
    assert "points=12)" in marked(source(tmp_path / "c"))["exercise-00-1"].source


def test_unknown_points_write_nothing(tmp_path):
    with pytest.raises(ValueError, match="09.9"):
        quietly(tmp_path / "c", ["00"], points={"09.9": 1})
    assert not (tmp_path / "c").exists()


def test_nothing_is_overwritten(course, tmp_path):
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    with pytest.raises(FileExistsError, match=f"{START} already"):
        quietly(course, ["00", "01"])
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        quietly(tmp_path, ["00"])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_second_release_adds_notebooks_and_keeps_the_settings(tmp_path):
    quietly(tmp_path / "c", ["00"])
    (tmp_path / "c" / "nbgrader_config.py").write_text("# mine")
    quietly(tmp_path / "c", ["01"])
    assert (tmp_path / "c" / "nbgrader_config.py").read_text() == "# mine"
    assert sorted(path.name for path in (tmp_path / "c" / "source").iterdir()) == [START, "01_images_noise_and_metrics"]
    assert (tmp_path / "c" / "grading.md").read_text().count("\n## ") == 2


def test_links_lead_nowhere_outside_the_assignment(course):
    text = "".join(cell.source for cell in source(course).cells if cell.cell_type == "markdown")
    assert "(../notebooks" not in text
    assert not re.search(r"\]\(\d\d_\w+\.ipynb\)", text)
    if "(glossary.md" in text:
        assert (course / "source" / START / "glossary.md").is_file()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("variant", [0, 1, 2, 5])
def test_every_notebook_can_be_released(path, variant):
    nb, items = course_notebook(read(path), path.name, {}, variant, lambda: 123456789)
    nbformat.validate(nb)
    assert [item.exercise.id for item in items] == [id for id in ids() if load(id).notebook == path.stem]
    calls = re.findall(r'\b(?:check|use)\("[\d.]+", [^)]*\)', "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code"))
    assert all(("variant=" in call) == bool(variant) for call in calls)


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize("id", VARIED)
def test_a_variant_asks_another_question_and_knows_its_answer(id, variant):
    exercise = load(id)
    path = next(path for path in NOTEBOOKS if path.stem == exercise.notebook)
    nb, items = course_notebook(read(path), path.name, {}, variant, lambda: 123456789)
    item = next(item for item in items if item.exercise.id == id)
    cell = marked(nb)[f"answer-{id.replace('.', '-')}"]
    handed_out, solved = {}, {}
    exec("import torch\n" + split(cell.source, "code", id).source, handed_out)
    exec("import torch\n" + cell.source, solved)
    assert check_result(id, handed_out[item.answer], seed=variant, variant=variant).status == NOT_ATTEMPTED
    assert check_result(id, solved[item.answer], seed=variant, variant=variant).status == PASSED
    assert len(item.changes) > 1
    if exercise.kind == "predict":
        assert exercise.right_answer(Case(variant=variant)) != exercise.right_answer(Case())
        assert check_result(id, exercise.right_answer(Case()), seed=variant, variant=variant).status != PASSED
    else:
        assert check_result(id, exercise.broken, seed=variant, variant=variant).status != NOT_ATTEMPTED


def test_a_variant_whose_words_are_not_there_is_refused(monkeypatch):
    path = NOTEBOOKS[0]
    solved = read(path)
    cell = next(cell for cell in solved.cells if "Exercise 00.2" in cell.source)
    cell.source = cell.source.replace("the mean 0.3", "the average 0.3")
    with pytest.raises(NotebookError, match="'the mean 0.3', which its cells hold 0 times"):
        course_notebook(solved, path.name, {}, 1, lambda: 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda cells: cells.pop(next(i for i, c in enumerate(cells) if check_call(c.source))), "no cell of its own checks 00.1"),
        (lambda cells: cells.append(next(c for c in cells if check_call(c.source))), "checked a second time"),
        (
            lambda cells: cells.pop(next(i for i, c in enumerate(cells) if BEGIN in c.source)),
            "no cell above holds a solution that gives brighten",
        ),
    ],
)
def test_a_notebook_that_cannot_be_graded_is_refused(change, told):
    solved = read(NOTEBOOKS[0])
    change(solved.cells)
    with pytest.raises(NotebookError, match=told):
        course_notebook(solved, NOTEBOOKS[0].name, {}, 0, lambda: 1)


def test_rubrics_say_their_points():
    assert rubric_points(load("00.4")) == 2
    assert rubric_points(load("00.1")) == 0


def test_the_command_says_what_comes_next(tmp_path, capsys):
    assert main([str(tmp_path / "c"), "--notebooks", "00", "--variant", "1"]) == 0
    said = capsys.readouterr().out
    assert "nbgrader generate_assignment 00_start_here" in said
    assert "other words in 2 of 4 exercises" in said
    assert main([str(tmp_path / "c"), "--notebooks", "00"]) == 1
    assert "nothing is overwritten" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(tmp_path / "d"), "--points", "00.1=none"])
    assert "such as 02.1=10" in capsys.readouterr().err


def test_the_learners_install_has_no_nbgrader():
    import tomllib

    root = find_root()
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert not [name for name in project["dependencies"] if "nbgrader" in name]
    assert any("nbgrader" in name for name in project["optional-dependencies"]["grading"])
    assert any("nbgrader" in name for name in project["optional-dependencies"]["dev"]), "CI grades for real"
    assert "nbgrader" not in (root / "environment.yml").read_text()
    assert ".[dev]" not in (root / "environment.yml").read_text()
    assert "'.[dev]'" not in (root / "Makefile").read_text().partition("$(VENV)/.dev:")[0], "make lab installs the course alone"


def test_the_settings_are_python():
    compile(module.CONFIG.format(course="spring"), "nbgrader_config.py", "exec")
