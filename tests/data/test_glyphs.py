"""Glyphs: each factor means what it says, the splits are disjoint yet alike, the bytes are fixed."""

import hashlib

import pytest
import torch
from torch import nn

from course_lib.data import glyphs


@pytest.fixture(scope="module")
def train():
    return glyphs.dataset(6000)


@pytest.fixture(scope="module")
def test():
    return glyphs.dataset(2000, train=False)


def digest(images):
    return hashlib.sha256(images.numpy().tobytes()).hexdigest()


def centred(value, *keys):
    """Take off the mean of each group of glyphs that share all keys."""
    _, group = torch.unique(torch.stack(keys), dim=1, return_inverse=True)
    count = torch.bincount(group)
    return value - (torch.bincount(group, weights=value.double()) / count)[group].float()


def correlation(a, b):
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1])


# ------------------------------------------------------------------------------------------------------------------------------ fixed bytes


def test_same_seed_gives_same_bytes(train):
    assert digest(glyphs.dataset(6000).images) == digest(train.images)
    assert digest(glyphs.dataset(6000, seed=1).images) != digest(train.images)


def test_bytes_do_not_depend_on_how_the_batch_is_cut(train):
    factors = {**train.factors, "noise": torch.full((6000,), 20.0)}
    whole = glyphs.render(train.labels, factors, generator=torch.Generator().manual_seed(3))
    source = torch.Generator().manual_seed(3)
    pieces = [
        glyphs.render(train.labels[a : a + 777], {k: v[a : a + 777] for k, v in factors.items()}, generator=source)
        for a in range(0, 6000, 777)
    ]
    assert digest(torch.cat(pieces)) == digest(whole)


def test_render_repeats_itself_and_the_dataset(train):
    assert torch.equal(glyphs.render(train.labels, train.factors), train.images)


def test_images_are_whole_grey_levels_white_on_black(train):
    levels = train.images * 255
    assert torch.equal(levels.round() / 255, train.images)
    assert float(train.images.min()) == 0
    assert float(train.images.max()) > 0.95
    assert 0.08 < float(train.images.mean()) < 0.18  # MNIST: 0.13
    assert float(train.images[..., 0, 0].max()) < 0.01


