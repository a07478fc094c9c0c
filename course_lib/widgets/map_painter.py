"""The map painter: edit a label map by mouse and keyboard, and see the picture that pix2pix makes of it.

`load_board` loads a generator with what its maps are made of; `State` is a map to start from and what was stamped into it, `render` draws
it beside the generator's picture, `describe` says it in words, `static_sheet` is the lesson for places where widgets do not run, and
`MapPainter` is the widget. There are two worlds: house fronts (`course_lib.data.facades`), and street scenes (`course_lib.data.scenes`),
where the known rule can say whether the picture shows what the map asks for.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib import images, zoo
from course_lib.data import facades, scenes
from course_lib.metrics import pixel_accuracy
from course_lib.models import UNet
from course_lib.widgets.base import Explorer
from course_lib.widgets.denoise_bench import enlarge, upload_button
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font
from course_lib.widgets.swipe import size_of
from course_lib.widgets.your_photo import download_link

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from course_lib.plots import Figure

__all__ = ["WORLDS", "Board", "MapPainter", "State", "World", "describe", "load_board", "read_map", "render", "static_sheet"]

CELLS = 16  # buttons across the map, and down
LAST_SEED = 9999
LEAST = 8  # grey levels by which a pixel must differ to be called changed

Rectangle = tuple[str, int, int, int, int]  # class, then top, left, bottom and right in pixels, bottom and right beyond the last pixel


def _centred(what: str, height: int, width: int, y: int = 0, x: int = 0) -> Rectangle:
    """A rectangle of this size, its middle so far below and to the right of the place."""
    top, left = y - height // 2, x - width // 2
    return what, top, left, top + height, left + width


def _rows(what: str, top: int, widths: Sequence[int], height: int = 1) -> tuple[Rectangle, ...]:
    """Centred rows of these widths, one below the other: a roof, or the crown of a tree."""
    return tuple((what, top + k * height, -(w // 2), top + (k + 1) * height, w - w // 2) for k, w in enumerate(widths))


@dataclass(frozen=True, eq=False)
class World:
    """A kind of label maps.

    Attributes
    ----------
    data : module
        Has `CLASSES`, `PALETTE`, `draw`, `to_rgb` and `to_labels`; where it has `read` too, pictures are read back.
    size : int
        Side of the maps in pixels.
    weights : str
        The generator that ships with the course.
    stamps : dict
        The rectangles of each stamp, around its place, the later over the earlier.
    plain : tuple of rectangles
        The map with nothing on it.
    start : int
        The seed of the map to begin with.
    map, picture, plainly : str
        What one of the maps, of the pictures and the plain map are called.
    """

    data: ModuleType
    size: int
    weights: str
    stamps: dict[str, tuple[Rectangle, ...]]
    plain: tuple[Rectangle, ...]
    start: int
    map: str
    picture: str
    plainly: str


WORLDS = {
    "facades": World(
        data=facades,
        size=128,
        weights="pix2pix-facades",
        stamps={
            "window": (_centred("window", 16, 12), _centred("sill", 3, 16, 9)),
            "window with blinds": (_centred("window", 16, 10), _centred("blind", 16, 4, 0, -7), _centred("blind", 16, 4, 0, 7)),
            "door": (_centred("door", 24, 14),),
            "shop": (_centred("shop", 20, 26),),
            "balcony": (_centred("balcony", 8, 22),),
            "cornice": (_centred("cornice", 4, 16),),
            "moulding": (_centred("moulding", 5, 36),),
            "pillar": (_centred("pillar", 40, 4),),
            "decoration": (_centred("decoration", 9, 9),),
            "wall": (_centred("wall", 20, 20),),
            "background": (_centred("background", 20, 20),),
        },
        plain=(("background", 0, 0, 128, 128), ("wall", 18, 8, 128, 120)),
        start=16,
        map="house front",
        picture="façade",
        plainly="a plain wall",
    ),
    "scenes": World(
        data=scenes,
        size=64,
        weights="pix2pix-scenes",
        stamps={
            "house": (
                _centred("wall", 16, 20),
                *_rows("roof", -16, (4, 7, 10, 13, 16, 19, 21, 23)),
                _centred("window", 6, 5, -1, -5),
                _centred("door", 9, 5, 3, 5),
            ),
            "window": (_centred("window", 7, 6),),
            "door": (_centred("door", 9, 5),),
            "roof": _rows("roof", -4, (4, 7, 10, 13, 16, 19, 21, 23)),
            "wall": (_centred("wall", 12, 12),),
            "tree": (*_rows("tree", -8, (5, 7, 9, 9, 9, 9, 7, 5)), ("tree", 0, -1, 8, 1)),
            "path": (_centred("path", 8, 6),),
            "ground": (_centred("ground", 10, 10),),
            "sky": (_centred("sky", 10, 10),),
        },
        plain=(("sky", 0, 0, 64, 64), ("ground", 38, 0, 64, 64)),
        start=5,
        map="scene",
        picture="picture",
        plainly="sky and ground",
    ),
}


@dataclass(frozen=True, eq=False)
class Board:
    """A generator with the world of its maps.

    Attributes
    ----------
    name : str
        Of the weights.
    model : UNet
        In eval mode, from 3 channels to 3.
    world : World
    """

    name: str
    model: UNet
    world: World


@lru_cache(maxsize=4)
def load_board(world: str = "facades", name: str | None = None, folder: str | Path | None = None) -> Board:
    """Load a generator that makes pictures of label maps.

    Parameters
    ----------
    world : {"facades", "scenes"}
        What the maps show.
    name : str, optional
        The weights: those of the world if left out, pix2pix-facades or pix2pix-scenes.
    folder : path, optional
        Where they lie; those that ship with the course if left out.

    Raises
    ------
    ValueError
        If there is no such world, there are no such weights, or they do not translate such maps.
    """
    if world not in WORLDS:
        raise ValueError(f"world: got {world!r}, expected {' or '.join(map(repr, WORLDS))}")
    name = WORLDS[world].weights if name is None else name
    model = zoo.load(name, folder=zoo.WEIGHTS if folder is None else folder)
    if not isinstance(model, UNet) or model.input_channels != 3:
        raise ValueError(f"name: {name!r} is a {type(model).__name__} that takes no maps, expected a U-Net such as {WORLDS[world].weights}")
    if WORLDS[world].size % 2**model.depth:
        raise ValueError(f"name: {name!r} halves images {model.depth} times, and the maps here have {WORLDS[world].size} pixels")
    return Board(name, model, WORLDS[world])


# ----------------------------------------------------------------------------------------------------------------------- the map

Stamp = tuple[str, int, int]  # its name, and the row and column of its place


def _fill(labels: Int64[Tensor, "h w"], world: World, rectangles: Sequence[Rectangle], row: int = 0, column: int = 0) -> None:
    for what, top, left, bottom, right in rectangles:
        down, across = (slice(max(a, 0), max(b, 0)) for a, b in ((row + top, row + bottom), (column + left, column + right)))
        labels[down, across] = world.data.CLASSES.index(what)


@lru_cache(maxsize=16)
def _start(world: World, start: int | str | bytes) -> Int64[Tensor, "h w"]:
    if isinstance(start, bytes):
        labels = world.data.to_labels(images.load(io.BytesIO(start), mode="rgb"))
        if labels.shape != (world.size, world.size):
            height, width = labels.shape
            raise ValueError(f"start: got a map of {width}x{height} pixels, expected {world.size}x{world.size}")
        return labels
    if isinstance(start, int):
        return world.data.draw(1, world.size, start)[0]
    labels = torch.zeros(world.size, world.size, dtype=torch.int64)
    _fill(labels, world, world.plain)
    return labels


def read_map(content: bytes, world: World, name: str = "the file") -> bytes:
    """Check that an image file is a label map.

    Parameters
    ----------
    content : bytes
        The file.
    world : World
    name : str
        For the message.

    Returns
    -------
    bytes
        The same map as a PNG file in memory.

    Raises
    ------
    ValueError
        Damaged, no image, of another size, or with a colour that stands for no class; the message begins with the name.

    Examples
    --------
    >>> png = images.png_bytes(scenes.to_rgb(scenes.draw(1)[0]))
    >>> read_map(png, WORLDS["scenes"]) == png
    True
    """
    height, width = size_of(content, name)
    if height != world.size or width != world.size:
        raise ValueError(
            f"{name}: {width}x{height} pixels, a map has {world.size}x{world.size}; save the map of this widget, and paint in that file"
        )
    try:
        labels = world.data.to_labels(images.load(io.BytesIO(content), mode="rgb"))
    except ValueError as error:
        raise ValueError(f"{name}: {str(error).removeprefix('map_rgb: ')}") from error
    return images.png_bytes(world.data.to_rgb(labels))


@dataclass(frozen=True)
class State:
    """A label map, and how the generator is to translate it.

    Parameters
    ----------
    board : Board
    start : int, str or bytes, optional
        The map to begin with: the seed of one that is drawn, 0 to 9999; ``"plain"``, with nothing on it; or a label map as a PNG file in
        memory, as `read_map` makes it. The world's own `start` if left out.
    stamps : tuple of (str, int, int)
        What is stamped into it, in this order: the name of the stamp, and row and column of its middle. What lies beyond the border is
        cut off.
    noise : int, optional
        The seed of the dropout, 0 to 9999; without one nothing is dropped.
    cursor : (str, int, int), optional
        A stamp that is not there yet: its outline is drawn.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.
    """

    board: Board
    start: int | str | bytes | None = None
    stamps: tuple[Stamp, ...] = ()
    noise: int | None = None
    cursor: Stamp | None = None

    def __post_init__(self):
        if not isinstance(self.board, Board):
            raise TypeError(f"board: got {type(self.board).__name__}, expected a Board; load_board(world) makes one")
        if self.start is None:
            object.__setattr__(self, "start", self.board.world.start)
        if isinstance(self.start, bytes):
            _start(self.board.world, self.start)
        elif self.start != "plain":
            _require_seed("start", self.start, " or 'plain', or the bytes of a PNG file")
        if not isinstance(self.stamps, tuple):
            raise TypeError(f"stamps: got {type(self.stamps).__name__}, expected a tuple of (name, row, column)")
        for stamp in self.stamps:
            _require_stamp("stamps", stamp, self.board.world)
        if self.noise is not None:
            _require_seed("noise", self.noise, ", or None")
        if self.cursor is not None:
            _require_stamp("cursor", self.cursor, self.board.world)

    @property
    def labels(self) -> Int64[Tensor, "h w"]:
        """The map: indices into the classes of the world."""
        labels = _start(self.board.world, self.start).clone()
        for name, row, column in self.stamps:
            _fill(labels, self.board.world, self.board.world.stamps[name], row, column)
        return labels


def _require_seed(name: str, seed: int, otherwise: str) -> None:
    if type(seed) is not int or not 0 <= seed <= LAST_SEED:
        raise ValueError(f"{name}: got {seed!r}, expected a whole number from 0 to {LAST_SEED}{otherwise}")


def _require_stamp(name: str, stamp: Stamp, world: World) -> None:
    if not isinstance(stamp, tuple) or len(stamp) != 3:
        raise ValueError(f"{name}: got {stamp!r}, expected (name, row, column)")
    what, *place = stamp
    if what not in world.stamps:
        raise ValueError(f"{name}: there is no stamp {what!r}; there are {', '.join(world.stamps)}")
    if not all(type(at) is int and 0 <= at < world.size for at in place):
        raise ValueError(f"{name}: got row and column {place[0]!r}, {place[1]!r}, expected whole numbers from 0 to {world.size - 1}")


# ------------------------------------------------------------------------------------------------------------------- the picture


@lru_cache(maxsize=32)
def _picture(state: State) -> Float[Tensor, "3 h w"]:
    """What the generator makes of the map. The cursor plays no part: hand the state in without."""
    generator = None if state.noise is None else torch.Generator().manual_seed(state.noise)
    return state.board.model.translate(state.board.world.data.to_rgb(state.labels)[None], generator)[0].cpu()


@dataclass(frozen=True, eq=False)
class _Change:
    """What the last stamp did: where the map is another, and by how many grey levels the picture is."""

    asked: Tensor  # (h, w) bool
    levels: Tensor  # (h, w), the largest difference of the three colours
    changed: int
    inside: int
    farthest: int


@lru_cache(maxsize=8)
def _change(state: State) -> _Change | None:
    """None where nothing was stamped."""
    if not state.stamps:
        return None
    before = replace(state, stamps=state.stamps[:-1])
    asked = state.labels != before.labels
    levels = 255 * (_picture(state) - _picture(before)).abs().amax(0)
    changed, farthest = levels >= LEAST, 0
    if asked.any() and changed.any():
        # to the smallest rectangle around the change of the map
        beyond = [
            torch.maximum(places.amin() - axis, axis - places.amax()).clamp_min(0)
            for places, axis in zip(asked.nonzero(as_tuple=True), changed.nonzero(as_tuple=True), strict=True)
        ]
        farthest = int(torch.maximum(*beyond).max())
    return _Change(asked, levels, int(changed.sum()), int((changed & asked).sum()), farthest)


def _shares(state: State) -> list[tuple[str, float]]:
    """Of each class, its share of the map."""
    counts = torch.bincount(state.labels.flatten(), minlength=len(state.board.world.data.CLASSES))
    return list(zip(state.board.world.data.CLASSES, (counts / counts.sum()).tolist(), strict=True))


def _told_start(state: State) -> str:
    if isinstance(state.start, bytes):
        return "your map"
    return state.board.world.plainly if state.start == "plain" else f"{state.board.world.map} {state.start}"


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers."""
    state, world = replace(state, cursor=None), state.board.world
    noise = "noise off" if state.noise is None else f"noise seed {state.noise}"
    number = f"{len(state.stamps) or 'no'} stamp{'s' * (len(state.stamps) != 1)}"
    shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in sorted(_shares(state), key=lambda pair: -pair[1]) if share)
    parts = [f"{state.board.name}, {noise}. The map: {_told_start(state)} with {number}; {shares}."]
    if (change := _change(state)) is not None:
        what, row, column = state.stamps[-1]
        where = f": {change.inside} of them where the map changed, the farthest {change.farthest} pixels away from there"
        parts.append(
            f"The last stamp, {what} at row {row}, column {column}, changed {int(change.asked.sum())} pixels of the map, and "
            f"{change.changed} pixels of the {world.picture} by {LEAST} grey levels or more{where if change.changed else ''}."
        )
    if hasattr(world.data, "read"):
        right = pixel_accuracy(world.data.read(_picture(state)), state.labels).item()
        parts.append(
            f"Read back by its colours, the {world.picture} shows the class that was asked for in {100 * right:.1f} % of its pixels."
        )
    return " ".join(parts)


