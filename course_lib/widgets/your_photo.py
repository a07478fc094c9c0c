"""Your photo: enlarge a photograph itself, compare with bicubic interpolation, take the result home.

`render` draws a `State`, `enlarged` makes the whole result by tiles, and `YourPhoto` is the widget. Nothing is made small first here, so
there is no truth to compare with and no PSNR: how far a network is from bicubic can be said, which is nearer to the scene cannot. While
controls move, only the part that is shown is enlarged, with as much around it as the network looks at: its pixels are those of the whole.
"""

import base64
import html
import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib import data, images
from course_lib.models.super_resolution import SCALES, require_scale
from course_lib.tiles import by_tiles
from course_lib.widgets.base import Explorer, set_range
from course_lib.widgets.denoise_bench import enlarge, photo_list, require_photo, upload_button
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, font
from course_lib.widgets.swipe import (
    BESIDE,
    HEIGHT,
    METHODS,
    NETWORKS,
    PANEL,
    SIZE,
    TITLE,
    WIDTH,
    available,
    colours,
    divider_slider,
    draw_swipe,
    missing_words,
    network,
    offer_methods,
    png,
    require_divider,
    require_method,
    scale_list,
    size_of,
    super_resolved,
    usual_network,
)

__all__ = ["EXTENTS", "LIMIT", "READ_LIMIT", "State", "YourPhoto", "describe", "download_link", "enlarged", "file_name", "render"]

LIMIT = 12e6  # pixels of a result: they take an SRCNN, the slowest of the networks for luminance, some 15 seconds of one CPU core
READ_LIMIT = 24e6  # pixels of a file: as float32, in colour, 288 MB
SMALLEST = 16  # pixels, the least height and width
TIMES = (2, 4, 8)  # how large one pixel of the result is drawn
TILE = 192  # the side of a tile, in pixels of the photograph
YOURS = "yours: "  # before the name of an uploaded file, in the list of photographs
EXTENTS = {"whole": "the whole", "middle": "the middle part"}


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    photo : str or bytes
        A name of `course_lib.data.photo_names`, or an image file in memory, 16 x 16 pixels to 24 megapixels.
    scale : int
        2, 3 or 4.
    method : str, optional
        One of `swipe.available(scale)` but the truth, which there is not; a network if left out, nearest where there is none.
    extent : str
        ``"whole"``: all of the photograph, if the result has at most 12 megapixels. ``"middle"``: of a larger one as much of its middle as
        that allows, in the same proportions.
    divider : int
        Where it stands, in per cent of the width: left of it is bicubic interpolation, right of it the method.
    zoom : tuple of three int, or None
        (down, across, times): the corner of the part that is shown, in pixels of the photograph, and how large a pixel of the result is
        drawn, 2, 4 or 8; the part is 480 / (scale · times) pixels wide and high, or the photograph if that is smaller. None is the middle
        at 2.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind, or a network's weights are not there.

    Examples
    --------
    >>> State("camera", 2).zoom
    (196, 196, 2)
    >>> State("retina", 4)
    Traceback (most recent call last):
    ...
    ValueError: photo: 1411x1411 pixels at ×4 are 31.9 megapixels, at most 12 are made; choose the middle part or a smaller scale
    """

    photo: str | bytes = "flower"
    scale: int = 3
    method: str | None = None
    extent: str = "whole"
    divider: int = 50
    zoom: tuple[int, int, int] | None = None

    def __post_init__(self):
        require_photo(self.photo)
        require_scale(self.scale)
        if self.method is None:
            object.__setattr__(self, "method", usual_network(self.scale) or "nearest")
        if self.method == "truth":
            raise ValueError("method: got 'truth', of which there is none here; widgets.Swipe compares with one")
        require_method(self.method, self.scale, "method")
        if self.extent not in EXTENTS:
            raise ValueError(f"extent: got {self.extent!r}, expected one of {', '.join(EXTENTS)}")
        height, width = photo_size(self.photo)
        pixels = height * width * self.scale**2
        if self.extent == "whole" and pixels > LIMIT:
            raise ValueError(
                f"photo: {width}x{height} pixels at ×{self.scale} are {pixels / 1e6:.1f} megapixels, at most {LIMIT / 1e6:.0f} are made; "
                "choose the middle part or a smaller scale"
            )
        require_divider(self.divider)
        if self.zoom is None:
            object.__setattr__(self, "zoom", _middle(self.size, self.scale, 2))
        integers = isinstance(self.zoom, tuple) and len(self.zoom) == 3 and all(type(v) is int for v in self.zoom)
        if not integers or self.zoom[2] not in TIMES or not all(0 <= v <= m for v, m in zip(self.zoom[:2], self.room, strict=True)):
            raise ValueError(
                f"zoom: got {self.zoom!r}, expected (down, across, times) of a part inside {self.size[1]}x{self.size[0]}, times in {TIMES}"
            )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of what is enlarged, in pixels of the photograph."""
        return extent_size(photo_size(self.photo), self.scale, self.extent)

    @property
    def part(self) -> tuple[int, int]:
        """Height and width of the part that is shown, in pixels of the photograph."""
        return _part(self.size, self.scale, self.zoom[2])

    @property
    def room(self) -> tuple[int, int]:
        """The largest places (down, across) of the part."""
        return tuple(length - part for length, part in zip(self.size, self.part, strict=True))


