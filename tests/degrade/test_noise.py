"""Noise: its size against theory, its source, its bytes."""

import math

import pytest
import torch

from course_lib.degrade import GaussianNoise, ImpulseNoise, PoissonNoise
from course_lib.metrics import psnr

NOISES = [GaussianNoise(25), PoissonNoise(30), ImpulseNoise(0.2)]


@pytest.mark.parametrize("sigma", [5, 25, 50.0])
def test_sigma_is_in_grey_levels(sigma, generator, device):
    x = torch.full((1, 512, 512), 0.5, device=device)
    n = (GaussianNoise(sigma)(x, generator) - x) * 255
    assert float(n.std()) == pytest.approx(sigma, rel=0.01)
    assert abs(float(n.mean())) < 4 * sigma / 512  # four standard errors


def test_sigma_25_is_20_17_decibels(generator):
    x = torch.rand(1, 512, 512, generator=generator)
    assert float(psnr(GaussianNoise(25)(x, generator), x)) == pytest.approx(20 * math.log10(255 / 25), abs=0.03)
    assert 20 * math.log10(255 / 25) == pytest.approx(20.17, abs=0.005)


def test_gaussian_noise_is_normal_and_white(generator):
    from scipy.stats import kstest

    n = (GaussianNoise(25)(torch.full((1, 256, 256), 0.5), generator) - 0.5) * 255 / 25
    assert kstest(n.flatten().numpy(), "norm").pvalue > 1e-3
    for shifted in (n.roll(1, -1), n.roll(1, -2)):
        assert abs(float((n * shifted).mean())) < 4 / 256


def test_gaussian_noise_is_neither_clipped_nor_rounded(generator):
    y = GaussianNoise(25)(torch.ones(1, 64, 64), generator)
    assert float((y > 1).float().mean()) == pytest.approx(0.5, abs=0.03)
    assert float(((y * 255).round() - y * 255).abs().max()) > 0.4
    # what clipping would do: half the noise at white is gone
    assert float((y.clamp(0, 1) - 1).square().mean()) < 0.6 * float((y - 1).square().mean())


def test_sigma_0_changes_nothing(generator):
    x = torch.rand(1, 8, 8)
    assert torch.equal(GaussianNoise(0)(x, generator), x)


@pytest.mark.parametrize("brightness", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("peak", [4, 100.0])
def test_poisson_mean_and_variance(brightness, peak, generator, device):
    x = torch.full((1, 512, 512), brightness, dtype=torch.float64, device=device)
    y = PoissonNoise(peak)(x, generator)
    variance = brightness / peak
    assert float(y.mean()) == pytest.approx(brightness, abs=4 * math.sqrt(variance) / 512)
    assert float(y.var()) == pytest.approx(variance, rel=0.02)
    assert float(((y * peak).round() - y * peak).abs().max()) < 1e-9  # whole photons


def test_poisson_dark_stays_dark(generator):
    assert torch.equal(PoissonNoise(10)(torch.tensor([[[0.0, -0.2]]]), generator), torch.zeros(1, 1, 2))


def test_impulse_shares(generator, device):
    x = torch.full((1, 512, 512), 0.5, device=device)
    y = ImpulseNoise(0.2, salt_share=0.25)(x, generator)
    assert float((y == 1).float().mean()) == pytest.approx(0.05, abs=0.002)
    assert float((y == 0).float().mean()) == pytest.approx(0.15, abs=0.003)
    assert float((y == 0.5).float().mean()) == pytest.approx(0.80, abs=0.004)


def test_impulse_extremes():
    x = torch.full((1, 16, 16), 0.5)
    assert torch.equal(ImpulseNoise(0)(x), x)
    assert torch.equal(ImpulseNoise(1, 1)(x), torch.ones_like(x))
    assert torch.equal(ImpulseNoise(1, 0)(x), torch.zeros_like(x))


@pytest.mark.parametrize("noise", NOISES, ids=repr)
def test_images_and_channels_get_different_noise(noise, generator):
    y = noise(torch.full((2, 3, 16, 16), 0.5), generator)
    lines = y.reshape(6, -1)
    assert all(not torch.equal(lines[i], lines[j]) for i in range(6) for j in range(i))


@pytest.mark.parametrize("noise", NOISES, ids=repr)
def test_the_generator_moves_on_and_can_be_wound_back(noise):
    x, generator = torch.full((1, 16, 16), 0.5), torch.Generator().manual_seed(1)
    first, second = noise(x, generator), noise(x, generator)
    assert not torch.equal(first, second)
    assert torch.equal(first, noise(x, generator.manual_seed(1)))


@pytest.mark.parametrize("noise", NOISES, ids=repr)
def test_a_generator_leaves_the_global_one_alone_and_none_uses_it(noise):
    x = torch.full((1, 16, 16), 0.5)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    noise(x, torch.Generator().manual_seed(0))
    assert torch.equal(torch.get_rng_state(), state)
    first = noise(x)
    assert not torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(5)
    assert torch.equal(noise(x), first)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
@pytest.mark.parametrize("noise", NOISES, ids=repr)
def test_a_cpu_generator_gives_cpu_and_cuda_the_same_noise(noise):
    x = torch.rand(3, 16, 16)
    on_cpu = noise(x, torch.Generator().manual_seed(0))
    on_cuda = noise(x.cuda(), torch.Generator().manual_seed(0))
    torch.testing.assert_close(on_cuda.cpu(), on_cpu, rtol=0, atol=1e-6)
    assert noise(x.cuda(), torch.Generator("cuda").manual_seed(0)).is_cuda
    assert not noise(x, torch.Generator("cuda").manual_seed(0)).is_cuda


def test_golden_bytes():
    """PyTorch promises no stream across versions: if only this test fails after an upgrade, take the new value."""
    y = GaussianNoise(25)(torch.full((1, 4, 4), 0.5), torch.Generator().manual_seed(0))
    assert y[0, 0].tolist() == pytest.approx([0.3896, 0.3870, 0.4754, 0.4574], abs=1e-4)


def test_repr():
    assert [repr(noise) for noise in NOISES] == [
        "GaussianNoise(sigma=25)",
        "PoissonNoise(peak=30)",
        "ImpulseNoise(amount=0.2, salt_share=0.5)",
    ]


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "error", "name"),
    [
        (lambda: GaussianNoise(-1), ValueError, "sigma"),
        (lambda: GaussianNoise(256), ValueError, "sigma"),
        (lambda: GaussianNoise(float("nan")), ValueError, "sigma"),
        (lambda: GaussianNoise("25"), TypeError, "sigma"),
        (lambda: GaussianNoise(torch.tensor(25.0)), TypeError, "sigma"),
        (lambda: PoissonNoise(0), ValueError, "peak"),
        (lambda: PoissonNoise(float("inf")), ValueError, "peak"),
        (lambda: PoissonNoise(None), TypeError, "peak"),
        (lambda: ImpulseNoise(1.5), ValueError, "amount"),
        (lambda: ImpulseNoise(-0.1), ValueError, "amount"),
        (lambda: ImpulseNoise(0.1, 2), ValueError, "salt_share"),
        (lambda: ImpulseNoise(0.1, "half"), TypeError, "salt_share"),
    ],
)
def test_bad_strength_is_refused_by_name(make, error, name):
    with pytest.raises(error, match=f"{name} must be"):
        make()
