"""Swipe without a browser: what is compared, the numbers, the drawing, what is kept, and the wiring of the controls."""

import datetime
import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import data, images, metrics, models, zoo
from course_lib.resample import imresize
from course_lib.train.recipes.super_resolution import SUPER_RESOLUTION, pair, quality
from course_lib.widgets import Swipe, swipe
from course_lib.widgets.degradation_explorer import fit_upload
from course_lib.widgets.swipe import METHODS, NETWORKS, PHOTOS, State, describe, estimate, measure, render, super_resolved

SMALL = {
    "SRCNN": {"kernels": (3, 1, 3), "features": (4, 4)},
    "FSRCNN": {"features": 4, "shrunk": 2, "depth": 1},
    "ESPCN": {"features": 4},
    "MSRResNet": {"features": 4, "blocks": 1},
}


def forget():
    for cache in (swipe.network, swipe._low_and_high, swipe._result):
        cache.cache_clear()


def small_network(name: str) -> torch.nn.Module:
    """What stands in for trained weights: the right kind of network, tiny, always the same."""
    recipe = SUPER_RESOLUTION[name]
    torch.manual_seed(list(SUPER_RESOLUTION).index(name))
    return getattr(models, recipe.model)(**recipe.arguments | SMALL[recipe.model]).eval().requires_grad_(False)


@pytest.fixture
def zoo_with(monkeypatch):
    """Call it with the names of the weights that shall be there."""

    def only(*names: str) -> None:
        monkeypatch.setattr(zoo, "list", lambda: names)
        monkeypatch.setattr(zoo, "load", small_network)

    forget()
    yield only
    forget()


@pytest.fixture
def all_there(zoo_with):
    zoo_with(*SUPER_RESOLUTION)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def panel(png: bytes) -> np.ndarray:
    return pixels(png)[swipe.TITLE : swipe.TITLE + swipe.PANEL, swipe.MARGIN : swipe.MARGIN + swipe.PANEL]


def truth(photo: str) -> torch.Tensor:
    """The middle of the photograph, 252 pixels high and wide, in 8 bits."""
    return images.from_uint8(images.to_uint8(data.photo(photo, size=256)))[:, :252, :252]


def upload(widget, content: bytes, name: str) -> None:
    """What the browser does when somebody chooses a file."""
    now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    entry = {"name": name, "type": "image/png", "size": len(content), "content": memoryview(content), "last_modified": now}
    widget.upload.value = (entry,)


# ------------------------------------------------------------------------------------------------------------ what there is


def test_every_network_of_the_recipes_can_be_shown():
    assert {name.rpartition("-x")[0] for name in SUPER_RESOLUTION} == set(NETWORKS)
    assert set(METHODS) == {"nearest", "bicubic", "truth", *NETWORKS}


@pytest.mark.parametrize("there", [(), ("fsrcnn-x3",), ("espcn-x3", "fsrcnn-x2", "srresnet-small-x4"), tuple(SUPER_RESOLUTION)])
def test_what_is_trained_is_offered_and_what_is_missing_is_said(zoo_with, there):
    zoo_with("dncnn-s25", *there)
    for scale in (2, 3, 4):
        offered = [f"{method}-x{scale}" for method in swipe.available(scale) if method in NETWORKS]
        assert sorted(offered) == sorted(name for name in there if name.endswith(str(scale)))
        assert {"nearest", "bicubic", "truth"} <= set(swipe.available(scale))
        state = State(scale=scale)
        assert state.left == "bicubic"
        assert f"{state.right}-x{scale}" in there if offered else state.right == "truth"
    words = swipe.missing_words()
    assert [name for name in SUPER_RESOLUTION if f"{name}," in words or f"{name};" in words] == [
        n for n in SUPER_RESOLUTION if n not in there
    ]
    assert ("Not yet trained" in words) == (len(there) < len(SUPER_RESOLUTION))


def test_the_photographs_are_those_that_need_no_enlarging():
    large = {name for name in data.photo_names() if min(data.photo(name).shape[-2:]) >= 256}
    assert set(PHOTOS) == large


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"photo": "lena"}, ValueError, "photo: got 'lena', expected one of astronaut"),
        ({"photo": "page"}, ValueError, "'page' has less than 256 rows"),
        ({"photo": 3}, TypeError, "photo: got int"),
        ({"scale": 5}, ValueError, "scale must be one of"),
        ({"scale": 3.0}, TypeError, "scale must be an int"),
        ({"left": "magic"}, ValueError, "left: got 'magic', expected for ×3 one of nearest"),
        ({"right": "espcn"}, ValueError, "right: there are no weights 'espcn-x3' yet; python -m course_lib train espcn-x3 makes them"),
        ({"right": "srresnet"}, ValueError, "right: got 'srresnet', expected for ×3 one of"),  # for ×4 only
        ({"divider": 101}, ValueError, "divider: got 101"),
        ({"divider": 50.0}, ValueError, "divider: got 50.0"),
        ({"zoom": (0, 140, 120)}, ValueError, "inside 252x252"),
        ({"zoom": (0, 0, 64)}, ValueError, "size in"),
        ({"zoom": (0.0, 0, 60)}, ValueError, "zoom: got"),
        ({"zoom": (-1, 0, 60)}, ValueError, "zoom: got"),
    ],
)
def test_bad_states_are_refused(zoo_with, wrong, error, message):
    zoo_with("fsrcnn-x3")
    with pytest.raises(error, match=message):
        State(**wrong)


