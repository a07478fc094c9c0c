"""PatchGAN: the receptive field by formula and by gradient, parameters as published, and whether D sees the condition."""

import pytest
import torch
from torch import nn

from course_lib.models import PatchDiscriminator, measured_receptive_field, receptive_field

FIELDS = {0: 1, 1: 16, 2: 34, 3: 70, 4: 142, 5: 286}


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(("layers", "side"), FIELDS.items())
def test_the_receptive_field_is_as_published_by_formula_and_by_gradient(layers, side):
    D = PatchDiscriminator(layers, features=1)
    assert receptive_field(D) == side
    size = 512 if side > 100 else 160
    assert measured_receptive_field(D, size) == side
    assert D.training


def test_parameter_counts_as_published():
    """pix2pix's and CycleGAN's 70×70, and the PixelGAN, layer by layer."""
    inner = 64 * 128 + 128 * 256 + 256 * 512
    assert count(PatchDiscriminator()) == (6 * 64 + inner + 512) * 16 + 64 + 1 + 2 * (128 + 256 + 512) == 2_768_705
    assert count(PatchDiscriminator(condition_channels=0, norm="instance")) == (3 * 64 + inner + 512) * 16 + 961 == 2_764_737
    assert count(PatchDiscriminator(0)) == 6 * 64 + 64 + 64 * 128 + 2 * 128 + 128 + 1


def test_the_rules_of_the_architecture():
    layers = PatchDiscriminator(3, features=4).layers
    assert [type(layer) for layer in layers] == (
        [nn.Conv2d, nn.LeakyReLU] + [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU] * 3 + [nn.Conv2d]  # no sigmoid: logits
    )
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    assert [layer.stride[0] for layer in convolutions] == [2, 2, 2, 1, 1]
    assert [layer.out_channels for layer in convolutions] == [4, 8, 16, 32, 1]
    assert {layer.negative_slope for layer in layers if isinstance(layer, nn.LeakyReLU)} == {0.2}
    assert PatchDiscriminator(6, features=2, norm="instance").layers[-1].in_channels == 16  # no wider than 8 times


@pytest.mark.parametrize(("layers", "side"), [(0, 64), (1, 30), (2, 14), (3, 6), (4, 2)])
def test_one_logit_a_patch(layers, side):
    x, c = torch.zeros(2, 2, 3, 64, 64)
    assert PatchDiscriminator(layers, features=2)(x, c).shape == (2, 1, side, side)


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("layers", [0, 1, 3])
def test_the_gradient_reaches_every_parameter(layers, norm, generator):
    torch.manual_seed(0)
    D = PatchDiscriminator(layers, features=4, norm=norm)
    D(*torch.randn(2, 3, 3, 32, 32, generator=generator)).square().mean().backward()
    for name, parameter in D.named_parameters():
        assert parameter.grad is not None, name
        if norm == "batch" or not name.endswith("bias"):  # instance normalisation takes a bias out again, but for rounding
            assert parameter.grad.abs().sum() > 0, name


def test_d_sees_the_condition_or_not(generator):
    x, c, other = torch.randn(3, 2, 3, 32, 32, generator=generator)
    sees, blind = PatchDiscriminator(1, features=4).eval(), PatchDiscriminator(1, features=4, condition_channels=0).eval()
    assert not torch.equal(sees(x, c), sees(x, other))
    assert torch.equal(blind(x, c), blind(x, other))
    assert torch.equal(blind(x, c), blind(x))
    assert PatchDiscriminator(1, 4, channels=2, condition_channels=1)(x[:, :2], c[:, :1]).shape == (2, 1, 14, 14)


def test_instance_normalisation_ties_all_pixels_together():
    with pytest.raises(ValueError, match="reaches the border of the 64×64 pixels; take a larger size, or a D with batch"):
        measured_receptive_field(PatchDiscriminator(1, features=2, norm="instance"), 64)


@pytest.mark.bad_input
def test_bad_input():
    D, x = PatchDiscriminator(3, features=2), torch.zeros(1, 3, 32, 32)
    with pytest.raises(ValueError, match="c: got none; this network judges images"):
        D(x)
    with pytest.raises(ValueError, match=r"c: got shape \(1, 3, 16, 16\)"):
        D(x, x[..., :16, :16])
    with pytest.raises(ValueError, match=r"x has 1 channels \(shape \(1, 1, 32, 32\)\); this network was made for 3"):
        D(x[:, :1], x)
    with pytest.raises(ValueError, match="16×16 pixels, too few for this network: it needs at least 24×24"):
        D(x[..., :16, :16], x[..., :16, :16])
    with pytest.raises(ValueError, match="layers must be 0 to 6, got 7"):
        PatchDiscriminator(7)
    with pytest.raises(ValueError, match="got 0, 3 and 3"):
        PatchDiscriminator(features=0)
    with pytest.raises(ValueError, match="'batch' or 'instance', got 'spectral'"):
        PatchDiscriminator(norm="spectral")
    with pytest.raises(ValueError, match="reaches the border of the 64×64 pixels"):
        measured_receptive_field(D, 64)
