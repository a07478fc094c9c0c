"""11.4 implement: Stein's unbiased risk estimate with a random probe."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, expect_unchanged, mistake, property_test

TITLE = "The true error without the truth"
KIND = "implement"
NOTEBOOK = "11_learning_without_clean_images"
MINUTES = 10
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Three terms. Which of them do you know for f(y) = y, and what must their sum be, given that the error of y is its noise?",
    "mean((f(y) − y)²) − s² + 2 s² · mean(b · (f(y + εb) − f(y))) / ε, with s = sigma / 255 and ε = 0.001. A scalar tensor.",
    """
    s² is the variance on the scale of the image
    evaluate f twice: at y, and at y shifted by a thousandth of the probe
    the divergence per pixel: probe times the change of the output, mean over all values, divided by the thousandth
    mean squared distance from y, minus s², plus twice s² times the divergence
    """,
)


def parts(f, y, sigma, probe, epsilon=1e-3):
    """Distance from y, variance, divergence per pixel."""
    estimate = f(y)
    divergence = (probe * (f(y + epsilon * probe) - estimate)).mean() / epsilon
    return (estimate - y).square().mean(), (sigma / 255) ** 2, divergence


def sure(f, y: Tensor, sigma: float | int, probe: Tensor) -> Tensor:
    """SURE per pixel, on the scale of images in [0, 1]."""
    epsilon, variance = 1e-3, (sigma / 255) ** 2
    estimate = f(y)
    divergence = (probe * (f(y + epsilon * probe) - estimate)).mean() / epsilon
    return (estimate - y).square().mean() - variance + 2 * variance * divergence


reference = sure


def variant(combine):
    """SURE with its three parts put together in another way."""
    return lambda f, y, sigma, probe: combine(*parts(f, y, sigma, probe))


def own_probe(f, y, sigma, probe):
    return sure(f, y, sigma, torch.randn(y.shape, generator=torch.Generator(y.device).manual_seed(0), device=y.device))


def without_probe(f, y, sigma, probe):
    distance, variance, _ = parts(f, y, sigma, probe)
    return distance - variance + 2 * variance * (f(y + 1e-3) - f(y)).mean() / 1e-3


def whole_output(f, y, sigma, probe):
    distance, variance, _ = parts(f, y, sigma, probe)
    return distance - variance + 2 * variance * (probe * f(y + 1e-3 * probe)).mean() / 1e-3


MISTAKES = (
    mistake(variant(lambda d, v, div: d - v - 2 * v * div), "The divergence has the wrong sign: copying noise makes the error larger."),
    mistake(variant(lambda d, v, div: d - v + v * div), "The factor 2 is missing in front of the divergence."),
    mistake(
        variant(lambda d, v, div: d - v + 2 * div),
        "The divergence is not multiplied by the variance: stronger noise costs more when copied.",
    ),
    mistake(
        variant(lambda d, v, div: d + 2 * v * div),
        "The variance is not subtracted: the distance from y holds the noise that was rightly removed.",
    ),
    mistake(variant(lambda d, v, div: d + v + 2 * v * div), "The variance must be subtracted, not added."),
    mistake(variant(lambda d, v, div: d - v), "Where is the divergence? Without it the best denoiser would be the identity."),
    mistake(variant(lambda d, v, div: d - v**0.5 + 2 * v**0.5 * div), "You used σ where σ² belongs."),
    mistake(lambda f, y, s, b: sure(f, y, 255 * s, b), "sigma is in grey levels, and the image lives in [0, 1]: divide by 255."),
    mistake(variant(lambda d, v, div: d - v + 2e-3 * v * div), "The change of the output is not divided by ε: a derivative is a quotient."),
    mistake(
        variant(lambda d, v, div: (d - v + 2 * v * div).clamp(min=0)),
        "You cut it off at 0. An unbiased estimate of a small error must be allowed to be negative.",
    ),
    mistake(lambda f, y, s, b: y.numel() * sure(f, y, s, b), "You took sums over the pixels; asked is SURE per pixel, with means."),
    mistake(
        without_probe, "You shifted all pixels together. Then neighbours count too; the random signs of the probe are what removes them."
    ),
    mistake(whole_output, "The probe must meet the *change* of the output: subtract f(y)."),
    mistake(own_probe, "You drew a probe of your own; use the one that is handed in."),
)


def signs(case, *shape):
    """A probe of +1 and −1, for which the probed divergence of f(y) = ay is a, without chance."""
    return 1 - 2 * (case.rand(*shape) < 0.5).float()


@property_test("type and shape")
def gives_a_scalar(answer, case):
    got = answer(lambda y: y, case.rand(1, 4, 4), 25, signs(case, 1, 4, 4))
    expect_type(got, Tensor)
    expect_shape(got, ())


@property_test("f(y) = y", points=2)
def the_identity_has_the_error_of_the_noise(answer, case):
    got = answer(lambda y: y, case.rand(1, 16, 16), 51, signs(case, 1, 16, 16))
    expect_close(got, 0.04, tol=1e-4, input="f(y) = y, sigma = 51, a probe of +1 and −1")


@property_test("f(y) = 0", points=1)
def a_constant_copies_nothing(answer, case):
    y = torch.full((1, 8, 8), 0.5, device=case.device)
    expect_close(answer(torch.zeros_like, y, 51, signs(case, 1, 8, 8)), 0.21, tol=1e-5, input="f(y) = 0, y = 0.5 everywhere, sigma = 51")


@property_test("by hand", points=2)
def half_of_the_pixel(answer, case):
    y = torch.full((1, 8, 8), 0.1, device=case.device)
    got = answer(lambda y: 0.5 * y, y, 51, signs(case, 1, 8, 8))
    expect_close(got, 0.0025, tol=1e-4, input="f(y) = y / 2, y = 0.1 everywhere, sigma = 51: 0.0025 − 0.04 + 2 · 0.04 · ½")
    got = answer(lambda y: 0.8 * y + 0.2 * y.mean(), torch.zeros_like(y), 5.1, signs(case, 1, 8, 8))
    expect_close(got, 0.0004 * (2 * 0.8 - 1), tol=2e-5, input="f(y) = 0.8 y + 0.2 · mean of y, y = 0, sigma = 5.1")
    got = answer(lambda y: 0.2 * y, torch.zeros_like(y), 51, signs(case, 1, 8, 8))
    expect_close(got, 0.04 * (0.4 - 1), tol=1e-4, input="f(y) = 0.2 y, y = 0, sigma = 51: below zero, by chance")


@property_test("neighbours do not count", points=1)
def only_the_pixel_itself(answer, case):
    y, probe = case.rand(1, 64, 64), signs(case, 1, 64, 64)
    got = answer(lambda y: y.roll(1, dims=-1), y, 51, probe)
    expected = (y.roll(1, dims=-1) - y).square().mean() - 0.04
    expect_close(
        got, expected.item(), tol=0.008, input="f moves the image by one pixel, so that no output depends on its own pixel; sigma = 51"
    )


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    y, probe = case.rand(2, 3, 8, 8), case.randn(2, 3, 8, 8)
    for f in (lambda y: (2 * y).tanh() / 2, lambda y: (y + y.roll(1, dims=-1)) / 2):
        expect_close(
            answer(f, y, 40, probe), sure(f, y, 40, probe).item(), tol=1e-4, input="a curved f and one that mixes neighbours, sigma = 40"
        )
    expect_unchanged(answer)
