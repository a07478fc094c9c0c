"""Your photo without a browser: the limits, the part and the whole, the drawing, the link, and the wiring of the controls."""

import base64
import datetime
import html
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import data, images, models, zoo
from course_lib.resample import imresize
from course_lib.train.recipes.super_resolution import SUPER_RESOLUTION
from course_lib.widgets import YourPhoto, swipe, your_photo
from course_lib.widgets.swipe import METHODS
from course_lib.widgets.your_photo import State, describe, download_link, enlarged, extent_size, file_name, render

SMALL = {
    "SRCNN": {"kernels": (3, 1, 3), "features": (4, 4)},
    "FSRCNN": {"features": 4, "shrunk": 2, "depth": 1},
    "ESPCN": {"features": 4},
    "MSRResNet": {"features": 4, "blocks": 1},
}


def forget():
    for cache in (swipe.network, your_photo.photo_size, your_photo._photograph, your_photo._shown, your_photo._overview):
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


def picture_of(channels: int, height: int, width: int) -> torch.Tensor:
    """A picture of grey levels that a file can hold, smooth enough that enlarging it means something."""
    small = torch.rand(channels, 6, 8, generator=torch.Generator().manual_seed(height))
    return images.from_uint8(images.to_uint8(imresize(small, size=(height, width))))


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def upload(widget, content: bytes, name: str) -> None:
    """What the browser does when somebody chooses a file."""
    now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    entry = {"name": name, "type": "image/png", "size": len(content), "content": memoryview(content), "last_modified": now}
    widget.upload.value = (entry,)


def saved(link: str) -> tuple[str, torch.Tensor]:
    """What a browser does with the link: the file's name, and the picture in it."""
    name, coded = re.fullmatch(r'<a download="([^"]+)" href="data:image/png;base64,([^"]+)"><u>.*</u></a>', link).groups()
    return html.unescape(name), images.load(io.BytesIO(base64.b64decode(coded, validate=True)))


# ------------------------------------------------------------------------------------------------------- states and limits


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"photo": "lena"}, ValueError, "photo: got 'lena', expected one of astronaut"),
        ({"photo": b"nothing"}, ValueError, "photo: cannot be read as an image"),
        ({"photo": images.png_bytes(torch.rand(1, 15, 40))}, ValueError, "photo: 40x15 pixels, at least 16x16"),
        ({"scale": 5}, ValueError, "scale must be one of"),
        ({"method": "truth"}, ValueError, "method: got 'truth', of which there is none here"),
        ({"method": "espcn"}, ValueError, "method: there are no weights 'espcn-x3' yet"),
        ({"method": "magic"}, ValueError, "method: got 'magic', expected for ×3 one of nearest"),
        ({"extent": "half"}, ValueError, "extent: got 'half', expected one of whole, middle"),
        ({"photo": "retina", "scale": 3}, ValueError, "1411x1411 pixels at ×3 are 17.9 megapixels, at most 12 are made; choose the middle"),
        ({"divider": -1}, ValueError, "divider: got -1"),
        ({"zoom": (0, 561, 2)}, ValueError, "inside 640x427"),
        ({"zoom": (348, 0, 2)}, ValueError, "inside 640x427"),
        ({"zoom": (0, 0, 3)}, ValueError, "times in"),
        ({"zoom": (0, 0, 0)}, ValueError, "times in"),
        ({"zoom": (0, 0)}, ValueError, "zoom: got"),
        ({"zoom": (0.0, 0, 2)}, ValueError, "zoom: got"),
    ],
)
def test_bad_states_are_refused(zoo_with, wrong, error, message):
    zoo_with("fsrcnn-x3")
    with pytest.raises(error, match=re.escape(message)):
        State(**wrong)


def test_files_that_are_too_large_to_be_read_are_refused(zoo_with, monkeypatch):
    zoo_with()
    monkeypatch.setattr(your_photo, "READ_LIMIT", 1e6)
    with pytest.raises(ValueError, match="1411x1411 pixels, at most 1 megapixels are read"):
        State(images.png_bytes(data.photo("retina")), extent="middle")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photograph_is_enlarged_upright(zoo_with, orientation):
    zoo_with()
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (50, 40)).save(buffer, "jpeg", exif=exif)
    state = State(buffer.getvalue(), 2)
    assert state.size == ((50, 40) if orientation > 4 else (40, 50))
    assert enlarged(state).shape == (3, 2 * state.size[0], 2 * state.size[1])


