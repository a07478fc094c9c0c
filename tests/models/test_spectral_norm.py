"""Spectral normalisation against torch.linalg and against torch's own parametrisation."""

import pytest
import torch
from torch import nn

from course_lib.models import spectral_norm


@pytest.mark.parametrize(
    "layer", [nn.Linear(20, 30), nn.Conv2d(8, 6, 3), nn.Conv2d(1, 16, 4)], ids=["linear", "conv", "conv from one channel"]
)
def test_the_largest_singular_value_becomes_one(layer):
    torch.manual_seed(0)
    layer = spectral_norm(layer)
    original = layer.parametrizations.weight.original
    for _ in range(100):
        weight = layer.weight
    assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=1e-3)
    sigma = torch.linalg.matrix_norm(original.flatten(1), 2)
    assert torch.allclose(weight, original / sigma, rtol=1e-3)


def test_it_keeps_up_with_a_weight_that_moves(generator):
    """One iteration a pass is enough when the weight changes a little from pass to pass."""
    torch.manual_seed(0)
    layer = spectral_norm(nn.Linear(16, 16))
    original = layer.parametrizations.weight.original
    original.data = torch.diag(torch.linspace(2, 0.1, 16))
    for _ in range(50):
        layer(torch.zeros(1, 16))
    for _ in range(50):
        original.data += 0.002 * torch.randn(16, 16, generator=generator)
        weight = layer.weight
    assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=0.01)


def test_value_and_gradient_are_those_of_torch():
    torch.manual_seed(0)
    ours, theirs = nn.Linear(5, 7), nn.Linear(5, 7)
    theirs.load_state_dict(ours.state_dict())
    spectral_norm(ours)
    nn.utils.parametrizations.spectral_norm(theirs)
    theirs.parametrizations.weight[0]._u.copy_(ours.parametrizations.weight[0].u)
    theirs.parametrizations.weight[0]._v.copy_(ours.parametrizations.weight[0].v)
    x = torch.randn(4, 5)
    for net in (ours, theirs):
        net.train()
        net(x).square().sum().backward()
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)
    gradients = [net.parametrizations.weight.original.grad for net in (ours, theirs)]
    assert torch.allclose(*gradients, atol=1e-5)
    assert gradients[0].abs().sum() > 0


def test_scaling_the_weight_changes_nothing():
    torch.manual_seed(0)
    layer = spectral_norm(nn.Linear(6, 6, bias=False)).eval()
    x = torch.randn(3, 6)
    before = layer(x)
    layer.parametrizations.weight.original.data *= 50
    assert torch.allclose(layer(x), before, rtol=1e-5)


def test_two_passes_before_one_backward():
    """D sees the real and the fake batch before its loss is differentiated; the iteration must not spoil the first pass's gradient."""
    torch.manual_seed(0)
    layer = spectral_norm(nn.Linear(6, 6))
    (layer(torch.ones(1, 6)).sum() - layer(torch.zeros(1, 6)).sum()).backward()
    assert layer.parametrizations.weight.original.grad.isfinite().all()


def test_in_eval_mode_and_when_frozen_the_vectors_rest():
    torch.manual_seed(0)
    layer = spectral_norm(nn.Linear(64, 64))  # large: its iteration has not converged yet
    memory = layer.parametrizations.weight[0]

    def moved(net):
        before = memory.u.clone()
        net(torch.zeros(1, 64))
        return not torch.equal(memory.u, before)

    assert moved(layer)
    assert not moved(layer.eval())
    layer.train().requires_grad_(False)
    assert not moved(layer)
