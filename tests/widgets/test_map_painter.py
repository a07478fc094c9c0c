"""The map painter without a browser, with generators whose answer is known: stamps and borders, the map's way into the picture, what a
stamp changed and how far away, uploads good and bad, the words, the pure drawing, and the wiring of the controls."""

import base64
import datetime
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import images, models, plots, zoo
from course_lib.data import facades, scenes
from course_lib.models import ResnetGenerator, UNet
from course_lib.widgets import map_painter as module
from course_lib.widgets.map_painter import WORLDS, MapPainter, State, describe, load_board, read_map, render, static_sheet


class Shifter(UNet):
    """Draws the negative of the map, 10 pixels further right; the noise makes it darker."""

    asked = 0

    def forward(self, c, generator=None):
        type(self).asked += 1
        dark = 0.0 if generator is None else torch.rand(c.shape, generator=generator)
        return (-c.roll(10, dims=3) - dark).clamp(-1, 1)


class Painter(UNet):
    """Paints scenes by their rule: a perfect translator."""

    def forward(self, c, generator=None):
        return 2 * scenes.render(scenes.to_labels((c + 1) / 2), texture=0) - 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for name, kind, arguments in (
        ("shifter", Shifter, {"depth": 6, "features": 1}),
        ("painter", Painter, {"depth": 6, "features": 1}),
        ("untrained", UNet, {"depth": 7, "features": 2}),
        ("deep", UNet, {"depth": 8, "features": 1}),
        ("colour", UNet, {"depth": 7, "features": 1, "input_channels": 1, "output_channels": 2}),
        ("other", ResnetGenerator, {"blocks": 1, "features": 2}),
    ):
        zoo.save(folder, name, kind(**arguments), arguments, {})
    return folder


@pytest.fixture(autouse=True)
def known_models(monkeypatch):
    for kind in (Shifter, Painter):
        monkeypatch.setattr(models, kind.__name__, kind, raising=False)
    module._picture.cache_clear()
    Shifter.asked = 0


@pytest.fixture
def board(folder):
    return load_board("facades", "shifter", folder)


@pytest.fixture
def widget(folder):
    return MapPainter("facades", "shifter", folder)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def panel(png: bytes, place: int, size: int = 128) -> np.ndarray:
    """The map (0) or the picture (1) as it was before it was enlarged."""
    left, scale = module.MARGIN + place * (module.SIDE + module.GAP), module.SIDE // size
    found = pixels(png)[module.TOP : module.TOP + module.SIDE, left : left + module.SIDE]
    small = found[::scale, ::scale]
    assert np.array_equal(small.repeat(scale, 0).repeat(scale, 1), found)  # every pixel a square
    return small


def bytes_of(x: torch.Tensor) -> np.ndarray:
    return images.to_uint8(x).movedim(0, -1).numpy()


def counts(labels: torch.Tensor) -> dict[str, int]:
    return {name: n for name, n in zip(facades.CLASSES, torch.bincount(labels.flatten(), minlength=12).tolist(), strict=True) if n}


def upload(widget: MapPainter, content: bytes, name: str) -> None:
    """What the browser does when somebody chooses a file."""
    now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    widget.upload.value = ({"name": name, "type": "image/png", "size": len(content), "content": memoryview(content), "last_modified": now},)


def shown(widget: MapPainter) -> torch.Tensor:
    """The map that the widget has now, from the link that saves it."""
    coded = re.search(r"base64,([^\"]+)", widget.link.value).group(1)
    return widget.board.world.data.to_labels(images.load(io.BytesIO(base64.b64decode(coded))))


# ------------------------------------------------------------------------------------------------------------------------ loading