@lru_cache(maxsize=8)  # the keys are whole files
def photo_size(photo: str | bytes, name: str = "photo") -> tuple[int, int]:
    """Height and width of a photograph, upright.

    Raises
    ------
    ValueError
        If it is no image that can be read to its end, too small, or too large to be read; the message begins with the name.

    Examples
    --------
    >>> photo_size("camera")
    (512, 512)
    """
    if isinstance(photo, str):
        return tuple(data.photo(photo).shape[-2:])
    height, width = size_of(photo, name)
    if min(height, width) < SMALLEST:
        raise ValueError(f"{name}: {width}x{height} pixels, at least {SMALLEST}x{SMALLEST} are needed; choose a larger picture")
    if height * width > READ_LIMIT:
        raise ValueError(f"{name}: {width}x{height} pixels, at most {READ_LIMIT / 1e6:.0f} megapixels are read; cut a part out of it first")
    try:
        return tuple(images.load(io.BytesIO(photo)).shape[-2:])
    except ValueError as error:  # damaged behind its header
        raise ValueError(f"{name}: cannot be read to its end; open it in a viewer, or fetch it again") from error


def extent_size(size: tuple[int, int], scale: int, extent: str) -> tuple[int, int]:
    """Height and width of what is enlarged of a photograph of this size.

    Examples
    --------
    >>> extent_size((3000, 4000), 4, "middle")
    (750, 1000)
    """
    height, width = size
    share = 1 if extent == "whole" else min(1, math.sqrt(LIMIT / (height * width)) / scale)
    return math.floor(height * share), math.floor(width * share)


def _part(size: tuple[int, int], scale: int, times: int) -> tuple[int, int]:
    side = PANEL // (scale * times)
    return min(side, size[0]), min(side, size[1])


