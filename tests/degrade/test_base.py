"""What all degradations share."""

import pytest
import torch

from course_lib.degrade import Blur, Compose, Downsample, GaussianNoise, ImpulseNoise, Jpeg, Mask, PoissonNoise, gaussian_kernel
from course_lib.degrade.base import Degradation, require_generator, require_number

BENT = [GaussianNoise(25), PoissonNoise(10), ImpulseNoise(0.1), Jpeg(50), Compose([Blur(gaussian_kernel(3, 1.0)), GaussianNoise(5)])]
LINEAR = [Blur(gaussian_kernel(3, 1.0)), Downsample(2), Mask(torch.ones(8, 8)), Compose([Blur(gaussian_kernel(3, 1.0)), Downsample(2)])]


@pytest.mark.parametrize("degradation", BENT, ids=repr)
def test_what_is_not_linear_says_so_and_has_no_adjoint(degradation):
    assert degradation.linear is False
    with pytest.raises(TypeError, match="not linear"):
        degradation.adjoint(torch.rand(1, 8, 8))


@pytest.mark.parametrize("degradation", LINEAR, ids=repr)
def test_what_says_linear_is_linear(degradation, generator):
    x, z = torch.rand(2, 1, 8, 8, generator=generator, dtype=torch.float64)
    assert degradation.linear is True
    assert degradation.stochastic is False
    torch.testing.assert_close(degradation(2 * x - 0.5 * z), 2 * degradation(x) - 0.5 * degradation(z), rtol=0, atol=1e-12)


@pytest.mark.parametrize("degradation", [*BENT, *LINEAR], ids=repr)
def test_dtype_shape_and_input_are_respected(degradation, device):
    for dtype in (torch.float32, torch.float64):
        x = torch.rand(2, 3, 8, 8, dtype=dtype, device=device)
        before = x.clone()
        y = degradation(x, torch.Generator().manual_seed(0))
        assert (y.dtype, y.device, y.shape[:2]) == (dtype, x.device, (2, 3))
        assert torch.equal(x, before)
        one = degradation(x[0], torch.Generator().manual_seed(0))
        assert one.shape == y.shape[1:]


@pytest.mark.parametrize("degradation", [*BENT, *LINEAR], ids=repr)
def test_the_same_seed_gives_the_same_bytes(degradation, device):
    x = torch.rand(1, 8, 8, device=device)
    twice = [degradation(x, torch.Generator().manual_seed(7)).cpu().numpy().tobytes() for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize("degradation", [*BENT, *LINEAR], ids=repr)
def test_stochastic_says_whether_the_generator_matters(degradation):
    x = torch.full((1, 8, 8), 0.5)
    a, b = (degradation(x, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert torch.equal(a, b) is not degradation.stochastic


def test_plus_puts_noise_after_the_operator(generator):
    A, n = Blur(gaussian_kernel(3, 1.0)), GaussianNoise(10)
    x = torch.rand(1, 8, 8, generator=generator)
    y = (A + n)(x, torch.Generator().manual_seed(3))
    assert torch.equal(y, n(A(x), torch.Generator().manual_seed(3)))


@pytest.mark.bad_input
@pytest.mark.parametrize("right", [5, None, Blur(gaussian_kernel(3, 1.0)), Jpeg(50)], ids=repr)
def test_plus_refuses_what_is_no_noise(right):
    with pytest.raises(TypeError, match="noise only"):
        Downsample(2) + right


def test_a_subclass_must_define_the_call():
    with pytest.raises(NotImplementedError, match="__call__"):
        Degradation()(torch.rand(1, 4, 4))


@pytest.mark.bad_input
@pytest.mark.parametrize("degradation", [*BENT, *LINEAR], ids=repr)
@pytest.mark.parametrize(
    ("x", "error"),
    [
        (torch.zeros(1, 8, 8, dtype=torch.uint8), TypeError),
        ([[0.5]], TypeError),
        (torch.zeros(8, 8), ValueError),
        (torch.zeros(2, 8, 8), ValueError),
        (torch.zeros(1, 0, 8), ValueError),
        (torch.full((1, 8, 8), 128.0), ValueError),
        (torch.full((1, 8, 8), float("nan")), ValueError),
    ],
)
def test_what_is_no_image_is_refused_by_name(degradation, x, error):
    with pytest.raises(error, match="x: "):
        degradation(x)
    if degradation.linear:
        with pytest.raises(error, match="y: "):
            degradation.adjoint(x)


@pytest.mark.bad_input
@pytest.mark.parametrize("degradation", [*BENT, *LINEAR], ids=repr)
def test_a_seed_is_no_generator(degradation):
    with pytest.raises(TypeError, match="manual_seed"):
        degradation(torch.rand(1, 8, 8), 42)


def test_require_number_returns_the_number():
    assert require_number(3, "a", at_least=3, at_most=3) == 3.0
    assert require_generator(None) is None


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("value", "limits", "error"),
    [
        ("3", {}, TypeError),
        (True, {}, TypeError),
        (torch.tensor(3.0), {}, TypeError),
        (float("nan"), {}, ValueError),
        (float("inf"), {}, ValueError),
        (0, {"above": 0}, ValueError),
        (-0.1, {"at_least": 0}, ValueError),
        (1.1, {"at_most": 1}, ValueError),
    ],
)
def test_require_number_names_the_argument_and_the_value(value, limits, error):
    with pytest.raises(error, match="strength must be") as caught:
        require_number(value, "strength", **limits)
    assert repr(value) in str(caught.value)
