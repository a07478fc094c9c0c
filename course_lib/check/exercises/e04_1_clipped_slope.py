"""04.1 predict: the steepest slope that weight clipping allows."""

import math

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the slope that clipping allows"
KIND = "predict"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 4
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "What is the gradient of w · x with respect to x? Which weights within the limit make it longest?",
    "‖∇D‖ = ‖w‖ = √(Σ w²), where each of the w is at most the limit in size. One number.",
    "put every weight at the limit, and take the root of the sum of their squares",
)

CASES = ((784, 0.01), (1024, 0.01), (784, 0.05))  # pixels and limit, one for each variant


def reference(case):
    """limit · √pixels."""
    pixels, limit = CASES[case.variant % len(CASES)]
    return limit * math.sqrt(pixels)


MISTAKES = (
    mistake(0.01, "That is the limit of one weight. The slope is the length of all 784 weights together."),
    mistake(7.84, "That is the sum of the weights' sizes; the length of a vector is the root of the sum of its squares."),
    mistake(0.0784, "That is the squared length: take the root."),
    mistake(28.0, "That is √784, the length for weights of 1: the limit is missing."),
    mistake(1.0, "That is what a critic should have. Clipping does not ask for it: compute what it allows."),
)


@property_test("by hand", points=1)
def the_slope(answer, case):
    expect_close(answer, reference(case), tol=0.0026)
