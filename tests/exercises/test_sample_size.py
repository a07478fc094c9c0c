"""The numbers that exercise 04.6 asks for are measured, not remembered."""

import pytest
import torch

from course_lib import data, zoo
from course_lib.check.exercises import e04_6_sample_size as exercise
from course_lib.metrics.features import fid, kid


def test_distances_by_sample_size():
    network = zoo.load("features-glyphs")
    with torch.no_grad():
        images = data.digits("glyphs").images[:4000], data.glyphs.dataset(4000, seed=1).images
        clouds = [torch.cat([network.features(part) for part in half.split(1000)]) for half in images]
    for name, measure in (("fid", fid), ("kid", kid)):
        for n, mean, first in zip(exercise.SIZES, exercise.MEASURED[name], exercise.FIRST[name], strict=True):
            pairs = zip(*(cloud.split(n) for cloud in clouds), strict=True)
            values = [measure(a, b).item() for a, b in pairs if len(a) == n]
            assert sum(values) / len(values) == pytest.approx(mean, rel=0.003, abs=0.5 if name == "kid" else 0), (name, n)
            assert values[0] == pytest.approx(first, rel=0.003, abs=0.5 if name == "kid" else 0), (name, n)