# ----------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP, SIDE = 8, 16, 384
TOP = 42
BELOW = TOP + SIDE + 32  # of the legend and the map of changes
SMALL = 128  # side of the map of changes
WIDTH, HEIGHT = 2 * MARGIN + 2 * SIDE + GAP, BELOW + SMALL + MARGIN


def render(state: State) -> bytes:
    """Draw the map and the picture made of it, below them the classes, and what the last stamp changed.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file of 800 x 594 pixels, the map 384 pixels wide with its corner at (8, 42); the same state gives the same bytes.
    """
    from PIL import Image, ImageDraw

    board, cursor, state = state.board, state.cursor, replace(state, cursor=None)
    world, scale = board.world, SIDE // board.world.size
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    noise = "noise off" if state.noise is None else f"noise seed {state.noise}"
    panels = (
        ("Label map", f"{_told_start(state)}, {world.size}×{world.size} pixels", world.data.to_rgb(state.labels)),
        (f"The {world.picture}", f"made of it by {board.name}, {noise}", _picture(state)),
    )
    for place, (title, below, image) in enumerate(panels):
        left = MARGIN + place * (SIDE + GAP)
        draw.text((left, 15), title, INK, font(14, bold=True), anchor="ls")
        draw.text((left, 33), below, FAINT, font(12), anchor="ls")
        pixels = images.to_uint8(image.clamp(0, 1)).movedim(0, -1).numpy()
        picture.paste(Image.fromarray(enlarge(pixels, scale)), (left, TOP))
    if cursor is not None:
        _outline(draw, world, cursor, scale)
    _legend(draw, state)
    _draw_change(picture, draw, state)
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _outline(draw: "ImageDraw.ImageDraw", world: World, cursor: Stamp, scale: int) -> None:
    """Where the next stamp will be: a white frame inside a black one, seen on every colour, and a cross in its middle."""
    name, row, column = cursor
    _, tops, lefts, bottoms, rights = zip(*world.stamps[name], strict=True)
    top, bottom = (TOP + scale * min(max(row + at, 0), world.size) for at in (min(tops), max(bottoms)))
    left, right = (MARGIN + scale * min(max(column + at, 0), world.size) for at in (min(lefts), max(rights)))
    draw.rectangle((left, top, right - 1, bottom - 1), outline=(0, 0, 0))
    draw.rectangle((left + 1, top + 1, right - 2, bottom - 2), outline=(255, 255, 255))
    x, y = MARGIN + scale * column + scale // 2, TOP + scale * row + scale // 2
    for colour, length, width in (((0, 0, 0), 6, 3), ((255, 255, 255), 5, 1)):
        draw.line((x - length, y, x + length, y), fill=colour, width=width)
        draw.line((x, y - length, x, y + length), fill=colour, width=width)


