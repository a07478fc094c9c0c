"""08.4 implement: all patch distances of one shift at once."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from course_lib.check.authoring import expect_close, expect_shape, expect_type, expect_unchanged, mistake, property_test

TITLE = "The patch distances of a whole image"
KIND = "implement"
NOTEBOOK = "08_non_local_means"
MINUTES = 6
DIFFICULTY = 2
POINTS = 6

HINTS = (
    "Square the difference of the two images at each pixel. What must then be done to get, at each position, the mean over a patch?",
    "From (C, H, W) and (C, H, W) to (H - p + 1, W - p + 1): entry (i, j) is the mean of (a - b)² over all channels, rows i to i + p - 1, columns j to j + p - 1.",
    """
    the squared difference, averaged over the channels (keep the channel axis)
    a box filter of patch_size x patch_size that moves by one pixel and adds no border: avg_pool2d can do it
    drop the channel axis
    """,
)


def patch_distances(a: Tensor, b: Tensor, patch_size: int) -> Tensor:
    """The mean squared difference of each patch of ``a`` from the patch of ``b`` at the same place."""
    squares = (a - b).square().mean(dim=0, keepdim=True)
    return avg_pool2d(squares, patch_size, stride=1)[0]


reference = patch_distances


def padded(a, b, patch_size):
    return avg_pool2d((a - b).square().mean(dim=0, keepdim=True), patch_size, stride=1, padding=patch_size // 2)[0]


MISTAKES = (
    mistake(
        lambda a, b, p: patch_distances(a, b, p) * p**2,
        "You summed over the patch; d² is the mean, so that it does not depend on the patch's size.",
    ),
    mistake(lambda a, b, p: patch_distances(a, b, p) * a.shape[0], "You summed over the channels; take the mean over them too."),
    mistake(
        lambda a, b, p: avg_pool2d(a - b, p, stride=1).square().mean(0),
        "Square first, average then: differences of opposite sign must not cancel.",
    ),
    mistake(
        lambda a, b, p: avg_pool2d((a - b).abs().mean(0, keepdim=True), p, stride=1)[0],
        "These are absolute differences; squared ones are wanted.",
    ),
    mistake(lambda a, b, p: patch_distances(a, b, p).sqrt(), "No root: the squared distance is wanted."),
    mistake(
        lambda a, b, p: avg_pool2d((a - b).square().mean(0, keepdim=True), p)[0],
        "avg_pool2d moves by a whole patch unless it is told to move by one: stride=1.",
    ),
    mistake(padded, "A border was added: only patches that lie inside the image are wanted."),
    mistake(lambda a, b, p: avg_pool2d((a - b).square(), p, stride=1).amax(dim=0), "Take the mean over the channels, not the largest."),
    mistake(lambda a, b, p: (a - b).square().mean(), "One number for each position is wanted, not one for the whole image."),
    mistake(
        lambda a, b, p: avg_pool2d((a - b).square().mean(0, keepdim=True), p, stride=1),
        "The channel axis is still there: a map of two axes is wanted.",
    ),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.rand(1, 5, 6), case.rand(1, 5, 6), 3), Tensor)


@property_test("shape", points=1)
def one_distance_for_each_patch(answer, case):
    expect_shape(answer(case.rand(1, 7, 9), case.rand(1, 7, 9), 3), (5, 7))


@property_test("by hand", points=2)
def one_pixel_differs(answer, case):
    a = torch.zeros(1, 4, 4, device=case.device)
    b = a.clone()
    b[0, 1, 1], b[0, 2, 2] = 0.9, -0.3
    expected = torch.tensor([[0.10, 0.10], [0.10, 0.10]])
    expect_close(answer(a, b, 3), expected, input="two images that differ by 0.9 in one pixel and by -0.3 in another, patch_size = 3")


@property_test("colour", points=1)
def averages_the_channels(answer, case):
    a = torch.zeros(3, 3, 3, device=case.device)
    b = torch.tensor([0.1, 0.2, -0.4], device=case.device)[:, None, None].expand(3, 3, 3).clone()
    expect_close(answer(a, b, 3), torch.tensor([[0.07]]), input="colours that differ by 0.1, 0.2 and -0.4")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for channels, size in ((1, 3), (3, 5), (3, 1)):
        a, b = case.rand(channels, 9, 8), case.rand(channels, 9, 8)
        expect_close(answer(a, b, size), patch_distances(a, b, size))
    expect_unchanged(answer)
