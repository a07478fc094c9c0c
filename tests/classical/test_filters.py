"""Local filters against scipy, scikit-image and, for the bilateral filter, the double loop of its formula."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage import filters as skimage_filters
from skimage import restoration

from course_lib import data, degrade, metrics
from course_lib.classical import filters
from course_lib.classical.filters import bilateral_filter, gaussian_filter, median_filter, unsharp_mask

EVERY = {
    "gaussian": lambda y: gaussian_filter(y, 1.3),
    "bilateral": lambda y: bilateral_filter(y, 40, 1.3),
    "median": lambda y: median_filter(y, 5),
    "unsharp": lambda y: unsharp_mask(y, 1.3, 0.7),
}
each_filter = pytest.mark.parametrize("apply", EVERY.values(), ids=EVERY)


def rand(*shape: int, dtype=torch.float64) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


# ------------------------------------------------------------------------------------------------------------ oracles


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.7])
@pytest.mark.parametrize("shape", [(1, 17, 24), (3, 8, 8)])
def test_gaussian_is_scipy_s(shape, sigma):
    y = rand(*shape)
    expected = np.stack([ndimage.gaussian_filter(plane, sigma, mode="reflect", truncate=4.0) for plane in y.numpy()])
    assert np.abs(gaussian_filter(y, sigma).numpy() - expected).max() < 1e-12


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("shape", [(1, 17, 24), (3, 8, 9)])
def test_median_is_scipy_s(shape, size):
    y = rand(*shape)
    expected = np.stack([ndimage.median_filter(plane, size, mode="reflect") for plane in y.numpy()])
    assert np.array_equal(median_filter(y, size).numpy(), expected)


@pytest.mark.parametrize(("radius", "amount"), [(1.0, 1.0), (2.5, -0.4)])
def test_unsharp_mask_is_scikit_image_s(radius, amount):
    y = rand(1, 17, 24)
    expected = skimage_filters.unsharp_mask(y[0].numpy(), radius=radius, amount=amount, preserve_range=True)
    assert np.abs(unsharp_mask(y, radius, amount)[0].numpy() - expected).max() < 1e-12


def naive_bilateral(y: torch.Tensor, sigma_color: float, sigma_spatial: float, radius: int) -> torch.Tensor:
    """The formula, pixel by pixel; only for pixels whose window lies inside the image."""
    _, height, width = y.shape
    out = torch.full_like(y, math.nan)
    for i in range(radius, height - radius):
        for j in range(radius, width - radius):
            total, weights = torch.zeros(y.shape[0], dtype=y.dtype), 0.0
            for k in range(i - radius, i + radius + 1):
                for m in range(j - radius, j + radius + 1):
                    near = math.exp(-((i - k) ** 2 + (j - m) ** 2) / (2 * sigma_spatial**2))
                    alike = math.exp(-float((y[:, i, j] - y[:, k, m]).square().sum()) / (2 * (sigma_color / 255) ** 2))
                    total += near * alike * y[:, k, m]
                    weights += near * alike
            out[:, i, j] = total / weights
    return out


@pytest.mark.parametrize("channels", [1, 3])
def test_bilateral_is_its_formula(channels):
    y = rand(channels, 10, 11)
    expected = naive_bilateral(y, 50, 0.9, 3)
    inside = (slice(None), slice(3, -3), slice(3, -3))
    assert torch.allclose(bilateral_filter(y, 50, 0.9)[inside], expected[inside], rtol=0, atol=1e-12)


def test_bilateral_weighs_differences_as_scikit_image_does():
    """Only with flat spatial weights: scikit-image 0.26 reads its table of spatial weights, one column too wide, in the wrong places.

    It looks the other weights up in a table of 10,000 entries, hence the tolerance; in colour it scales them differently.
    """
    y = data.photo("astronaut", size=48, grey=True).double()
    expected = restoration.denoise_bilateral(y[0].numpy(), win_size=9, sigma_color=30 / 255, sigma_spatial=1e6, mode="symmetric")
    assert np.abs(bilateral_filter(y, 30, 1e6, window_size=9)[0].numpy() - expected).max() < 1e-4


# --------------------------------------------------------------------------------------------------------- properties


@each_filter
def test_a_constant_image_stays(apply):
    for value in (0.0, 0.37, 1.2):
        y = torch.full((3, 9, 8), value, dtype=torch.float64)
        assert (apply(y) - y).abs().max() < 1e-12


@each_filter
def test_a_batch_is_its_images_one_by_one(apply):
    y = rand(3, 3, 12, 9, dtype=torch.float32)
    assert torch.allclose(apply(y), torch.stack([apply(one) for one in y]), rtol=0, atol=1e-6)


@each_filter
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_dtype_device_and_input_are_kept(apply, dtype, device):
    y = rand(1, 1, 30, dtype=dtype).to(device)  # one row
    before = y.clone()
    x = apply(y)
    assert (x.shape, x.dtype, x.device) == (y.shape, y.dtype, y.device)
    assert torch.equal(y, before)
    assert torch.isfinite(apply(rand(3, 8, 8, dtype=dtype).to(device))).all()


@each_filter
def test_memory_layout_does_not_matter(apply):
    y = rand(2, 3, 9, 12)
    assert torch.allclose(apply(y.to(memory_format=torch.channels_last)), apply(y), rtol=0, atol=1e-12)
    assert torch.allclose(apply(y.transpose(-1, -2)), apply(y).transpose(-1, -2), rtol=0, atol=1e-12)


@each_filter
def test_every_filter_can_be_mirrored(apply):
    y = rand(1, 10, 13)
    assert torch.allclose(apply(y.flip(-1)), apply(y).flip(-1), rtol=0, atol=1e-12)
    assert torch.allclose(apply(y.flip(-2)), apply(y).flip(-2), rtol=0, atol=1e-12)


def test_gaussian_of_width_0_and_median_of_size_1_do_nothing():
    y = rand(1, 8, 8)
    assert torch.equal(gaussian_filter(y, 0), y)
    assert torch.equal(median_filter(y, 1), y)
    assert torch.equal(unsharp_mask(y, 2.0, 0), y)


def test_a_window_larger_than_the_image_is_mirrored_several_times():
    y = rand(1, 3, 4)
    expected = ndimage.gaussian_filter(y[0].numpy(), 4.0, mode="reflect")
    assert np.abs(gaussian_filter(y, 4.0)[0].numpy() - expected).max() < 1e-12


def test_bilateral_becomes_gaussian_where_all_values_are_similar():
    y = rand(1, 20, 20)
    blurred = bilateral_filter(y, 1e6, 1.0, window_size=9)  # a Gaussian cut off at 4 sigma, as gaussian_filter's
    assert torch.allclose(blurred, gaussian_filter(y, 1.0), rtol=0, atol=1e-6)


def test_bilateral_keeps_the_edge_that_the_gaussian_blurs():
    step = torch.zeros(1, 16, 16)
    step[..., 8:] = 1
    assert (bilateral_filter(step, 20, 2) - step).abs().max() < 1e-6
    assert (gaussian_filter(step, 2) - step).abs().max() > 0.4


def test_bilateral_of_colour_sees_all_channels_together():
    """An edge in one channel only keeps the other channels from being averaged across it."""
    y = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1)) * 0.02
    y[0, :, 4:] += 1
    left_only = bilateral_filter(y[..., :4].clone(), 10, 1)
    assert torch.allclose(bilateral_filter(y, 10, 1)[1:, :, 0], left_only[1:, :, 0], rtol=0, atol=1e-3)
    changed = y.clone()
    changed[1, :, 4:] += 0.5  # beyond the edge: it must not be felt on this side
    assert torch.allclose(bilateral_filter(changed, 10, 1)[..., :4], bilateral_filter(y, 10, 1)[..., :4], rtol=0, atol=1e-6)


def test_each_filter_is_best_at_its_own_noise():
    """Golden values on the camera at 64 x 64: the median for impulses, an average for Gaussian noise, and sharpening for neither."""
    x = data.photo("camera", size=64)
    gaussian = degrade.GaussianNoise(25)(x, torch.Generator().manual_seed(0))
    impulses = degrade.ImpulseNoise(0.1)(x, torch.Generator().manual_seed(0))
    score = {
        (noise, name): float(metrics.psnr(filtered(y), x))
        for noise, y in (("gaussian", gaussian), ("impulses", impulses))
        for name, filtered in {
            "none": lambda y: y,
            "gaussian": lambda y: gaussian_filter(y, 0.7),
            "bilateral": lambda y: bilateral_filter(y, 80, 1.2),
            "median": lambda y: median_filter(y, 3),
            "unsharp": lambda y: unsharp_mask(y, 1.0, 1.0),
        }.items()
    }
    assert score["gaussian", "bilateral"] > score["gaussian", "gaussian"] > score["gaussian", "median"] > score["gaussian", "none"]
    assert score["impulses", "median"] > score["impulses", "gaussian"] + 1
    for noise in ("gaussian", "impulses"):
        assert score[noise, "unsharp"] < score[noise, "none"] - 3


# ---------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.bad_input
@pytest.mark.parametrize("apply", [*EVERY.values()], ids=EVERY)
def test_what_is_no_image_is_refused_by_name(apply):
    with pytest.raises(TypeError, match="y: got dtype torch.uint8"):
        apply(torch.zeros(1, 8, 8, dtype=torch.uint8))
    with pytest.raises(ValueError, match="y: got shape"):
        apply(torch.zeros(8, 8))
    with pytest.raises(ValueError, match="NaN"):
        apply(torch.full((1, 8, 8), math.nan))


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda y: gaussian_filter(y, -1), ValueError, "sigma_spatial must be a finite number >= 0"),
        (lambda y: gaussian_filter(y, "1"), TypeError, "sigma_spatial must be a number"),
        (lambda y: bilateral_filter(y, 0, 1), ValueError, "sigma_color must be a finite number > 0"),
        (lambda y: bilateral_filter(y, 20, math.nan), ValueError, "sigma_spatial must be"),
        (lambda y: bilateral_filter(y, 20, 1, window_size=4), ValueError, "window_size: got 4, expected an odd"),
        (lambda y: median_filter(y, 2), ValueError, "size: got 2, expected an odd"),
        (lambda y: median_filter(y, 3.0), TypeError, "size: got float"),
        (lambda y: median_filter(y, -1), ValueError, "size: got -1"),
        (lambda y: unsharp_mask(y, 1, math.inf), ValueError, "amount must be a finite number"),
        (lambda y: unsharp_mask(y, -1, 1), ValueError, "sigma_spatial must be"),
    ],
)
def test_bad_numbers_are_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call(torch.zeros(1, 8, 8))


def test_what_the_module_offers():
    assert set(filters.__all__) == {"bilateral_filter", "gaussian_filter", "median_filter", "unsharp_mask"}
