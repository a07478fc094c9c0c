"""JPEG: real files, real steps, worse with lower quality."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from course_lib.degrade import Jpeg
from course_lib.images import from_numpy
from course_lib.metrics import psnr


@pytest.fixture(scope="module")
def photograph():
    return from_numpy(data.astronaut()[:64, 180:244].astype(np.float32) / 255)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_result_is_what_pillow_reads_back(photograph, channels):
    x = photograph[:channels]
    levels = (x * 255).round().to(torch.uint8).numpy()
    buffer = io.BytesIO()
    Image.fromarray(levels[0] if channels == 1 else levels.transpose(1, 2, 0)).save(buffer, "JPEG", quality=30)
    read = np.asarray(Image.open(buffer)).reshape(64, 64, channels).transpose(2, 0, 1)
    y = Jpeg(30)(x)
    assert torch.equal((y * 255).round().to(torch.uint8), torch.from_numpy(read.copy()))
    assert Jpeg(30).encode(x) == buffer.getvalue()


def test_lower_quality_is_worse_and_smaller(photograph):
    quality = [5, 20, 50, 80, 95]
    decibels = [float(psnr(Jpeg(q)(photograph), photograph)) for q in quality]
    sizes = [len(Jpeg(q).encode(photograph)) for q in quality]
    assert decibels == sorted(decibels)
    assert sizes == sorted(sizes)
    assert decibels[0] < 26 < 34 < decibels[-1]


def test_a_batch_is_its_images_one_by_one(photograph, device):
    batch = torch.stack([photograph, photograph.flip(-1)]).to(device)
    y = Jpeg(40)(batch)
    assert torch.equal(y, torch.stack([Jpeg(40)(x) for x in batch]))
    assert not torch.equal(y[0], y[1])


def test_clipped_and_on_the_steps_of_8_bits(photograph):
    y = Jpeg(60)(photograph * 3 - 1)
    assert torch.equal(y, Jpeg(60)((photograph * 3 - 1).clamp(0, 1)))
    assert 0 <= float(y.min()) <= float(y.max()) <= 1
    assert torch.equal((y * 255).round() / 255, y)


def test_jpeg_is_not_linear(photograph):
    A = Jpeg(20)
    assert float((A(photograph / 2) - A(photograph) / 2).abs().max()) > 0.01


def test_repr():
    assert repr(Jpeg(40)) == "Jpeg(quality=40)"


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("quality", "error"), [(0, ValueError), (101, ValueError), (50.0, TypeError), ("high", TypeError), (True, TypeError)]
)
def test_bad_quality_is_refused(quality, error):
    with pytest.raises(error, match="quality must be an int"):
        Jpeg(quality)


@pytest.mark.bad_input
def test_a_batch_makes_no_single_file(photograph):
    with pytest.raises(ValueError, match="one image"):
        Jpeg(50).encode(photograph[None])
