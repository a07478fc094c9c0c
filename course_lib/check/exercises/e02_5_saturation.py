"""02.5 predict: how much stronger the non-saturating gradient is."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the ratio of the gradients"
KIND = "predict"
NOTEBOOK = "02_gan_theory"
MINUTES = 3
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "Everything before the logit is the same for both losses, by the chain rule. What is left of the ratio?",
    "The slopes in the logit: D for log(1 - D), and 1 - D for -log D (sizes, without sign). One number, their ratio.",
    "the larger slope divided by the smaller one, with D = 0.01",
)

SURE = (0.01, 0.02, 0.05)  # D(G(z)), one for each variant
VARIANTS = ({"D(G(z)) = 0.01": "D(G(z)) = 0.02"}, {"D(G(z)) = 0.01": "D(G(z)) = 0.05"})


def reference(case):
    """Non-saturating over saturating."""
    D = SURE[case.variant % len(SURE)]
    return (1 - D) / D


MISTAKES = (
    mistake(0.010101, "Upside down: the non-saturating gradient is the larger one where D is sure."),
    mistake(100.0, "Nearly: 1/D. The slope of the non-saturating loss is 1 - D, not 1."),
    mistake(458.2, "That is the ratio of the losses; asked is the ratio of their slopes."),
    mistake(4.605, "That is the non-saturating loss itself, -log 0.01. Asked is the ratio of two slopes."),
    mistake(0.99, "That is the slope of the non-saturating loss alone; divide it by the other one."),
    mistake(-99.0, "Sizes are asked; and both slopes are negative, so even with signs the ratio is positive."),
)


@property_test("by hand", points=1)
def the_ratio(answer, case):
    expect_close(answer, reference(case), tol=0.1)
