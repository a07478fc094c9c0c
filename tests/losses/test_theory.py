"""The game's value on grids against closed forms, and against a discriminator that was optimised by gradient ascent."""

import math

import pytest
import torch

from course_lib.losses import generator_criterion, jensen_shannon, kl_divergence, optimal_discriminator, value


def gaussian(mean: float, sigma: float) -> torch.Tensor:
    """Probability per cell on a grid from -12 to 12 with a cell of 0.01."""
    x = torch.arange(-12, 12, 0.01, dtype=torch.float64)
    density = torch.exp(-0.5 * ((x - mean) / sigma) ** 2)
    return density / density.sum()


def test_optimal_discriminator_of_two_gaussians_is_a_sigmoid_of_x():
    """N(1, 1) against N(-1, 1): log p/q = 2x."""
    x = torch.arange(-12, 12, 0.01, dtype=torch.float64)
    D = optimal_discriminator(gaussian(1, 1), gaussian(-1, 1))
    near = x.abs() < 5
    assert torch.allclose(D[near], torch.sigmoid(2 * x)[near], atol=1e-3)


def test_gradient_ascent_on_the_value_finds_d_star():
    p, q = torch.tensor([0.5, 0.3, 0.15, 0.05]), torch.tensor([0.1, 0.2, 0.3, 0.4])
    logits = torch.zeros(4, requires_grad=True)
    optimiser = torch.optim.LBFGS([logits], max_iter=100)

    def loss():
        optimiser.zero_grad()
        negative = -value(logits.sigmoid(), p, q)
        negative.backward()
        return negative

    optimiser.step(loss)
    assert torch.allclose(logits.detach().sigmoid(), optimal_discriminator(p, q), atol=1e-3)
    assert -loss().item() == pytest.approx(generator_criterion(p, q).item(), abs=1e-5)


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (0.5, 1.0), (3.0, 0.4), (-2.0, 2.0)])
def test_criterion_is_minus_log_4_plus_twice_the_jensen_shannon_divergence(mean, sigma):
    p, q = gaussian(0, 1), gaussian(mean, sigma)
    if mean < 3:  # there D* rounds to 1 in cells that p_G still reaches
        assert generator_criterion(p, q).item() == pytest.approx(value(optimal_discriminator(p, q), p, q).item(), abs=1e-9)
    assert generator_criterion(p, q).item() == pytest.approx(-math.log(4) + 2 * jensen_shannon(p, q).item(), abs=1e-3)


def test_criterion_is_least_at_the_data_and_zero_when_disjoint():
    p = gaussian(0, 1)
    assert generator_criterion(p, p).item() == pytest.approx(-math.log(4), abs=1e-9)
    assert all(generator_criterion(p, gaussian(m, 1)) > -math.log(4) for m in (-1.0, 0.1, 2.0))
    half = torch.tensor([0.5, 0.5, 0.0, 0.0])
    assert generator_criterion(half, half.flip(0)).item() == pytest.approx(0.0, abs=1e-6)
    assert jensen_shannon(half, half.flip(0)).item() == pytest.approx(math.log(2))


def test_no_other_discriminator_does_better(generator):
    p, q = gaussian(0, 1), gaussian(1, 2)
    best = value(optimal_discriminator(p, q), p, q)
    for _ in range(20):
        other = optimal_discriminator(p, q) + 0.1 * torch.randn(p.shape, generator=generator, dtype=p.dtype)
        assert value(other.clamp(1e-6, 1 - 1e-6), p, q) < best


def test_kl_of_gaussians():
    """KL(N(m, s²) ‖ N(0, 1)) = (m² + s² - 1)/2 - log s."""
    assert kl_divergence(gaussian(0.7, 0.5), gaussian(0, 1)).item() == pytest.approx((0.49 + 0.25 - 1) / 2 - math.log(0.5), abs=1e-6)
    assert kl_divergence(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0])).item() == math.inf


@pytest.mark.bad_input
@pytest.mark.parametrize("p", [[0.5, 0.6], [1.2, -0.2], [float("nan"), 1.0]])
def test_densities_and_negative_cells_are_refused(p):
    with pytest.raises(ValueError, match="p_data must hold the probability of each cell"):
        optimal_discriminator(torch.tensor(p), torch.tensor([0.5, 0.5]))