def test_the_last_places_of_the_part_are_good(zoo_with):
    zoo_with()
    assert State(zoom=(347, 560, 2)).room == (347, 560)
    assert State(images.png_bytes(torch.rand(1, 16, 100)), 2, zoom=(0, 40, 4)).part == (16, 60)


@pytest.mark.parametrize("there", [(), ("espcn-x3",)])
def test_the_usual_method_is_a_network_where_there_is_one(zoo_with, there):
    zoo_with(*there)
    assert State().method == ("espcn" if there else "nearest")


@pytest.mark.parametrize("size", [(3000, 4000), (16, 1_400_000), (2449, 2449), (1000, 750), (500, 300)])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_middle_is_as_large_as_the_limit_allows_in_the_same_proportions(size, scale):
    height, width = extent_size(size, scale, "middle")
    if size[0] * size[1] * scale**2 <= your_photo.LIMIT:
        assert (height, width) == size == extent_size(size, scale, "whole")
        return
    assert height * width * scale**2 <= your_photo.LIMIT < (height + 1) * (width + 1) * scale**2
    assert abs(width - height * size[1] / size[0]) <= size[1] / size[0] + 1


def test_the_middle_part_is_cut_from_the_middle(zoo_with, monkeypatch):
    zoo_with()
    monkeypatch.setattr(your_photo, "LIMIT", 4 * 30 * 40)
    x = picture_of(3, 60, 80)
    state = State(images.png_bytes(x), 2, "nearest", "middle", zoom=(0, 0, 8))
    assert state.size == (30, 40)
    assert torch.equal(enlarged(state)[:, ::2, ::2], x[:, 15:45, 20:60])
    assert describe(state).startswith("Your photograph, the middle part, 40x30 pixels, enlarged ×2 to 80x60.")


# ---------------------------------------------------------------------------------------------------------------- the images


@pytest.mark.parametrize("method", [method for method in METHODS if method != "truth"])
def test_the_whole_by_tiles_is_what_the_library_makes_of_it_at_once(all_there, monkeypatch, method):
    monkeypatch.setattr(your_photo, "TILE", 20)
    x, told = picture_of(3, 45, 33), []
    made = enlarged(State(images.png_bytes(x), 4, method), lambda done, of: told.append((done, of)))
    if method in ("nearest", "bicubic"):
        expected = imresize(x, 4, method=method)
    else:
        expected = models.super_resolve(small_network(f"{method}-x4"), x)
    assert made.shape == (3, 180, 132)
    assert torch.allclose(made, expected.clamp(0, 1), atol=1e-5)
    assert told == [(done, 6) for done in range(1, 7)]


