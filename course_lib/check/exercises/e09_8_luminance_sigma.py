"""09.8 predict: how noisy the luminance is."""

import math

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the noise of the luminance"
KIND = "predict"
NOTEBOOK = "09_bm3d"
MINUTES = 3
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "The luminance is the mean of three independent noisy numbers. What does averaging do to the noise?",
    "For independent noises of standard deviation σ: standard deviation of Σ aᵢ nᵢ = σ √(Σ aᵢ²). Here a = (1/3, 1/3, 1/3); the answer in grey levels.",
    "three times one ninth, the root of it, times sigma",
)

SIGMA = (25, 20, 40)  # grey levels, one for each variant
VARIANTS = ({"noise of σ = 25": "noise of σ = 20"}, {"noise of σ = 25": "noise of σ = 40"})


def reference(case):
    """The standard deviation in grey levels."""
    return SIGMA[case.variant % len(SIGMA)] / math.sqrt(3)


MISTAKES = (
    mistake(25, "That would be so if the three channels had the *same* noise. Theirs is independent, and partly cancels in the mean."),
    mistake(25 / 3, "You divided by three: that is the noise of R/3 alone. Variances add: three of them, each a ninth."),
    mistake(25 * math.sqrt(3), "That is the noise of the sum R + G + B; the luminance is a third of it."),
    mistake(625 / 3, "That is the variance; asked is the standard deviation."),
    mistake(75, "Standard deviations of independent noises do not add; variances do. And the luminance is a mean, not a sum."),
    mistake(25 / math.sqrt(3) / 255, "Right on the scale from 0 to 1; asked are grey levels."),
    mistake(25 / math.sqrt(2), "That is the noise of u = (R - B)/2; the luminance averages three channels."),
)


@property_test("by hand", points=1)
def the_mean_of_three(answer, case):
    expected = reference(case)
    expect_close(answer, expected, tol=0.007 * expected)
