"""SRCNN: the published sizes, the layers as the paper has them, and the start."""

import pytest
import torch
from torch.nn.functional import conv2d, pad

from course_lib.models import SRCNN
from course_lib.resample import imresize


@pytest.mark.parametrize(("kernels", "parameters"), [((9, 1, 5), 8_129), ((9, 3, 5), 24_513), ((9, 5, 5), 57_281)])
def test_parameter_counts_are_the_published_ones(kernels, parameters):
    assert sum(parameter.numel() for parameter in SRCNN(kernels=kernels).parameters()) == parameters


@torch.no_grad()
def test_it_is_interpolation_and_three_convolutions():
    torch.manual_seed(0)
    network, y = SRCNN(scale=2, kernels=[3, 1, 5], features=[5, 4]), torch.rand(2, 1, 7, 6)
    x = imresize(y, 2)
    for number, (layer, side) in enumerate(zip(network.layers[::2], (3, 1, 5), strict=True)):
        x = conv2d(pad(x, [side // 2] * 4, mode="replicate"), layer.weight, layer.bias)
        x = x.relu() if number < 2 else x
    torch.testing.assert_close(network(y), x, atol=1e-6, rtol=0)


@torch.no_grad()
def test_it_starts_near_the_interpolation():
    torch.manual_seed(0)
    y = torch.rand(1, 1, 12, 12)
    network, up = SRCNN(scale=3), imresize(y, 3)
    # the single map is a ReLU's: what interpolation undershoots below 0 is cut
    assert (network(y) - up.relu()).square().mean().sqrt() < 0.1
    # and every map has a say from the first step on
    assert (network.layers[4].weight.abs().amax((2, 3)) > 1e-4).all()


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match=r"kernels must be three odd numbers, as \(9, 5, 5\); got \(9, 4, 5\)"):
        SRCNN(kernels=(9, 4, 5))
    with pytest.raises(ValueError, match="kernels must be three odd numbers"):
        SRCNN(kernels=(9, 5))
    with pytest.raises(ValueError, match=r"features must be two numbers.*got \(64,\) and 1"):
        SRCNN(features=(64,))
