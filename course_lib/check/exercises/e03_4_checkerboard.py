"""03.4 predict: how uneven a transposed convolution of kernel 5 and stride 2 covers its output."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the checkerboard of kernel 5"
KIND = "predict"
NOTEBOOK = "03_dcgan"
MINUTES = 4
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "Draw one dimension first. An input pixel reaches five output pixels, the next one begins two further on. How many input pixels "
    "reach an even place, how many an odd one?",
    "In two dimensions the counts of rows and columns multiply. The ratio asked for is the largest product over the smallest.",
    "counts along one axis: the five taps of the kernel split into those at even and those at odd distance; square the ratio of the two",
)


def reference(case):
    """3 and 2 along one axis, so 9 and 4 in the plane."""
    return 9 / 4


MISTAKES = (
    mistake(1.5, "That is the ratio along one axis, 3 to 2. An image has two: the counts multiply."),
    mistake(4.0, "That is kernel 3. Count the taps of kernel 5 at even and at odd distance."),
    mistake(1.0, "That holds where the stride divides the kernel. 2 does not divide 5."),
    mistake(4 / 9, "That is the smallest over the largest."),
    mistake(9.0, "That is the largest count; divide it by the smallest."),
    mistake(6.25, "That is (5/2)²: the mean coverage, not the ratio of the largest to the smallest."),
)


@property_test("by hand", points=1)
def the_ratio(answer, case):
    expect_close(answer, 9 / 4, tol=0.005)
