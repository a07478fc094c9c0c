"""The expectations: what they let pass, and what they say when they do not."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.check.authoring import (
    Failed,
    expect,
    expect_close,
    expect_dtype,
    expect_entry,
    expect_gradient,
    expect_range,
    expect_shape,
    expect_type,
    show,
)


def verdict(call) -> Failed:
    with pytest.raises(Failed) as caught:
        call()
    return caught.value


def test_right_values_pass():
    x = torch.rand(2, 3, 4, 4)
    expect(1 < 2, expected="order", got=1)
    expect_type(x, torch.Tensor)
    expect_shape(x, (2, 3, 4, 4))
    expect_dtype(x, like=torch.zeros(1))
    expect_range(x, 0, 1)
    expect_close(x, x + 5e-6)
    expect_close(torch.tensor(2.0), 2)
    expect_close(np.float32(2), torch.tensor(2.0))
    expect_close(3, 3)


def test_type_shape_dtype_and_range_are_told():
    assert verdict(lambda: expect_type(0.5, torch.Tensor)).got == "a number: 0.5"
    assert verdict(lambda: expect_type(None, (int, float))).expected == "a whole number or a number"
    found = verdict(lambda: expect_shape(torch.zeros(2, 3), (3, 2)))
    assert (found.expected, found.got, found.value) == ("shape (3, 2)", "shape (2, 3)", (2, 3))
    assert verdict(lambda: expect_dtype(torch.zeros(1, dtype=torch.float64), like=torch.zeros(1))).got == "float64 on cpu"
    assert verdict(lambda: expect_range(torch.tensor([0.5, 1.5]), 0, 1)).expected == "every value from 0 to 1"
    verdict(lambda: expect_range(torch.tensor([-0.5, 0.5]), 0, 1))
    verdict(lambda: expect_range(torch.tensor([float("nan")]), 0, 1))


def test_close_shows_the_place_of_the_largest_difference():
    x = torch.zeros(3, 4, 4)
    y = x.clone()
    y[2, 1, 3], y[0, 0, 0] = 0.5, 0.1
    found = verdict(lambda: expect_close(y, x))
    assert found.expected == "0 at [2, 1, 3]"
    assert found.got == "0.5 at [2, 1, 3] (2 of 48 values differ; here most)"


def test_close_shows_as_many_digits_as_it_takes():
    found = verdict(lambda: expect_close(0.300001, 0.3, tol=1e-7))
    assert (found.expected, found.got) == ("0.3", "0.300001")


def test_close_names_nan_and_refuses_what_is_no_number():
    assert "NaN" in verdict(lambda: expect_close(torch.tensor([1.0, float("nan")]), torch.ones(2))).cause
    assert "number" in verdict(lambda: expect_close("0.3", 0.3)).cause
    verdict(lambda: expect_close(True, 1.0))


def test_close_wants_the_shape_too():
    assert verdict(lambda: expect_close(torch.ones(2, 1), torch.ones(1, 2))).value == (2, 1)


def test_the_authors_cause_comes_before_the_general_one():
    assert verdict(lambda: expect_close("0.3", 0.3, cause="mine")).cause == "mine"


def test_gradient_reaches_and_stops():
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    expect_gradient(x * y.detach(), reaches={"x": x}, stops_at={"y": y})
    found = verdict(lambda: expect_gradient(x * y, reaches={"x": x}, stops_at={"y": y}))
    assert found.got == "a gradient in y"
    assert "detach" in found.cause
    assert verdict(lambda: expect_gradient(x * y.detach(), reaches={"x": x, "y": y})).got == "no gradient in y"
    assert verdict(lambda: expect_gradient(x * 0, reaches={"x": x})).got == "no gradient in x"
    assert "cut it off" in verdict(lambda: expect_gradient((x * y).detach(), reaches={"x": x})).cause


def test_gradient_looks_at_every_parameter_of_a_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    expect_gradient(model(torch.ones(1, 2)), reaches={"model": model})
    found = verdict(lambda: expect_gradient(model[1](torch.ones(1, 2)), reaches={"model": model}))
    assert found.got == "no gradient in model.0.weight, model.0.bias"


def test_entries_are_there_filled_in_and_of_the_right_type():
    assert expect_entry({"a": 1}, "a") == 1
    assert expect_entry({"a": torch.tensor(2.0)}, "a") == 2
    assert expect_entry({"a": "text"}, "a", str) == "text"
    assert "nothing there" in verdict(lambda: expect_entry({"a": ...}, "a")).got
    assert "'b'" in verdict(lambda: expect_entry({"a": 1}, "b")).expected
    assert verdict(lambda: expect_entry({"a": "1"}, "a")).got == "text: '1'"
    verdict(lambda: expect_entry([1], "a"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.tensor(0.35), "tensor 0.35"),
        (torch.tensor([[0.1, 0.25]]), "tensor (1, 2): 0.1, 0.25"),
        (torch.tensor([1, 2]), "tensor of int64 (2): 1, 2"),
        (torch.tensor([True]), "tensor of bool (1): True"),
        (torch.zeros(0, 3), "tensor (0, 3), empty"),
        (torch.arange(12.0), "tensor (12): 0, 1, 2, … (min 0, max 11, mean 5.5)"),
        (np.ones((1, 2)), "array (1, 2): 1, 1"),
        (1 / 3, "0.3333"),
        (True, "True"),
        ("a" * 100, "'" + "a" * 60 + "…'"),
        ({"a": 1.0}, "{'a': 1}"),
        ((1, [2.5]), "(1, [2.5])"),
        (..., "..."),
        (nn.Linear, "the class Linear"),
        (show, "the function show"),
        (nn.Identity(), "an Identity"),
    ],
)
def test_show_is_short(value, text):
    assert show(value) == text


def test_show_never_calls_a_learners_repr():
    class Rude:
        def __repr__(self):
            raise RuntimeError

    assert show(Rude()) == "a Rude"
