"""The adversarial losses: golden values, the published formulas on probabilities, slopes, and logits of any size."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from course_lib.losses import HINGE, LSGAN, MINIMAX, NON_SATURATING, WASSERSTEIN

ONES = torch.ones(4, dtype=torch.float64)


@pytest.mark.parametrize(
    ("loss", "expected_d", "expected_g"),
    [
        (NON_SATURATING, 1.6265, 0.3133),
        (MINIMAX, 1.6265, -1.3133),
        (HINGE, 2.0, -1.0),
        (LSGAN, 0.5, 0.0),
        (WASSERSTEIN, 0.0, -1.0),
    ],
    ids=["non-saturating", "minimax", "hinge", "lsgan", "wasserstein"],
)
def test_golden_values_at_logit_one(loss, expected_d, expected_g):
    assert loss.discriminator(ONES, ONES).item() == pytest.approx(expected_d, abs=5e-5)
    assert loss.generator(ONES).item() == pytest.approx(expected_g, abs=5e-5)


def test_minimax_is_cross_entropy_on_probabilities(generator):
    real, fake = torch.randn(2, 50, generator=generator, dtype=torch.float64).unbind()
    p_real, p_fake = real.sigmoid(), fake.sigmoid()
    expected = binary_cross_entropy(p_real, torch.ones_like(real)) + binary_cross_entropy(p_fake, torch.zeros_like(fake))
    assert MINIMAX.discriminator(real, fake).item() == pytest.approx(expected.item(), rel=1e-12)
    assert MINIMAX.generator(fake).item() == pytest.approx((1 - p_fake).log().mean().item(), rel=1e-12)
    assert NON_SATURATING.generator(fake).item() == pytest.approx(-p_fake.log().mean().item(), rel=1e-12)


def test_lsgan_and_hinge_by_hand():
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
    assert LSGAN.discriminator(real, fake).item() == pytest.approx(0.5 * (1 + 4) / 2 + 0.5 * (0.25 + 9) / 2)
    assert LSGAN.generator(fake).item() == pytest.approx(0.5 * (0.25 + 16) / 2)
    assert HINGE.discriminator(real, fake).item() == pytest.approx((0 + 2) / 2 + (1.5 + 0) / 2)
    assert HINGE.generator(fake).item() == pytest.approx(1.25)
    assert WASSERSTEIN.discriminator(real, fake).item() == pytest.approx(-1.25 - 0.5)


@pytest.mark.parametrize("logit", [-6.0, 0.0, 3.0])
def test_slopes_in_the_fake_logit(logit):
    """Saturating: -D. Non-saturating: D - 1. The one dies where D is sure, the other is at its largest there."""
    t = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    D = 1 / (1 + math.exp(-logit))
    (slope,) = torch.autograd.grad(MINIMAX.generator(t), t)
    assert slope.item() == pytest.approx(-D, rel=1e-9)
    (slope,) = torch.autograd.grad(NON_SATURATING.generator(t), t)
    assert slope.item() == pytest.approx(D - 1, rel=1e-9)


@pytest.mark.parametrize("loss", [MINIMAX, NON_SATURATING, LSGAN, HINGE, WASSERSTEIN])
def test_every_generator_loss_pushes_the_logit_up_and_d_pulls_them_apart(loss):
    fake, real = torch.full((3,), -0.5, requires_grad=True), torch.full((3,), 0.25, requires_grad=True)
    (slope,) = torch.autograd.grad(loss.generator(fake), fake)
    assert (slope < 0).all()
    down, up = torch.autograd.grad(loss.discriminator(real, fake), (real, fake))
    assert (down < 0).all()
    assert (up > 0).all() or loss is LSGAN  # LSGAN pulls a fake logit to 0 from either side
    assert loss is not LSGAN or (up < 0).all()


@pytest.mark.parametrize("loss", [MINIMAX, NON_SATURATING])
def test_no_overflow_at_huge_logits(loss):
    """log(1 - sigmoid(1000)) written out is -inf; D's mistake must cost 1000 instead."""
    huge = torch.full((2,), 1000.0)
    assert loss.discriminator(-huge, huge).item() == pytest.approx(2000.0)
    assert math.isfinite(loss.generator(huge).item())
    assert math.isfinite(loss.generator(-huge).item())