@pytest.mark.parametrize(
    ("method", "scale", "channels", "corner"),
    [
        ("bicubic", 3, 3, (0, 0)),
        ("nearest", 2, 1, (7, 21)),
        ("fsrcnn", 2, 3, (11, 13)),
        ("espcn", 3, 1, (31, 57)),
        ("srcnn-955", 4, 3, (36, 20)),
        ("srresnet-small", 4, 1, (0, 62)),
        ("srresnet", 4, 3, (17, 30)),
    ],
)
def test_the_part_that_is_shown_has_the_pixels_of_the_whole(all_there, method, scale, channels, corner):
    state = State(images.png_bytes(picture_of(channels, 51, 77)), scale, method, divider=0, zoom=(*corner, 8))
    rows, columns = state.part
    assert (rows, columns) == (480 // (8 * scale),) * 2
    whole = images.to_uint8(enlarged(state)).expand(3, -1, -1).permute(1, 2, 0).numpy()
    expected = whole[scale * corner[0] : scale * (corner[0] + rows), scale * corner[1] : scale * (corner[1] + columns)]
    shown = pixels(render(state))[swipe.TITLE :, swipe.MARGIN :][:480, :480]
    difference = np.abs(shown[:, 8:].astype(int) - expected.repeat(8, axis=0).repeat(8, axis=1)[:, 8:])  # the divider is at the left
    assert difference.max() <= 1  # a value between two grey levels may be rounded to either
    assert (difference > 0).mean() < 0.01


def test_left_of_the_divider_is_bicubic(all_there):
    x = picture_of(3, 60, 60)
    shown = pixels(render(State(images.png_bytes(x), 4, "fsrcnn", divider=100, zoom=(0, 0, 2))))[swipe.TITLE :, swipe.MARGIN :][:480, :470]
    expected = images.to_uint8(imresize(x, 4)).permute(1, 2, 0).numpy().repeat(2, axis=0).repeat(2, axis=1)[:, :470]
    assert np.abs(shown.astype(int) - expected.astype(int)).max() <= 1


def test_the_difference_is_that_of_the_two_pictures_and_is_shown(all_there):
    x = picture_of(3, 40, 60)
    state = State(images.png_bytes(x), 3, "espcn", zoom=(5, 10, 8))
    y = [images.luma(images.from_uint8(images.to_uint8(enlarged(State(state.photo, 3, m)))))[0] for m in ("bicubic", "espcn")]
    expected = float((y[0] - y[1])[15:75, 30:90].square().mean().sqrt()) * 255
    assert expected > 0.2
    words = describe(state)
    assert f"differ there by {expected:.1f} grey levels" in words
    assert "60x40 pixels, enlarged ×3 to 180x120" in words
    assert "rows 5 to 24, columns 10 to 29" in words
    assert "no truth, and no PSNR" in words
    assert f"differ there by {0:.1f} grey levels" in describe(State(state.photo, 3, "bicubic"))


def test_moving_the_divider_computes_nothing_anew(all_there, monkeypatch):
    computed = []
    original = your_photo.super_resolved
    monkeypatch.setattr(your_photo, "super_resolved", lambda *of: computed.append(of[0]) or original(*of))
    render(State(method="espcn"))
    assert computed == ["bicubic", "espcn"]
    render(State(method="espcn", divider=10))
    describe(State(method="espcn", divider=90))
    assert len(computed) == 2
    render(State(method="espcn", zoom=(0, 0, 8)))
    assert len(computed) == 4


# ------------------------------------------------------------------------------------------------------------------ picture


def test_render_is_pure(all_there):
    first = render(State("coins", method="espcn"))
    render(State("coins", 4, divider=10))
    forget()
    assert render(State("coins", method="espcn")) == first


@pytest.mark.parametrize(
    "other",
    [{"photo": "coins"}, {"scale": 2}, {"method": "nearest"}, {"divider": 51}, {"zoom": (173, 281, 2)}, {"zoom": (173, 280, 4)}],
)
def test_every_part_of_the_state_shows(all_there, other):
    assert render(State(**other)) != render(State(zoom=(173, 280, 2)))


@pytest.mark.parametrize(("channels", "height", "width"), [(3, 16, 16), (1, 300, 17), (3, 17, 900), (1, 131, 97)])
def test_pictures_of_any_shape_are_drawn_with_their_frame_inside(all_there, channels, height, width):
    photo = images.png_bytes(picture_of(channels, height, width))
    for scale in (2, 3, 4):
        for times in your_photo.TIMES:
            room = State(photo, scale, zoom=(0, 0, times)).room
            for zoom in ((0, 0, times), (*room, times)):
                canvas = pixels(render(State(photo, scale, zoom=zoom)))
                assert canvas.shape == (532, 764, 3)
                beside = canvas[:, swipe.BESIDE - 4 : swipe.BESIDE - 2]
                assert (beside == 255).all()


def test_the_part_as_it_came_is_the_photographs(all_there):
    x = picture_of(3, 60, 252)
    canvas = pixels(render(State(images.png_bytes(x), 2, zoom=(7, 30, 8))))
    top = swipe.TITLE + 60 + 50
    assert np.array_equal(canvas[top : top + 30, swipe.BESIDE : swipe.BESIDE + 30], images.to_uint8(x)[:, 7:37, 30:60].permute(1, 2, 0))
    frame = canvas[swipe.TITLE + 7 : swipe.TITLE + 37, swipe.BESIDE + 30 : swipe.BESIDE + 60]
    assert (frame[:2] == swipe.FRAME).all()
    assert (frame[:, -2:] == swipe.FRAME).all()
    assert np.array_equal(frame[2:-2, 2:-2], images.to_uint8(x)[:, 9:35, 32:58].permute(1, 2, 0))


# ---------------------------------------------------------------------------------------------------------------------- link


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chelsea", "chelsea_fsrcnn_x3.png"),
        ("IMG 0001.JPG", "IMG_0001_fsrcnn_x3.png"),
        ('a"><b>.png', "a_b_fsrcnn_x3.png"),
        ("../../etc/passwd", "passwd_fsrcnn_x3.png"),
        ("猫.png", "猫_fsrcnn_x3.png"),
        ("???", "photo_fsrcnn_x3.png"),
    ],
)
def test_the_file_name_is_safe_and_says_what_was_done(name, expected):
    assert file_name(name, "fsrcnn", 3) == expected


