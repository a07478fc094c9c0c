"""04.7 predict: the Inception Score of a generator that is sure of its classes."""

import math

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict an Inception Score"
KIND = "predict"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 4
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "The classifier is sure of every sample. What is KL(p(y|x) ‖ p(y)) for a sample whose class has the share h?",
    "A sure sample has KL = log(1/h). Its mean over the samples is Σ h log(1/h), and the score is exp of it. One number.",
    "add up share times log(1/share) over the classes that occur, then take exp",
)

SHARES = ((0.5, 0.25, 0.25), (0.5, 0.5), (0.4, 0.4, 0.2))  # one for each variant


def reference(case):
    """exp of the entropy of the shares."""
    return math.exp(sum(h * math.log(1 / h) for h in SHARES[case.variant % len(SHARES)]))


MISTAKES = (
    mistake(3.0, "Three classes give 3 only if all are equally frequent. Here one has half of the samples."),
    mistake(1.0397, "That is the mean KL in nats; the score is exp of it."),
    mistake(1.5, "That is the mean KL in bits; the score is 2 to that power (or exp of the KL in nats)."),
    mistake(0.35355, "The sign of the exponent is turned: a score is never below 1."),
    mistake(10.0, "Ten is the full score, for all ten classes equally often. Here seven of them have no sample."),
    mistake(math.exp(1.5), "exp of a KL in bits: use nats with exp, or bits with 2 to the power."),
)


@property_test("by hand", points=1)
def the_score(answer, case):
    expect_close(answer, reference(case), tol=0.02)
