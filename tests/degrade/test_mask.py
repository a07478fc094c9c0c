"""Masks: what is kept, what is missing, what fits."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.degrade import Mask


@settings(max_examples=30, deadline=None)
@given(
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    lead=st.sampled_from([(1,), (3,), (2, 1), (2, 3)]),
    mask_lead=st.sampled_from([(), (1,)]),
    seed=st.integers(0, 1000),
)
def test_the_mask_is_its_own_adjoint(size, lead, mask_lead, seed):
    draw = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(*lead, *size, generator=draw, dtype=torch.float64).clamp(-5, 5) for _ in range(2))
    A = Mask(torch.rand(*mask_lead, *size, generator=draw))
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-5)):
        a, b = x.to(dtype), y.to(dtype)
        gap = (A(a).double() * b).sum() - (a * A.adjoint(b).double()).sum()
        assert float(gap.abs() / (x.norm() * y.norm())) < tolerance
    assert torch.equal(A.adjoint(x), A(x))


def test_kept_pixels_are_untouched_and_missing_ones_black(device):
    kept = torch.tensor([[True, False], [False, True]])
    y = Mask(kept)(torch.full((2, 3, 2, 2), 0.7, device=device)).cpu()
    assert torch.equal(y[:, :, kept], torch.full((2, 3, 2), 0.7))
    assert torch.equal(y[:, :, ~kept], torch.zeros(2, 3, 2))


def test_random_loses_the_share_asked_for_and_repeats(generator):
    A = Mask.random((256, 256), missing=0.3, generator=generator)
    assert float((A.mask == 0).float().mean()) == pytest.approx(0.3, abs=0.008)
    again = Mask.random((256, 256), missing=0.3, generator=generator.manual_seed(0))
    assert torch.equal(A.mask, again.mask)
    assert bool(Mask.random((8, 8), missing=0).mask.all())
    assert not bool(Mask.random((8, 8), missing=1).mask.any())


def test_random_with_channels_strikes_each_channel_by_itself(generator):
    m = Mask.random((3, 32, 32), generator=generator).mask
    assert not torch.equal(m[0], m[1])


def test_box_is_where_it_should_be():
    m = Mask.box((5, 6), top=1, left=2, height=2, width=3).mask
    assert int((~m).sum()) == 6
    assert not bool(m[1:3, 2:5].any())


def test_repr():
    assert repr(Mask.box((4, 4), top=0, left=0, height=2, width=2)) == "Mask(4x4, 25.0 % missing)"


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("mask", "error"),
    [
        (torch.ones(4, 4, dtype=torch.uint8), TypeError),
        ([[1.0]], TypeError),
        (torch.ones(4), ValueError),
        (torch.ones(0, 4), ValueError),
        (torch.full((4, 4), 255.0), ValueError),
        (torch.full((4, 4), -0.5), ValueError),
        (torch.full((4, 4), float("nan")), ValueError),
    ],
)
def test_bad_masks_are_refused(mask, error):
    with pytest.raises(error, match="mask must"):
        Mask(mask)


@pytest.mark.bad_input
@pytest.mark.parametrize("shape", [(4, 5), (2, 4, 4), (3, 4, 4), (2, 1, 4, 4), (1, 1, 4, 4), (1, 1)])
def test_a_mask_that_does_not_fit_is_refused_and_never_enlarges_the_image(shape):
    with pytest.raises(ValueError, match="does not fit"):
        Mask(torch.ones(shape))(torch.rand(1, 4, 4))


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "error", "name"),
    [
        (lambda: Mask.random((4, 4), missing=1.5), ValueError, "missing"),
        (lambda: Mask.random((4, 4), missing="half"), TypeError, "missing"),
        (lambda: Mask.random(4), TypeError, "shape"),
        (lambda: Mask.random((4,)), ValueError, "shape"),
        (lambda: Mask.random((4, 0)), ValueError, "shape"),
        (lambda: Mask.random((4, 4), generator=3), TypeError, "generator"),
        (lambda: Mask.box((4, 4), top=3, left=0, height=2, width=2), ValueError, "hole"),
        (lambda: Mask.box((4, 4), top=-1, left=0, height=2, width=2), ValueError, "hole"),
        (lambda: Mask.box((4, 4), top=0, left=0, height=0, width=2), ValueError, "hole"),
        (lambda: Mask.box((4, 4), top=0.5, left=0, height=1, width=2), TypeError, "hole"),
    ],
)
def test_bad_parameters_are_refused_by_name(make, error, name):
    with pytest.raises(error, match=name):
        make()