def test_a_board_is_a_generator_and_its_world(board):
    assert (board.name, board.world) == ("shifter", WORLDS["facades"])
    assert not board.model.training


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("world", "name", "message"),
    [
        ("cats", None, "world: got 'cats', expected 'facades' or 'scenes'"),
        ("facades", "none", "there are no weights 'none'"),
        ("facades", "deep", "'deep' halves images 8 times, and the maps here have 128 pixels"),
        ("scenes", "untrained", "'untrained' halves images 7 times, and the maps here have 64 pixels"),
        ("facades", "colour", "'colour' is a UNet that takes no maps"),
        ("facades", "other", "'other' is a ResnetGenerator that takes no maps, expected a U-Net such as pix2pix-facades"),
    ],
)
def test_weights_that_translate_no_such_maps_are_refused(folder, world, name, message):
    with pytest.raises(ValueError, match=message):
        load_board(world, name, folder)


# ------------------------------------------------------------------------------------------------------------------------ the map


def test_a_map_is_a_start_and_its_stamps(board):
    assert torch.equal(State(board, 7).labels, facades.draw(1, 128, 7)[0])
    assert State(board).start == WORLDS["facades"].start
    plain = State(board, "plain").labels
    assert counts(plain) == {"background": 128 * 128 - 110 * 112, "wall": 110 * 112}
    labels = State(board, "plain", (("window", 60, 40), ("door", 116, 90))).labels
    assert counts(labels) == counts(plain) | {"window": 16 * 12, "sill": 3 * 16, "door": 24 * 14, "wall": 110 * 112 - 192 - 48 - 336}
    assert (labels[52:68, 34:46] == facades.WINDOW).all()
    assert (labels[68:71, 32:48] == facades.SILL).all()
    assert (labels[104:128, 83:97] == facades.DOOR).all()


def test_what_is_stamped_later_covers_what_was_there(board):
    one, other = (
        State(board, "plain", order).labels for order in ((("door", 60, 40), ("shop", 60, 44)), (("shop", 60, 44), ("door", 60, 40)))
    )
    assert one[60, 40] == facades.SHOP
    assert other[60, 40] == facades.DOOR


def test_stamps_are_cut_off_at_the_border(board):
    labels = State(board, "plain", (("shop", 0, 0), ("shop", 127, 127))).labels  # 20 rows, 26 columns around the place
    assert (labels[:10, :13] == facades.SHOP).all()
    assert (labels[117:, 114:] == facades.SHOP).all()
    assert counts(labels)["shop"] == 10 * 13 + 11 * 14


