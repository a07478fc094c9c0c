"""10.5 implement: what FFDNet's first convolution sees."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d, pixel_unshuffle

from course_lib.check.authoring import expect_close, expect_shape, mistake, property_test

TITLE = "Build FFDNet's input"
KIND = "implement"
NOTEBOOK = "10_cnn_denoisers"
MINUTES = 10
DIFFICULTY = 2
POINTS = 7

HINTS = (
    "Four pixels of a 2×2 cell become four channels. How many channels does a grey image make, and how large are they? And what is the level of a cell?",
    "y (n, c, h, w) to (n, 4c, h/2, w/2) with channel 4k + 2i + j holding y[:, k, i::2, j::2]; levels (n, 1, h, w) in grey levels to "
    "(n, 1, h/2, w/2) in units of y; together (n, 4c + 1, h/2, w/2).",
    """
    for each channel k, for i in 0, 1, for j in 0, 1: every second pixel, from row i and column j (torch has a function for it)
    the levels: divided by 255, then the mean of every 2×2 cell
    put the one map behind the 4c others
    """,
)


def ffdnet_input(y: Tensor, levels: Tensor) -> Tensor:
    """The cells of y and the map of their noise levels, (n, 4c + 1, h/2, w/2)."""
    cells = pixel_unshuffle(y, 2)
    return torch.cat([cells, avg_pool2d(levels / 255, 2)], dim=1)


reference = ffdnet_input


def variant(cells=lambda y: pixel_unshuffle(y, 2), level=lambda s: avg_pool2d(s / 255, 2), first=False):
    """The input with one thing done otherwise."""

    def other(y, levels):
        parts = [cells(y), level(levels)]
        return torch.cat(parts[::-1] if first else parts, dim=1)

    return other


def by_position(y):
    return torch.cat([y[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)], dim=1)


def halves(y):
    n, c, h, w = y.shape
    return y.reshape(n, 4 * c, h // 2, w // 2)


MISTAKES = (
    mistake(variant(level=lambda s: avg_pool2d(s, 2)), "The map is in grey levels, y in [0, 1]: divide the levels by 255, or the network sees a noise of 6400."),
    mistake(variant(level=lambda s: max_pool2d(s / 255, 2)), "You took the largest level of each cell; asked is their mean."),
    mistake(variant(level=lambda s: s[:, :, ::2, ::2] / 255), "You took the upper left level of each cell; asked is the mean of its four."),
    mistake(variant(level=lambda s: (avg_pool2d(s, 2) / 255).square()), "The map holds the standard deviation, not the variance."),
    mistake(variant(level=lambda s: (s / 255).mean(dim=(2, 3), keepdim=True).expand(-1, 1, s.shape[2] // 2, s.shape[3] // 2)), "One mean for the whole image: then the network could not know where the noise is strong."),
    mistake(variant(first=True), "The map comes last, behind the cells."),
    mistake(variant(by_position), "The four positions of one channel belong together: channel 4k + 2i + j, as torch's pixel_unshuffle has it."),
    mistake(variant(halves), "reshape gives the right shape and tears the picture apart: a channel must hold every second pixel of every second row."),
    mistake(variant(lambda y: pixel_unshuffle(y.transpose(2, 3), 2).transpose(2, 3)), "Rows and columns are exchanged inside the cells."),
    mistake(variant(lambda y: avg_pool2d(y, 2).repeat_interleave(4, dim=1)), "That is pooling: the mean of the cell four times, and its four pixels are gone."),
    mistake(variant(lambda y: interpolate(y, scale_factor=0.5).repeat_interleave(4, dim=1)), "One pixel of each cell four times; the other three are lost."),
)  # fmt: skip


def inputs(case, n=2, c=1, h=4, w=6):
    return case.rand(n, c, h, w), 5 + 50 * case.rand(n, 1, h, w)


@property_test("shape")
def half_the_size(answer, case):
    expect_shape(answer(*inputs(case)), (2, 5, 2, 3))
    expect_shape(answer(*inputs(case, c=3)), (2, 13, 2, 3))


@property_test("one cell by hand", points=2)
def one_cell(answer, case):
    y = torch.tensor([[[[0.1, 0.2], [0.3, 0.4]]]], device=case.device)
    got = answer(y, torch.full((1, 1, 2, 2), 51.0, device=case.device))
    expect_shape(got, (1, 5, 1, 1))
    expect_close(got.flatten(), torch.tensor([0.1, 0.2, 0.3, 0.4, 0.2]), input="y = ((0.1, 0.2), (0.3, 0.4)), levels of 51 everywhere")


@property_test("levels that differ in a cell", points=1)
def mean_of_the_levels(answer, case):
    levels = torch.tensor([[[[0.0, 51.0], [51.0, 102.0]]]], device=case.device)
    got = answer(torch.zeros(1, 1, 2, 2, device=case.device), levels)
    expect_shape(got, (1, 5, 1, 1))
    expect_close(got.flatten()[-1].item(), 0.2, input="levels ((0, 51), (51, 102)); the entry of the map")


@property_test("nothing is lost", points=2)
def every_pixel_is_there(answer, case):
    y = torch.arange(16.0, device=case.device).reshape(1, 1, 4, 4) / 16
    got = answer(y, torch.full((1, 1, 4, 4), 25.0, device=case.device))
    expect_shape(got, (1, 5, 2, 2))
    expected = torch.tensor([[0.0, 2.0], [8.0, 10.0]]) / 16
    expect_close(got[0, 0], expected, input="y counts from 0 to 15 sixteenths, row by row; the first channel")
    expect_close(got[0, :4].sum().item(), 7.5, tol=1e-4, input="the same; the sum of the first four channels")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for c in (1, 3):
        y, levels = inputs(case, c=c)
        expect_close(answer(y, levels), ffdnet_input(y, levels), tol=1e-5)
