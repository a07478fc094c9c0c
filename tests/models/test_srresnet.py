"""SRResNet and MSRResNet: the published sizes, the forward pass written out, what begins as what."""

import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm, conv2d, interpolate, leaky_relu, pixel_shuffle, prelu, relu

from course_lib.models import MSRResNet, SRResNet


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (SRResNet(), 1_549_462),
        (SRResNet(norm="none"), 1_549_462 - 33 * 2 * 64),
        (MSRResNet(), 1_517_571),
        (MSRResNet(channels=1, features=32, blocks=8, direct=True), 320 + 8 * 2 * 9_248 + 16 * 289),
    ],
)
def test_parameter_counts_are_the_published_ones(network, parameters):
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@torch.no_grad()
def test_the_network_of_2017_written_out():
    torch.manual_seed(0)
    network = SRResNet(scale=4, features=5, blocks=2).eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    weights, y = iter(network.state_dict().values()), torch.rand(1, 3, 6, 5)

    def convolve(a):
        weight, bias = next(weights), next(weights)
        return conv2d(a, weight, bias, padding=weight.shape[-1] // 2)

    def normalise(a):
        scale, shift, mean, variance, _ = (next(weights) for _ in range(5))
        return batch_norm(a, mean, variance, scale, shift)

    first = a = prelu(convolve(y), next(weights))
    for _ in range(2):
        inner = prelu(normalise(convolve(a)), next(weights))
        a = a + normalise(convolve(inner))
    a = first + normalise(convolve(a))
    for _ in range(2):
        a = prelu(pixel_shuffle(convolve(a), 2), next(weights))
    torch.testing.assert_close(network(y), convolve(a), atol=1e-6, rtol=0)
    assert next(weights, None) is None


@torch.no_grad()
@pytest.mark.parametrize("direct", [False, True])
def test_the_modified_network_written_out(direct):
    torch.manual_seed(0)
    network = MSRResNet(scale=4, channels=1, features=5, blocks=2, direct=direct)
    weights, y = iter([(layer.weight, layer.bias) for layer in network.modules() if isinstance(layer, nn.Conv2d)]), torch.rand(1, 1, 6, 5)
    convolve = lambda a: conv2d(a, *next(weights), padding=1)  # noqa: E731
    a = leaky_relu(convolve(y), 0.1)
    for _ in range(2):
        a = a + convolve(relu(convolve(a)))
    if direct:
        a = pixel_shuffle(convolve(a), 4)
    else:
        for _ in range(2):
            a = leaky_relu(pixel_shuffle(convolve(a), 2), 0.1)
        a = convolve(leaky_relu(convolve(a), 0.1))
    expected = a + interpolate(y, scale_factor=4, mode="bilinear")
    torch.testing.assert_close(network(y), expected, atol=1e-6, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_it_starts_near_the_bilinear_enlargement(scale):
    torch.manual_seed(0)
    y = torch.rand(1, 3, 8, 8)
    up = interpolate(y, scale_factor=scale, mode="bilinear")
    assert (MSRResNet(scale)(y) - up).square().mean().sqrt() < 0.02


def test_normalisation_is_all_that_norm_changes():
    names = [[type(layer) for layer in SRResNet(features=4, blocks=1, norm=norm).modules()] for norm in ("batch", "none")]
    assert [kind for kind in names[0] if kind is not nn.BatchNorm2d] == names[1]
    assert names[0].count(nn.BatchNorm2d) == 3


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="norm must be 'batch' or 'none', got 'layer'"):
        SRResNet(norm="layer")
    for network in (SRResNet, MSRResNet):
        with pytest.raises(ValueError, match="at least 1 and blocks not negative; got 3, 64, -1"):
            network(blocks=-1)