def test_classes_are_equally_frequent():
    s = glyphs.dataset(260, classes="ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert torch.bincount(s.labels).tolist() == [10] * 26
    assert s.classes == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    image, label = s[7]
    assert image.shape == (1, 28, 28)
    assert int(label) == int(s.labels[7])


# ---------------------------------------------------------------------------------------------------------------------- what a factor means


def one(character, size=28, **factors):
    values = {k: torch.tensor([v], dtype=torch.int64 if k == "font" else torch.float32) for k, v in factors.items()}
    return glyphs.render(torch.zeros(1, dtype=torch.int64), values, classes=character, size=size)


@pytest.mark.parametrize("slant", [-0.35, 0.0, 0.35])
@pytest.mark.parametrize("scale", [0.8, 1.1])
@pytest.mark.parametrize("thickness", [1.6, 3.0, 5.0])
def test_thickness_is_the_width_of_the_stroke_in_pixels(thickness, scale, slant):
    # the middle rows of an upright stroke: the ink of a row is the horizontal width, thickness * sqrt(1 + slant^2) for a leaning stroke
    row = one("l", size=64, thickness=thickness, scale=scale, slant=slant)[0, 0, 28:36].sum(dim=1).mean()
    assert float(row) == pytest.approx(thickness * (1 + slant**2) ** 0.5, rel=0.02)


def test_thickness_of_a_bar_that_lies_across_does_not_depend_on_slant():
    for slant in (-0.35, 0.35):
        column = one("-", size=64, thickness=3.0, slant=slant)[0, 0, :, 31:33].sum(dim=0).mean()
        assert float(column) == pytest.approx(3.0, rel=0.02)


@pytest.mark.parametrize("slant", [-0.3, 0.2])
def test_slant_is_the_tangent_of_the_shear(slant):
    image = one("l", size=64, slant=slant)[0, 0]
    x = torch.arange(64.0)
    top, bottom = image[22], image[42]
    run = (top * x).sum() / top.sum() - (bottom * x).sum() / bottom.sum()
    assert float(run) == pytest.approx(slant * 20, abs=0.25)  # the path is drawn on a grid of 0.2 pixels here


def test_shift_moves_by_pixels_right_and_down():
    torch.testing.assert_close(one("5", shift_x=2.0, shift_y=3.0)[..., 3:, 2:], one("5")[..., :-3, :-2], atol=0.005, rtol=0)
    moved, still = glyphs.measure(one("5", shift_x=1.4, shift_y=-0.7)), glyphs.measure(one("5"))
    assert float(moved["shift_x"] - still["shift_x"]) == pytest.approx(1.4, abs=0.03)
    assert float(moved["shift_y"] - still["shift_y"]) == pytest.approx(-0.7, abs=0.03)


@pytest.mark.parametrize(("size", "scale"), [(28, 1.0), (32, 1.0), (64, 0.8), (64, 1.1)])
def test_scale_is_the_height_of_the_pen_path_of_a_zero(size, scale):
    height = glyphs.measure(one("0", size=size, scale=scale, thickness=2.5))["height"]
    assert float(height) == pytest.approx(0.6 * size * scale + 2.5, abs=0.35)  # a pen of diameter 2.5 adds 1.25 at each end


def test_rotation_by_90_degrees_is_an_exact_turn_anticlockwise():
    torch.testing.assert_close(one("7", rotation=90.0), torch.rot90(one("7"), 1, (-2, -1)), atol=0.005, rtol=0)


def test_noise_has_the_standard_deviation_asked_for_and_a_fixed_default_seed():
    base = one("0").expand(1, 1, 28, 28)
    labels, factors = torch.zeros(400, dtype=torch.int64), {"noise": torch.full((400,), 20.0)}
    noisy = glyphs.render(labels, factors, classes="0")
    middle = (base > 0.3) & (base < 0.7)  # far from 0 and 1, so that nothing is clipped
    assert float((noisy - base)[middle.expand_as(noisy)].std() * 255) == pytest.approx(20, rel=0.05)
    assert torch.equal(noisy, glyphs.render(labels, factors, classes="0"))
    assert float(glyphs.dataset(500, noise=30.0).factors["noise"].max()) == pytest.approx(30, abs=0.5)


def test_italics_stand_upright_at_slant_zero():
    names = [glyphs.FONTS.index(n) for n in ("STIXGeneralItalic", "cmti10", "DejaVuSerif-Italic", "STIXGeneralBolIta")]
    for font in names:
        assert abs(float(glyphs.measure(one("0", size=64, font=font))["slant"])) < 0.06


def test_no_stroke_leaves_the_image(train, test):
    for images in (train.images, test.images, glyphs.dataset(2000, classes="WMQgjywmABCD@&%").images):
        border = torch.cat([images[..., [0, -1], :].flatten(1), images[..., [0, -1]].flatten(1)], dim=1)
        assert float(border.amax(dim=1).quantile(0.999)) < 0.2


def test_every_letter_and_digit_has_its_own_picture_in_every_font():
    characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    labels = torch.arange(len(characters))
    for font in (0, 5, 7, 13):
        flat = glyphs.render(labels, {"font": torch.full_like(labels, font)}, classes=characters, size=32).flatten(1)
        distance = torch.cdist(flat, flat) + 100 * torch.eye(len(characters))
        assert float(distance.min()) > 0.3, font  # equal pictures would give 0
        assert float(flat.sum(dim=1).min()) > 20


def test_render_on_the_device_of_the_labels(device, train):
    images = glyphs.render(train.labels[:64].to(device), {k: v[:64].to(device) for k, v in train.factors.items()})
    assert images.device.type == device.type
    torch.testing.assert_close(images.cpu(), train.images[:64], atol=1.01 / 255, rtol=0)


# --------------------------------------------------------------------------------------------------------------------------------- splits


def test_splits_share_no_font_and_no_pair_of_slant_and_thickness(train, test):
    assert not set(train.factors["font"].tolist()) & set(test.factors["font"].tolist())
    assert not glyphs.in_test_split(train.factors).any()
    assert glyphs.in_test_split(test.factors).all()

    def cells(s):  # counted here anew, from the ranges of the table
        slant = ((s.factors["slant"] + 0.35) / 0.7 * 5).floor()
        thickness = ((s.factors["thickness"] - 1.6) / 1.8 * 5).floor()
        return set(zip(slant.tolist(), thickness.tolist(), strict=True))

    assert len(cells(train)) == 20
    assert len(cells(test)) == 5
    assert not cells(train) & cells(test)


def test_splits_have_the_same_range_of_each_factor(train, test):
    for name, (low, high) in glyphs.RANGES.items():
        for s in (train, test):
            assert float(s.factors[name].mean()) == pytest.approx((low + high) / 2, abs=0.03 * (high - low))
            assert float(s.factors[name].std()) == pytest.approx((high - low) / 12**0.5, rel=0.04)


def test_ranges_in_pixels_grow_with_the_size():
    f = glyphs.sample_factors(4000, "train", torch.Generator().manual_seed(0), size=56)
    assert 6.7 < float(f["thickness"].max()) <= 6.8
    assert 3.9 < float(f["shift_x"].max()) <= 4.0
    assert float(f["slant"].max()) <= 0.35
    assert not glyphs.in_test_split(f, size=56).any()


def test_small_cnn_tells_the_test_split_apart(train, test):
    """6,000 glyphs, 5 passes: at least 98 % on fonts and factor pairs that training never saw."""
    torch.manual_seed(0)
    net = nn.Sequential(
        *(nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(64 * 16, 10)),
    )
    optimiser = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=300)
    source = torch.Generator().manual_seed(0)
    for _ in range(5):
        for batch in torch.randperm(6000, generator=source).split(100):
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(train.images[batch]), train.labels[batch]).backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        accuracy = float((net.eval()(test.images).argmax(dim=1) == test.labels).float().mean())
    assert accuracy >= 0.98


