"""The stack explorer without a browser: the pure drawing, the numbers, and the wiring of the controls."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import data, degrade, images, plots
from course_lib.classical import inspect_block
from course_lib.widgets import stack_explorer as explorer
from course_lib.widgets.stack_explorer import StackExplorer, State, describe, measure, render, stack, static_sheet


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def strip(canvas: np.ndarray, name: str, many: int = 16, zoom: int = 4) -> np.ndarray:
    """The blocks of one strip, shape (many, 8, 8, 3), a pixel for a pixel."""
    top = explorer.TITLE + explorer.STRIPS * list(explorer.NAMES).index(name)
    pitch = 8 * zoom + zoom // 2
    lefts = [explorer.RIGHT + pitch * k for k in range(many)]
    return np.stack([canvas[top : top + 8 * zoom : zoom, left : left + 8 * zoom : zoom] for left in lefts])


# ---------------------------------------------------------------------------------------------------------------- state


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"photo": "lena"}, ValueError, "photo: got 'lena', expected one of astronaut"),
        ({"photo": 3}, TypeError, "photo: got int"),
        ({"row": 249}, ValueError, "row: got 249, expected a whole number from 0 to 248"),
        ({"column": -1}, ValueError, "column: got -1"),
        ({"row": 1.0}, ValueError, "row: got 1.0"),
        ({"sigma": 0}, ValueError, "sigma: got 0, expected 1 to 100"),
        ({"sigma": float("nan")}, ValueError, "sigma: got nan"),
        ({"sigma": "25"}, TypeError, "sigma: got str"),
        ({"threshold": -0.1}, ValueError, "threshold: got -0.1"),
        ({"threshold": True}, TypeError, "threshold: got bool"),
        ({"max_matches": 3}, ValueError, "max_matches: got 3, expected one of 1, 2, 4"),
        ({"max_matches": True}, ValueError, "max_matches: got True"),
        ({"seed": -1}, ValueError, "seed: got -1"),
    ],
)
def test_bad_states_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        State(**wrong)


# ------------------------------------------------------------------------------------------------------------- the numbers


def test_the_numbers_are_those_of_the_library():
    state = State("brick", 100, 60, sigma=20, threshold=3.0, max_matches=8, seed=2)
    x = data.photo("brick", size=256, grey=True)
    y = degrade.GaussianNoise(20)(x, torch.Generator().manual_seed(2))
    group = inspect_block(y, 20, 100, 60, threshold=3.0, max_matches=(8, 8))
    values, blocks = measure(state), stack(state)
    assert values["matches"] == len(group.rows) == 8
    assert values["survivors"] == int((group.gain > 0).sum())
    assert values["distance"] == pytest.approx(float(group.distances[1:].mean()))
    assert torch.allclose(blocks["returned"], group.estimates[0])
    error = (group.estimates[0, 0] - x[0, 100:108, 60:68]).square().mean()
    assert values["block_after"] == pytest.approx(-10 * math.log10(error), abs=1e-3)
    clean = torch.stack([x[0, i : i + 8, j : j + 8] for i, j in zip(group.rows, group.columns, strict=True)])
    assert torch.equal(blocks["clean"], clean)
    assert values["stack_before"] == pytest.approx(-10 * math.log10((group.stack[0] - clean).square().mean()), abs=1e-3)


def test_the_strips_hang_together():
    blocks = stack(State())
    assert torch.allclose(blocks["removed"], blocks["noisy"] - blocks["returned"])
    survives = blocks["spectrum"].abs() > 2.7
    survives[0, 0, 0] = True  # the mean of the stack always does
    assert torch.allclose(blocks["shrunk"], blocks["spectrum"] * survives)


def test_a_threshold_of_zero_removes_nothing():
    values = measure(State(threshold=0))
    assert values["survivors"] == values["coefficients"]
    assert stack(State(threshold=0))["removed"].abs().max() < 1e-5


def test_a_higher_threshold_leaves_fewer():
    survivors = [measure(State(threshold=threshold))["survivors"] for threshold in (1, 2, 3, 5)]
    assert survivors == sorted(survivors, reverse=True)
    assert survivors[0] > 4 * survivors[2]


def test_filtering_helps_on_every_row_of_the_sheet():
    for state in explorer.SHEET:
        values = measure(state)
        assert values["stack_after"] > values["stack_before"] + 1


def test_a_block_alone_has_no_distance():
    assert measure(State(max_matches=1))["coefficients"] == 64
    assert "mean distance none: it is alone" in describe(State(max_matches=1))


def test_description_names_everything_and_agrees_with_the_numbers():
    values, text = measure(State()), describe(State())
    assert text.startswith("camera, block at row 190, column 169, sigma = 25, threshold 2.7: matches 16; ")
    assert f"survivors {values['survivors']} of 1024 coefficients" in text
    assert f"PSNR of this block {values['block_before']:.2f} → {values['block_after']:.2f} dB" in text
    assert "(noise alone makes 1250)" in text


# --------------------------------------------------------------------------------------------------------------- picture


def test_render_is_pure():
    first = render(State("china", 70, 40))
    render(State("china", 71, 40))
    for cache in (explorer._clean, explorer._noisy, explorer._group):
        cache.cache_clear()
    assert render(State("china", 70, 40)) == first


@pytest.mark.parametrize(
    "other",
    [{"row": 191}, {"column": 170}, {"sigma": 26}, {"threshold": 2.8}, {"max_matches": 8}, {"seed": 1}, {"photo": "coins"}],
)
def test_every_part_of_the_state_shows(other):
    assert render(State(**other)) != render(State())


@pytest.mark.parametrize("corner", [(0, 0), (0, 248), (248, 0), (248, 248)])
@pytest.mark.parametrize("max_matches", [1, 32])
def test_every_corner_and_both_ends_of_the_stack(corner, max_matches):
    for sigma, threshold in ((1, 0), (75, 10)):
        canvas = pixels(render(State("astronaut", *corner, sigma=sigma, threshold=threshold, max_matches=max_matches)))
        assert canvas.shape == (explorer.HEIGHT, explorer.WIDTH, 3)


@pytest.mark.parametrize(("max_matches", "zoom"), [(16, 4), (32, 2)])
def test_the_strips_hold_the_blocks_pixel_by_pixel(max_matches, zoom):
    state = State("coins", 60, 100, max_matches=max_matches)
    canvas, blocks = pixels(render(state)), stack(state)
    many = len(blocks["noisy"])
    for name in ("noisy", "returned", "clean"):
        shown = strip(canvas, name, many, zoom)
        assert np.array_equal(shown[..., 0], images.to_uint8(blocks[name][:, None])[:, 0].numpy())
        assert (np.ptp(shown, axis=-1) == 0).all()


def test_what_is_removed_is_grey_and_what_survives_has_the_colour_of_its_size():
    canvas, blocks = pixels(render(State())), stack(State())
    shown, gone = strip(canvas, "shrunk"), (blocks["shrunk"] == 0).numpy()
    assert (shown[gone] == explorer.REMOVED).all()
    assert np.array_equal(shown[~gone], strip(canvas, "spectrum")[~gone])
    assert (shown[~gone] != explorer.REMOVED).any(axis=-1).all()
    large = strip(canvas, "spectrum")[0, 0, 0].astype(int)  # the mean of the stack: dark
    small = strip(canvas, "spectrum")[(blocks["spectrum"].abs() < 0.2).numpy()].astype(int)  # yellow
    assert large.sum() < 250 < small.sum(axis=-1).min()


def test_nothing_removed_is_mid_grey():
    assert set(np.unique(strip(pixels(render(State(threshold=0))), "removed"))) <= {127, 128}


def test_the_frames_lie_on_the_matches():
    state = State("moon", 120, 100, max_matches=4)
    canvas = pixels(render(state))
    group = explorer._group(state)
    for k, (row, column) in enumerate(zip(group.rows.tolist(), group.columns.tolist(), strict=True)):
        corner = canvas[explorer.TITLE + row - 1, explorer.LEFT + column - 1]
        allowed = [explorer.REFERENCE] if k == 0 else [explorer.MATCH, explorer.REFERENCE, (255, 255, 255)]
        assert tuple(int(value) for value in corner) in allowed
    near = explorer._neighbourhood(state)
    top = explorer.TITLE + explorer.SIZE + explorer.BETWEEN + explorer.ENLARGED * (120 - near[0].start)
    left = explorer.LEFT + explorer.ENLARGED * (100 - near[1].start)
    assert tuple(canvas[top - 1, left - 1]) == explorer.REFERENCE


def test_the_neighbourhood_holds_every_match():
    for row, column in ((0, 0), (130, 10), (248, 248), (100, 120)):
        state = State(row=row, column=column, max_matches=32)
        group, (rows, columns) = explorer._group(state), explorer._neighbourhood(state)
        assert group.rows.min() >= rows.start
        assert group.rows.max() + 8 <= rows.stop
        assert group.columns.min() >= columns.start
        assert group.columns.max() + 8 <= columns.stop


# ----------------------------------------------------------------------------------------------------------------- widget


@pytest.fixture
def widget():
    return StackExplorer()


def test_the_sliders_move_the_block(widget):
    assert bytes(widget.picture.value) == render(State())
    widget.down.value = 100
    widget.across.value = 50
    assert bytes(widget.picture.value) == render(State(row=100, column=50))
    assert describe(State(row=100, column=50)) in widget.numbers.value.replace("&gt;", ">")
    assert widget.message.value == ""


@pytest.mark.parametrize(("control", "value"), [("photo", "coins"), ("sigma", 40), ("threshold", 3.5), ("max_matches", 4)])
def test_every_control_redraws(widget, control, value):
    getattr(widget, control).value = value
    assert bytes(widget.picture.value) == render(State(**{control: value}))


def test_the_slider_may_miss_its_step_by_a_rounding_error(widget):
    widget.threshold.value = 3.3000000000000003  # what JupyterLab's slider sends
    assert bytes(widget.picture.value) == render(State(threshold=3.3))


def test_every_position_of_the_sliders_is_a_state(widget):
    for name in ("sigma", "down", "across", "threshold"):
        slider = getattr(widget, name)
        for value in (slider.min, slider.max):
            slider.value = value
            assert widget.message.value == ""


def test_the_button_draws_other_noise(widget):
    widget.again.click()
    assert bytes(widget.picture.value) == render(State(seed=1))


def test_it_starts_from_any_state():
    state = State("china", 70, 40, sigma=10, threshold=0, max_matches=32, seed=3)
    assert bytes(StackExplorer(state).picture.value) == render(state)


def test_an_error_while_drawing_is_shown_and_the_widget_recovers(widget, monkeypatch):
    def broken(state):
        raise ValueError("y: got NaN, expected an image")

    good = widget._render
    monkeypatch.setattr(widget, "_render", broken)
    widget.down.value = 50
    assert "y: got NaN, expected an image" in widget.message.value
    monkeypatch.setattr(widget, "_render", good)
    widget.down.value = 51
    assert widget.message.value == ""


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:3] for control in row.children]
    assert len(controls) == 7
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False
    assert widget.again.tooltip


# ------------------------------------------------------------------------------------------------------------------ sheet


def test_the_sheet_is_a_figure_with_a_row_for_each_state():
    figure = static_sheet([State(), State("china", 70, 40, max_matches=32)])
    assert isinstance(figure, plots.Figure)
    assert "china, block at row 70, column 40" in figure.alt_text
    canvas = pixels(plots.figure_bytes(figure))
    assert canvas.shape[1] <= 760
    assert canvas.shape[0] > pixels(plots.figure_bytes(static_sheet([State()]))).shape[0] + 100


@pytest.mark.bad_input
def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="states: got none"):
        static_sheet([])
