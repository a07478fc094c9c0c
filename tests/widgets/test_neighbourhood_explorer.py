"""The neighbourhood explorer without a browser: the numbers, the pure drawing, and the wiring of the controls."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import data, degrade, images, plots
from course_lib.classical import nl_means
from course_lib.widgets import neighbourhood_explorer as explorer
from course_lib.widgets.neighbourhood_explorer import NeighbourhoodExplorer, State, describe, measure, render, static_sheet

CORNERS = [(0, 0), (0, 255), (255, 0), (255, 255), (3, 100)]


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def panel(canvas: np.ndarray, number: int) -> np.ndarray:
    side = explorer.SIZE if number == 0 else explorer.PANEL
    left = explorer.COLUMNS[number]
    return canvas[explorer.TITLE : explorer.TITLE + side, left : left + side]


# ------------------------------------------------------------------------------------------------------------- the numbers


@pytest.mark.parametrize("state", [State(), State("brick", 131, 118, 1.2, 5), State("grass", 0, 255, 0.5, 11), State("astronaut", 255, 9)])
def test_the_estimate_is_that_of_non_local_means(state):
    x = data.photo(state.photo, size=256, grey=True)
    y = degrade.GaussianNoise(25)(x, torch.Generator().manual_seed(0))
    x_hat = nl_means(y, 25, h=25 * state.h_over_sigma, patch_size=state.patch_size, search_window=21)
    values = measure(state)
    for key, image in (("clean", x), ("noisy", y), ("estimate", x_hat)):
        assert values[key] == pytest.approx(255 * float(image[0, state.row, state.column]), abs=2e-3), key


def test_a_small_h_leaves_the_pixel_alone_and_a_large_one_asks_everybody():
    alone, everybody = measure(State("grass", 194, 104, 0.1)), measure(State("camera", 20, 200, 3.0))
    assert alone["own"] > 0.99
    assert alone["pixels"] == pytest.approx(1, abs=0.01)
    assert alone["estimate"] == pytest.approx(alone["noisy"], abs=0.1)
    assert everybody["pixels"] == pytest.approx(441, abs=3)
    assert everybody["own"] == pytest.approx(1 / 441, rel=0.1)


def test_the_middle_of_the_mean_patch_is_the_estimate():
    for state in (State(), State("coins", 77, 130, 0.6, 5)):
        noisy, clean, mean = explorer._patches(state)
        values, middle = measure(state), state.patch_size // 2
        assert noisy.shape == clean.shape == mean.shape == (state.patch_size, state.patch_size)
        for key, patch in (("noisy", noisy), ("clean", clean), ("estimate", mean)):
            assert 255 * float(patch[middle, middle]) == pytest.approx(values[key], abs=1e-3)


def test_the_description_says_the_numbers():
    state = State("brick", 131, 118, 0.65, 9)
    text, values = describe(state), measure(state)
    assert text.startswith("brick, σ = 25, pixel in row 131, column 118, h = 0.65 σ = 16.25 grey levels, patches of 9×9: ")
    assert f"clean value {values['clean']:.0f}, noisy {values['noisy']:.0f}, estimate {values['estimate']:.0f}." in text
    assert f"amount to {values['pixels']:.1f} equal ones; the pixel itself has {100 * values['own']:.1f} %" in text


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"photo": "lena"}, ValueError, "photo: got 'lena', expected one of astronaut"),
        ({"row": 256}, ValueError, "row: got 256, expected 0 to 255"),
        ({"column": -1}, ValueError, "column: got -1"),
        ({"column": 1.0}, TypeError, "column: got float"),
        ({"h_over_sigma": 0}, ValueError, "h_over_sigma: got 0, expected 0.1 to 3"),
        ({"h_over_sigma": math.nan}, ValueError, "h_over_sigma: got nan"),
        ({"h_over_sigma": "1"}, TypeError, "h_over_sigma: got str"),
        ({"patch_size": 4}, ValueError, "patch_size: got 4, expected one of 3, 5, 7"),
    ],
)
def test_bad_states_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        State(**wrong)


# ------------------------------------------------------------------------------------------------------------- the picture


def test_render_is_pure():
    first = render(State("coins", 60, 60))
    render(State("coins", 61, 60))
    for cache in (explorer._images, explorer._weights):
        cache.cache_clear()
    assert render(State("coins", 60, 60)) == first


@pytest.mark.parametrize("other", [{"row": 172}, {"column": 158}, {"h_over_sigma": 0.85}, {"patch_size": 9}, {"photo": "moon"}])
def test_every_part_of_the_state_shows(other):
    assert render(State(**other)) != render(State())


@pytest.mark.parametrize(("row", "column"), CORNERS)
def test_the_pixel_may_lie_at_the_border(row, column):
    canvas = pixels(render(State(row=row, column=column)))
    assert canvas.shape == (explorer.HEIGHT, explorer.WIDTH, 3)
    window = panel(canvas, 1)[::12, ::12][:, :, 0]  # upper left screen pixel of each pixel of the window
    for at, window_side in ((row, window[:, 10]), (column, window[10])):
        if at < 10:
            assert (window_side[: 10 - at - 5] == 255).all()  # beyond the photograph
        if at > 245:
            assert (window_side[-(at - 245 - 5) :] == 255).all()


def test_the_window_and_the_weights_are_drawn_pixel_by_pixel():
    state = State("coins", 90, 77, 0.7, 3)
    canvas = pixels(render(state))
    y = degrade.GaussianNoise(25)(data.photo("coins", size=256, grey=True), torch.Generator().manual_seed(0))
    expected = images.to_uint8(y)[0, 80:101, 67:88].numpy()
    middles = (slice(6, None, 12), slice(6, None, 12))
    assert np.array_equal(panel(canvas, 1)[middles][..., 0], expected)
    w = explorer._weights(state)
    shown = panel(canvas, 2)[middles].astype(int).sum(axis=-1)
    order = w.flatten().argsort()
    assert shown.flatten()[order[-1]] > shown.flatten()[order[0]]
    assert np.array_equal(panel(canvas, 2)[middles], explorer._colours((w / w.max()).numpy()))


def test_the_photograph_is_green_inside_the_window_only():
    shown = panel(pixels(render(State("coins", 100, 100, 1.0))), 0).astype(int)
    green = shown[..., 1] - shown[..., 0]
    assert green[100, 100] > 30
    outside = np.ones((256, 256), bool)
    outside[87:114, 87:114] = False  # the window and its frame
    assert (green[outside] == 0).all()


def test_text_stays_inside_the_picture_and_out_of_the_next_column():
    for photo in ("motorcycle_right", "camera"):
        canvas = pixels(render(State(photo, h_over_sigma=1.15, patch_size=11)))
        for column, side in zip(explorer.COLUMNS, (256, 252, 252), strict=True):
            assert (canvas[: explorer.TITLE - 4, column + side + 2 : column + side + 10] == 255).all()
        assert (canvas[:, -4:] == 255).all()
        assert (canvas[-4:] == 255).all()


# -------------------------------------------------------------------------------------------------------------- the widget


@pytest.fixture
def widget():
    return NeighbourhoodExplorer()


@pytest.mark.parametrize(
    ("control", "value", "state"),
    [
        ("row", 172, State(row=172)),
        ("column", 0, State(column=0)),
        ("h", 1.2500000000000002, State(h_over_sigma=1.25)),  # what JupyterLab's slider sends
        ("patch_size", 11, State(patch_size=11)),
        ("photo", "brick", State("brick")),
    ],
)
def test_each_control_moves_picture_and_numbers(widget, control, value, state):
    before = bytes(widget.picture.value)
    assert before == render(State())
    getattr(widget, control).value = value
    assert bytes(widget.picture.value) == render(state) != before
    assert describe(state) in widget.numbers.value
    assert widget.message.value == ""


def test_it_starts_from_any_state():
    state = State("grass", 0, 255, 2.5, 3)
    assert bytes(NeighbourhoodExplorer(state).picture.value) == render(state)


def test_an_error_is_shown_and_the_picture_stays(widget, monkeypatch):
    before = bytes(widget.picture.value)

    def broken(state):
        raise ValueError("y: got NaN, expected an image")

    monkeypatch.setattr(widget, "_render", broken)
    widget.row.value = 5
    assert "y: got NaN, expected an image" in widget.message.value
    assert bytes(widget.picture.value) == before


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:2] for control in row.children]
    assert len(controls) == 5
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False


# --------------------------------------------------------------------------------------------------------------- the sheet


def test_the_sheet_tells_its_lesson():
    """Many in the sky, fewer on an edge and a joint, hardly any in the grass."""
    sky, edge, joint, grass = (measure(state)["pixels"] for state in explorer.SHEET)
    assert sky > 300
    assert 5 < edge < 30
    assert 30 < joint < 100
    assert grass < 2


def test_the_sheet_is_a_figure_that_describes_itself():
    figure = static_sheet()
    assert isinstance(figure, plots.Figure)
    for state in explorer.SHEET:
        assert describe(state) in figure.alt_text
    canvas = pixels(plots.figure_bytes(figure))
    assert canvas.shape[1] <= 760


@pytest.mark.bad_input
def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="states: got none"):
        static_sheet([])
