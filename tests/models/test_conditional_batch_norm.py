"""Conditional batch normalisation is plain batch normalisation with each class's own scale and shift."""

import pytest
import torch
from torch import nn

from course_lib.losses import NON_SATURATING
from course_lib.models import ConditionalBatchNorm2d, ConditionalNormGenerator, ProjectionDiscriminator

RANGES = {"slant": (-0.4, 0.4), "thickness": (1.0, 3.0)}


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def filled(channels=4, classes=3, length=3, seed=0) -> ConditionalBatchNorm2d:
    torch.manual_seed(seed)
    norm = ConditionalBatchNorm2d(channels, classes, length)
    for layer in (norm.scale, norm.shift):
        nn.init.normal_(layer.weight)
    return norm


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_for_one_class_it_is_plain_batch_norm_with_that_class_s_affine(label, training, generator):
    norm = filled()
    plain = nn.BatchNorm2d(4)
    with torch.no_grad():
        plain.weight.copy_(norm.scale.weight[:, label])
        plain.bias.copy_(norm.shift.weight[:, label])
    c = torch.eye(3)[[label] * 5]
    for _ in range(3):  # running statistics too
        x = 2 + 3 * torch.randn(5, 4, 6, 6, generator=generator)
        assert torch.allclose(norm(x, c), plain(x), atol=1e-5)
    norm.train(training), plain.train(training)
    x = torch.randn(5, 4, 6, 6, generator=generator)
    assert torch.allclose(norm(x, c), plain(x), atol=1e-5)
    assert torch.allclose(norm.normalise.running_var, plain.running_var)


def test_the_statistics_are_those_of_the_whole_batch_the_affine_each_sample_s_own(generator):
    norm, x = filled(), torch.randn(6, 4, 5, 5, generator=generator)
    labels = torch.tensor([0, 2, 1, 1, 0, 2])
    normalised = (x - x.mean((0, 2, 3), keepdim=True)) / (x.var((0, 2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
    out = norm(x, torch.eye(3)[labels])
    for i, label in enumerate(labels.tolist()):
        by_hand = norm.scale.weight[:, label, None, None] * normalised[i] + norm.shift.weight[:, label, None, None]
        assert torch.allclose(out[i], by_hand, atol=1e-5)


def test_it_starts_as_published_and_without_factors():
    torch.manual_seed(0)
    norm = ConditionalBatchNorm2d(500, 10, 12)
    assert norm.scale.weight[:, :10].mean().item() == pytest.approx(1, abs=0.002)
    assert norm.scale.weight[:, :10].std().item() == pytest.approx(0.02, rel=0.05)
    assert not norm.scale.weight[:, 10:].any()
    assert not norm.shift.weight.any()


def test_parameter_counts_of_the_generator():
    """Convolutions as in the DCGAN, and two numbers for each channel and each number of c."""
    for length, factors in ((10, None), (38, RANGES)):
        expected = 64 * 128 * 16 + 128 * 64 * 9 + 64 * 32 * 16 + 32 * 16 + 2 * length * (128 + 64 + 32)
        G = ConditionalNormGenerator(length - (0 if factors is None else 2), factors)
        assert count(G) == expected == {10: 242_560, 38: 255_104}[length]


def test_the_convolutions_start_as_published_and_do_not_see_c():
    torch.manual_seed(0)
    G = ConditionalNormGenerator()
    for layer in G.convolutions:
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert layer.bias is None
    assert G.convolutions[0].in_channels == G.latent_dim


def test_the_gradient_reaches_every_parameter(generator):
    torch.manual_seed(0)
    G, D = ConditionalNormGenerator(3, RANGES, 8, 4), ProjectionDiscriminator(3, RANGES, 4)
    c = torch.arange(6) % 3, torch.rand(6, 2, generator=generator)
    NON_SATURATING.generator(D(G(torch.randn(6, 8, generator=generator), *c), *c)).backward()
    for name, parameter in G.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
        if name.endswith(("scale.weight", "shift.weight")):  # in every class's column, and every factor's
            assert parameter.grad.abs().sum(0).gt(0).all(), name
