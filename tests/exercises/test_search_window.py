"""The numbers that exercise 08.6 asks for are measured, not remembered."""

import pytest
import torch

from course_lib import data, degrade, metrics
from course_lib.check.exercises import e08_6_search_window as exercise
from course_lib.classical import nl_means


def test_the_best_windows_and_the_loss():
    x = data.photo("camera", size=256)
    y = degrade.GaussianNoise(25)(x, torch.Generator().manual_seed(0))
    score = {h: {size: metrics.psnr(nl_means(y, 25, h=h, search_window=size), x).item() for size in exercise.SIZES} for h in exercise.BEST}
    for h, best in exercise.BEST.items():
        assert max(score[h], key=score[h].get) == best
        second = sorted(score[h].values())[-2]
        assert score[h][best] - second > 0.03  # not a matter of rounding
    assert score[25][13] - score[25][41] == pytest.approx(exercise.LOST, abs=0.01)
