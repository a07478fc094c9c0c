"""12.6 implement: make an enlarged image agree with the small one."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, mistake, property_test
from course_lib.resample import imresize

TITLE = "Project back"
KIND = "implement"
NOTEBOOK = "12_super_resolution"
MINUTES = 10
DIFFICULTY = 2
POINTS = 7

HINTS = (
    "Make the estimate small again. Where it differs from y something is missing, or too much: at the low resolution. How does it get into x̂?",
    "x̂ ← x̂ + B (y − A x̂), `iterations` times; A = reduce takes (c, s h, s w) to (c, h, w), B = enlarge takes it back.",
    """
    as often as asked:
        reduce the estimate as it is now, and take that away from y
        enlarge the difference and add it to the estimate
    """,
)


def back_project(estimate: Tensor, y: Tensor, reduce: Callable, enlarge: Callable, iterations: int) -> Tensor:
    """x̂ ← x̂ + B (y − A x̂), again and again."""
    for _ in range(iterations):
        estimate = estimate + enlarge(y - reduce(estimate))
    return estimate


reference = back_project


def variant(sign=1, anew=True, gain=1.0, clamp=False, once=False, outside=False):
    """The projection with one thing done otherwise."""

    def other(estimate, y, reduce, enlarge, iterations):
        first = estimate
        for _ in range(1 if once else iterations):
            difference = enlarge(y) - estimate if outside else enlarge(y - reduce(estimate if anew else first))
            estimate = estimate + sign * gain * difference
            estimate = estimate.clamp(0, 1) if clamp else estimate
        return estimate

    return other


def only_the_correction(estimate, y, reduce, enlarge, iterations):
    correction = torch.zeros_like(estimate)
    for _ in range(iterations):
        correction = correction + enlarge(y - reduce(estimate + correction))
    return correction


MISTAKES = (
    mistake(variant(sign=-1), "The sign: where y is brighter than the reduced estimate, the estimate must become brighter."),
    mistake(
        variant(anew=False),
        "The difference is taken from the first estimate in every step, so the same correction is added again and again.",
    ),
    mistake(variant(once=True), "One correction, whatever `iterations` says."),
    mistake(variant(outside=True), "enlarge(y) − x̂ is compared at the high resolution: that replaces x̂ by the enlarged y, detail and all."),
    mistake(variant(gain=0.5), "Half a correction in every step: it gets there later than asked."),
    mistake(
        variant(clamp=True),
        "A clamp in every step: then a value above 1 can never be pulled back by its neighbours. Clip, if at all, at the end.",
    ),
    mistake(only_the_correction, "That is the sum of the corrections, without the estimate they belong to."),
)


def reduce_3(x):
    return imresize(x, size=(x.shape[-2] // 3, x.shape[-1] // 3))


def enlarge_3(y):
    return imresize(y, 3)


def mean_of_cells(x):
    return torch.nn.functional.avg_pool2d(x, 2)


def repeat_cells(y):
    return y.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1)


@property_test("shape")
def keeps_the_shape(answer, case):
    expect_shape(answer(case.rand(1, 12, 9), case.rand(1, 4, 3), reduce_3, enlarge_3, 2), (1, 12, 9))


@property_test("by hand", points=2)
def one_cell(answer, case):
    estimate = torch.tensor([[[0.1, 0.2], [0.3, 0.6]]], device=case.device)
    y = torch.full((1, 1, 1), 0.5, device=case.device)
    expected = torch.tensor([[[0.3, 0.4], [0.5, 0.8]]])
    given = "a cell of 0.1, 0.2, 0.3, 0.6 whose mean is 0.3, y = 0.5, A the mean of 2 × 2, B repetition, one iteration"
    expect_close(answer(estimate, y, mean_of_cells, repeat_cells, 1), expected, tol=1e-6, input=given)


@property_test("nothing to correct")
def a_consistent_estimate_stays(answer, case):
    x = case.rand(1, 6, 6)
    expect_close(answer(x, mean_of_cells(x), mean_of_cells, repeat_cells, 3), x, tol=1e-5, input="an estimate that reduces to y already")


@property_test("it agrees with y", points=2)
def reduces_to_y(answer, case):
    y = 0.4 + 0.2 * case.rand(1, 6, 6)
    got = answer(torch.full((1, 18, 18), 0.5, device=case.device), y, reduce_3, enlarge_3, 12)
    expect_shape(got, (1, 18, 18))
    expect_close(reduce_3(got), y, tol=1e-3, input="a grey estimate, y random, bicubic A and B, 12 iterations; your result made small")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    for iterations in (1, 4):
        estimate, y = case.rand(3, 9, 12), case.rand(3, 3, 4)
        expected = back_project(estimate, y, reduce_3, enlarge_3, iterations)
        expect_close(answer(estimate, y, reduce_3, enlarge_3, iterations), expected, tol=1e-5)