@pytest.mark.parametrize("world", WORLDS)
def test_every_stamp_can_be_placed_anywhere_and_every_class_has_one(world):
    of, stamped = WORLDS[world], set()
    for rectangles in of.stamps.values():
        for what, top, left, bottom, right in rectangles:
            assert top < bottom
            assert left < right
            stamped.add(what)
        for row, column in ((0, 0), (of.size - 1, of.size - 1), (of.size // 2, 0)):
            labels = torch.full((of.size, of.size), -1)
            module._fill(labels, of, rectangles, row, column)
            assert (labels >= 0).sum() >= 4
    assert stamped == set(of.data.CLASSES)


def test_an_uploaded_map_is_a_start(board):
    drawn = facades.draw(1, seed=77)[0]
    content = read_map(images.png_bytes(facades.to_rgb(drawn)), board.world)
    assert torch.equal(State(board, content).labels, drawn)
    assert "The map: your map with no stamps" in describe(State(board, content))


def jpeg(labels: torch.Tensor) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(bytes_of(facades.to_rgb(labels))).save(buffer, "jpeg")
    return buffer.getvalue()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no picture", r"a.png: cannot be read as an image \(10 bytes\)"),
        (images.png_bytes(facades.to_rgb(facades.draw(1)[0]))[:-400], "a.png: "),
        (images.png_bytes(torch.zeros(3, 128, 256)), "a.png: 256x128 pixels, a map has 128x128; save the map of this widget"),
        (images.png_bytes(torch.ones(3, 128, 128)), "a.png: 16384 of 16384 pixels have a colour that stands for no class; the first is"),
        (jpeg(facades.draw(1)[0]), "a.png: .* nearest to .*save as PNG, not JPEG"),
    ],
)
def test_what_is_no_map_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        read_map(content, WORLDS["facades"], "a.png")


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"board": "shifter"}, TypeError, "board: got str"),
        ({"start": -1}, ValueError, "start: got -1, expected a whole number from 0 to 9999 or 'plain'"),
        ({"start": "empty"}, ValueError, "start: got 'empty'"),
        ({"start": True}, ValueError, "start: got True"),
        ({"start": images.png_bytes(torch.ones(3, 128, 128))}, ValueError, "map_rgb: 16384 of 16384 pixels"),
        (
            {"start": images.png_bytes(facades.to_rgb(facades.draw(1, 64)[0]))},
            ValueError,
            "start: got a map of 64x64 pixels, expected 128x128",
        ),
        ({"stamps": [("door", 1, 1)]}, TypeError, "stamps: got list"),
        ({"stamps": (("door", 1),)}, ValueError, r"stamps: got \('door', 1\), expected \(name, row, column\)"),
        ({"stamps": (("tower", 1, 1),)}, ValueError, "stamps: there is no stamp 'tower'; there are window, window with blinds, door"),
        ({"stamps": (("door", 1, 128),)}, ValueError, "stamps: got row and column 1, 128, expected whole numbers from 0 to 127"),
        ({"stamps": (("door", 1.5, 1),)}, ValueError, "stamps: got row and column 1.5, 1"),
        ({"noise": 10_000}, ValueError, "noise: got 10000, expected a whole number from 0 to 9999, or None"),
        ({"cursor": ("tower", 1, 1)}, ValueError, "cursor: there is no stamp 'tower'"),
    ],
)
def test_bad_states_are_refused(board, wrong, error, message):
    with pytest.raises(error, match=message):
        State(**({"board": board} | wrong))


# --------------------------------------------------------------------------------------------------------------------- the picture


def test_left_is_the_map_and_right_what_the_generator_makes_of_it(board):
    state = State(board, 5, (("balcony", 64, 64),))
    colours = facades.to_rgb(state.labels)
    png = render(state)
    assert np.array_equal(panel(png, 0), bytes_of(colours))
    assert np.array_equal(panel(png, 1), bytes_of((1 - colours).roll(10, dims=2)))
    assert png == render(State(board, 5, (("balcony", 64, 64),)))
    assert pixels(png).shape == (module.HEIGHT, module.WIDTH, 3) == (594, 800, 3)


def test_the_untrained_generator_is_asked_as_it_translates(folder):
    state = State(load_board("facades", "untrained", folder), 5, noise=3)
    wanted = state.board.model.translate(facades.to_rgb(state.labels)[None], torch.Generator().manual_seed(3))[0]
    assert np.array_equal(panel(render(state), 1), bytes_of(wanted))


def test_the_noise_has_a_seed_or_is_off(board):
    off, one, again, other = (panel(render(State(board, 5, noise=noise)), 1) for noise in (None, 4, 4, 5))
    assert np.array_equal(one, again)
    assert (one <= off).all()
    assert (one < off).mean() > 0.5
    assert not np.array_equal(one, other)
    assert "noise seed 4" in describe(State(board, 5, noise=4))
    assert "noise off" in describe(State(board, 5))


