"""The notebooks of this checkout: in sync with their source, linted, without leaks, executed since they were edited."""

from pathlib import Path

import nbformat
import pytest

from course_lib.classroom import notebooks

ROOT = Path(__file__).resolve().parents[2]
SOLVED = [path.name for path in notebooks.numbered(ROOT / "solutions")]


@pytest.mark.parametrize("name", SOLVED)
def test_check_finds_nothing(name):
    assert "\n".join(map(str, notebooks.check(ROOT, only=[name]))) == ""


def test_every_notebook_has_its_source():
    assert [path.name for path in notebooks.numbered(ROOT / "notebooks")] == SOLVED


def test_there_is_something_to_test():
    assert [name[:2] for name in SOLVED[:2]] == ["00", "01"]


@pytest.mark.parametrize("name", SOLVED)
def test_a_leaked_line_of_this_notebook_would_be_found(name):
    built = notebooks.learner_version(notebooks.read(ROOT / "solutions" / name), name)
    key = notebooks._squeezed
    shown = {key(line) for line in built.public}
    secret = [line.strip() for _, line in built.secret if len(key(line)) >= notebooks.SECRET_LENGTH and key(line) not in shown]
    assert secret  # a notebook without a secret has no exercises
    built.notebook.cells[-1].source += "\n" + secret[-1]
    assert notebooks.leaks(built.secret, built.public, built.notebook, name)


@pytest.mark.parametrize("folder", ["solutions", "notebooks"])
@pytest.mark.parametrize("name", SOLVED)
def test_the_file_is_valid(folder, name):
    nbformat.validate(nbformat.read(ROOT / folder / name, 4))
