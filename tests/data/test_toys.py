"""Toy distributions: moments, modes and spreads as stated."""

import math

import pytest
import torch

from course_lib.data import toys

N = 50_000


def test_two_modes_moments(generator):
    x = toys.two_modes(N, generator)
    assert x.shape == (N, 1)
    assert float(x.mean()) == pytest.approx(-0.05, abs=0.01)
    assert float(x.std()) == pytest.approx(math.sqrt(0.55**2 + 0.1**2), abs=0.005)
    assert float((x < -0.05).float().mean()) == pytest.approx(0.5, abs=0.01)
    assert float(x[x < -0.05].std()) == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize(
    ("draw", "centres", "sigma", "modes"),
    [
        (toys.ring, toys.ring_centres(), 0.01, 8),
        (toys.grid, toys.grid_centres(), 0.05, 25),
        (lambda n, g: toys.ring(n, g, modes=5, radius=2.0, sigma=0.05), toys.ring_centres(5, 2.0), 0.05, 5),
        (lambda n, g: toys.grid(n, g, side=3, spacing=1.0, sigma=0.02), toys.grid_centres(3, 1.0), 0.02, 9),
    ],
)
def test_modes_have_equal_weight_and_the_stated_spread(draw, centres, sigma, modes, generator):
    x = draw(N, generator)
    assert centres.shape == (modes, 2)
    distance, nearest = torch.cdist(x, centres).min(dim=1)
    share = torch.bincount(nearest, minlength=modes) / N
    assert float((share - 1 / modes).abs().max()) < 0.01
    assert float((x - centres[nearest]).std()) == pytest.approx(sigma, rel=0.02)
    # within 3 sigma: 1 - exp(-9/2) of a Gaussian in the plane
    assert float((distance < 3 * sigma).float().mean()) == pytest.approx(1 - math.exp(-4.5), abs=0.002)


def test_centres():
    c = toys.ring_centres(8, 1.0)
    assert torch.allclose(c.norm(dim=1), torch.ones(8))
    torch.testing.assert_close(c[2], torch.tensor([0.0, 1.0]), atol=1e-7, rtol=0)
    assert sorted(set(toys.grid_centres()[:, 0].tolist())) == [-4, -2, 0, 2, 4]
    assert len({tuple(p) for p in toys.grid_centres().tolist()}) == 25


@pytest.mark.parametrize("draw", [toys.two_modes, toys.ring, toys.grid])
def test_same_seed_same_samples(draw):
    a, b, c = (draw(100, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert a.dtype == torch.float32


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: toys.two_modes(0), ValueError, "n:"),
        (lambda: toys.two_modes(5, centres=()), ValueError, "centres"),
        (lambda: toys.two_modes(5, centres="ab"), TypeError, "centres"),
        (lambda: toys.two_modes(5, centres=(0.0, float("nan"))), ValueError, "centres"),
        (lambda: toys.two_modes(5, sigma=-0.1), ValueError, "sigma"),
        (lambda: toys.ring(2.5), TypeError, "n:"),
        (lambda: toys.ring(5, modes=0), ValueError, "modes"),
        (lambda: toys.ring(5, radius=0.0), ValueError, "radius"),
        (lambda: toys.ring(5, sigma=float("nan")), ValueError, "sigma"),
        (lambda: toys.ring_centres(True), TypeError, "modes"),
        (lambda: toys.grid(5, side=0), ValueError, "side"),
        (lambda: toys.grid(5, spacing=float("inf")), ValueError, "spacing"),
        (lambda: toys.grid(5, sigma="small"), TypeError, "sigma"),
        (lambda: toys.grid_centres(2.0), TypeError, "side"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
