"""Downsampling: the methods against their definitions, the adjoint by dot product."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.degrade import Downsample
from course_lib.resample import imresize

METHODS = ["bicubic", "bilinear", "box", "subsample"]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_is_imresize_in_floating_point(scale, generator):
    x = torch.rand(3, 24, 36, generator=generator)
    assert torch.equal(Downsample(scale)(x), imresize(x, 1 / scale))


@pytest.mark.parametrize("scale", [2, 3])
def test_box_is_the_mean_of_each_block(scale, generator):
    x = torch.rand(2, 3, 12, 18, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(Downsample(scale, "box")(x), F.avg_pool2d(x, scale), rtol=0, atol=1e-12)


def test_subsample_takes_the_top_left_pixel_of_each_block():
    x = torch.arange(16.0).reshape(1, 4, 4) / 16
    assert torch.equal(Downsample(2, "subsample")(x) * 16, torch.tensor([[[0.0, 2.0], [8.0, 10.0]]]))


def test_only_filtering_methods_suppress_a_fine_pattern():
    x = (torch.arange(32) % 2).float().expand(1, 32, 32)  # stripes of one pixel
    assert float(Downsample(2, "subsample")(x).max()) == 0  # the stripes are gone without a trace: black
    for method in METHODS[:3]:
        assert float((Downsample(2, method)(x)[..., 4:-4] - 0.5).abs().max()) < 1e-6


@settings(max_examples=40, deadline=None)
@given(
    scale=st.integers(1, 5),
    method=st.sampled_from(METHODS),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    lead=st.sampled_from([(1,), (3,), (2, 3)]),
    seed=st.integers(0, 1000),
)
def test_the_adjoint_passes_the_dot_product_test(scale, method, size, lead, seed):
    draw = torch.Generator().manual_seed(seed)
    A = Downsample(scale, method)
    x = torch.randn(*lead, size[0] * scale, size[1] * scale, generator=draw, dtype=torch.float64).clamp(-5, 5)
    y = torch.randn(*lead, *size, generator=draw, dtype=torch.float64).clamp(-5, 5)
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-5)):
        a, b = x.to(dtype), y.to(dtype)
        gap = (A(a).double() * b).sum() - (a * A.adjoint(b).double()).sum()
        assert float(gap.abs() / (x.norm() * y.norm())) < tolerance
        assert A.adjoint(b).shape == x.shape


@pytest.mark.parametrize("method", METHODS)
def test_scale_1_changes_nothing(method, generator):
    x = torch.rand(1, 5, 7, generator=generator)
    torch.testing.assert_close(Downsample(1, method)(x), x, rtol=0, atol=1e-6)


def test_subsample_returns_its_own_memory():
    x = torch.rand(1, 4, 4)
    y = Downsample(1, "subsample")(x)
    y += 1
    assert float(x.max()) < 1


def test_repr():
    assert repr(Downsample(3)) == "Downsample(scale=3, method='bicubic')"


@pytest.mark.bad_input
@pytest.mark.parametrize("method", METHODS)
def test_a_size_that_is_no_multiple_is_refused_with_the_remedy(method):
    with pytest.raises(ValueError, match=r"9x8 pixels.*crop_to_multiple\(x, 2\)"):
        Downsample(2, method)(torch.rand(1, 9, 8))


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "error", "name"),
    [
        (lambda: Downsample(0), ValueError, "scale"),
        (lambda: Downsample(-2), ValueError, "scale"),
        (lambda: Downsample(1 / 2), TypeError, "scale"),
        (lambda: Downsample(True), TypeError, "scale"),
        (lambda: Downsample(2, "lanczos"), ValueError, "method"),
        (lambda: Downsample(2, None), ValueError, "method"),
    ],
)
def test_bad_parameters_are_refused_by_name(make, error, name):
    with pytest.raises(error, match=f"{name} must be"):
        make()
