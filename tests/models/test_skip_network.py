"""The skip network: the published size, what passes by, what it demands of its input."""

import pytest
import torch
from torch import nn

from course_lib.models import SkipNetwork


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_parameter_counts():
    assert count(SkipNetwork(channels=3)) == 2_217_831  # as the authors' denoising notebook prints it
    # by hand, for one level of 8 channels on an input of 4: down, skip, up with its norm, last
    down = (4 * 9 + 1) * 8 + 16 + (8 * 9 + 1) * 8 + 16
    skip = (4 + 1) * 2 + 4
    up = 2 * 10 + (10 * 9 + 1) * 8 + 16 + (8 + 1) * 8 + 16
    assert count(SkipNetwork(input_depth=4, features=8, skip_features=2, levels=1)) == down + skip + up + 8 + 1


@pytest.mark.parametrize(("channels", "levels", "size"), [(1, 1, (4, 6)), (3, 3, (16, 24))])
def test_output_has_the_height_and_width_of_the_input_and_lies_in_the_open_unit_interval(channels, levels, size):
    torch.manual_seed(0)
    x_hat = SkipNetwork(channels, input_depth=5, features=6, levels=levels)(torch.randn(2, 5, *size))
    assert x_hat.shape == (2, channels, *size)
    assert x_hat.min() > 0
    assert x_hat.max() < 1


@pytest.mark.parametrize("skip_features", [0, 4])
def test_gradient_reaches_every_parameter(skip_features):
    torch.manual_seed(0)
    network = SkipNetwork(input_depth=3, features=6, skip_features=skip_features, levels=2)
    (network(torch.rand(1, 3, 16, 16)) * torch.rand(1, 1, 16, 16)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    # a bias before batch normalisation is subtracted again: its gradient is zero but for rounding
    weights = [parameter for name, parameter in network.named_parameters() if name.endswith("weight")]
    assert all(weight.grad.abs().max() > 1e-7 for weight in weights)


@torch.no_grad()
def test_only_the_skip_carries_single_pixels():
    """A checkerboard, which the bilinear upsampling cannot make, reaches the output by the skip alone."""
    torch.manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    z = ((-1.0) ** (rows + columns)).expand(1, 1, 16, 16)
    network = SkipNetwork(input_depth=1, features=4, skip_features=4, levels=1).eval()
    deep = network.upsample(network.down[0](z))
    deep = deep[..., 4:-4, 4:-4]
    skip = network.skip[0](z)[..., 4:-4, 4:-4]
    assert deep.std(dim=(-2, -1)).max() < 1e-5
    assert skip.std(dim=(-2, -1)).max() > 0.01


def test_every_halving_and_doubling_is_there():
    network = SkipNetwork(levels=5, features=2)
    strides = [layer.stride[0] for block in network.down for layer in block if isinstance(layer, nn.Conv2d)]
    assert strides == [2, 1] * 5
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert all(layer.bias is not None for layer in convolutions)
    assert all(layer.padding_mode == "reflect" for layer in convolutions[:-1])  # the last is 1×1 and needs no border
    assert {layer.negative_slope for layer in network.modules() if isinstance(layer, nn.LeakyReLU)} == {0.2}


@pytest.mark.bad_input
def test_bad_input():
    network = SkipNetwork(input_depth=4, features=2, levels=2)
    with pytest.raises(ValueError, match=r"z has 3 channels \(shape \(1, 3, 8, 8\)\); this network was made for 4"):
        network(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="multiple of 4 pixels high and wide, and at least 8, for 2 levels; got 8×10"):
        network(torch.zeros(1, 4, 8, 10))
    with pytest.raises(ValueError, match="got 4×8"):
        network(torch.zeros(1, 4, 4, 8))
    with pytest.raises(ValueError, match="levels must be at least 1"):
        SkipNetwork(levels=0)
