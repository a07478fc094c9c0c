"""09.4 implement: the weighted mean of overlapping blocks."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, expect_unchanged, mistake, property_test

TITLE = "Aggregate overlapping blocks"
KIND = "implement"
NOTEBOOK = "09_bm3d"
MINUTES = 10
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Give every block the same constant value. What must the image be, whatever the weights and the window?",
    "x̂ = Σ w_b k Ẑ_b / Σ w_b k, two images of the given shape: the sums run over the blocks, each at its own place.",
    """
    two images of zeros, for the numerator and the denominator
    for each block, its corner and its weight:
        add weight times window times block to its place in the one
        add weight times window to the same place in the other
    divide
    """,
)


def sums(blocks, positions, weights, window, shape):
    """Numerator and denominator."""
    n = len(window)
    top, bottom = blocks.new_zeros(shape), blocks.new_zeros(shape)
    for block, (row, column), weight in zip(blocks, positions.tolist(), weights, strict=True):
        top[row : row + n, column : column + n] += weight * window * block
        bottom[row : row + n, column : column + n] += weight * window
    return top, bottom


def aggregate(blocks: Tensor, positions: Tensor, weights: Tensor, window: Tensor, shape: tuple[int, int]) -> Tensor:
    """The image of ``shape``."""
    n = len(window)
    numerator, denominator = blocks.new_zeros(shape), blocks.new_zeros(shape)
    for block, (row, column), weight in zip(blocks, positions.tolist(), weights, strict=True):
        place = (slice(row, row + n), slice(column, column + n))
        numerator[place] += weight * window * block
        denominator[place] += weight * window
    return numerator / denominator


reference = aggregate


def ones(x):
    return torch.ones_like(x)


def overwritten(blocks, positions, weights, window, shape):
    image = blocks.new_zeros(shape)
    for block, (row, column) in zip(blocks, positions.tolist(), strict=True):
        image[row : row + len(window), column : column + len(window)] = block
    return image


def half(change_top, change_bottom):
    """Other weights and windows above than below the line."""

    def answer(blocks, positions, weights, window, shape):
        return (
            sums(blocks, positions, *change_top(weights, window), shape)[0]
            / sums(blocks, positions, *change_bottom(weights, window), shape)[1]
        )

    return answer


MISTAKES = (
    mistake(
        lambda blocks, positions, weights, window, shape: aggregate(blocks, positions, ones(weights), window, shape),
        "The weights are not used: every block counts the same.",
    ),
    mistake(
        lambda blocks, positions, weights, window, shape: aggregate(blocks, positions, weights, ones(window), shape),
        "The window is not used: the rim of a block counts as much as its middle.",
    ),
    mistake(lambda *args: sums(*args)[0], "You added up, but did not divide by the sum of what each pixel was given."),
    mistake(
        half(lambda w, k: (w, k), lambda w, k: (ones(w), ones(k))),
        "You divided by the number of blocks; divide by the sum of weight times window.",
    ),
    mistake(half(lambda w, k: (w, k), lambda w, k: (w, ones(k))), "The window is missing below the line: the rims get too dark."),
    mistake(half(lambda w, k: (w, k), lambda w, k: (ones(w), k)), "The weights are missing below the line."),
    mistake(half(lambda w, k: (ones(w), k), lambda w, k: (w, k)), "The weights are missing above the line."),
    mistake(
        lambda blocks, positions, weights, window, shape: aggregate(blocks, positions, 1 / weights, window, shape),
        "You divided by the weights: a large weight must count more.",
    ),
    mistake(
        lambda blocks, positions, weights, window, shape: aggregate(blocks, positions, weights, window**2, shape),
        "The window is applied twice.",
    ),
    mistake(overwritten, "Each block overwrites the ones before it: add them up (+=)."),
    mistake(
        lambda blocks, positions, weights, window, shape: aggregate(blocks.mT, positions.flip(1), weights, window.mT, shape[::-1]),
        "Rows and columns are exchanged.",
    ),
)


def covering(case, shape, size, extra):
    """Corners of blocks that cover the image, and some more."""
    rows, columns = ([*range(0, side - size, size), side - size] for side in shape)
    corners = [(row, column) for row in rows for column in columns]
    more = [((7 * i + case.seed) % (shape[0] - size + 1), (5 * i + 2) % (shape[1] - size + 1)) for i in range(extra)]
    return torch.tensor(corners + more, device=case.device)


@property_test("type")
def gives_a_tensor(answer, case):
    one = torch.ones(1, 2, 2, device=case.device)
    expect_type(answer(one, torch.zeros(1, 2, dtype=torch.int64, device=case.device), one[:, 0, 0], one[0], (2, 2)), Tensor)


@property_test("shape")
def gives_the_shape(answer, case):
    corners = covering(case, (5, 7), 3, 0)
    many = len(corners)
    expect_shape(answer(case.rand(many, 3, 3), corners, case.rand(many) + 0.5, torch.ones(3, 3, device=case.device), (5, 7)), (5, 7))


@property_test("constant blocks", points=2)
def keeps_a_constant(answer, case):
    corners = covering(case, (5, 7), 3, 6)
    blocks = torch.full((len(corners), 3, 3), 0.5, device=case.device)
    got = answer(blocks, corners, case.rand(len(corners)) + 0.5, case.rand(3, 3) + 0.5, (5, 7))
    expect_close(got, torch.full((5, 7), 0.5), input="blocks that are 0.5 everywhere, any weights, any window")


@property_test("by hand", points=3)
def two_blocks_share_a_column(answer, case):
    blocks = torch.stack([torch.zeros(2, 2, device=case.device), torch.ones(2, 2, device=case.device)])
    corners = torch.tensor([[0, 0], [0, 1]], device=case.device)
    window = torch.tensor([[1.0, 0.5], [1.0, 0.5]], device=case.device)
    got = answer(blocks, corners, torch.tensor([2.0, 3.0], device=case.device), window, (2, 3))
    expect_close(
        got,
        torch.tensor([[0.0, 0.75, 1.0], [0.0, 0.75, 1.0]]),
        input="a black block of weight 2 and a white one of weight 3, in columns 0-1 and 1-2; the window is 1 on the left and 0.5 on the right",
    )


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    for shape, size in (((9, 6), 4), ((8, 8), 8)):
        corners = covering(case, shape, size, 10)
        many = len(corners)
        arguments = (case.rand(many, size, size), corners, case.rand(many) + 0.1, case.rand(size, size) + 0.1, shape)
        expect_close(answer(*arguments), reference(*arguments), tol=1e-4)
    expect_unchanged(answer)
