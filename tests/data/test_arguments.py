"""Whole numbers within bounds pass, and nothing else."""

import pytest

from course_lib.data.arguments import require_int


@pytest.mark.parametrize("value", [0, 5])
def test_the_bounds_are_allowed(value):
    require_int("n", value, 0, 5)


@pytest.mark.bad_input
def test_bad_input():
    for value, got in ((True, "bool"), (2.0, "float"), ("2", "str")):
        with pytest.raises(TypeError, match=f"n: got {got}, expected an int"):
            require_int("n", value, 0, 5)
    for value in (-1, 6):
        with pytest.raises(ValueError, match=f"n: got {value}, expected 0 to 5"):
            require_int("n", value, 0, 5)
