"""MSE and PSNR against scikit-image, and by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio

from course_lib import images
from course_lib.metrics import ms_ssim, mse, psnr, ssim, ssim_map
from course_lib.metrics.pixel import comparable

METRICS = [mse, psnr, ssim, ssim_map, ms_ssim]


def pair(*shape, dtype=torch.float64, sigma=25.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    reference = torch.rand(*shape, dtype=dtype, generator=generator)
    return reference + sigma / 255 * torch.randn(*shape, dtype=dtype, generator=generator), reference


@pytest.mark.parametrize("shape", [(3, 17, 23), (1, 17, 23), (4, 3, 17, 23), (2, 1, 17, 23)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_to_scikit_image(shape, dtype, device):
    x, reference = pair(*shape, dtype=dtype)
    a, b = (images.to_numpy(t.double()).reshape(-1, *shape[-2:], shape[-3]) for t in (x, reference))
    expected_psnr = [peak_signal_noise_ratio(q, p, data_range=1) for p, q in zip(a, b, strict=True)]
    expected_mse = [mean_squared_error(q, p) for p, q in zip(a, b, strict=True)]
    value, error = psnr(x.to(device), reference.to(device)), mse(x.to(device), reference.to(device))
    assert value.shape == error.shape == shape[:-3]
    assert value.dtype == torch.float64
    assert np.abs(value.cpu().flatten().numpy() - expected_psnr).max() < 1e-10
    assert np.abs(error.cpu().flatten().numpy() - expected_mse).max() < 1e-12


def test_small_differences_survive_in_float32():
    reference = torch.full((1, 512, 512), 0.7)
    x = reference.clone()
    x[0, 3, 4] += 2**-10
    assert mse(x, reference).item() == pytest.approx(2**-20 / 512**2, rel=1e-3)


def test_noise_of_25_grey_levels_measures_20_17_db():
    x, reference = pair(1, 512, 512, dtype=torch.float32, sigma=25)
    assert psnr(x, reference).item() == pytest.approx(20 * math.log10(255 / 25), abs=0.02)
    assert round(20 * math.log10(255 / 25), 2) == 20.17
    assert ((x - reference).std() * 255).item() == pytest.approx(25, rel=0.01)


def test_by_hand():
    reference = torch.zeros(2, 1, 2, 2)
    x = reference.clone()
    x[1, 0, 0, 0] = 1.0
    assert mse(x, reference).tolist() == [0, 0.25]
    assert psnr(x, reference).tolist() == [math.inf, pytest.approx(10 * math.log10(4))]


def test_equal_images_give_infinity(device):
    x, _ = pair(2, 3, 8, 8)
    assert psnr(x.to(device), x.to(device)).tolist() == [math.inf, math.inf]


def test_crop_cuts_every_side():
    x, reference = pair(2, 3, 12, 14)
    assert torch.equal(psnr(x, reference, crop=3), psnr(x[..., 3:9, 3:11], reference[..., 3:9, 3:11]))
    assert torch.equal(psnr(x, reference, crop=0), psnr(x, reference))
    for side in [(..., 0, slice(None)), (..., 11, slice(None)), (..., slice(None), 0), (..., slice(None), 13)]:
        frame = reference.clone()
        frame[side] = 0.5
        assert float(mse(frame, reference).min()) > 0
        assert float(mse(frame, reference, crop=1).max()) == 0


def test_luma():
    x, reference = pair(2, 3, 12, 14)
    assert torch.equal(psnr(x, reference, luma=True), psnr(images.luma(x), images.luma(reference)))
    assert torch.equal(psnr(x[:, :1], reference[:, :1], luma=True), psnr(x[:, :1], reference[:, :1]))
    grey = reference[:, :1].expand(-1, 3, -1, -1), x[:, :1].expand(-1, 3, -1, -1)
    gain = psnr(*grey, luma=True) - psnr(*grey)
    assert torch.allclose(gain, torch.tensor(20 * math.log10(255 / 219), dtype=torch.float64), atol=1e-9)


@given(
    batch=st.integers(1, 4),
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    crop=st.integers(0, 3),
    luma=st.booleans(),
    seed=st.integers(0, 2**31),
)
@settings(deadline=None, max_examples=50)
def test_one_value_per_image_and_symmetric(batch, channels, height, width, crop, luma, seed):
    if 2 * crop >= min(height, width):
        return
    x, reference = pair(batch, channels, height, width, dtype=torch.float32, seed=seed)
    value = mse(x, reference, crop=crop, luma=luma)
    assert value.shape == (batch,)
    assert bool((value > 0).all())
    assert torch.equal(value, mse(reference, x, crop=crop, luma=luma))
    assert torch.allclose(value[0], mse(x[0], reference[0], crop=crop, luma=luma), rtol=1e-12)
    assert torch.allclose(psnr(x, reference, crop=crop, luma=luma), -10 * value.log10())


def test_gradients():
    x, reference = pair(2, 3, 5, 6)
    for options in ({}, {"crop": 1}, {"luma": True}):
        assert torch.autograd.gradcheck(lambda x, options=options: psnr(x, reference, **options), x.clone().requires_grad_())
    y = x.float().requires_grad_()
    mse(y, reference.float()).sum().backward()
    assert y.grad.dtype == torch.float32
    assert torch.allclose(y.grad, 2 * (y - reference.float()).detach() / 90, atol=1e-8)


def test_comparable_leaves_the_arguments_alone():
    x, reference = pair(3, 8, 8, dtype=torch.float32)
    kept = x.clone()
    a, b = comparable(x, reference, crop=1)
    assert a.dtype == b.dtype == torch.float64
    assert torch.equal(x, kept)


@pytest.mark.bad_input
@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_refuses_what_cannot_be_compared(metric):
    x = torch.zeros(3, 200, 200)
    for arguments, error, message in [
        ((x.numpy(), x), TypeError, r"x: got a numpy array"),
        ((x, (x * 255).to(torch.uint8)), TypeError, r"reference: got dtype torch.uint8"),
        ((x, x + 128), ValueError, r"reference: .* 0–255 scale"),
        ((x * float("nan"), x), ValueError, r"x: 120000 of 120000 values are NaN"),
        ((x[0], x[0]), ValueError, r"x: got shape \(200, 200\)"),
        ((x[:, :0], x[:, :0]), ValueError, r"x: .* empty"),
        ((x, x[:1]), ValueError, r"x has shape \(3, 200, 200\) and reference \(1, 200, 200\); one is colour and the other grey"),
        ((x[None], x), ValueError, r"one is a batch and the other one image"),
        ((x, x[:, :199]), ValueError, r"they must be equal"),
        ((x[None].expand(2, -1, -1, -1), x[None]), ValueError, r"they must be equal"),
    ]:
        with pytest.raises(error, match=message):
            metric(*arguments)
    for crop in (-1, 100, 1000):
        with pytest.raises(ValueError, match=f"crop: got {crop}, expected 0 to 99 for images of 200 x 200"):
            metric(x, x, crop=crop)
    for crop in (1.0, "1", True, None):
        with pytest.raises(TypeError, match="crop: got"):
            metric(x, x, crop=crop)


@pytest.mark.bad_input
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
def test_two_devices():
    x = torch.zeros(1, 8, 8)
    with pytest.raises(ValueError, match=r"x is on cpu and reference on cuda:0; move one"):
        psnr(x, x.cuda())
