"""INSTRUCTORS.md keeps its word: commands, files and links exist, the tables are the computed ones, and its new exercise works."""

import importlib.util
import re
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib import __main__ as command
from course_lib.check import check, check_result, exercises, hint, load, record
from course_lib.classroom import notebooks, progress, release, sandbox, term_plan

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The text from one heading of the second level to the next."""
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


# ------------------------------------------------------------------------------------------------------------- true to the course


def test_the_tables_are_those_of_the_notebooks():
    assert term_plan.with_tables(PAGE, ROOT) == PAGE, "run: python -m course_lib.classroom.term_plan"


def test_every_command_of_the_course_exists_with_its_options(capsys):
    called = set(re.findall(r"python -m course_lib ([a-z]+)", PAGE))
    assert {"release", "grade", "progress", "doctor", "notebooks"} <= called <= set(command.COMMANDS)
    for name in called - {"lab", "bench"}:
        wanted = {option for line in re.findall(rf"course_lib {name}\b([^`\n]*)", PAGE) for option in re.findall(r"--[a-z]+", line)}
        arguments = ["notebooks", "check", "--help"] if name == "notebooks" else [name, "--help"]
        try:
            command.main(arguments)
        except SystemExit:
            pass
        told = capsys.readouterr().out
        assert not [option for option in wanted if option not in told], name
    for module in re.findall(r"python -m (course_lib\.[\w.]+)", PAGE):
        assert importlib.util.find_spec(module), module


def test_every_table_of_the_bench_exists():
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "benchmarks").glob("*.py"))
    called = re.findall(r"course_lib bench ([\w-]+)", PAGE)
    assert called
    assert [name for name in called if f'"{name}": ' not in sources] == []


def test_every_option_that_is_named_alone_exists(capsys):
    with pytest.raises(SystemExit):
        command.main(["release", "--help"])
    told = capsys.readouterr().out
    for option in ("--points", "--variant", "--notebooks"):
        assert f"`{option}" in PAGE or f" {option} " in PAGE
        assert option in told
    with pytest.raises(SystemExit):
        command.main(["grade", "--help"])
    assert "--again" in capsys.readouterr().out


def test_every_command_of_nbgrader_exists():
    apps = pytest.importorskip("nbgrader.apps.nbgraderapp", reason="nbgrader is not installed: pip install '.[grading]'")
    code = "\n".join(re.findall(r"`nbgrader[^`]*`|^    nbgrader.*$", PAGE, re.MULTILINE))
    called = set(re.findall(r"nbgrader ([a-z_]+)(?= |`)", code))
    assert {"generate_assignment", "collect"} <= called
    assert called <= set(apps.NbGraderApp.subcommands)


def test_every_target_of_make_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = set(re.findall(r"(?:`|^    )make ([a-z]+)", PAGE, re.MULTILINE))
    assert {"lab", "doctor", "solutions"} <= called <= targets


def test_every_file_and_link_exists():
    named = set(re.findall(r"\b(?:course_lib|tests|solutions|notebooks|benchmarks)/[\w/]+\.\w+", PAGE))
    assert len(named) > 5
    made = (STEM, "progress.json")  # by the reader, by a learner
    assert [name for name in named if not any(each in name for each in made) and not (ROOT / name).is_file()] == []
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\((?!http)([^)]*)\)", PAGE):
        name, _, anchor = target.partition("#")
        assert not name or (ROOT / name).is_file(), target
        assert name or anchor in anchors, target


def rows_of(text: str) -> list[list[str]]:
    """The cells of the one table in a docstring, continued lines joined."""
    lines = text.splitlines()
    first, second, last = (number for number, line in enumerate(lines) if line.startswith("====="))
    starts = [found.start() for found in re.finditer("=+", lines[first])]
    rows: list[list[str]] = []
    for line in [lines[first + 1], *lines[second + 1 : last]]:
        cells = [line[begin:end].strip() for begin, end in zip(starts, [*starts[1:], None], strict=True)]
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [" ".join(filter(None, pair)) for pair in zip(rows[-1], cells, strict=True)]
    return rows


def test_the_guarantees_are_those_of_the_sandbox():
    rows = rows_of(sandbox.__doc__)
    assert len(rows) > 8
    told = re.findall(r"^\| (.*) \|$", section("Hand out, collect, grade, give back"), re.MULTILINE)
    assert [row.split(" | ") for row in told] == rows


def test_where_the_record_lies_is_where_it_is_looked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(record.Path, "home", lambda: tmp_path)
    for name in ("COURSE_PROGRESS", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for platform in ("linux", "darwin"):
        monkeypatch.setattr(record.sys, "platform", platform)
        assert f"`~/{record.path().relative_to(tmp_path).as_posix()}`" in PAGE


# ----------------------------------------------------------------------------------------------- a new exercise, followed literally

ONE_PAGE = section("A new exercise, in one page")
FILE, WRONG, HEADING, ANSWER, CHECK = re.findall(r"^```\w+\n(.*?)^```$", ONE_PAGE, re.MULTILINE | re.DOTALL)
STEM = "e00_5_mirror"


@pytest.fixture
def page_followed(tmp_path, monkeypatch):
    """The two files of the page, found beside the course's own; nothing of it is left behind."""
    (tmp_path / f"{STEM}.py").write_text(FILE, encoding="utf-8")
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / f"{STEM}.py").write_text(WRONG, encoding="utf-8")
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    for name in record.AUTOMATIC:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    yield tmp_path
    sys.modules.pop(f"{exercises.__name__}.{STEM}", None)
    vars(exercises).pop(STEM, None)


