"""Draw and decode without a browser: the pen, uploads good and bad, the words, the pure drawing, and the wiring of the controls."""

import datetime
import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import images, zoo
from course_lib.models import MLPVAE
from course_lib.widgets import draw_and_decode as module
from course_lib.widgets.draw_and_decode import (
    PRESETS,
    DrawAndDecode,
    State,
    copies,
    describe,
    fit_drawing,
    ink,
    preset,
    render,
    typical,
)
from course_lib.widgets.traversal_board import load_board


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    zoo.save(folder, "eight", MLPVAE(8, hidden=16), {"latent_dim": 8, "hidden": 16}, {})
    return folder


@pytest.fixture(scope="module")
def grey_board(tmp_path_factory):
    """The same with a likelihood of grey pixels."""
    folder = tmp_path_factory.mktemp("grey")
    arguments = {"latent_dim": 3, "hidden": 16, "likelihood": "discretised_logistic"}
    zoo.save(folder, "grey", MLPVAE(**arguments), arguments, {})
    return load_board("grey", folder, 200)


@pytest.fixture(scope="module")
def board(folder):
    return load_board("eight", folder, 200)


@pytest.fixture
def widget(folder):
    return DrawAndDecode("eight", folder, 200)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def file(x, format="PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.uint8(255 * np.asarray(x))).save(buffer, format)
    return buffer.getvalue()


def paper(side=200) -> np.ndarray:
    """A dark upright stroke on bright paper."""
    x = np.full((side, side), 0.9)
    x[side // 5 : 4 * side // 5, side // 2 - side // 20 : side // 2 + side // 20] = 0.2
    return x


def upload(widget: DrawAndDecode, content: bytes, name: str) -> None:
    """What the browser does when somebody chooses a file."""
    now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    widget.upload.value = ({"name": name, "type": "image/png", "size": len(content), "content": memoryview(content), "last_modified": now},)


# ------------------------------------------------------------------------------------------------------------------ the pen


def test_one_dot_is_a_round_blot_in_its_place():
    x = ink(tuple(k == 17 for k in range(35)), thickness=5.0)  # the middle dot
    assert x.shape == (1, 28, 28)
    assert x.max() == 1
    rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    assert float((x * rows).sum() / x.sum()) == pytest.approx(13.5, abs=1e-4)
    assert float((x * columns).sum() / x.sum()) == pytest.approx(13.5, abs=1e-4)
    assert torch.equal(x, x.flip(-1))


def test_neighbours_are_joined_and_others_are_not():
    joined, apart = ink(tuple(k in (17, 18) for k in range(35))), ink(tuple(k in (16, 18) for k in range(35)))
    between = round(13.5 + module.SPACING / 2)
    assert joined[0, 13:15, between].max() > 0.8
    assert apart[0, 13:15, 13:15].max() < 0.1


def test_a_corner_is_not_cut_off():
    with_corner = ink(tuple(k in (16, 17, 21) for k in range(35)))
    lines = torch.maximum(ink(tuple(k in (16, 17) for k in range(35))), ink(tuple(k in (16, 21) for k in range(35))))
    assert torch.equal(with_corner, lines)


def test_a_thicker_pen_leaves_more_ink():
    amounts = [ink(preset("3"), thickness).sum().item() for thickness in (1.0, 2.0, 3.0, 5.0)]
    assert amounts == sorted(amounts)
    assert amounts[0] < amounts[-1] / 2


def test_the_prepared_digits_are_read_as_what_they_are():
    judge = zoo.load("judge-glyphs")
    digits = [name for name in PRESETS if name != "nothing"]
    said = judge(torch.stack([ink(preset(name)) for name in digits])).argmax(1)
    assert sum(str(k) == name for k, name in zip(said.tolist(), digits, strict=True)) >= 8
    assert not any(preset("nothing"))


@pytest.mark.bad_input
@pytest.mark.parametrize(("dots", "thickness", "message"), [((True,), 2.4, "dots: got 1"), (preset("1"), 9.0, "thickness: got 9.0")])
def test_bad_drawings_are_refused(dots, thickness, message):
    with pytest.raises(ValueError, match=message):
        ink(dots, thickness)


# ---------------------------------------------------------------------------------------------------------------- an upload


def test_dark_on_white_and_white_on_dark_become_the_same():
    first, second = (images.load(io.BytesIO(fit_drawing(file(x))), mode="grey") for x in (paper(), 1 - paper()))
    assert first.shape == (1, 28, 28)
    assert first[0, 13, 13] > 0.9
    assert first[0, 2, 2] < 0.05
    assert (first - second).abs().max() < 0.02


def test_colour_and_any_shape_are_taken():
    x = np.stack([paper(120)] * 3, axis=-1)[:, :90]
    assert images.load(io.BytesIO(fit_drawing(file(x, "JPEG"))), mode="grey").shape == (1, 28, 28)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not an image", "me.png cannot be read as an image"),
        (file(np.full((60, 60), 0.5)), "me.png is nearly all of one brightness"),
        (file(paper(10)), "me.png has only 10x10 pixels"),
    ],
)
def test_bad_uploads_are_refused_by_name(content, message):
    with pytest.raises(ValueError, match=message):
        fit_drawing(content, "me.png")


