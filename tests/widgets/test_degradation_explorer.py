"""The degradation explorer without a browser: the pure drawing, the numbers, and the wiring of the controls."""

import datetime
import io
import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import data, degrade, images, metrics, plots
from course_lib.widgets import DegradationExplorer
from course_lib.widgets import degradation_explorer as explorer
from course_lib.widgets.degradation_explorer import DEGRADATIONS, State, degraded, describe, fit_upload, measure, render, static_sheet

PHOTOS = ("camera", "astronaut")  # one grey, one in colour
WORSE_WHEN_LESS = ("poisson noise", "jpeg")  # light and quality


def strengths(name: str, number: int) -> list[float]:
    """From the smallest to the largest strength, evenly, on the slider's steps."""
    kind = DEGRADATIONS[name]
    steps = round((kind.high - kind.low) / kind.step)
    return [round(kind.low + kind.step * round(steps * k / (number - 1)), 6) for k in range(number)]


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def panels(png: bytes) -> list[list[np.ndarray]]:
    """The two rows of three panels, in grey levels."""
    canvas = pixels(png)
    size = explorer.SIZE
    return [[canvas[top : top + size, left : left + size] for left in explorer.COLUMNS] for top in explorer.ROWS]


def upload(widget: DegradationExplorer, content: bytes, name: str) -> None:
    """What the browser does when somebody chooses a file."""
    now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    entry = {"name": name, "type": "image/png", "size": len(content), "content": memoryview(content), "last_modified": now}
    widget.upload.value = (entry,)


# ---------------------------------------------------------------------------------------------------------------- state


def test_a_state_fills_in_the_usual_strength_and_says_it():
    assert State().label == "sigma = 25 grey levels"
    assert State(degradation="downsampling").label == "scale = 4 times, shown re-enlarged"
    assert State(strength=25) == State(strength=25.0) == State()
    assert hash(State(strength=25)) == hash(State())


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"photo": "lena"}, ValueError, "photo: got 'lena', expected one of astronaut"),
        ({"photo": 3}, TypeError, "photo: got int"),
        ({"degradation": "rust"}, ValueError, "degradation: got 'rust', expected one of gaussian noise"),
        ({"strength": -1}, ValueError, "strength: got -1, expected 0 to 100 for gaussian noise"),
        ({"strength": float("nan")}, ValueError, "strength: got nan"),
        ({"strength": "25"}, TypeError, "strength: got str, expected a number"),
        ({"strength": True}, TypeError, "strength: got bool"),
        ({"degradation": "jpeg", "strength": 10.5}, ValueError, "whole number for jpeg"),
        ({"zoom": (0, 200, 64)}, ValueError, "zoom: got"),
        ({"zoom": (-1, 0, 64)}, ValueError, "zoom: got"),
        ({"zoom": (0, 0, 50)}, ValueError, "size in"),
        ({"zoom": [0, 0, 64]}, ValueError, "zoom: got"),
        ({"seed": -1}, ValueError, "seed: got -1"),
        ({"seed": 1.0}, ValueError, "seed: got 1.0"),
    ],
)
def test_bad_states_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        State(**wrong)


# ------------------------------------------------------------------------------------------------------- image and numbers


@pytest.mark.parametrize("name", DEGRADATIONS)
@pytest.mark.parametrize("photo", PHOTOS)
def test_every_degradation_at_both_ends_and_between(photo, name):
    for strength in strengths(name, 3):
        x, y = degraded(State(photo, name, strength))
        assert y.shape == x.shape == (1 if photo == "camera" else 3, 256, 256)
        assert torch.isfinite(y).all()
        assert pixels(render(State(photo, name, strength))).shape == (explorer.HEIGHT, explorer.WIDTH, 3)


@pytest.mark.parametrize("name", DEGRADATIONS)
@pytest.mark.parametrize("photo", PHOTOS)
def test_psnr_falls_as_the_image_gets_worse(photo, name):
    values = [measure(State(photo, name, strength))["psnr"] for strength in strengths(name, 5)]
    if name in WORSE_WHEN_LESS:
        values.reverse()
    assert all(a > b for a, b in itertools.pairwise(values)), values


@pytest.mark.parametrize("name", [name for name in DEGRADATIONS if name not in WORSE_WHEN_LESS])
def test_the_mildest_strength_changes_nothing(name):
    x, y = degraded(State("astronaut", name, DEGRADATIONS[name].low))
    assert torch.equal(x, y)


