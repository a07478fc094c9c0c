"""12.7 predict: what averaging plausible answers is worth in decibels."""

import math

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the reward for averaging"
KIND = "predict"
NOTEBOOK = "12_super_resolution"
MINUTES = 8
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "Truth and answers are draws from the same distribution, independent, with the same mean m and variance v. What is the expected square of "
    "the difference of two draws? Of a draw and the mean of two others?",
    "E (x − a)² = v + v = 2v. The mean of K answers has variance v/K, so its error is v + v/K. A gain is 10 log₁₀ of the old over the new.",
    """
    the error of one answer: v for the truth, v for the answer
    the error of the mean of K: v for the truth, v over K for the mean
    10 times the logarithm (base 10) of the first over the second
    """,
)

NUMBERS = (2, 4, 8)  # of answers, by variant
VARIANTS = ({"mean of two answers": "mean of four answers"}, {"mean of two answers": "mean of eight answers"})


def gain(answers):
    """In dB, of the mean of so many answers over one of them."""
    return 10 * math.log10(2 / (1 + 1 / answers))


def reference(case):
    """The gain in dB."""
    return gain(NUMBERS[case.variant % 3])


MISTAKES = (
    mistake(10 * math.log10(2), "As if the mean of two had half the error of one. Only the answers' share of it is halved: the truth varies as much as before."),
    mistake(20 * math.log10(2), "Half of the error in grey levels would be that. Start from the mean squares: one answer has v + v."),
    mistake(20 * math.log10(4 / 3), "20 log₁₀ is for roots; 2v over 1.5v is a ratio of mean squares."),
    mistake(4 / 3, "That is the ratio of the mean squares; asked is its value in decibels."),
    mistake(-gain(2), "The sign: the mean is closer to the truth, so its PSNR is higher."),
    mistake(0.0, "Zero for a single answer. The mean of two has less variance than each."),
    mistake(10 * math.log10(1.5), "1.5 v is what is left of the error. How much was it before?"),
)  # fmt: skip


@property_test("by hand", points=1)
def the_gain(answer, case):
    expect_close(answer, reference(case), tol=0.01)
