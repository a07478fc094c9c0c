"""Gradient penalties against critics whose gradient is known; weight clipping."""

import pytest
import torch
from torch import nn

from course_lib.losses import clip_weights, input_gradient, r1, wgan_gp


@pytest.mark.parametrize("shape", [(6, 5), (6, 3, 4, 4)])
def test_wgan_gp_of_a_linear_critic(shape, generator):
    real, fake = torch.randn(2, *shape, generator=generator, dtype=torch.float64).unbind()
    w = torch.randn(shape[1:], generator=generator, dtype=torch.float64)
    value = wgan_gp(10.0)(lambda x: (x * w).flatten(1).sum(1), real, fake)
    assert value.item() == pytest.approx(10 * (w.norm() - 1).square().item(), rel=1e-6)


def test_wgan_gp_looks_between_each_pair_at_a_place_of_its_own(generator):
    real, fake = torch.ones(64, 2, 3), torch.zeros(64, 2, 3)
    seen = []

    def D(x):
        seen.append(x.detach())
        return x.square().flatten(1).sum(1)

    wgan_gp()(D, real, fake, generator)
    (x,) = seen
    assert (x == x[:, :1, :1]).all()  # one ratio for all of a sample's pixels: it stays on the segment
    ratios = x[:, 0, 0]
    assert 0 <= ratios.min() < 0.1
    assert 0.9 < ratios.max() <= 1
    assert len(ratios.unique()) == 64  # and one for each sample


def test_wgan_gp_reads_each_sample_by_itself():
    """D(x) = |x|²/2 has gradient x: the penalty is the mean of (‖x‖ − 1)², not (‖all x‖ − 1)²."""
    real = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    value = wgan_gp(1.0)(lambda x: x.square().sum(1) / 2, real, real)
    assert value.item() == pytest.approx(((5 - 1) ** 2 + (2 - 1) ** 2) / 2)


def test_r1_of_a_quadratic_critic():
    real = torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    value = r1(4.0)(lambda x: 1.5 * x.square().sum(1), real, fake=torch.full((2, 2), 100.0))  # gradient 3x, at the real samples only
    assert value.item() == pytest.approx(0.5 * 4 * (9 * 5 + 9 * 9) / 2)


@pytest.mark.parametrize("penalty", [wgan_gp(), r1()], ids=["wgan_gp", "r1"])
def test_the_penalty_trains_d_and_only_d(penalty, generator):
    D = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    real, fake = torch.randn(4, 3, generator=generator), torch.randn(4, 3, generator=generator).requires_grad_(True)
    penalty(D, real, fake, generator).backward()
    assert all(layer.weight.grad.abs().sum() > 0 for layer in (D[0], D[2]))  # without create_graph they would have none
    assert fake.grad is None


def test_input_gradient_is_per_sample():
    x = torch.tensor([[1.0], [2.0], [-3.0]], requires_grad=True)
    assert torch.equal(input_gradient(lambda t: t.pow(3).sum(1), x), 3 * x.detach() ** 2)


def test_clipping_bounds_every_parameter_and_leaves_small_ones():
    D = nn.Linear(4, 4)
    nn.init.constant_(D.weight, -0.5)
    nn.init.constant_(D.bias, 0.003)
    clip_weights(D, 0.01)
    assert torch.equal(D.weight.detach(), torch.full((4, 4), -0.01))
    assert torch.equal(D.bias.detach(), torch.full((4,), 0.003))


@pytest.mark.bad_input
@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_clipping_refuses_a_limit_that_is_not_positive(limit):
    with pytest.raises(ValueError, match="limit must be positive"):
        clip_weights(nn.Linear(1, 1), limit)
