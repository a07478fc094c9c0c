"""The fully connected players: sizes, gradients, sampling."""

import pytest
import torch
from torch import nn

from course_lib.models import MLPDiscriminator, MLPGenerator


@pytest.mark.parametrize(("dim", "depth", "width"), [(1, 2, 64), (2, 3, 128)])
def test_sizes(dim, depth, width):
    G, D = MLPGenerator(dim, 16, width, depth), MLPDiscriminator(dim, width, depth)
    hidden = (depth - 1) * (width + 1) * width
    assert sum(p.numel() for p in G.parameters()) == (16 + 1) * width + hidden + (width + 1) * dim
    assert sum(p.numel() for p in D.parameters()) == (dim + 1) * width + hidden + (width + 1)
    assert sum(isinstance(layer, nn.ReLU) for layer in G.modules()) == depth
    assert G(torch.zeros(7, 16)).shape == (7, dim)
    assert D(torch.zeros(7, dim)).shape == (7,)


def test_the_gradient_reaches_every_parameter():
    torch.manual_seed(0)
    G, D = MLPGenerator(), MLPDiscriminator()
    D(G(torch.randn(32, 16))).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for net in (G, D) for p in net.parameters())


def test_samples_follow_the_generator_and_are_not_squashed(generator):
    G = MLPGenerator(2, 4)
    x = G.sample(10, torch.Generator().manual_seed(3))
    assert torch.equal(x, G(torch.randn(10, 4, generator=torch.Generator().manual_seed(3))).detach())
    nn.init.constant_(G.layers[-1].bias, 5.0)
    assert G.sample(10, generator).mean() > 3  # the ring has radius 1, the grid reaches 4: points are not images
