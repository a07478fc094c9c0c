"""The condition board without a browser, with a generator that draws by the pen and so does exactly what it is told: the condition and the
style that reach it, what is found in its images, the sentence, the words, the pure drawing, and the wiring of the controls."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from course_lib import models, plots, zoo
from course_lib.data import glyphs
from course_lib.models import ConcatGenerator, ConditionalNormGenerator
from course_lib.models.conditions import ConditionalGenerator
from course_lib.widgets import condition_board as module
from course_lib.widgets.condition_board import (
    ConditionBoard,
    State,
    describe,
    load_board,
    render,
    spell,
    static_sheet,
    style_directions,
    wrap,
)

CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
RANGES = {"slant": (-0.35, 0.35), "thickness": (1.6, 3.4)}


class PenGenerator(ConditionalGenerator):
    """A perfect generator: z is shift across, shift down, size and rotation; between two classes it blends their images."""

    def __init__(self, classes=36, factors=None, latent_dim=4):
        super().__init__(classes, factors, latent_dim)
        self.anything = nn.Parameter(torch.zeros(1))

    def forward(self, z, labels, factors=None):
        self.rows(z, labels, factors)
        given = {"shift_x": -1.5 * z[:, 0], "shift_y": z[:, 1], "scale": 1 + 0.06 * z[:, 2], "rotation": 2 * z[:, 3]}
        given |= {} if factors is None else {"slant": factors[:, 0], "thickness": factors[:, 1]}
        if not labels.is_floating_point():
            return 2 * glyphs.render(labels, given, classes=CHARACTERS) - 1
        weights, which = labels.topk(2)
        first, second = (glyphs.render(labels, given, classes=CHARACTERS) for labels in which.T.contiguous())
        first, second = weights[:, 0, None, None, None] * first, weights[:, 1, None, None, None] * second
        return 2 * (first + second) - 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Generators of all kinds: the pen, with and without factors, and untrained ones."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    characters = {"characters": CHARACTERS}
    for name, kind, arguments, card in (
        ("pen", PenGenerator, {"factors": RANGES}, characters),
        ("concat", ConcatGenerator, {"classes": 36, "factors": RANGES, "latent_dim": 8, "features": 2}, characters),
        ("digits", ConditionalNormGenerator, {"classes": 10, "latent_dim": 8, "features": 2}, {"data": "mnist"}),
        ("clothes", ConditionalNormGenerator, {"classes": 10, "latent_dim": 8, "features": 2}, {"data": "fashion-mnist"}),
        ("nameless", ConcatGenerator, {"classes": 10, "latent_dim": 8, "features": 2}, {"data": "cifar-10"}),
        ("other", ConcatGenerator, {"classes": 36, "factors": {"scale": (0.8, 1.1)}, "latent_dim": 8, "features": 2}, characters),
    ):
        zoo.save(folder, name, kind(**arguments), arguments, card)
    return folder


@pytest.fixture(autouse=True)
def pen_is_a_model(monkeypatch):
    monkeypatch.setattr(models, "PenGenerator", PenGenerator, raising=False)


@pytest.fixture
def board(folder):
    return load_board("pen", folder)


@pytest.fixture
def widget(folder):
    return ConditionBoard("pen", folder)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def panel(state: State, place: int = 0) -> np.ndarray:
    """One of the two large images, as the generator made it."""
    left = module.MARGIN + place * (module.SIDE + module.GAP)
    return pixels(render(state))[module.TOP : module.TOP + module.SIDE : module.LARGE, left : left + module.SIDE : module.LARGE, 0] / 255


def strip(state: State, place: int) -> np.ndarray:
    left = module.MARGIN + place * 64
    return pixels(render(state))[module.STRIP_TOP : module.STRIP_TOP + 56 : 2, left : left + 56 : 2, 0] / 255


def written(state: State) -> np.ndarray:
    """The panel of the sentence."""
    return pixels(render(state))[module.SENTENCE_TOP : -module.MARGIN : 2, module.MARGIN : -module.MARGIN : 2, 0] / 255


def drawn(state: State, character: str) -> np.ndarray:
    """What the generator makes of a class in the style and with the factors of a state."""
    label, factors = torch.tensor([CHARACTERS.index(character)]), torch.tensor([state.factors])
    return state.board.model.sample(label, factors=factors, z=state.z)[0, 0].numpy()


def close(shown: np.ndarray, wanted: np.ndarray) -> bool:
    return shown.shape == wanted.shape and np.abs(shown - wanted).max() < 0.003  # half a grey level of 255, rounded up


# ------------------------------------------------------------------------------------------------------------------ the board


@pytest.mark.parametrize(
    ("name", "classes", "writes", "factors"),
    [
        ("pen", tuple(CHARACTERS), True, ["slant", "thickness"]),
        ("concat", tuple(CHARACTERS), True, ["slant", "thickness"]),
        ("digits", tuple("0123456789"), True, []),
        ("clothes", ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"), False, []),
    ],
)
def test_a_board_knows_its_classes_and_its_judge(folder, name, classes, writes, factors):
    board = load_board(name, folder)
    assert board.classes == classes
    assert board.writes is writes
    assert list(board.model.factors) == factors
    assert board.judge(torch.zeros(1, 1, 28, 28)).shape == (1, len(classes))
    assert torch.allclose(board.directions @ board.directions.T, torch.eye(4), atol=1e-5)


def test_directions_of_style_are_found_and_named(board):
    assert sorted(board.names) == ["form", "shift across", "shift down", "size"]
    for direction, name in zip(board.directions, board.names, strict=True):
        latent = ["shift across", "shift down", "size", "form"].index(name)
        assert abs(direction[latent]) > 0.9
        if name != "form":
            assert direction[latent].sign() == (-1 if name == "shift across" else 1)  # to the right, where the pen's latent goes left


def test_the_strongest_direction_comes_first():
    torch.manual_seed(0)
    G = ConcatGenerator(classes=3, latent_dim=6, features=2).eval()
    with torch.no_grad():
        (first,) = [p for p in G.parameters() if p.shape[0] == 6 + 3]
        first[4] *= 20
        first[1] *= -8
        first[0] = 0
    found = style_directions(G, 6)
    assert found[0, 4] > 0.98  # positive, whichever sign the eigenvector had
    assert found[1, 1] > 0.9
    assert found[-1, 0] == pytest.approx(1, abs=1e-3)  # never heard


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nameless", "names neither its characters nor data of mnist or fashion-mnist"),
        ("other", "'other' has the factors scale; there are sliders for slant, thickness"),
        ("cgan-nothing", "there are no weights 'cgan-nothing'"),
    ],
)
def test_weights_that_cannot_be_asked_are_refused(folder, name, message):
    with pytest.raises(ValueError, match=message):
        load_board(name, folder)


@pytest.mark.bad_input
def test_weights_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="'judge-glyphs' is a JudgeClassifier, expected a conditional generator"):
        load_board("judge-glyphs")


# ------------------------------------------------------------------------------------------------------------------ the state


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"board": "pen"}, TypeError, "board: got str"),
        ({"first": "?"}, ValueError, "first: '\\?' is no class of pen, which draws 0, 1"),
        ({"first": 3}, ValueError, "first: 3 is no class"),
        ({"second": "T-shirt/top"}, ValueError, "second: 'T-shirt/top' is no class"),
        ({"mix": 1.5}, ValueError, "mix: got 1.5, expected 0 to 1"),
        ({"mix": float("nan")}, ValueError, "mix: got nan"),
        ({"mix": "half"}, TypeError, "mix: got str, expected a number"),
        ({"factors": (2.0, 2.4)}, ValueError, r"factors, slant: got 2, expected -0.5 to 0.5 \(the generator was trained on -0.35 to 0.35"),
        ({"factors": (0.0, 9.0)}, ValueError, "factors, thickness: got 9, expected 1.2 to 3.8"),
        ({"factors": (0.0,)}, ValueError, "expected a tuple of 2 numbers: slant, thickness"),
        ({"factors": [0.0, 2.4]}, ValueError, "expected a tuple of 2 numbers"),
        ({"seed": -1}, ValueError, "seed: got -1, expected a whole number from 0 to 9999"),
        ({"seed": 1.0}, ValueError, "seed: got 1.0"),
        ({"edits": (0.0,) * 5}, ValueError, "expected a tuple of at most 4 numbers"),
        ({"edits": (4.0,)}, ValueError, "edits: got 4, expected -3 to 3"),
        ({"sentence": 5}, TypeError, "sentence: got int"),
        ({"sentence": "a" * 61}, ValueError, "sentence: it has 61 characters, and 60 can be drawn"),
    ],
)
def test_bad_states_are_refused(board, wrong, error, message):
    with pytest.raises(error, match=message):
        State(**({"board": board, "first": "3"} | wrong))


@pytest.mark.bad_input
def test_what_a_generator_of_clothes_cannot_do_is_refused(folder):
    clothes = load_board("clothes", folder)
    with pytest.raises(ValueError, match="expected a tuple of 0 numbers, because the condition of clothes is the class alone"):
        State(clothes, "bag", factors=(0.0, 2.4))
    with pytest.raises(ValueError, match="the classes of clothes are no characters"):
        State(clothes, "bag", sentence="bag")


def test_what_is_left_out_has_a_meaning(board):
    state = State(board, "3")
    assert (state.second, state.mix, state.seed, state.edits) == ("3", 0.0, 0, ())
    assert state.factors == pytest.approx((0.0, 2.5))


def test_a_style_is_a_seed_and_its_edits(board):
    assert torch.equal(State(board, "3", seed=7).z, State(board, "8", seed=7).z)
    assert not torch.allclose(State(board, "3", seed=7).z, State(board, "3", seed=8).z)
    moved = State(board, "3", seed=7, edits=(2.0, 0.0, -1.0)).z - State(board, "3", seed=7).z
    assert torch.allclose(moved[0], 2 * board.directions[0] - board.directions[2], atol=1e-6)


def test_whole_numbers_do_as_well(board):
    whole, decimal = State(board, "3", "8", 1, (0, 3), 0, (1, -2)), State(board, "3", "8", 1.0, (0.0, 3.0), 0, (1.0, -2.0))
    assert render(whole) == render(decimal)
    assert describe(whole) == describe(decimal)


@pytest.mark.parametrize(("mix", "only"), [(0, "3"), (1.0, "8"), (0.3, None)])
def test_a_mixture_is_a_share_of_each_class(board, mix, only):
    state = State(board, "3", "8", mix)
    weights = module._weights(state, (mix, 0.5))
    assert weights[:, [3, 8]].flatten().tolist() == pytest.approx([1 - mix, mix, 0.5, 0.5])
    assert weights.sum(1).tolist() == pytest.approx([1, 1])
    assert state.only == only
    assert State(board, "3", "3", 0.3).only == "3"
    assert module._weights(State(board, "3", "3"), (0.3,))[0, 3] == pytest.approx(1)


# ---------------------------------------------------------------------------------------------------------------- a sentence


@pytest.mark.parametrize(
    ("sentence", "text", "unknown"),
    [
        ("hello", "hello", ()),
        ("Hello World", "hello world", ()),
        ("a, b,\tc!", "a b c", (",", "!")),
        ("  two  gaps ", "  two  gaps ", ()),
        ("cafe\N{COMBINING ACUTE ACCENT}", "caf", ("é",)),  # a letter with its accent is one character, and is named as one
        ("I \N{GRINNING FACE}\N{ZERO WIDTH JOINER}", "i ", ("\N{GRINNING FACE}", "\N{ZERO WIDTH JOINER}")),
        ("", "", ()),
    ],
)
def test_what_can_be_drawn_is_told_from_what_cannot(sentence, text, unknown):
    assert spell(sentence, tuple(CHARACTERS)) == (text, unknown)


def test_a_capital_that_is_a_class_stays():
    assert spell("aA", "aA") == ("aA", ())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("seven", ["seven"]),
        ("seven77", ["seven77"]),
        ("seven77 x", ["seven77", "x"]),
        ("a seven77", ["a", "seven77"]),
        ("one two three", ["one two", "three"]),
        ("longerthanthis", ["longert", "hanthis"]),
        ("a  b", ["a  b"]),
        ("       x", ["      ", "x"]),
    ],
)
def test_lines_break_at_spaces(text, lines):
    assert wrap(text, 7) == lines


def test_every_letter_is_drawn_in_one_style_at_its_place(board):
    state = State(board, "3", factors=(0.2, 2.0), seed=3, sentence="gO 7g")
    paper = written(state)
    assert paper.shape == (28, (module.WIDTH - 16) // 2)
    wanted = np.zeros_like(paper)
    for column, letter in ((0, "g"), (1, "o"), (3, "7"), (4, "g")):
        there = wanted[:, column * module.PITCH : column * module.PITCH + 28]
        np.maximum(there, drawn(state, letter), out=there)
    assert close(paper, wanted)


def test_a_long_sentence_goes_on_in_further_lines(board):
    words = "ab " * 20
    paper = written(State(board, "3", sentence=words.strip()))
    lines = wrap(words.strip(), module.COLUMNS)
    assert len(lines) > 2
    assert paper.shape[0] == 28 + (len(lines) - 1) * module.LINE_PITCH
    alone = written(State(board, "3", sentence=lines[-1]))
    assert close(paper[-16:], alone[-16:])  # what is below the reach of the line before
    assert paper.shape[1] >= (module.COLUMNS - 1) * module.PITCH + 28  # the last column ends inside


def test_unknown_characters_are_named_and_left_out(board):
    some, none = State(board, "3", sentence="a?b!"), State(board, "3", sentence="ab")
    assert render(some) == render(none)
    assert "Left out, because pen has never seen them: '?', '!'." in describe(some)
    assert "Left out" not in describe(none)
    assert "Left out" in describe(State(board, "3", sentence="?!"))


def test_the_judge_reads_the_sentence(board):
    text = describe(State(board, "3", sentence="2 bad wolves", edits=(0.0,) * 4))
    assert "It reads the sentence as “2 bad wolves”: 10 of 10 characters as typed." in text
    assert "sentence" not in describe(State(board, "3", sentence="  "))


# --------------------------------------------------------------------------------------------------------- picture and words


def test_the_picture_shows_what_the_generator_was_asked_for(board):
    state = State(board, "k", factors=(-0.3, 3.0), seed=2, edits=(0.5, -0.5))
    assert close(panel(state), drawn(state, "k"))
    assert pixels(render(state)).shape[1] == module.WIDTH
    assert render(state) == render(State(board, "k", factors=(-0.3, 3.0), seed=2, edits=(0.5, -0.5)))


def test_beside_it_stands_the_pen_with_the_same_factors(board):
    state = State(board, "k", factors=(-0.3, 3.0), seed=2)
    given = {"slant": torch.tensor([-0.3]), "thickness": torch.tensor([3.0])}
    assert close(panel(state, 1), glyphs.render(torch.tensor([0]), given, classes="k")[0, 0].numpy())
    between = panel(State(board, "k", "x", 0.5), 1)
    assert (between[2:-2, 2:-2] == 1).all()  # the pen draws nothing between two classes
    assert close(panel(State(board, "x", "k", 1.0, (-0.3, 3.0)), 1), panel(state, 1))


def test_between_two_classes(board):
    state = State(board, "3", "z", 0.25, seed=4)
    three, z = drawn(state, "3"), drawn(state, "z")
    assert close(panel(state), 0.75 * three + 0.25 * z)
    for place, share in ((0, 0.0), (5, 0.5), (10, 1.0)):
        assert close(strip(state, place), (1 - share) * three + share * z)


def test_the_frame_is_at_the_share_that_is_set(board):
    for mix, place in ((0.0, 0), (0.3, 3), (1.0, 10)):
        picture = pixels(render(State(board, "3", "8", mix)))
        row = picture[module.STRIP_TOP - 2, module.MARGIN :: 64]
        assert [tuple(pixel) == module.FRAME for pixel in row] == [k == place for k in range(len(row))]


def test_what_was_found_stands_next_to_what_was_asked(board):
    state = State(board, "7", factors=(0.2, 2.0), seed=1)
    found = glyphs.measure(torch.from_numpy(drawn(state, "7"))[None])
    given = {"slant": torch.tensor([0.2]), "thickness": torch.tensor([2.0])}
    pen = glyphs.measure(glyphs.render(torch.tensor([0]), given, classes="7"))
    text = describe(state)
    assert text.startswith("pen, style 1. Asked for: 7. ")
    assert f"Slant asked 0.20, found {found['slant']:.2f}; in the pen's own 7: {pen['slant'].item():.2f}." in text
    assert f"Thickness asked 2.00 pixels, found {found['thickness']:.2f}; in the pen's own 7: {pen['thickness'].item():.2f}." in text
    assert "The judge reads 7 (" in text
    assert "No training image" not in text


def test_a_factor_beyond_training_is_said_to_be(board):
    text = describe(State(board, "7", factors=(0.4, 2.4)))
    assert "No training image had this slant: they went from -0.35 to 0.35." in text
    assert "this thickness" not in text
    assert "this slant" not in describe(State(board, "7", factors=(0.35, 2.4)))


def test_a_mixture_and_a_moved_style_are_told(board):
    text = describe(State(board, "3", "8", 0.35, seed=5, edits=(0.0, 1.5)))
    assert f"pen, style 5 with {board.names[1]} +1.5. Asked for: 65 % 3 and 35 % 8." in text
    assert "the pen's own" not in text


@pytest.mark.parametrize(("name", "first", "second"), [("digits", "0", "7"), ("clothes", "T-shirt/top", "ankle boot")])
def test_a_generator_of_classes_alone(folder, name, first, second):
    board = load_board(name, folder)
    text = describe(State(board, first, second, 0.5))
    assert f"Asked for: 50 % {first} and 50 % {second}. The judge reads " in text
    assert "lant" not in text
    state = State(board, first, seed=2)
    label = torch.tensor([board.classes.index(first)])
    assert close(panel(state), board.model.sample(label, z=state.z)[0, 0].numpy())
    if name == "digits":
        text = describe(State(board, "0", sentence="a0"))
        assert " of 1 characters as typed. Left out, because digits has never seen them: 'a'." in text


def test_the_sheet_is_the_picture_with_its_words(board):
    state = State(board, "3", "8", 0.5, sentence="sheet")
    figure = static_sheet(state)
    assert isinstance(figure, plots.Figure)
    assert figure.alt_text == describe(state)
    assert pixels(plots.figure_bytes(figure)).shape == pixels(render(state)).shape


# ------------------------------------------------------------------------------------------------------------- the controls


def test_it_begins_with_a_three_on_its_way_to_an_eight(widget):
    assert bytes(widget.picture.value) == render(State(widget.board, "3", "8", 0.0, (0.0, 2.5), 0, (0.0,) * 4))
    assert widget.message.value == ""


def test_every_control_redraws_its_part(widget):
    widget.first.value, widget.second.value = "a", "b"
    widget.mix.value = 0.4
    widget.factors["slant"].value = -0.2
    widget.factors["thickness"].value = 3.0
    widget.seed.value = 12
    widget.styles[1].value = 1.5
    widget.sentence.value = "and so on"
    wanted = State(widget.board, "a", "b", 0.4, (-0.2, 3.0), 12, (0.0, 1.5, 0.0, 0.0), "and so on")
    assert bytes(widget.picture.value) == render(wanted)
    assert widget.numbers.value.count("Asked for: 60 % a and 40 % b.") == 1


def test_the_next_style_begins_unmoved(widget):
    widget.seed.value, widget.styles[0].value = 9999, 2.0
    widget.another.click()
    assert (widget.seed.value, widget.styles[0].value) == (0, 0.0)
    assert bytes(widget.picture.value) == render(State(widget.board, "3", "8", 0.0, (0.0, 2.5), 0, (0.0,) * 4))
    widget.another.click()
    assert widget.seed.value == 1


def test_a_sentence_too_long_is_a_message_and_the_picture_stays(widget):
    widget.sentence.value = "a" * 60
    before = bytes(widget.picture.value)
    widget.sentence.value = "a" * 61
    assert "it has 61 characters, and 60 can be drawn" in widget.message.value
    assert bytes(widget.picture.value) == before
    widget.sentence.value = "a ü"
    assert widget.message.value == ""
    assert "never seen them: 'ü'" in widget.numbers.value


def test_sliders_go_a_little_beyond_training_and_say_where_it_ended(widget):
    for name, (low, high) in RANGES.items():
        slider = widget.factors[name]
        assert slider.min < low < high < slider.max
        assert f"trained {low:g} to {high:g}" in slider.description
        for end in (slider.min, slider.max):
            slider.value = end
            assert f"No training image had this {name}" in widget.numbers.value
            assert widget.message.value == ""


@pytest.mark.parametrize(("name", "text"), [("digits", True), ("clothes", False)])
def test_a_generator_of_classes_alone_has_fewer_controls(folder, name, text):
    widget = ConditionBoard(name, folder)
    assert widget.factors == {}
    assert (widget.sentence is not None) is text
    widget.first.value = widget.board.classes[9]
    assert f"Asked for: {widget.board.classes[9]}." in widget.numbers.value
    assert widget.message.value == ""


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [widget.first, widget.mix, widget.second, *widget.factors.values(), widget.seed, widget.another, *widget.styles]
    in_order = [control for row in widget.children for control in getattr(row, "children", ())]
    assert in_order == [*controls, widget.sentence]
    assert len({control.description for control in in_order}) == len(in_order)
    assert all(control.description.strip() and control.tabbable is not False for control in in_order)


# ------------------------------------------------------------------------------------------------------------- what is shipped


@pytest.mark.skipif("cgan-glyphs" not in zoo.list(), reason="cgan-glyphs is not trained yet")
def test_the_generator_that_ships_does_what_it_is_told():
    board = load_board()
    assert {"shift across", "shift down"} <= set(board.names)
    text = describe(State(board, "3", sentence=CHARACTERS))
    right = int(text.split(" of 36 characters as typed")[0].rsplit(" ", 1)[1])
    assert right >= 33
    left, upright = (module._between(State(board, "3", factors=(slant, 2.4))).factors["slant"][0] for slant in (-0.3, 0.0))
    assert 0.2 < upright - left < 0.4
