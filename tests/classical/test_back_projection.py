"""Back-projection: one step by hand, agreement with y, what it leaves alone, and what it gains."""

import pytest
import torch

from course_lib import data, metrics
from course_lib.classical import back_projection
from course_lib.resample import imresize


def test_one_iteration_is_the_formula():
    x, y = torch.rand(2, 3, 12, 9, dtype=torch.float64), torch.rand(2, 3, 4, 3, dtype=torch.float64)
    expected = x + imresize(y - imresize(x, 1 / 3), 3)
    torch.testing.assert_close(back_projection(x, y, 1), expected, atol=1e-12, rtol=0)
    assert torch.equal(back_projection(x, y, 0), x)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_reduction_becomes_y(scale):
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand(1, n * 8, n * 6, dtype=torch.float64, generator=generator) for n in (scale, 1))
    errors = [(imresize(back_projection(x, y, n), 1 / scale) - y).norm().item() for n in (0, 1, 5, 40)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3 * errors[0]


def test_an_image_that_agrees_is_left_alone():
    x = torch.rand(1, 12, 12, dtype=torch.float64)
    torch.testing.assert_close(back_projection(x, imresize(x, 1 / 2), 5), x, atol=1e-12, rtol=0)


def test_it_improves_the_bicubic_enlargement():
    x = data.photo("camera", size=128)
    x = x[:, 20:84, 30:94]
    y = imresize(x, 1 / 2)
    up = imresize(y, 2)
    gain = metrics.psnr(back_projection(up, y), x, crop=2) - metrics.psnr(up, x, crop=2)
    assert gain > 0.3  # dB


@pytest.mark.bad_input
def test_bad_input():
    y = torch.rand(1, 4, 4)
    with pytest.raises(ValueError, match=r"y enlarged by a whole number; got shapes \(1, 9, 8\) and \(1, 4, 4\)"):
        back_projection(torch.rand(1, 9, 8), y)
    with pytest.raises(ValueError, match="whole number"):
        back_projection(torch.rand(3, 8, 8), y)
    with pytest.raises(ValueError, match="whole number"):
        back_projection(torch.rand(1, 2, 2), y)
    with pytest.raises(ValueError, match="iterations must be at least 0, got -1"):
        back_projection(torch.rand(1, 8, 8), y, -1)
    with pytest.raises(TypeError, match="iterations must be an int, got float"):
        back_projection(torch.rand(1, 8, 8), y, 2.5)
    with pytest.raises(TypeError, match="estimate: got dtype torch.uint8"):
        back_projection(torch.zeros(1, 8, 8, dtype=torch.uint8), y)
    with pytest.raises(ValueError, match="y: got shape"):
        back_projection(torch.rand(1, 8, 8), y[0])
