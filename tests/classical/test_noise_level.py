import numpy as np
import pytest
import torch
from skimage import data
from skimage.restoration import estimate_sigma as skimage_estimate_sigma

from course_lib.classical import estimate_sigma


@pytest.mark.parametrize("sigma", [10.0, 25.0, 50.0])
def test_finds_the_noise_of_a_photograph_as_scikit_image_does(sigma):
    x = data.camera()[100:228, 150:278] / 255
    y = x + np.random.default_rng(0).standard_normal(x.shape) * sigma / 255
    estimate = estimate_sigma(torch.from_numpy(y)[None])
    assert estimate.shape == ()
    assert estimate.item() == pytest.approx(sigma, rel=0.08)
    assert estimate.item() == pytest.approx(255 * skimage_estimate_sigma(y), rel=0.03)  # their border is continued, ours is left out


def test_is_blind_to_constants_and_slopes_and_scales_with_the_image(generator):
    i = torch.linspace(0, 1, 32, dtype=torch.float64)
    assert estimate_sigma((i + 0.3 * i[:, None])[None]).item() < 1e-12
    noise = torch.randn(2, 3, 40, 41, generator=generator, dtype=torch.float64) * 0.1
    estimates = estimate_sigma(torch.stack([noise[0], 2 * noise[0]]))
    assert estimates.shape == (2,)
    assert estimates[1].item() == pytest.approx(2 * estimates[0].item(), rel=1e-12)
    assert estimates[0].item() == pytest.approx(25.5, rel=0.05)


@pytest.mark.bad_input
def test_refuses_what_is_no_image():
    with pytest.raises(ValueError, match="at least 8 x 8"):
        estimate_sigma(torch.rand(1, 7, 20))
    with pytest.raises(ValueError, match="NaN"):
        estimate_sigma(torch.full((1, 8, 8), torch.nan))
    with pytest.raises(TypeError, match="uint8"):
        estimate_sigma(torch.zeros(1, 8, 8, dtype=torch.uint8))