# ------------------------------------------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_truth_is_the_same_at_all_scales_and_reduced_as_matlab_does(scale):
    x = truth("chelsea")
    assert torch.equal(estimate("chelsea", scale, "truth"), x)
    y = imresize(x, 1 / scale, quantise=True)
    assert torch.equal(estimate("chelsea", scale, "nearest")[:, ::scale, ::scale], y)


@pytest.mark.parametrize("photo", ["chelsea", "coins"])
def test_each_method_is_the_librarys(all_there, photo):
    y = imresize(truth(photo), 1 / 4, quantise=True)
    expected = {
        "nearest": y.repeat_interleave(4, -1).repeat_interleave(4, -2),
        "bicubic": imresize(y, 4),
        "truth": truth(photo),
        **{name: models.super_resolve(small_network(f"{name}-x4"), y) for name in NETWORKS},
    }
    assert set(expected) == set(swipe.available(4))
    for method, image in expected.items():
        # a value between two grey levels may be rounded to either
        assert torch.allclose(estimate(photo, 4, method), image.clamp(0, 1), atol=0.51 / 255), method


def test_of_a_grey_photograph_the_numbers_are_those_of_the_tables(all_there):
    for name in ("fsrcnn-x2", "espcn-x3", "srresnet-small-x4"):
        method, scale = name.rpartition("-x")[0], SUPER_RESOLUTION[name].scale
        table = quality(small_network(name), [pair(truth("coins"), scale, colour=False)])
        values = measure(State("coins", scale, right=method))["right"]
        assert values["psnr"] == pytest.approx(table["psnr"], abs=1e-3)
        assert values["ssim"] == pytest.approx(table["ssim"], abs=1e-5)


def test_the_numbers_are_those_of_the_pictures_and_are_shown(all_there):
    state = State("chelsea", 3, "bicubic", "fsrcnn", zoom=(20, 40, 60))
    values, x, y_of = measure(state), truth("chelsea"), images.luma
    for side in ("left", "right"):
        shown = estimate("chelsea", 3, getattr(state, side))
        error = (y_of(shown) - y_of(x))[0] * 255
        inner = error[3:-3, 3:-3]
        assert values[side]["psnr"] == pytest.approx(20 * np.log10(255 / float(inner.square().mean().sqrt())), abs=1e-3)
        assert values[side]["ssim"] == pytest.approx(float(metrics.ssim(shown, x, crop=3, luma=True)), abs=1e-6)
        assert values[side]["rms"] == pytest.approx(float(error[20:80, 40:100].square().mean().sqrt()), abs=1e-3)
        words = f"PSNR {values[side]['psnr']:.2f} dB, SSIM {values[side]['ssim']:.3f}, error in the part {values[side]['rms']:.1f} grey"
        assert f"{side.capitalize()} of the divider: {METHODS[getattr(state, side)]}, {words}" in describe(state)
    assert "×3 from 84x84 pixels" in describe(state)
    assert "rows 20 to 79, columns 40 to 99" in describe(state)
    assert measure(State(left="truth"))["left"] == {"psnr": np.inf, "ssim": 1.0, "rms": 0.0}


def test_moving_the_divider_or_the_part_computes_nothing_anew(all_there, monkeypatch):
    computed = []
    original = swipe.super_resolved
    monkeypatch.setattr(swipe, "super_resolved", lambda *of: computed.append((of[0], of[2])) or original(*of))
    render(State(scale=3, right="espcn"))
    assert computed == [("bicubic", 3), ("espcn", 3)]
    for change in ({"divider": 20}, {"zoom": (0, 0, 30)}, {"left": "espcn", "right": "bicubic"}, {"right": "truth"}):
        render(State(**{"right": "espcn"} | change))
        describe(State(**{"right": "espcn"} | change))
    assert len(computed) == 2
    render(State(scale=4, right="espcn"))
    assert computed[2:] == [("bicubic", 4), ("espcn", 4)]


