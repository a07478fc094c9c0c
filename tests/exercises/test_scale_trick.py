"""The numbers that exercise 10.7 asks for are measured, not remembered."""

import pytest
import torch

from course_lib import data, degrade, metrics, zoo
from course_lib.check.exercises import e10_7_scale_trick as exercise
from course_lib.classical import bm3d
from course_lib.models import DnCNN


def test_the_gains_and_the_distance_to_bm3d():
    crops = torch.stack([data.photo(name, size=128, grey=True) for name in ("camera", "china")])[:, :, 16:104, 16:104]
    network, gain = zoo.load("n2c"), {}
    for sigma in (10, 50):
        a, y = 25 / sigma, degrade.GaussianNoise(sigma)(crops, torch.Generator().manual_seed(sigma))
        plain, scaled = (metrics.psnr(image, crops).mean().item() for image in (network(y), network(a * y) / a))
        gain[sigma] = scaled - plain
    assert gain[50] == pytest.approx(exercise.AT_50, abs=0.05)
    assert gain[10] == pytest.approx(exercise.AT_10, abs=0.05)
    assert metrics.psnr(bm3d(y, 50), crops).mean().item() - scaled == pytest.approx(exercise.BELOW, abs=0.02)


def test_a_network_without_biases_gains_nothing():
    network, y = DnCNN(depth=4, features=8, norm="none", bias=False), torch.rand(1, 1, 9, 9)
    torch.testing.assert_close(network(0.5 * y) / 0.5, network(y), atol=1e-5, rtol=1e-5)
