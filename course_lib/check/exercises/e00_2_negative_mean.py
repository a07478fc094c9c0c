"""00.2 predict: the mean of an inverted image."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the mean of a negative"
KIND = "predict"
NOTEBOOK = "00_start_here"
MINUTES = 2
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "A photographic negative is 1 - x in every pixel. What becomes of a white pixel, and what of a black one?",
    "mean(1 - x) = mean(1) - mean(x): the mean of a difference is the difference of the means. One number in [0, 1].",
    "the mean of an image that is 1 everywhere, less the mean you were given",
)

MEAN = (0.3, 0.2, 0.35)  # of the image, one for each variant
VARIANTS = ({"the mean 0.3": "the mean 0.2"}, {"the mean 0.3": "the mean 0.35"})


def reference(case):
    """The mean of 1 - x."""
    return 1 - MEAN[case.variant % len(MEAN)]


MISTAKES = (
    mistake(0.3, "That is the mean of the image itself. In the negative dark and bright change places."),
    mistake(-0.3, "That is the mean of -x. The negative is 1 - x, which stays in [0, 1]."),
    mistake(1.3, "You added. The negative is 1 - x."),
    mistake(0.5, "The mean would be 0.5 only if that of the image were 0.5."),
    mistake(178.5, "That is the mean on the scale from 0 to 255. Images here live in [0, 1]."),
    mistake(70.0, "That is a percentage. Images here live in [0, 1]."),
)


@property_test("by hand", points=1)
def the_mean_of_the_negative(answer, case):
    expect_close(answer, reference(case), tol=0.005)
