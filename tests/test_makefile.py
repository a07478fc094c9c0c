"""The Makefile finds a Python, says what is missing where it finds none, installs once, and passes flags on."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not on this machine")


@pytest.fixture
def course(tmp_path):
    """A folder with the Makefile and what it looks at, without an environment."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def make(course: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run make, without what the outer make has set."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON", "LAB_ARGS", "ONLY"))
    }
    return subprocess.run(["make", *arguments], cwd=course, env=environment, capture_output=True, text=True, timeout=60)


def script(path: Path, text: str) -> str:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def installed(course):
    """A folder whose environment is in place and younger than pyproject.toml; its Python writes down how it was called."""
    script(course / ".venv" / "bin" / "python", f'echo "$@" >> {course}/calls\n')
    later = time.time() + 10
    for stamp in (".lab", ".dev"):
        (course / ".venv" / stamp).touch()
        os.utime(course / ".venv" / stamp, (later, later))
    return course


def calls(course: Path) -> list[str]:
    return (course / "calls").read_text().splitlines()


def test_help_is_what_make_alone_does_and_names_every_target(course):
    out = make(course).stdout
    for target in ("lab", "test", "notebooks", "solutions", "bench", "clean", "doctor"):
        assert f"make {target} " in out
    assert not (course / ".venv").exists()


def test_a_python_too_old_is_named_with_what_to_do(course):
    old = script(course / "old", 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac\n')
    done = make(course, "lab", f"PYTHON={old}")
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
    assert f"{old} (3.9)" in done.stderr
    assert not (course / ".venv").exists()


def test_debians_python_without_venv_names_the_package(course):
    bare = script(course / "bare", 'case "$2" in *print*) echo 3.12;; *ensurepip*) exit 1;; esac\n')
    done = make(course, "test", f"PYTHON={bare}")
    assert done.returncode != 0
    assert "sudo apt install python3.12-venv" in done.stderr


def test_a_python_that_is_not_there(course):
    done = make(course, "lab", "PYTHON=python9.9")
    assert done.returncode != 0
    assert "None was found" in done.stderr


def test_a_failed_installation_is_tried_again(course):
    script(course / ".venv" / "bin" / "python", f'echo "$@" >> {course}/calls\nexit 1\n')
    for _ in range(2):
        done = make(course, "lab")
        assert done.returncode != 0
        assert "the installation failed" in done.stderr
    assert calls(course) == ["-m pip install -q -e ."] * 2


def test_what_is_installed_is_not_installed_again(installed):
    assert make(installed, "lab", "LAB_ARGS=--port=9000 --no-browser").returncode == 0
    assert make(installed, "test").returncode == 0
    assert calls(installed) == ["-m course_lib lab --port=9000 --no-browser", "tests/everything.py"]


def test_a_changed_pyproject_is_installed_once(installed):
    for name, age in ((".venv/.lab", 20), (".venv/.dev", 20), ("pyproject.toml", 10)):
        os.utime(installed / name, (time.time() - age,) * 2)
    for target in ("test", "test", "lab"):  # the tests' installation is that of the course and more
        make(installed, target)
    assert calls(installed) == ["-m pip install -q -e .[dev]", "tests/everything.py", "tests/everything.py", "-m course_lib lab"]


def test_notebooks_and_solutions_pass_their_choice_on(installed):
    make(installed, "notebooks", "ONLY=00 01", "FORCE=1")
    make(installed, "solutions", "ONLY=01")
    assert calls(installed) == [
        "-m course_lib notebooks build --only 00 01 --force",
        "-m course_lib notebooks execute --only 01",
        "-m course_lib notebooks build --only 01",
    ]


def test_clean_leaves_the_notebooks(installed):
    (installed / "notebooks" / ".ipynb_checkpoints").mkdir(parents=True)
    (installed / "notebooks" / "01_x.mine-1.ipynb").touch()
    assert make(installed, "clean").returncode == 0
    assert sorted(p.name for p in installed.iterdir()) == ["Makefile", "notebooks", "pyproject.toml"]
    assert [p.name for p in (installed / "notebooks").iterdir()] == ["01_x.mine-1.ipynb"]
