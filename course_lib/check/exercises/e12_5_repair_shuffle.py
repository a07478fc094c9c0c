"""12.5 repair: a pixel shuffle that deals its maps in another order."""

import torch
from torch import Tensor
from torch.nn.functional import pixel_unshuffle

from course_lib.check.authoring import expect_close, expect_shape, mistake, property_test

TITLE = "Repair the pixel shuffle"
KIND = "repair"
NOTEBOOK = "12_super_resolution"
MINUTES = 12
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Give every map a number of its own: maps of 1 × 1 pixel with the values 0, 1, 2, …. Which must stand beside 0, which below it, which in "
    "the next channel?",
    "maps (n, c s², h, w) → (n, c, s h, s w): map c s² + a s + b at (i, j) goes to channel c, row s i + a, column s j + b. "
    "So channel is the slowest of the three numbers in the map's, and b the fastest.",
    """
    split the axis of maps into channel, a, b, in the order slow to fast
    bring the axes into the order n, channel, i, a, j, b
    join i with a, and j with b
    """,
)


def broken(maps, scale):
    """What is handed out: the channel is taken as the fastest number, and a and b are exchanged."""
    n, d, h, w = maps.shape
    c = d // scale**2
    cells = maps.reshape(n, scale, scale, c, h, w)
    return cells.permute(0, 3, 4, 2, 5, 1).reshape(n, c, h * scale, w * scale)


def pixel_shuffle(maps: Tensor, scale: int) -> Tensor:
    """Map c s² + a s + b at (i, j) becomes the pixel (s i + a, s j + b) of channel c."""
    n, d, h, w = maps.shape
    c = d // scale**2
    cells = maps.reshape(n, c, scale, scale, h, w)
    return cells.permute(0, 1, 4, 2, 5, 3).reshape(n, c, h * scale, w * scale)


reference = pixel_shuffle


def variant(channel_last=False, order=(0, 1, 4, 2, 5, 3)):
    """The shuffle with the maps' number read otherwise, or the axes in another order."""

    def other(maps, scale):
        n, d, h, w = maps.shape
        c = d // scale**2
        cells = maps.reshape(n, scale, scale, c, h, w).permute(0, 3, 1, 2, 4, 5) if channel_last else maps.reshape(n, c, scale, scale, h, w)
        return cells.permute(*order).reshape(n, c, h * scale, w * scale)

    return other


def viewed(maps, scale):
    n, d, h, w = maps.shape
    return maps.reshape(n, d // scale**2, h * scale, w * scale)


MISTAKES = (
    mistake(variant(channel_last=True), "Rows and columns are right now. But the channel is still read as the fastest number of a map: right for grey, colours get mixed."),
    mistake(variant(order=(0, 1, 4, 3, 5, 2)), "The channels are right now. But every cell is laid out column by column: a is its row, b its column."),
    mistake(variant(order=(0, 1, 2, 4, 3, 5)), "That puts s × s whole images side by side: i must come before a, and j before b."),
    mistake(variant(order=(0, 1, 5, 2, 4, 3)), "Rows and columns of the maps are exchanged: the image lies on its side."),
    mistake(viewed, "A reshape alone keeps the order in memory, and that is map after map. The axes must change places before."),
    mistake(lambda maps, scale: pixel_unshuffle(maps, scale), "That is the way back: it makes maps of an image."),
    mistake(lambda maps, scale: variant()(maps, scale).flip(-1), "The image is mirrored."),
)  # fmt: skip


@property_test("shape")
def larger_and_fewer(answer, case):
    expect_shape(answer(case.rand(2, 12, 4, 6), 2), (2, 3, 8, 12))


@property_test("one cell", points=2)
def one_cell(answer, case):
    maps = torch.arange(4.0, device=case.device).view(1, 4, 1, 1)
    expect_close(
        answer(maps, 2), torch.tensor([[[[0.0, 1], [2, 3]]]]), tol=1e-6, input="four maps of one pixel with the values 0, 1, 2, 3, scale 2"
    )


@property_test("two channels", points=2)
def two_channels(answer, case):
    maps = torch.arange(8.0, device=case.device).view(1, 8, 1, 1)
    expected = torch.tensor([[[[0.0, 1], [2, 3]], [[4, 5], [6, 7]]]])
    expect_close(answer(maps, 2), expected, tol=1e-6, input="eight maps of one pixel with the values 0 to 7, scale 2")


@property_test("there and back", points=2)
def undoes_unshuffle(answer, case):
    x = case.rand(2, 3, 6, 9)
    expect_close(answer(pixel_unshuffle(x, 3), 3), x, tol=1e-6, input="pixel_unshuffle of a random colour image, scale 3")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for scale in (1, 2, 3, 4):
        maps = case.rand(2, 2 * scale**2, 3, 5)
        expect_close(answer(maps, scale), pixel_shuffle(maps, scale), tol=1e-6)
