"""The bound and its parts: against closed forms, torch.distributions, scipy and finite differences."""

import math
import sys

import numpy as np
import pytest
import scipy.stats
import torch
from torch import nn

from course_lib.losses import (
    bernoulli_log_likelihood,
    discretised_logistic_log_likelihood,
    elbo,
    gaussian_log_likelihood,
    iwae_bound,
    kl_standard_normal,
    log_weights,
    reparameterise,
)
from course_lib.models import MLPVAE


class LinearGaussian(nn.Module):
    """x = W z + b + σ n with orthogonal columns in W, so that the exact posterior is a diagonal Gaussian; `shift` and `widen` spoil it."""

    sigma = 0.5

    def __init__(self, shift=0.0, widen=0.0):
        super().__init__()
        rotation = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1)))[0]
        self.W = nn.Parameter(rotation[:, :2] * torch.tensor([1.5, 0.4]))
        self.b = nn.Parameter(torch.linspace(-1, 1, 6, dtype=torch.float64))
        self.shift, self.widen = shift, widen

    def encode(self, x):
        precision = 1 + self.W.square().sum(0) / self.sigma**2
        mu = (x.flatten(1) - self.b) @ self.W / self.sigma**2 / precision
        return mu + self.shift, (-precision.log() + self.widen).expand_as(mu)

    def decode(self, z):
        return (z @ self.W.T + self.b).unflatten(-1, (1, 2, 3))

    def log_likelihood(self, x, parameters):
        return gaussian_log_likelihood(x, parameters, self.sigma)

    def log_density(self, x):
        covariance = self.W @ self.W.T + self.sigma**2 * torch.eye(6)
        normal = scipy.stats.multivariate_normal(self.b.detach().numpy(), covariance.detach().numpy())
        return torch.from_numpy(np.atleast_1d(normal.logpdf(x.flatten(1).numpy())))


@pytest.fixture
def x(generator):
    return torch.randn(7, 1, 2, 3, dtype=torch.float64, generator=generator)


def test_the_elbo_at_the_optimum_is_the_log_density(x, monkeypatch):
    """The distortion is quadratic in the noise, so its mean over the four points ±√2 e_i is the exact expectation."""
    model = LinearGaussian()
    points = math.sqrt(2) * torch.cat([torch.eye(2), -torch.eye(2)]).double().repeat(len(x), 1)
    module = sys.modules["course_lib.losses.elbo"]  # the function of that name hides the module
    monkeypatch.setattr(module, "_noise_like", lambda mu, generator: points)
    value, distortion, rate = elbo(model, x.repeat_interleave(4, dim=0))
    assert torch.allclose(value.view(-1, 4).mean(1), model.log_density(x), rtol=0, atol=1e-5)
    assert torch.allclose(value, -distortion - rate.sum(1))
    spoilt = elbo(LinearGaussian(shift=0.3), x.repeat_interleave(4, dim=0)).value.view(-1, 4).mean(1)
    assert (spoilt < model.log_density(x) - 0.01).all()


def test_at_the_optimum_every_importance_weight_is_p_of_x(x, generator):
    log_w = log_weights(LinearGaussian(), x, 3, generator=generator)
    assert torch.allclose(log_w, LinearGaussian().log_density(x).expand(3, -1), rtol=0, atol=1e-5)


def test_the_gradient_of_the_elbo_at_the_optimum_is_that_of_the_log_density(x):
    """Kingma and Welling's estimator without bias: its mean over many samples against autograd through the density."""
    model = LinearGaussian()
    value = elbo(model, x.repeat_interleave(20_000, dim=0), generator=torch.Generator().manual_seed(3)).value
    value.mean().backward()
    covariance = model.W @ model.W.T + model.sigma**2 * torch.eye(6)
    density = torch.distributions.MultivariateNormal(model.b, covariance).log_prob(x.flatten(1)).mean()
    exact_W, exact_b = torch.autograd.grad(density, [model.W, model.b])
    assert torch.allclose(model.b.grad, exact_b, atol=0.02)
    assert torch.allclose(model.W.grad, exact_W, atol=0.05)


def test_the_bound_of_one_sample_is_the_elbo_in_expectation(x):
    model, many = LinearGaussian(shift=0.3, widen=0.5), x.repeat_interleave(4000, dim=0)
    bound = iwae_bound(model, many, 1, generator=torch.Generator().manual_seed(0)).view(-1, 4000)
    value = elbo(model, many, generator=torch.Generator().manual_seed(1)).value.view(-1, 4000)
    error = ((bound.var(1) + value.var(1)) / 4000).sqrt()
    assert ((bound.mean(1) - value.mean(1)).abs() < 4 * error).all()


