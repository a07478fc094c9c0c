"""Blur against scipy's convolution, its adjoint by dot product, the kernels by what they must be."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from course_lib.degrade import Blur, disk_kernel, gaussian_kernel, motion_kernel

SCIPY_MODE = {"circular": "wrap", "reflect": "mirror", "replicate": "nearest", "zero": "constant"}


def random_kernel(height, width, seed=0, dtype=torch.float64):
    return torch.rand(height, width, generator=torch.Generator().manual_seed(seed), dtype=dtype) + 0.01


@pytest.mark.parametrize("boundary", SCIPY_MODE)
@pytest.mark.parametrize("size", [(3, 3), (1, 5), (5, 3), (9, 9), (3, 21)])  # the last two through the Fourier transform
@pytest.mark.parametrize("image_size", [(16, 17), (4, 5), (1, 1)])  # also smaller than the kernel
def test_blur_is_scipys_convolution_with_an_asymmetric_kernel(boundary, size, image_size, generator):
    k = random_kernel(*size)
    x = torch.rand(2, 3, *image_size, generator=generator, dtype=torch.float64)
    y = Blur(k, boundary)(x)
    expected = ndimage.convolve(x.numpy(), k.numpy()[None, None], mode=SCIPY_MODE[boundary], cval=0.0)
    np.testing.assert_allclose(y.numpy(), expected, rtol=0, atol=1e-11)


def test_a_point_becomes_the_kernel_and_not_its_mirror_image():
    for side in (3, 7):
        k = random_kernel(side, side)
        x = torch.zeros(1, side, side, dtype=torch.float64)
        x[0, side // 2, side // 2] = 1
        torch.testing.assert_close(Blur(k, "zero")(x)[0], k, rtol=0, atol=1e-14)


def relative_gap(A, x, y):
    """|<A x, y> − <x, A* y>| in units of |A x| |y|."""
    Ax, Aty = A(x), A.adjoint(y)
    gap = (Ax.double() * y.double()).sum() - (x.double() * Aty.double()).sum()
    return float(gap.abs() / (Ax.double().norm() * y.double().norm()).clamp(min=1e-300))


@settings(max_examples=60, deadline=None)
@given(
    boundary=st.sampled_from(list(SCIPY_MODE)),
    kernel_size=st.tuples(st.sampled_from([1, 3, 5, 7, 13]), st.sampled_from([1, 3, 5, 9])),
    size=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    lead=st.sampled_from([(1,), (3,), (2, 1), (2, 3)]),
    seed=st.integers(0, 1000),
)
def test_the_adjoint_passes_the_dot_product_test(boundary, kernel_size, size, lead, seed):
    draw = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(*lead, *size, generator=draw, dtype=torch.float64).clamp(-5, 5) for _ in range(2))
    A = Blur(random_kernel(*kernel_size, seed=seed), boundary)
    assert relative_gap(A, x, y) < 1e-10
    assert relative_gap(A, x.float(), y.float()) < 1e-5


@pytest.mark.parametrize("boundary", SCIPY_MODE)
@pytest.mark.parametrize("side", [5, 15])
def test_the_adjoint_on_each_device(boundary, side, device, generator):
    x, y = (torch.rand(2, 3, 33, 20, generator=generator).to(device) for _ in range(2))
    assert relative_gap(Blur(random_kernel(side, side), boundary), x, y) < 1e-5


@pytest.mark.parametrize("boundary", SCIPY_MODE)
def test_the_adjoint_is_the_transposed_matrix(boundary):
    A, pixels = Blur(random_kernel(3, 5), boundary), torch.eye(20, dtype=torch.float64).reshape(20, 1, 4, 5)
    forward, backward = A(pixels).reshape(20, 20), A.adjoint(pixels).reshape(20, 20)
    torch.testing.assert_close(forward, backward.T, rtol=0, atol=1e-14)


@pytest.mark.parametrize("boundary", ["circular", "reflect", "replicate"])
@pytest.mark.parametrize("kernel", [gaussian_kernel(5, 1.0), motion_kernel(9, 30), disk_kernel(4)], ids=["gaussian", "motion", "disk"])
def test_a_flat_image_stays_flat(boundary, kernel):
    x = torch.full((1, 12, 12), 0.7)
    torch.testing.assert_close(Blur(kernel, boundary)(x), x, rtol=0, atol=1e-6)


def test_zero_boundary_darkens_the_edge_only():
    y = Blur(gaussian_kernel(3, 1.0), "zero")(torch.ones(1, 6, 6))
    torch.testing.assert_close(y[0, 1:-1, 1:-1], torch.ones(4, 4), rtol=0, atol=1e-6)
    assert float(y[0, 0].max()) < 0.8


@pytest.mark.parametrize("side", [3, 15])
def test_direct_sum_and_fourier_transform_agree(side, generator, monkeypatch):
    x, k = torch.rand(3, 20, 23, generator=generator, dtype=torch.float64), random_kernel(side, side)
    results = []
    for taps in (1, 10**6):
        monkeypatch.setattr("course_lib.degrade.blur.FFT_FROM_TAPS", taps)
        results.append((Blur(k)(x), Blur(k).adjoint(x)))
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("side", [3, 9])
def test_gradient_is_the_adjoint(side, generator):
    A = Blur(random_kernel(side, side), "reflect")
    x = torch.rand(1, 10, 12, generator=generator, dtype=torch.float64, requires_grad=True)
    y = torch.rand(1, 10, 12, generator=generator, dtype=torch.float64)
    (A(x) * y).sum().backward()
    torch.testing.assert_close(x.grad, A.adjoint(y), rtol=0, atol=1e-12)


@pytest.mark.parametrize("sigma", [1.0, 1.6, 3.0])
def test_gaussian_kernel_has_its_standard_deviation(sigma):
    k = gaussian_kernel(31, sigma).double()
    t = torch.arange(31).double() - 15
    assert float(k.sum()) == pytest.approx(1, abs=1e-6)
    assert math.sqrt(float((k.sum(0) * t**2).sum())) == pytest.approx(sigma, rel=0.002)
    torch.testing.assert_close(k, k.T)
    torch.testing.assert_close(k, k.flip(0))


def test_gaussian_kernel_is_scipys():
    point = np.zeros((13, 13))
    point[6, 6] = 1
    np.testing.assert_allclose(gaussian_kernel(13, 1.5).numpy(), ndimage.gaussian_filter(point, 1.5, truncate=4.0), rtol=0, atol=1e-7)


def test_gaussian_kernel_of_tiny_sigma_is_a_point():
    k = gaussian_kernel(5, 1e-6)
    assert k[2, 2] == 1
    assert k.sum() == 1


@pytest.mark.parametrize("length", [1, 2, 5, 8.5, 15])
@pytest.mark.parametrize("angle", [0, 30, 45, 90, 137.5, -20])
def test_motion_kernel_is_a_symmetric_line(length, angle):
    k = motion_kernel(length, angle).double()
    side = k.shape[0]
    assert k.shape == (side, side)
    assert side % 2 == 1
    assert float(k.sum()) == pytest.approx(1, abs=1e-6)
    assert float(k.min()) >= 0
    torch.testing.assert_close(k, k.flip(0, 1), rtol=0, atol=1e-7)
    torch.testing.assert_close(k, motion_kernel(length, angle + 180).double(), rtol=0, atol=1e-6)
    if length >= 5:  # second moments: long along the direction of motion, thin across
        t = torch.arange(side).double() - side // 2
        right, up, a = t[None, :], -t[:, None], math.radians(angle)
        along = float((k * (right * math.cos(a) + up * math.sin(a)) ** 2).sum())
        across = float((k * (up * math.cos(a) - right * math.sin(a)) ** 2).sum())
        assert along == pytest.approx((length**2 - 1) / 12, rel=0.15)
        assert across < 0.25


def test_motion_kernel_turns_counter_clockwise():
    k = motion_kernel(9, 30)
    assert float(k[:4, 5:].sum()) > 0.3  # up and to the right
    assert float(k[:4, :4].sum()) == 0
    assert torch.equal(motion_kernel(5, 0)[2], torch.full((5,), 0.2))
    torch.testing.assert_close(motion_kernel(7, 90), motion_kernel(7, 0).T, rtol=0, atol=1e-7)


@pytest.mark.parametrize("radius", [0.3, 1.0, 2.5, 5, 7.3])
def test_disk_kernel_is_an_even_disk(radius):
    k = disk_kernel(radius).double()
    assert float(k.sum()) == pytest.approx(1, abs=1e-6)
    for turned in (k.T, k.flip(0), k.flip(1)):
        torch.testing.assert_close(k, turned, rtol=0, atol=1e-8)
    if radius >= 1:
        assert float(k.max()) == pytest.approx(1 / (math.pi * radius**2), rel=0.02)
    if radius >= 5:  # second moment of the disk, and of the pixel that each weight stands for
        t = torch.arange(k.shape[0]).double() - k.shape[0] // 2
        assert float((k * (t[:, None] ** 2 + t**2)).sum()) == pytest.approx(radius**2 / 2 + 1 / 6, rel=0.02)
    if radius == 1:  # the share of the pixel above the middle, by integration of the circle
        area = 0.5 * math.sqrt(0.75) + math.asin(0.5) - 0.5
        assert float(k[0, 1]) == pytest.approx(area / math.pi, rel=0.01)
    if radius <= 0.5:
        assert torch.equal(k, torch.ones(1, 1).double())


def test_repr():
    assert repr(Blur(torch.ones(3, 5) / 15, "reflect")) == "Blur(kernel 3x5, boundary='reflect')"


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("kernel", "error", "message"),
    [
        (torch.ones(4, 4) / 16, ValueError, "odd"),
        (torch.ones(3, 4) / 12, ValueError, "odd"),
        (torch.ones(0, 0), ValueError, "odd"),
        (torch.ones(1, 3, 3), ValueError, r"\(kh, kw\)"),
        (-torch.ones(3, 3), ValueError, "sum > 0"),
        (torch.zeros(3, 3), ValueError, "sum > 0"),
        (torch.full((3, 3), float("nan")), ValueError, "NaN"),
        (torch.ones(3, 3, dtype=torch.uint8), TypeError, "float"),
        (np.ones((3, 3)), TypeError, "ndarray"),
        (None, TypeError, "NoneType"),
    ],
)
def test_bad_kernels_are_refused(kernel, error, message):
    with pytest.raises(error, match=message):
        Blur(kernel)


@pytest.mark.bad_input
@pytest.mark.parametrize("boundary", ["wrap", "", None, 3])
def test_bad_boundaries_are_refused(boundary):
    with pytest.raises(ValueError, match="boundary must be one of 'circular'"):
        Blur(gaussian_kernel(3, 1.0), boundary)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "error", "name"),
    [
        (lambda: gaussian_kernel(4, 1.0), ValueError, "size"),
        (lambda: gaussian_kernel(-3, 1.0), ValueError, "size"),
        (lambda: gaussian_kernel(3.0, 1.0), TypeError, "size"),
        (lambda: gaussian_kernel(3, 0), ValueError, "sigma"),
        (lambda: gaussian_kernel(3, "1"), TypeError, "sigma"),
        (lambda: motion_kernel(0.5, 0), ValueError, "length"),
        (lambda: motion_kernel(5, float("nan")), ValueError, "angle"),
        (lambda: motion_kernel("5", 0), TypeError, "length"),
        (lambda: disk_kernel(0), ValueError, "radius"),
        (lambda: disk_kernel([2]), TypeError, "radius"),
    ],
)
def test_bad_kernel_parameters_are_refused_by_name(make, error, name):
    with pytest.raises(error, match=f"{name} must be"):
        make()