def test_uploaded_bytes_are_a_photograph():
    x = torch.rand(1, 256, 256, generator=torch.Generator().manual_seed(0))
    state = State(images.png_bytes(x), right="nearest")
    assert torch.allclose(estimate(state.photo, 3, "truth"), x[:, :252, :252], atol=0.51 / 255)
    assert describe(state).startswith("Your photograph, enlarged")
    with pytest.raises(ValueError, match="got an image of 40x40 pixels, expected 256x256"):
        render(State(images.png_bytes(x[:, :40, :40])))


# ------------------------------------------------------------------------------------------------------------------ picture


def test_render_is_pure(all_there):
    state = State("coins", right="espcn")
    first = render(state)
    render(State("coins", 4, divider=10))
    forget()
    assert render(state) == first


@pytest.mark.parametrize(
    "other", [{"photo": "coffee"}, {"scale": 2}, {"left": "nearest"}, {"right": "nearest"}, {"divider": 51}, {"zoom": (60, 25, 120)}]
)
def test_every_part_of_the_state_shows(all_there, other):
    assert render(State(**other)) != render(State())


@pytest.mark.parametrize("divider", [0, 35, 100])
def test_the_divider_parts_the_panel_pixel_by_pixel(divider):
    shown = panel(render(State("chelsea", 4, "nearest", "truth", divider, (30, 130, 60))))
    cut = round(480 * divider / 100)
    for method, columns in (("nearest", slice(0, max(0, cut - 8))), ("truth", slice(cut + 8, 480))):
        part = images.to_uint8(estimate("chelsea", 4, method))[:, 30:90, 130:190].permute(1, 2, 0).numpy()
        assert np.array_equal(shown[:, columns], part.repeat(8, axis=0).repeat(8, axis=1)[:, columns])
    line = shown[100:-100, max(0, cut - 1) : cut + 1]
    assert (line == swipe.FRAME).all()


def test_the_error_maps_say_where_each_side_is_too_bright_on_one_scale():
    state = State("chelsea", 4, "nearest", "bicubic", zoom=(30, 30, 120))
    canvas, (top, begins) = pixels(render(state)).astype(int), swipe.TILES
    y = images.luma(truth("chelsea"))
    errors = [(images.luma(estimate("chelsea", 4, method)) - y)[0, 30:150, 30:150].numpy() * 255 for method in ("nearest", "bicubic")]
    limit = 64  # holds 98 % of the errors of both, 32 does not those of the nearest neighbour
    for begin, error in zip(begins, errors, strict=True):
        shown = canvas[top : top + 120, begin : begin + 120]
        redness = shown[..., 0] - shown[..., 2]
        assert (redness[error > limit / 8] > 20).all()
        assert (redness[error < -limit / 8] < -20).all()
        assert (abs(redness[abs(error) < 1]) < 20).all()
    both = np.concatenate([canvas[top : top + 120, begin : begin + 120].reshape(-1, 3) for begin in begins])
    error = np.concatenate([error.ravel() for error in errors])
    for low, high in ((10, 10.5), (-30.5, -30)):  # the same error has the same colour on both sides
        assert np.ptp(both[(error > low) & (error < high)], axis=0).max() <= 6
    exact = panel(render(State(left="truth", right="truth")))
    assert exact.shape == (480, 480, 3)  # no division by an error of nothing


def test_text_stays_within_its_column(all_there):
    for method in METHODS:
        canvas = pixels(render(State(scale=4, left=method, right=method, divider=0)))
        assert (canvas[: swipe.TITLE - 6, swipe.MARGIN + 225 : swipe.MARGIN + 255] == 255).all(), method
        top, (first, second) = swipe.TILES
        assert (canvas[top - 18 : top - 2, first + swipe.TILE : second - 2] == 255).all(), method
        assert (canvas[top + swipe.TILE + 2 : top + swipe.TILE + 20, first + swipe.TILE + 6 : second - 2] == 255).all(), method


# ------------------------------------------------------------------------------------------------------------------- widget


@pytest.fixture
def widget(all_there):
    return Swipe()


def state_of(widget) -> State:
    return widget._read()


def test_it_begins_with_the_default_state(widget):
    assert state_of(widget) == State()
    assert bytes(widget.picture.value) == render(State())
    assert "FSRCNN" in widget.numbers.value
    assert widget.message.value == ""


def test_controls_move_picture_and_numbers(widget):
    for control, value in (
        (widget.divider, 20),
        (widget.left, "espcn"),
        (widget.right, "truth"),
        (widget.down, 4),
        (widget.across, 8),
        (widget.photo, "coins"),
        (widget.scale, 2),
        (widget.size, 30),
    ):
        before, words = bytes(widget.picture.value), widget.numbers.value
        control.value = value
        assert widget.message.value == ""
        assert bytes(widget.picture.value) != before
        assert widget.numbers.value != words
    assert state_of(widget) == State("coins", 2, "espcn", "truth", 20, (49, 53, 30))


