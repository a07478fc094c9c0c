"""00.3 repair: a conversion to grey that looks right and is not."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_range, expect_shape, expect_type, mistake, property_test

TITLE = "Repair the conversion to grey"
KIND = "repair"
NOTEBOOK = "00_start_here"
MINUTES = 5
DIFFICULTY = 1
POINTS = 5

HINTS = (
    "The picture looks fine, only a little bright. Which image do you know the grey version of without any calculation?",
    "grey = 0.2989 R + 0.5870 G + 0.1140 B, from (3, H, W) to (1, H, W). What must three such weights sum to, if white is to stay white?",
    """
    make a white image and assert that its grey version is 1 everywhere
    make an image that is 1 in one channel only: what comes out is the weight of that channel
    compare the three weights with the ones above, and mend the one that differs
    """,
)


def broken(image: Tensor) -> Tensor:
    """What is handed out: the weight of green is 0.6870 and the three sum to 1.0999."""
    weights = torch.tensor([0.2989, 0.6870, 0.1140], device=image.device).view(3, 1, 1)
    return (image * weights).sum(dim=0, keepdim=True)


def to_grey(image: Tensor) -> Tensor:
    """The weighted sum of red, green and blue, with weights that sum to 1."""
    weights = torch.tensor([0.2989, 0.5870, 0.1140], device=image.device).view(3, 1, 1)
    return (image * weights).sum(dim=0, keepdim=True)


reference = to_grey


def weights_of(*weights):
    return lambda image: (image * torch.tensor(weights, device=image.device).view(3, 1, 1)).sum(dim=0, keepdim=True)


BROKEN_VARIANTS = (weights_of(0.2989, 0.5870, 0.2140), weights_of(0.3989, 0.5870, 0.1140))
VARIANTS = ({"[0.2989, 0.6870, 0.1140]": "[0.2989, 0.5870, 0.2140]"}, {"[0.2989, 0.6870, 0.1140]": "[0.3989, 0.5870, 0.1140]"})


def weighted(image, red, green, blue):
    return red * image[0:1] + green * image[1:2] + blue * image[2:3]


MISTAKES = (
    mistake(lambda image: broken(image) / 1.0999, "You divided by the sum of the weights: white is right again, green is not."),
    mistake(lambda image: broken(image).clamp(0, 1), "You limited the result: that hides the error in white, and there only."),
    mistake(lambda image: image.mean(dim=0, keepdim=True), "You took the plain mean. The eye sees green brighter than red and blue."),
    mistake(lambda image: weighted(image, 0.1140, 0.5870, 0.2989), "You exchanged red and blue: channel 0 is red."),
    mistake(lambda image: weighted(image, 0.1989, 0.6870, 0.1140), "You took the excess away from red, whose weight was right."),
    mistake(lambda image: weighted(image, 0.2989, 0.6870, 0.0140), "You took the excess away from blue, whose weight was right."),
    mistake(lambda image: to_grey(image)[0], "You lost the channel axis: keep (1, H, W), with keepdim=True."),
    mistake(lambda image: image.sum(dim=1, keepdim=True), "You sum over the rows (axis 1); the channels are axis 0."),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(torch.ones(3, 1, 1, device=case.device)), Tensor)


@property_test("shape")
def has_one_channel(answer, case):
    expect_shape(answer(torch.ones(3, 2, 3, device=case.device)), (1, 2, 3))


@property_test("white stays white", points=1)
def white_stays_white(answer, case):
    expect_close(answer(torch.ones(3, 1, 1, device=case.device)), torch.ones(1, 1, 1), tol=1e-3, cause="The three weights do not sum to 1.")


@property_test("range")
def stays_in_range(answer, case):
    expect_range(answer(case.rand(3, 8, 8)), 0, 1)


@property_test("one channel at a time", points=2)
def weighs_each_channel(answer, case):
    for channel, weight in enumerate((0.2989, 0.5870, 0.1140)):
        image = torch.zeros(3, 1, 1, device=case.device)
        image[channel] = 1
        name = ("red", "green", "blue")[channel]
        expect_close(answer(image), torch.full((1, 1, 1), weight), tol=1e-3, cause=f"The weight of {name} is wrong.")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    image = case.rand(3, 8, 8)
    expect_close(answer(image), to_grey(image), tol=1e-3)
