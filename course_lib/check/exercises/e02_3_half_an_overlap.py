"""02.3 predict: the best discriminator's loss where the two distributions overlap in part."""

import math

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the best discriminator's loss"
KIND = "predict"
NOTEBOOK = "02_gan_theory"
MINUTES = 4
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "Three stretches: only data, both, only G. What does D* say in each, and how much does it lose there?",
    "D's loss is -E_data log D* - E_G log(1 - D*). Where D* is 1 on data or 0 on G's samples it loses nothing.",
    "share of the data that lies in the overlap, times minus the logarithm of one half; the same for G; added",
)

OVERLAP = (0.5, 0.25, 0.75)  # of each distribution, one for each variant
VARIANTS = ({"uniform on [½, 3/2]": "uniform on [¾, 7/4]"}, {"uniform on [½, 3/2]": "uniform on [¼, 5/4]"})


def reference(case):
    """The loss in nats."""
    return 2 * OVERLAP[case.variant % len(OVERLAP)] * math.log(2)


MISTAKES = (
    mistake(1.3863, "That is 2 log 2, the loss where the two agree everywhere. Here half of each lies where D* is sure."),
    mistake(-0.6931, "That is the value of the game, which D maximises. Its loss is minus that."),
    mistake(0.3466, "That is one half of it: D loses in the overlap on the data *and* on the samples of G."),
    mistake(0.0, "D* cannot tell them apart in the overlap, where it says 1/2: that costs something."),
    mistake(1.0, "Logarithms in this course are natural ones; that is the result in bits."),
    mistake(0.301, "The logarithm is natural, not of base 10."),
    mistake(0.5, "That is the share of the overlap. What does D* lose there?"),
)


@property_test("by hand", points=1)
def the_loss(answer, case):
    expect_close(answer, reference(case), tol=0.004)
