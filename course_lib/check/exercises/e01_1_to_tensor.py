"""01.1 implement: from what an image file holds to a tensor."""

import numpy as np
import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_range, expect_shape, expect_type, mistake, property_test

TITLE = "From a file's bytes to a tensor"
KIND = "implement"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 5
DIFFICULTY = 1
POINTS = 7

HINTS = (
    "Where in the array is the red value of the pixel in row 2, column 5? Where must it be in the tensor?",
    "tensor[c, i, j] = array[i, j, c] / 255. From (H, W, 3) to (3, H, W), from (H, W) to (1, H, W); bytes 0 to 255 to floats 0 to 1.",
    """
    make a tensor of the array (torch.from_numpy), turn it into float32, divide by 255
    two axes: put one of length 1 in front
    three axes: bring the last one to the front by exchanging axes (permute), not by reshape
    """,
)


def to_tensor(array: np.ndarray) -> Tensor:
    """Bytes (H, W) or (H, W, 3) to float32 (1, H, W) or (3, H, W) in [0, 1]."""
    tensor = torch.from_numpy(array).float() / 255
    return tensor.unsqueeze(0) if tensor.ndim == 2 else tensor.permute(2, 0, 1)


reference = to_tensor


def reshaped(array):
    return torch.from_numpy(array).float().reshape(-1, *array.shape[:2]) / 255


def turned(array):
    tensor = reference(array)
    return tensor.transpose(1, 2)


def stretched(array):
    tensor = reference(array)
    return (tensor - tensor.min()) / (tensor.max() - tensor.min())


MISTAKES = (
    mistake(reshaped, "You reshaped. That keeps the order of the numbers and mixes colours with places: permute exchanges the axes."),
    mistake(lambda array: reference(array) * 255, "You did not divide by 255."),
    mistake(lambda array: reference(array) * 255 / 256, "You divided by 256: white must become exactly 1."),
    mistake(turned, "You exchanged rows and columns as well: the order is (C, H, W)."),
    mistake(lambda array: reference(array).double(), "The values are right, the type is float64: the course uses float32."),
    mistake(lambda array: reference(array).flip(0), "You reversed the channels: red comes first."),
    mistake(lambda array: reference(array).squeeze(0), "A grey image keeps a channel axis of length 1: (1, H, W)."),
    mistake(lambda array: torch.from_numpy(array) / 255, "You left the channels last; the course wants (C, H, W)."),
    mistake(stretched, "You stretched the values to [0, 1]. Divide by 255, or a dark photograph becomes a bright one."),
)


def photograph(case, *shape):
    return (case.rand(*shape).cpu() * 256).to(torch.uint8).numpy()


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(np.zeros((2, 3, 3), dtype=np.uint8)), Tensor)


@property_test("shape", points=1)
def puts_channels_first(answer, case):
    expect_shape(answer(photograph(case, 4, 5, 3)), (3, 4, 5))
    expect_shape(answer(photograph(case, 4, 5)), (1, 4, 5))


@property_test("dtype", points=1)
def gives_float32(answer, case):
    got = answer(photograph(case, 2, 2, 3))
    expect(got.dtype == torch.float32, expected="torch.float32", got=str(got.dtype))


@property_test("range", points=1)
def white_is_one(answer, case):
    got = answer(np.array([[0, 51, 255]], dtype=np.uint8))
    expect_range(got, 0, 1)
    expect_close(got, torch.tensor([[[0.0, 0.2, 1.0]]]))


@property_test("by hand", points=2)
def each_number_in_its_place(answer, case):
    array = np.zeros((2, 3, 3), dtype=np.uint8)
    array[0, 2] = (255, 0, 0)  # row 0, column 2 is red
    expected = torch.zeros(3, 2, 3)
    expected[0, 0, 2] = 1
    expect_close(answer(array), expected, input="2 × 3 pixels, all black but row 0, column 2, which is red")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for shape in ((7, 5, 3), (6, 4)):
        array = photograph(case, *shape)
        expect_close(answer(array), reference(array))
