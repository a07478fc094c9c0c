"""NLL by importance sampling on a model whose log density is known, and active units on encoders whose units are."""

import math

import pytest
import torch
from torch import nn

from course_lib.losses import gaussian_log_likelihood, log_weights
from course_lib.metrics import active_units, negative_log_likelihood
from course_lib.models import MLPVAE


class Linear(nn.Module):
    """x = z w + n with one latent and four pixels; the encoder is off, so that the weights vary."""

    def __init__(self, sigma=0.7):
        super().__init__()
        self.w, self.sigma = nn.Parameter(torch.tensor([1.0, -0.5, 2.0, 0.1])), sigma

    def encode(self, x):
        mu = x.flatten(1) @ self.w[:, None] / (self.w.square().sum() + self.sigma**2)
        return mu + 0.1, torch.full_like(mu, math.log(self.sigma**2 / (self.w.square().sum().item() + self.sigma**2)) + 0.5)

    def decode(self, z):
        return (z * self.w).unflatten(-1, (1, 2, 2))

    def log_likelihood(self, x, parameters):
        return gaussian_log_likelihood(x, parameters, self.sigma)


def test_against_a_closed_form(generator):
    model, x = Linear(), torch.randn(20, 1, 2, 2, generator=generator)
    covariance = torch.outer(model.w, model.w) + model.sigma**2 * torch.eye(4)
    exact = -torch.distributions.MultivariateNormal(torch.zeros(4), covariance).log_prob(x.flatten(1))
    nll = negative_log_likelihood(model, x, samples=5000, generator=generator)
    assert nll.dtype == torch.float64
    assert (nll - exact).abs().max() < 0.05
    assert (nll - exact).mean().abs() < 0.01
    loose = negative_log_likelihood(model, x.repeat(200, 1, 1, 1), samples=1, generator=generator).mean()
    assert loose > exact.mean() + 0.05  # one sample gives the ELBO


def test_it_is_minus_the_log_of_the_mean_of_the_weights():
    torch.manual_seed(0)
    model, x = MLPVAE(4, 8, size=6), torch.rand(3, 1, 6, 6).round()
    log_w = log_weights(model, x, 40, generator=torch.Generator().manual_seed(1)).double()
    nll = negative_log_likelihood(model, x, samples=40, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(nll, math.log(40) - log_w.logsumexp(0), rtol=1e-6)


def test_parts_make_no_difference(monkeypatch, generator):
    """A model of one certain latent: every weight of an image is the same, however the work is cut up."""
    model, x = Linear(), torch.randn(7, 1, 2, 2, generator=generator)
    whole = negative_log_likelihood(model, x, samples=2000, generator=generator)
    monkeypatch.setattr("course_lib.metrics.likelihood._PIXELS_AT_ONCE", 4 * 150)
    parts = negative_log_likelihood(model, x, samples=2000, generator=generator)
    assert torch.allclose(whole, parts, atol=0.1)
    assert torch.equal(negative_log_likelihood(model, x, samples=1999), negative_log_likelihood(model, x, samples=1999)) is False


def test_the_progress_bar_changes_nothing(capsys):
    x = torch.zeros(2, 1, 2, 2)
    with_bar = negative_log_likelihood(Linear(), x, samples=5, generator=torch.Generator().manual_seed(0), progress=True)
    assert "part" in capsys.readouterr().err
    assert torch.equal(with_bar, negative_log_likelihood(Linear(), x, samples=5, generator=torch.Generator().manual_seed(0)))


class Encoder(nn.Module):
    """The first two pixels are the means of two latents; the other two never move."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(()))

    def encode(self, x):
        mu = x.flatten(1) * torch.tensor([1.0, 0.5, 0.0, 0.05])
        return mu, torch.zeros_like(mu)


def test_active_units_are_those_that_move(generator):
    x = torch.randn(1200, 1, 2, 2, generator=generator)
    assert active_units(Encoder(), x) == 2
    assert active_units(Encoder(), x, threshold=0.001) == 3  # variance 0.0025
    assert active_units(Encoder(), x, threshold=0.5) == 1


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="samples must be at least 1, got 0"):
        negative_log_likelihood(Linear(), torch.zeros(2, 1, 2, 2), samples=0)
    with pytest.raises(ValueError, match=r"x must hold at least one image.*got shape \(0, 1, 2, 2\)"):
        negative_log_likelihood(Linear(), torch.zeros(0, 1, 2, 2))
    with pytest.raises(ValueError, match="zeros and ones only"):
        negative_log_likelihood(MLPVAE(), torch.full((1, 1, 28, 28), 0.5), samples=2)
    with pytest.raises(ValueError, match="at least two images to measure a variance, got 1"):
        active_units(Encoder(), torch.zeros(1, 1, 2, 2))
