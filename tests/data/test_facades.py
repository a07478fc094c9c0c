"""Façades: maps that come back from their colours and from JPEG, and house fronts drawn in the look of the published maps."""

import io

import pytest
import torch
from PIL import Image

from course_lib import images
from course_lib.data import facades
from course_lib.data.facades import BACKGROUND, BALCONY, CLASSES, DOOR, MOULDING, PALETTE, SHOP, SILL, WALL, WINDOW

LABELS = facades.draw(60, seed=3)


def test_seeds_fix_house_fronts():
    assert LABELS.shape == (60, 128, 128)
    assert LABELS.dtype == torch.int64
    assert torch.equal(facades.draw(60, seed=3), LABELS)
    assert torch.equal(facades.draw(4, seed=3), LABELS[:4])  # the first ones of many
    assert not torch.equal(facades.draw(4, seed=4), LABELS[:4])
    assert len({tuple(one.flatten().tolist()) for one in LABELS}) == 60


def test_every_class_occurs_in_about_the_published_share():
    """Measured over the 400 maps of the set's train folder, `cleaned`: background 0.24, wall 0.36, window 0.13, moulding 0.09, each of the
    others 0.01 to 0.04."""
    mean = torch.stack([(label == LABELS).double().mean() for label in range(12)])
    for label, (low, high) in {BACKGROUND: (0.15, 0.35), WALL: (0.28, 0.48), WINDOW: (0.10, 0.20), MOULDING: (0.05, 0.14)}.items():
        assert low < mean[label] < high, CLASSES[label]
    others = [label for label in range(12) if label not in (BACKGROUND, WALL, WINDOW, MOULDING)]
    for label in others:
        assert 0.002 < mean[label] < 0.07, CLASSES[label]


def test_every_house_front_has_what_it_needs():
    """Background above; a wall with windows in rows; one door, at the foot and nowhere else; shops on the ground floor only."""
    assert (LABELS[:, 0] == BACKGROUND).all()
    for label in (WALL, WINDOW, DOOR, MOULDING):
        assert ((label == LABELS).sum((1, 2)) > 40).all(), CLASSES[label]
    for labels in LABELS:
        wall_ends = (labels != BACKGROUND).any(1).nonzero().max()
        doors = (labels == DOOR).nonzero()
        assert doors[:, 0].max() == wall_ends
        assert doors[:, 0].min() > 64
        assert len(doors) == (doors.amax(0) - doors.amin(0) + 1).prod()  # a single rectangle
        shops = (labels == SHOP).nonzero()
        assert len(shops) == 0 or shops[:, 0].min() > 64


def test_there_are_three_to_six_storeys_and_columns():
    storeys, columns = set(), set()
    for labels in LABELS:
        window = labels == WINDOW
        top = window.any(1).nonzero().min()
        row = window[top].int()
        columns.add(int((row.diff() == 1).sum()))  # where a window of the highest row begins
        column = (window[:, row.nonzero()[0, 0] :][:, 1]).int()
        storeys.add(int((column.diff() == 1).sum()))
    assert columns == {3, 4, 5, 6}
    assert storeys <= {2, 3, 4, 5, 6}  # with a door or a shop in that column, one less
    assert {3, 4, 5} <= storeys


def test_a_sill_is_below_a_window():
    sills = (LABELS == SILL).nonzero()
    above = LABELS[sills[:, 0], sills[:, 1] - 8, sills[:, 2]]
    assert ((above == WINDOW) | (above == WALL) | (above == facades.PILLAR) | (above == facades.BLIND)).double().mean() > 0.9
    assert (above == WINDOW).double().mean() > 0.6


@pytest.mark.parametrize("size", [64, 256])
def test_the_same_seed_gives_the_same_house_fronts_in_every_size(size):
    other, step = facades.draw(60, size, seed=3), max(size // 128, 1)
    coarse = LABELS if size > 128 else LABELS[:, ::2, ::2]
    assert (other[:, ::step, ::step] == coarse).double().mean() > 0.9


def test_a_coloured_map_comes_back():
    colours = facades.to_rgb(LABELS)
    assert colours.shape == (60, 3, 128, 128)
    assert torch.equal(facades.to_labels(colours), LABELS)
    assert torch.equal(facades.to_labels(colours[0]), LABELS[0])
    assert (facades.to_rgb(torch.tensor([[BALCONY]])) * 255).flatten().tolist() == pytest.approx([192, 255, 63])
    assert len(set(PALETTE)) == len(CLASSES) == 12


def test_a_map_stored_as_jpeg_is_cleaned():
    labels = facades.draw(4, 256, seed=5)
    stored = []
    for colours in facades.to_rgb(labels):
        buffer = io.BytesIO()
        Image.fromarray(images.to_uint8(colours).movedim(0, -1).numpy()).save(buffer, "jpeg", quality=75)
        stored.append(images.load(io.BytesIO(buffer.getvalue())))
    stored = torch.stack(stored)
    with pytest.raises(ValueError, match="save as PNG, not JPEG"):
        facades.to_labels(stored)
    colours = torch.tensor(PALETTE)[:, :, None, None] / 255
    nearest = torch.stack([(one - colours).square().sum(1).argmin(0) for one in stored])
    cleaned = (facades.cleaned(stored) == labels).double().mean()
    assert cleaned > 0.96
    assert cleaned > (nearest == labels).double().mean()


def test_the_majority_decides_and_the_border_counts():
    labels = torch.full((1, 6, 6), WALL)
    labels[0, 2, 2] = DOOR  # alone among eight
    labels[0, 4:, 4:] = SHOP
    cleaned = facades.cleaned(facades.to_rgb(labels))
    expected = torch.full((1, 6, 6), WALL)
    expected[0, 4:, 4:] = SHOP
    expected[0, 4, 4] = WALL  # four of nine
    assert torch.equal(cleaned, expected)


@pytest.mark.bad_input
def test_bad_input():
    colours = facades.to_rgb(LABELS[0])
    colours[:, 7, 9] = torch.tensor([250, 5, 5]) / 255
    message = r"1 of 16384 pixels .* the first is \(250, 5, 5\) in row 7, column 9, nearest to pillar \(255, 0, 0\).*facades.PALETTE"
    with pytest.raises(ValueError, match=message):
        facades.to_labels(colours)
    with pytest.raises(ValueError, match=r"map_rgb: got shape \(1, 128, 128\)"):
        facades.to_labels(colours[:1])
    with pytest.raises(ValueError, match=r"map_rgb: got shape \(1, 1, 128, 128\)"):
        facades.cleaned(colours[None, :1])
    with pytest.raises(TypeError, match="labels: got torch.float32, expected a tensor of int64.*facades.to_labels"):
        facades.to_rgb(colours)
    with pytest.raises(ValueError, match=r"labels: got 0 to 12, expected 0 to 11 \(indices into facades.CLASSES\)"):
        facades.to_rgb(torch.tensor([[0, 12]]))
    with pytest.raises(ValueError, match="n: got 0, expected 1"):
        facades.draw(0)
    with pytest.raises(TypeError, match="size: got float, expected an int"):
        facades.draw(1, size=128.0)
    with pytest.raises(ValueError, match="size: got 32, expected 64 to 512"):
        facades.draw(1, size=32)
    with pytest.raises(ValueError, match="seed: got -1"):
        facades.draw(1, seed=-1)
