"""01.3 predict: what doubling the noise costs in decibels."""

import math

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict what twice the noise costs"
KIND = "predict"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 2
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "sigma is doubled. What happens to the mean squared error, which is sigma squared?",
    "PSNR(2 sigma) - PSNR(sigma) = 10 log10(1 / (4 MSE)) - 10 log10(1 / MSE). One number, in dB, with its sign.",
    "minus ten times the logarithm, to the base ten, of the factor by which the mean squared error grows",
)

FACTOR = (2, 3, 4)  # by which sigma grows, one for each variant
VARIANTS = ({"doubled to 50": "tripled to 75"}, {"doubled to 50": "raised fourfold to 100"})


def reference(case):
    """The change of the PSNR in dB."""
    return -20 * math.log10(FACTOR[case.variant % len(FACTOR)])


MISTAKES = (
    mistake(-3.01, "That is the price of twice the MSE. Twice the sigma is four times the MSE."),
    mistake(6.02, "Right size, wrong sign: more noise, lower PSNR."),
    mistake(3.01, "More noise lowers the PSNR; and twice the sigma is four times the MSE, not twice."),
    mistake(-20.17, "That is the PSNR at sigma 25 itself, with a minus; asked is how much it changes."),
    mistake(14.15, "That is the PSNR at sigma 50; asked is the change from sigma 25."),
    mistake(-10.086, "Half of the decibels: but decibels are a logarithm, and a factor becomes a difference."),
    mistake(-1.386, "The logarithm in PSNR has the base 10, and there is a factor of 10 in front."),
)


@property_test("by hand", points=1)
def the_change_in_decibels(answer, case):
    expect_close(answer, reference(case), tol=0.05)
