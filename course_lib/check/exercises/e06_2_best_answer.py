"""06.2 predict: the one number that the squared and the absolute error draw where two are possible."""

from course_lib.check.authoring import expect_close, expect_entry, mistake, property_test

TITLE = "Predict what a loss without noise draws"
KIND = "predict"
NOTEBOOK = "06_image_to_image"
MINUTES = 8
DIFFICULTY = 1
POINTS = 2

HINTS = (
    "Write each expected loss as a function of the one answer a. Where is its slope zero? If a moves up a little from between the two values, "
    "which of the two absolute errors shrinks, which grows, and with what weights?",
    "E (x − a)² = p (x₁ − a)² + (1 − p) (x₂ − a)² has the slope 2 (a − E x). E |x − a| = p |x₁ − a| + (1 − p) |x₂ − a| is straight between "
    "the two values, with the slope (1 − p) − p for x₂ < x₁.",
    """
    best_l2: the mean, each value times its probability, added up
    best_l1: walk from the lower value to the upper; the loss changes by the same amount at every step
    does it rise or fall? the best answer is the end where it is lowest
    """,
)

PIXELS = ((0.9, 0.4, 0.2), (0.8, 0.3, 0.4), (0.1, 0.2, 0.6))  # a value, its probability, the other value: by variant
VARIANTS = (
    {"0.9 with probability 0.4 and 0.2 with probability 0.6": "0.8 with probability 0.3 and 0.4 with probability 0.7"},
    {"0.9 with probability 0.4 and 0.2 with probability 0.6": "0.1 with probability 0.2 and 0.6 with probability 0.8"},
)


def best(value, probability, other):
    """The mean, and the median: the likelier of the two."""
    mean = round(probability * value + (1 - probability) * other, 6)
    return {"best_l2": mean, "best_l1": value if probability > 0.5 else other}


def reference(case):
    """The two answers of the variant."""
    return best(*PIXELS[case.variant % len(PIXELS)])


def said(l2=0.48, l1=0.2):
    return {"best_l2": l2, "best_l1": l1}


MISTAKES = (
    mistake(said(l2=0.55), "Halfway between the two is the mean only if both are equally likely: weigh them by their probabilities."),
    mistake(said(l2=0.62), "You exchanged the probabilities: the upper value is the rarer one."),
    mistake(said(l2=0.9), "The upper value misses by the whole 0.7 in six cases of ten. What does the square of it cost, against a smaller miss in all ten?"),
    mistake(said(l2=0.2), "The lower value misses by the whole 0.7 in four cases of ten. What does the square of it cost, against a smaller miss in all ten?"),
    mistake(said(l1=0.48), "The mean is best for the squared error. Compute E |x − a| at a = 0.48, and then a little lower."),
    mistake(said(l1=0.55), "Halfway: as if E |x − a| had its minimum in the middle, or were flat. Compute it at 0.5 and at 0.6."),
    mistake(said(l1=0.9), "Compute E |x − a| at a = 0.9, and then a little lower: in six cases of ten the error gets smaller, in four larger."),
    mistake(said(l1=0.28), "That is the smallest expected absolute error; asked is the answer that reaches it."),
    mistake(said(l2=0.1176), "That is the smallest expected squared error, the variance; asked is the answer that reaches it."),
    mistake(said(l2=0.36), "0.4 · 0.9 is one half of the sum: the other value has its share, too."),
    mistake(said(l2=0.2, l1=0.48), "You exchanged the two losses."),
    mistake(said(l2=48), "In per cent; images here live in [0, 1]."),
)  # fmt: skip


@property_test("the squared error", points=1)
def squared(answer, case):
    expect_close(expect_entry(answer, "best_l2"), reference(case)["best_l2"], tol=0.004, input="best_l2")


@property_test("the absolute error", points=1)
def absolute(answer, case):
    expect_close(expect_entry(answer, "best_l1"), reference(case)["best_l1"], tol=0.0009, input="best_l1")
