"""08.6 investigate: is a larger search window always better?"""

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "Is a larger search window better?"
KIND = "investigate"
NOTEBOOK = "08_non_local_means"
MINUTES = 12
DIFFICULTY = 2
POINTS = 5

HINTS = (
    "Two strengths, five windows: how many runs of nl_means are that, and what do you compare?",
    "psnr(nl_means(y, 25, h=h, search_window=size), x) for each h of (15, 25) and each size of (5, 9, 13, 21, 41), in dB.",
    """
    for each h: a list of five numbers, one for each size of the window
    note the size with the largest number, once for each h
    for h = 25: the largest number minus the one of the largest window
    ask yourself how many of the added patches really match, and what weight h gives to those that do not
    """,
)

RUBRIC = """
1 point: says that with a cautious h (15) more candidates help, or at least do no harm, and with a generous one (25) they cost up to a decibel.
1 point: gives the reason: far patches are mostly no matches; each has a small weight, but there are many, and their sum is a bias.
"""

SIZES = (5, 9, 13, 21, 41)
BEST = {15: 41, 25: 13}  # tests/exercises/test_search_window.py measures them anew
LOST = 0.96  # dB: at h = 25, the best window against the one of 41


def findings(cautious=41, generous=13, lost=LOST):
    conclusion = "With h = 15 more candidates help a little, with h = 25 the many bad matches of a large window cost a decibel."
    return {"best at h = 15": cautious, "best at h = 25": generous, "lost": lost, "conclusion": conclusion}


def reference(case):
    """The best windows, the loss and a sentence."""
    return findings()


MISTAKES = (
    mistake(findings(41, 41), "At h = 25 the largest window is not the best: print the five numbers."),
    mistake(findings(13, 41), "You exchanged the two strengths."),
    mistake(findings(21, 13), "21 is the usual choice, but here one window does a little better at h = 15: print two digits."),
    mistake(findings(41, 21), "21 is the usual choice, but here a smaller one does better at h = 25."),
    mistake(findings(41, 9), "The window of 9 comes close at h = 25, but another one is better."),
    mistake(findings(41, 13, -LOST), "The size of the loss is asked, without a sign."),
    mistake(findings(41, 13, 0.2), "That is about what 21 loses; asked is the window of 41."),
    mistake(findings(41, 13, 30.09), "That is a PSNR; asked is a difference of two."),
)


def expect_size(answer, h):
    got = expect_entry(answer, f"best at h = {h}")
    expect(got in SIZES, expected=f"one of the sizes {', '.join(map(str, SIZES))}", got=got, input=f"h = {h}")
    expect(got == BEST[h], expected="the size with the largest PSNR", got=int(got), input=f"h = {h}")


@property_test("a cautious h", points=1)
def best_at_15(answer, case):
    expect_size(answer, 15)


@property_test("a generous h", points=1)
def best_at_25(answer, case):
    expect_size(answer, 25)


@property_test("the loss", points=2)
def the_loss(answer, case):
    expect_close(expect_entry(answer, "lost"), LOST, tol=0.04, input="lost, in dB")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say for which h a larger window helps, and why.",
    )
