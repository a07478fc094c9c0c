"""The denoisers' tasks: each has the right minimum, on noise where the best estimator is known; and each fails where it should."""

import pytest
import torch

from course_lib.degrade import GaussianNoise
from course_lib.losses import blind_spots, noise2noise, noise2void, supervised, supervised_range, sure


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gaussian_scene(n: int = 64) -> torch.Tensor:
    """Independent pixels around 0.5 with standard deviation 0.1: E[x|y] is linear in y."""
    return 0.5 + 0.1 * torch.randn(n, 1, 32, 32, generator=source(9))


def shrink(factor: float):
    return lambda y: 0.5 + factor * (y - 0.5)


WIENER = 0.1**2 / (0.1**2 + (25.5 / 255) ** 2)  # 1/2


def best_factor(task, x, factors) -> float:
    drawn = task.draw(x, source(1))
    return min(factors, key=lambda factor: task.loss(shrink(factor), *drawn).item())


@pytest.mark.parametrize("name", ["supervised", "noise2noise", "sure"])
def test_the_minimum_is_the_best_estimator(name):
    noise = GaussianNoise(25.5)
    task = {"supervised": supervised(noise), "noise2noise": noise2noise(noise), "sure": sure(25.5)}[name]
    factors = [0.05 * i for i in range(21)]
    assert best_factor(task, gaussian_scene(), factors) == pytest.approx(WIENER, abs=0.051)


def test_noise2noise_adds_the_noise_power_and_nothing_else():
    x, noise = gaussian_scene(256), GaussianNoise(25.5)
    for factor in (0.0, 0.5, 1.0):
        clean, noisy = (task.loss(shrink(factor), *task.draw(x, source(2))).item() for task in (supervised(noise), noise2noise(noise)))
        assert noisy - clean == pytest.approx(0.01, abs=2e-4)


@pytest.mark.parametrize("factor", [0.0, 0.3, 0.5, 1.0])
def test_sure_is_the_risk(factor):
    x = gaussian_scene(256)
    risk = supervised(GaussianNoise(25.5))
    task = sure(25.5)
    expected = risk.loss(shrink(factor), *risk.draw(x, source(3))).item()
    assert task.loss(shrink(factor), *task.draw(x, source(4))).item() == pytest.approx(expected, abs=2e-4)


def test_sure_takes_the_divergence_of_a_nonlinear_estimator():
    """Soft thresholding at t: the divergence is the number of pixels beyond t."""
    x, t = torch.zeros(64, 1, 32, 32), 0.1
    soft = lambda y: y.sign() * (y.abs() - t).clamp(min=0)  # noqa: E731
    task = sure(25.5)
    y, probe = task.draw(x, source(5))
    exact = (soft(y) - y).square().mean() - 0.01 + 2 * 0.01 * (y.abs() > t).float().mean()
    assert task.loss(soft, y, probe).item() == pytest.approx(exact.item(), abs=1e-4)


def test_sure_with_a_wrong_sigma_has_a_wrong_minimum():
    x = gaussian_scene()
    y, probe = sure(25.5).draw(x, source(1))
    factors = [0.05 * i for i in range(21)]
    assumed = sure(12.75)  # half the true one
    assert min(factors, key=lambda f: assumed.loss(shrink(f), y, probe).item()) > WIENER + 0.2


def test_noise2noise_fails_where_both_shots_share_their_noise():
    shared = 0.1 * torch.randn(64, 1, 32, 32, generator=source(6))
    task = noise2noise(lambda x, generator: x + shared)
    assert best_factor(task, gaussian_scene(), [0.05 * i for i in range(21)]) == 1.0  # keeps all of the noise