def _legend(draw: "ImageDraw.ImageDraw", state: State) -> None:
    """The classes in their colours, with their share of the map."""
    draw.text((MARGIN, BELOW - 9), "The classes, and their shares of the map", INK, font(12, bold=True), anchor="ls")
    rows = -(-len(state.board.world.data.CLASSES) // 2)
    for k, ((name, share), colour) in enumerate(zip(_shares(state), state.board.world.data.PALETTE, strict=True)):
        left, top = MARGIN + 190 * (k // rows), BELOW + 21 * (k % rows)
        draw.rectangle((left, top, left + 21, top + 15), fill=colour, outline=INK)
        draw.text((left + 29, top + 13), name, INK, font(12), anchor="ls")
        draw.text((left + 164, top + 13), f"{100 * share:.1f} %", INK if share else FAINT, font(12), anchor="rs")


def _draw_change(picture: "Image.Image", draw: "ImageDraw.ImageDraw", state: State) -> None:
    """How far the last stamp reached, white where nothing changed and black from 64 grey levels on, with a frame where the map changed."""
    from PIL import Image

    left, scale = MARGIN + SIDE + GAP, SMALL // state.board.world.size
    draw.text((left, BELOW - 9), "What the last stamp changed", INK, font(12, bold=True), anchor="ls")
    change, lines = _change(state), ("Nothing is stamped yet.",)
    if change is not None:
        dark = np.uint8(255 - (change.levels * 4).clamp(0, 255).numpy())
        picture.paste(Image.fromarray(enlarge(np.stack([dark] * 3, axis=-1), scale)), (left, BELOW))
        if change.asked.any():
            rows, columns = change.asked.nonzero(as_tuple=True)
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            x0, y0, x1, y1 = (scale * int(edge) for edge in box)
            draw.rectangle((left + x0, BELOW + y0, left + x1 - 1, BELOW + y1 - 1), outline=FRAME)
        what, _, _ = state.stamps[-1]
        lines = (
            what,
            f"frame: {int(change.asked.sum())} pixels of the map",
            f"the {state.board.world.picture}, by {LEAST} grey levels or more:",
            f"{change.changed} pixels, {change.inside} of them there",
            f"the farthest {change.farthest} pixels away",
            "black: by 64 grey levels or more",
        )
    draw.rectangle((left - 1, BELOW - 1, left + SMALL, BELOW + SMALL), outline=LINE)
    for k, line in enumerate(lines):
        draw.text((left + SMALL + 12, BELOW + 13 + 21 * k), line, INK, font(12), anchor="ls")


def static_sheet(state: State) -> "Figure":
    """The picture of a state as a figure, with its description as the text alternative."""
    from PIL import Image

    return as_figure(Image.open(io.BytesIO(render(state))), describe(state))


# ---------------------------------------------------------------------------------------------------------------- the widget


class MapPainter(Explorer):
    """Stamp windows, doors and balconies into a label map, and see the façade redraw.

    Parameters
    ----------
    world, name, folder
        What the maps show, and which weights; see `load_board`.

    Attributes
    ----------
    stamp, row, column, press, undo, number, another, plain, upload, link, noisy, seed
        The controls, in the order in which Tab visits them. `press` stamps at `row` and `column`.
    cells : list of ipywidgets.Button
        16 × 16 buttons that lie over the map and cannot be seen, row by row: a click stamps there. Tab passes them by, because `row`,
        `column` and `press` do the same with fewer keys.
    board : Board

    Examples
    --------
    >>> painter = MapPainter("scenes")
    >>> painter.stamp.value = "tree"
    >>> painter.cells[0].click()
    >>> "The last stamp, tree at row 2, column 2" in painter.numbers.value
    True
    """

    def __init__(self, world: str = "facades", name: str | None = None, folder: str | Path | None = None):
        self.board = load_board(world, name, folder)
        world = self.board.world
        self._started: int | str | bytes = world.start
        self._stamps: tuple[Stamp, ...] = ()
        self._past: list[tuple[int | str | bytes, tuple[Stamp, ...]]] = []
        self.stamp = widgets.ToggleButtons(
            options=list(world.stamps),
            description="Stamp",
            tooltips=[f"Stamp {name}" for name in world.stamps],
            style={"button_width": "auto", "description_width": "60px"},
        )
        step = world.size // (2 * CELLS)  # half a cell, so that their middles are among the places
        self.row, self.column = (
            widgets.IntSlider(value=world.size // 2, max=world.size - step, step=step, description=name, layout={"width": "330px"})
            for name in ("Row", "Column")
        )
        self.press = widgets.Button(
            description="Stamp here", icon="edit", tooltip="Stamp at this row and column", layout={"width": "130px"}
        )
        self.undo = widgets.Button(
            description="Undo", icon="undo", tooltip="Take the last step back", disabled=True, layout={"width": "90px"}
        )
        self.number = widgets.BoundedIntText(
            value=world.start, min=0, max=LAST_SEED, description=f"{world.map.capitalize()}", layout={"width": "180px"}
        )
        self.another = widgets.Button(description="New map", icon="random", tooltip="The next seed", layout={"width": "120px"})
        self.plain = widgets.Button(description=f"Begin with {world.plainly}", layout={"width": "220px"})
        self.upload = upload_button()
        self.upload.tooltip = f"A label map of {world.size}x{world.size} pixels, as this widget saves it, in its colours"
        self.link = widgets.HTML()
        self.noisy = widgets.Checkbox(value=False, description="Noise (dropout)", indent=False, layout={"width": "150px"})
        self.seed = widgets.BoundedIntText(value=0, min=0, max=LAST_SEED, description="Noise seed", layout={"width": "180px"})
        super().__init__(
            [
                (self.stamp,),
                (self.row, self.column, self.press, self.undo),
                (self.number, self.another, self.plain, self.upload, self.link),
                (self.noisy, self.seed),
            ],
            read=self._state,
            render=render,
            describe=describe,
            hint="Click into the map to stamp there, or set row and column and press Stamp here; the outline shows where that is.",
        )
        self._lay_cells()
        self.watch(self.stamp, self.row, self.column, self.noisy, self.seed)
        self.press.on_click(self._stamp_here)
        self.undo.on_click(self._go_back)
        self.number.observe(self._draw_another, "value")
        self.another.on_click(self._count_on)
        self.plain.on_click(lambda button: self._begin("plain"))
        self.upload.observe(self._take_upload, "value")

    def _lay_cells(self) -> None:
        """Lay buttons over the map: one grid cell of the page holds both, and what comes later lies on top. They never change."""
        cell = SIDE // CELLS
        layout = widgets.Layout(width=f"{cell}px", height=f"{cell}px", padding="0", margin="0")
        style = widgets.ButtonStyle(button_color="transparent")
        self.cells = []
        for k in range(CELLS**2):
            down, across = divmod(k, CELLS)
            each = widgets.Button(layout=layout, style=style, tooltip=f"Row {down + 1} of {CELLS}, column {across + 1}", tabbable=False)
            each.on_click(partial(self._stamp_at, *(place * 2 * self.row.step + self.row.step for place in (down, across))))
            self.cells.append(each)
        same = "1 / 1 / 2 / 2"
        grid = widgets.GridBox(
            self.cells,
            layout={
                "grid_area": same,
                "grid_template_columns": f"repeat({CELLS}, {cell}px)",
                "grid_template_rows": f"repeat({CELLS}, {cell}px)",
                "grid_gap": "0",
                "width": f"{SIDE}px",
                "height": f"{SIDE}px",
                "margin": f"{TOP}px 0 0 {MARGIN}px",
                "overflow": "visible",
            },
        )
        layout = self.picture.layout
        layout.grid_area, layout.margin, layout.max_width = same, "0", "none"  # a picture made smaller would slip from under the buttons
        both = widgets.GridBox([self.picture, grid], layout={"grid_template_columns": f"{WIDTH}px", "overflow": "visible"})
        self.children = (*self.children[:-1], both)

    def _state(self) -> State:
        cursor = (self.stamp.value, self.row.value, self.column.value)
        return State(self.board, self._started, self._stamps, self.seed.value if self.noisy.value else None, cursor)

    def _draw(self) -> None:
        super()._draw()
        content = images.png_bytes(self.board.world.data.to_rgb(self._state().labels))
        name = f"{self.board.world.map.replace(' ', '_')}.png"
        self.link.value = download_link(content, name, f"Save the map ({name})")

    def _go_to(self, start: int | str | bytes, stamps: tuple[Stamp, ...]) -> None:
        self._started, self._stamps = start, stamps
        self.undo.disabled = not self._past
        if isinstance(start, int):
            self.number.value = start

    def _begin(self, start: int | str | bytes) -> None:
        with self.one_update():
            self._past.append((self._started, self._stamps))
            self._go_to(start, ())

    def _stamp_here(self, button: widgets.Button) -> None:
        with self.one_update():
            self._past.append((self._started, self._stamps))
            self._go_to(self._started, (*self._stamps, (self.stamp.value, self.row.value, self.column.value)))

    def _stamp_at(self, row: int, column: int, button: widgets.Button) -> None:
        with self.one_update():
            self.row.value, self.column.value = row, column
            self._stamp_here(button)

    def _go_back(self, button: widgets.Button) -> None:
        if self._past:
            with self.one_update():
                self._go_to(*self._past.pop())

    def _draw_another(self, change: dict) -> None:
        if change["new"] != self._started:  # not where the number follows the map
            self._begin(change["new"])

    def _count_on(self, button: widgets.Button) -> None:
        if isinstance(self._started, int):
            self.number.value = (self.number.value + 1) % (LAST_SEED + 1)
        else:  # the number stood still meanwhile
            self._begin(self.number.value)

    def _take_upload(self, change: dict) -> None:
        if not change["new"]:  # emptied below
            return
        file = change["new"][0]
        self.upload.value = ()  # so that the same file can be chosen again
        with self.one_update():
            self._begin(read_map(bytes(file["content"]), self.board.world, file["name"]))