def test_the_cursor_is_a_frame_on_the_map_alone(board):
    without, with_cursor = render(State(board, 5)), render(State(board, 5, cursor=("door", 64, 32)))
    changed = (pixels(without) != pixels(with_cursor)).any(2).nonzero()
    rows, columns = ((axis.min(), axis.max()) for axis in changed)
    assert rows == (module.TOP + 3 * 52, module.TOP + 3 * 76 - 1)  # a door is 24 x 14 pixels, each drawn as 3 x 3
    assert columns == (module.MARGIN + 3 * 25, module.MARGIN + 3 * 39 - 1)
    top = pixels(with_cursor)[module.TOP + 3 * 52, module.MARGIN + 3 * 25 : module.MARGIN + 3 * 39]
    assert (top == 0).all()
    inner = pixels(with_cursor)[module.TOP + 3 * 52 + 1, module.MARGIN + 3 * 25 + 1 : module.MARGIN + 3 * 39 - 1]
    assert (inner == 255).all()
    assert describe(State(board, 5, cursor=("door", 64, 32))) == describe(State(board, 5))
    render(State(board, 5, cursor=("shop", 0, 127)))  # cut off at the border


def test_what_the_last_stamp_changed_is_counted(board):
    """The Shifter draws each pixel of the map 10 further right: as many pixels change, and 12 of 22 columns lie inside."""
    state = State(board, "plain", (("balcony", 64, 64),))  # rows 60 to 67, columns 53 to 74
    text = describe(state)
    assert (
        "The last stamp, balcony at row 64, column 64, changed 176 pixels of the map, and 176 pixels of the façade by 8 grey levels or "
        "more: 96 of them where the map changed, the farthest 10 pixels away from there." in text
    )
    twice = State(board, "plain", (("balcony", 64, 64), ("balcony", 64, 64)))
    assert "changed 0 pixels of the map, and 0 pixels of the façade by 8 grey levels or more." in describe(twice)
    assert "last stamp" not in describe(State(board, "plain"))


def test_the_map_of_changes_is_dark_where_the_picture_changed(board):
    png = pixels(render(State(board, "plain", (("balcony", 64, 64),))))
    left = module.MARGIN + module.SIDE + module.GAP
    small = png[module.BELOW : module.BELOW + 128, left : left + 128]
    dark = np.zeros((128, 128), bool)
    dark[60:68, 63:85] = True
    frame = np.zeros((128, 128), bool)
    frame[60:68, 53:75] = True
    frame[61:67, 54:74] = False
    assert (small[dark & ~frame] == 0).all()  # from wall to balcony: by far more than 64 levels
    assert (small[~dark & ~frame] == 255).all()
    assert (small[frame] == module.FRAME).all()


def test_the_words_have_the_numbers_of_the_map(board):
    state = State(board, 8, (("pillar", 64, 32), ("window", 30, 90)))
    text = describe(state)
    assert text.startswith("shifter, noise off. The map: house front 8 with 2 stamps; ")
    for name, n in counts(state.labels).items():
        assert f"{name} {100 * n / 128**2:.1f} %" in text
    absent = set(facades.CLASSES) - set(counts(state.labels))
    assert not any(f"{name} 0.0 %" in text for name in absent)
    assert "a plain wall with 1 stamp;" in describe(State(board, "plain", (("door", 9, 9),)))
    assert "Read back" not in text


def test_scenes_are_read_back(folder):
    board = load_board("scenes", "painter", folder)
    state = State(board, "plain", (("house", 32, 20), ("tree", 40, 50)))
    found = {scenes.CLASSES[k] for k in state.labels.unique().tolist()}
    assert found == {"sky", "ground", "wall", "roof", "window", "door", "tree"}
    text = describe(state)
    assert "painter, noise off. The map: sky and ground with 2 stamps" in text
    assert text.endswith("Read back by its colours, the picture shows the class that was asked for in 100.0 % of its pixels.")
    wanted = bytes_of(scenes.render(state.labels, texture=0)).astype(int)
    assert np.abs(panel(render(state), 1, 64) - wanted).max() <= 1  # to [-1, 1] and back, a half is rounded either way
    wrong = describe(State(load_board("scenes", "shifter", folder), 3))
    assert float(re.search(r"in ([\d.]+) % of its", wrong).group(1)) < 50