def module(path: Path):
    """A Python file as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"of_the_page_{path.stem}", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def solved_notebook() -> nbformat.NotebookNode:
    """Notebook 00 with the page's three cells at its end."""
    nb = notebooks.read(ROOT / "solutions" / "00_start_here.ipynb")
    new = nbformat.v4
    cells = [new.new_markdown_cell(HEADING), new.new_code_cell(ANSWER.rstrip()), new.new_code_cell(CHECK.rstrip())]
    for cell, name in zip(cells, ("ex-5", "ex-5-code", "ex-5-check"), strict=True):
        cell.id = name
    nb.cells += cells
    return nb


def test_it_fits_on_a_page():
    lines = ONE_PAGE.count("\n")
    assert lines < 130, f"{lines} lines"


def test_it_stands_every_test_of_every_exercise(page_followed, monkeypatch):
    every = module(ROOT / "tests" / "exercises" / "test_all.py")
    monkeypatch.setattr(every, "wrong_answers", lambda id: module(page_followed / "wrong" / f"{STEM}.py").WRONG)
    every.test_the_file_is_complete("00.5")
    every.test_the_reference_passes("00.5", "cpu")
    every.test_the_stub_is_not_attempted("00.5")
    every.test_wrong_answers_are_rejected_each_with_its_own_message("00.5")
    every.test_a_slightly_wrong_answer_fails("00.5")
    every.test_idle_answers_earn_no_point("00.5")
    every.test_hints_lead_to_the_solution_without_giving_it_away("00.5")


def test_it_appears_in_check_hint_and_progress(page_followed, capsys):
    learner = {"check": check, "__name__": "learner"}
    exec(ANSWER + CHECK, learner)
    assert "✔ 00.5 Mirror an image: passed (3 of 3 points)" in capsys.readouterr().out
    hint("00.5")
    assert "Hint 1 of 4 for 00.5 Mirror an image" in capsys.readouterr().out
    assert command.main(["progress"]) == 0
    assert re.search(r"begun +00_start_here +1 of 5 +3 of 19", capsys.readouterr().out)
    assert progress.next_exercise(record.passed()).id == "00.1"


def test_a_learner_who_copies_the_visible_numbers_is_caught(page_followed):
    right = load("00.5").reference
    seen = {}
    for seed in (0, 1):
        inputs = []
        check_result("00.5", lambda image, inputs=inputs: inputs.append(image.clone()) or right(image), seed=seed)
        seen[seed] = inputs
    assert any(not a.equal(b) for a, b in zip(seen[0], seen[1], strict=True))


def test_it_stands_open_in_the_learners_notebook(page_followed):
    built = notebooks.learner_version(solved_notebook(), "00_start_here.ipynb")
    (code,) = [cell for cell in built.notebook.cells if cell.id == "ex-5-code"]
    assert code.source == 'def mirror(image):\n    raise NotImplementedError("your turn")'
    learner = {}
    exec(code.source, learner)
    assert check_result("00.5", learner["mirror"]).status == "not attempted"


def test_it_is_released_with_its_points(page_followed):
    nb, items = release.course_notebook(solved_notebook(), "00_start_here.ipynb", {}, 0, lambda: 12345)
    (item,) = [item for item in items if item.exercise.id == "00.5"]
    assert (item.answer, item.points) == ("mirror", 3)
    (test,) = [cell for cell in nb.cells if cell.id == "ex-5-check"]
    assert (test.metadata.nbgrader.points, test.metadata.nbgrader.locked) == (3, True)
