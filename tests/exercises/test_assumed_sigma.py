"""The numbers that exercise 09.7 asks for are those the library gives."""

import pytest
import torch

from course_lib import data, degrade
from course_lib.check.exercises import e09_7_assumed_sigma as exercise
from course_lib.classical import bm3d
from course_lib.metrics import psnr


def test_the_losses_are_as_stated():
    x = data.photo("camera", size=128)
    y = degrade.GaussianNoise(25)(x, torch.Generator().manual_seed(0))
    scores = {assumed: float(psnr(bm3d(y, assumed), x)) for assumed in exercise.ASSUMED}
    best = max(scores.values())
    assert scores[exercise.BEST] == best
    assert best - scores[15] == pytest.approx(exercise.TOO_SMALL, abs=0.1)
    assert best - scores[35] == pytest.approx(exercise.TOO_LARGE, abs=0.07)