@pytest.mark.parametrize(
    ("state", "operator"),
    [
        (State("astronaut", "gaussian noise", 30, seed=4), degrade.GaussianNoise(30)),
        (State("astronaut", "poisson noise", 20, seed=4), degrade.PoissonNoise(20)),
        (State("astronaut", "impulse noise", 20, seed=4), degrade.ImpulseNoise(0.2)),
        (State("astronaut", "jpeg", 7), degrade.Jpeg(7)),
        (State("camera", "motion blur", 9), degrade.Blur(degrade.motion_kernel(9, 30), boundary="reflect")),
        (State("camera", "gaussian blur", 2), degrade.Blur(degrade.gaussian_kernel(31, 2), boundary="reflect")),
    ],
)
def test_the_numbers_are_those_of_the_library(state, operator):
    x = data.photo(state.photo, size=256)
    y = operator(x, torch.Generator().manual_seed(state.seed))
    # 31 taps instead of the explorer's 13 (3 sigma) leave 0.3 % of the kernel's weight to differ
    tolerance = 2e-2 if state.degradation == "gaussian blur" else 1e-9
    values = measure(state)
    assert values["psnr"] == pytest.approx(float(metrics.psnr(y, x)), rel=tolerance)
    assert values["ssim"] == pytest.approx(float(metrics.ssim(y, x)), rel=tolerance)
    assert values["mse"] == pytest.approx(float(metrics.mse(y, x)), rel=5 * tolerance)


def test_missing_pixels_lose_all_channels_together():
    x, y = degraded(State("astronaut", "missing pixels", 40))
    lit = (x > 0).all(dim=0)
    gone = (y == 0).any(dim=0) & lit
    assert (y[:, gone] == 0).all()
    assert gone.sum() / lit.sum() == pytest.approx(0.4, abs=0.01)
    assert torch.equal(y[:, lit & ~gone], x[:, lit & ~gone])


def test_downsampling_keeps_flat_areas_and_stays_in_place():
    """The re-enlarged image lies where the clean one lies: its best shift against it is none."""
    for scale in (3, 4):
        x, y = degraded(State("camera", "downsampling", scale))
        errors = {
            (dy, dx): float((y.roll((dy, dx), (1, 2)) - x)[:, 16:-16, 16:-16].square().mean())
            for dy, dx in itertools.product((-1, 0, 1), repeat=2)
        }
        assert min(errors, key=errors.get) == (0, 0)


def test_the_seed_draws_other_noise_of_the_same_strength():
    a, b = measure(State(seed=0)), measure(State(seed=1))
    assert a["mse"] != b["mse"]
    assert a["psnr"] == pytest.approx(b["psnr"], abs=0.1)


def test_degraded_hands_out_copies():
    x, y = degraded(State())
    clean, observed = x.clone(), y.clone()
    x.zero_()
    y.zero_()
    assert torch.equal(degraded(State())[0], clean)
    assert torch.equal(degraded(State())[1], observed)


def test_description_names_everything_and_agrees_with_the_numbers():
    text = describe(State("chelsea", "jpeg", 20, zoom=(8, 16, 32)))
    values = measure(State("chelsea", "jpeg", 20))
    assert text.startswith("chelsea, JPEG, quality = 20 of 100: ")
    assert f"PSNR {values['psnr']:.2f} dB" in text
    assert f"MSE {values['mse'] * 255**2:.1f} grey levels²" in text
    assert f"SSIM {values['ssim']:.3f}" in text
    assert text.endswith("Zoom: rows 8 to 39, columns 16 to 47.")


# --------------------------------------------------------------------------------------------------------------- picture


def test_render_is_pure():
    first = render(State("astronaut", strength=25, seed=3))
    render(State("astronaut", strength=40, seed=3))
    for cache in (explorer._clean, explorer._degraded, explorer._measure):
        cache.cache_clear()
    assert render(State("astronaut", strength=25, seed=3)) == first


@pytest.mark.parametrize(
    "other", [{"strength": 26}, {"seed": 1}, {"photo": "moon"}, {"degradation": "jpeg"}, {"zoom": (40, 96, 32)}, {"zoom": (44, 96, 64)}]
)
def test_every_part_of_the_state_shows(other):
    assert render(State(**other)) != render(State())


