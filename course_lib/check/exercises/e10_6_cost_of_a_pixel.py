"""10.6 predict: how much cheaper than DnCNN is FFDNet?"""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the price of a pixel"
KIND = "predict"
NOTEBOOK = "10_cnn_denoisers"
MINUTES = 6
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "A weight of a convolution is used once at every position of its output map. How many positions has FFDNet for each pixel of the image?",
    "3×3 kernels: 9 · inputs · outputs multiply–adds at each position. DnCNN: channels 1, then 64 sixteen times, then 1, and a position a "
    "pixel. FFDNet: 5, then 64 fourteen times, then 4, and a quarter of a position a pixel.",
    """
    DnCNN: the first layer, fifteen hidden ones, the last
    FFDNet: the first layer, thirteen hidden ones, the last; all that divided by 4
    the first sum divided by the second
    """,
)

DNCNN = 9 * (64 + 15 * 64**2 + 64)
FFDNET = 9 * (5 * 64 + 13 * 64**2 + 64 * 4) / 4
BLIND = 9 * (64 + 18 * 64**2 + 64)
TEN = 9 * (64 + 8 * 64**2 + 64)
VARIANTS = (
    {"DnCNN-17 (17 convolutions": "DnCNN-B (20 convolutions"},
    {"DnCNN-17 (17 convolutions": "a DnCNN of depth 10 (10 convolutions"},
)


def reference(case):
    """The ratio of the multiply–adds a pixel."""
    return (DNCNN, BLIND, TEN)[case.variant % 3] / FFDNET


MISTAKES = (
    mistake(DNCNN / FFDNET / 4, "That is the ratio of the weights. FFDNet's maps have a quarter of the positions."),
    mistake(DNCNN / FFDNET / 2, "Half as high and half as wide: how many positions are that?"),
    mistake(4.0, "The quarter of the positions is there. But the two networks do not have the same number of layers."),
    mistake(17 / 15 * 4, "Nearly. First and last layers are much smaller than the hidden ones: count them as they are."),
    mistake(FFDNET / DNCNN, "The other way round: asked is how many times fewer, a number above 1."),
    mistake(FFDNET, "That is FFDNet's number; asked is the ratio."),
    mistake(DNCNN, "That is DnCNN's number; asked is the ratio."),
    mistake(4 * DNCNN / FFDNET, "A quarter of the positions, taken twice."),
)


@property_test("by hand", points=1)
def the_ratio(answer, case):
    expect_close(answer, reference(case), tol=0.02)
