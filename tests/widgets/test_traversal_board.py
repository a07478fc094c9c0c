"""The traversal board without a browser: what is measured of each latent, the words, the pure drawing, and the wiring of the controls."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import plots, zoo
from course_lib.losses import kl_standard_normal
from course_lib.models import MLPVAE
from course_lib.widgets import traversal_board as board_module
from course_lib.widgets.traversal_board import STRIP, State, TraversalBoard, describe, load_board, render, static_sheet


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An untrained VAE whose first latent is the number of white pixels in the right half minus the left, and whose second is dead."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    model = MLPVAE(4, hidden=16)
    with torch.no_grad():
        sides = torch.ones(28, 28)
        sides[:, :14] = -1
        model.encoder[0].weight[0] = 0.01 * sides.flatten()
        model.encoder[2].weight[0] = torch.eye(16)[0]
        model.heads.weight[0] = 3 * torch.eye(16)[0]
        model.heads.weight[1] = model.heads.weight[5] = 0
    zoo.save(folder, "four", model, {"latent_dim": 4, "hidden": 16}, {})
    return folder


@pytest.fixture(scope="module")
def board(folder):
    return load_board("four", folder, 600)


@pytest.fixture
def widget(folder):
    return TraversalBoard("four", folder, 600)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def test_rates_names_and_order_are_measured(board):
    binary = torch.bernoulli(board.images, generator=torch.Generator().manual_seed(0))
    rates = kl_standard_normal(*board.model.encode(binary)).mean(0)
    assert torch.allclose(board.rates, rates, atol=1e-5)
    assert list(board.order) == sorted(range(4), key=lambda k: -board.rates[k])
    assert board.names[0] == "shift across"  # what the first latent was made of
    assert board.shares[0] > 0.15
    assert board.rates[1] == pytest.approx(0, abs=1e-5)
    assert board.names[1] == "unused"
    assert board.title(0) == f"z1 shift across, {board.rates[0]:.2f} nats"


def test_the_board_that_ships_names_what_it_can():
    board = load_board()
    named = {name for name, rate in zip(board.names, board.rates, strict=True) if rate > 0.5}
    assert {"slant", "shift across", "shift down", "thickness"} <= named
    assert 5 < board.rates.sum() < 150


@pytest.mark.bad_input
def test_weights_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="'judge-glyphs' is a JudgeClassifier, expected a VAE"):
        load_board("judge-glyphs")


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"board": "four"}, TypeError, "board: got str"),
        ({"glyph": 600}, ValueError, "glyph: got 600, expected a whole number from 0 to 599"),
        ({"glyph": 1.0}, ValueError, "glyph: got 1.0"),
        ({"z": (0.0, 0.0)}, ValueError, "expected 4 numbers"),
        ({"z": (0.0, 0.0, 0.0, 9.0)}, ValueError, "from -4 to 4"),
        ({"latent": 4}, ValueError, "latent: got 4"),
    ],
)
def test_bad_states_are_refused(board, wrong, error, message):
    with pytest.raises(error, match=message):
        State(**({"board": board} | wrong))


def test_a_state_begins_at_the_code_of_its_glyph(board):
    state = State(board, 5)
    assert state.z == pytest.approx(board.codes[5].clamp(-4, 4).tolist())
    assert state.latent == board.order[0]


def test_the_edited_image_is_that_of_z(board):
    state = State(board, 3, (1.0, -1.0, 0.5, 0.0), 2)
    canvas = pixels(render(state))
    assert canvas.shape[1] == board_module.WIDTH
    left = board_module.MARGIN + 2 * (board_module.SIDE + 24)
    shown = canvas[44 : 44 + board_module.SIDE : 6, left : left + board_module.SIDE : 6, 0] / 255
    wanted = board.model.mean(board.model.decode(torch.tensor([state.z])))[0, 0].detach().numpy()
    assert np.abs(shown - wanted).max() < 0.003


def test_the_strip_varies_one_latent_only(board):
    state = State(board, 3, (1.0, -1.0, 0.5, 0.0), 2)
    canvas = pixels(render(state))
    for k in (0, 10):
        z = torch.tensor([state.z])
        z[0, 2] = STRIP[k]
        wanted = board.model.mean(board.model.decode(z))[0, 0].detach().numpy()
        left = board_module.MARGIN + k * 64
        shown = canvas[board_module.STRIP_TOP : board_module.STRIP_TOP + 56 : 2, left : left + 56 : 2, 0] / 255
        assert np.abs(shown - wanted).max() < 0.003


def test_the_same_state_gives_the_same_bytes(board):
    assert render(State(board, 1)) == render(State(board, 1))
    assert render(State(board, 1)) != render(State(board, 2))


def test_the_description_says_what_was_moved(board):
    own = list(State(board, 7).z)
    assert "Moved from its code: nothing." in describe(State(board, 7))
    own[0] = max(own[0] - 1.0, -4.0)
    text = describe(State(board, 7, tuple(own), 0))
    assert "Moved from its code: z1 (shift across) by -1.0." in text
    assert f"The strip shows z1 from -3 to 3: rate {board.rates[0]:.2f} nats, moves most: shift across" in text


def test_there_is_a_slider_for_each_latent_with_rate_and_name(widget):
    assert list(widget.sliders) == list(widget.board.order)
    for latent, slider in widget.sliders.items():
        assert slider.description == widget.board.title(latent)
        assert slider.tabbable is not False


def test_sliders_of_unused_latents_are_put_away(widget):
    (box,) = widget.rest.children
    assert widget.sliders[1] in box.children
    assert widget.rest.selected_index is None
    used = [slider for row in widget.children for slider in getattr(row, "children", ()) if slider in widget.sliders.values()]
    assert widget.sliders[0] in used
    assert len(used) + len(box.children) == 4
    widget.sliders[1].value = 3.0
    assert "rate 0.00 nats, unused." in widget.numbers.value


def test_a_slider_moves_its_latent_and_the_strip_follows(widget):
    widget.sliders[2].value = 1.5
    z = tuple(round(widget.sliders[k].value, 6) for k in range(4))
    assert z[2] == 1.5
    assert bytes(widget.picture.value) == render(State(widget.board, 0, z, 2))
    assert "z3" in widget.numbers.value
    assert widget.message.value == ""


def test_a_value_that_comes_back_rounded_is_not_taken_for_a_move(widget):
    first = widget.board.order[0]
    widget.sliders[2].value += 0.000001
    assert f"The strip shows z{first + 1} " in widget.numbers.value


def test_another_glyph_and_the_way_back(widget):
    widget.glyph.value = 9
    wanted = [round(v, 1) for v in State(widget.board, 9).z]
    assert [widget.sliders[k].value for k in range(4)] == pytest.approx(wanted)
    widget.sliders[1].value = 2.0
    widget.back.click()
    assert [widget.sliders[k].value for k in range(4)] == pytest.approx(wanted)
    assert "test glyph 9" in widget.numbers.value


def test_the_sheet_has_a_row_for_each_latent(board):
    figure = static_sheet(board, latents=(0, 3), glyph=2)
    assert isinstance(figure, plots.Figure)
    assert board.title(0) in figure.alt_text
    assert board.title(3) in figure.alt_text
    assert pixels(plots.figure_bytes(figure)).shape[0] == 2 * 44


@pytest.mark.bad_input
def test_a_sheet_of_no_latents_is_refused(board):
    with pytest.raises(ValueError, match="latents: got 0"):
        static_sheet(board, latents=())