def test_the_panels_hold_the_images_pixel_by_pixel():
    state = State("astronaut", "jpeg", 5, zoom=(64, 100, 64))
    x, y = degraded(state)
    whole, part = panels(render(state))
    for k, image in enumerate((x, y)):
        expected = images.to_uint8(image).permute(1, 2, 0).numpy()
        frame = np.zeros((256, 256), bool)
        frame[60:132, 96:168] = True  # the frame is drawn over the whole image, not over its part
        assert np.array_equal(whole[k][~frame], expected[~frame])
        assert np.array_equal(whole[k][64:128, 100:164], expected[64:128, 100:164])
        assert np.array_equal(part[k][::4, ::4], expected[64:128, 100:164])
        assert np.array_equal(part[k][3::4, 3::4], expected[64:128, 100:164])


def test_no_error_is_neutral():
    part = panels(render(State("astronaut", strength=0)))[1][2].reshape(-1, 3).astype(int)
    assert len(np.unique(part, axis=0)) == 1
    assert np.ptp(part[0]) <= 2  # no hue
    assert part[0].min() >= 240


def test_the_error_map_is_red_where_too_bright_and_blue_where_too_dark():
    x, y = degraded(State("camera", "impulse noise", 20))
    error = ((y - x)[0, 40:104, 96:160] * 255).numpy()
    shown = panels(render(State("camera", "impulse noise", 20)))[1][2][::4, ::4].astype(int)
    redness = shown[..., 0] - shown[..., 2]
    assert redness[error > 50].min() > 30
    assert redness[error < -50].max() < -30
    assert abs(redness[error == 0]).max() <= 2


def test_the_error_scale_holds_98_of_100_wrong_pixels():
    for state, expected in (
        (State(strength=5), 16),
        (State(strength=25), 64),
        (State(strength=30), 128),
        (State(degradation="impulse noise", strength=1), 255),
    ):
        x, y = degraded(state)
        assert explorer._error(x, y)[1] == expected


def test_the_scale_bar_runs_from_blue_through_neutral_to_red():
    bar = pixels(render(State()))[explorer.HEIGHT - 25, explorer.COLUMNS[2] : explorer.COLUMNS[2] + 256].astype(int)
    redness = bar[:, 0] - bar[:, 2]
    assert redness[5] < -60
    assert abs(redness[127:129]).max() <= 4
    assert redness[-6] > 60


def test_text_lies_inside_the_picture_and_off_the_panels():
    """Ink ends before the next column begins: the longest title and the longest label do not run into their neighbours."""
    for photo, name in itertools.product(("motorcycle_right", "camera"), DEGRADATIONS):
        canvas = pixels(render(State(photo, name, DEGRADATIONS[name].high)))
        for column in explorer.COLUMNS:
            gap = canvas[: explorer.TITLE - 1, column + 256 : column + 256 + 8]
            assert (gap == 255).all(), (photo, name)
        assert (canvas[-20:, :4] == 255).all()


def test_uploaded_bytes_are_a_photograph():
    content = images.png_bytes(torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(0)))
    state = State(content, "gaussian noise", 0)
    assert torch.allclose(degraded(state)[0], images.load(io.BytesIO(content)))
    assert describe(state).startswith("Your photograph, ")
    assert render(state) == render(State(bytes(bytearray(content)), "gaussian noise", 0))
    with pytest.raises(ValueError, match="got an image of 8x8 pixels, expected 256x256"):
        render(State(images.png_bytes(torch.rand(1, 8, 8))))


# ----------------------------------------------------------------------------------------------------------------- upload


