"""DCGAN: parameter counts as published, the architecture's rules, gradients, batch independence."""

import pytest
import torch
from torch import nn

from course_lib.losses import NON_SATURATING
from course_lib.models import DCGANDiscriminator, DCGANGenerator

SIZES = (28, 32, 64)


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_parameter_counts_at_64_pixels_in_colour():
    """Layer by layer, in × out × kernel² and two per channel of batch norm."""
    k = 16
    expected_g = (100 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) * k + 2 * (512 + 256 + 128 + 64)
    expected_d = (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) * k + 2 * (128 + 256 + 512)
    assert count(DCGANGenerator()) == expected_g == 3_576_704  # 3.58 M
    assert count(DCGANDiscriminator()) == expected_d == 2_765_568  # 2.77 M


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_ranges(size, channels, generator):
    G, D = DCGANGenerator(size, 8, 4, channels), DCGANDiscriminator(size, 4, channels)
    x = G(torch.randn(3, 8, generator=generator))
    assert x.shape == (3, channels, size, size)
    assert x.abs().max() <= 1
    assert D(x).shape == (3,)
    images = G.eval().sample(5, generator)
    assert images.shape == (5, channels, size, size)
    assert not images.requires_grad
    assert images.min() >= 0
    assert images.max() <= 1


@pytest.mark.parametrize("size", SIZES)
def test_the_rules_of_the_architecture(size):
    G, D = DCGANGenerator(size, 8, 4), DCGANDiscriminator(size, 4)
    kinds_g, kinds_d = [type(layer) for layer in G.layers], [type(layer) for layer in D.layers]
    assert kinds_g[-2:] == [nn.ConvTranspose2d, nn.Tanh]  # no batch norm at G's output
    assert kinds_g[:-2] == [nn.ConvTranspose2d, nn.BatchNorm2d, nn.ReLU] * (len(kinds_g[:-2]) // 3)
    assert kinds_d[:2] == [nn.Conv2d, nn.LeakyReLU]  # nor at D's input
    assert kinds_d[2:-1] == [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU] * (len(kinds_d[2:-1]) // 3)
    assert kinds_d[-1] is nn.Conv2d  # a logit: no sigmoid
    assert {layer.negative_slope for layer in D.layers if isinstance(layer, nn.LeakyReLU)} == {0.2}
    assert not any(isinstance(layer, nn.Linear | nn.MaxPool2d) for net in (G, D) for layer in net.modules())


def test_widths_halve_outwards():
    assert [layer.out_channels for layer in DCGANGenerator(64, 100, 16).layers if isinstance(layer, nn.ConvTranspose2d)] == [
        128,
        64,
        32,
        16,
        3,
    ]
    assert [layer.out_channels for layer in DCGANGenerator(28, 100, 16).layers if isinstance(layer, nn.ConvTranspose2d)] == [64, 32, 16, 3]
    assert [layer.out_channels for layer in DCGANDiscriminator(32, 16).layers if isinstance(layer, nn.Conv2d)] == [16, 32, 64, 1]


def test_weights_start_as_published():
    torch.manual_seed(0)
    for net in (DCGANGenerator(), DCGANDiscriminator(), DCGANDiscriminator(norm="none")):
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
                assert layer.weight.mean().abs() < 0.002
                assert layer.bias is None or not layer.bias.any()
            if isinstance(layer, nn.BatchNorm2d):
                assert layer.weight.mean().item() == pytest.approx(1, abs=0.01)
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.3)
                assert not layer.bias.any()


@pytest.mark.parametrize("norm", ["batch", "spectral", "none"])
@pytest.mark.parametrize("size", SIZES)
def test_the_gradient_reaches_every_parameter(size, norm, generator):
    torch.manual_seed(0)
    G, D = DCGANGenerator(size, 8, 4, 1), DCGANDiscriminator(size, 4, 1, norm)
    NON_SATURATING.generator(D(G(torch.randn(4, 8, generator=generator)))).backward()
    for name, parameter in [*G.named_parameters(), *D.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_in_eval_mode_a_sample_does_not_depend_on_its_batch(generator):
    G, D = DCGANGenerator(28, 8, 4, 1).eval(), DCGANDiscriminator(28, 4, 1).eval()
    z = torch.randn(4, 8, generator=generator)
    assert torch.allclose(G(z)[:1], G(z[:1]), atol=1e-6)
    assert torch.allclose(D(G(z))[:1], D(G(z[:1])), atol=1e-6)


@pytest.mark.parametrize(("norm", "depends"), [("batch", True), ("spectral", False), ("none", False)])
def test_in_training_mode_only_batch_norm_ties_samples_together(norm, depends, generator):
    """Why a critic with a gradient penalty must not have batch normalisation."""
    D = DCGANDiscriminator(28, 4, 1, norm)
    x = torch.randn(4, 1, 28, 28, generator=generator).requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(x)[0], x)
    assert bool(gradient[1:].any()) is depends


def test_the_same_seed_gives_the_same_images():
    G = DCGANGenerator(28, 8, 4, 1).eval()
    first, again, other = (G.sample(3, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_spectral_norm_bounds_every_layer():
    torch.manual_seed(0)
    D = DCGANDiscriminator(28, 4, 1, "spectral")
    for _ in range(20):
        D(torch.zeros(2, 1, 28, 28))
    norms = [torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() for layer in D.layers if isinstance(layer, nn.Conv2d)]
    assert norms == pytest.approx([1.0] * 4, abs=1e-3)


@pytest.mark.bad_input
def test_other_sizes_and_norms_are_refused():
    with pytest.raises(ValueError, match="28, 32 or 64 pixels, got 48"):
        DCGANGenerator(48)
    with pytest.raises(ValueError, match="28, 32 or 64 pixels, got 0"):
        DCGANDiscriminator(0)
    with pytest.raises(ValueError, match="'layer'"):
        DCGANDiscriminator(28, norm="layer")
