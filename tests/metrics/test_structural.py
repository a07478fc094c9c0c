"""SSIM against scikit-image, MS-SSIM against pytorch-msssim, and properties."""

import numpy as np
import pytest
import pytorch_msssim
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from course_lib import images
from course_lib.metrics import ms_ssim, mse, ssim, ssim_map


def pair(*shape, dtype=torch.float64, sigma=25.0, seed=0):
    """A smooth image with edges, and the same with noise."""
    generator = torch.Generator().manual_seed(seed)
    height, width = shape[-2:]
    i, j = torch.meshgrid(torch.arange(height, dtype=dtype), torch.arange(width, dtype=dtype), indexing="ij")
    scene = 0.5 + 0.3 * torch.sin(i / 5) * torch.cos(j / 9) + 0.2 * ((i // 16 + j // 24) % 2 - 0.5)
    reference = scene * (0.6 + 0.4 * torch.rand(*shape[:-2], 1, 1, dtype=dtype, generator=generator))
    return reference + sigma / 255 * torch.randn(*shape, dtype=dtype, generator=generator), reference


def oracle(x, reference, full=False):
    return structural_similarity(
        images.to_numpy(reference.double()),
        images.to_numpy(x.double()),
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=-1 if x.shape[-3] == 3 else None,
        full=full,
    )


@pytest.mark.parametrize("shape", [(1, 11, 11), (1, 24, 31), (3, 24, 31), (2, 3, 24, 31), (2, 1, 24, 31)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_ssim_equals_scikit_image(shape, dtype, device):
    x, reference = pair(*shape, dtype=dtype)
    value = ssim(x.to(device), reference.to(device))
    assert value.shape == shape[:-3]
    assert value.dtype == torch.float64
    expected = [oracle(a, b) for a, b in zip(x.reshape(-1, *shape[-3:]), reference.reshape(-1, *shape[-3:]), strict=True)]
    assert np.abs(value.cpu().flatten().numpy() - expected).max() < 1e-8


def test_ssim_map_equals_scikit_image_where_the_window_fits():
    x, reference = pair(3, 24, 31)
    _, full = oracle(x, reference, full=True)
    expected = np.moveaxis(full, -1, 0)[:, 5:-5, 5:-5]
    assert np.abs(ssim_map(x, reference).numpy() - expected).max() < 1e-12


def test_ssim_map_crop_and_luma_shapes():
    x, reference = pair(2, 3, 24, 31)
    assert ssim_map(x, reference).shape == (2, 3, 14, 21)
    assert ssim_map(x, reference, crop=2).shape == (2, 3, 10, 17)
    assert ssim_map(x, reference, luma=True).shape == (2, 1, 14, 21)
    assert ssim_map(x[0], reference[0]).shape == (3, 14, 21)
    assert torch.allclose(ssim_map(x, reference, crop=2), ssim_map(x, reference)[..., 2:-2, 2:-2], atol=1e-12)


@pytest.mark.parametrize("metric", [ssim, ms_ssim])
def test_crop_and_luma(metric):
    x, reference = pair(2, 3, 170, 172)
    assert torch.equal(metric(x, reference, crop=2), metric(x[..., 2:-2, 2:-2], reference[..., 2:-2, 2:-2]))
    assert torch.equal(metric(x, reference, luma=True), metric(images.luma(x), images.luma(reference)))
    channels = torch.stack([metric(x[:, c : c + 1], reference[:, c : c + 1]) for c in range(3)])
    assert torch.allclose(metric(x, reference), channels.mean(0), atol=1e-12)
    assert not torch.allclose(metric(x, reference), metric(x, reference, luma=True), atol=1e-4)


@pytest.mark.parametrize("size", [(161, 161), (176, 176), (181, 203), (200, 170)])
@pytest.mark.parametrize("sigma", [2, 25, 100])
def test_ms_ssim_equals_pytorch_msssim(size, sigma, device):
    x, reference = pair(2, 3, *size, sigma=sigma)
    x = 0.7 * x + 0.2  # so that the luminance counts
    expected = pytorch_msssim.ms_ssim(x, reference, data_range=1, size_average=False)
    assert torch.allclose(ms_ssim(x.to(device), reference.to(device)).cpu(), expected, rtol=0, atol=1e-5)
    single = ms_ssim(x[0].float().to(device), reference[0].float().to(device))
    assert single.shape == ()
    assert single.item() == pytest.approx(expected[0].item(), abs=1e-5)


def test_ms_ssim_where_no_real_power_exists():
    x, _ = pair(1, 1, 161, 161, sigma=0)
    negative = (1 - x).requires_grad_()
    value = ms_ssim(negative, x)
    assert value.item() == 0
    value.sum().backward()
    assert bool((negative.grad == 0).all())


@pytest.mark.parametrize("metric", [ssim, ms_ssim])
def test_equal_images_measure_one(metric, device):
    x, _ = pair(2, 3, 161, 163)
    value = metric(x.to(device), x.to(device))
    assert value.shape == (2,)
    assert torch.allclose(value.cpu(), torch.ones(2, dtype=torch.float64), atol=1e-12)


@pytest.mark.parametrize("metric", [ssim, ms_ssim])
def test_more_noise_measures_less(metric):
    values = [metric(*pair(1, 161, 161, sigma=sigma)).item() for sigma in (1, 5, 25, 100)]
    assert values == sorted(values, reverse=True)
    assert values[0] - values[-1] > 0.3


def test_two_errors_of_the_same_mse_differ_in_ssim():
    noisy, reference = pair(1, 64, 64)
    lighter = reference + mse(noisy, reference).sqrt()
    assert torch.allclose(mse(lighter, reference), mse(noisy, reference))
    assert ssim(lighter, reference) - ssim(noisy, reference) > 0.3


@given(
    channels=st.sampled_from([1, 3]), height=st.integers(11, 20), width=st.integers(11, 20), luma=st.booleans(), seed=st.integers(0, 2**31)
)
@settings(deadline=None, max_examples=40)
def test_ssim_is_symmetric_and_bounded(channels, height, width, luma, seed):
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.rand(2, 2, channels, height, width, generator=generator)
    value = ssim(x, y, luma=luma)
    assert value.shape == (2,)
    assert bool((value.abs() <= 1).all())
    assert torch.allclose(value, ssim(y, x, luma=luma), atol=1e-12)
    assert torch.allclose(value[1], ssim(x[1], y[1], luma=luma), atol=1e-12)
    assert torch.allclose(value, ssim(x.flip(-1), y.flip(-1), luma=luma), atol=1e-12)
    assert torch.allclose(value, ssim(x.mT, y.mT, luma=luma), atol=1e-12)


def test_gradients():
    x, reference = pair(1, 3, 12, 13)
    assert torch.autograd.gradcheck(lambda x: ssim(x, reference), x.clone().requires_grad_())
    for metric in (ssim, ms_ssim):
        x, reference = pair(1, 1, 161, 161, dtype=torch.float32)
        start = metric(x, reference)
        x.requires_grad_()
        (gradient,) = torch.autograd.grad(metric(x, reference).sum(), x)
        assert gradient.dtype == torch.float32
        assert bool(torch.isfinite(gradient).all())
        step = 0.01 * gradient / gradient.norm()
        assert float(metric(x.detach() + step, reference) - start) == pytest.approx(0.01 * float(gradient.norm()), rel=0.05)


@pytest.mark.bad_input
def test_images_that_are_too_small():
    x = torch.zeros(1, 11, 12)
    assert float(ssim(x, x)) == 1
    for metric in (ssim, ssim_map):
        with pytest.raises(ValueError, match=r"10 x 12 pixels are left to compare, but SSIM needs at least 11 x 11"):
            metric(x[:, 1:], x[:, 1:])
        with pytest.raises(ValueError, match=r"9 x 10 pixels are left"):
            metric(x, x, crop=1)
    x = torch.zeros(1, 161, 161)
    assert float(ms_ssim(x, x)) == 1
    with pytest.raises(ValueError, match=r"160 x 161 pixels are left to compare, but MS-SSIM needs at least 161 x 161"):
        ms_ssim(x[:, 1:], x[:, 1:])
    with pytest.raises(ValueError, match=r"159 x 159 pixels are left"):
        ms_ssim(x, x, crop=1)