def test_the_bound_grows_with_k_towards_log_p(x):
    model, many = LinearGaussian(shift=0.5, widen=0.7), x[:2].repeat_interleave(2000, dim=0)
    exact = model.log_density(x[:2])
    means = [iwae_bound(model, many, k, generator=torch.Generator().manual_seed(k)).view(2, 2000).mean(1) for k in (1, 2, 5, 20, 200)]
    gaps = torch.stack([exact - mean for mean in means])
    assert (gaps[1:] < gaps[:-1]).all()
    assert (gaps[0] > 0.3).all()
    assert (gaps[-1] < 0.02).all()


def test_the_bound_is_the_log_of_the_mean_of_the_weights(x):
    model = LinearGaussian(shift=0.5)
    log_w = log_weights(model, x, 6, generator=torch.Generator().manual_seed(0))
    bound = iwae_bound(model, x, 6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(bound, log_w.exp().mean(0).log())
    assert (bound > log_w.mean(0)).all()


def test_kl_against_torch_distributions(generator):
    mu, logvar = torch.randn(2, 50, 8, dtype=torch.float64, generator=generator).unbind()
    q = torch.distributions.Normal(mu, (logvar / 2).exp())
    expected = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0))
    assert (kl_standard_normal(mu, logvar) - expected).abs().max() < 1e-6


def test_kl_is_nothing_on_the_prior_and_positive_elsewhere(generator):
    assert kl_standard_normal(torch.zeros(1, 3), torch.zeros(1, 3)).eq(0).all()
    mu, logvar = torch.randn(2, 50, 8, generator=generator).unbind()
    assert (kl_standard_normal(mu, logvar) > 0).all()


def test_samples_have_the_mean_and_the_variance_asked_for(generator):
    mu, logvar = torch.tensor([2.0, -1.0]), torch.tensor([0.0, -2.0])
    z = reparameterise(mu.expand(200_000, 2), logvar.expand(200_000, 2), generator)
    assert torch.allclose(z.mean(0), mu, atol=0.01)
    assert torch.allclose(z.var(0).log(), logvar, atol=0.02)


def test_reparameterised_gradients_against_finite_differences():
    mu, logvar = torch.tensor([[0.3, -1.2]], dtype=torch.float64), torch.tensor([[0.1, -0.7]], dtype=torch.float64)

    def f(mu, logvar):
        z = reparameterise(mu, logvar, torch.Generator().manual_seed(5))
        return (z**3 + z.sin()).sum()

    assert torch.autograd.gradcheck(f, [mu.requires_grad_(), logvar.requires_grad_()], eps=1e-6, atol=1e-6)


def test_a_cpu_generator_gives_the_same_noise_every_time(generator):
    mu = torch.zeros(3, 2)
    first = reparameterise(mu, mu, torch.Generator().manual_seed(4))
    assert torch.equal(first, reparameterise(mu, mu, torch.Generator().manual_seed(4)))
    assert not torch.equal(first, reparameterise(mu, mu, generator))


def test_bernoulli_against_torch_distributions(generator):
    x = torch.rand(5, 1, 4, 4, dtype=torch.float64, generator=generator).round()
    logits = 3 * torch.randn(6, 5, 1, 4, 4, dtype=torch.float64, generator=generator)
    expected = torch.distributions.Bernoulli(logits=logits).log_prob(x).sum((-3, -2, -1))
    assert torch.allclose(bernoulli_log_likelihood(x, logits), expected, rtol=1e-12)
    grey = torch.rand(5, 1, 4, 4, dtype=torch.float64, generator=generator)
    entropy = nn.functional.binary_cross_entropy_with_logits(logits[0], grey, reduction="none").sum((1, 2, 3))
    assert torch.allclose(bernoulli_log_likelihood(grey, logits[0], grey_targets=True), -entropy)


def test_bernoulli_does_not_overflow():
    x = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    logits = torch.tensor([1e4, -1e4]).view(1, 1, 1, 2).requires_grad_()
    value = bernoulli_log_likelihood(x, logits)
    value.backward()
    assert value.item() == -2e4
    assert logits.grad.flatten().tolist() == [-1, 1]


def test_gaussian_against_torch_distributions(generator):
    x = torch.randn(5, 1, 4, 4, dtype=torch.float64, generator=generator)
    mean = torch.randn(3, 5, 1, 4, 4, dtype=torch.float64, generator=generator)
    expected = torch.distributions.Normal(mean, 0.3).log_prob(x).sum((-3, -2, -1))
    assert torch.allclose(gaussian_log_likelihood(x, mean, 0.3), expected, rtol=1e-12)
    assert torch.allclose(gaussian_log_likelihood(x, mean, torch.tensor(0.3, dtype=torch.float64)), expected, rtol=1e-12)


