"""Shapes at both sizes, and that an image's bound does not depend on its batch-mates."""

import pytest
import torch

from course_lib.losses import elbo
from course_lib.models import ConvVAE


@pytest.mark.parametrize("size", [28, 32])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes(size, channels, generator):
    model = ConvVAE(size, latent_dim=5, features=2, channels=channels, likelihood="gaussian", hidden=8)
    x = torch.rand(3, channels, size, size, generator=generator)
    mu, logvar, z, parameters = model(x, generator)
    assert mu.shape == logvar.shape == z.shape == (3, 5)
    assert parameters.shape == x.shape
    assert model.decode(torch.zeros(2, 4, 3, 5)).shape == (2, 4, 3, channels, size, size)


def test_several_z_for_each_image_are_decoded_as_they_are_one_by_one(generator):
    model, z = ConvVAE(latent_dim=4, features=2), torch.randn(3, 2, 4, generator=generator)
    assert torch.allclose(model.decode(z)[2], model.decode(z[2]), atol=1e-6)


def test_every_image_and_every_parameter_matters(generator):
    model = ConvVAE(latent_dim=4, features=2)
    x = torch.rand(3, 1, 28, 28, generator=generator).round().requires_grad_()
    mu, _ = model.encode(x)
    mu[1].sum().backward()
    assert x.grad[1].abs().sum() > 0
    assert x.grad[[0, 2]].eq(0).all()
    elbo(model, x.detach()).value.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.bad_input
def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="size must be 28 or 32 pixels, got 64"):
        ConvVAE(64)
