"""Compose: order, adjoint in reverse, one generator for all."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.degrade import Blur, Compose, Downsample, GaussianNoise, ImpulseNoise, Jpeg, Mask, gaussian_kernel, motion_kernel


def test_the_steps_strike_in_turn(generator):
    x = torch.rand(3, 16, 16, generator=generator)
    A, B = Blur(motion_kernel(5, 30)), Downsample(2)
    assert torch.equal(Compose([A, B])(x), B(A(x)))
    assert not torch.allclose(Compose([Jpeg(10), Downsample(2)])(x), Compose([Downsample(2), Jpeg(10)])(x))


@settings(max_examples=30, deadline=None)
@given(
    boundary=st.sampled_from(["circular", "reflect", "replicate", "zero"]),
    method=st.sampled_from(["bicubic", "box", "subsample"]),
    scale=st.integers(1, 4),
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    lead=st.sampled_from([(1,), (3,), (2, 3)]),
    seed=st.integers(0, 1000),
)
def test_the_adjoint_passes_the_dot_product_test_also_when_the_size_changes(boundary, method, scale, size, lead, seed):
    draw = torch.Generator().manual_seed(seed)
    k = torch.rand(5, 7, generator=draw) / 20
    A = Compose([Blur(k, boundary), Downsample(scale, method), Mask.random(size, missing=0.3, generator=draw)])
    x = torch.randn(*lead, size[0] * scale, size[1] * scale, generator=draw, dtype=torch.float64).clamp(-5, 5)
    y = torch.randn(*lead, *size, generator=draw, dtype=torch.float64).clamp(-5, 5)
    assert A.linear
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-5)):
        a, b = x.to(dtype), y.to(dtype)
        gap = (A(a).double() * b).sum() - (a * A.adjoint(b).double()).sum()
        assert float(gap.abs() / (x.norm() * y.norm())) < tolerance
        assert A.adjoint(b).shape == x.shape


def test_one_generator_serves_all_steps():
    x = torch.full((1, 16, 16), 0.5)
    y = Compose([GaussianNoise(10), ImpulseNoise(0.1)])(x, torch.Generator().manual_seed(4))
    g = torch.Generator().manual_seed(4)
    assert torch.equal(y, ImpulseNoise(0.1)(GaussianNoise(10)(x, g), g))
    # two noises in a row are two draws: their variances add
    z = Compose([GaussianNoise(30), GaussianNoise(40)])(torch.full((1, 256, 256), 0.5), torch.Generator().manual_seed(4))
    assert float(z.std()) * 255 == pytest.approx(50, rel=0.02)


def test_linear_only_if_all_steps_are():
    A, B, n = Blur(gaussian_kernel(3, 1.0)), Downsample(2), GaussianNoise(5)
    assert Compose([A, B]).linear
    assert not Compose([A, B]).stochastic
    assert not Compose([A, B, n]).linear
    assert Compose([A, B, n]).stochastic
    with pytest.raises(TypeError, match=r"GaussianNoise\(sigma=5\) is not linear"):
        Compose([A, B, n]).adjoint(torch.rand(1, 4, 4))


def test_nested_compositions_are_flattened_and_the_repr_reads_as_python():
    A = Compose([Compose([Downsample(2)]), Jpeg(50)]) + GaussianNoise(5)
    assert repr(A) == "Compose([Downsample(scale=2, method='bicubic'), Jpeg(quality=50), GaussianNoise(sigma=5)])"
    assert len(A.steps) == 3


def test_later_changes_of_the_list_do_not_reach_the_composition():
    steps = [Downsample(2)]
    A = Compose(steps)
    steps.append(Jpeg(10))
    assert len(A.steps) == 1


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("steps", "error", "message"),
    [
        ([], ValueError, "empty"),
        ([GaussianNoise], TypeError, r"steps\[0\]"),
        ([Downsample(2), lambda x: x], TypeError, r"steps\[1\]"),
        (Downsample(2), TypeError, "list"),
        ("blur", TypeError, "list"),
    ],
)
def test_bad_steps_are_refused_by_position(steps, error, message):
    with pytest.raises(error, match=message):
        Compose(steps)
