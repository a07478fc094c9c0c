"""Concatenation: the condition beside z in G, and as constant maps beside D's first hidden maps."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, leaky_relu

from course_lib.losses import NON_SATURATING
from course_lib.models import ConcatDiscriminator, ConcatGenerator

RANGES = {"slant": (-0.4, 0.4), "thickness": (1.0, 3.0)}


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_parameter_counts():
    """Layer by layer: in × out × kernel², two per channel of batch norm, a bias per channel in D."""
    for length, factors in ((10, None), (38, RANGES)):
        g = (64 + length) * 128 * 16 + 128 * 64 * 9 + 64 * 32 * 16 + 32 * 16 + 2 * (128 + 64 + 32)
        d = 32 * 16 + (32 + length) * 64 * 16 + 64 * 128 * 9 + 128 * 16 + (32 + 64 + 128 + 1)
        classes = length - (0 if factors is None else 2)
        assert count(ConcatGenerator(classes, factors)) == g == {10: 259_008, 38: 316_352}[length]
        assert count(ConcatDiscriminator(classes, factors)) == d == {10: 119_521, 38: 148_193}[length]


def test_g_is_the_dcgan_of_z_and_c(generator):
    G, z = ConcatGenerator(3, RANGES, latent_dim=4, features=2).eval(), torch.randn(2, 4, generator=generator)
    c = torch.tensor([[0.0, 1.0, 0.0, 0.0, 3**0.5], [1.0, 0.0, 0.0, -(3**0.5), 0.0]])
    images = G(z, torch.tensor([1, 0]), torch.tensor([[0.0, 3.0], [-0.4, 2.0]]))
    assert torch.allclose(images, G.network(torch.cat([z, c], 1)), atol=1e-6)


def test_d_sees_each_number_of_c_as_a_constant_map(generator):
    D, x = ConcatDiscriminator(2, features=2), torch.rand(1, 1, 28, 28, generator=generator)
    first, second = D.before[0], D.after[0]
    h = leaky_relu(conv2d(x, first.weight, first.bias, 2, 1), 0.2)
    maps = torch.cat([h, torch.zeros(1, 1, 14, 14), torch.ones(1, 1, 14, 14)], dim=1)  # class 1 of 2
    h = leaky_relu(conv2d(maps, second.weight, second.bias, 2, 1), 0.2)
    for layer in D.after[2:]:
        h = layer(h)
    assert torch.allclose(D(x, torch.tensor([1])), h.flatten(), atol=1e-7)


def test_the_logit_depends_on_every_part_of_the_condition(generator):
    torch.manual_seed(0)
    D = ConcatDiscriminator(3, RANGES, features=4)
    x, middle = torch.rand(2, 1, 28, 28, generator=generator), torch.tensor([[0.0, 2.0]]).expand(2, -1)
    logits = D(x, torch.tensor([0, 0]), middle)
    assert (logits != D(x, torch.tensor([1, 0]), middle)).tolist() == [True, False]
    for change in ([[0.3, 0.0], [0.0, 0.0]], [[0.0, 0.8], [0.0, 0.0]]):
        assert (logits != D(x, torch.tensor([0, 0]), middle + torch.tensor(change))).tolist() == [True, False]


def test_the_gradient_reaches_every_parameter(generator):
    torch.manual_seed(0)
    G, D = ConcatGenerator(3, RANGES, 8, 4), ConcatDiscriminator(3, RANGES, 4)
    c = torch.arange(6) % 3, torch.rand(6, 2, generator=generator)
    NON_SATURATING.generator(D(G(torch.randn(6, 8, generator=generator), *c), *c)).backward()
    for name, parameter in [*G.named_parameters(), *D.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_d_keeps_samples_apart(generator):
    """No batch normalisation: a gradient penalty needs it so."""
    D, x = ConcatDiscriminator(3, features=4), torch.randn(4, 1, 28, 28, generator=generator).requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(x, torch.arange(4) % 3)[0], x)
    assert not gradient[1:].any()


@pytest.mark.bad_input
def test_conditions_that_do_not_go_with_the_images():
    D, x = ConcatDiscriminator(3, features=4), torch.zeros(2, 1, 28, 28)
    with pytest.raises(ValueError, match=r"each of the 2 images, shape \(2,\); got torch.int64 of shape \(3,\)"):
        D(x, torch.arange(3))
    with pytest.raises(ValueError, match="factors must be left out"):
        D(x, torch.tensor([0, 1]), torch.zeros(2, 2))
