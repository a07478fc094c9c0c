"""07.1 implement: the Kullback-Leibler divergence of a Gaussian from the standard normal, per dimension."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, mistake, property_test

TITLE = "The rate of every dimension"
KIND = "implement"
NOTEBOOK = "07_vae"
MINUTES = 6
DIFFICULTY = 1
POINTS = 7

HINTS = (
    "Which mu and logvar make q(z|x) equal to the prior? What must the divergence be there? Start with that case.",
    "Of one dimension: half of (mu² + σ² - log σ² - 1), where logvar is log σ². Shapes: (n, d), (n, d) -> (n, d); nothing is summed.",
    """
    the variance is the exponential of logvar
    add the squared mean and the variance
    take away logvar and one, halve
    """,
)


def kl_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) ‖ N(0, 1)) in nats, one number for each image and dimension."""
    return 0.5 * (mu.square() + logvar.exp() - logvar - 1)


reference = kl_standard_normal
MISTAKES = (
    mistake(lambda m, v: kl_standard_normal(m, v).sum(1), "Not summed, please: one number for each dimension. You will want to see which are used."),
    mistake(lambda m, v: kl_standard_normal(m, v).mean(1), "A mean over the latents is a hidden β of 1/d. Asked is one number for each dimension."),
    mistake(lambda m, v: 2 * kl_standard_normal(m, v), "The factor ½ is missing."),
    mistake(lambda m, v: -kl_standard_normal(m, v), "The sign is turned: a divergence is never negative. (−½(1 + log σ² − μ² − σ²) has the minus in front.)"),
    mistake(lambda m, v: 0.5 * (m.square() + v - v - 1), "The variance is exp(logvar). Without the exponential log σ² cancels, and the loss has no floor."),
    mistake(lambda m, v: 0.5 * (m.square() + (2 * v).exp() - 2 * v - 1), "That takes logvar for log σ. It is log σ², the logarithm of the variance."),
    mistake(lambda m, v: 0.5 * (m.square() + (v / 2).exp() - v - 1), "That is σ, exp(logvar/2), in the place of σ²."),
    mistake(lambda m, v: 0.5 * (m.square() + v.exp() - v), "The −1 is missing: where q is the prior the divergence must be 0."),
    mistake(lambda m, v: 0.5 * (m + v.exp() - v - 1), "The mean has to be squared."),
    mistake(lambda m, v: 0.5 * ((m.square() + 1) / v.exp() + v - 1), "That is KL(prior ‖ q), the other way round. The divergence is not symmetric; asked is KL(q ‖ prior)."),
)  # fmt: skip


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.randn(2, 3), case.randn(2, 3)), Tensor)


@property_test("shape")
def one_number_each(answer, case):
    expect_shape(answer(case.randn(4, 3), case.randn(4, 3)), (4, 3))


@property_test("by hand", points=3)
def three_cases(answer, case):
    mu = torch.tensor([[0.0, 2.0, 0.0]], device=case.device)
    logvar = torch.tensor([[0.0, 0.0, 1.0]], device=case.device)
    got = answer(mu, logvar)
    expect_close(got, torch.tensor([[0.0, 2.0, 0.359141]]), tol=1e-4, input="mu = 0, 2, 0 and logvar = 0, 0, 1")


@property_test("never negative", points=1)
def is_a_divergence(answer, case):
    got = answer(2 * case.randn(50, 4), 2 * case.randn(50, 4))
    expect_shape(got, (50, 4))
    expect_close(got.clamp(max=0), torch.zeros(50, 4), tol=1e-5, input="200 random mu and logvar")
    expect_close(
        float(answer(torch.ones(1, 1, device=case.device), torch.zeros(1, 1, device=case.device))),
        0.5,
        tol=1e-5,
        input="mu = 1, logvar = 0",
    )


@property_test("gradient", points=1)
def pulls_to_the_prior(answer, case):
    mu = torch.tensor([[1.5, -0.5]], device=case.device, requires_grad=True)
    logvar = torch.zeros(1, 2, device=case.device, requires_grad=True)
    gradients = torch.autograd.grad(answer(mu, logvar).sum(), (mu, logvar))
    expect_close(gradients[0], torch.tensor([[1.5, -0.5]]), tol=1e-5, input="the gradient at mu = 1.5, -0.5, with respect to mu")
    expect_close(gradients[1], torch.zeros(1, 2), tol=1e-5, input="the gradient at logvar = 0, with respect to logvar")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    mu, logvar = 2 * case.randn(6, 5), case.randn(6, 5)
    expect_close(answer(mu, logvar), kl_standard_normal(mu, logvar), tol=1e-4)
