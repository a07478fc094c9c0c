"""07.2 implement: a sample through which a gradient can pass."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_shape, expect_type, mistake, property_test

TITLE = "A sample with a gradient"
KIND = "implement"
NOTEBOOK = "07_vae"
MINUTES = 5
DIFFICULTY = 1
POINTS = 8

HINTS = (
    "The randomness must not depend on mu and logvar. Where can it come from, and what do mu and logvar then do to it?",
    "z = mu + σ ε with ε ~ N(0, 1) of mu's shape, drawn from the generator; σ is the root of the variance, and logvar is log σ².",
    """
    draw noise: torch.randn of mu's shape from the given generator, on mu's device
    the standard deviation is the exponential of half of logvar
    noise times standard deviation, plus the mean
    """,
)


def reparameterise(mu: Tensor, logvar: Tensor, generator: torch.Generator) -> Tensor:
    """z ~ N(mu, exp(logvar)), as a differentiable function of both."""
    noise = torch.randn(mu.shape, generator=generator, device=mu.device)
    return mu + noise * torch.exp(logvar / 2)


reference = reparameterise


def noise(mu, generator):
    return torch.randn(mu.shape, generator=generator, device=mu.device)


def one_noise_for_all(mu, logvar, generator):
    return mu + torch.randn(mu.shape[1:], generator=generator, device=mu.device) * torch.exp(logvar / 2)


def without_gradient(mu, logvar, generator):
    return reparameterise(mu, logvar, generator).detach()


def std_without_gradient(mu, logvar, generator):
    return mu + noise(mu, generator) * torch.exp(logvar / 2).detach()


def uniform(mu, logvar, generator):
    return mu + torch.rand(mu.shape, generator=generator, device=mu.device) * torch.exp(logvar / 2)


def own_noise(mu, logvar, generator):
    return mu + torch.randn_like(mu) * torch.exp(logvar / 2)


MISTAKES = (
    mistake(std_without_gradient, "The gradient reaches mu but not logvar."),
    mistake(lambda m, v, g: m + noise(m, g) * v.exp(), "That multiplies by the variance. logvar is log σ²; σ is exp(logvar/2)."),
    mistake(lambda m, v, g: m + noise(m, g) * v, "logvar is a logarithm, and may be negative: σ = exp(logvar/2)."),
    mistake(lambda m, v, g: m, "That is the mean, not a sample: the decoder would never hear of the uncertainty, and the code could be as fine as it likes."),
    mistake(one_noise_for_all, "One noise for the whole batch: every image needs its own."),
    mistake(without_gradient, "The sample is cut off from mu and logvar: the decoder's part of the loss could not teach the encoder anything."),
    mistake(uniform, "torch.rand is uniform on [0, 1); the noise of a Gaussian comes from torch.randn."),
    mistake(own_noise, "The noise does not come from the generator, so the same seed does not give the same sample."),
    mistake(lambda m, v, g: m + noise(m, g) * torch.exp(-v / 2), "The sign of logvar is turned: a large variance must give a large spread."),
)  # fmt: skip


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.randn(2, 3), case.randn(2, 3), case.generator()), Tensor)


@property_test("shape")
def as_mu(answer, case):
    expect_shape(answer(case.randn(4, 3), case.randn(4, 3), case.generator()), (4, 3))


@property_test("the spread", points=2)
def mean_and_spread(answer, case):
    mu, logvar = torch.full((4000, 1), 3.0, device=case.device), torch.full((4000, 1), 1.3863, device=case.device)  # σ = 2
    z = answer(mu, logvar, case.generator())
    expect_shape(z, (4000, 1))
    expect_close(z.std().item(), 2.0, tol=0.15, input="the spread of 4000 samples with logvar = log 4")
    expect_close(z.mean().item(), 3.0, tol=0.2, input="the mean of 4000 samples with mu = 3")


@property_test("gradient", points=2)
def reaches_both(answer, case):
    mu, logvar = case.randn(3, 2).requires_grad_(), case.randn(3, 2).requires_grad_()
    expect_gradient(answer(mu, logvar, case.generator()), reaches={"mu": mu, "logvar": logvar})


@property_test("from the generator", points=1)
def same_seed_same_sample(answer, case):
    mu, logvar = case.randn(3, 2), case.randn(3, 2)
    first, second = answer(mu, logvar, case.generator()), answer(mu, logvar, case.generator())
    expect_close(second, first, tol=1e-6, input="twice with a generator of the same seed")
    rows = answer(torch.zeros(5, 2, device=case.device), torch.zeros(5, 2, device=case.device), case.generator())
    expect_shape(rows, (5, 2))
    expect(rows.std(0).min() > 0, expected="another sample for each of five equal images", got=rows)


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    mu, logvar = case.randn(6, 5), case.randn(6, 5)
    expect_close(answer(mu, logvar, case.generator()), reparameterise(mu, logvar, case.generator()), tol=1e-5)
