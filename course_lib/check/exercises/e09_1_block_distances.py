"""09.1 implement: the distance of every block of an image from one reference block."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_dtype, expect_shape, expect_type, expect_unchanged, mistake, property_test

TITLE = "The distances of all blocks from one"
KIND = "implement"
NOTEBOOK = "09_bm3d"
MINUTES = 8
DIFFICULTY = 1
POINTS = 7

HINTS = (
    "Once you hold all blocks in one tensor, where in it is the reference block, and how do you subtract it from all of them at once?",
    "d[i, j] = mean over u, v of (255 (y[i + u, j + v] - y[row + u, column + v]))², from (h, w) to (h - size + 1, w - size + 1).",
    """
    all blocks, by unfolding twice: four axes, the last two are the pixels of a block
    take the reference block out of it, by its corner; subtracting it broadcasts
    to grey levels, squares, mean over the last two axes
    """,
)


def block_distances(y: Tensor, row: int, column: int, size: int) -> Tensor:
    """Mean squared difference in grey levels², for each position of a block."""
    blocks = y.unfold(0, size, 1).unfold(1, size, 1)
    return (255 * (blocks - blocks[row, column])).square().mean(dim=(-2, -1))


reference = block_distances


def differences(y, row, column, size):
    blocks = y.unfold(0, size, 1).unfold(1, size, 1)
    return 255 * (blocks - blocks[row, column])


def centred(y, row, column, size):
    blocks = y.unfold(0, size, 1).unfold(1, size, 1)
    return differences(y, max(row - size // 2, 0), max(column - size // 2, 0), size).square().mean(dim=(-2, -1)) + 0 * blocks[..., 0, 0]


MISTAKES = (
    mistake(
        lambda y, row, column, size: reference(y, row, column, size) / 255**2,
        "Your distances are on the scale from 0 to 1; grey levels² are asked: a factor of 255².",
    ),
    mistake(
        lambda y, row, column, size: reference(y, row, column, size) / 255,
        "The factor of 255 belongs to the difference, before it is squared.",
    ),
    mistake(
        lambda y, row, column, size: reference(y, row, column, size) * size**2,
        "You summed over the block; the distance is the mean, so that it does not depend on the block's size.",
    ),
    mistake(lambda y, row, column, size: reference(y, row, column, size).sqrt(), "No root: the mean *squared* difference is asked."),
    mistake(
        lambda y, row, column, size: differences(y, row, column, size).abs().mean(dim=(-2, -1)),
        "These are absolute differences; squared ones are asked.",
    ),
    mistake(
        lambda y, row, column, size: differences(y, row, column, size).mean(dim=(-2, -1)).square(),
        "Square first, average then: differences of opposite sign must not cancel.",
    ),
    mistake(lambda y, row, column, size: reference(y, column, row, size), "You exchanged row and column of the reference block."),
    mistake(centred, "(row, column) is the upper left corner of the reference block, not its middle."),
    mistake(
        lambda y, row, column, size: reference(y, row, column, size)[::size, ::size],
        "You moved by a whole block; every position counts, so the step of unfold is 1.",
    ),
    mistake(
        lambda y, row, column, size: differences(y, row, column, size).square().mean(dim=(0, 1)),
        "You averaged over the positions; the mean goes over the pixels of a block, the last two axes.",
    ),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.rand(5, 6), 1, 2, 3), Tensor)


@property_test("shape", points=1)
def one_distance_for_each_position(answer, case):
    expect_shape(answer(case.rand(7, 9), 1, 2, 3), (5, 7))


@property_test("dtype and device")
def keeps_dtype(answer, case):
    y = case.rand(5, 6).double()
    expect_dtype(answer(y, 0, 0, 2), like=y)


@property_test("by hand", points=2)
def two_levels(answer, case):
    y = torch.zeros(2, 4, device=case.device)
    y[0, 3], y[1, 3] = 10 / 255, -10 / 255
    expect_close(
        answer(y, 0, 0, 2), torch.tensor([[0.0, 0.0, 50.0]]), tol=1e-3, input="zeros, but +10 and −10 grey levels in the last column"
    )


@property_test("the reference block", points=2)
def is_zero_at_the_reference(answer, case):
    y = case.rand(8, 10)
    got = answer(y, 1, 4, 3)
    expect_close(got[1, 4], 0.0, tol=1e-3, input="the distance of the block at row 1, column 4 from itself")
    expect_close(
        got[3, 2], float(reference(y, 1, 4, 3)[3, 2]), tol=0.05, input="the block at row 3, column 2, from the one at row 1, column 4"
    )


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for shape, corner, size in (((9, 7), (2, 3), 4), ((6, 6), (0, 1), 1), ((5, 8), (0, 0), 5)):
        y = case.rand(*shape)
        expect_close(answer(y, *corner, size), reference(y, *corner, size), tol=0.05)
    expect_unchanged(answer)
