"""CycleGAN's generator: parameters as published, the architecture's rules, reflected borders."""

import pytest
import torch
from torch import nn

from course_lib.models import ResnetGenerator


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_parameter_counts_as_published():
    """256 pixels with nine blocks, 128 with six: weights and biases layer by layer; instance normalisation has none."""

    def expected(blocks):
        outer = 2 * (3 * 64 * 49) + 64 + 3 + 2 * (64 * 128 * 9 + 128 * 256 * 9) + 128 + 256 + 128 + 64
        return outer + blocks * 2 * (256 * 256 * 9 + 256)

    with torch.device("meta"):
        assert count(ResnetGenerator()) == expected(9) == 11_378_179  # 11.4 M
        assert count(ResnetGenerator(blocks=6)) == expected(6)


def test_the_rules_of_the_architecture():
    G = ResnetGenerator(blocks=2, features=4)
    convolutions = [layer for layer in G.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert [layer.kernel_size[0] for layer in convolutions] == [7, 3, 3, 3, 3, 3, 3, 3, 3, 7]
    assert [layer.stride[0] for layer in convolutions] == [1, 2, 2, 1, 1, 1, 1, 2, 2, 1]
    assert [layer.out_channels for layer in convolutions] == [4, 8, 16, 16, 16, 16, 16, 8, 4, 3]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in G.modules())
    assert sum(isinstance(layer, nn.InstanceNorm2d) for layer in G.modules()) == len(convolutions) - 1
    assert isinstance(G.layers[-1], nn.Tanh)


def test_borders_are_reflected():
    """An image of one colour stays one wherever stride-1 layers alone have been: zeros around it would show as a frame."""
    G = ResnetGenerator(blocks=1, features=4)
    block, first, last = G.layers[9], G.layers[0], G.layers[-2]
    for layer, channels in ((block, 16), (first, 3), (last, 4)):
        x = layer(torch.ones(1, channels, 16, 16))
        assert torch.allclose(x, x[..., :1, :1].expand_as(x), atol=1e-5)


def test_shapes_ranges_and_gradients(generator):
    torch.manual_seed(0)
    G = ResnetGenerator(1, 2, blocks=2, features=4)
    c = torch.rand(2, 1, 20, 28, generator=generator)
    x = G.translate(c)
    assert x.shape == (2, 2, 20, 28)
    assert x.min() >= 0
    assert x.max() <= 1
    assert torch.allclose(x, (G(2 * c - 1) + 1) / 2)
    assert torch.allclose(G.eval().translate(c[:1]), x[:1], atol=1e-6)  # neither the mode nor the batch matters
    G(c).square().mean().backward()
    for name, parameter in G.named_parameters():
        assert parameter.grad is not None, name
        if name.endswith("weight"):  # instance normalisation takes biases out again, but for rounding
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.bad_input
def test_bad_input():
    G = ResnetGenerator(blocks=1, features=2)
    with pytest.raises(ValueError, match="18×20 pixels: both must be multiples of 4, and at least 16"):
        G(torch.zeros(1, 3, 18, 20))
    with pytest.raises(ValueError, match="8×16 pixels"):
        G(torch.zeros(1, 3, 8, 16))
    with pytest.raises(ValueError, match=r"c has 1 channels \(shape \(1, 1, 16, 16\)\); this network was made for 3"):
        G(torch.zeros(1, 1, 16, 16))
    with pytest.raises(TypeError, match="images: got dtype torch.uint8"):
        G.translate(torch.zeros(1, 3, 16, 16, dtype=torch.uint8))
    with pytest.raises(ValueError, match="blocks at least 0; got 3, 3, 64 and -1"):
        ResnetGenerator(blocks=-1)
