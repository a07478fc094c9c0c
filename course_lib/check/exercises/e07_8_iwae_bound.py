"""07.8 implement: the importance-weighted bound, from the logarithms of the weights."""

import math

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_shape, expect_type, mistake, property_test

TITLE = "The importance-weighted bound"
KIND = "implement"
NOTEBOOK = "07_vae"
MINUTES = 6
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Which comes first, the mean over the k samples or the logarithm? What becomes of exp(-800) in 32 bits?",
    "log (1/k Σ w_k) = logsumexp over the k samples of log w_k, minus log k. Shapes: (k, n) -> (n,).",
    """
    logsumexp along the samples, which are the rows
    take away the logarithm of their number
    """,
)


def importance_bound(log_weights: Tensor) -> Tensor:
    """log of the mean weight of each image, (k, n) to (n,), in nats."""
    return torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))


reference = importance_bound


def of_the_batch(w):
    return torch.logsumexp(w, dim=1) - math.log(w.shape[1])


MISTAKES = (
    mistake(lambda w: w.mean(0), "That is the mean of the logarithms, the ELBO whatever k is. The bound is the logarithm of the mean."),
    mistake(lambda w: w.exp().mean(0).log(), "Right on paper. But exp of -100 nats is 0 in 32 bits, and its logarithm -inf: use logsumexp."),
    mistake(lambda w: torch.logsumexp(w, dim=0), "Minus log k is missing: it makes the sum a mean. Without it the bound rises with k for nothing."),
    mistake(of_the_batch, "The wrong axis: samples are the rows, images the columns. Weights of different images must not be mixed."),
    mistake(lambda w: importance_bound(w).mean(), "One bound for each image is asked for, (n,), not the mean of the batch."),
    mistake(lambda w: w.amax(0), "That is the largest weight. With k samples it may count for k times too much."),
    mistake(lambda w: (torch.softmax(w, 0) * w).sum(0), "That is a mean of the logarithms, weighted: the form in which the *gradient* of the bound comes. It is not the bound."),
    mistake(lambda w: -importance_bound(w), "The sign is turned: a bound on log p(x), not on the negative logarithm."),
    mistake(lambda w: torch.logsumexp(w, dim=0) / len(w), "Dividing by k has to happen under the logarithm: outside it is minus log k."),
)  # fmt: skip


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.randn(3, 2)), Tensor)


@property_test("shape")
def one_for_each_image(answer, case):
    expect_shape(answer(case.randn(5, 3)), (3,))


@property_test("by hand", points=3)
def two_weights(answer, case):
    w = torch.tensor([[1.0, 2.0], [3.0, 2.0]], device=case.device).log()
    expect_close(
        answer(w),
        torch.tensor([0.693147, 0.693147]),
        tol=1e-4,
        input="the weights 1 and 3 for one image, 2 and 2 for another: both have the mean 2",
    )


@property_test("far down", points=2)
def does_not_underflow(answer, case):
    w = torch.tensor([[-800.0], [-801.0]], device=case.device)
    expect_close(answer(w), torch.tensor([-800.379883]), tol=1e-3, input="log-weights of -800 and -801")


@property_test("one sample is the ELBO", points=1)
def of_one(answer, case):
    w = case.randn(1, 4) - 90
    expect_close(answer(w), w[0], tol=1e-4, input="k = 1")


@property_test("never below the ELBO", points=1)
def jensen(answer, case):
    w = 3 * case.randn(6, 5) - 50
    got = answer(w)
    expect_shape(got, (5,))
    expect((got >= w.mean(0) - 1e-4).all(), expected="at least the mean of the log-weights, by Jensen", got=got)
    expect((got <= w.amax(0) + 1e-4).all(), expected="at most the largest log-weight", got=got)


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    w = 5 * case.randn(20, 7) - 100
    expect_close(answer(w), importance_bound(w), tol=1e-3)
