"""Patches: cut from the right places, in all eight orientations, fairly, and resumable."""

import itertools

import pytest
import torch

from course_lib.train import Patches


def numbered(height: int, width: int, first: int) -> torch.Tensor:
    """An image whose bytes are all different."""
    return (first + torch.arange(height * width).view(1, height, width)).float() / 255


def test_every_patch_is_a_piece_of_an_image_in_one_of_eight_orientations():
    images = [numbered(5, 7, 0), numbered(6, 4, 40)]
    pieces = {}
    for image in images:
        for top, left in itertools.product(range(image.shape[1] - 2), range(image.shape[2] - 2)):
            piece = image[0, top : top + 3, left : left + 3]
            for k, flip in itertools.product(range(4), (False, True)):
                turned = torch.rot90(piece, k)
                turned = turned.flip(1) if flip else turned
                pieces[tuple((turned * 255).round().int().flatten().tolist())] = (top, left, k, flip, len(image[0]))
    seen = set()
    patches = Patches(images, patch_size=3, batch_size=200, seed=1)
    for batch in itertools.islice(patches, 20):
        assert batch.shape == (200, 1, 3, 3)
        seen |= {tuple(row) for row in (batch * 255).round().int().flatten(1).tolist()}
    assert seen <= set(pieces)
    assert len(seen) == len(pieces) == 8 * (3 * 5 + 4 * 2)  # all places and orientations turn up


def test_positions_are_equally_likely_whatever_the_images_sizes():
    images = [torch.zeros(1, 12, 12), torch.ones(1, 4, 4)]  # 81 places against 1
    patches = Patches(images, patch_size=4, batch_size=500)
    share = torch.cat(list(itertools.islice(patches, 20))).mean().item()
    assert share == pytest.approx(1 / 82, abs=0.005)


def test_colour_channels_stay_together():
    image = torch.cat([numbered(6, 6, 0), numbered(6, 6, 50), numbered(6, 6, 100)])
    batch = next(Patches([image], patch_size=4, batch_size=50))
    assert torch.allclose(batch[:, 1] - batch[:, 0], torch.full_like(batch[:, 0], 50 / 255), atol=1e-6)
    assert torch.allclose(batch[:, 2] - batch[:, 0], torch.full_like(batch[:, 0], 100 / 255), atol=1e-6)


def test_position_is_all_there_is_to_remember():
    images = [torch.rand(1, 20, 30, generator=torch.Generator().manual_seed(0))]
    first = Patches(images, 8, 4, seed=3)
    batches = list(itertools.islice(first, 5))
    second = Patches(images, 8, 4, seed=3)
    second.position = 3
    torch.manual_seed(77)
    assert torch.equal(next(second), batches[3])
    assert second.position == 4
    assert not torch.equal(next(Patches(images, 8, 4, seed=4)), batches[0])
    assert not torch.equal(batches[0], batches[1])


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="images is empty"):
        Patches([])
    with pytest.raises(ValueError, match=r"at least 40×40 pixels, the patch_size; 1 are not, as \(1, 30, 60\)"):
        Patches([torch.zeros(1, 60, 60), torch.zeros(1, 30, 60)])
    with pytest.raises(ValueError, match=r"same number of channels, got \[1, 3\]"):
        Patches([torch.zeros(1, 60, 60), torch.zeros(3, 60, 60)])
    with pytest.raises(ValueError, match="at least 1, got 0 and 4"):
        Patches([torch.zeros(1, 60, 60)], patch_size=0, batch_size=4)
