"""The semi-supervised discriminator against its formula, and against a classifier of K + 1 classes."""

import math

import pytest
import torch
from torch import nn

from course_lib.models import ProjectionDiscriminator, SemiSupervisedDiscriminator


@pytest.fixture
def D():
    torch.manual_seed(0)
    return SemiSupervisedDiscriminator(classes=3, features=2).double()


@pytest.fixture
def x(generator):
    return (torch.rand(5, 1, 28, 28, generator=generator) * 2 - 1).double()


def test_parameter_count():
    """The convolutions of the projection discriminator, and a linear layer with biases."""
    shared = sum(p.numel() for p in ProjectionDiscriminator().features.parameters())
    assert sum(p.numel() for p in SemiSupervisedDiscriminator().parameters()) == shared + 128 * 10 + 10 == 256_106


def test_it_is_a_classifier_of_one_class_more(D, x):
    """With log K as the logit of "fake", softmax gives P(real) = sigmoid(f), and P(k | real) the classifier's probabilities; to 1e-12."""
    class_logits = D.class_logits(x)
    probabilities = torch.cat([class_logits, torch.full((5, 1), math.log(3), dtype=torch.float64)], dim=1).softmax(1)
    labels = torch.tensor([0, 1, 2, 0, 1])
    logit, surprise = D(x, labels)
    assert torch.allclose(logit.sigmoid(), probabilities[:, :3].sum(1), rtol=0, atol=1e-12)
    known = probabilities[:, :3] / probabilities[:, :3].sum(1, keepdim=True)
    assert torch.allclose(surprise, -known.log()[torch.arange(5), labels], rtol=0, atol=1e-12)
    assert torch.equal(D(x), logit)


def test_equal_class_logits_of_zero_give_a_logit_of_zero(D, x):
    nn.init.zeros_(D.classifier.weight)
    assert D(x).abs().max() < 1e-15
    nn.init.constant_(D.classifier.bias, 0.7)
    assert torch.allclose(D(x), torch.full((5,), 0.7, dtype=torch.float64))


def test_of_equal_sums_the_one_with_a_favourite_passes(D, x):
    nn.init.zeros_(D.classifier.weight)
    logits = []
    for bias in ([0.0, 0.0, 0.0], [2.0, -1.0, -1.0], [4.0, -2.0, -2.0]):
        D.classifier.bias.data = torch.tensor(bias, dtype=torch.float64)
        logits.append(D(x)[0].item())
    assert logits[0] == pytest.approx(0, abs=1e-15)
    assert logits[1] == pytest.approx(math.log((math.e**2 + 2 / math.e) / 3), rel=1e-12)
    assert logits[0] < logits[1] < logits[2]


def test_an_image_is_judged_alone(D, x):
    assert torch.allclose(D(x)[:2], D(x[:2]), rtol=0, atol=1e-12)
