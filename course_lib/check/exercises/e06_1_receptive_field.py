"""06.1 implement: how much of the image one output of a chain of convolutions sees."""

import math

import torch
from torch import nn

from course_lib.check.authoring import expect_close, expect_type, mistake, property_test

TITLE = "The receptive field of a chain"
KIND = "implement"
NOTEBOOK = "06_image_to_image"
MINUTES = 10
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Start from one output, a square of side 1. How many outputs of the layer before does a kernel of 4 need for it? And for two neighbours, "
    "which lie a stride apart in that layer?",
    "r neighbours need r kernels whose starts lie s apart: (r − 1) · s + k cells of the layer before. From the last layer back to the first, "
    "beginning with r = 1.",
    """
    begin with a side of one
    take the layers from the last to the first
    at each: neighbours are a stride apart, and the last of them still needs a whole kernel
    """,
)


def receptive_field(kernels: list[int], strides: list[int]) -> int:
    """Side of the patch that one output sees; lists from the first layer to the last."""
    side = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        side = (side - 1) * stride + kernel
    return side


reference = receptive_field


def from_the_front(kernels, strides):
    return receptive_field(kernels[::-1], strides[::-1])


def without_strides(kernels, strides):
    return receptive_field(kernels, [1] * len(strides))


def product(kernels, strides):
    side = 1
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):
        side = side * stride + kernel
    return side


def whole_kernels(kernels, strides):
    side = 1
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):
        side = side * stride + kernel - 1
    return side


def added_up(kernels, strides):
    return sum(kernels)


def multiplied(kernels, strides):
    return math.prod(kernels)


def distance(kernels, strides):
    return math.prod(strides)


def own_stride(kernels, strides):
    side, apart = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        apart *= stride
        side += (kernel - 1) * apart
    return side


def last_stride_only(kernels, strides):
    side, before = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        side, before = side + (kernel - 1) * before, stride
    return side


def from_zero(kernels, strides):
    side = 0
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):
        side = (side - 1) * stride + kernel
    return side


def as_a_float(kernels, strides):
    return float(receptive_field(kernels, strides))


def area(kernels, strides):
    return receptive_field(kernels, strides) ** 2


MISTAKES = (
    mistake(from_the_front, "You went from the first layer to the last. r counts cells of the layer you stand before, so begin at the output."),
    mistake(without_strides, "You left the strides out: behind a stride of 2, neighbouring outputs lie two cells apart in the layer before."),
    mistake(product, "r neighbours have r − 1 gaps between them, not r: with r = 1 the stride plays no part."),
    mistake(whole_kernels, "One output needs a whole kernel, k cells, whatever the stride: (1 − 1) · s + k."),
    mistake(added_up, "You added the kernels up. Neighbouring kernels overlap, and behind a stride a kernel counts for more."),
    mistake(multiplied, "You multiplied the kernels, as if neighbouring kernels never overlapped: they do, by k − s cells."),
    mistake(distance, "The product of the strides is how far neighbouring outputs lie apart in the image; asked is how much one of them sees."),
    mistake(
        own_stride, "A layer's own stride moves it on between one output and the *next*; its kernel is spread by the strides of the layers *before* it."
    ),
    mistake(last_stride_only, "Only the stride of the one layer before is in it. The strides of all earlier layers multiply."),
    mistake(from_zero, "You began with a side of 0; one output is a square of side 1."),
    mistake(area, "That is the number of pixels of the square; asked is its side."),
)  # fmt: skip

WHOLE = "A number of pixels is a whole number: an int, not a float and not a tensor."
PUBLISHED = {1: 16, 2: 34, 3: 70, 4: 142, 5: 286}  # Isola and others 2017: strided layers of PatchGAN -> side


def support(kernels: list[int], strides: list[int], device: torch.device) -> int:
    """The same by experiment: how many cells of a line have a gradient of one output, all weights being 1."""
    layers = [nn.Conv1d(1, 1, kernel, stride, bias=False) for kernel, stride in zip(kernels, strides, strict=True)]
    network = nn.Sequential(*layers).to(device)
    with torch.no_grad():
        for layer in network:
            layer.weight.fill_(1 / layer.weight.numel())
    x = torch.zeros(1, 1, 400, device=device, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x)[0, 0, 0], x)
    return int((gradient != 0).sum())


@property_test("type")
def a_whole_number(answer, case):
    expect_type(answer([4], [2]), int, cause=WHOLE)


@property_test("one layer", points=1)
def one_layer(answer, case):
    for kernel, stride in ((4, 2), (3, 1), (1, 1)):
        expect_close(answer([kernel], [stride]), kernel, tol=0)


@property_test("two layers by hand", points=2)
def by_hand(answer, case):
    expect_close(answer([4, 4], [2, 1]), 10, tol=0)
    expect_close(answer([4, 4], [1, 2]), 7, tol=0)


@property_test("the last stride", points=1)
def last_stride(answer, case):
    given = "receptive_field([3, 4], [2, 5]) − receptive_field([3, 4], [2, 1])"
    cause = "The stride of the last layer only says where the *next* output looks."
    expect_close(answer([3, 4], [2, 1]), 9, tol=0)
    expect_close(answer([3, 4], [2, 5]) - answer([3, 4], [2, 1]), 0, tol=0, input=given, cause=cause)


@property_test("three layers by hand", points=1)
def three_layers(answer, case):
    expect_close(answer([2, 3, 5], [3, 2, 1]), 2 + 2 * 3 + 4 * 6, tol=0)


@property_test("PatchGAN", points=2)
def as_published(answer, case):
    for layers, side in PUBLISHED.items():
        expect_close(answer([4] * (layers + 2), [2] * layers + [1, 1]), side, tol=0)


@property_test("against the reference, and by experiment", points=2)
def agrees_with_the_reference(answer, case):
    for length in (3, 4, 5):
        kernels, strides = ([case.integer(1, most) for _ in range(length)] for most in (4, 2))
        kernels = [max(kernel, stride) for kernel, stride in zip(kernels, strides, strict=True)]  # no gaps: every cell in between counts
        got = answer(kernels, strides)
        expect_type(got, int, cause=WHOLE)
        expect_close(got, receptive_field(kernels, strides), tol=0)
        expect_close(answer(kernels, strides), support(kernels, strides, case.device), tol=0)
