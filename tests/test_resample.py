"""imresize against MATLAB's own files, against frozen pixels, against independent code and against its own adjoint."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import images, metrics
from course_lib.resample import imresize, imresize_adjoint, resize_weights

METHODS = ["bicubic", "bilinear", "nearest", "box"]
BORDERS = ["symmetric", "replicate"]


def random_image(*shape, dtype=torch.float32, seed=0):
    return torch.rand(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def synthetic(side):
    """An 8-bit image by formula, without symmetry, so that a swap of the axes or of the two passes shows."""
    i, j = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return images.from_uint8(((37 * i + 91 * j + 13 * i * j + (i * i * j) % 31) % 256).to(torch.uint8)[None])


# What imresize(synthetic(12 s), 1 / s, quantise=True) gave when it reproduced all fifteen MATLAB files of Set5.
GOLDEN = {
    (2, "symmetric"): [
        [72, 135, 125, 91, 141, 145, 126, 169, 89, 131, 124, 123],
        [140, 123, 91, 146, 140, 119, 120, 107, 95, 91, 136, 144],
        [140, 101, 140, 138, 99, 129, 128, 115, 106, 128, 152, 139],
        [135, 126, 144, 160, 134, 142, 136, 168, 110, 145, 137, 133],
        [96, 166, 96, 117, 122, 116, 126, 183, 86, 197, 128, 117],
        [128, 101, 96, 102, 154, 108, 170, 119, 67, 172, 198, 133],
        [187, 143, 137, 86, 93, 97, 82, 51, 52, 47, 73, 104],
        [54, 113, 149, 120, 100, 136, 182, 78, 29, 92, 135, 168],
        [132, 178, 158, 119, 123, 125, 106, 188, 101, 137, 164, 106],
        [161, 115, 146, 119, 107, 103, 153, 142, 160, 165, 146, 143],
        [120, 134, 115, 94, 143, 107, 142, 151, 147, 130, 148, 127],
        [111, 150, 148, 86, 92, 140, 140, 147, 130, 122, 140, 124],
    ],
    (3, "symmetric"): [
        [106, 116, 121, 137, 140, 111, 115, 138, 145, 121, 109, 131],
        [132, 120, 135, 119, 120, 104, 123, 139, 123, 125, 129, 102],
        [126, 135, 138, 131, 147, 136, 143, 139, 120, 134, 108, 112],
        [127, 105, 116, 118, 146, 96, 171, 138, 133, 127, 129, 167],
        [133, 129, 97, 113, 101, 40, 69, 126, 145, 152, 123, 129],
        [117, 161, 119, 123, 148, 104, 137, 135, 131, 134, 140, 80],
        [145, 127, 118, 110, 140, 159, 154, 136, 134, 131, 117, 121],
        [115, 137, 97, 131, 140, 138, 123, 137, 105, 115, 121, 139],
        [136, 142, 118, 142, 118, 131, 129, 110, 125, 107, 137, 134],
        [120, 146, 118, 131, 139, 134, 136, 126, 124, 119, 138, 119],
        [122, 127, 129, 124, 131, 99, 80, 144, 130, 106, 111, 107],
        [117, 131, 90, 126, 124, 76, 139, 130, 118, 116, 104, 197],
    ],
    (4, "symmetric"): [
        [113, 117, 133, 130, 105, 135, 136, 114, 133, 123, 118, 148],
        [129, 137, 128, 132, 126, 138, 125, 123, 113, 137, 110, 143],
        [126, 112, 124, 133, 129, 146, 130, 125, 145, 117, 129, 129],
        [127, 121, 112, 99, 60, 124, 144, 137, 122, 136, 138, 120],
        [140, 135, 115, 145, 142, 141, 135, 128, 110, 132, 124, 124],
        [125, 116, 118, 141, 136, 134, 113, 122, 121, 126, 131, 144],
        [137, 131, 130, 128, 136, 115, 117, 123, 131, 118, 125, 136],
        [119, 132, 127, 138, 103, 137, 124, 119, 116, 164, 114, 127],
        [132, 113, 119, 112, 99, 131, 119, 108, 170, 144, 118, 133],
        [127, 113, 111, 125, 127, 118, 125, 125, 128, 117, 120, 135],
        [127, 108, 124, 125, 139, 119, 140, 129, 125, 118, 138, 108],
        [119, 122, 131, 127, 120, 131, 146, 121, 127, 122, 120, 110],
    ],
    (2, "replicate"): [
        [80, 139, 125, 90, 142, 143, 125, 169, 90, 132, 127, 125],
        [144, 123, 91, 146, 140, 119, 120, 107, 95, 91, 136, 144],
        [136, 101, 140, 138, 99, 129, 128, 115, 106, 128, 152, 139],
        [137, 126, 144, 160, 134, 142, 136, 168, 110, 145, 137, 136],
        [101, 166, 96, 117, 122, 116, 126, 183, 86, 197, 128, 119],
        [127, 101, 96, 102, 154, 108, 170, 119, 67, 172, 198, 137],
        [186, 143, 137, 86, 93, 97, 82, 51, 52, 47, 73, 108],
        [56, 113, 149, 120, 100, 136, 182, 78, 29, 92, 135, 166],
        [135, 178, 158, 119, 123, 125, 106, 188, 101, 137, 164, 104],
        [159, 115, 146, 119, 107, 103, 153, 142, 160, 165, 146, 143],
        [120, 134, 115, 94, 143, 107, 142, 151, 147, 130, 148, 126],
        [114, 148, 144, 85, 93, 143, 142, 147, 130, 121, 139, 125],
    ],
}


# ---------------------------------------------------------------------------------------------- MATLAB's pixels
@pytest.mark.parametrize(("s", "border"), GOLDEN)
def test_frozen_pixels(s, border, device):
    y = imresize(synthetic(12 * s).to(device), 1 / s, border=border, quantise=True)
    assert images.to_uint8(y)[0].tolist() == GOLDEN[s, border]


def test_each_pass_is_rounded_and_the_vertical_one_comes_first():
    x, golden = synthetic(24), torch.tensor(GOLDEN[2, "symmetric"])
    once = images.to_uint8(imresize(x.double(), 1 / 2))[0]
    horizontal_first = images.to_uint8(imresize(x.mT, 1 / 2, quantise=True).mT)[0]
    assert int((once != golden).sum()) > 5  # if these were equal the golden array would prove nothing
    assert int((horizontal_first != golden).sum()) > 5
    assert int((once - golden).abs().max()) == 1


@pytest.mark.parametrize("s", [2, 3, 4, 8])
def test_set5_low_resolution_files(course_data, s):
    files = sorted((course_data / "Set5" / "HR").glob("*.png"))
    assert len(files) == 5
    differing = {}
    for file in files:
        expected = images.load(next((course_data / "Set5" / "LR_bicubic" / f"X{s}").glob(f"{file.stem}*.png")))
        high = images.crop_to_multiple(images.load(file), s)
        # The files of x8 were made on floating-point images and rounded once, the others on 8-bit images.
        low = imresize(high, 1 / s, quantise=True) if s < 8 else imresize(high.double(), 1 / s)
        differing[file.stem] = int((images.to_uint8(low) != images.to_uint8(expected)).sum())
    assert differing == dict.fromkeys(differing, 0)


@pytest.mark.parametrize(("s", "published"), [(2, 33.66), (3, 30.39), (4, 28.42)])
def test_bicubic_table_of_set5(course_data, s, published):
    values = []
    for file in sorted((course_data / "Set5" / "HR").glob("*.png")):
        y = images.luma(images.crop_to_multiple(images.load(file), s))
        y = images.from_uint8(images.to_uint8(y))
        enlarged = imresize(imresize(y, 1 / s), s)
        values.append(float(metrics.psnr(images.from_uint8(images.to_uint8(enlarged)), y, crop=s)))
    assert len(values) == 5
    assert abs(np.mean(values) - published) < 0.01


def test_quantised_values_are_8_bit(device):
    x = random_image(2, 3, 9, 14, seed=3).to(device) * 1.4 - 0.2
    y = imresize(x, size=(5, 30), quantise=True)
    assert y.dtype == torch.float32
    assert torch.equal(images.from_uint8(images.to_uint8(y)), y)
    assert torch.equal(y, imresize(images.from_uint8(images.to_uint8(x)), size=(5, 30), quantise=True))


# ---------------------------------------------------------------------------------------------- independent code
def slow_matrix(n, m, scale, method, antialias, border):
    """The definition, one weight after another: the kernel is sampled at every pixel of an endless, extended axis."""

    def kernel(t):
        t = abs(t)
        if method == "bicubic":
            a = -0.5
            if t <= 1:
                return (a + 2) * t**3 - (a + 3) * t**2 + 1
            return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0
        return max(0.0, 1 - t)

    stretch = min(scale, 1) if antialias else 1
    matrix = np.zeros((m, n))
    for i in range(m):
        centre = (i + 0.5) / scale - 0.5
        for j in range(math.floor(centre - 3 / stretch), math.ceil(centre + 3 / stretch) + 1):
            if border == "replicate":
                k = min(max(j, 0), n - 1)
            else:
                k = j
                while not 0 <= k < n:
                    k = -1 - k if k < 0 else 2 * n - 1 - k
            matrix[i, k] += kernel(stretch * (centre - j))
        matrix[i] /= matrix[i].sum()
    return matrix


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("method", ["bicubic", "bilinear"])
@pytest.mark.parametrize(
    ("n", "m", "scale"), [(12, 6, None), (13, 4, None), (7, 7, None), (5, 17, None), (10, 4, 0.37), (2, 9, 4.3), (9, 1, None)]
)
def test_weights_equal_the_definition(n, m, scale, method, antialias, border):
    weights, indices = resize_weights(n, m, scale, method, antialias, border)
    dense = torch.zeros(m, n, dtype=torch.float64).scatter_add_(1, indices, weights).numpy()
    assert np.abs(dense - slow_matrix(n, m, scale or m / n, method, antialias, border)).max() < 1e-13


def test_enlarging_bicubic_equals_torch_inside(device):
    x = random_image(2, 3, 16, 20, dtype=torch.float64).to(device)
    ours = imresize(x, 3)
    theirs = F.interpolate(x, scale_factor=3, mode="bicubic", antialias=True)  # a = -0.5 only with antialias=True
    assert float((ours - theirs)[..., 6:-6, 6:-6].abs().max()) < 1e-6


def test_shrinking_equals_torch_inside(device):
    x = random_image(2, 3, 48, 36, dtype=torch.float64).to(device)
    for mode in ("bicubic", "bilinear"):
        ours = imresize(x, 1 / 3, method=mode)
        theirs = F.interpolate(x, scale_factor=1 / 3, mode=mode, antialias=True)
        assert float((ours - theirs)[..., 2:-2, 2:-2].abs().max()) < 1e-6


def test_bilinear_without_antialias_equals_torch(device):
    x = random_image(2, 3, 13, 20, dtype=torch.float64).to(device)
    for size in ((5, 9), (29, 31)):
        ours = imresize(x, size=size, method="bilinear", antialias=False, border="replicate")
        assert float((ours - F.interpolate(x, size=size, mode="bilinear", align_corners=False)).abs().max()) < 1e-6


def test_box_is_the_block_mean_and_nearest_a_choice(device):
    x = random_image(2, 3, 12, 18, dtype=torch.float64).to(device)
    assert torch.allclose(imresize(x, 1 / 3, method="box"), F.avg_pool2d(x, 3), atol=1e-12)
    assert torch.equal(imresize(x, 1 / 3, method="nearest"), x[..., 1::3, 1::3])
    assert torch.equal(imresize(x, 1 / 2, method="nearest"), x[..., 1::2, 1::2])  # the middle lies between two: MATLAB takes the second
    enlarged = x.repeat_interleave(3, -1).repeat_interleave(3, -2)
    assert torch.equal(imresize(x, 3, method="nearest"), enlarged)
    assert torch.equal(imresize(x, 3, method="box"), enlarged)


# ---------------------------------------------------------------------------------------------- properties
lengths = st.integers(1, 24)


@given(n=lengths, m=lengths, method=st.sampled_from(METHODS), antialias=st.booleans(), border=st.sampled_from(BORDERS))
@settings(deadline=None, max_examples=80)
def test_weights_sum_to_one_and_stay_inside(n, m, method, antialias, border):
    weights, indices = resize_weights(n, m, None, method, antialias, border)
    assert weights.shape == indices.shape
    assert weights.shape[0] == m
    assert float((weights.sum(1) - 1).abs().max()) < 1e-12
    assert 0 <= int(indices.min()) <= int(indices.max()) < n


@given(
    n=lengths,
    m=lengths,
    size=st.tuples(lengths, lengths),
    channels=st.sampled_from([1, 3]),
    batch=st.sampled_from([None, 1, 3]),
    method=st.sampled_from(METHODS),
    border=st.sampled_from(BORDERS),
    quantise=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_shapes_ranges_and_constants(n, m, size, channels, batch, method, border, quantise):
    shape = (channels, n, m) if batch is None else (batch, channels, n, m)
    x = random_image(*shape)
    y = imresize(x, size=size, method=method, border=border, quantise=quantise)
    assert y.shape == (*shape[:-2], *size)
    assert y.dtype == x.dtype
    assert bool(torch.isfinite(y).all())
    if quantise or method != "bicubic":
        assert -1e-6 <= float(y.min()) <= float(y.max()) <= 1 + 1e-6
    constant = torch.full(shape, 51 / 255)
    assert torch.allclose(imresize(constant, size=size, method=method, border=border, quantise=quantise), torch.tensor(0.2), atol=1e-6)


def test_output_size_is_rounded_up():
    assert imresize(random_image(1, 10, 11), 1 / 3).shape == (1, 4, 4)
    assert imresize(random_image(1, 10, 11), 1.25).shape == (1, 13, 14)
    # The grid follows the scale, not the rounded size: the first samples are the same for 10 and for 12 rows.
    x = random_image(1, 12, 12, dtype=torch.float64)
    assert torch.allclose(imresize(x, 1 / 3)[..., :2, :2], imresize(x[..., :11, :11], 1 / 3)[..., :2, :2], atol=1e-12)


def test_scale_and_size_agree_where_they_divide(device):
    x = random_image(3, 12, 18).to(device)
    assert torch.equal(imresize(x, 1 / 3), imresize(x, size=(4, 6)))
    assert torch.equal(imresize(x, 1 / 3), imresize(x, size=[4, 6]))
    assert torch.allclose(imresize(x, 1), x, atol=1e-7)


def test_one_image_as_in_a_batch_and_one_channel_as_in_colour(device):
    x = random_image(2, 3, 11, 16).to(device)
    for quantise in (False, True):
        y = imresize(x, size=(6, 9), quantise=quantise)
        assert torch.equal(y[1], imresize(x[1], size=(6, 9), quantise=quantise))
        assert torch.equal(y[:, 1:2], imresize(x[:, 1:2], size=(6, 9), quantise=quantise))


def test_cuda_gives_the_pixels_of_the_cpu(device):
    x = random_image(3, 33, 47, seed=5)
    assert torch.equal(imresize(x, size=(15, 21), quantise=True), imresize(x.to(device), size=(15, 21), quantise=True).cpu())


def test_smaller_factor_first():
    x = synthetic(24)
    wide = imresize(x, size=(24, 8), quantise=True)
    assert torch.equal(imresize(x, size=(12, 8), quantise=True), imresize(wide, size=(12, 8), quantise=True))
    tall = imresize(x, size=(8, 24), quantise=True)
    assert torch.equal(imresize(x, size=(8, 12), quantise=True), imresize(tall, size=(8, 12), quantise=True))


def test_turned_and_mirrored_images():
    x = random_image(1, 12, 20, dtype=torch.float64)
    y = imresize(x, 1 / 2)
    assert torch.allclose(imresize(x.mT, 1 / 2).mT, y, atol=1e-14)
    assert torch.allclose(imresize(x.flip(-1), 1 / 2).flip(-1), y, atol=1e-14)
    assert torch.allclose(imresize(x.flip(-2), 1 / 2).flip(-2), y, atol=1e-14)


def test_linear_without_quantise():
    a, b = random_image(1, 9, 13, dtype=torch.float64, seed=1), random_image(1, 9, 13, dtype=torch.float64, seed=2)
    assert torch.allclose(imresize(2 * a - b, size=(4, 7)), 2 * imresize(a, size=(4, 7)) - imresize(b, size=(4, 7)), atol=1e-13)


# ---------------------------------------------------------------------------------------------- the adjoint
@given(
    n=lengths,
    m=lengths,
    size=st.tuples(lengths, lengths),
    method=st.sampled_from(METHODS),
    antialias=st.booleans(),
    border=st.sampled_from(BORDERS),
    seed=st.integers(0, 2**31),
)
@settings(deadline=None, max_examples=60)
def test_adjoint_by_dot_product(n, m, size, method, antialias, border, seed):
    options = {"method": method, "antialias": antialias, "border": border}
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-10)):
        x = random_image(2, 3, n, m, dtype=dtype, seed=seed)
        y = random_image(2, 3, *size, dtype=dtype, seed=seed + 1)
        forward = imresize(x, size=size, **options)
        backward = imresize_adjoint(y, (n, m), **options)
        assert backward.shape == x.shape
        assert backward.dtype == dtype
        left, right = float((forward * y).double().sum()), float((x * backward).double().sum())
        assert abs(left - right) <= tolerance * abs(left)


def test_adjoint_with_a_scale_and_on_each_device(device):
    for scale, shape in ((1 / 3, (10, 14)), (2.3, (5, 4))):
        x = random_image(3, *shape, dtype=torch.float64).to(device)
        forward = imresize(x, scale)
        y = random_image(*forward.shape, dtype=torch.float64, seed=1).to(device)
        backward = imresize_adjoint(y, shape, scale)
        assert backward.device.type == device.type
        left, right = float((forward * y).sum()), float((x * backward).sum())
        assert abs(left - right) <= 1e-10 * abs(left)


def test_adjoint_is_what_autograd_finds(device):
    x = random_image(1, 10, 7, dtype=torch.float64).to(device).requires_grad_()
    forward = imresize(x, size=(4, 15))
    y = random_image(1, 4, 15, dtype=torch.float64, seed=1).to(device)
    (gradient,) = torch.autograd.grad(forward, x, y)
    assert torch.allclose(gradient, imresize_adjoint(y, (10, 7)), atol=1e-12)


# ---------------------------------------------------------------------------------------------- bad input
@pytest.mark.bad_input
@pytest.mark.parametrize("function", [lambda x: imresize(x, 0.5), lambda y: imresize_adjoint(y, (8, 8))])
def test_refuses_what_is_no_image(function):
    for bad, error, message in [
        (torch.zeros(3, 4, 4, dtype=torch.uint8), TypeError, "[xy]: got dtype torch.uint8"),
        (np.zeros((4, 4)), TypeError, "[xy]: got a numpy array"),
        (torch.zeros(4, 4), ValueError, "[xy]: got shape"),
        (torch.zeros(1, 0, 4), ValueError, "empty"),
        (torch.full((3, 4, 4), 128.0), ValueError, "0–255 scale"),
        (torch.full((3, 4, 4), float("nan")), ValueError, "NaN"),
    ]:
        with pytest.raises(error, match=message):
            function(bad)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "expected exactly one of them"),
        ({"scale": 2, "size": (4, 4)}, ValueError, r"got scale=2 and size=\(4, 4\), expected exactly one"),
        ({"scale": 0}, ValueError, "scale: got 0, expected a positive"),
        ({"scale": -2}, ValueError, "scale: got -2"),
        ({"scale": float("nan")}, ValueError, "scale: got nan"),
        ({"scale": float("inf")}, ValueError, "scale: got inf"),
        ({"scale": "2"}, TypeError, "scale: got str"),
        ({"scale": (2, 2)}, TypeError, "scale: got tuple"),
        ({"size": (4,)}, ValueError, r"size: got \(4,\), expected \(height, width\)"),
        ({"size": (4, 0)}, ValueError, r"size: got \(4, 0\)"),
        ({"size": 4}, TypeError, "size: got 4, expected two ints"),
        ({"size": (4.0, 4.0)}, TypeError, "size: got"),
        ({"scale": 2, "method": "cubic"}, ValueError, "method: got 'cubic', expected one of bicubic, bilinear"),
        ({"scale": 2, "border": "zeros"}, ValueError, "border: got 'zeros'"),
    ],
)
def test_imresize_refuses(options, error, message):
    with pytest.raises(error, match=message):
        imresize(torch.zeros(1, 8, 8), **options)


@pytest.mark.bad_input
def test_adjoint_refuses_a_size_that_does_not_fit():
    y = torch.zeros(1, 4, 4)
    with pytest.raises(ValueError, match=r"0.5 times \(10, 8\) is \(5, 4\) pixels, but y has \(4, 4\)"):
        imresize_adjoint(y, (10, 8), 0.5)
    with pytest.raises(TypeError, match="original_size: got 8"):
        imresize_adjoint(y, 8)
    with pytest.raises(ValueError, match=r"original_size: got \(0, 8\)"):
        imresize_adjoint(y, (0, 8))
    with pytest.raises(ValueError, match="scale: got -1"):
        imresize_adjoint(y, (8, 8), -1)
    with pytest.raises(ValueError, match="method: got 'lanczos'"):
        imresize_adjoint(y, (8, 8), method="lanczos")


@pytest.mark.bad_input
def test_weights_refuse():
    with pytest.raises(ValueError, match="in_length: got 0"):
        resize_weights(0, 3)
    with pytest.raises(ValueError, match="out_length: got -1"):
        resize_weights(3, -1)
    with pytest.raises(TypeError, match="in_length: got float"):
        resize_weights(3.0, 3)
    with pytest.raises(ValueError, match="scale: got 0"):
        resize_weights(3, 3, 0)
    with pytest.raises(ValueError, match="border: got 'wrap'"):
        resize_weights(3, 3, border="wrap")
