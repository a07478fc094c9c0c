"""The table of passed exercises: counted right, told the same in text and HTML, and the command around it."""

from html.parser import HTMLParser

import pytest

from course_lib import __main__ as command
from course_lib.check import load, record
from course_lib.check.exercises import ids
from course_lib.classroom import progress


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """A record of our own."""
    for name in record.AUTOMATIC:
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(file))
    return file


def days(*passed):
    return dict.fromkeys(passed, "2026-11-20")


def test_every_exercise_is_counted_once():
    *notebooks, everything = progress.lines({})
    assert [line.notebook for line in notebooks] == sorted({load(id).notebook for id in ids()})
    assert everything.exercises == len(ids()) == sum(line.exercises for line in notebooks)
    assert everything.max_points == sum(load(id).points for id in ids()) == sum(line.max_points for line in notebooks)
    assert {line.state for line in notebooks} == {"open"}


def test_passes_and_points_are_counted():
    first, *_, everything = progress.lines(days("00.1", "00.3", "99.9"))  # 99.9 is not in this version of the course
    points = load("00.1").points + load("00.3").points
    assert (first.passed, first.points, first.state) == (2, points, "begun")
    assert (everything.passed, everything.points) == (2, points)
    first, *_ = progress.lines(days("00.1", "00.2", "00.3", "00.4"))
    assert first.state == "done"
    assert first.words == ("4 of 4", "16 of 16")


def test_what_comes_next():
    assert progress.next_exercise({}).id == ids()[0]
    assert progress.next_exercise(days("00.1", "01.1", "01.3")).id == "01.2"  # stay in the notebook at hand
    assert progress.next_exercise(days("01.1", "00.1")).id == "00.2"
    assert progress.next_exercise(days("00.1", "00.2", "00.3", "00.4")).id == "01.1"
    assert progress.next_exercise(days("77.1")).id == ids()[0]
    assert progress.next_exercise(days(*ids())) is None
    assert "Every exercise" in progress.what_next(days(*ids()))


class Table(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.cells = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes).get("scope")))

    def handle_data(self, data):
        self.cells.append(data)


def test_text_and_html_say_the_same():
    passed = days("00.1", "00.2")
    text, table = progress.as_text(passed), Table(progress.as_html(passed))
    for line in progress.lines(passed):
        assert line.notebook in table.cells
        (row,) = [row for row in text.splitlines() if f" {line.notebook} " in row]
        for words in (line.state, *line.words):
            assert words in row
            assert words in table.cells
    assert text.splitlines()[-1] == table.cells[-1] == progress.what_next(passed)
    assert table.tags.count(("th", "row")) == len(progress.lines(passed))
    assert table.tags.count(("th", "col")) == 4
    assert ("caption", None) in table.tags


def test_titles_are_escaped(monkeypatch):
    monkeypatch.setattr(progress, "what_next", lambda passed: "Next: is x < y?")
    assert "x &lt; y" in progress.as_html({})


def test_the_command_tells_how_far_you_are(file, capsys):
    record.remember("00.2")
    assert command.main(["progress"]) == 0
    out = capsys.readouterr().out
    assert "begun  00_start_here" in out
    assert "Next: 00.1 Brighten an image (implement, about 5 minutes) in notebooks/00_start_here.ipynb" in out
    assert f"Recorded in {file}. Nothing is sent to anybody." in out


def test_the_command_says_when_nothing_is_recorded(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    assert command.main(["progress"]) == 0
    assert "Nothing is recorded here: COURSE_PROGRESS is off." in capsys.readouterr().out


def test_a_damaged_record_is_an_error_with_a_name(file, capsys):
    file.write_text("{")
    assert command.main(["progress"]) == 1
    assert f"{file}, is damaged" in capsys.readouterr().err
    assert file.read_text() == "{"


def test_reset_asks(file, monkeypatch, capsys):
    assert command.main(["progress", "--reset"]) == 0
    assert "Nothing has been recorded yet." in capsys.readouterr().out
    record.remember("00.2")
    for answer in ("", "n", "what?"):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        assert command.main(["progress", "--reset"]) == 0
        assert "Nothing was changed." in capsys.readouterr().out
    assert list(record.passed()) == ["00.2"]
    monkeypatch.setattr("builtins.input", lambda question: " Yes")
    assert command.main(["progress", "--reset"]) == 0
    assert "progress.backup-1.json" in capsys.readouterr().out
    assert record.passed() == {}


def test_reset_without_anybody_to_ask(file, monkeypatch, capsys):
    def nobody(question):
        raise EOFError

    record.remember("00.2")
    monkeypatch.setattr("builtins.input", nobody)
    assert command.main(["progress", "--reset"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert list(record.passed()) == ["00.2"]
    assert command.main(["progress", "--reset", "--yes"]) == 0
    assert record.passed() == {}
    assert (file.parent / "progress.backup-1.json").exists()


def test_the_help_promises_that_nothing_is_sent(capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["progress", "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert "python -m course_lib progress" in out
    assert "nothing is sent" in " ".join(out.split())
