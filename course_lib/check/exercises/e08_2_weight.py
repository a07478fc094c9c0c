"""08.2 implement: the weight of a patch at a given distance."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_range, expect_shape, expect_type, expect_unchanged, mistake, property_test

TITLE = "The weight of a patch"
KIND = "implement"
NOTEBOOK = "08_non_local_means"
MINUTES = 5
DIFFICULTY = 1
POINTS = 6

HINTS = (
    "Which distance does the noise alone produce between two equal patches? A distance up to that must not cost anything.",
    "w = exp(-max(d² - 2σ², 0) / h²). The distances are on the scale from 0 to 1, sigma and h in grey levels of 255.",
    """
    sigma and h on the scale of the distances: divided by 255
    take twice the squared sigma away from the distances, and let nothing be less than zero
    divide by the square of h, change the sign, exponential
    """,
)


def weight(d2: Tensor, sigma: float, h: float) -> Tensor:
    """1 up to the distance that noise explains, then falling."""
    excess = (d2 - 2 * (sigma / 255) ** 2).clamp(min=0)
    return torch.exp(-excess / (h / 255) ** 2)


reference = weight


def without_clamp(d2, sigma, h):
    return torch.exp(-(d2 - 2 * (sigma / 255) ** 2) / (h / 255) ** 2)


def one_sigma(d2, sigma, h):
    return torch.exp(-(d2 - (sigma / 255) ** 2).clamp(min=0) / (h / 255) ** 2)


def without_255(d2, sigma, h):
    return torch.exp(-(d2 - 2 * sigma**2).clamp(min=0) / h**2)


def h_not_squared(d2, sigma, h):
    return torch.exp(-(d2 - 2 * (sigma / 255) ** 2).clamp(min=0) / (h / 255))


def gaussian(d2, sigma, h):
    return torch.exp(-(d2 - 2 * (sigma / 255) ** 2).clamp(min=0) / (2 * (h / 255) ** 2))


def half_converted(d2, sigma, h):
    return torch.exp(-(d2 - 2 * sigma**2 / 255).clamp(min=0) / (h**2 / 255))


def summed(d2, sigma, h):
    w = weight(d2, sigma, h)
    return w / w.sum()


MISTAKES = (
    mistake(
        without_clamp,
        "max(…, 0) is missing: a patch closer than 2σ² gets a weight above 1, and the pixel itself, at distance 0, the largest of all.",
    ),
    mistake(lambda d2, sigma, h: weight(d2, 0.0, h), "2σ² is not taken away: a perfect match is punished for its noise."),
    mistake(one_sigma, "Two patches hold two noises: take 2σ² away, not σ²."),
    mistake(without_255, "sigma and h come in grey levels, the distances on the scale from 0 to 1: divide both by 255."),
    mistake(half_converted, "Divide sigma and h by 255 first and square them then: (sigma / 255)², not sigma² / 255."),
    mistake(h_not_squared, "The distance is a square, so h must be one too: divide by h²."),
    mistake(gaussian, "There is no 2 in front of h² here."),
    mistake(
        lambda d2, sigma, h: torch.exp((d2 - 2 * (sigma / 255) ** 2).clamp(min=0) / (h / 255) ** 2),
        "The sign: a larger distance must give a smaller weight.",
    ),
    mistake(lambda d2, sigma, h: 1 - weight(d2, sigma, h), "This grows with the distance: equal patches must get the weight 1."),
    mistake(
        lambda d2, sigma, h: torch.exp(-(d2.sqrt() - 2 * (sigma / 255) ** 2).clamp(min=0) / (h / 255) ** 2),
        "The distances are squared already; no root is wanted.",
    ),
    mistake(summed, "The weights are normalised later, by their sum over the search window; here each is a number of its own."),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.rand(4) * 0.05, 25, 20), Tensor)


@property_test("shape")
def one_weight_for_each_distance(answer, case):
    expect_shape(answer(case.rand(2, 3), 25, 20), (2, 3))
    expect_unchanged(answer)


@property_test("equal patches", points=2)
def what_noise_explains_costs_nothing(answer, case):
    d2 = torch.tensor([0.0, 625 / 255**2, 1249 / 255**2], device=case.device)
    expect_close(answer(d2, 25, 20), torch.ones(3), tol=1e-4, input="distances of 0, 625 and 1249 grey levels² at sigma = 25, h = 20")


@property_test("by hand", points=2)
def falls_beyond(answer, case):
    d2 = torch.tensor([1650 / 255**2, 2050 / 255**2], device=case.device)
    expected = torch.exp(torch.tensor([-1.0, -2.0]))
    expect_close(answer(d2, 25, 20), expected, tol=1e-4, input="distances of 2σ² + h² and 2σ² + 2h², at sigma = 25, h = 20")


@property_test("range")
def from_0_to_1(answer, case):
    expect_range(answer(case.rand(64) * 0.2, 25, 20), 0, 1)


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for sigma, h in ((25, 20.0), (10, 12.0), (0, 30.0)):
        d2 = 6 * (25 / 255) ** 2 * case.rand(5, 7)
        expect_close(answer(d2, sigma, h), weight(d2, sigma, h), tol=1e-5)