def test_the_link_holds_the_file():
    x = picture_of(3, 9, 7)
    link = download_link(images.png_bytes(x), "a&b.png", "Save <this>")
    assert "Save &lt;this&gt;" in link
    name, picture = saved(link)
    assert name == "a&b.png"
    assert torch.equal(picture, x)


# -------------------------------------------------------------------------------------------------------------------- widget


@pytest.fixture
def widget(all_there):
    return YourPhoto()


def state_of(widget) -> State:
    return widget._read()


def test_it_begins_with_the_default_state(widget):
    assert state_of(widget) == State()
    assert bytes(widget.picture.value) == render(State())
    assert widget.message.value == widget.link.value == ""
    assert widget.progress.layout.visibility == "hidden"


def test_controls_move_picture_and_numbers(widget):
    for control, value in (
        (widget.divider, 20),
        (widget.method, "espcn"),
        (widget.down, 4),
        (widget.across, 8),
        (widget.times, 4),
        (widget.scale, 2),
        (widget.photo, "coins"),
    ):
        before, words = bytes(widget.picture.value), widget.numbers.value
        control.value = value
        assert widget.message.value == ""
        assert bytes(widget.picture.value) != before
        assert widget.numbers.value != words
    assert state_of(widget) == State("coins", 2, "espcn", "whole", 20, zoom=(121, 162, 4))


def test_scale_and_zoom_keep_the_middle_of_the_part_and_offer_the_methods(zoo_with, monkeypatch):
    zoo_with("fsrcnn-x3", "espcn-x4")
    widget, drawn = YourPhoto(), []
    widget.down.value, widget.across.value = 100, 200  # the middle at row 140, column 240
    monkeypatch.setattr(widget, "_render", lambda state: drawn.append(state) or b"")
    widget.times.value = 8
    widget.scale.value = 4
    widget.scale.value = 2
    assert [(state.scale, state.method, state.zoom[2]) for state in drawn] == [(3, "fsrcnn", 8), (4, "espcn", 8), (2, "nearest", 8)]
    for state in drawn:
        for place, part, middle in zip(state.zoom, state.part, (140, 240), strict=False):
            assert abs(place + part / 2 - middle) <= 1
    assert [value for _, value in widget.method.options] == ["nearest", "bicubic"]
    widget.scale.value = 4
    assert "truth" not in [value for _, value in widget.method.options]
    assert widget.message.value == ""


def test_the_browser_never_hears_of_a_value_outside_its_range_or_an_empty_range(widget, monkeypatch):
    heard = []
    for slider in (widget.down, widget.across):

        def hear(key=None, slider=slider):
            heard.append(slider.min <= slider.value <= slider.max and slider.min < slider.max)

        monkeypatch.setattr(slider, "send_state", hear)
    widget.down.value, widget.across.value = widget.down.max, widget.across.max
    widget.times.value = 8
    widget.across.value = widget.across.max
    widget.scale.value = 2
    upload(widget, images.png_bytes(picture_of(1, 20, 200)), "strip.png")
    assert (widget.down.disabled, widget.across.disabled) == (True, False)
    widget.photo.value = "retina"
    widget.extent.value = "middle"
    widget.scale.value = 4
    assert (widget.down.disabled, widget.across.disabled) == (False, False)
    assert widget.message.value == ""
    assert len(heard) > 20
    assert all(heard)


