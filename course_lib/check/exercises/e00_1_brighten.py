"""00.1 implement: brighten an image."""

import torch
from torch import Tensor

from course_lib.check.authoring import (
    expect_close,
    expect_dtype,
    expect_range,
    expect_shape,
    expect_type,
    expect_unchanged,
    mistake,
    property_test,
)

TITLE = "Brighten an image"
KIND = "implement"
NOTEBOOK = "00_start_here"
MINUTES = 5
DIFFICULTY = 1
POINTS = 6

HINTS = (
    "What should happen to a pixel that is almost white already? An image lives in [0, 1].",
    "y = min(max(x + a, 0), 1), pixel by pixel. x and y have the same shape, (C, H, W) or (N, C, H, W); a is one number.",
    """
    add the amount to the whole image at once: arithmetic on a tensor works on every pixel, and gives a new tensor
    give back that sum, limited to the range from 0 to 1 (look up torch.clamp)
    """,
)


def brighten(image: Tensor, amount: float | int) -> Tensor:
    """Add ``amount`` to every pixel and keep the result in [0, 1]."""
    return (image + amount).clamp(0, 1)


reference = brighten


def stretched(image, amount):
    brighter = image + amount
    return (brighter - brighter.min()) / (brighter.max() - brighter.min())


MISTAKES = (
    mistake(lambda image, amount: image + amount, "You did not limit the result to [0, 1]."),
    mistake(lambda image, amount: (image + amount).clamp(max=1), "You limited the result at 1, but not at 0: the amount can be negative."),
    mistake(lambda image, amount: (image + amount).clamp(min=0), "You limited the result at 0, but not at 1."),
    mistake(lambda image, amount: image.clamp(0, 1) + amount, "You limited the image before the addition; limit the sum."),
    mistake(lambda image, amount: (image * (1 + amount)).clamp(0, 1), "You multiplied: that leaves black black. Add the amount."),
    mistake(lambda image, amount: (image + amount / 255).clamp(0, 1), "You divided the amount by 255; it has the units of the image."),
    mistake(lambda image, amount: (image - amount).clamp(0, 1), "You subtracted the amount."),
    mistake(lambda image, amount: (image + amount) % 1, "Your pixels wrap around: what gets brighter than white starts again at black."),
    mistake(stretched, "You stretched the image to [0, 1], which changes its contrast. Limit it instead: torch.clamp."),
    mistake(lambda image, amount: (image + amount).clamp(0, 1).float(), "You converted to float32; keep the dtype that came in."),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(torch.zeros(1, 1, 1, device=case.device), 0.5), Tensor)


@property_test("shape")
def keeps_the_shape(answer, case):
    for shape in ((1, 1, 2), (3, 4, 5), (2, 3, 4, 5)):
        expect_shape(answer(case.rand(*shape), 0.1), shape)


@property_test("dtype and device", points=1)
def keeps_dtype_and_device(answer, case):
    image = torch.tensor([[[0.25, 0.5]]], dtype=torch.float64, device=case.device)
    got = answer(image, 0.25)
    expect_dtype(got, like=image)
    expect_close(got, image + 0.25)


@property_test("range", points=1)
def stays_in_range(answer, case):
    image = torch.tensor([[[0.125, 0.875]]], device=case.device)
    brighter = answer(image, 0.25)
    expect_range(brighter, 0, 1)
    expect_close(brighter, torch.tensor([[[0.375, 1.0]]]))
    darker = answer(image, -0.25)
    expect_range(darker, 0, 1)
    expect_close(darker, torch.tensor([[[0.0, 0.625]]]))


@property_test("by hand", points=1)
def adds_the_amount(answer, case):
    expect_close(answer(torch.tensor([[[0.0, 0.25, 0.5]]], device=case.device), 0.25), torch.tensor([[[0.25, 0.5, 0.75]]]))


@property_test("input unchanged", points=1)
def leaves_its_input_alone(answer, case):
    image = torch.tensor([[[0.125, 0.875]]], device=case.device)
    got = answer(image, 0.25)
    expect_unchanged(answer)
    expect_close(got, torch.tensor([[[0.375, 1.0]]]))


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for shape, amount in (((1, 2, 2), 0.3), ((3, 8, 8), -0.4), ((2, 3, 8, 8), 0.6)):
        image = case.rand(*shape)
        expect_close(answer(image, amount), brighten(image, amount))
