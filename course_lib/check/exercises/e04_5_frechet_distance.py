"""04.5 implement: the Fréchet distance between two clouds of features."""

import math

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "The Fréchet distance"
KIND = "implement"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 12
DIFFICULTY = 3
POINTS = 9

HINTS = (
    "Two means, two covariance matrices. Which axis are the samples, and what does torch.cov take for samples? What is the trace of the root "
    "of a matrix in terms of its eigenvalues?",
    "‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁Σ₂)^½, with Σ of shape (d, d). The eigenvalues of Σ₁Σ₂ are real and not negative, up to rounding; "
    "the trace of the root is the sum of their roots.",
    """
    both clouds in float64
    mean over the samples, and covariance with d rows and columns (torch.cov wants the samples along the second axis)
    eigenvalues of the product of the two covariances: the real part, nothing below 0, the root, the sum
    squared length of the difference of the means, plus both traces, minus twice that sum
    """,
)


def frechet_distance(fake: Tensor, real: Tensor) -> Tensor:
    """‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½), one number."""
    fake, real = fake.double(), real.double()
    cov_fake, cov_real = torch.cov(fake.T), torch.cov(real.T)
    roots = torch.linalg.eigvals(cov_fake @ cov_real).real.clamp(min=0).sqrt()
    return (fake.mean(0) - real.mean(0)).square().sum() + cov_fake.trace() + cov_real.trace() - 2 * roots.sum()


reference = frechet_distance


def variant(*, mean=lambda d: d.square().sum(), roots=None, factor=2, correction=1, clamp=True):
    """The distance with one thing done otherwise."""

    def distance(fake, real):
        fake, real = fake.double(), real.double()
        one, two = torch.cov(fake.T, correction=correction), torch.cov(real.T, correction=correction)
        values = torch.linalg.eigvals(one @ two).real
        root = roots(one, two) if roots else (values.clamp(min=0) if clamp else values).sqrt().sum()
        return mean(fake.mean(0) - real.mean(0)) + one.trace() + two.trace() - factor * root

    return distance


MISTAKES = (
    mistake(variant(mean=lambda d: d.norm()), "The distance of the means is squared in the formula."),
    mistake(variant(mean=lambda d: d.square().mean()), "The squared differences of the means are summed over the features, not averaged."),
    mistake(variant(factor=1), "The root is taken twice: tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½)."),
    mistake(
        variant(roots=lambda a, b: (a * b).clamp(min=0).sqrt().trace()),
        "That multiplies and takes roots entry by entry. Σ₁Σ₂ is a matrix product, and the root is the matrix's.",
    ),
    mistake(
        variant(roots=lambda a, b: (a @ b).clamp(min=0).sqrt().trace()),
        "The root of a matrix is not the root of each of its entries: use the eigenvalues of the product.",
    ),
    mistake(variant(roots=lambda a, b: (a @ b).trace().clamp(min=0).sqrt()), "The root of the trace is not the trace of the root."),
    mistake(variant(roots=lambda a, b: (a @ b).trace()), "The product's trace is there, but not its root."),
    mistake(variant(correction=0), "The covariance is divided by n here; as everybody computes it, it is divided by n − 1."),
    mistake(
        variant(clamp=False),
        "Rounding makes an eigenvalue that should be 0 a little negative, and its root NaN: clamp at 0 before the root.",
    ),
    mistake(lambda fake, real: variant()(fake, real).sqrt(), "FID is the squared distance: take no root of the whole."),
)

SQUARE = [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]]  # the covariance is 4/3 times the identity


@property_test("shape")
def one_number(answer, case):
    expect_shape(answer(case.randn(9, 3), case.randn(12, 3)), ())


@property_test("a shift", points=2)
def shifted(answer, case):
    cloud = torch.tensor(SQUARE, device=case.device)
    expect_close(answer(cloud + 3, cloud), 18.0, tol=1e-3, input="four points, and the same four moved by 3 in both features")


@property_test("a scale", points=2)
def scaled(answer, case):
    cloud = torch.tensor(SQUARE, device=case.device) - 1
    factors = torch.tensor([1.0, 4.0], device=case.device)
    told = "four points, and the same four with the second feature four times as wide: (4 − 1)² · 4/3"
    expect_close(answer(cloud * factors, cloud), 12.0, tol=1e-3, input=told)


@property_test("fewer samples than features", points=2)
def singular(answer, case):
    fake, real = torch.ones(100, 2, device=case.device), 9 * torch.ones(100, 2, device=case.device)
    fake[:50, 0] = 2
    real[50:, 0] = 2
    expect_close(answer(real, fake), 89.0909, tol=1e-3, input="two clouds without width in one direction (a test of Google's compare_gan)")
    few = case.randn(5, 12)
    got = answer(few, few)
    cause = "Rounding makes an eigenvalue that should be 0 a little negative, and its root NaN: clamp at 0 before the root."
    expect(not math.isnan(float(got)), expected="0", got=got, input="five samples of twelve features, against themselves", cause=cause)
    expect_close(got, 0.0, tol=1e-3, input="five samples of twelve features, against themselves")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    fake, real = case.randn(60, 6) @ case.randn(6, 6), case.randn(80, 6) @ case.randn(6, 6) + 1
    expected = frechet_distance(fake, real).item()
    expect_close(answer(fake, real), expected, tol=1e-3 * expected, input="60 and 80 samples of six features")