def test_an_upload_becomes_the_photograph_as_it_is(widget):
    content = images.png_bytes(picture_of(3, 61, 45))
    upload(widget, content, "cat.png")
    assert widget.message.value == ""
    assert widget.photo.label == "yours: cat.png"
    assert state_of(widget).photo == content
    assert state_of(widget).size == (61, 45)
    assert widget.upload.value == ()
    before = bytes(widget.picture.value)
    for wrong, message in (
        (b"\x89PNG this is not", "dog.png: cannot be read as an image"),
        (images.png_bytes(torch.rand(3, 100, 100))[:3000], "dog.png: cannot be read to its end"),
        (images.png_bytes(torch.rand(3, 9, 100)), "dog.png: 100x9 pixels, at least 16x16 are needed"),
    ):
        upload(widget, wrong, "dog.png")
        assert message in widget.message.value
        assert bytes(widget.picture.value) == before
        assert widget.photo.label == "yours: cat.png"


def test_a_large_upload_is_a_message_and_a_choice(widget, monkeypatch):
    monkeypatch.setattr(your_photo, "LIMIT", 9 * 60 * 80)
    before = bytes(widget.picture.value)
    upload(widget, images.png_bytes(picture_of(3, 120, 160)), "cat.png")
    assert "160x120 pixels at ×3 are 0.2 megapixels" in widget.message.value
    assert "choose the middle part or a smaller scale" in widget.message.value
    assert bytes(widget.picture.value) == before
    widget.make.click()
    assert "choose the middle part" in widget.message.value
    assert widget.link.value == ""
    widget.extent.value = "middle"
    assert widget.message.value == ""
    assert state_of(widget).size == (60, 80)
    assert "the middle part, 80x60 pixels" in widget.numbers.value
    widget.make.click()
    assert saved(widget.link.value)[1].shape == (3, 180, 240)


def test_the_button_makes_the_whole_with_progress_and_a_link(widget, monkeypatch):
    monkeypatch.setattr(your_photo, "TILE", 32)
    upload(widget, images.png_bytes(picture_of(3, 61, 45)), "my cat.jpeg")
    widget.method.value = "espcn"
    seen = []
    widget.progress.observe(lambda change: seen.append((widget.progress.layout.visibility, widget.make.disabled)), "value")
    widget.make.click()
    assert widget.message.value == ""
    name, picture = saved(widget.link.value)
    assert name == "my_cat_espcn_x3.png"
    assert torch.allclose(picture, enlarged(state_of(widget)), atol=0.51 / 255)
    assert f"Save {name} (135x183 pixels, 0.0 MB)" in widget.link.value
    assert seen == [("visible", True)] * 4
    assert (widget.progress.value, widget.progress.max, widget.progress.description) == (4, 4, "4 of 4")
    assert (widget.progress.layout.visibility, widget.make.disabled) == ("hidden", False)


@pytest.mark.parametrize(
    ("control", "value", "forgets"),
    [
        ("photo", "moon", True),
        ("scale", 2, True),
        ("method", "nearest", True),
        ("extent", "middle", True),
        ("divider", 3, False),
        ("down", 3, False),
        ("times", 8, False),
    ],
)
def test_the_link_goes_when_it_belongs_to_something_else(widget, control, value, forgets):
    widget.link.value = "here"
    getattr(widget, control).value = value
    assert (widget.link.value == "") == forgets


def test_what_goes_wrong_while_making_is_a_message_and_the_button_works_again(widget, monkeypatch):
    def broken(*of):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(your_photo, "enlarged", broken)
    widget.make.click()
    assert "RuntimeError: out of memory" in widget.message.value
    assert (widget.progress.layout.visibility, widget.make.disabled, widget.link.value) == ("hidden", False, "")
    monkeypatch.setattr(your_photo, "enlarged", lambda *of: torch.rand(3, 8, 8))
    widget.make.click()
    assert widget.message.value == ""
    assert 'download="flower_srresnet' not in widget.link.value  # which there is for ×4 only
    assert 'download="flower_fsrcnn_x3.png"' in widget.link.value


def test_limits_and_missing_networks_are_said(zoo_with):
    zoo_with("fsrcnn-x3")
    words = YourPhoto().children[5].value
    for limit in ("12 megapixels", "×2 of 2000x1500", "×3 of 1333x1000", "×4 of 1000x750", "10 MB", "24 megapixels", "espcn-x3"):
        assert limit in words


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:4] for control in row.children] + [widget.make]
    assert len(controls) == 10
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False
    for control in (widget.upload, widget.make):
        assert control.tooltip  # a button without one says "null" to screen readers


def test_all_bundled_photographs_can_be_chosen(widget):
    assert [value for _, value in widget.photo.options] == data.photo_names()
