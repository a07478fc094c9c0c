"""01.4 implement: the adjoint of averaging blocks of 2 × 2 pixels."""

import torch
from torch import Tensor
from torch.nn import functional

from course_lib.check.authoring import expect_close, expect_dtype, expect_shape, expect_type, mistake, property_test

TITLE = "The adjoint of a camera with large pixels"
KIND = "implement"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 8
DIFFICULTY = 2
POINTS = 7

HINTS = (
    "Write the matrix of averaging two neighbours of four numbers, on paper: 2 rows, 4 columns. What is its transpose, and what does that do?",
    "(Aᵀ y)[2i + a, 2j + b] = y[i, j] / 4 for a, b in {0, 1}: from (…, h, w) to (…, 2h, 2w), each value goes to four places.",
    """
    repeat every row twice (repeat_interleave along axis -2), then every column twice
    multiply by the weight with which each of the four pixels went into the mean
    """,
)


def box_half_adjoint(y: Tensor) -> Tensor:
    """Spread each value over its block of 2 × 2 pixels, a quarter to each."""
    return y.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1) / 4


reference = box_half_adjoint


def in_the_corner(y):
    x = y.new_zeros(*y.shape[:-2], 2 * y.shape[-2], 2 * y.shape[-1])
    x[..., ::2, ::2] = y
    return x


def tiled(y):
    return y.repeat(*[1] * (y.ndim - 2), 2, 2) / 4


def smooth(y):
    batch = y if y.ndim == 4 else y[None]
    x = functional.interpolate(batch, scale_factor=2, mode="bilinear", align_corners=False)
    return (x if y.ndim == 4 else x[0]) / 4


MISTAKES = (
    mistake(
        lambda y: 4 * reference(y), "That is the enlarged image. The transpose carries the weight ¼ with which each pixel entered the mean."
    ),
    mistake(lambda y: 2 * reference(y), "The weight of each pixel in the mean of four is ¼, not ½."),
    mistake(in_the_corner, "All four pixels of a block went into the mean, so all four get something back, not the corner alone."),
    mistake(tiled, "You tiled the whole image (repeat); each *pixel* must be repeated (repeat_interleave)."),
    mistake(smooth, "You interpolated. The transpose of a block mean is constant on each block."),
    mistake(lambda y: functional.avg_pool2d(y, 2), "That is A itself; its adjoint goes the other way, from (h, w) to (2h, 2w)."),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(torch.zeros(1, 1, 1, device=case.device)), Tensor)


@property_test("shape", points=1)
def doubles_height_and_width(answer, case):
    expect_shape(answer(case.rand(1, 2, 3)), (1, 4, 6))
    expect_shape(answer(case.rand(2, 3, 4, 2)), (2, 3, 8, 4))


@property_test("dtype and device")
def keeps_dtype(answer, case):
    y = case.rand(1, 2, 2).double()
    expect_dtype(answer(y), like=y)


@property_test("by hand", points=2)
def one_bright_pixel(answer, case):
    y = torch.tensor([[[0.0, 1.0]]], device=case.device)
    expect_close(answer(y), torch.tensor([[[0.0, 0.0, 0.25, 0.25], [0.0, 0.0, 0.25, 0.25]]]))


@property_test("dot-product test", points=3)
def is_the_adjoint(answer, case):
    for shape in ((1, 4, 6), (2, 3, 6, 4)):
        x, y = case.randn(*shape).double(), case.randn(*shape[:-2], shape[-2] // 2, shape[-1] // 2).double()
        left, right = (functional.avg_pool2d(x, 2) * y).sum(), (x * answer(y)).sum()
        expect_close(right, left, tol=1e-9, input=f"⟨A x, y⟩ against ⟨x, Aᵀ y⟩ for random x {shape}")


@property_test("against the reference", points=1)
def agrees_with_the_reference(answer, case):
    y = case.rand(2, 3, 5, 4)
    expect_close(answer(y), reference(y))
