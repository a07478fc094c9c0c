"""The numbers that exercise 01.8 and notebook 01 print for the three posts are measured, not remembered."""

import pytest
import torch

from course_lib import data, images, metrics, resample
from course_lib.check.exercises import e01_8_conventions as exercise


def torch_resize(y, scale):
    return torch.nn.functional.interpolate(y[None], scale_factor=scale, mode="bicubic", align_corners=False)[0]


def bicubic_score(x, channel=images.luma, resize=resample.imresize):
    y = channel(x)
    enlarged = images.from_uint8(images.to_uint8(resize(resize(y, 1 / 2), 2)))
    return metrics.psnr(enlarged, y, crop=2).item()


def test_the_posts_have_the_numbers_of_their_conventions():
    x = data.photo("astronaut", size=256)
    measured = {
        "torch": bicubic_score(x, resize=torch_resize),
        "grey": bicubic_score(x, images.to_grey),
        "RGB": bicubic_score(x, lambda x: x),
    }
    for name, score in exercise.POSTS.values():
        assert measured[name] == pytest.approx(score, abs=0.005)
    assert max(abs(score - bicubic_score(x)) for score in measured.values()) == pytest.approx(exercise.LARGEST, abs=0.01)