def test_the_sheet_is_the_picture_with_its_words(board):
    state = State(board, 5, (("door", 100, 60),))
    figure = static_sheet(state)
    assert isinstance(figure, plots.Figure)
    assert figure.alt_text == describe(state)
    assert pixels(plots.figure_bytes(figure)).shape == pixels(render(state)).shape


# ------------------------------------------------------------------------------------------------------------------- the controls


def test_it_begins_with_its_own_map(widget):
    start = WORLDS["facades"].start
    assert bytes(widget.picture.value) == render(State(widget.board, start, cursor=("window", 64, 64)))
    assert torch.equal(shown(widget), facades.draw(1, seed=start)[0])
    assert (widget.message.value, widget.undo.disabled) == ("", True)


def test_a_click_stamps_there(widget):
    widget.stamp.value = "door"
    widget.cells[5 * 16 + 11].click()
    assert (widget.row.value, widget.column.value) == (44, 92)  # the middle of the cell
    wanted = State(widget.board, stamps=(("door", 44, 92),), cursor=("door", 44, 92))
    assert bytes(widget.picture.value) == render(wanted)
    assert torch.equal(shown(widget), wanted.labels)
    widget.cells[0].click()
    widget.cells[255].click()
    assert (shown(widget)[0, 0], shown(widget)[127, 127]) == (facades.DOOR, facades.DOOR)


def test_the_same_without_a_mouse(widget):
    widget.stamp.value = "balcony"
    widget.row.value, widget.column.value = 36, 100
    assert widget.numbers.value.count("no stamps") == 1
    widget.press.click()
    wanted = State(widget.board, stamps=(("balcony", 36, 100),), cursor=("balcony", 36, 100))
    assert bytes(widget.picture.value) == render(wanted)
    assert "with 1 stamp;" in widget.numbers.value


def test_undo_takes_back_stamps_and_beginnings_one_by_one(widget):
    def click(cell, stamp):
        widget.stamp.value = stamp
        widget.cells[cell].click()

    states = []
    for step in (
        lambda: click(70, "door"),
        lambda: click(75, "shop"),
        lambda: widget.plain.click(),
        lambda: click(90, "window"),
        lambda: setattr(widget.number, "value", 41),
        lambda: widget.another.click(),
        lambda: upload(widget, images.png_bytes(facades.to_rgb(facades.draw(1, seed=1234)[0])), "mine.png"),
    ):
        states.append(shown(widget))
        step()
        assert not torch.equal(shown(widget), states[-1])
        assert widget.message.value == ""
    assert torch.equal(shown(widget), facades.draw(1, seed=1234)[0])
    assert widget.number.value == 42
    while states:
        assert not widget.undo.disabled
        widget.undo.click()
        assert torch.equal(shown(widget), states.pop())
    assert widget.undo.disabled
    assert widget.number.value == WORLDS["facades"].start
    widget.undo.click()  # nothing to take back
    assert widget.message.value == ""


def test_after_a_plain_wall_the_same_map_can_be_drawn_again(widget):
    widget.plain.click()
    assert counts(shown(widget)).keys() == {"background", "wall"}
    widget.another.click()
    assert torch.equal(shown(widget), facades.draw(1, seed=WORLDS["facades"].start)[0])
    widget.number.value = 9999
    widget.another.click()
    assert widget.number.value == 0


def test_only_what_changed_is_made_anew(widget):
    asked = Shifter.asked
    widget.row.value = 20
    widget.stamp.value = "shop"
    assert Shifter.asked == asked  # the cursor moves, the façade stays
    widget.press.click()
    assert Shifter.asked == asked + 1  # the map before it is still known
    widget.undo.click()
    assert Shifter.asked == asked + 1
    cells = [cell.style for cell in widget.cells]
    assert all(style is cells[0] for style in cells)  # nothing of the buttons ever changes


def test_the_noise_can_be_switched_on(widget):
    before = bytes(widget.picture.value)
    widget.seed.value = 6
    assert bytes(widget.picture.value) == before
    widget.noisy.value = True
    assert bytes(widget.picture.value) == render(State(widget.board, noise=6, cursor=("window", 64, 64)))
    widget.noisy.value = False
    assert bytes(widget.picture.value) == before


