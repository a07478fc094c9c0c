"""12.8 investigate: a network for bicubic's blur, behind lenses that blur more or less."""

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "Find the lens that a network believes in"
KIND = "investigate"
NOTEBOOK = "12_super_resolution"
MINUTES = 12
DIFFICULTY = 2
POINTS = 6

HINTS = (
    "What does a network do that was taught to undo one certain blur, if the blur is weaker? If it is stronger?",
    "y = (G_σ ∗ x)[..., 1::3, 1::3]; gain(σ) = score(network(y), 3) − score(imresize(y, 3), 3), in dB, mean of the five photographs (5, 1, 192, 192).",
    """
    for each sigma: high[3] through the Gaussian filter, and the middle pixel of every 3 × 3 cell
    the score of the network's answer minus the score of bicubic enlargement, both from this y
    the sigma where that is largest, and three of the gains
    """,
)

RUBRIC = """
1 point: the network sharpens by a fixed amount: as much as the stretched bicubic kernel blurs, which is about as wide as the best Gaussian.
1 point: says what happens on both sides: with less blur it over-sharpens and sharpens aliases, worse than no network; with more blur it
leaves what is too much, and its gain shrinks.
"""

BEST, AT_BEST, AT_04, AT_24 = 1.2, 1.53, -2.14, 0.32  # pixels, dB; tests/exercises/test_lens.py measures them anew


def findings(best=BEST, at_best=AT_BEST, weak=AT_04, strong=AT_24):
    conclusion = "It undoes the blur of bicubic's stretched kernel: less blur is sharpened all the same, more blur is left."
    return {"best sigma": best, "gain at best": at_best, "gain at 0.4": weak, "gain at 2.4": strong, "conclusion": conclusion}


def reference(case):
    """The four numbers and a sentence."""
    return findings()


MISTAKES = (
    mistake(findings(0.8, 0.51), "0.8 is where bicubic enlargement alone scores best. Asked is the largest distance of the network from it."),
    mistake(findings(BEST, -AT_BEST, -AT_04, -AT_24), "A gain is the network's score minus that of bicubic enlargement."),
    mistake(findings(BEST, AT_BEST, AT_24, AT_04), "You exchanged the gains at 0.4 and at 2.4."),
    mistake(findings(BEST, 27.71, 23.83, 24.29), "Those are scores; asked is by how much the network is ahead of bicubic enlargement."),
    mistake(findings(BEST, 1.02, -2.86, -2.40), "You compare with bicubic enlargement of MATLAB's y. Both must start from the same y, behind the same lens."),
    mistake(findings(2.0, 0.23, -2.11, 0.18), "Your pixels are the corners of the cells, [..., ::3, ::3]: everything is shifted by one pixel."),
)  # fmt: skip


@property_test("best sigma", points=1)
def where_it_gains_most(answer, case):
    expect_close(expect_entry(answer, "best sigma"), BEST, tol=0.01, input="best sigma, in pixels")


@property_test("gain at best", points=1)
def the_largest_gain(answer, case):
    expect_close(expect_entry(answer, "gain at best"), AT_BEST, tol=0.05, input="gain at best, in dB")


@property_test("gain at 0.4", points=2)
def with_hardly_a_blur(answer, case):
    expect_close(expect_entry(answer, "gain at 0.4"), AT_04, tol=0.05, input="gain at 0.4, in dB")


@property_test("gain at 2.4", points=1)
def with_a_strong_blur(answer, case):
    expect_close(expect_entry(answer, "gain at 2.4"), AT_24, tol=0.05, input="gain at 2.4, in dB")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say which blur the network undoes, and what it does where there is less of it, or more.",
    )
