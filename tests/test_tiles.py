"""Tiles: equal to the whole, whatever the sizes; and not equal where the margin is too small."""

import pytest
import torch
from torch.nn.functional import interpolate

from course_lib.models import DnCNN, EncoderDecoder, FFDNet
from course_lib.tiles import by_tiles


@torch.no_grad()
@pytest.mark.parametrize("shape", [(1, 40, 53), (2, 1, 33, 16), (1, 1, 7)])
@pytest.mark.parametrize("tile", [16, 17, 100])
def test_a_network_by_tiles_is_the_network(shape, tile):
    torch.manual_seed(0)
    network = DnCNN(depth=5, features=6).eval()
    y = torch.rand(shape)
    whole = network(y if y.ndim == 4 else y[None]).reshape(shape)
    torch.testing.assert_close(by_tiles(network, y, margin=5, tile=tile), whole, atol=5e-6, rtol=0)


@torch.no_grad()
def test_too_small_a_margin_shows():
    torch.manual_seed(0)
    network, y = DnCNN(depth=5, features=6).eval(), torch.rand(1, 1, 40, 40)
    assert (by_tiles(network, y, margin=2, tile=16) - network(y)).abs().max() > 1e-4


@torch.no_grad()
@pytest.mark.parametrize("size", [(45, 50), (64, 33)])
def test_cells_and_maps(size):
    torch.manual_seed(0)
    ffdnet, y = FFDNet(depth=4, features=6), torch.rand(1, 1, *size)
    levels = 50 * torch.rand(1, 1, *size)
    tiled = by_tiles(ffdnet, y, levels, margin=8, tile=15, cell=2)
    torch.testing.assert_close(tiled, ffdnet(y, levels), atol=5e-6, rtol=0)
    unet = EncoderDecoder(levels=2, features=4)
    torch.testing.assert_close(by_tiles(unet, y, margin=28, tile=10, cell=4), unet(y), atol=5e-6, rtol=0)


def test_super_resolution():
    y = torch.rand(3, 21, 30)
    twice = lambda x: interpolate(x, scale_factor=3, mode="bilinear")  # noqa: E731
    torch.testing.assert_close(by_tiles(twice, y, margin=1, tile=8, scale=3), twice(y[None])[0], atol=5e-6, rtol=0)


@pytest.mark.bad_input
def test_bad_input():
    y = torch.rand(1, 8, 8)
    with pytest.raises(ValueError, match=r"restorer returned \(8, 8\) for a tile where \(16, 16\) was expected with scale=2"):
        by_tiles(lambda x: x, y, margin=0, scale=2)
    with pytest.raises(ValueError, match=r"maps must have shape \(n, k, 8, 8\), like y; got \(1, 1, 4, 4\)"):
        by_tiles(lambda x, m: x, y, torch.ones(1, 1, 4, 4), margin=0)
    with pytest.raises(ValueError, match="margin not negative"):
        by_tiles(lambda x: x, y, margin=-1)
    with pytest.raises(TypeError, match="y: got numpy|y: got"):
        by_tiles(lambda x: x, y.numpy(), margin=1)
