"""01.7 repair: an average PSNR with two broken conventions."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, mistake, property_test

TITLE = "Repair the average PSNR"
KIND = "repair"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 8
DIFFICULTY = 2
POINTS = 7

HINTS = (
    "Two images, with the PSNR 20 dB and 40 dB. What must the average be, and what does the function say? Then: a reference that is dark everywhere.",
    "mean over n of 10 log10(1 / MSE_n), with MSE_n over C, H, W of image n and the peak 1. From two (N, C, H, W) to one number.",
    """
    make a batch of two images with the errors 0.1 and 0.01: the PSNRs are 20 and 40, the average must be 30
    make a reference that is 0.25 everywhere, with the error 0.1: the PSNR must be 20 all the same
    the first failure is about the axes of one mean, the second about one line that should not depend on the data
    """,
)


def broken(estimates: Tensor, references: Tensor) -> Tensor:
    """What is handed out: the mean over all pixels of all images, and the peak of the data."""
    mse = (estimates - references).square().mean()
    peak = references.max()
    return 10 * torch.log10(peak**2 / mse)


def average_psnr(estimates: Tensor, references: Tensor) -> Tensor:
    """The mean of the images' PSNRs, with the peak 1."""
    mse = (estimates - references).square().mean(dim=(1, 2, 3))
    return (10 * torch.log10(1 / mse)).mean()


reference = average_psnr


def peak_mended(estimates, references):
    return 10 * torch.log10(1 / (estimates - references).square().mean())


def mean_mended(estimates, references):
    mse = (estimates - references).square().mean(dim=(1, 2, 3))
    return (10 * torch.log10(references.max() ** 2 / mse)).mean()


def peak_of_each(estimates, references):
    mse = (estimates - references).square().mean(dim=(1, 2, 3))
    return (10 * torch.log10(references.amax(dim=(1, 2, 3)) ** 2 / mse)).mean()


def not_averaged(estimates, references):
    return 10 * torch.log10(1 / (estimates - references).square().mean(dim=(1, 2, 3)))


MISTAKES = (
    mistake(peak_mended, "The peak is right now. But the MSE is still pooled over all images: average the decibels, not the errors."),
    mistake(
        mean_mended,
        "Each image has its PSNR now. But the peak still depends on the data: a dark reference gets a worse number for the same error.",
    ),
    mistake(peak_of_each, "The peak of each image is still taken from its data; the peak is 1."),
    mistake(not_averaged, "You returned the PSNR of each image; the average of them is wanted."),
    mistake(lambda estimates, references: reference(estimates, references) + 48.1308, "The peak of an image in [0, 1] is 1, not 255."),
    mistake(
        lambda estimates, references: 10 * torch.log10(1 / (estimates - references).square().mean(dim=(1, 2, 3)).mean()),
        "The mean of the MSEs is still the mean over all images. Take the logarithm first, then the mean.",
    ),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.rand(2, 1, 2, 2), case.rand(2, 1, 2, 2)), Tensor)


@property_test("shape", points=1)
def one_number(answer, case):
    expect_shape(answer(case.rand(3, 1, 2, 2), case.rand(3, 1, 2, 2)), ())


@property_test("mean of decibels", points=2)
def averages_decibels(answer, case):
    references = torch.zeros(2, 1, 2, 2, device=case.device)
    references[:, :, 0, 0] = 1  # so that the largest value is the peak, and only the averaging is tested
    estimates = references + torch.tensor([0.1, 0.01], device=case.device).reshape(2, 1, 1, 1)
    expect_close(answer(estimates, references), 30.0, tol=1e-2, input="two images with the errors 0.1 (20 dB) and 0.01 (40 dB)")


@property_test("peak", points=2)
def the_peak_is_the_format_s(answer, case):
    references = torch.full((1, 1, 2, 2), 0.25, device=case.device)
    expect_close(answer(references + 0.1, references), 20.0, tol=1e-2, input="a reference that is 0.25 everywhere, with the error 0.1")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    references = 0.8 * case.rand(4, 3, 8, 8)
    estimates = references + case.randn(4, 3, 8, 8) * torch.tensor([0.02, 0.05, 0.1, 0.2], device=case.device).reshape(4, 1, 1, 1)
    expect_close(answer(estimates, references), float(reference(estimates, references)), tol=1e-3)