# -------------------------------------------------------------------------------------------------------- state and picture


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"board": "eight"}, TypeError, "board: got str"),
        ({"drawing": [True] * 35}, TypeError, "drawing: got list"),
        ({"drawing": (True,)}, ValueError, "dots: got 1"),
        ({"drawing": file(paper(40))}, ValueError, "got an image of 40x40 pixels, expected 28x28"),
        ({"edits": (9.0,)}, ValueError, "edits: got"),
        ({"edits": (0.0,) * 9}, ValueError, "at most 8"),
    ],
)
def test_bad_states_are_refused(board, wrong, error, message):
    with pytest.raises(error, match=message):
        State(**({"board": board, "drawing": preset("3")} | wrong))


def test_what_is_shown_is_encoded_edited_and_decoded(board):
    found = copies(State(board, preset("5"), edits=(0.0, 1.5)))
    binary = (ink(preset("5")) > 0.5).float()
    assert torch.equal(found["drawing"], binary)  # a Bernoulli likelihood takes binary pixels
    z = board.model.encode(binary[None])[0].detach().clone()
    assert torch.allclose(found["copy"], board.model.mean(board.model.decode(z))[0], atol=1e-6)
    z[0, board.order[1]] += 1.5
    assert torch.allclose(found["edited"], board.model.mean(board.model.decode(z))[0], atol=1e-6)
    assert not torch.allclose(found["edited"], found["copy"])


def test_a_model_of_grey_pixels_gets_them_grey(grey_board):
    assert torch.equal(copies(State(grey_board, preset("5")))["drawing"], ink(preset("5")))


def test_the_picture_shows_the_three_images(board):
    state = State(board, preset("5"), edits=(1.0,))
    canvas = pixels(render(state))
    assert canvas.shape == (module.HEIGHT, module.WIDTH, 3)
    for place, x in enumerate(copies(state).values()):
        left = module.MARGIN + place * (module.SIDE + module.GAP)
        shown = canvas[module.TOP : module.TOP + module.SIDE : 8, left : left + module.SIDE : 8, 0] / 255
        assert np.abs(shown - x[0].detach().numpy()).max() < 0.003
    assert render(state) == render(State(board, preset("5"), edits=(1.0,)))


def test_the_words_say_cost_edits_and_readings(board):
    low, high = typical(board)
    assert low < high
    text = describe(State(board, preset("3"), edits=(0.0, 2.0)))
    assert text.startswith("Your drawing: ")
    assert f"z{board.order[1] + 1} ({board.names[board.order[1]]}) +2.0" in text
    assert "The judge reads the drawing as 3" in text
    assert f"(90 of 100: {low:.0f} to {high:.0f})" in text
    assert "Edits: none." in describe(State(board, preset("3")))


# ------------------------------------------------------------------------------------------------------------- the controls


def test_it_begins_with_a_three(widget):
    assert bytes(widget.picture.value) == render(State(widget.board, preset("3"), edits=(0.0,) * 6))


def test_a_dot_is_drawn(widget):
    widget.dots[0].value = True
    dots = (True, *preset("3")[1:])
    assert bytes(widget.picture.value) == render(State(widget.board, dots, edits=(0.0,) * 6))
    assert widget.dots[0].description == "●"
    widget.dots[0].value = False
    assert widget.dots[0].description == "·"
    assert bytes(widget.picture.value) == render(State(widget.board, preset("3"), edits=(0.0,) * 6))


def test_presets_pen_and_edits_redraw(widget):
    widget.start.value = "7"
    widget.thickness.value = 3.0
    widget.sliders[2].value = -1.0
    edits = (0.0, 0.0, -1.0, 0.0, 0.0, 0.0)
    assert bytes(widget.picture.value) == render(State(widget.board, preset("7"), 3.0, edits))
    widget.undo.click()
    assert bytes(widget.picture.value) == render(State(widget.board, preset("7"), 3.0, (0.0,) * 6))
    widget.start.value = "nothing"
    assert "ink on 0 % of the area" in widget.numbers.value
    assert widget.message.value == ""


def test_an_upload_takes_the_place_of_the_drawing_until_a_dot_is_pressed(widget):
    upload(widget, file(paper()), "mine.png")
    assert bytes(widget.picture.value) == render(State(widget.board, fit_drawing(file(paper())), edits=(0.0,) * 6))
    assert "Your picture" in widget.numbers.value
    assert widget.upload.value == ()
    widget.dots[2].value = not widget.dots[2].value
    assert "Your drawing" in widget.numbers.value


def test_a_bad_upload_is_a_message_and_the_picture_stays(widget):
    before = bytes(widget.picture.value)
    upload(widget, b"GIF89a no", "holiday.gif")
    assert "holiday.gif cannot be read as an image" in widget.message.value
    assert bytes(widget.picture.value) == before
    assert widget.upload.value == ()
    widget.start.value = "4"
    assert widget.message.value == ""


def test_every_control_has_a_name_and_can_be_reached(widget):
    for control in (widget.start, widget.upload, widget.thickness, *widget.sliders, widget.undo):
        assert control.description.strip()
        assert control.tabbable is not False
    assert len({dot.tooltip for dot in widget.dots}) == 35
