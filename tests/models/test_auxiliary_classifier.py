"""AC-GAN's discriminator: the logit knows nothing of c, the classifier's loss is cross-entropy plus half a squared error."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_lib.models import AuxiliaryClassifierDiscriminator, ConcatGenerator

RANGES = {"slant": (-0.4, 0.4), "thickness": (1.0, 3.0)}


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_parameter_counts():
    """Three convolutions with biases; one 4×4 convolution for the logit and one more for each number of c."""
    for length, factors in ((10, None), (38, RANGES)):
        expected = 32 * 17 + (32 * 16 + 1) * 64 + (64 * 9 + 1) * 128 + (1 + length) * (128 * 16 + 1)
        D = AuxiliaryClassifierDiscriminator(length - (0 if factors is None else 2), factors)
        assert count(D) == expected == {10: 129_771, 38: 187_143}[length]


def test_the_logit_does_not_depend_on_the_condition_the_surprise_does(generator):
    torch.manual_seed(0)
    D = AuxiliaryClassifierDiscriminator(3, RANGES, features=4)
    x, middle = torch.rand(2, 1, 28, 28, generator=generator), torch.tensor([[0.0, 2.0]]).expand(2, -1)
    logits, surprise = D(x, torch.tensor([0, 0]), middle)
    other_logits, other_surprise = D(x, torch.tensor([1, 0]), middle + torch.tensor([[0.0, 0.0], [0.2, 0.0]]))
    assert torch.equal(logits, other_logits)
    assert (surprise != other_surprise).all()


def test_the_surprise_is_cross_entropy_and_half_the_squared_error(generator):
    torch.manual_seed(0)
    D = AuxiliaryClassifierDiscriminator(3, RANGES, features=2)
    nn.init.normal_(D.classifier.weight)
    x, labels = torch.rand(4, 1, 28, 28, generator=generator), torch.tensor([2, 0, 1, 1])
    class_logits, guessed = D.guess(D.body(x))
    assert class_logits.shape == (4, 3)
    assert guessed.shape == (4, 2)
    factors = torch.tensor([[0.4, 2.0], [0.0, 1.0], [-0.4, 3.0], [0.0, 2.0]])
    root = 3**0.5
    standardised = torch.tensor([[root, 0.0], [0.0, -root], [-root, root], [0.0, 0.0]])
    expected = cross_entropy(class_logits, labels, reduction="none") + ((standardised - guessed) ** 2).sum(1) / 2
    assert torch.allclose(D(x, labels, factors)[1], expected, rtol=1e-5)


@pytest.mark.parametrize("factors", [None, RANGES])
def test_the_gradient_reaches_every_parameter(factors, generator):
    torch.manual_seed(0)
    G, D = ConcatGenerator(3, factors, 8, 4), AuxiliaryClassifierDiscriminator(3, factors, 4)
    c = (torch.arange(6) % 3,) if factors is None else (torch.arange(6) % 3, torch.rand(6, 2, generator=generator))
    logits, surprise = D(G(torch.randn(6, 8, generator=generator), *c), *c)
    (logits.mean() + surprise.mean()).backward()
    for name, parameter in [*G.named_parameters(), *D.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.bad_input
def test_conditions_that_do_not_go_with_the_images():
    D = AuxiliaryClassifierDiscriminator(3, features=4)
    with pytest.raises(ValueError, match=r"each of the 2 images, shape \(2,\); got torch.int64 of shape \(1,\)"):
        D(torch.zeros(2, 1, 28, 28), torch.tensor([0]))
