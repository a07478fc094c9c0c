"""Scenes: label maps that come back from their colours, pictures painted by an exactly known rule, the known map between day and night."""

import pytest
import torch

from course_lib.data import scenes

LABELS = scenes.draw(96, seed=3)


def test_seeds_fix_scenes_and_pictures():
    assert torch.equal(scenes.draw(96, seed=3), LABELS)
    assert not torch.equal(scenes.draw(96, seed=4), LABELS)
    first, again, other = (scenes.render(LABELS[:4], seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert LABELS.shape == (96, 64, 64)
    assert LABELS.dtype == torch.int64


def test_every_scene_has_what_a_scene_needs():
    """Sky above, ground below; each house with its roof, windows and a door, unless trees stand before them."""
    shares = torch.stack([(label == LABELS).double().mean((1, 2)) for label in range(8)], dim=1)
    assert (LABELS[:, 0] == scenes.SKY).all()
    for label in (scenes.SKY, scenes.GROUND, scenes.WALL, scenes.ROOF):
        assert (shares[:, label] > 0.01).all(), scenes.CLASSES[label]
    for label in (scenes.WINDOW, scenes.DOOR, scenes.PATH, scenes.TREE):
        assert (shares[:, label] > 0).double().mean() > 0.8, scenes.CLASSES[label]
        assert 0.005 < shares[:, label].mean() < 0.2, scenes.CLASSES[label]


@pytest.mark.parametrize("size", [32, 128])
def test_the_same_seed_gives_the_same_scenes_in_every_size(size):
    other, step = scenes.draw(96, size, seed=3), max(size // 64, 1)
    coarse = LABELS if size > 64 else LABELS[:, ::2, ::2]
    assert (other[:, ::step, ::step] == coarse).double().mean() > 0.9
    assert torch.equal(scenes.read(scenes.render(other)), other)


def test_a_coloured_map_comes_back():
    colours = scenes.to_rgb(LABELS)
    assert colours.shape == (96, 3, 64, 64)
    assert torch.equal(scenes.to_labels(colours), LABELS)
    assert torch.equal(scenes.to_labels(colours[0]), LABELS[0])
    assert torch.equal(scenes.to_labels((colours * 255).round() / 255 + 0.001), LABELS)  # what rounding to 8 bits forgives
    assert len(set(scenes.PALETTE)) == len(scenes.CLASSES) == 8


def test_a_picture_by_hand():
    """Rows of the rule: sky's gradient; brick joints; eaves three pixels deep; a shadow six pixels wide; a tree's lit side."""
    labels = torch.full((64, 64), scenes.SKY)
    sky = scenes.render(labels, texture=0)
    assert sky[:, 0, 5].tolist() == pytest.approx([0.40, 0.60, 0.84])
    assert sky[:, 63, 5].tolist() == pytest.approx([0.66, 0.76, 0.84])

    labels[20:24, 16:32], labels[24:40, 16:32], labels[40:] = scenes.ROOF, scenes.WALL, scenes.GROUND
    labels[36:48, 34:36] = scenes.TREE
    red = scenes.render(labels, texture=0)[0]
    wall = 0.80
    assert red[29, 17].item() == pytest.approx(wall)
    assert red[31, 17].item() == pytest.approx(wall * 0.88)  # a joint below a course
    assert red[29, 19].item() == pytest.approx(wall * 0.88)  # one between two bricks, of an odd course
    assert [red[row, 17].item() for row in (24, 25, 26)] == pytest.approx([wall * 0.79] * 3)
    assert red[20:24, 20].tolist() == pytest.approx([0.55, 0.55, 0.55, 0.55 * 0.85])
    ground = (0.50 + (0.36 - 0.50) * torch.arange(64) / 63)[44].item()
    assert red[44, 30:44].tolist() == pytest.approx([ground] * 4 + [0.10 * 1.15] * 2 + [ground * 0.75] * 6 + [ground] * 2, rel=1e-5)


def test_the_noise_has_mean_zero_and_the_stated_amplitude():
    """So the picture without it is the mean of all pictures of a map."""
    mean = scenes.render(LABELS[:2], texture=0)
    many = torch.stack([scenes.render(LABELS[:2], seed=seed) for seed in range(200)])
    assert (many.mean(0) - mean).abs().max() < 0.05  # grass: 0.64 · 0.3 / √3 / √200 = 0.008 a pixel
    ratio = (many / mean - 1).amax(2)
    for label, amplitude in enumerate((0.15, 0.30, 0.15, 0.20, 0.25, 0.0, 0.0, 0.30)):
        here = (LABELS[:2] == label).expand(200, -1, -1, -1)
        assert ratio[here].abs().max() <= amplitude * 2.2 + 1e-5  # shading darkens the mean by at most 0.4 or so
        assert bool((ratio[here].abs() > 0.5 * amplitude).any()) is (amplitude > 0)
    half = scenes.render(LABELS[:2], texture=0.5)
    assert torch.allclose(half, (mean + scenes.render(LABELS[:2])) / 2, atol=1e-6)


@pytest.mark.parametrize("light", ["day", "night"])
@pytest.mark.parametrize("texture", [0.0, 1.0])
def test_every_pixel_is_read_rightly_and_none_is_clipped(light, texture):
    pictures = scenes.render(LABELS, light, seed=5, texture=texture)
    assert torch.equal(scenes.read(pictures, light), LABELS)
    assert torch.equal(scenes.read(pictures[0], light), LABELS[0])
    assert pictures.min() > 0.01
    assert pictures.max() < 0.99
    rounded = (pictures * 255).round() / 255
    assert (scenes.read(rounded, light) == LABELS).double().mean() > 0.999


def test_reading_tolerates_small_errors_and_notices_large_ones(generator):
    pictures = scenes.render(LABELS[:16])
    noisy = pictures + 0.02 * torch.randn(pictures.shape, generator=generator)
    assert (scenes.read(noisy) == LABELS[:16]).double().mean() > 0.95
    assert (scenes.read(pictures.flip(1)) == LABELS[:16]).double().mean() < 0.5  # red and blue exchanged
    assert (scenes.read(pictures, "night") == LABELS[:16]).double().mean() < 0.5


def test_any_map_can_be_painted_and_read_even_one_that_no_scene_has(generator):
    labels = torch.randint(8, (4, 64, 64), generator=generator)
    for light in ("day", "night"):
        pictures = scenes.render(labels, light)
        assert torch.equal(scenes.read(pictures, light), labels)


def test_an_edit_changes_the_picture_where_it_is_and_little_else():
    edited = LABELS[0].clone()
    edited[10:16, 10:16] = scenes.WINDOW
    before, after = scenes.render(LABELS[0]), scenes.render(edited)
    changed = (before != after).any(0)
    assert changed[10:16, 10:16].all()
    assert not changed[:, :8].any()
    assert not changed[:10].any()


def test_day_and_night_are_known_from_each_other():
    day, night = (scenes.render(LABELS, light, seed=7) for light in ("day", "night"))
    assert torch.allclose(scenes.relight(day, "day", "night"), night, atol=1e-5)
    assert torch.allclose(scenes.relight(night, "night", "day"), day, atol=1e-4)
    assert torch.allclose(scenes.relight(day[0], "day", "day"), day[0], atol=1e-5)


def test_the_domains_are_paired_in_secret():
    day, night, partner = scenes.domains(64, seed=2)
    labels = scenes.draw(64, seed=2)
    assert torch.equal(day, scenes.render(labels, seed=2))
    assert torch.equal(night[partner], scenes.render(labels, "night", seed=2))
    assert sorted(partner.tolist()) == list(range(64))
    assert (partner == torch.arange(64)).sum() < 8
    wrong = (scenes.relight(day, "day", "night") - night).abs().mean()
    assert (scenes.relight(day, "day", "night") - night[partner]).abs().mean() < 1e-4 < wrong


def test_pairs_are_maps_and_their_pictures():
    maps, pictures = scenes.pairs(5, size=32, seed=9)
    assert torch.equal(scenes.to_labels(maps), scenes.draw(5, 32, seed=9))
    assert torch.equal(scenes.read(pictures), scenes.to_labels(maps))


def test_scenes_are_drawn_in_parts_without_a_seam():
    labels = scenes.draw(260, size=32)
    assert labels.shape == (260, 32, 32)
    assert len({tuple(one.flatten().tolist()) for one in labels}) == 260
    assert scenes.render(labels).shape == (260, 3, 32, 32)


@pytest.mark.bad_input
def test_bad_input():
    colours = scenes.to_rgb(LABELS[0])
    colours[:, 7, 9] = torch.tensor([250, 5, 5]) / 255
    message = r"1 of 4096 pixels .* the first is \(250, 5, 5\) in row 7, column 9, nearest to roof \(200, 0, 0\).*save as PNG, not JPEG"
    with pytest.raises(ValueError, match=message):
        scenes.to_labels(colours)
    with pytest.raises(ValueError, match=r"map_rgb: got shape \(1, 64, 64\)"):
        scenes.to_labels(colours[:1])
    with pytest.raises(TypeError, match="labels: got torch.float32, expected a tensor of int64.*scenes.to_labels"):
        scenes.render(colours)
    with pytest.raises(ValueError, match="labels: got 0 to 8, expected 0 to 7"):
        scenes.render(torch.tensor([[0, 8]]))
    with pytest.raises(ValueError, match=r"labels: got shape \(4,\)"):
        scenes.to_rgb(torch.zeros(4, dtype=torch.long))
    with pytest.raises(ValueError, match="light: got 'dusk', expected 'day' or 'night'"):
        scenes.render(LABELS[0], "dusk")
    with pytest.raises(ValueError, match="light: got 'dusk'"):
        scenes.read(colours, "dusk")
    with pytest.raises(ValueError, match="to: got 'noon'"):
        scenes.relight(colours, "day", "noon")
    with pytest.raises(ValueError, match="texture: got 2, expected 0"):
        scenes.render(LABELS[0], texture=2)
    with pytest.raises(ValueError, match="n: got 0, expected 1"):
        scenes.draw(0)
    with pytest.raises(TypeError, match="size: got float, expected an int"):
        scenes.draw(1, size=64.0)
    with pytest.raises(ValueError, match="size: got 16, expected 32 to 256"):
        scenes.draw(1, size=16)
