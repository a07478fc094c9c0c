"""Patch statistics: patches are what was cut, and the distance sees texture where an error against the truth does not."""

import pytest
import torch

from course_lib.data import scenes
from course_lib.metrics import fid, psnr
from course_lib.metrics.patch_statistics import patch_distance, patch_rows


def test_rows_are_patches_of_their_images():
    images = torch.arange(2 * 3 * 10 * 12.0).reshape(2, 3, 10, 12)
    rows = patch_rows(images, patch_size=4, per_image=7, seed=3)
    assert rows.shape == (14, 48)
    places = set()
    for number, row in enumerate(rows.reshape(14, 4, 4, 3).movedim(-1, 1)):
        image = images[number // 7]
        found = [(i, j) for i in range(7) for j in range(9) if torch.equal(image[:, i : i + 4, j : j + 4], row)]
        assert len(found) == 1
        places.add(found[0])
    assert len(places) > 8
    assert torch.equal(patch_rows(images, 4, 7, seed=3), rows)
    assert not torch.equal(patch_rows(images, 4, 7, seed=4), rows)


def test_the_distance_is_the_fid_of_patches(generator):
    fake, real = torch.rand(2, 30, 1, 16, 16, generator=generator)
    expected = fid(patch_rows(fake, 2, 50), patch_rows(real, 2, 50))
    assert patch_distance(fake, real, 2, 50) == expected
    assert patch_distance(real, real).item() == pytest.approx(0, abs=1e-6)
    shifted = patch_distance(real + 0.5, real, 2, 50).item()
    assert shifted == pytest.approx(4 * 0.25, rel=1e-4)  # four pixels, each shifted by ½


def test_the_mean_of_all_answers_has_the_best_psnr_and_the_worst_texture():
    """Why an error alone draws no bricks, and why no error sees it."""
    labels = scenes.draw(60)
    real, other = (scenes.render(labels, seed=seed) for seed in (1, 2))
    expected = scenes.render(labels, texture=0)
    assert psnr(expected, real).mean() > psnr(other, real).mean() + 2
    assert patch_distance(expected, real) > 2.5 * patch_distance(other, real)


@pytest.mark.bad_input
def test_bad_input():
    images = torch.zeros(2, 1, 6, 9)
    with pytest.raises(ValueError, match="patch_size must be 1 to the images' smaller side, 6, and per_image at least 1; got 8 and 32"):
        patch_rows(images)
    with pytest.raises(ValueError, match="got 4 and 0"):
        patch_rows(images, 4, 0)
    with pytest.raises(TypeError, match="images: got ndarray, expected a tensor"):
        patch_rows(images.numpy())
    with pytest.raises(ValueError, match=r"images: got shape \(1, 6, 9\), expected \(n, c, h, w\)"):
        patch_distance(images[0], images)
    with pytest.raises(ValueError, match="they have 1 and 3 features"):
        patch_distance(images, images.repeat(1, 3, 1, 1), 1)
