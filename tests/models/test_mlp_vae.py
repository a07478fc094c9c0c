"""The published network: its size, its initialisation, and that it trains."""

import pytest
import torch
from torch import nn

from course_lib.losses import elbo
from course_lib.models import MLPVAE


def test_the_published_layers():
    layers = [tuple(layer.weight.shape) for layer in MLPVAE().modules() if isinstance(layer, nn.Linear)]
    assert layers == [(200, 784), (200, 200), (100, 200), (200, 50), (200, 200), (784, 200)]


def test_glorot_initialisation():
    torch.manual_seed(0)
    model = MLPVAE()
    for layer in (layer for layer in model.modules() if isinstance(layer, nn.Linear)):
        out, inputs = layer.weight.shape
        out = out // 2 if layer is model.heads else out  # two layers in one
        limit = (6 / (out + inputs)) ** 0.5
        assert layer.weight.abs().max().item() == pytest.approx(limit, rel=0.01)
        assert layer.bias.eq(0).all()


def test_the_untrained_decoder_knows_the_mean_image():
    mean = torch.linspace(0, 1, 784).view(1, 28, 28)
    model = MLPVAE(mean_image=mean)
    with torch.no_grad():
        decoded = model.mean(model.decode(torch.zeros(1, 50)))
    assert torch.allclose(decoded[0], mean.clamp(1e-3, 1 - 1e-3), atol=1e-5)
    assert torch.equal(MLPVAE(4, 8, "gaussian", mean_image=mean).decoder[-1].bias, mean.flatten())


def test_several_z_for_each_image_are_decoded_as_they_are_one_by_one(generator):
    model, z = MLPVAE(4, 8), torch.randn(3, 2, 4, generator=generator)
    assert torch.allclose(model.decode(z)[2], model.decode(z[2]), atol=1e-6)


def test_it_learns_two_images():
    torch.manual_seed(0)
    x = torch.zeros(20, 1, 8, 8)
    x[::2, :, :4], x[1::2, :, :, 4:] = 1, 1
    model = MLPVAE(2, 32, size=8)
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(150):
        loss = -elbo(model, x).value.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 3  # log 2 to name the image, and little more; 64 log 2 = 44 to begin with
    assert (model.mean(model(x).parameters).round() == x).all()


@pytest.mark.bad_input
def test_a_mean_image_of_another_shape():
    with pytest.raises(ValueError, match=r"mean_image must have shape \(1, 28, 28\), got \(784,\)"):
        MLPVAE(mean_image=torch.zeros(784))
