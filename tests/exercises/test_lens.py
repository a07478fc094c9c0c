"""The numbers that exercise 12.8 asks for are measured, not remembered."""

import pytest
import torch

from course_lib import data, metrics, zoo
from course_lib.check.exercises import e12_8_lens as exercise
from course_lib.classical import gaussian_filter
from course_lib.images import from_uint8, to_uint8
from course_lib.resample import imresize
from course_lib.train.recipes.super_resolution import pair


def scores(y, x, network):
    """The network's mean PSNR, and that of bicubic enlargement, as the tables have it."""
    with torch.no_grad():
        estimates = network(y), imresize(y, 3)
    return [metrics.psnr(from_uint8(to_uint8(estimate)), x, crop=3).mean().item() for estimate in estimates]


def test_the_gains_behind_lenses():
    names = ("camera", "chelsea", "china", "coffee", "motorcycle")
    x = torch.stack([from_uint8(pair(data.photo(name, size=192), 3, colour=False)[1]) for name in names])
    network, gain = zoo.load("fsrcnn-x3"), {}
    for sigma in (0.4, 0.8, 1.2, 1.6, 2.0, 2.4):
        ours, bicubic = scores(gaussian_filter(x, sigma)[..., 1::3, 1::3], x, network)
        gain[sigma] = ours - bicubic
    best = max(gain, key=gain.get)
    assert best == exercise.BEST
    assert gain[best] == pytest.approx(exercise.AT_BEST, abs=0.02)
    assert gain[0.4] == pytest.approx(exercise.AT_04, abs=0.02)
    assert gain[2.4] == pytest.approx(exercise.AT_24, abs=0.02)
