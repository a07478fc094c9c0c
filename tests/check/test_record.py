"""The record of passed exercises: kept on this machine, whole, by many notebooks at once, and never in the way."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from course_lib.check import check, record
from course_lib.check.exercises import e00_1_brighten


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A record of our own, switched on, and nothing told yet."""
    for name in record.AUTOMATIC:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(record, "_told", {""})
    file = tmp_path / "data" / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(file))
    return file


def test_a_pass_is_recorded_with_its_first_day(file):
    assert record.passed() == {}
    assert record.remember("00.2") == ""
    assert record.remember("00.1") == ""
    assert list(record.passed()) == ["00.2", "00.1"]
    day = record.passed()["00.2"]
    assert time.strptime(day, "%Y-%m-%d")
    file.write_text(file.read_text().replace(day, "2020-01-01"))
    assert record.remember("00.2") == ""
    assert record.passed()["00.2"] == "2020-01-01"


def test_only_a_check_that_passes_is_recorded(file, capsys):
    check("00.1", lambda image, amount: image + amount)  # partly
    check("00.1", 3)
    check("00.1", ...)
    check("00.9", 3)  # there is none
    assert not file.exists()
    check("00.1", e00_1_brighten.brighten)
    assert list(record.passed()) == ["00.1"]
    assert "rogress" not in capsys.readouterr().out  # the record is silent


@pytest.mark.parametrize("name", record.AUTOMATIC)
def test_nothing_is_recorded_in_automatic_runs(file, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    record.remember("00.1")
    assert not file.exists()
    assert name in record.why_off()
    monkeypatch.setenv(name, "0")
    record.remember("00.1")
    assert list(record.passed()) == ["00.1"]
    monkeypatch.setenv(name, "1")
    assert record.passed() == {}  # nor is a person's progress shown there


def test_the_switch_and_the_folder_of_the_solutions(file, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    assert "off" in record.why_off()
    assert record.remember("00.1") == ""
    monkeypatch.setenv("COURSE_PROGRESS", str(file))
    (tmp_path / "solutions").mkdir()
    monkeypatch.chdir(tmp_path / "solutions")
    assert "solved" in record.why_off()
    assert record.remember("00.1") == ""
    monkeypatch.chdir(tmp_path)
    assert record.why_off() == ""
    assert record.passed() == {}


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "home/.local/share/course_lib/progress.json"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "home/.local/share/course_lib/progress.json"),
        ("linux", {"XDG_DATA_HOME": "{tmp}/xdg"}, "xdg/course_lib/progress.json"),
        ("darwin", {"XDG_DATA_HOME": "{tmp}/xdg"}, "home/Library/Application Support/course_lib/progress.json"),
        ("win32", {}, "home/AppData/Local/course_lib/progress.json"),
        ("win32", {"LOCALAPPDATA": "{tmp}/local"}, "local/course_lib/progress.json"),
        ("linux", {"COURSE_PROGRESS": "mine.json"}, "home/mine.json"),
        ("linux", {"COURSE_PROGRESS": "~/mine.json"}, "home/mine.json"),
        ("linux", {"COURSE_PROGRESS": "{tmp}/mine.json"}, "mine.json"),
    ],
)
def test_where_it_lies(tmp_path, monkeypatch, platform, variables, expected):
    for name in ("COURSE_PROGRESS", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    monkeypatch.setattr(record.sys, "platform", platform)
    assert record.path() == tmp_path / expected


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"other": 1}', '{"passed": ["00.1"]}', '{"passed": {"00.1": 3}}', "[" * 100_000, b"\xff\xfe\x00"],
    ids=["empty", "cut off", "a list", "null", "no passes", "passes in a list", "days that are numbers", "too deep", "no text"],
)
def test_a_damaged_file_is_set_aside_and_never_lost(file, content):
    content = content.encode() if isinstance(content, str) else content
    file.parent.mkdir()
    file.write_bytes(content)
    (file.parent / "progress.damaged-1.json").write_text("an older one")
    with pytest.raises(ValueError, match="is damaged"):
        record.passed()
    assert file.read_bytes() == content  # reading changes nothing
    trouble = record.remember("00.1")
    assert "is damaged" in trouble
    assert "kept as progress.damaged-2.json" in trouble
    assert (file.parent / "progress.damaged-2.json").read_bytes() == content
    assert (file.parent / "progress.damaged-1.json").read_text() == "an older one"
    assert list(record.passed()) == ["00.1"]