@pytest.mark.parametrize("log_scale", [-8.0, -5.5, -3.0, -1.0, 1.0])
@pytest.mark.parametrize("mean", [-0.2, 0.0, 0.3, 0.5005, 1.0, 1.4])
def test_the_256_levels_of_the_discretised_logistic_add_up_to_one(mean, log_scale):
    levels = (torch.arange(256, dtype=torch.float64) / 255).view(256, 1, 1, 1)
    log_p = discretised_logistic_log_likelihood(levels, torch.full_like(levels, mean), log_scale)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)
    assert log_p.isfinite().all()


def test_the_discretised_logistic_against_scipy():
    levels, scale = np.arange(1, 255) / 255, np.exp(-2.5)
    logistic = scipy.stats.logistic(0.4, scale)
    expected = np.log(logistic.cdf(levels + 1 / 510) - logistic.cdf(levels - 1 / 510))
    x = torch.from_numpy(levels).view(-1, 1, 1, 1)
    assert np.allclose(discretised_logistic_log_likelihood(x, torch.full_like(x, 0.4), -2.5).numpy(), expected, rtol=1e-9)


def test_the_discretised_logistic_pulls_from_far_away():
    mean = torch.tensor(1.0).view(1, 1, 1, 1).requires_grad_()
    log_p = discretised_logistic_log_likelihood(torch.zeros(1, 1, 1, 1) + 5 / 255, mean, -6.0)
    log_p.backward()
    assert log_p.isfinite()
    assert mean.grad.item() == pytest.approx(-math.exp(6), rel=1e-3)  # the slope of a logistic tail


def test_beta_weighs_the_rate_only(x):
    model = LinearGaussian(shift=0.5)
    one, four = (elbo(model, x, beta=beta, generator=torch.Generator().manual_seed(0)) for beta in (1.0, 4.0))
    assert torch.equal(one.distortion, four.distortion)
    assert torch.allclose(one.value - four.value, 3 * one.rate.sum(1))


@pytest.mark.bad_input
class TestBadInput:
    def test_grey_pixels_for_a_bernoulli_likelihood(self):
        grey = torch.full((1, 1, 2, 2), 0.5)
        with pytest.raises(ValueError, match=r"x must hold zeros and ones only.*0.5 to 0.5.*torch.bernoulli"):
            bernoulli_log_likelihood(grey, grey)
        with pytest.raises(ValueError, match=r"x must be in \[0, 1\].*from 1.5"):
            bernoulli_log_likelihood(grey * 3, grey, grey_targets=True)
        with pytest.raises(ValueError, match="zeros and ones only"):
            bernoulli_log_likelihood(grey * float("nan"), grey)
        with pytest.raises(ValueError, match="zeros and ones only"):
            elbo(MLPVAE(), torch.full((1, 1, 28, 28), 0.5))

    def test_shapes_that_do_not_fit(self):
        x = torch.zeros(2, 1, 4, 4)
        with pytest.raises(ValueError, match=r"logits must have the shape of x.*\(2, 16\)"):
            bernoulli_log_likelihood(x, torch.zeros(2, 16))
        with pytest.raises(ValueError, match="mean must have the shape of x"):
            gaussian_log_likelihood(x, torch.zeros(2, 1, 4, 5), 1.0)
        with pytest.raises(ValueError, match="mean must have the shape of x"):
            discretised_logistic_log_likelihood(x, torch.zeros(3, 1, 4, 4), 0.0)
        for function in (kl_standard_normal, reparameterise):
            with pytest.raises(ValueError, match=r"mu and logvar must have the same shape.*\(2, 3\) and \(2, 1\)"):
                function(torch.zeros(2, 3), torch.zeros(2, 1))

    def test_values_out_of_range(self):
        x = torch.zeros(2, 1, 4, 4)
        with pytest.raises(ValueError, match="sigma must be positive, got -1"):
            gaussian_log_likelihood(x, x, -1.0)
        with pytest.raises(ValueError, match=r"x must be in \[0, 1\] for a discretised likelihood"):
            discretised_logistic_log_likelihood(x - 1, x, 0.0)
        with pytest.raises(ValueError, match="beta must not be negative, got -1"):
            elbo(MLPVAE(), torch.zeros(1, 1, 28, 28), beta=-1)
        with pytest.raises(ValueError, match="k must be at least 1, got 0"):
            iwae_bound(MLPVAE(), torch.zeros(1, 1, 28, 28), 0)
