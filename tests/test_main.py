"""``python -m course_lib``: every command reaches its module, and a wrong one is told from a misspelt one."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from course_lib import __main__ as command

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("argv", [[], ["--help"], ["help"]])
def test_usage_names_every_command(argv, capsys):
    assert command.main(argv) == (0 if argv else 2)
    out = capsys.readouterr().out
    for name in ("doctor", "lab", "train", "bench", "notebooks"):
        assert f"  {name} " in out


def test_a_misspelt_command_is_guessed(capsys):
    assert command.main(["notebook"]) == 2
    assert "no command 'notebook'; did you mean 'notebooks'?" in capsys.readouterr().err


def test_a_command_unlike_any_other_gets_the_list(capsys):
    assert command.main(["xyzzy"]) == 2
    err = capsys.readouterr().err
    assert "did you mean" not in err
    assert "usage:" in err


@pytest.mark.parametrize("name", ["doctor", "lab", "train", "notebooks"])
def test_a_command_gets_the_rest_of_the_line(name, monkeypatch):
    seen = []
    stand_in = SimpleNamespace(main=lambda argv: seen.append(argv) or 7)
    monkeypatch.setattr(command.importlib, "import_module", lambda module: stand_in if module == command.MODULES[name] else None)
    assert command.main([name, "one", "--two"]) == 7
    assert seen == [["one", "--two"]]


@pytest.mark.parametrize("name", ["doctor", "lab", "notebooks"])
def test_every_command_has_help(name, capsys):
    try:
        code = command.main([name, "--help"])
    except SystemExit as stop:  # argparse
        code = stop.code
    assert code == 0
    captured = capsys.readouterr()
    assert f"python -m course_lib {name}" in captured.out + captured.err


def test_a_module_without_main_is_not_there_yet(monkeypatch, capsys):
    monkeypatch.setattr(command.importlib, "import_module", lambda module: SimpleNamespace())
    assert command.main(["train", "x"]) == 2
    assert "train: not in this version" in capsys.readouterr().err


def test_bench_runs_the_checkouts_script_from_its_root(tmp_path, monkeypatch, capfd):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "run.py").write_text("import os, sys\nprint(os.getcwd(), sys.argv[1:])\nsys.exit(5)\n")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert command.main(["bench", "--quick"]) == 5
    assert capfd.readouterr().out == f"{tmp_path} ['--quick']\n"


def test_bench_outside_a_checkout(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "__file__", str(tmp_path / "lib" / "course_lib" / "__main__.py"))
    assert command.main(["bench"]) == 2
    assert "git clone" in capsys.readouterr().err


def test_it_runs_as_a_module_and_gives_its_exit_code():
    done = subprocess.run([sys.executable, "-m", "course_lib", "docter"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "did you mean 'doctor'?" in done.stderr
