"""FFDNet: the published size, the map, and any height and width."""

import pytest
import torch
from torch import nn

from course_lib.models import FFDNet
from course_lib.models.ffdnet import noise_level_map


def small(channels: int = 1) -> FFDNet:
    torch.manual_seed(0)
    return FFDNet(channels, depth=4, features=8)


def test_parameter_counts_are_the_published_ones():
    for network, parameters in ((FFDNet(), 485_316), (FFDNet(3, 12, 96), 852_108)):
        assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@torch.no_grad()
def test_unshuffle_and_shuffle_lose_nothing():
    network = FFDNet(3, depth=2, features=13)
    first, last = network.layers[0], network.layers[2]
    for layer in (first, last):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
        layer.weight[:12, :12, 1, 1] = torch.eye(12)
    y = torch.rand(2, 3, 8, 6)
    assert torch.equal(network(y, 25), y)


@torch.no_grad()
def test_a_number_a_vector_and_a_map_say_the_same():
    network, y = small(), torch.rand(2, 1, 10, 8)
    expected = network(y, 30)
    assert torch.equal(network(y, torch.tensor([30.0, 30.0])), expected)
    assert torch.equal(network(y, torch.full((2, 1, 10, 8), 30.0)), expected)
    assert torch.equal(network(y, torch.full((1, 1, 10, 8), 30.0)), expected)
    mixed = network(y, torch.tensor([30.0, 60.0]))
    assert torch.equal(mixed[0], expected[0])
    assert not torch.equal(mixed[1], expected[1])


@torch.no_grad()
def test_a_map_acts_where_it_is():
    network, y = small(), torch.rand(1, 1, 64, 64)
    levels = torch.full((1, 1, 64, 64), 10.0)
    levels[..., 32:] = 50
    mixed, low, high = network(y, levels), network(y, 10), network(y, 50)
    reach = 2 * 4  # four layers of radius 1 on cells of 2 pixels
    assert torch.equal(mixed[..., : 32 - reach], low[..., : 32 - reach])
    assert torch.equal(mixed[..., 32 + reach :], high[..., 32 + reach :])
    assert not torch.equal(mixed[..., 31:33], low[..., 31:33])


@torch.no_grad()
@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 8), (8, 7), (9, 5)])
def test_any_size(height, width):
    network = small(3)
    y = torch.rand(1, 3, height, width)
    assert network(y, 20).shape == y.shape
    even = nn.functional.pad(y, (0, width % 2, 0, height % 2), mode="replicate")
    assert torch.equal(network(y, 20), network(even, 20)[..., :height, :width])


def test_the_map_is_in_units_of_the_image():
    assert noise_level_map(51, torch.zeros(1, 3, 2, 2)).unique().item() == pytest.approx(0.2)


@pytest.mark.bad_input
def test_bad_input():
    network, y = small(), torch.zeros(2, 1, 8, 8)
    with pytest.raises(ValueError, match="sigma must be finite and not negative, in grey levels of 255; got -1"):
        network(y, -1)
    with pytest.raises(ValueError, match="sigma must be finite"):
        network(y, torch.tensor([1.0, float("nan")]))
    with pytest.raises(ValueError, match=r"got shape \(3,\)"):
        network(y, torch.ones(3))
    with pytest.raises(ValueError, match=r"got shape \(2, 1, 4, 4\)"):
        network(y, torch.ones(2, 1, 4, 4))
    with pytest.raises(ValueError, match="y has 3 channels"):
        network(torch.zeros(1, 3, 8, 8), 25)
    with pytest.raises(ValueError, match="depth must be at least 2"):
        FFDNet(depth=1)
