"""Which cells an answer needs: too many rather than too few."""

import pytest

from course_lib.classroom.needed import cells_for, names, plain


def test_only_what_the_answer_uses():
    cells = ["import torch", "x = torch.rand(3)", "print(x.sum())", "y = 2 * x", "def f(z):\n    return torch.exp(z)"]
    assert cells_for("f", cells) == [0, 4]
    assert cells_for("y", cells) == [0, 1, 3]


def test_names_used_inside_functions_count_and_their_own_do_not():
    found = names(
        "def f(x):\n    total = 0\n    total += g(x)\n    kept = [each for each in x]\n    kept[0] = scale\n    return total, kept"
    )
    assert found.asks == {"g", "scale"}
    assert found.gives == {"f"}


@pytest.mark.parametrize("change", ["found['a'] = 1", "found += [1]", "found.append(1)", "found.size = 2", "if x:\n    found = 1"])
def test_cells_that_change_a_value_are_needed(change):
    assert cells_for("found", ["found = make()", "x = 1", change]) == (
        [0, 1, 2] if "x" in change.split(":")[0] and ":" in change else [0, 2]
    )


def test_a_name_given_anew_hides_the_older_one():
    assert cells_for("y", ["x = slow()", "x = 1", "y = x"]) == [1, 2]
    assert cells_for("y", ["x = slow()", "if a:\n    x = 1", "y = x"]) == [0, 1, 2], "only perhaps given anew"


def test_a_loop_gives_its_variable():
    assert cells_for("y", ["name = slow()", "for name in (1, 2):\n    y = name"]) == [1]


def test_a_function_asks_late_for_what_it_calls():
    assert cells_for("f", ["def g(x):\n    return x", "def f(x):\n    return g(x)", "other = 1"]) == [0, 1]


def test_modules_are_not_changed_by_calls():
    assert cells_for("f", ["import torch", "torch.manual_seed(0)", "def f(x):\n    return torch.exp(x)"]) == [0, 2]


def test_everything_may_come_from_a_star():
    assert cells_for("f", ["from lib import *", "def f(x):\n    return helper(x)"]) == [0, 1]


def test_cells_can_be_left_out():
    cells = ["psnr = 1", "psnr = use('01.5', psnr)"]
    assert cells_for("psnr", cells, without=[1]) == [0]


@pytest.mark.parametrize("source", ["def f(x)\n    return x", "return 3", "x = = 1", "\x00"])
def test_what_is_not_python_gives_no_names(source):
    assert names(source).gives == frozenset()


def test_what_only_ipython_understands_becomes_pass():
    assert plain("%matplotlib inline\n!pip install x\nx = 1\nx?") == "pass\npass\nx = 1\npass"
    assert plain("%%time\nx = 1") == "pass\nx = 1"
    assert plain("%%bash\nls") == "pass"
    text = 'x = """\n%s of it\n"""'
    assert plain(text) == text, "what is Python stays as it is"
