"""08.5 repair: a non-local means with two broken weights."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from course_lib.check.authoring import expect_close, expect_shape, expect_type, expect_unchanged, mistake, property_test

TITLE = "Repair the non-local means"
KIND = "repair"
NOTEBOOK = "08_non_local_means"
MINUTES = 10
DIFFICULTY = 3
POINTS = 7

HINTS = (
    "Two images whose answer you know without computing: a constant one, with sigma = 0; and faint noise, with a sigma far above it.",
    "Σ w y / Σ w needs w ≤ 1 with equality for every patch within 2σ², and a sum that counts each weight once and nothing else.",
    """
    a constant image of 0.5, sigma 0: the result must be 0.5. What does the sum of the weights start with?
    faint noise, sigma = 25, h = 10: all patches are as close as noise allows, so the result is the plain mean over the window
    if it is not, print the weight of the pixel itself and that of its neighbour
    """,
)


def filtered(y: Tensor, sigma: float, h: float, weigh, start: float = 0.0, divide=True) -> Tensor:
    """Non-local means with patches of 3 x 3 in a window of 5 x 5, for any weighing of distances on the scale from 0 to 1."""
    height, width = y.shape[-2:]
    padded = pad(y, (3, 3, 3, 3), mode="reflect")
    here = padded[:, 2:-2, 2:-2]
    total, norm = torch.zeros_like(y), torch.full_like(y[:1], start)
    for down in range(5):
        for right in range(5):
            there = padded[:, down : down + height + 2, right : right + width + 2]
            d2 = avg_pool2d((here - there).square().mean(dim=0, keepdim=True), 3, stride=1)
            w = weigh(d2 - 2 * (sigma / 255) ** 2, (h / 255) ** 2)
            total, norm = total + w * there[:, 1:-1, 1:-1], norm + w
    return total / (norm if divide else 25)


def clamped(excess, h2):
    return torch.exp(-excess.clamp(min=0) / h2)


def unclamped(excess, h2):
    return torch.exp(-excess / h2)


def broken(y: Tensor, sigma: float, h: float) -> Tensor:
    """What is handed out: the sum of weights starts at 1, and a distance below 2σ² gives a weight above 1."""
    return filtered(y, sigma, h, unclamped, start=1.0)


def small_nl_means(y: Tensor, sigma: float, h: float) -> Tensor:
    """Both mended."""
    height, width = y.shape[-2:]
    padded = pad(y, (3, 3, 3, 3), mode="reflect")
    here = padded[:, 2:-2, 2:-2]
    total, norm = torch.zeros_like(y), torch.zeros_like(y[:1])
    for down in range(5):
        for right in range(5):
            there = padded[:, down : down + height + 2, right : right + width + 2]
            d2 = avg_pool2d((here - there).square().mean(dim=0, keepdim=True), 3, stride=1)
            w = torch.exp(-(d2 - 2 * (sigma / 255) ** 2).clamp(min=0) / (h / 255) ** 2)
            total += w * there[:, 1:-1, 1:-1]
            norm += w
    return total / norm


reference = small_nl_means

MISTAKES = (
    mistake(
        lambda y, s, h: filtered(y, s, h, unclamped),
        "The sum of the weights is right now. But a distance below 2σ² still gives a weight above 1, and the pixel itself, at distance 0, drowns the others. Without max(…, 0) the 2σ² cancels out of the quotient and might as well not be there.",
    ),
    mistake(
        lambda y, s, h: filtered(y, s, h, clamped, start=1.0),
        "The weights are right now. But their sum still starts with a 1 that belongs to no pixel: the result is too dark.",
    ),
    mistake(
        lambda y, s, h: filtered(y, s, h, clamped, divide=False),
        "The weights must be divided by their own sum, not by the number of positions.",
    ),
    mistake(
        lambda y, s, h: filtered(y, s, h, lambda e, h2: torch.exp(-e.abs() / h2)),
        "abs() punishes patches for being *closer* than noise explains; they should cost nothing: max(…, 0).",
    ),
    mistake(
        lambda y, s, h: filtered(y, s, h, lambda e, h2: torch.exp(-e.clamp(max=0) / h2)),
        "clamp(max=0) keeps the wrong side: what lies above 2σ² must cost, what lies below must not.",
    ),
    mistake(
        lambda y, s, h: filtered(y, s, h, lambda e, h2: unclamped(e, h2).clamp(max=1)).mul(25 / 26),
        "The sum of the weights still holds something that is no weight.",
    ),
    mistake(
        lambda y, s, h: avg_pool2d(pad(y, (2, 2, 2, 2), mode="reflect"), 5, stride=1),
        "All weights are equal now: that is a box filter, not non-local means.",
    ),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.rand(1, 8, 8), 25, 20.0), Tensor)


@property_test("shape")
def keeps_the_shape(answer, case):
    expect_shape(answer(case.rand(3, 8, 9), 25, 20.0), (3, 8, 9))


@property_test("constant image")
def keeps_a_constant(answer, case):
    y = torch.full((1, 8, 8), 0.5, device=case.device)
    expect_close(answer(y, 0, 10.0) + 0 * y, y, input="0.5 everywhere, sigma = 0")


@property_test("sum of the weights", points=3)
def divides_by_the_sum_of_the_weights(answer, case):
    y = 0.5 + 0.1 * case.randn(1, 8, 8)
    plain = avg_pool2d(pad(y, (2, 2, 2, 2), mode="reflect"), 5, stride=1)
    expect_close(
        answer(y, 0, 25500.0), plain, tol=1e-4, input="sigma = 0 and an h so large that every weight is 1: the mean over the window"
    )


@property_test("perfect matches", points=2)
def counts_perfect_matches_alike(answer, case):
    y = 0.5 + 0.02 * case.randn(1, 8, 8)
    plain = avg_pool2d(pad(y, (2, 2, 2, 2), mode="reflect"), 5, stride=1)
    expect_close(answer(y, 25, 10.0), plain, tol=1e-4, input="faint noise (5 grey levels) and sigma = 25: every weight must be 1")


@property_test("an edge")
def keeps_an_edge(answer, case):
    y = torch.zeros(1, 8, 10, device=case.device)
    y[..., 5:] = 0.8 + 0.01 * torch.arange(8, device=case.device)[:, None]
    expect_close(answer(y, 10, 10.0), y, tol=0.03, input="a step from 0 to about 0.8")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    y = case.rand(3, 9, 8) * 0.3
    expect_close(answer(y, 15, 25.0), small_nl_means(y, 15, 25.0))
    expect_unchanged(answer)