def test_another_scale_offers_its_methods_keeps_the_choice_where_it_can_and_draws_once(zoo_with, monkeypatch):
    zoo_with("fsrcnn-x3", "espcn-x3", "espcn-x4", "srresnet-small-x4")
    widget = Swipe()
    widget.left.value, widget.right.value = "espcn", "fsrcnn"
    drawn = []
    monkeypatch.setattr(widget, "_render", lambda state: drawn.append(state) or b"")
    widget.scale.value = 4
    assert drawn == [State(scale=4, left="espcn", right="srresnet-small")]
    assert [value for _, value in widget.left.options] == list(swipe.available(4)) == [value for _, value in widget.right.options]
    widget.scale.value = 2
    assert drawn[1:] == [State(scale=2, left="bicubic", right="truth")]
    assert widget.message.value == ""


def test_the_browser_never_hears_of_a_value_outside_its_range(widget, monkeypatch):
    """It would clip the value and send it back."""
    heard = []
    for slider in (widget.down, widget.across):
        monkeypatch.setattr(slider, "send_state", lambda key=None, slider=slider: heard.append(slider.min <= slider.value <= slider.max))
    widget.size.value = 30
    widget.down.value = widget.across.value = 222
    widget.size.value = 120
    assert state_of(widget).zoom == (132, 132, 120)
    assert len(heard) > 5
    assert all(heard)


def test_an_upload_becomes_the_photograph(widget):
    content = images.png_bytes(torch.rand(3, 301, 457, generator=torch.Generator().manual_seed(0)))
    upload(widget, content, "cat.png")
    assert widget.message.value == ""
    assert widget.photo.label == "yours: cat.png"
    assert state_of(widget).photo == fit_upload(content)
    assert widget.upload.value == ()
    before = bytes(widget.picture.value)
    for wrong, message in (
        (images.png_bytes(torch.rand(3, 200, 900)), "dog.png: got 900x200 pixels, expected at least 256x256"),
        (b"\x89PNG this is not", "dog.png: cannot be read as an image"),
        (content[:400], "dog.png cannot be read as an image"),  # the header is whole
    ):
        upload(widget, wrong, "dog.png")
        assert message in widget.message.value
        assert widget.upload.value == ()
        assert bytes(widget.picture.value) == before
        assert widget.photo.label == "yours: cat.png"


def test_damaged_weights_are_a_message_and_the_widget_goes_on(zoo_with, monkeypatch):
    zoo_with("fsrcnn-x3", "espcn-x3")
    widget = Swipe()

    def broken(name):
        raise ValueError(f"name: {name}.safetensors is damaged; install the course again")

    monkeypatch.setattr(zoo, "load", broken)
    before = bytes(widget.picture.value)
    widget.right.value = "espcn"
    assert "espcn-x3.safetensors is damaged" in widget.message.value
    assert bytes(widget.picture.value) == before
    widget.right.value = "nearest"
    assert widget.message.value == ""


def test_missing_networks_are_named(zoo_with):
    zoo_with("fsrcnn-x3")
    assert "espcn-x3" in Swipe().children[4].value


def test_it_begins_with_an_image_or_a_photographs_name(all_there):
    x = torch.rand(3, 256, 300, generator=torch.Generator().manual_seed(0))
    photo = state_of(Swipe(x)).photo
    assert torch.allclose(estimate(photo, 3, "truth"), x[:, :252, 22:274], atol=0.51 / 255)
    assert state_of(Swipe("moon")).photo == "moon"


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (torch.rand(2, 1, 300, 300), ValueError, "take one of the batch"),
        (torch.rand(1, 300, 300) * 2, ValueError, "expected a clean image in"),
        (torch.rand(1, 255, 300), ValueError, "image: got 300x255 pixels, expected at least 256x256"),
        (torch.full((1, 300, 300), float("nan")), ValueError, "image"),
        (np.zeros((300, 300)), TypeError, "image"),
        ("lena", ValueError, "photo: got 'lena'"),
        ("text", ValueError, "'text' has less than 256 rows"),
    ],
)
def test_bad_images_are_refused(zoo_with, image, error, message):
    zoo_with()
    with pytest.raises(error, match=message):
        Swipe(image)


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:4] for control in row.children]
    assert len(controls) == 9
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False
    assert widget.upload.tooltip  # a button without one says "null" to screen readers


def test_batches_and_single_images_are_enlarged_alike(all_there):
    y = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(0))
    for method in ("nearest", "bicubic", "fsrcnn"):
        assert torch.allclose(super_resolved(method, y[None], 3)[0], super_resolved(method, y, 3), atol=1e-6)
        assert super_resolved(method, y, 3).shape == (3, 15, 21)
