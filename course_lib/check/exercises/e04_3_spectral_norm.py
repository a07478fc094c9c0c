"""04.3 implement: a weight divided by its largest singular value, by power iteration."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_shape, mistake, property_test

TITLE = "Normalise a weight by its largest singular value"
KIND = "implement"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 10
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "A convolution's weight has four axes. Which matrix does it become, with one row for each output channel? Which of its sizes does u have?",
    "Repeat: v = Wᵀu / ‖Wᵀu‖, u = Wv / ‖Wv‖. Then σ = uᵀWv, one number, and the result is weight / σ, of the weight's own shape. u and v "
    "count as constants, σ does not.",
    """
    W: the weight with all axes but the first made one
    without gradients, as often as asked: v from Wᵀ and u, made length 1; u from W and v, made length 1
    sigma from u, W and v, with gradients
    return the weight, in its own shape, divided by sigma, and u
    """,
)


def normalised(weight: Tensor, u: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
    """weight / σ(W) after some steps of power iteration from u, and the u to begin with next time."""
    W = weight.flatten(1)
    with torch.no_grad():
        for _ in range(iterations):
            v = W.T @ u
            v = v / v.norm()
            u = W @ v
            u = u / u.norm()
    return weight / (u @ W @ v), u


reference = normalised


def variant(*, matrix=lambda weight: weight.flatten(1), unit_v=True, unit_u=True, size=None, constant=False, fresh=False, keep=True):
    """The reference with one thing done otherwise."""

    def other(weight, u, iterations):
        W, first = matrix(weight), u
        with torch.no_grad():
            if fresh:
                u = torch.ones_like(u)
            for _ in range(iterations):
                v = W.T @ u
                v = v / v.norm() if unit_v else v
                u = W @ v
                u = u / u.norm() if unit_u else u
        sigma = size(W) if size else u @ W @ v
        return weight / (sigma.detach() if constant else sigma), (u if keep else first)

    return other


MISTAKES = (
    mistake(variant(size=lambda W: W.norm()), "That is the Frobenius norm, the root of the sum of all squares: it is larger than σ."),
    mistake(
        variant(size=lambda W: W.norm(dim=1).max()), "That is the longest row. The largest singular value is found over all directions."
    ),
    mistake(variant(size=lambda W: W.abs().max()), "That is the largest entry; asked is the largest singular value."),
    mistake(variant(unit_v=False), "v must have length 1, or σ = uᵀWv comes out too large."),
    mistake(variant(unit_u=False), "u must have length 1, or σ = uᵀWv comes out too large."),
    mistake(
        variant(fresh=True), "You begin from a u of your own: begin from the one that is handed in, or one iteration a step is not enough."
    ),
    mistake(variant(keep=False), "You give back the u that was handed in. The next call must begin where this one ended."),
    mistake(variant(constant=True), "σ is a constant here to the gradient: only u and v are; uᵀWv must carry W's graph."),
)


def pair(answer, *arguments):
    got = answer(*arguments)
    expect(isinstance(got, tuple) and len(got) == 2, expected="two tensors: the normalised weight and u", got=got)
    return got


@property_test("shape")
def keeps_the_shape(answer, case):
    weight, u = pair(answer, case.randn(5, 3, 4, 4), case.randn(5), 3)
    expect_shape(weight, (5, 3, 4, 4))
    expect_shape(u, (5,))


@property_test("by hand", points=2)
def diagonal(answer, case):
    W = torch.diag(torch.tensor([4.0, 1.0], device=case.device))
    got, u = pair(answer, W, torch.tensor([0.6, 0.8], device=case.device), 30)
    expect_close(got, W / 4, tol=1e-4, input="the matrix diag(4, 1), 30 iterations")
    expect_close(u.abs(), torch.tensor([1.0, 0.0], device=case.device), tol=1e-4, input="u for diag(4, 1), after 30 iterations")


@property_test("one iteration", points=3)
def from_the_given_u(answer, case):
    weight, u = case.randn(4, 2, 3, 3), case.randn(4)
    for got, expected in zip(pair(answer, weight, u, 1), normalised(weight, u, 1), strict=True):
        expect_close(got, expected, tol=1e-4, input="one iteration from a given u")


@property_test("gradient", points=2)
def gradient(answer, case):
    weight, direction = case.randn(3, 4).requires_grad_(True), case.randn(3, 4)
    u = case.randn(3)
    expect_gradient(pair(answer, weight, u, 3)[0], reaches={"the weight": weight})
    (got,) = torch.autograd.grad((pair(answer, weight, u, 60)[0] * direction).sum(), weight)
    (expected,) = torch.autograd.grad((normalised(weight, u, 60)[0] * direction).sum(), weight)
    expect_close(got, expected, tol=1e-3, input="the gradient of Σ c·(weight/σ) in the weight, at convergence")


@property_test("against the reference, torch.linalg", points=2)
def largest_singular_value(answer, case):
    got, _ = pair(answer, case.randn(6, 5, 2, 2), case.randn(6), 300)
    expect_close(torch.linalg.matrix_norm(got.flatten(1), 2).item(), 1.0, tol=1e-3, input="σ of the result, after 300 iterations")
