"""An exercise is found by its file name alone."""

import pytest

from course_lib.check import exercises


def test_ids_come_in_order_of_number(tmp_path, monkeypatch):
    for name in ("e01_10_last.py", "e01_9_before.py", "e00_1_first.py", "helpers.py", "e1_1_no.py"):
        (tmp_path / name).touch()
    monkeypatch.setattr(exercises, "__path__", [str(tmp_path)])
    assert exercises.ids() == ["00.1", "01.9", "01.10"]
    assert exercises.module_name("01.10") == "course_lib.check.exercises.e01_10_last"


def test_two_files_of_one_exercise_are_an_error(tmp_path, monkeypatch):
    for name in ("e01_1_one.py", "e01_1_other.py"):
        (tmp_path / name).touch()
    monkeypatch.setattr(exercises, "__path__", [str(tmp_path)])
    with pytest.raises(ImportError, match=r"exercise 01\.1 has two files"):
        exercises.ids()


@pytest.mark.bad_input
@pytest.mark.parametrize(("id", "told"), [("00.8", "Near it: 00.1"), ("0.2", "Near it: 00.1, 00.2"), (3, "got a int"), ("x", "00.1")])
def test_unknown_ids_are_answered_with_near_ones(id, told):
    with pytest.raises(ValueError, match=told):
        exercises.module_name(id)
