"""Patches: cut from the right places, in all eight orientations, fairly, and resumable."""

import itertools

import pytest
import torch

from course_lib import images as image_functions
from course_lib.resample import imresize
from course_lib.train import PairedPatches, Patches


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


def pairs(scale: int = 3, channels: int = 1) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Images of two sizes with all their bytes drawn at random, made small as the recipes do."""
    generator = torch.Generator().manual_seed(0)
    result = []
    for height, width in ((13, 17), (9, 11)):
        high = torch.randint(0, 256, (channels, scale * height, scale * width), generator=generator).byte()
        low = imresize(image_functions.from_uint8(high), size=(height, width), quantise=True)
        result.append((image_functions.to_uint8(low), high))
    return result


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_pair_is_the_same_piece_of_both_images_in_the_same_orientation(scale):
    images, p = pairs(scale, channels=3), 6
    pieces = {}
    for low, high in images:
        for top, left in itertools.product(range(low.shape[1] - p + 1), range(low.shape[2] - p + 1)):
            cut = low[:, top : top + p, left : left + p]
            cut_high = high[:, scale * top : scale * (top + p), scale * left : scale * (left + p)]
            for k, flip in itertools.product(range(4), (False, True)):
                turned = [torch.rot90(t, k, (1, 2)) for t in (cut, cut_high)]
                turned = [t.flip(2) if flip else t for t in turned]
                pieces[turned[0].numpy().tobytes()] = turned[1]
    seen = set()
    for batch in itertools.islice(PairedPatches(images, scale, p, batch_size=150, seed=1), 12):
        assert batch.high.shape == (150, 3, scale * p, scale * p)
        for low, high in zip((batch.low * 255).round().byte(), (batch.high * 255).round().byte(), strict=True):
            key = low.numpy().tobytes()
            assert torch.equal(high, pieces[key])  # and a KeyError if the low-resolution patch is no such piece
            seen.add(key)
    assert len(seen) > 0.8 * len(pieces)


def test_the_high_resolution_patch_made_small_is_the_low_resolution_one_away_from_its_border():
    scale = 3
    batch = next(PairedPatches(pairs(scale), scale, patch_size=9, batch_size=20))
    inner = (..., slice(2, -2), slice(2, -2))  # the kernel reaches two low-resolution pixels to each side
    for low, high in zip(*batch, strict=True):
        # MATLAB rounds after the vertical pass, so a pair agrees to the last bit in the orientation that it was made in
        turns = [(k, flip) for k in range(4) for flip in (False, True)]
        back = [[torch.rot90(t.flip(2) if flip else t, k, (1, 2)) for t in (low, high)] for k, flip in turns]
        assert any(torch.equal(imresize(x, size=(9, 9), quantise=True)[inner], y[inner]) for y, x in back)
    assert not torch.equal(imresize(batch.high, size=(9, 9), quantise=True), batch.low)


def test_pairs_position_is_all_there_is_to_remember():
    first = PairedPatches(pairs(), 3, 6, 4, seed=3)
    batches = list(itertools.islice(first, 4))
    second = PairedPatches(pairs(), 3, 6, 4, seed=3)
    second.position = 2
    torch.manual_seed(77)
    batch = next(second)
    assert torch.equal(batch.low, batches[2].low)
    assert torch.equal(batch.high, batches[2].high)
    assert second.position == 3
    assert not torch.equal(next(PairedPatches(pairs(), 3, 6, 4, seed=4)).low, batches[0].low)
    moved = batch.to("cpu")
    assert torch.equal(moved.high, batch.high)


@pytest.mark.bad_input
def test_bad_pairs():
    low, high = torch.zeros(1, 8, 8).byte(), torch.zeros(1, 24, 24).byte()
    with pytest.raises(ValueError, match="pairs is empty"):
        PairedPatches([], 3)
    with pytest.raises(ValueError, match=r"images and 2 times larger ones; got \(1, 8, 8\) with \(1, 24, 24\)"):
        PairedPatches([(low, high)], 2, patch_size=4)
    with pytest.raises(ValueError, match=r"shape \(1, 8, 8\) is smaller than patch_size=9"):
        PairedPatches([(low, high)], 3, patch_size=9)
    with pytest.raises(ValueError, match=r"same number of channels, got \[1, 3\]"):
        PairedPatches([(low, high), (low.expand(3, -1, -1), high.expand(3, -1, -1))], 3, patch_size=4)
    with pytest.raises(ValueError, match="at least 1, got 0, 4 and 2"):
        PairedPatches([(low, high)], 0, patch_size=4, batch_size=2)
