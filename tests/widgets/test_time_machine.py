"""The time machine without a browser: reading a history, the words, the pure drawing, and the wiring of the controls."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import plots, zoo
from course_lib.train.recipes.dcgan import write_history
from course_lib.widgets import time_machine as machine
from course_lib.widgets.time_machine import State, TimeMachine, describe, load_history, render, static_sheet

STEPS = [0, 10, 100, 250]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A short history, written by the recipe's own function; sample k of snapshot t has the grey level 40 t + k."""
    folder = tmp_path_factory.mktemp("histories")
    level = 40 * torch.arange(4)[:, None] + torch.arange(25)
    samples = level[..., None, None, None].expand(4, 25, 1, 28, 28).to(torch.uint8)
    history = {
        "step": STEPS,
        "samples": list(samples),
        "fid": [2000.0, 300.0, 20.0, 50.0],
        "loss_d": [1.0, 0.5],
        "loss_g": [2.0, 3.0],
        "real_logit": [0.0, 1.0],
        "fake_logit": [0.0, -1.0],
    }
    write_history(folder / "dcgan-glyphs.npz", history)
    return folder


@pytest.fixture(scope="module")
def history(folder):
    return load_history("dcgan-glyphs", folder)


@pytest.fixture
def widget(folder):
    return TimeMachine("dcgan-glyphs", folder)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


# -------------------------------------------------------------------------------------------------------------- the history


def test_what_the_recipe_wrote_is_read_back(history):
    assert history.step.tolist() == STEPS
    assert history.samples.shape == (4, 25, 28, 28)
    assert history.samples[2, 7].tolist() == np.full((28, 28), 87).tolist()
    assert history.fid.tolist() == [2000.0, 300.0, 20.0, 50.0]
    assert history.block == 100
    assert history.features == "features-glyphs"


def test_the_losses_are_those_of_the_block_around_the_snapshot(history):
    assert history.losses_at(0) is None
    assert history.losses_at(1) == history.losses_at(2) == (1.0, 2.0)  # steps 1 to 100
    assert history.losses_at(3) == (0.5, 3.0)  # the last block there is


def test_the_history_that_ships_is_complete():
    if not (zoo.HISTORIES / "dcgan-glyphs.npz").is_file():
        pytest.skip("the history of dcgan-glyphs is not there")
    history = load_history()
    assert history.step[0] == 0
    assert (np.diff(history.step) > 0).all()
    assert len(history.step) == len(history.samples) == len(history.fid) >= 10
    assert history.step[-1] == zoo.card("dcgan-glyphs")["steps"]
    assert len(history.loss_d) == len(history.loss_g) == history.step[-1] // history.block
    assert np.isfinite(history.fid).all()
    assert history.fid.min() < history.fid[0] / 20
    render(State(history, len(history.step) - 1, 24))


@pytest.mark.bad_input
def test_a_history_that_is_not_there_is_named_with_the_way_to_make_it(folder):
    with pytest.raises(FileNotFoundError, match="there are: dcgan-glyphs.*train dcgan-mnist"):
        load_history("dcgan-mnist", folder)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"moment": 4}, ValueError, "moment: got 4, expected 0 to 3"),
        ({"moment": -1}, ValueError, "moment: got -1"),
        ({"moment": 1.0}, TypeError, "moment: got float"),
        ({"latent": 25}, ValueError, "latent: got 25, expected 0 to 24"),
        ({"history": "dcgan-glyphs"}, TypeError, "history: got str"),
    ],
)
def test_bad_states_are_refused(history, wrong, error, message):
    with pytest.raises(error, match=message):
        State(**({"history": history} | wrong))


# -------------------------------------------------------------------------------------------------------------- the picture


def test_the_samples_are_drawn_pixel_by_pixel(history):
    canvas = pixels(render(State(history, 2, 0)))
    assert canvas.shape[1] == machine.WIDTH
    for latent in (1, 7, 24):
        row, column = divmod(latent, 5)
        top, left = machine.TOP + row * machine.CELL, machine.MARGIN + column * machine.CELL
        assert (canvas[top : top + 84, left : left + 84] == 80 + latent).all()


def test_one_latent_is_framed_and_followed_through_all_snapshots(history):
    canvas = pixels(render(State(history, 2, 7)))
    top, left = machine.TOP + machine.CELL, machine.MARGIN + 2 * machine.CELL
    assert tuple(canvas[top - 1, left + 40]) == machine.FRAME
    assert tuple(canvas[machine.TOP - 1, machine.MARGIN + 40]) != machine.FRAME
    for moment in range(4):
        left = machine.MARGIN + moment * machine.STRIP
        assert (canvas[machine.STRIP_TOP : machine.STRIP_TOP + 56, left : left + 56] == 40 * moment + 7).all()
        framed = tuple(canvas[machine.STRIP_TOP - 1, left + 20]) == machine.FRAME
        assert framed == (moment == 2)


def test_the_marker_moves_with_the_moment(history):
    def marked(moment):
        canvas = pixels(render(State(history, moment, 0)))
        row = canvas[machine.TOP + 60, machine.RIGHT :]
        return np.flatnonzero((row == machine.FRAME).all(1)).mean()

    assert marked(1) < marked(2) < marked(3)


def test_the_same_state_gives_the_same_bytes(history):
    assert render(State(history, 1, 3)) == render(State(history, 1, 3))
    assert render(State(history, 1, 3)) != render(State(history, 2, 3))


def test_the_description_says_the_numbers(history):
    text = describe(State(history, 3, 7))
    assert text.startswith("dcgan-glyphs, step 250 of 250: FID(features-glyphs, n = 2000) 50.0, the best is 20.0 at step 100; ")
    assert "loss of D 0.50, of G 3.00 (mean of 100 steps). Latent 8 of 25" in text
    assert "the best of all snapshots" in describe(State(history, 2))
    assert "before the first step" in describe(State(history, 0))


# ------------------------------------------------------------------------------------------------------------- the controls


def test_it_begins_at_the_last_snapshot(widget):
    assert bytes(widget.picture.value) == render(State(widget.history, 3, 0))
    assert "step 250 of 250" in widget.numbers.value


def test_every_control_redraws(widget):
    widget.moment.index = 1
    assert bytes(widget.picture.value) == render(State(widget.history, 1, 0))
    widget.latent.value = 25
    assert bytes(widget.picture.value) == render(State(widget.history, 1, 24))
    widget.play.value = 2
    assert widget.moment.index == 2
    assert bytes(widget.picture.value) == render(State(widget.history, 2, 24))
    assert widget.message.value == ""


def test_every_control_has_a_name_and_can_be_reached(widget):
    for control in (widget.moment, widget.play, widget.latent):
        assert control.description.strip()
        assert control.tabbable is not False


# -------------------------------------------------------------------------------------------------------------------- sheet


def test_the_sheet_shows_the_moments_asked_for(history):
    figure = static_sheet(history, [0, 3])
    assert isinstance(figure, plots.Figure)
    assert "step 0 FID 2000.0, step 250 FID 50.0" in figure.alt_text
    canvas = pixels(plots.figure_bytes(figure))
    side = 5 * 32 - 4
    assert (canvas[40 : 40 + 28, side + 12 : side + 12 + 28] == 120).all()


@pytest.mark.bad_input
@pytest.mark.parametrize("moments", [[], [0, 1, 2, 3, 0, 1]])
def test_a_sheet_of_none_or_of_too_many_is_refused(history, moments):
    with pytest.raises(ValueError, match="moments: got"):
        static_sheet(history, moments)