# -------------------------------------------------------------------------------------------------------------------------------- measure


@pytest.mark.parametrize("split", ["train", "test"])
def test_measure_finds_the_factors_again(split, request):
    s = request.getfixturevalue(split)
    m = glyphs.measure(s.images)
    for name, least in (("slant", 0.995), ("thickness", 0.98), ("shift_x", 0.97), ("shift_y", 0.99)):
        keys = (s.labels, s.factors["font"])
        assert correlation(centred(s.factors[name], *keys), centred(m[name], *keys)) > least, name
    for name in ("slant", "thickness", "shift_x", "shift_y"):  # within a class, the font unknown, as with a generator
        assert correlation(centred(s.factors[name], s.labels), centred(m[name], s.labels)) > 0.95, name
    error = m["thickness"] - s.factors["thickness"]
    assert abs(float(error.mean())) < 0.1
    assert float(error.square().mean().sqrt()) < 0.2


def test_measure_of_one_image_and_of_black():
    batch = glyphs.dataset(3).images
    m = glyphs.measure(batch)
    single = glyphs.measure(batch[1])
    assert single["slant"].shape == ()
    assert all(float(single[k]) == pytest.approx(float(m[k][1]), abs=1e-4) for k in m)
    assert {k: float(v) for k, v in glyphs.measure(torch.zeros(1, 28, 28)).items()} == dict.fromkeys(m, 0.0)


# ------------------------------------------------------------------------------------------------------------------------------ bad input

LABELS = torch.tensor([0, 1])


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"labels": [0, 1]}, TypeError, "labels"),
        ({"labels": LABELS.float()}, TypeError, "int64"),
        ({"labels": LABELS[:0]}, ValueError, "labels"),
        ({"labels": torch.tensor([0, 10])}, ValueError, "0 to 9"),
        ({"labels": torch.tensor([-1, 1])}, ValueError, "0 to 9"),
        ({"factors": [1]}, TypeError, "factors"),
        ({"factors": {"slope": torch.zeros(2)}}, ValueError, "slope unknown"),
        ({"factors": {"slant": 0.1}}, TypeError, "slant"),
        ({"factors": {"slant": torch.zeros(3)}}, ValueError, "slant"),
        ({"factors": {"slant": torch.tensor([0, float("nan")])}}, ValueError, "slant.*nan"),
        ({"factors": {"thickness": torch.tensor([2.0, -1.0])}}, ValueError, "thickness.*-1"),
        ({"factors": {"font": torch.tensor([0, 14])}}, ValueError, "font.*0 to 13"),
        ({"factors": {"font": torch.zeros(2)}}, TypeError, "font"),
        ({"classes": ""}, ValueError, "classes"),
        ({"classes": "00"}, ValueError, "classes"),
        ({"classes": "0 "}, ValueError, "classes"),
        ({"classes": 5}, TypeError, "classes"),
        ({"classes": "0漢"}, ValueError, "has no '漢'"),
        ({"size": 8}, ValueError, "size"),
        ({"size": 28.0}, TypeError, "size"),
    ],
)
def test_bad_input_of_render(arguments, error, message):
    with pytest.raises(error, match=message):
        glyphs.render(**{"labels": LABELS, "factors": {}, **arguments})


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: glyphs.dataset(0), ValueError),
        (lambda: glyphs.dataset(2.5), TypeError),
        (lambda: glyphs.dataset(5, seed=-1), ValueError),
        (lambda: glyphs.dataset(5, noise=-1.0), ValueError),
        (lambda: glyphs.dataset(5, noise="much"), TypeError),
        (lambda: glyphs.dataset(5, noise=float("nan")), ValueError),
        (lambda: glyphs.sample_factors(5, "validation"), ValueError),
        (lambda: glyphs.sample_factors(-1), ValueError),
        (lambda: glyphs.in_test_split({"slant": torch.zeros(1)}), ValueError),
        (
            lambda: glyphs.in_test_split({"slant": torch.zeros(1), "thickness": torch.full((1,), 2.9), "font": torch.tensor([9])}),
            ValueError,
        ),
        (lambda: glyphs.measure(torch.zeros(2, 3, 28, 28)), ValueError),
        (lambda: glyphs.measure(torch.zeros(2, 1, 28, 28, dtype=torch.uint8)), TypeError),
        (lambda: glyphs.measure(torch.full((1, 28, 28), float("nan"))), ValueError),
        (lambda: glyphs.measure(torch.zeros(0, 1, 28, 28)), ValueError),
    ],
)
def test_bad_input_elsewhere(call, error):
    with pytest.raises(error, match=": "):
        call()
