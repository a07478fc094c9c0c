import numpy as np
import pytest
import torch
from skimage import data
from skimage.restoration import denoise_tv_chambolle

from course_lib.classical import total_variation, tv_chambolle


@pytest.fixture
def y():
    x = data.camera()[100:140, 150:195] / 255
    return torch.from_numpy(x + np.random.default_rng(0).standard_normal(x.shape) * 0.1)[None]


@pytest.mark.parametrize("weight", [0.03, 0.1, 0.4])
@pytest.mark.parametrize("iterations", [1, 2, 50])
def test_equals_scikit_image_iteration_by_iteration(y, weight, iterations):
    expected = denoise_tv_chambolle(y[0].numpy(), weight=weight, eps=0, max_num_iter=iterations)
    ours = tv_chambolle(y, weight, tolerance=0, max_iterations=iterations)
    np.testing.assert_allclose(ours[0].numpy(), expected, atol=1e-10)


def test_stops_where_scikit_image_stops_whatever_else_is_in_the_batch(y):
    batch = torch.stack([y, torch.full_like(y, 0.5), 0.3 * y])
    ours = tv_chambolle(batch, 0.1)
    for image, noisy in zip(ours, batch, strict=True):
        expected = denoise_tv_chambolle(noisy[0].numpy(), weight=0.1)
        np.testing.assert_allclose(image[0].numpy(), expected, atol=1e-10)


def test_minimises_its_objective(y, generator):
    def objective(x):
        return 0.5 * (x - y).square().sum() + 0.1 * total_variation(x)

    x = tv_chambolle(y, 0.1, tolerance=0, max_iterations=500)
    best = objective(x)
    for step in (1e-2, 1e-3):
        for _ in range(5):
            assert objective(x + step * torch.randn(x.shape, generator=generator, dtype=torch.float64)) > best
    assert objective(y) > best
    assert x.mean().item() == pytest.approx(y.mean().item(), abs=1e-12)  # the divergence sums to nothing


def test_total_variation_of_a_known_image():
    x = torch.zeros(2, 1, 4, 5, dtype=torch.float64)
    x[0, 0, :, 2:] = 0.5  # four rows cross the edge
    x[1, 0, 0, 0] = 1.0  # a corner pixel: one gradient of length √2
    assert total_variation(x).tolist() == pytest.approx([2.0, 2**0.5], abs=1e-12)


def test_keeps_shape_and_dtype_and_treats_channels_alone(y, device):
    x = torch.stack([y[0], 1 - y[0], y[0] ** 2]).float().to(device)
    z = tv_chambolle(x, 0.1)
    assert (z.shape, z.dtype, z.device) == (x.shape, torch.float32, x.device)
    torch.testing.assert_close(tv_chambolle(x[1:2], 0.1), z[1:2], atol=1e-6, rtol=0)
    torch.testing.assert_close(tv_chambolle(x.mT, 0.1).mT, z, atol=1e-5, rtol=0)  # not contiguous
    assert torch.equal(tv_chambolle(x, 0), x)
    assert tv_chambolle(x[:, :1]).isfinite().all()  # one row


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda y: tv_chambolle(y, -0.1), ValueError, "weight: got -0.1"),
        (lambda y: tv_chambolle(y, tolerance=-1), ValueError, "tolerance: got -1"),
        (lambda y: tv_chambolle(y, max_iterations=0), ValueError, "max_iterations: got 0"),
        (lambda y: tv_chambolle(y, max_iterations=2.5), TypeError, "max_iterations: got float"),
        (lambda y: tv_chambolle(y * torch.nan), ValueError, "NaN"),
        (lambda y: total_variation(y[0]), ValueError, "y.0|shape"),
    ],
)
def test_refuses_bad_arguments(y, call, error, message):
    with pytest.raises(error, match=message):
        call(y)
