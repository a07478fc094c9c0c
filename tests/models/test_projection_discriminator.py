"""The projection discriminator against its formula, on a case small enough to write out."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, leaky_relu, relu

from course_lib.losses import NON_SATURATING
from course_lib.models import ConcatGenerator, ProjectionDiscriminator

RANGES = {"slant": (-0.4, 0.4), "thickness": (1.0, 3.0)}


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_parameter_counts():
    """Four convolutions with biases, w and b, and one vector for each number of c."""
    for length, factors in ((10, None), (38, RANGES)):
        expected = 32 * 17 + (32 * 16 + 1) * 64 + (64 * 9 + 1) * 128 + (128 * 9 + 1) * 128 + 129 + length * 128
        D = ProjectionDiscriminator(length - (0 if factors is None else 2), factors)
        assert count(D) == expected == {10: 256_225, 38: 259_809}[length]


def test_the_logit_is_its_formula(generator):
    torch.manual_seed(0)
    D = ProjectionDiscriminator(2, {"slant": (-1.0, 1.0)}, features=1)
    for parameter in D.parameters():  # weights as large as those of a trained network
        nn.init.normal_(parameter, std=0.5)
    x, labels, slant = torch.rand(3, 1, 28, 28, generator=generator) * 2 - 1, torch.tensor([0, 1, 1]), torch.tensor([[0.5], [0.0], [-1.0]])
    first, second, third, fourth = (layer for layer in D.features if isinstance(layer, nn.Conv2d))
    maps = leaky_relu(conv2d(x, first.weight, first.bias, 2, 1), 0.2)
    maps = leaky_relu(conv2d(maps, second.weight, second.bias, 2, 1), 0.2)
    maps = leaky_relu(conv2d(maps, third.weight, third.bias, 2, 1), 0.2)
    maps = relu(conv2d(maps, fourth.weight, fourth.bias))
    assert maps.shape == (3, 4, 2, 2)
    logits = D(x, labels, slant)
    for i in range(3):
        h = [maps[i, channel].sum().item() for channel in range(4)]
        y = D.V.weight[:, labels[i]] + D.V.weight[:, 2] * slant[i] * 3**0.5
        expected = sum(w * value for w, value in zip(D.w.weight[0].tolist(), h, strict=True)) + D.w.bias.item()
        expected += sum(e * value for e, value in zip(y.tolist(), h, strict=True))
        assert logits[i].item() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_difference_between_two_classes_is_linear_in_the_features(generator):
    """The class enters by the inner product alone: f(x, a) − f(x, b) = ⟨V_a − V_b, h⟩."""
    torch.manual_seed(0)
    D, x = ProjectionDiscriminator(3, features=4), torch.rand(5, 1, 28, 28, generator=generator)
    difference = D(x, torch.full((5,), 2)) - D(x, torch.zeros(5, dtype=torch.int64))
    h = D.features(x).sum((2, 3))
    assert torch.allclose(difference, h @ (D.V.weight[:, 2] - D.V.weight[:, 0]), atol=1e-6)
    assert difference.abs().min() > 0


def test_each_place_of_the_last_map_sees_the_whole_image(generator):
    torch.manual_seed(0)
    D, x = ProjectionDiscriminator(3, features=8), torch.rand(1, 1, 28, 28, generator=generator).requires_grad_(True)
    before_relu = D.features[:-1](x)
    for row in range(2):
        for column in range(2):
            (gradient,) = torch.autograd.grad(before_relu[0, :, row, column].sum(), x, retain_graph=True)
            seen = gradient[0, 0] != 0
            assert seen.any(0).sum() >= 26
            assert seen.any(1).sum() >= 26


def test_the_gradient_reaches_every_parameter(generator):
    torch.manual_seed(0)
    G, D = ConcatGenerator(3, RANGES, 8, 4), ProjectionDiscriminator(3, RANGES, 4)
    c = torch.arange(6) % 3, torch.rand(6, 2, generator=generator)
    NON_SATURATING.generator(D(G(torch.randn(6, 8, generator=generator), *c), *c)).backward()
    for name, parameter in D.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert D.V.weight.grad.abs().sum(0).gt(0).all()


def test_it_keeps_samples_apart(generator):
    D, x = ProjectionDiscriminator(3, features=4), torch.randn(4, 1, 28, 28, generator=generator).requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(x, torch.arange(4) % 3)[0], x)
    assert gradient[0].any()
    assert not gradient[1:].any()


@pytest.mark.bad_input
def test_conditions_that_do_not_go_with_the_images():
    D, x = ProjectionDiscriminator(3, RANGES, features=4), torch.zeros(2, 1, 28, 28)
    with pytest.raises(ValueError, match="labels must be from 0 to 2, got 0 to 3"):
        D(x, torch.tensor([0, 3]), torch.zeros(2, 2))
    with pytest.raises(ValueError, match="the columns slant, thickness; got NoneType"):
        D(x, torch.tensor([0, 1]))
