"""12.2 predict: what becomes of stripes that are too fine."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict an alias"
KIND = "predict"
NOTEBOOK = "12_super_resolution"
MINUTES = 5
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "How many cycles pass between one pixel that is kept and the next? Does it matter if it is a whole cycle more or less?",
    "With f cycles a pixel, s f cycles pass from one kept pixel to the next. cos(2π (s f) i) is the same as cos(2π (s f − 1) i) for whole i, "
    "and a frequency and its negative are the same stripes.",
    """
    3 times the frequency
    minus the nearest whole number
    without its sign: a number from 0 to 0.5
    """,
)

FREQUENCIES = (0.4, 0.3, 0.45)  # cycles a pixel, by variant
VARIANTS = ({"0.4 cycles a pixel": "0.3 cycles a pixel"}, {"0.4 cycles a pixel": "0.45 cycles a pixel"})


def reference(case):
    """Cycles a low-resolution pixel after every third pixel is kept."""
    cycles = 3 * FREQUENCIES[case.variant % 3]
    return abs(cycles - round(cycles))


MISTAKES = (
    mistake(0.4, "That is the frequency before. The pixels have become three times as large, and a cycle is counted in them."),
    mistake(
        1.2, "So many cycles do pass from one kept pixel to the next. But you see pixels only: whole cycles between them leave no trace."
    ),
    mistake(0.4 / 3, "A low-resolution pixel is three pixels long, so there are three times as many cycles in it, not a third."),
    mistake(0.0, "The stripes do not vanish: nothing averaged them away, pixels were only left out."),
    mistake(0.5, "0.5 is the finest that the new grid can show, not what arrives."),
    mistake(-0.2, "The sign: a stripe pattern has a frequency from 0 to 0.5."),
    mistake(0.8, "1.2 has two whole numbers beside it. Take the nearest away."),
)


@property_test("by hand", points=1)
def the_alias(answer, case):
    expect_close(answer, reference(case), tol=1e-3)
