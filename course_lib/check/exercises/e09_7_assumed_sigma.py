"""09.7 investigate: how exact must sigma be?"""

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "The wrong sigma"
KIND = "investigate"
NOTEBOOK = "09_bm3d"
MINUTES = 10
DIFFICULTY = 2
POINTS = 5

HINTS = (
    "seen has a true sigma of 25. What do you vary, what do you keep, and what do you compare with what?",
    "psnr(classical.bm3d(seen, assumed), scene) in dB for the seven values; the two losses are differences from the largest of the seven.",
    """
    a dict from assumed value to PSNR
    the assumed value with the largest PSNR
    the largest PSNR minus the one at 15, and minus the one at 35
    ask yourself what a threshold that is too low leaves, what one that is too high removes, and how much of each there is
    """,
)

RUBRIC = """
1 point: says that too small a sigma costs several times more dB than one that is too large by as much.
1 point: gives the reason: below the true value noise survives in nearly all coefficients; above it only weak detail is lost. Bonus for the
consequence: an estimator that errs a little on the large side is the safer one.
"""

ASSUMED = (10, 15, 20, 25, 30, 35, 50)
BEST, TOO_SMALL, TOO_LARGE = 25, 6.07, 0.94  # dB; tests/exercises/test_assumed_sigma.py measures them anew


def findings(best=BEST, too_small=TOO_SMALL, too_large=TOO_LARGE):
    conclusion = (
        "Rather too large: assuming 15 leaves noise everywhere and costs six decibels, assuming 35 loses faint detail and costs one."
    )
    return {"best": best, "too small": too_small, "too large": too_large, "conclusion": conclusion}


def reference(case):
    """The best value, the two losses and a sentence."""
    return findings()


MISTAKES = (
    mistake(findings(20), "20 leaves noise; print the seven numbers with two digits."),
    mistake(findings(30), "30 comes close, but another one is better: print two digits."),
    mistake(findings(25, TOO_LARGE, TOO_SMALL), "You exchanged the two losses."),
    mistake(findings(25, -TOO_SMALL, -TOO_LARGE), "The size of a loss is asked, without a sign."),
    mistake(findings(25, 23.72, 28.85), "Those are PSNRs; asked is how far they lie below the best one."),
    mistake(findings(25, 1.42, TOO_LARGE), "That is what an assumed 20 loses; asked is 15."),
    mistake(findings(25, TOO_SMALL, 0.35), "That is what an assumed 30 loses; asked is 35."),
    mistake(findings(25, TOO_SMALL, 2.64), "That is what an assumed 50 loses; asked is 35."),
)


@property_test("the best value", points=1)
def the_best_value(answer, case):
    got = expect_entry(answer, "best")
    expect(got in ASSUMED, expected=f"one of the values {', '.join(map(str, ASSUMED))}", got=got, input="best")
    expect(got == BEST, expected="the assumed value with the largest PSNR", got=int(got), input="best")


@property_test("too small", points=1)
def the_loss_below(answer, case):
    expect_close(expect_entry(answer, "too small"), TOO_SMALL, tol=0.15, input="too small, in dB")


@property_test("too large", points=2)
def the_loss_above(answer, case):
    expect_close(expect_entry(answer, "too large"), TOO_LARGE, tol=0.1, input="too large, in dB")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say on which side you would rather err, and what each error costs.",
    )