def test_what_a_later_version_adds_is_kept(file):
    file.parent.mkdir()
    file.write_text('{"passed": {"00.1": "2026-01-01"}, "theme": {"dark": true}}')
    record.remember("00.2")
    assert json.loads(file.read_text())["theme"] == {"dark": True}
    assert list(record.passed()) == ["00.1", "00.2"]


def test_a_folder_that_cannot_be_written_to_costs_one_message(file, monkeypatch, capsys):
    def read_only(path, *args, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(record.Path, "mkdir", read_only)
    check("00.1", e00_1_brighten.brighten)
    first = capsys.readouterr().out
    assert first.startswith("✔ 00.1 Brighten an image: passed")
    assert "was not recorded" in first
    assert "Read-only file system" in first
    assert str(file.parent) in first
    check("00.1", e00_1_brighten.brighten)
    assert "recorded" not in capsys.readouterr().out  # told once


def test_a_folder_in_its_place_costs_one_message(file):
    file.mkdir(parents=True)
    assert "was not recorded" in record.remember("00.1")


def test_without_a_home_folder_it_goes_on(monkeypatch, file):
    monkeypatch.setattr(record.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("Could not determine home directory.")))
    assert "home directory" in record.remember("00.1")


def test_a_pass_that_is_there_already_needs_no_writing(file, monkeypatch):
    record.remember("00.1")
    monkeypatch.setattr(record, "atomic_write", None)
    assert record.remember("00.1") == ""


PROCESS = """
import importlib.util, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("record", sys.argv[1])  # without torch: a kernel in a tenth of a second
record = importlib.util.module_from_spec(spec)
spec.loader.exec_module(record)
me, start = sys.argv[2], Path(sys.argv[3])
print("ready", flush=True)
while not start.exists():
    time.sleep(0.001)
for number in range(20):
    assert record.remember(f"{me}.{number}") == ""
"""


def test_notebooks_that_pass_at_the_same_time_lose_nothing(file, tmp_path):
    start = tmp_path / "start"
    environment = {**os.environ, "PYTHONPATH": str(Path(record.__file__).parents[2])}
    commands = [[sys.executable, "-c", PROCESS, record.__file__, me, str(start)] for me in ("01", "02", "03")]
    kernels = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for command in commands]
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n"
    start.touch()
    assert [kernel.wait(60) for kernel in kernels] == [0, 0, 0]
    for kernel in kernels:
        kernel.stdout.close()
    assert len(record.passed()) == 60


def test_a_kernel_that_holds_the_file_too_long_is_named(file, monkeypatch):
    file.parent.mkdir()
    monkeypatch.setattr(record, "PATIENCE", 0.05)
    held, done = threading.Event(), threading.Event()

    def hold():
        with record._alone(file):
            held.set()
            done.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    assert "another notebook has been writing" in record.remember("00.1")
    done.set()
    other.join()
    assert record.remember("00.1") == ""
    assert list(record.passed()) == ["00.1"]


def test_a_file_system_without_locks_is_no_obstacle(file, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(*args):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert record.remember("00.1") == ""
    assert list(record.passed()) == ["00.1"]


def test_beginning_anew_keeps_a_backup(file):
    assert record.clear() is None
    for number in (1, 2):
        record.remember("00.1")
        before = file.read_bytes()
        kept = record.clear()
        assert kept == file.parent / f"progress.backup-{number}.json"
        assert kept.read_bytes() == before
        assert record.passed() == {}
