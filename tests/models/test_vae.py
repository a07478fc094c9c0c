"""What all VAEs share: likelihoods, samples, the learned width."""

import math

import pytest
import torch

from course_lib.losses import bernoulli_log_likelihood, discretised_logistic_log_likelihood, gaussian_log_likelihood
from course_lib.models import MLPVAE, VAE, ConvVAE


def test_each_likelihood_is_the_one_it_says(generator):
    x, parameters = torch.rand(2, 3, 1, 28, 28, generator=generator).unbind()
    model = MLPVAE(4, 8, "gaussian")
    assert torch.allclose(model.log_likelihood(x, parameters), gaussian_log_likelihood(x, parameters, 0.1), rtol=1e-5)
    model = MLPVAE(4, 8, "discretised_logistic")
    assert torch.allclose(model.log_likelihood(x, parameters), discretised_logistic_log_likelihood(x, parameters, math.log(0.1)), rtol=1e-5)
    assert torch.equal(MLPVAE(4, 8).log_likelihood(x.round(), parameters), bernoulli_log_likelihood(x.round(), parameters))
    grey = MLPVAE(4, 8, grey_targets=True).log_likelihood(x, parameters)
    assert torch.equal(grey, bernoulli_log_likelihood(x, parameters, grey_targets=True))


@pytest.mark.parametrize("likelihood", ["gaussian", "discretised_logistic"])
def test_the_width_is_learned(likelihood):
    """On pixels that miss their mean by 0.3, the likelihood pulls the width up from 0.1."""
    model, x = MLPVAE(4, 8, likelihood), torch.full((2, 1, 28, 28), 0.6)
    model.log_likelihood(x, torch.full_like(x, 0.3)).sum().backward()
    assert model.log_scale.grad > 0
    assert "log_scale" not in dict(MLPVAE(4, 8).named_parameters())


def test_the_mean_is_an_image(generator):
    parameters = 3 * torch.randn(2, 1, 28, 28, generator=generator)
    assert torch.equal(MLPVAE(4, 8).mean(parameters), parameters.sigmoid())
    assert torch.equal(MLPVAE(4, 8, "gaussian").mean(parameters), parameters.clamp(0, 1))


def test_samples_come_from_the_prior_in_parts_of_any_number():
    model = ConvVAE(latent_dim=3, features=2)
    z = torch.randn(501, 3, generator=torch.Generator().manual_seed(2))
    samples = model.sample(501, torch.Generator().manual_seed(2))
    assert torch.allclose(samples, model.mean(model.decode(z)), atol=1e-6)
    assert not samples.requires_grad


@pytest.mark.bad_input
class TestBadInput:
    def test_settings(self):
        with pytest.raises(ValueError, match="likelihood must be 'bernoulli', 'gaussian' or 'discretised_logistic', got 'poisson'"):
            MLPVAE(likelihood="poisson")
        with pytest.raises(ValueError, match="latent_dim must be at least 1, got 0"):
            MLPVAE(latent_dim=0)
        with pytest.raises(ValueError, match="gaussian takes grey pixels anyway"):
            VAE((1, 4, 4), 2, "gaussian", grey_targets=True)

    @pytest.mark.parametrize("model", [MLPVAE(4, 8), ConvVAE(latent_dim=4, features=2)], ids=["mlp", "conv"])
    def test_images_and_latents(self, model):
        with pytest.raises(ValueError, match=r"x must hold images of 1×28×28.*got shape \(2, 1, 32, 32\)"):
            model.encode(torch.zeros(2, 1, 32, 32))
        with pytest.raises(ValueError, match=r"got shape \(1, 28, 28\)"):
            model.encode(torch.zeros(1, 28, 28))
        with pytest.raises(TypeError, match=r"x must be a floating-point tensor.*got torch.uint8"):
            model.encode(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))
        with pytest.raises(TypeError, match="got NoneType"):
            model(None)
        with pytest.raises(ValueError, match=r"z must be of shape.*latent_dim = 4, got shape \(2, 5\)"):
            model.decode(torch.zeros(2, 5))
        with pytest.raises(ValueError, match=r"got shape \(4,\)"):
            model.decode(torch.zeros(4))
        with pytest.raises(ValueError, match="zeros and ones only"):
            model.log_likelihood(torch.full((1, 1, 28, 28), 0.5), torch.zeros(1, 1, 28, 28))
