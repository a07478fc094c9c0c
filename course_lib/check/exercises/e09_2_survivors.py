"""09.2 predict: how many coefficients of pure noise survive the threshold."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict what noise leaves behind"
KIND = "predict"
NOTEBOOK = "09_bm3d"
MINUTES = 3
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "How many coefficients has the spectrum of such a stack, and how is each of them distributed?",
    "Rows of length 1: every coefficient is N(0, σ²). The expected number is (number of coefficients) × P(|N(0, 1)| > 2.7).",
    "the number of blocks times the pixels of a block, times the probability in the question",
)

SHARE = 0.0069339  # P(|N(0, 1)| > 2.7)
BLOCKS = (16, 8, 32)  # one for each variant
VARIANTS = ({"stack of 16 blocks": "stack of 8 blocks"}, {"stack of 16 blocks": "stack of 32 blocks"})


def reference(case):
    """The expected number of survivors."""
    return BLOCKS[case.variant % len(BLOCKS)] * 64 * SHARE


MISTAKES = (
    mistake(
        1024 * SHARE / 2, "That counts one direction. A coefficient may exceed 2.7σ on either side; the probability given is for both."
    ),
    mistake(64 * SHARE, "That is one block. The stack holds 16."),
    mistake(16 * SHARE, "That is one coefficient of each block; each has 64."),
    mistake(SHARE, "That is the share; asked is the number."),
    mistake(0, "Few, but not none: of 1024 normal numbers some are larger than 2.7."),
    mistake(1024 * (1 - SHARE), "Those are the coefficients that are removed."),
    mistake(2 * 1024 * SHARE, "The probability given holds for both directions already: no factor of 2."),
    mistake(1, "All coefficients are noise here, the first one (the mean) too: it has no right to survive."),
)


@property_test("by hand", points=1)
def the_expected_number(answer, case):
    expected = reference(case)
    expect_close(answer, expected, tol=0.0071 * expected)
