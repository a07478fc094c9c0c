"""01.6 implement: structural similarity of one window."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, mistake, property_test

TITLE = "SSIM of one window"
KIND = "implement"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Five numbers say all that SSIM knows of two windows: two means, two variances and … ?",
    "SSIM = (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)), C1 = 0.01², C2 = 0.03²; σxy = mean of (x - μx)(y - μy).",
    """
    the means of x and of y; subtract them
    the means of the squares: two variances; the mean of the product: the covariance
    the brightness factor from the means, the structure factor from the rest; multiply
    """,
)

C1, C2 = 0.01**2, 0.03**2


def ssim(x, y, c1=C1, c2=C2, divide_by=None):
    n = divide_by or x.numel()
    mu_x, mu_y = x.mean(), y.mean()
    var_x, var_y = (x - mu_x).square().sum() / n, (y - mu_y).square().sum() / n
    covariance = ((x - mu_x) * (y - mu_y)).sum() / n
    return (2 * mu_x * mu_y + c1) / (mu_x**2 + mu_y**2 + c1), (2 * covariance + c2) / (var_x + var_y + c2)


def ssim_window(x: Tensor, y: Tensor) -> Tensor:
    """Brightness factor times contrast-and-structure factor, equal weights."""
    brightness, structure = ssim(x, y)
    return brightness * structure


reference = ssim_window


def with_standard_deviations(x, y):
    spread_x, spread_y = x.std(correction=0), y.std(correction=0)
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    return ssim(x, y)[0] * (2 * covariance + C2) / (spread_x + spread_y + C2)


def raw_moments(x, y):
    return ssim(x, y)[0] * (2 * (x * y).mean() + C2) / (x.square().mean() + y.square().mean() + C2)


def product(*factors):
    return torch.stack(factors).prod()


MISTAKES = (
    mistake(lambda x, y: ssim(x, y)[1], "The brightness factor is missing: two windows of different means would count as equal."),
    mistake(lambda x, y: ssim(x, y)[0], "The structure factor is missing: only the means are compared."),
    mistake(lambda x, y: sum(ssim(x, y)) / 2, "You averaged the two factors; SSIM is their product."),
    mistake(lambda x, y: product(*ssim(x, y, 0.0, 0.0)), "C1 and C2 are missing: a flat window gives 0 / 0."),
    mistake(lambda x, y: product(*ssim(x, y, 0.01, 0.03)), "C1 and C2 are squares: 0.01² and 0.03²."),
    mistake(lambda x, y: product(*ssim(x, y, (0.01 * 255) ** 2, (0.03 * 255) ** 2)), "These C1 and C2 belong to images from 0 to 255."),
    mistake(
        lambda x, y: product(*ssim(x, y, divide_by=x.numel() - 1)),
        "You divided by one less than the number of pixels (torch.var does): SSIM divides by the number itself.",
    ),
    mistake(with_standard_deviations, "You put standard deviations where variances belong."),
    mistake(raw_moments, "You forgot to subtract the means before squaring."),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.rand(1, 3, 3), case.rand(1, 3, 3)), Tensor)


@property_test("shape")
def one_number(answer, case):
    expect_shape(answer(case.rand(1, 3, 3), case.rand(1, 3, 3)), ())


@property_test("equal windows", points=1)
def is_one_for_equal_windows(answer, case):
    x = case.rand(1, 4, 4)
    expect_close(answer(x, x), 1.0)


@property_test("flat windows", points=2)
def compares_brightness(answer, case):
    x, y = torch.full((1, 2, 2), 0.5, device=case.device), torch.full((1, 2, 2), 0.25, device=case.device)
    expect_close(answer(x, y), (2 * 0.125 + C1) / (0.3125 + C1), input="a flat window of 0.5 against one of 0.25")


@property_test("by hand", points=2)
def compares_structure(answer, case):
    x, y = torch.tensor([[[0.4, 0.6]]], device=case.device), torch.tensor([[[0.6, 0.4]]], device=case.device)
    expect_close(answer(x, y), (-0.02 + C2) / (0.02 + C2), input="(0.4, 0.6) against its mirror image (0.6, 0.4)")


@property_test("symmetry", points=1)
def is_symmetric(answer, case):
    x, y = case.rand(1, 4, 4), case.rand(1, 4, 4)
    expect_close(answer(y, x), float(reference(x, y)))


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for shape in ((1, 2, 2), (1, 11, 11)):
        x = case.rand(*shape)
        y = 0.7 * x + 0.2 * case.rand(*shape)
        expect_close(answer(x, y), float(reference(x, y)))
