"""05.2 predict: D's loss when the class of a fake is drawn anew for D."""

import math

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "D's loss when c is drawn anew"
KIND = "predict"
NOTEBOOK = "05_conditional_gan"
MINUTES = 5
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "Fix what D is told, c. What does D know of the real samples that come with this c, and what of the fakes?",
    "Given c the real density is p(x|c), the fakes' is the mixture ½ p(x|0) + ½ p(x|1). L_D = -Σ [p log D* + q log(1 - D*)], D* = p/(p + q).",
    "in the region of class c: p is 1, q is ½, so D* is …; in the other region: p is 0, so D* is … and costs …; add up, with the weights",
)

LOSS = math.log(3 / 2) + math.log(3) / 2


def reference(case):
    """log(3/2) from the real ones, half of log 3 from the fakes."""
    return LOSS


MISTAKES = (
    mistake(
        2 * math.log(2), "That is the loss in the equilibrium, where D knows nothing. Here it can tell half of the fakes for sure: which?"
    ),
    mistake(-LOSS, "That is V. A loss is minimised: L_D = -V."),
    mistake(0.0, "D is not always sure: a fake that happens to lie where the class it is shown with lies could be real."),
    mistake(math.log(2), "That would be D* = ½ in the shared region. But only *half* of the fakes come there, and all of the real ones."),
    mistake(
        math.log(3 / 2) + math.log(3), "Only half of the fakes lie in the region of the class, and cost log 3; the others cost nothing."
    ),
    mistake(math.log(3 / 2), "That is what the real samples cost; the fakes cost D something, too."),
    mistake(math.log(5 / 4) + math.log(5) / 4, "That is four classes; asked are two."),
    mistake(LOSS / math.log(2), "In bits; asked are nats."),
)


@property_test("by hand", points=1)
def the_loss(answer, case):
    expect_close(answer, LOSS, tol=0.002)