def _middle(size: tuple[int, int], scale: int, times: int) -> tuple[int, int, int]:
    """The zoom on the middle."""
    down, across = ((length - part) // 2 for length, part in zip(size, _part(size, scale, times), strict=True))
    return down, across, times


# ------------------------------------------------------------------------------------------------------------------- the images


@lru_cache(maxsize=4)
def _photograph(photo: str | bytes, scale: int, extent: str) -> Float[Tensor, "c h w"]:
    """What is enlarged."""
    x = data.photo(photo) if isinstance(photo, str) else images.load(io.BytesIO(photo))
    height, width = extent_size(tuple(x.shape[-2:]), scale, extent)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[:, top : top + height, left : left + width].clone()  # not a view, which would keep the whole


def _margin(method: str, scale: int) -> int:
    """How many pixels of the photograph beyond its place a pixel of the result depends on; interpolation of the colours: two."""
    return max(2, network(f"{method}-x{scale}").margin if method in NETWORKS else 0)


# Keyed by what the part depends on, not by the whole state: moving the divider computes nothing anew.
@lru_cache(maxsize=32)
def _shown(
    photo: str | bytes, scale: int, method: str, extent: str, corner: tuple[int, int], part: tuple[int, int]
) -> UInt8[Tensor, "c h w"]:
    """A part of the result, rounded to 8 bits, from that part of the photograph and the margin that the method needs."""
    y, margin = _photograph(photo, scale, extent), _margin(method, scale)
    top, left = (max(0, begin - margin) for begin in corner)
    around = y[:, top : corner[0] + part[0] + margin, left : corner[1] + part[1] + margin]
    result = super_resolved(method, around, scale)
    down, across = scale * (corner[0] - top), scale * (corner[1] - left)
    return images.to_uint8(result[:, down : down + scale * part[0], across : across + scale * part[1]])


def _sides(state: State) -> tuple[UInt8[Tensor, "c h w"], UInt8[Tensor, "c h w"]]:
    """The part by bicubic interpolation, and by the method."""
    return tuple(_shown(state.photo, state.scale, method, state.extent, state.zoom[:2], state.part) for method in ("bicubic", state.method))


def enlarged(state: State, progress: Callable[[int, int], None] = lambda done, of: None) -> Float[Tensor, "c h2 w2"]:
    """Enlarge the photograph, or its middle part, by tiles.

    Parameters
    ----------
    state : State
        Its divider and zoom do not matter.
    progress : callable (done, of)
        Is told after each tile how many of how many are done.

    Returns
    -------
    Tensor, shape (c, scale·h, scale·w)
        x̂, clipped to [0, 1].

    Examples
    --------
    >>> enlarged(State("page", 2, "bicubic"), lambda done, of: print(done, "of", of)).shape
    1 of 2
    2 of 2
    torch.Size([1, 382, 768])
    """
    y, done = _photograph(state.photo, state.scale, state.extent), 0
    of = math.prod(-(-length // TILE) for length in y.shape[-2:])

    def enlarge_tile(piece: Tensor) -> Tensor:
        nonlocal done
        result = super_resolved(state.method, piece, state.scale)
        done += 1
        progress(done, of)
        return result

    return by_tiles(enlarge_tile, y, margin=_margin(state.method, state.scale), tile=TILE, scale=state.scale).clamp_(0, 1)


def difference(state: State) -> float:
    """How far the method is from bicubic interpolation in the part: the root mean square difference of Y, in grey levels."""
    bicubic, other = (images.luma(images.from_uint8(side)) for side in _sides(state))
    return 255 * math.sqrt(float((other - bicubic).square().mean()))


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers.

    Examples
    --------
    >>> describe(State("page", 2, "bicubic")).split(". ")[0]
    'page, 384x191 pixels, enlarged ×2 to 768x382'
    """
    name = state.photo if isinstance(state.photo, str) else "Your photograph"
    height, width = state.size
    down, across, times = state.zoom
    rows, columns = state.part
    middle = ", the middle part" if state.size != photo_size(state.photo) else ""
    return (
        f"{name}{middle}, {width}x{height} pixels, enlarged ×{state.scale} to {state.scale * width}x{state.scale * height}. "
        f"Left of the divider: Bicubic. Right of the divider: {METHODS[state.method]}. The divider stands at {state.divider} %. "
        f"Part: rows {down} to {down + rows - 1}, columns {across} to {across + columns - 1} of the photograph, "
        f"drawn {times} times as large as the result; the two differ there by {difference(state):.1f} grey levels (root mean square, Y). "
        "The photograph itself is enlarged: there is no truth, and no PSNR."
    )


# ---------------------------------------------------------------------------------------------------------------------- drawing


def render(state: State) -> bytes:
    """Draw the state: the part enlarged in two ways with the divider, the photograph with a frame around the part, and the part as it came.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file of 764 x 532 pixels; the same state gives the same bytes.

    Examples
    --------
    >>> render(State(method="nearest"))[:4]
    b'\\x89PNG'
    """
    from PIL import Image, ImageDraw

    down, across, times = state.zoom
    (height, width), (rows, columns) = state.size, state.part
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    bicubic, other = (enlarge(colours(side), times) for side in _sides(state))
    captions = [("Bicubic", "no network"), (METHODS[state.method], f"differs by {difference(state):.1f} grey levels (rms)")]
    draw_swipe(picture, draw, bicubic, other, state.divider, captions)

    name = state.photo if isinstance(state.photo, str) else "your photograph"
    draw.text((BESIDE, 16), f"{name}, {width}×{height} pixels", INK, font(13, bold=True), anchor="ls")
    draw.text((BESIDE, 35), f"becomes {state.scale * width}×{state.scale * height} at ×{state.scale}", FAINT, font(12), anchor="ls")
    overview = Image.fromarray(_overview(state.photo, state.scale, state.extent))
    picture.paste(overview, (BESIDE, TITLE))
    draw.rectangle((BESIDE - 1, TITLE - 1, BESIDE + overview.width, TITLE + overview.height), outline=LINE)
    share = overview.width / width
    left, top, right, bottom = (round(share * place) for place in (across, down, across + columns, down + rows))
    # an orange frame around the part with a white rim, at least so large that it is seen
    box = BESIDE + left, TITLE + top, BESIDE + max(right, left + 6) - 1, TITLE + max(bottom, top + 6) - 1
    draw.rectangle(box, outline=FRAME, width=2)
    draw.rectangle((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), outline=(255, 255, 255))

    below = TITLE + overview.height + 50  # of the part as it came, which has at most 120 rows
    draw.text((BESIDE, below - 24), "The part as it came", INK, font(13, bold=True), anchor="ls")
    draw.text((BESIDE, below - 7), f"{columns}×{rows} pixels, not enlarged", FAINT, font(12), anchor="ls")
    y = _photograph(state.photo, state.scale, state.extent)[:, down : down + rows, across : across + columns]
    picture.paste(Image.fromarray(colours(images.to_uint8(y))), (BESIDE, below))
    draw.text((BESIDE, HEIGHT - 27), "No truth, no PSNR: nothing was", FAINT, font(12), anchor="ls")
    draw.text((BESIDE, HEIGHT - 11), "made small first.", FAINT, font(12), anchor="ls")
    return png(picture)


@lru_cache(maxsize=4)
def _overview(photo: str | bytes, scale: int, extent: str) -> UInt8[np.ndarray, "h w 3"]:
    """What is enlarged, fitted into a square of 252 pixels."""
    from PIL import Image

    whole = Image.fromarray(colours(images.to_uint8(_photograph(photo, scale, extent))))
    share = SIZE / max(whole.size)
    size = (max(1, round(share * whole.width)), max(1, round(share * whole.height)))
    return np.asarray(whole.resize(size, Image.Resampling.LANCZOS if share < 1 else Image.Resampling.NEAREST))


# ------------------------------------------------------------------------------------------------------------------ the widget


def file_name(photo: str, method: str, scale: int) -> str:
    """The name that a result is saved under.

    Examples
    --------
    >>> file_name("my cat.v2.jpeg", "fsrcnn", 3)
    'my_cat.v2_fsrcnn_x3.png'
    """
    stem = re.sub(r"[^\w.-]+", "_", Path(photo).stem).strip("._") or "photo"
    return f"{stem}_{method}_x{scale}.png"


def download_link(content: bytes, name: str, text: str) -> str:
    """A link that saves a PNG file: the file stands in the link itself, so no server and no network are needed.

    Examples
    --------
    >>> download_link(b"png", "cat.png", "Save cat.png")
    '<a download="cat.png" href="data:image/png;base64,cG5n"><u>Save cat.png</u></a>'
    """
    coded = base64.b64encode(content).decode()
    return f'<a download="{html.escape(name)}" href="data:image/png;base64,{coded}"><u>{html.escape(text)}</u></a>'


class YourPhoto(Explorer):
    """Upload a photograph or choose one, enlarge it, compare with bicubic interpolation, and save the result.

    Attributes
    ----------
    photo, upload, scale, method, extent, divider, down, across, times, make
        The controls, in the order in which Tab visits them; `make` enlarges everything, which may take a while.
    progress : ipywidgets.IntProgress
        How many tiles are done; there while something is made.
    link : ipywidgets.HTML
        Saves what was made; empty until then, and when another photograph, scale, method or extent is chosen.

    Examples
    --------
    >>> your_photo = YourPhoto()
    >>> your_photo.method.value = "bicubic"
    >>> your_photo.make.click()
    >>> 'download="flower_bicubic_x3.png"' in your_photo.link.value
    True
    """

    def __init__(self):
        state = State()
        wide = {"description_width": "90px"}
        self.photo = photo_list(state.photo)
        self.upload = upload_button()
        self.scale = scale_list(state.scale)
        self.method = widgets.Dropdown(description="Method", style=wide, layout={"width": "260px"})
        self._offer_methods(state.method)
        self.extent = widgets.Dropdown(
            options=[(words, key) for key, words in EXTENTS.items()],
            value=state.extent,
            description="Enlarge",
            style={"description_width": "60px"},
            layout={"width": "230px"},
        )
        self.divider = divider_slider(state.divider)
        self.down, self.across = (
            widgets.IntSlider(value=value, max=highest, description=name, style=wide, layout={"width": "300px"})
            for name, value, highest in zip(("Part, down", "Part, across"), state.zoom, state.room, strict=False)
        )
        self.times = widgets.Dropdown(
            options=[(f"pixels ×{times}", times) for times in TIMES],
            value=state.zoom[2],
            description="Part, zoom",
            style=wide,
            layout={"width": "200px"},
        )
        self.make = widgets.Button(
            description="Enlarge all of it",
            tooltip="Enlarge everything, tile by tile, for saving",
            icon="expand",
            layout={"width": "190px"},
        )
        self.progress = widgets.IntProgress(layout={"width": "200px", "visibility": "hidden"})
        self.link = widgets.HTML()
        largest = ((scale, extent_size((3000, 4000), scale, "middle")) for scale in SCALES)
        limits = ", ".join(f"at ×{scale} of {width}x{height}" for scale, (height, width) in largest)
        super().__init__(
            [
                (self.photo, self.upload, self.scale),
                (self.method, self.extent),
                (self.divider,),
                (self.down, self.across, self.times),
                (self.make, self.progress, self.link),
            ],
            read=self._state,
            render=render,
            describe=describe,
            hint=f"A result has up to {LIMIT / 1e6:.0f} megapixels: {limits} pixels; of a larger photograph choose the middle part. "
            f"Your own file may have up to 10 MB and {READ_LIMIT / 1e6:.0f} megapixels.{missing_words()}",
        )
        self.watch(self.method, self.divider, self.down, self.across)
        self.upload.observe(self._take_upload, "value")
        self.scale.observe(self._change_scale, "value")
        self.photo.observe(self._change_photo, "value")
        self.extent.observe(self._change_photo, "value")
        self.times.observe(self._change_times, "value")
        for control in (self.photo, self.scale, self.method, self.extent):
            control.observe(self._forget, "value")
        self.make.on_click(self._make)

    def _state(self) -> State:
        zoom = (self.down.value, self.across.value, self.times.value)
        return State(self.photo.value, self.scale.value, self.method.value, self.extent.value, self.divider.value, zoom)

    def _offer_methods(self, method: str) -> None:
        """Fill the list with what there is at this scale, and choose; where the method is not offered, the usual one."""
        methods = tuple(each for each in available(self.scale.value) if each != "truth")
        offer_methods(self.method, methods, method, State(scale=self.scale.value).method)

    def _fit_zoom(self, *, keep: bool) -> None:
        """Give the sliders the ranges that fit the photograph and the part; keep the part's middle, or go to the photograph's.

        The middle of a range is the middle of the photograph, whatever part is enlarged of it and however large a part is shown.
        """
        size = extent_size(photo_size(self.photo.value), self.scale.value, self.extent.value)
        for slider, length, side in zip((self.down, self.across), size, _part(size, self.scale.value, self.times.value), strict=True):
            highest, offset = length - side, slider.value - slider.max // 2 if keep else 0
            slider.disabled = highest == 0  # all of it is shown; the browser's slider must have a range nevertheless
            set_range(slider, 0, max(1, highest), min(max(highest // 2 + offset, 0), highest))

    def _change_scale(self, change: dict) -> None:
        with self.one_update():
            self._offer_methods(self.method.value)
            self._fit_zoom(keep=True)

    def _change_times(self, change: dict) -> None:
        with self.one_update():
            self._fit_zoom(keep=True)

    def _change_photo(self, change: dict) -> None:
        with self.one_update():
            self._fit_zoom(keep=False)

    def _take_upload(self, change: dict) -> None:
        """Put the file into the list of photographs as it is, and choose it."""
        if not change["new"]:  # emptied
            return
        file = change["new"][0]
        self.upload.value = ()  # so that the same file can be chosen again
        with self.one_update():
            content, name = bytes(file["content"]), file["name"]
            photo_size(content, name)  # says what is wrong with it
            kept = [option for option in self.photo.options if option[0] in data.photo_names()]
            self.photo.options = [*kept, (f"{YOURS}{name}", content)]
            self.photo.value = content

    def _forget(self, change: dict) -> None:
        """What was made is not what is shown any more."""
        self.link.value = ""

    def _make(self, button: widgets.Button) -> None:
        """Enlarge everything, and offer it for saving."""
        with self.one_update():
            self.link.value = ""
            state = self._state()
            self.make.disabled, self.progress.layout.visibility = True, "visible"
            try:
                content = images.png_bytes(enlarged(state, self._show_progress))
            finally:
                self.make.disabled, self.progress.layout.visibility = False, "hidden"
            name = file_name(self.photo.label.removeprefix(YOURS), state.method, state.scale)
            height, width = (state.scale * length for length in state.size)
            self.link.value = download_link(content, name, f"Save {name} ({width}x{height} pixels, {len(content) / 1e6:.1f} MB)")

    def _show_progress(self, done: int, of: int) -> None:
        self.progress.max, self.progress.value, self.progress.description = of, done, f"{done} of {of}"