def test_noise2void_hides_the_pixel_and_scores_it_only():
    noise = GaussianNoise(25)
    task = noise2void(noise, share=0.1)
    blind, y, mask = task.draw(gaussian_scene(8), source(7))
    assert mask.float().mean().item() == pytest.approx(0.1, abs=0.01)
    assert torch.equal(blind[~mask], y[~mask])
    # the identity pays: a replaced pixel is as far off as two independent pixels are
    assert task.loss(lambda z: z, blind, y, mask).item() == pytest.approx(2 * y.var().item(), rel=0.1)
    assert task.loss(lambda z: torch.where(mask, y, torch.full_like(y, 99.0)), blind, y, mask).item() == 0


def test_blind_spots_takes_each_neighbour_equally_often_and_never_the_pixel():
    y = torch.arange(81.0).view(1, 1, 9, 9).expand(20_000, 1, 9, 9)
    mask = torch.zeros(20_000, 1, 9, 9, dtype=torch.bool)
    mask[..., 4, 4] = True
    values = blind_spots(y, mask, 2, source(8))[:, 0, 4, 4].long()
    counts = values.bincount(minlength=81).view(9, 9)
    assert counts[4, 4] == 0
    inside = counts[2:7, 2:7].flatten()
    assert counts.sum() == inside.sum() == 20_000
    assert ((inside > 700) & (inside < 970)).sum() == 24  # 833 expected, ± 4.8 standard deviations


def test_blind_spots_never_leads_back_to_the_pixel_at_the_border():
    y = torch.arange(16.0).view(1, 1, 4, 4).expand(2000, 1, 4, 4)
    out = blind_spots(y, torch.ones(2000, 1, 4, 4, dtype=torch.bool), 2, source(3))
    assert not (out == y).any()


def test_blind_spots_takes_all_channels_from_one_neighbour():
    y = torch.rand(1, 1, 12, 12, generator=source(0))
    y = torch.cat([y, y + 1, y + 2], 1)
    out = blind_spots(y, torch.ones(1, 1, 12, 12, dtype=torch.bool), 2, source(1))
    torch.testing.assert_close(out[:, 1] - out[:, 0], torch.ones(1, 12, 12))
    torch.testing.assert_close(out[:, 2] - out[:, 0], torch.full((1, 12, 12), 2.0))
    assert not (out == y).any()


@pytest.mark.parametrize("told", [True, False])
def test_a_range_draws_one_sigma_an_image_and_tells_it(told):
    task = supervised_range(10, 50, told=told)
    x = torch.zeros(400, 1, 16, 16)
    y, clean, sigma = task.draw(x, source(2))
    assert torch.equal(clean, x)
    measured = 255 * y.flatten(1).std(1)
    torch.testing.assert_close(measured, sigma, rtol=0.2, atol=0)
    assert sigma.mean().item() == pytest.approx(30, abs=2)
    assert 10 <= sigma.min() < 12
    assert 48 < sigma.max() <= 50
    calls = []
    task.loss(lambda *arguments: calls.append(arguments) or y, y, clean, sigma)
    assert len(calls[0]) == (2 if told else 1)
    assert calls[0][-1] is (sigma if told else y)


def test_the_noise_is_new_in_every_step_and_the_seed_fixes_it():
    task, x, generator = supervised(GaussianNoise(25)), torch.zeros(1, 1, 8, 8), source(0)
    first, second = task.draw(x, generator)[0], task.draw(x, generator)[0]
    assert not torch.equal(first, second)
    assert torch.equal(task.draw(x, source(0))[0], first)
    assert first.min() < 0  # not clipped


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="0 <= low <= high"):
        supervised_range(30, 20)
    with pytest.raises(ValueError, match="share must be between 0 and 1, got 1"):
        noise2void(GaussianNoise(5), share=1)
    with pytest.raises(ValueError, match="radius must be at least 1 pixel, got 0"):
        noise2void(GaussianNoise(5), radius=0)
    with pytest.raises(ValueError, match="at least 4 pixels high and wide for a radius of 2, got 3×8"):
        blind_spots(torch.zeros(1, 1, 3, 8), torch.ones(1, 1, 3, 8, dtype=torch.bool))
    with pytest.raises(ValueError, match="sigma must not be negative and epsilon must be positive"):
        sure(-1)
