"""FSRCNN: the published size, the transposed convolution by hand, one body for all scales."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, pad, prelu

from course_lib.models import FSRCNN


def test_parameter_counts_are_the_published_ones():
    for network, weights, total in ((FSRCNN(), 12_464, 12_809), (FSRCNN(2, 32, 5, 1), 3_937, 4_086)):
        assert sum(p.numel() for p in network.parameters() if p.ndim == 4) == weights
        assert sum(p.numel() for p in network.parameters()) == total


def transposed(maps: torch.Tensor, kernel: torch.Tensor, scale: int) -> torch.Tensor:
    """A copy of the 9×9 kernel at every `scale`-th pixel, centred, weighted and added up; no library function does it."""
    _, d, h, w = maps.shape
    canvas = torch.zeros(scale * h + 16, scale * w + 16, dtype=maps.dtype)
    for i in range(h):
        for j in range(w):
            for c in range(d):
                top, left = 8 + scale * i - 4, 8 + scale * j - 4
                canvas[top : top + 9, left : left + 9] += maps[0, c, i, j] * kernel[c, 0]
    return canvas[8 : 8 + scale * h, 8 : 8 + scale * w]


@torch.no_grad()
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_it_is_the_five_steps_written_out(scale):
    torch.manual_seed(0)
    network = FSRCNN(scale, features=4, shrunk=3, depth=1).double()
    nn.init.normal_(network.enlarge.weight)
    nn.init.normal_(network.enlarge.bias)
    y = torch.rand(1, 1, 4, 5, dtype=torch.float64)
    maps = y
    for convolution, activation in zip(network.layers[::2], network.layers[1::2], strict=True):
        padding = [convolution.kernel_size[0] // 2] * 4
        maps = prelu(conv2d(pad(maps, padding, mode="replicate"), convolution.weight, convolution.bias), activation.weight)
    cut = 3 * scale  # one more than any kernel reaches
    expected = transposed(pad(maps, [3] * 4, mode="replicate"), network.enlarge.weight, scale)[cut:-cut, cut:-cut]
    torch.testing.assert_close(network(y)[0, 0], expected + network.enlarge.bias, atol=1e-10, rtol=0)


def test_all_but_the_last_layer_is_the_same_for_every_scale():
    two, three = FSRCNN(2), FSRCNN(3)
    two.layers.load_state_dict(three.layers.state_dict())
    assert two.enlarge.weight.shape == three.enlarge.weight.shape == (56, 1, 9, 9)


@torch.no_grad()
def test_initial_variance_is_kept_through_the_layers():
    torch.manual_seed(0)
    network = FSRCNN(features=64, shrunk=64, depth=4)
    first = network.layers[:2](torch.randn(2, 1, 32, 32))
    assert 0.2 < network.layers(torch.randn(2, 1, 32, 32)).square().mean() / first.square().mean() < 5
    assert network.enlarge.weight[1:].std().item() == pytest.approx(1e-3, rel=0.05)


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="at least 1 and depth not negative; got 0, 12, 1, 4"):
        FSRCNN(features=0)
    with pytest.raises(ValueError, match="depth not negative; got 56, 12, 1, -1"):
        FSRCNN(depth=-1)
