"""01.5 implement: peak signal-to-noise ratio, one number for each image."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_gradient, expect_shape, expect_type, mistake, property_test

TITLE = "Peak signal-to-noise ratio"
KIND = "implement"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 6
DIFFICULTY = 1
POINTS = 8

HINTS = (
    "A batch has four axes. Over which of them do you average, so that one number is left for each image?",
    "PSNR = 10 log10(1 / MSE), MSE = mean of (x̂ - x)² over C, H and W. From (C, H, W) to (), from (N, C, H, W) to (N,).",
    """
    square the difference, take the mean over the last three axes: dim=(-3, -2, -1)
    ten times the logarithm to the base ten (torch.log10) of one over that
    """,
)


def psnr(estimate: Tensor, target: Tensor) -> Tensor:
    """10 log10(1 / MSE) for images in [0, 1], one value for each image."""
    mse = (estimate - target).square().mean(dim=(-3, -2, -1))
    return 10 * torch.log10(1 / mse)


reference = psnr


def with_epsilon(estimate, target):
    mse = (estimate - target).square().mean(dim=(-3, -2, -1))
    return 10 * torch.log10(1 / (mse + 1e-4))


MISTAKES = (
    mistake(
        lambda estimate, target: reference(estimate, target) + 20 * torch.log10(torch.tensor(255.0)),
        "The peak of an image in [0, 1] is 1: with 255 every PSNR is 48.13 dB too high.",
    ),
    mistake(lambda estimate, target: -reference(estimate, target), "The sign: a small error must give a high PSNR."),
    mistake(lambda estimate, target: 2 * reference(estimate, target), "You took 20 log10 of the MSE. It is squared already: 10."),
    mistake(
        lambda estimate, target: reference(estimate, target) / 2,
        "You took the root of the MSE, and then 10 log10. It is 10 log10 of the MSE, or 20 log10 of its root.",
    ),
    mistake(
        lambda estimate, target: reference(estimate, target) * torch.log(torch.tensor(10.0)),
        "You took the natural logarithm; decibels use the base 10.",
    ),
    mistake(lambda estimate, target: reference(estimate, target) / 10, "You forgot the factor 10: these are bels, not decibels."),
    mistake(
        lambda estimate, target: 10 * torch.log10(1 / (estimate - target).square().mean()),
        "You averaged over the batch as well: one number for each image is wanted.",
    ),
    mistake(
        lambda estimate, target: 10 * torch.log10(1 / (estimate - target).abs().mean(dim=(-3, -2, -1))),
        "You took the mean absolute error; PSNR is made of squares.",
    ),
    mistake(
        lambda estimate, target: 10 * torch.log10(1 / (estimate - target).square().sum(dim=(-3, -2, -1))),
        "You summed the squares; the M in MSE is a mean.",
    ),
    mistake(
        lambda estimate, target: 10 * torch.log10(target.max() ** 2 / (estimate - target).square().mean(dim=(-3, -2, -1))),
        "You took the largest value of this image for the peak: the peak is what the format allows, 1.",
    ),
    mistake(with_epsilon, "You added a constant to the MSE: that caps the PSNR and moves every number a little."),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(torch.zeros(1, 2, 2, device=case.device), torch.ones(1, 2, 2, device=case.device)), Tensor)


@property_test("by hand", points=2)
def ten_decibels_a_decade(answer, case):
    target = torch.zeros(1, 2, 2, device=case.device)
    expect_close(answer(target + 0.1, target), 20.0, tol=1e-3)
    expect_close(answer(target + 25 / 255, target), 20.1720, tol=1e-3)


@property_test("shape", points=1)
def one_number_an_image(answer, case):
    expect_shape(answer(case.rand(3, 4, 4), case.rand(3, 4, 4)), ())
    expect_shape(answer(case.rand(5, 3, 4, 4), case.rand(5, 3, 4, 4)), (5,))


@property_test("every image by itself", points=2)
def images_do_not_mix(answer, case):
    target = torch.zeros(2, 1, 2, 2, device=case.device)
    estimate = target + torch.tensor([0.1, 0.01], device=case.device).reshape(2, 1, 1, 1)
    expect_close(answer(estimate, target), torch.tensor([20.0, 40.0]), tol=1e-2)


@property_test("the peak is 1", points=1)
def a_dark_image(answer, case):
    target = torch.full((1, 2, 2), 0.25, device=case.device)
    expect_close(answer(target + 0.1, target), 20.0, tol=1e-3)


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    estimate, target = case.rand(3, 3, 8, 8), case.rand(3, 3, 8, 8)
    expect_close(answer(estimate, target), reference(estimate, target), tol=1e-3)
    estimate = case.rand(1, 3, 4, 4).requires_grad_()
    expect_gradient(answer(estimate, case.rand(1, 3, 4, 4)), reaches={"estimate": estimate})