def test_a_bad_upload_is_a_message_and_the_picture_stays(widget):
    widget.cells[100].click()
    before, past = bytes(widget.picture.value), len(widget._past)
    upload(widget, images.png_bytes(torch.rand(3, 128, 128)), "photo.png")
    assert "photo.png: 16384 of 16384 pixels have a colour that stands for no class" in widget.message.value
    assert "The picture still shows the last state" in widget.message.value
    upload(widget, images.png_bytes(torch.rand(3, 64, 128)), "small.png")
    assert "small.png: 128x64 pixels, a map has 128x128" in widget.message.value
    assert (bytes(widget.picture.value), len(widget._past), widget.upload.value) == (before, past, ())
    upload(widget, images.png_bytes(facades.to_rgb(shown(widget))), "mine.png")  # what was saved comes back
    assert widget.message.value == ""
    assert "The map: your map with no stamps" in widget.numbers.value


def test_the_map_can_be_saved(widget):
    widget.cells[77].click()
    assert 'download="house_front.png"' in widget.link.value
    assert torch.equal(shown(widget), State(widget.board, stamps=(("window", 36, 108),)).labels)


@pytest.mark.parametrize("world", ["facades", "scenes"])
def test_both_worlds_have_the_same_controls(folder, world):
    widget = MapPainter(world, "shifter", folder)
    size = widget.board.world.size
    for stamp in widget.board.world.stamps:
        widget.stamp.value = stamp
        widget.cells[17 * 8].click()
        assert widget.message.value == ""
    assert widget.row.value == widget.column.value == (8 + 0.5) * size / 16
    assert len(State(widget.board, stamps=widget._stamps).stamps) == len(widget.board.world.stamps)


def test_the_buttons_lie_on_the_map(widget):
    both = widget.children[-1]
    picture, grid = both.children
    assert picture is widget.picture
    assert picture.layout.grid_area == grid.layout.grid_area == "1 / 1 / 2 / 2"
    assert (picture.layout.max_width, picture.layout.margin) == ("none", "0")
    assert grid.layout.margin == f"{module.TOP}px 0 0 {module.MARGIN}px"
    assert len(grid.children) == 256
    assert grid.children[0].layout.width == f"{module.SIDE // 16}px"
    assert grid.layout.width == grid.layout.height == f"{module.SIDE}px"


def test_every_control_has_a_name_and_can_be_reached(widget):
    in_order = [control for row in widget.children[:4] for control in row.children]
    named = [widget.stamp, widget.row, widget.column, widget.press, widget.undo, widget.number, widget.another, widget.plain]
    assert in_order == [*named, widget.upload, widget.link, widget.noisy, widget.seed]
    words = [control.description for control in in_order if control is not widget.link]
    assert len(set(words)) == len(words)
    assert all(words)
    assert all(control.tabbable is not False for control in in_order)
    assert all(cell.tabbable is False for cell in widget.cells)  # 256 stops of the Tab key; row, column and the button do the same
    assert len({cell.tooltip for cell in widget.cells}) == 256


# ---------------------------------------------------------------------------------------------------------------- what is shipped


def test_the_generator_of_scenes_that_ships_draws_what_is_stamped():
    text = describe(State(load_board("scenes"), stamps=(("house", 36, 32),)))
    assert float(re.search(r"in ([\d.]+) % of its", text).group(1)) > 80


def test_the_generator_of_facades_that_ships_draws_doors_and_shops_darker_than_walls():
    state = State(load_board("facades"))
    brightness = images.luma(module._picture(state))[0]
    wall = brightness[state.labels == facades.WALL].mean()
    for label in (facades.DOOR, facades.SHOP):
        assert brightness[state.labels == label].mean() < wall - 0.1