def ramp(width: int, height: int, mode: str = "RGB", **save) -> bytes:
    """A file that is dark on the left and bright on the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    picture = Image.fromarray(np.repeat(row[None], height, axis=0)).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, save.pop("format", "PNG"), **save)
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "height"), [(256, 256), (300, 200), (20, 31), (2600, 1700)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_upload_of_any_size_is_cut_to_size(width, height, mode):
    x = images.load(io.BytesIO(fit_upload(ramp(width, height, mode))))
    assert x.shape == (3 if mode == "RGB" else 1, 256, 256)
    # the middle square of the ramp: what it begins and ends with
    begin = max(width - height, 0) / 2 / width
    assert float(x[0, 128, 0]) == pytest.approx(begin, abs=0.05)
    assert float(x[0, 128, 255]) == pytest.approx(1 - begin, abs=0.05)


def test_a_large_photograph_is_turned_as_the_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise: what was left comes up
    x = images.load(io.BytesIO(fit_upload(ramp(2600, 1700, format="JPEG", exif=exif))))
    assert float(x[0, 0].mean()) < float(x[0, 255].mean()) - 0.3
    assert float(x[0, :, 0].mean()) == pytest.approx(float(x[0, :, 255].mean()), abs=0.02)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cat.png cannot be read as an image"),
        (b"this is text", "cat.png cannot be read as an image"),
        (ramp(64, 64)[:100], "cat.png cannot be read as an image"),
        (ramp(2600, 1700)[:3000], "cat.png cannot be read as an image"),
        (ramp(10, 40), "cat.png has only 10x40 pixels"),
        (ramp(20000, 6000, "1"), "cat.png has 120 megapixels, at most 100"),
    ],
)
def test_bad_uploads_are_refused_by_name(content, message):
    with pytest.raises(ValueError, match=message) as caught:
        fit_upload(content, "cat.png")
    assert "object at" not in str(caught.value)  # no innards of Pillow


# ----------------------------------------------------------------------------------------------------------------- widget


@pytest.fixture
def widget():
    return DegradationExplorer()


def test_the_slider_moves_picture_and_numbers(widget):
    before, words = bytes(widget.picture.value), widget.numbers.value
    assert before == render(State())
    widget.strength.value = 40
    assert bytes(widget.picture.value) == render(State(strength=40)) != before
    assert describe(State(strength=40)) in widget.numbers.value != words
    assert widget.message.value == ""


def test_the_slider_may_miss_its_step_by_a_rounding_error(widget):
    widget.degradation.value = "jpeg"
    widget.strength.value = 74.00000000000001  # what JupyterLab's slider sends
    assert widget.message.value == ""
    assert bytes(widget.picture.value) == render(State(degradation="jpeg", strength=74))


def test_a_strength_that_is_none_is_a_message(widget):
    widget.degradation.value = "jpeg"
    widget.strength.value = 10.5  # typed into the readout
    assert "strength: got 10.5, expected a whole number for jpeg" in widget.message.value


def test_another_photograph(widget):
    widget.photo.value = "astronaut"
    assert bytes(widget.picture.value) == render(State("astronaut"))


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_another_degradation_brings_its_own_slider_and_draws_once(widget, name, monkeypatch):
    drawn = []
    monkeypatch.setattr(widget, "_render", lambda state: drawn.append(state) or b"")
    kind = DEGRADATIONS[name]
    widget.degradation.value = "jpeg" if name != "jpeg" else "motion blur"
    drawn.clear()
    widget.degradation.value = name
    assert drawn == [State(degradation=name)]
    slider = widget.strength
    assert (slider.min, slider.max, slider.step, slider.value) == (kind.low, kind.high, kind.step, kind.start)
    assert slider.readout_format == (".1f" if name == "gaussian blur" else ".0f")
    assert slider.description.lower() == f"{kind.parameter}, {kind.unit}".lower()
    assert widget.again.disabled is not kind.stochastic
    assert widget.message.value == ""


def test_the_value_lies_in_the_range_that_the_browser_knows_at_every_message(widget, monkeypatch):
    """Else the browser clips it, and sends what it made of it back; a range that comes in the same message is too late."""
    changes = (
        (widget.strength, lambda: setattr(widget.degradation, "value", "motion blur")),
        (widget.strength, lambda: setattr(widget.degradation, "value", "jpeg")),
        (widget.strength, lambda: setattr(widget.degradation, "value", "gaussian blur")),
        (widget.strength, lambda: setattr(widget.degradation, "value", "poisson noise")),
        (widget.down, lambda: setattr(widget.size, "value", 32)),
        (widget.down, lambda: setattr(widget.size, "value", 64)),
    )
    for slider, change in changes:
        browser = {key: getattr(slider, key) for key in ("min", "max", "value")}
        messages = []

        def send_state(key=None, slider=slider, browser=browser, messages=messages):
            news = {name: getattr(slider, name) for name in ([key] if isinstance(key, str) else key) if name in browser}
            messages.append({**browser, "value": news.get("value", browser["value"])})
            browser |= news
            messages.append(dict(browser))

        with monkeypatch.context() as patch:
            patch.setattr(slider, "send_state", send_state)
            change()
        assert all(state["min"] <= state["value"] <= state["max"] for state in messages), messages
        assert messages
        assert browser == {key: getattr(slider, key) for key in browser}


def test_the_button_draws_other_noise(widget):
    widget.again.click()
    assert bytes(widget.picture.value) == render(State(seed=1))
    widget.again.click()
    assert bytes(widget.picture.value) == render(State(seed=2))


def test_the_zoom_moves_with_the_sliders(widget):
    widget.down.value = 80
    widget.across.value = 12
    assert bytes(widget.picture.value) == render(State(zoom=(80, 12, 64)))


def test_the_zoom_changes_size_around_its_middle_and_stays_inside(widget, monkeypatch):
    drawn = []
    monkeypatch.setattr(widget, "_render", lambda state: drawn.append(state.zoom) or b"")
    widget.size.value = 32
    assert (widget.down.max, widget.across.max) == (224, 224)
    widget.across.value = 224
    widget.size.value = 128
    assert drawn == [(56, 112, 32), (56, 224, 32), (8, 128, 128)]
    assert (widget.down.max, widget.across.max) == (128, 128)


def test_it_starts_from_any_state():
    for state in (State("astronaut", "jpeg", 3, (0, 192, 64), 5), State("moon", "gaussian blur", 0), explorer.SHEET[4]):
        widget = DegradationExplorer(state)
        assert bytes(widget.picture.value) == render(state)
    content = fit_upload(ramp(64, 64))
    assert bytes(DegradationExplorer(State(content)).picture.value) == render(State(content))


def test_an_upload_becomes_the_photograph(widget):
    upload(widget, ramp(300, 200), "ramp.png")
    assert widget.message.value == ""
    assert widget.photo.label == "yours: ramp.png"
    assert bytes(widget.picture.value) == render(State(fit_upload(ramp(300, 200))))
    assert widget.upload.value == ()
    upload(widget, ramp(64, 64, "L"), "<b>.png")
    assert [label for label, _ in widget.photo.options if label.startswith("yours")] == ["yours: <b>.png"]
    assert bytes(widget.picture.value) == render(State(fit_upload(ramp(64, 64, "L"))))
    widget.photo.value = "camera"
    assert bytes(widget.picture.value) == render(State())


def test_a_damaged_upload_is_a_message_and_the_picture_stays(widget):
    before = bytes(widget.picture.value)
    upload(widget, b"\x89PNG this is not", "holiday.png")
    assert "holiday.png cannot be read as an image" in widget.message.value
    assert "Traceback" not in widget.message.value
    assert bytes(widget.picture.value) == before
    assert widget.photo.value == "camera"
    assert widget.upload.value == ()
    widget.strength.value = 30  # and on it goes
    assert widget.message.value == ""
    assert bytes(widget.picture.value) == render(State(strength=30))


def test_an_error_while_drawing_is_shown_and_the_widget_recovers(widget, monkeypatch):
    def broken(state):
        raise ValueError("x: got NaN, expected an image")

    good = widget._render
    monkeypatch.setattr(widget, "_render", broken)
    widget.strength.value = 50
    assert "x: got NaN, expected an image" in widget.message.value
    monkeypatch.setattr(widget, "_render", good)
    widget.strength.value = 51
    assert widget.message.value == ""
    assert bytes(widget.picture.value) == render(State(strength=51))


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:3] for control in row.children]
    assert len(controls) == 8
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False
    for control in (widget.upload, widget.again):
        assert control.tooltip  # a button without one says "null" to screen readers


# ------------------------------------------------------------------------------------------------------------------ sheet


def test_the_sheet_shows_every_degradation_at_equal_psnr_and_unequal_ssim():
    assert [state.degradation for state in explorer.SHEET] == list(DEGRADATIONS)
    values = [measure(state) for state in explorer.SHEET]
    assert max(v["psnr"] for v in values) - min(v["psnr"] for v in values) < 0.5
    assert max(v["ssim"] for v in values) - min(v["ssim"] for v in values) > 0.3


def test_the_sheet_is_a_figure_with_a_row_for_each_state():
    figure = static_sheet([State("astronaut", "jpeg", 3), State("camera", strength=50)])
    assert isinstance(figure, plots.Figure)
    assert "astronaut, JPEG, quality = 3 of 100: MSE" in figure.alt_text
    assert "sigma = 50 grey levels" in figure.alt_text
    canvas = pixels(plots.figure_bytes(figure))
    assert canvas.shape[1] <= 760
    _, y = degraded(State("camera", strength=50))
    expected = images.to_uint8(y)[0, 8:136, 64:192].numpy()
    row = 26 + explorer.TILE + explorer.GAP
    assert np.array_equal(canvas[row : row + 128, 230:358, 0], expected)


@pytest.mark.bad_input
def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="states: got none"):
        static_sheet([])
