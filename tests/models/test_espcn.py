"""ESPCN: the published sizes, the pixel shuffle, and its equality with a transposed convolution."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv_transpose2d, pad

from course_lib.models import ESPCN
from course_lib.models.espcn import pixel_shuffle, transposed_weights


@pytest.mark.parametrize(("scale", "parameters"), [(2, 21_284), (3, 22_729), (4, 24_752)])
def test_parameter_counts_are_the_published_ones(scale, parameters):
    assert sum(parameter.numel() for parameter in ESPCN(scale).parameters()) == parameters


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixel_shuffle_is_torchs(scale, channels):
    maps = torch.rand(2, channels * scale**2, 4, 5)
    assert torch.equal(pixel_shuffle(maps, scale), nn.functional.pixel_shuffle(maps, scale))


@torch.no_grad()
@pytest.mark.parametrize(("scale", "channels", "side"), [(2, 1, 3), (3, 1, 3), (4, 3, 3), (3, 2, 5), (2, 3, 1)])
def test_a_sub_pixel_convolution_is_a_transposed_convolution(scale, channels, side):
    torch.manual_seed(0)
    head = nn.Conv2d(6, channels * scale**2, side, padding=side // 2)
    maps = torch.randn(2, 6, 5, 4)
    weight, bias = transposed_weights(head, scale)
    assert weight.shape == (6, channels, scale * side, scale * side)
    other = conv_transpose2d(maps, weight, stride=scale, padding=scale * (side - 1) // 2) + bias.repeat(1, 1, 5, 4)
    torch.testing.assert_close(other, pixel_shuffle(head(maps), scale), atol=1e-6, rtol=0)


@torch.no_grad()
def test_the_network_with_its_head_replaced_is_the_network():
    torch.manual_seed(0)
    network, y = ESPCN(3), torch.rand(1, 1, 9, 8)
    maps = pad(network.layers(y), [1] * 4, mode="replicate")
    weight, bias = transposed_weights(network.head, 3)
    other = conv_transpose2d(maps, weight, stride=3, padding=3)[..., 3:-3, 3:-3] + bias.repeat(1, 1, 9, 8)
    torch.testing.assert_close(other, network(y), atol=1e-6, rtol=0)


@torch.no_grad()
def test_there_is_no_activation_on_the_output():
    network = ESPCN(2)
    nn.init.constant_(network.head.bias, 5.0)
    assert (network(torch.rand(1, 1, 4, 4)) > 2).all()


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="maps must be a multiple of scale² in number; got 6 maps and a scale of 2"):
        pixel_shuffle(torch.zeros(1, 6, 4, 4), 2)
    with pytest.raises(ValueError, match="got 4 maps and a scale of 0"):
        pixel_shuffle(torch.zeros(1, 4, 4, 4), 0)
    with pytest.raises(ValueError, match="features must be at least 2 and channels at least 1; got 1 and 1"):
        ESPCN(features=1)
