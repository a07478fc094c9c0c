"""12.3 repair: training pairs by another bicubic than the one of the tables."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test
from course_lib.images import crop_to_multiple, from_uint8, luma, to_uint8
from course_lib.resample import imresize

TITLE = "Repair the training pair"
KIND = "repair"
NOTEBOOK = "12_super_resolution"
MINUTES = 10
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Make stripes of one pixel small. What must arrive, and what does? Then take an image of 10 × 13 pixels and a scale of 3: what sizes?",
    "x: the luma, its last rows and columns cut so that both sides are multiples of s, in whole grey levels. y: x reduced by 1/s as MATLAB "
    "does it: kernel stretched, rounded between and after the passes. So y is (1, h/s, w/s) for x (1, h, w), and both have only values k/255.",
    """
    the luma, cropped to a multiple of the scale
    rounded to 8 bits, and back to [0, 1]
    imresize with quantise, to a size of height over scale and width over scale
    """,
)


def broken(image, scale):
    """What is handed out: torch's bicubic, which does not average; nothing cropped, nothing rounded."""
    x = luma(image)
    y = interpolate(x[None], scale_factor=1 / scale, mode="bicubic")[0]
    return y, x


def training_pair(image: Tensor, scale: int) -> tuple[Tensor, Tensor]:
    """(y, x): the luma in 8 bits, cropped to a multiple of the scale, and what MATLAB makes of it."""
    x = from_uint8(to_uint8(crop_to_multiple(luma(image), scale)))
    return imresize(x, size=(x.shape[-2] // scale, x.shape[-1] // scale), quantise=True), x


reference = training_pair


def variant(
    channel=luma,
    crop=crop_to_multiple,
    bits=lambda x: from_uint8(to_uint8(x)),
    reduce=lambda x, size: imresize(x, size=size, quantise=True),
    swapped=False,
):
    """The pair with one step done otherwise."""

    def other(image, scale):
        x = bits(crop(channel(image), scale))
        y = reduce(x, (x.shape[-2] // scale, x.shape[-1] // scale))
        return (x, y) if swapped else (y, x)

    return other


def torch_bicubic(x, size, antialias=False):
    return from_uint8(to_uint8(interpolate(x[None], size=size, mode="bicubic", antialias=antialias)[0]))


def pil_bicubic(x, size):
    from PIL import Image

    small = Image.fromarray(to_uint8(x)[0].cpu().numpy()).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return from_uint8(torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(1, *size)).to(x)


def full_range(image):
    return (0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2])[None]


MISTAKES = (
    mistake(variant(reduce=torch_bicubic), "Sizes and bits are right. But interpolate without antialias looks at 4 × 4 pixels, whatever the scale: the others are left out, and stripes alias."),
    mistake(variant(reduce=lambda x, size: torch_bicubic(x, size, antialias=True)), "antialias=True averages, but treats the border otherwise and rounds once, not twice: some pixels are off."),
    mistake(variant(reduce=pil_bicubic), "PIL's bicubic averages too, but it rounds its weights and is no twin of MATLAB's: some pixels are off by a level or more."),
    mistake(variant(reduce=lambda x, size: imresize(x, size=size)), "The right kernel, but y is not rounded to 8 bits; the files of the benchmarks are."),
    mistake(variant(reduce=lambda x, size: from_uint8(to_uint8(imresize(x, size=size)))), "Rounded at the end only. MATLAB rounds between the two passes as well; quantise=True does that."),
    mistake(variant(crop=lambda x, scale: x), "The image is not cropped: for 10 × 13 pixels and a scale of 3, x is not three times as large as y."),
    mistake(variant(bits=lambda x: x), "x is not in whole grey levels: the clean images of the tables are 8-bit files."),
    mistake(variant(full_range), "That luma runs from 0 to 255; images.luma runs from 16 to 235, as the tables' does."),
    mistake(variant(swapped=True), "(y, x) is asked for, the small image first."),
)  # fmt: skip


@property_test("sizes", points=1)
def whole_cells(answer, case):
    pair = answer(case.rand(3, 10, 13), 3)
    expect(isinstance(pair, tuple) and len(pair) == 2, expected="a pair (y, x)", got=pair)
    expect_shape(pair[0], (1, 3, 4), input="an image of 10 × 13 pixels, scale 3; y")
    expect_shape(pair[1], (1, 9, 12), input="an image of 10 × 13 pixels, scale 3; x")


@property_test("whole grey levels", points=2)
def eight_bits(answer, case):
    y, x = answer(case.rand(3, 12, 12), 3)
    expect_close(255 * x, (255 * x).round(), tol=1e-3, input="255 · x, beside the nearest whole numbers")
    expect_close(255 * y, (255 * y).round(), tol=1e-3, input="255 · y, beside the nearest whole numbers")


@property_test("stripes of one pixel", points=2)
def stripes_become_grey(answer, case):
    stripes = (torch.arange(24, device=case.device) % 2).float().expand(3, 24, 24)
    y, _ = answer(stripes, 4)
    expect_shape(y, (1, 6, 6))
    grey = torch.full((1, 6, 2), (16 + 219 / 2) / 255)
    expect_close(y[..., 2:4], grey, tol=0.01, input="columns of black and white in turn, scale 4; the middle of y")


@property_test("against the reference: x", points=2)
def agrees_with_the_reference_x(answer, case):
    image = case.rand(3, 31, 22)
    expect_close(answer(image, 3)[1], training_pair(image, 3)[1], tol=1e-4, input="a random image of 31 × 22 pixels, scale 3; x")


@property_test("against the reference: y", points=2)
def agrees_with_the_reference_y(answer, case):
    for scale in (2, 3, 4):
        image = case.rand(3, 37, 26)
        expect_close(answer(image, scale)[0], training_pair(image, scale)[0], tol=1e-4, input=f"a random image, scale {scale}; y")
