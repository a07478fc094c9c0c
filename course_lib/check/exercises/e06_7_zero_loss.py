"""06.7 predict: how many pairs of translators the loss of CycleGAN cannot tell apart."""

from collections import Counter
from math import factorial, prod

from course_lib.check.authoring import expect_close, expect_entry, mistake, property_test

TITLE = "Count the translators without a loss"
KIND = "predict"
NOTEBOOK = "06_image_to_image"
MINUTES = 8
DIFFICULTY = 2
POINTS = 3

HINTS = (
    "F is the inverse of G: what does the cycle term say then, whatever G is? So which of the terms can rule a G out, and by what?",
    "G sends the day colour i to a night colour; its pictures then show that one as often as i occurs. D_y sees nothing if that is as often as it "
    "occurs at night. Of 4! = 24 maps those count that send each colour to one of the same frequency.",
    """
    sort the colours into groups of the same frequency
    within a group of m colours: m! ways to pair them off
    the groups are independent: multiply
    """,
)

FREQUENCIES = {  # in percent
    "a": ((25, 25, 25, 25),) * 3,
    "b": ((40, 40, 10, 10), (30, 30, 30, 10), (40, 20, 20, 20)),
    "c": ((40, 30, 20, 10), (40, 30, 20, 10), (35, 35, 20, 10)),
}  # one for each variant
VARIANTS = (
    {"0.4, 0.4, 0.1, 0.1": "0.3, 0.3, 0.3, 0.1"},
    {"0.4, 0.4, 0.1, 0.1": "0.4, 0.2, 0.2, 0.2", "0.4, 0.3, 0.2, 0.1": "0.35, 0.35, 0.2, 0.1"},
)


def count(frequencies: tuple[int, ...]) -> int:
    """One-to-one maps that send each colour to one of the same frequency."""
    return prod(factorial(colours) for colours in Counter(frequencies).values())


def reference(case):
    """The three numbers of the variant."""
    return {name: count(by_variant[case.variant % 3]) for name, by_variant in FREQUENCIES.items()}


def said(a=24, b=4, c=1):
    return {"a": a, "b": b, "c": c}


MISTAKES = (
    mistake(said(a=1), "As if the loss had to have one best answer. If all colours are equally frequent, by what could D tell whether two of them changed places?"),
    mistake(said(a=4), "Four colours, but how many ways to give each of them another partner? The first has four to choose from, the second three …"),
    mistake(said(a=256), "4⁴ counts maps that send two colours to the same one, too. G gives each a night colour of its own: F must find the way back."),
    mistake(said(a=576), "24 for G times 24 for F. But F is the inverse of G: who has chosen the one has chosen the other."),
    mistake(said(a=48), "G and F make one pair, not two: F follows from G."),
    mistake(said(a=23), "The right one counts, too: it has no loss either."),
    mistake(said(a=12), "Every order of the four counts, also the odd ones."),
    mistake(said(b=24), "D sees how often each colour occurs: a G that sends a colour of 0.4 to one of 0.1 is found out."),
    mistake(said(b=2), "Two exchanges are possible, and each can happen with the other or without it."),
    mistake(said(b=1), "Two colours have the frequency 0.4: by what could D tell that they changed places?"),
    mistake(said(b=3), "Only the first, only the second exchange, both: and neither, which is the right one?"),
    mistake(said(b=16), "Each of the two colours of a pair has a partner of its own: 2! ways for a pair, not 2²."),
    mistake(said(b=8), "The two pairs cannot exchange with each other: their frequencies differ."),
    mistake(said(b=6), "Whether two colours of 0.4 and two of 0.1 lie in this order or that is not asked: which colours may change places?"),
    mistake(said(c=24), "All four frequencies differ: whatever G exchanges, D_y sees a colour too often."),
    mistake(said(c=0), "One is left: which G has neither loss?"),
    mistake(said(c=2), "Which two colours could change places without changing how often each occurs?"),
)  # fmt: skip


def expect_count(answer, case, name):
    expect_close(expect_entry(answer, name), reference(case)[name], tol=1e-6, input=name)


@property_test("all equally frequent", points=1)
def equal(answer, case):
    expect_count(answer, case, "a")


@property_test("some equally frequent", points=1)
def in_groups(answer, case):
    expect_count(answer, case, "b")


@property_test("the last", points=1)
def apart(answer, case):
    expect_count(answer, case, "c")
