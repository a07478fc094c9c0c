"""07.3 predict: how many times as many samples the score-function estimator needs."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the price of the score function"
KIND = "predict"
NOTEBOOK = "07_vae"
MINUTES = 6
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "Both estimators have the same mean. Then the mean of the square decides which is noisier. Write each as a polynomial in ε.",
    "With z = 1 + ε: the one estimator is 2(1 + ε), the other (1 + ε)² ε; both have the mean 2. E ε² = 1, E ε⁴ = 3, E ε⁶ = 15; odd powers have mean 0.",
    "expand (1 + ε)⁴ ε² and take the mean term by term; subtract the squared mean, 4; divide by the variance of the other, which is that of 2 ε",
)


def reference(case):
    """(1 + 18 + 15 − 4) / 4: variance 30 against 4."""
    return 30 / 4


MISTAKES = (
    mistake(8.5, "That is E[g²]/4 with g = z²ε: the squared mean, 4, still has to be taken off to make a variance."),
    mistake(30.0, "That is the variance of the score-function estimator. Divide by that of the other."),
    mistake(4 / 30, "That is the reparameterised variance over the other; asked is the other way round."),
    mistake(15.0, "Divide by 4, the variance of 2(1 + ε), not by 2."),
    mistake(2.739, "That is the ratio of the standard deviations. The number of samples goes with the variance."),
    mistake(30 / 8, "The variance of 2(1 + ε) is 4, without the squared mean, which you have kept."),
    mistake(1.0, "The means are equal, not the variances."),
)


@property_test("by hand", points=1)
def the_ratio(answer, case):
    expect_close(answer, 7.5, tol=0.02)
