"""09.5 implement: empirical Wiener shrinkage."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_shape, expect_type, expect_unchanged, mistake, property_test

TITLE = "Shrink by an empirical Wiener filter"
KIND = "implement"
NOTEBOOK = "09_bm3d"
MINUTES = 8
DIFFICULTY = 1
POINTS = 8

HINTS = (
    "Which of the two spectra says how much to trust a coefficient, and which one is multiplied?",
    "W = P² / (P² + (σ/255)²), elementwise, with P the pilot's spectrum; results: W · S, of the shape of S, and 1 / ΣW², one number.",
    """
    the squares of the pilot; divide them by themselves plus the variance of the noise, on the scale of the image
    that factor times the noisy spectrum is the first result
    one over the sum of the squares of the factor is the second
    """,
)


def gain_of(pilot, sigma):
    return pilot.square() / (pilot.square() + (sigma / 255) ** 2)


def wiener(spectrum: Tensor, pilot: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """The shrunk spectrum, and the weight of the group."""
    power = pilot.square()
    factor = power / (power + (sigma / 255) ** 2)
    return factor * spectrum, 1 / factor.square().sum()


reference = wiener


def with_gain(gain, weight=lambda W: 1 / W.square().sum()):
    """An answer with another factor or another weight."""

    def answer(spectrum, pilot, sigma):
        W = gain(spectrum, pilot, sigma)
        return W * spectrum, weight(W)

    return answer


def right_gain(spectrum, pilot, sigma):
    return gain_of(pilot, sigma)


MISTAKES = (
    mistake(
        with_gain(lambda spectrum, pilot, sigma: gain_of(spectrum, sigma)),
        "Your factor comes from the noisy spectrum. It must come from the pilot, or the noise vouches for itself.",
    ),
    mistake(
        with_gain(lambda spectrum, pilot, sigma: gain_of(pilot, 255 * sigma)),
        "sigma is in grey levels and the spectra belong to an image in [0, 1]: divide by 255.",
    ),
    mistake(
        with_gain(lambda spectrum, pilot, sigma: pilot.square() / (pilot.square() + sigma / 255)),
        "The variance of the noise stands below the line: (σ/255) squared.",
    ),
    mistake(
        with_gain(lambda spectrum, pilot, sigma: pilot.abs() / (pilot.abs() + sigma / 255)),
        "You compared magnitudes; the Wiener factor compares powers, the squares.",
    ),
    mistake(
        with_gain(lambda spectrum, pilot, sigma: pilot / (pilot + sigma / 255)),
        "A coefficient of the pilot may be negative: its square is its power.",
    ),
    mistake(
        with_gain(lambda spectrum, pilot, sigma: 1 - gain_of(pilot, sigma)),
        "That is the part to remove: signal power goes above the line, not noise power.",
    ),
    mistake(
        lambda spectrum, pilot, sigma: (gain_of(pilot, sigma) * pilot, wiener(spectrum, pilot, sigma)[1]),
        "You shrank the pilot. The pilot only gives the factor; what is filtered is the noisy spectrum.",
    ),
    mistake(
        lambda spectrum, pilot, sigma: (gain_of(pilot, sigma), wiener(spectrum, pilot, sigma)[1]),
        "You returned the factor; multiply the noisy spectrum by it.",
    ),
    mistake(with_gain(right_gain, lambda W: 1 / W.sum()), "The noise that remains is σ²ΣW²: the factors are squared in the weight."),
    mistake(with_gain(right_gain, lambda W: W.square().sum()), "The weight is one over ΣW²: much noise left, little weight."),
    mistake(with_gain(right_gain, lambda W: 1 / W.square().mean()), "ΣW² is a sum, not a mean: stacks of different sizes are compared."),
)


def two_results(got):
    expect_type(got, tuple, cause="Return two things: `return shrunk, weight`.")
    expect(len(got) == 2, expected="two results: the shrunk spectrum and the weight", got=got)
    expect_type(got[0], Tensor)
    return got


@property_test("type and shape")
def gives_a_spectrum_and_a_number(answer, case):
    shrunk, weight = two_results(answer(case.randn(2, 4, 4), case.randn(2, 4, 4), 25))
    expect_shape(shrunk, (2, 4, 4))
    expect_type(weight, (float, Tensor))


@property_test("by hand", points=3)
def one_to_one(answer, case):
    spectrum = torch.tensor([[[1.0, -2.0], [3.0, 4.0]]], device=case.device)
    pilot = torch.tensor([[[0.1, -0.1], [0.0, -0.3]]], device=case.device)
    shrunk, weight = two_results(answer(spectrum, pilot, 25.5))  # σ = 0.1: factors 1/2, 1/2, 0, 9/10
    words = "the pilot 0.1, -0.1, 0, -0.3 and sigma = 25.5, which is 0.1"
    expect_close(shrunk, torch.tensor([[[0.5, -1.0], [0.0, 3.6]]]), tol=1e-4, input=f"the spectrum 1, -2, 3, 4 with {words}")
    expect_close(weight, 1 / 1.31, tol=1e-4, input=f"the weight, with {words}: the factors are 0.5, 0.5, 0 and 0.9")


@property_test("a perfect pilot of nothing", points=2)
def removes_what_the_pilot_does_not_know(answer, case):
    pilot = torch.zeros(1, 2, 2, device=case.device)
    pilot[0, 0, 0] = 100.0
    spectrum = case.randn(1, 2, 2) + 3
    shrunk, weight = two_results(answer(spectrum, pilot, 25))
    expect_close(shrunk, spectrum * (pilot > 0), tol=1e-3, input="a pilot with one large coefficient and zeros")
    expect_close(weight, 1.0, tol=1e-3, input="the weight, for a pilot with one large coefficient and zeros")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    for shape, sigma in (((4, 4, 4), 25), ((1, 2, 2), 10)):
        spectrum, pilot = 0.5 * case.randn(*shape), 0.1 * case.randn(*shape)
        got, expected = two_results(answer(spectrum, pilot, sigma)), reference(spectrum, pilot, sigma)
        expect_close(got[0], expected[0])
        expect_close(got[1], float(expected[1]), tol=1e-3 * float(expected[1]), input="the weight")
    expect_unchanged(answer)
