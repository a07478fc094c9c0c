"""08.1 predict: how far apart two noisy views of the same patch lie."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the distance of two equal patches"
KIND = "predict"
NOTEBOOK = "08_non_local_means"
MINUTES = 3
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "The clean patches are equal. What is left of the difference of the two noisy ones at one pixel, and what is its mean? Its variance?",
    "At each pixel: (x + n1) - (x + n2) = n1 - n2, with n1 and n2 independent of variance sigma². Wanted is E[(n1 - n2)²], in grey levels².",
    "variances of independent variables add, also where the variables are subtracted; the mean over the pixels of a patch has the same expectation",
)

SIGMA = (25, 20, 40)  # grey levels, one for each variant
VARIANTS = ({"noise of σ = 25": "noise of σ = 20"}, {"noise of σ = 25": "noise of σ = 40"})


def reference(case):
    """The expected mean squared difference, in grey levels²."""
    return 2 * SIGMA[case.variant % len(SIGMA)] ** 2


MISTAKES = (
    mistake(0, "The clean patches are equal, but the noise of one is not the noise of the other: the noisy patches differ."),
    mistake(625, "That is the variance of one noise. The difference of two patches holds two independent ones."),
    mistake(50, "That is 2 sigma, not 2 sigma²: asked is the mean of the *squared* difference."),
    mistake(35.355, "That is the root of it, the typical difference; asked is the mean squared difference."),
    mistake(2500, "You squared 2 sigma. Independent noises do not add up as numbers; their variances do."),
    mistake(61250, "That is the sum over 49 pixels; d² is the mean over the pixels of the patch, whatever their number."),
    mistake(0.01922, "Right on a scale from 0 to 1; the answer is asked in grey levels², on a scale of 255."),
)


@property_test("by hand", points=1)
def twice_the_variance(answer, case):
    expected = reference(case)
    expect_close(answer, expected, tol=expected * 0.005)
