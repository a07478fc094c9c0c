"""The neighbourhood explorer: choose a pixel of a noisy photograph and see which pixels non-local means takes for it, and how much of each.

`render` draws a `State`, `measure` gives its numbers, `static_sheet` is the lesson for places where widgets do not run, and
`NeighbourhoodExplorer` is the widget. The noise has σ = 25 and the search window 21 x 21 pixels, always.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib import data, degrade, images
from course_lib.classical import nl_means_weights
from course_lib.widgets.base import Explorer
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font

if TYPE_CHECKING:
    from PIL import ImageDraw

    from course_lib.plots import Figure

__all__ = ["SHEET", "NeighbourhoodExplorer", "State", "describe", "measure", "render", "static_sheet"]

SIZE = 256  # pixels, the side of the photographs
SIGMA = 25  # grey levels
WINDOW = 21  # pixels, the side of the search window
PATCH_SIZES = (3, 5, 7, 9, 11)
H_LOW, H_HIGH = 0.1, 3.0  # times sigma


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    photo : str
        A name of `course_lib.data.photo_names`; colour photographs are shown in grey.
    row, column : int
        The reference pixel, 0 to 255, from the upper left corner.
    h_over_sigma : float
        The filtering parameter h as a multiple of the standard deviation of the noise, 0.1 to 3.
    patch_size : int
        3, 5, 7, 9 or 11 pixels.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.

    Examples
    --------
    >>> State(row=300)
    Traceback (most recent call last):
    ...
    ValueError: row: got 300, expected 0 to 255
    """

    photo: str = "camera"
    row: int = 171
    column: int = 157
    h_over_sigma: float | int = 0.8
    patch_size: int = 7

    def __post_init__(self):
        if self.photo not in data.photo_names():
            raise ValueError(f"photo: got {self.photo!r}, expected one of {', '.join(data.photo_names())}")
        for name in ("row", "column"):
            value = getattr(self, name)
            if type(value) is not int:
                raise TypeError(f"{name}: got {type(value).__name__}, expected an int, in pixels")
            if not 0 <= value < SIZE:
                raise ValueError(f"{name}: got {value}, expected 0 to {SIZE - 1}")
        if isinstance(self.h_over_sigma, bool) or not isinstance(self.h_over_sigma, int | float):
            raise TypeError(f"h_over_sigma: got {type(self.h_over_sigma).__name__}, expected a number")
        if not H_LOW <= self.h_over_sigma <= H_HIGH:
            raise ValueError(f"h_over_sigma: got {self.h_over_sigma}, expected {H_LOW:g} to {H_HIGH:g}")
        if self.patch_size not in PATCH_SIZES:
            raise ValueError(f"patch_size: got {self.patch_size!r}, expected one of {', '.join(map(str, PATCH_SIZES))}")
        object.__setattr__(self, "h_over_sigma", float(self.h_over_sigma))


# -------------------------------------------------------------------------------------------------- the image and its numbers


@lru_cache(maxsize=4)
def _images(photo: str) -> tuple[Float[Tensor, "1 256 256"], Float[Tensor, "1 256 256"]]:
    """The clean photograph in grey, and the noisy one."""
    x = data.photo(photo, size=SIZE, grey=True)
    return x, degrade.GaussianNoise(SIGMA)(x, torch.Generator().manual_seed(0))


@lru_cache(maxsize=8)
def _weights(state: State) -> Float[Tensor, "21 21"]:
    y = _images(state.photo)[1]
    h = SIGMA * state.h_over_sigma
    return nl_means_weights(y, SIGMA, state.row, state.column, h=h, patch_size=state.patch_size, search_window=WINDOW)


def _window(image: Float[Tensor, "1 256 256"], state: State, margin: int = 0) -> Float[Tensor, "h w"]:
    """The search window, ``margin`` pixels wider on each side, of the image continued by reflection."""
    wide = WINDOW // 2 + margin
    padded = F.pad(image[None], (wide,) * 4, mode="reflect")[0, 0]
    return padded[state.row : state.row + 2 * wide + 1, state.column : state.column + 2 * wide + 1]


def _patches(state: State) -> tuple[Float[Tensor, "p p"], Float[Tensor, "p p"], Float[Tensor, "p p"]]:
    """The patch of the reference pixel: observed, clean, and the weighted mean of all patches of the window."""
    x, y = _images(state.photo)
    radius, reach = state.patch_size // 2, WINDOW // 2
    near = _window(y, state, margin=radius).unfold(0, state.patch_size, 1).unfold(1, state.patch_size, 1)
    mean = (_weights(state)[..., None, None] * near).sum(dim=(0, 1))
    clean = _window(x, state, margin=radius).unfold(0, state.patch_size, 1).unfold(1, state.patch_size, 1)
    return near[reach, reach], clean[reach, reach], mean


def measure(state: State) -> dict[str, float]:
    """Compute the estimate of the reference pixel, and how it comes about.

    Parameters
    ----------
    state : State

    Returns
    -------
    dict
        ``clean``, ``noisy`` and ``estimate``: the values of the pixel in grey levels of 255; ``own``: its own share of the weights;
        ``pixels``: to how many equal weights they amount, 1 / Σ w² for weights that sum to 1, so that noise of standard deviation
        σ / √pixels is left.

    Examples
    --------
    >>> values = measure(State())
    >>> abs(values["estimate"] - values["clean"]) < abs(values["noisy"] - values["clean"])
    True
    """
    x, y = _images(state.photo)
    w = _weights(state)
    return {
        "clean": 255 * float(x[0, state.row, state.column]),
        "noisy": 255 * float(y[0, state.row, state.column]),
        "estimate": 255 * float((w * _window(y, state)).sum()),
        "own": float(w[WINDOW // 2, WINDOW // 2]),
        "pixels": float(1 / w.square().sum()),
    }


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers.

    Examples
    --------
    >>> describe(State("brick", 100, 100, 0.1, 7)).split(":")[0]
    'brick, σ = 25, pixel in row 100, column 100, h = 0.1 σ = 2.5 grey levels, patches of 7×7'
    """
    v = measure(state)
    return (
        f"{state.photo}, σ = {SIGMA}, pixel in row {state.row}, column {state.column}, h = {state.h_over_sigma:g} σ = "
        f"{state.h_over_sigma * SIGMA:g} grey levels, patches of {state.patch_size}×{state.patch_size}: clean value {v['clean']:.0f}, "
        f"noisy {v['noisy']:.0f}, estimate {v['estimate']:.0f}. The weights amount to {v['pixels']:.1f} equal ones; the pixel itself has "
        f"{100 * v['own']:.1f} % of them."
    )


# ------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP = 8, 14
TITLE, CELL = 38, 12  # height of the text above the panels; screen pixels for a pixel of the window
PANEL = WINDOW * CELL  # 252
COLUMNS = (MARGIN, MARGIN + SIZE + GAP, MARGIN + SIZE + PANEL + 2 * GAP)
WIDTH, HEIGHT = COLUMNS[2] + PANEL + MARGIN, TITLE + SIZE + 180
PATCHES, PATCH_SIDE = TITLE + SIZE + 66, 99  # top and side of the three patches; 99 holds 3, 9 and 11 pixels exactly
SCALE = (400, WIDTH - 2 * MARGIN - 30)  # where grey level 0 and 255 lie


def render(state: State) -> bytes:
    """Draw the noisy photograph with the weights laid over it, the search window, the weights, the patch and the three values.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file; the same state gives the same bytes.

    Examples
    --------
    >>> render(State())[:4]
    b'\\x89PNG'
    """
    from PIL import Image, ImageDraw

    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    panels = (_photo_with_weights(state), _enlarged(_window_in_grey(state)), _enlarged(_weight_colours(state)))
    for column, panel in zip(COLUMNS, panels, strict=True):
        canvas[TITLE : TITLE + panel.shape[0], column : column + panel.shape[1]] = panel
    bar = _colours(np.linspace(0, 1, PANEL))[None]
    canvas[TITLE + SIZE + 6 : TITLE + SIZE + 16, COLUMNS[2] : COLUMNS[2] + PANEL] = bar
    for k, patch in enumerate(_patches(state)):
        left = MARGIN + k * (PATCH_SIDE + GAP)
        canvas[PATCHES : PATCHES + PATCH_SIDE, left : left + PATCH_SIDE] = _enlarged(_grey(patch), PATCH_SIDE)

    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    top, left = state.row - WINDOW // 2, state.column - WINDOW // 2
    _frame(draw, COLUMNS[0] + left, TITLE + top, WINDOW, (COLUMNS[0], TITLE, COLUMNS[0] + SIZE - 1, TITLE + SIZE - 1))
    reach = WINDOW // 2 - state.patch_size // 2
    for column in COLUMNS[1:]:
        _frame(draw, column + CELL * reach, TITLE + CELL * reach, CELL * state.patch_size)
        _frame(draw, column + CELL * (WINDOW // 2), TITLE + CELL * (WINDOW // 2), CELL)
    _labels(draw, state)
    _values(draw, state)

    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)  # noise does not compress: more effort costs time and saves little
    return buffer.getvalue()


def _labels(draw: "ImageDraw.ImageDraw", state: State) -> None:
    most = 100 * float(_weights(state).max())
    titles = [
        ("Noisy y, and the weights", f"{state.photo}; the greener, the more"),
        (f"The search window, × {CELL}", f"framed: the pixel, its {state.patch_size}×{state.patch_size} patch"),
        ("The weights", f"h = {state.h_over_sigma:g} σ = {state.h_over_sigma * SIGMA:g} grey levels"),
    ]
    for column, (title, below) in zip(COLUMNS, titles, strict=True):
        draw.text((column, 15), title, INK, font(13, bold=True), anchor="ls")
        draw.text((column, 31), below, FAINT, font(12), anchor="ls")
    draw.text((COLUMNS[2], TITLE + SIZE + 32), "0 %", INK, font(11), anchor="ls")
    draw.text((COLUMNS[2] + PANEL, TITLE + SIZE + 32), f"{most:.3g} %", INK, font(11), anchor="rs")
    for k, name in enumerate(("patch, noisy", "patch, clean", "mean of patches")):
        draw.text((MARGIN + k * (PATCH_SIDE + GAP), PATCHES - 7), name, FAINT, font(12), anchor="ls")


def _values(draw: "ImageDraw.ImageDraw", state: State) -> None:
    """The three values of the pixel on a grey scale, each with its own mark, and what the weights amount to."""
    v = measure(state)
    first, last = SCALE
    top = PATCHES + 34
    for at in range(first, last + 1):
        level = round(255 * (at - first) / (last - first))
        draw.line((at, top, at, top + 14), (level,) * 3)
    draw.rectangle((first - 1, top - 1, last + 1, top + 15), outline=LINE)
    names = (("clean", "clean x", -1), ("noisy", "noisy y", -1), ("estimate", "estimate x̂", 1))
    for key, _, side in names:
        at = first + (last - first) * min(max(v[key] / 255, 0), 1)
        tip = top - 2 if side < 0 else top + 17
        draw.polygon(
            ((at, tip), (at - 5, tip + 9 * side), (at + 5, tip + 9 * side)),
            FRAME if key == "estimate" else INK if key == "clean" else "white",
            INK,
        )
    for k, (key, name, _) in enumerate(names):
        text = f"{name} {v[key]:.0f}"
        draw.text((first + 132 * k, PATCHES - 7), text, INK, font(13, bold=True), anchor="ls")
    draw.text((first, PATCHES + 12), "above: ▼ clean, ▽ noisy    below: ▲ estimate", FAINT, font(11), anchor="ls")
    left = f"As many as {v['pixels']:.1f} equal weights: noise of σ / √{v['pixels']:.1f} = {SIGMA / v['pixels'] ** 0.5:.1f} is left"
    draw.text((first, PATCHES + 79), left, INK, font(12), anchor="ls")
    draw.text((first, PATCHES + 97), f"The pixel's own share: {100 * v['own']:.1f} %", INK, font(12), anchor="ls")


def _grey(x: Float[Tensor, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    return images.to_uint8(x[None]).expand(3, -1, -1).permute(1, 2, 0).numpy()


def _window_in_grey(state: State) -> UInt8[np.ndarray, "21 21 3"]:
    """The noisy search window; white where it leaves the photograph."""
    y = _images(state.photo)[1]
    at = torch.arange(WINDOW) - WINDOW // 2
    inside = ((at + state.row).clamp(0, SIZE - 1) == at + state.row)[:, None] & (
        (at + state.column).clamp(0, SIZE - 1) == at + state.column
    )
    return _grey(torch.where(inside, _window(y, state), 1.0))


def _weight_colours(state: State) -> UInt8[np.ndarray, "21 21 3"]:
    w = _weights(state)
    return _colours((w / w.max()).numpy())


def _photo_with_weights(state: State) -> UInt8[np.ndarray, "256 256 3"]:
    """The noisy photograph; inside the window the pixels turn green by their weight."""
    shown = _grey(_images(state.photo)[1][0]).astype(np.float32)
    w = _weights(state)
    reach = WINDOW // 2
    top, left = max(state.row - reach, 0), max(state.column - reach, 0)
    inside = shown[top : state.row + reach + 1, left : state.column + reach + 1]
    first_row, first_column = top - (state.row - reach), left - (state.column - reach)
    share = (w / w.max()).numpy()[first_row : first_row + inside.shape[0], first_column : first_column + inside.shape[1], None]
    inside += share * (np.array((90, 255, 90), np.float32) - inside)
    return shown.round().astype(np.uint8)


def _enlarged(pixels: UInt8[np.ndarray, "h w 3"], side: int = PANEL) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Each pixel a square of its own; where the side is no multiple, some squares are one screen pixel wider."""
    at = np.arange(side) * len(pixels) // side
    return pixels[at][:, at]


def _colours(share: Float[np.ndarray, "..."]) -> UInt8[np.ndarray, "... 3"]:
    return _table()[np.rint(np.clip(share, 0, 1) * 255).astype(np.int64)]


@lru_cache(maxsize=1)
def _table() -> UInt8[np.ndarray, "256 3"]:
    """Dark to bright in even steps of lightness, so that it also reads in grey and to colour-blind readers."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0, 1, 256), bytes=True)[:, :3].copy()


def _frame(draw: "ImageDraw.ImageDraw", left: int, top: int, size: int, inside: tuple[int, int, int, int] | None = None) -> None:
    """A frame just outside the square, orange with a white rim; cut where it would leave the box ``inside``."""
    for grow, colour in ((3, (255, 255, 255)), (2, FRAME), (1, FRAME)):
        box = [left - grow, top - grow, left + size - 1 + grow, top + size - 1 + grow]
        if inside:
            box = [max(box[0], inside[0]), max(box[1], inside[1]), min(box[2], inside[2]), min(box[3], inside[3])]
        draw.rectangle(box, outline=colour)


# ------------------------------------------------------------------------------------------------------ where no widget runs

SHEET = (
    State("camera", 40, 200),
    State("camera", 171, 157),
    State("brick", 131, 118),
    State("grass", 194, 104),
)


def static_sheet(states: Sequence[State] = SHEET) -> "Figure":
    """Draw the lesson on paper: for each state the search window, the weights, and the numbers.

    Parameters
    ----------
    states : sequence of State
        By default a pixel in the sky, one on a leg of the tripod, one in a joint of the bricks and one in the grass.

    Returns
    -------
    Figure
        For `course_lib.plots.show`; its ``alt_text`` lists the numbers.

    Raises
    ------
    ValueError
        If there are no states.

    Examples
    --------
    >>> static_sheet([State()]).alt_text.split(":")[0]
    'camera, σ = 25, pixel in row 171, column 157, h = 0.8 σ = 20 grey levels, patches of 7×7'
    """
    from PIL import Image, ImageDraw

    if not states:
        raise ValueError("states: got none, expected at least one State")
    side = 8 * WINDOW
    width, height = len(states) * (side + GAP), 24 + 2 * (side + GAP) + 64
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for k, state in enumerate(states):
        left, v = k * (side + GAP) + GAP // 2, measure(state)
        draw.text((left, 16), f"{state.photo}, row {state.row}, column {state.column}", INK, font(11), anchor="ls")
        tiles = (_enlarged(_window_in_grey(state), side), _enlarged(_weight_colours(state), side))
        for number, tile in enumerate(tiles):
            top = 24 + number * (side + GAP)
            picture.paste(Image.fromarray(tile), (left, top))
            _frame(draw, left + 8 * (WINDOW // 2), top + 8 * (WINDOW // 2), 8)
        lines = (
            f"clean {v['clean']:.0f}, noisy {v['noisy']:.0f}",
            f"estimate {v['estimate']:.0f}",
            f"like {v['pixels']:.0f} equal weights",
        )
        for number, line in enumerate(lines):
            draw.text((left, 24 + 2 * (side + GAP) + 14 + 18 * number), line, INK, font(12, bold=number == 1), anchor="ls")

    return as_figure(picture, " ".join(describe(state) for state in states))


# --------------------------------------------------------------------------------------------------------------- the widget


class NeighbourhoodExplorer(Explorer):
    """Move a reference pixel over a noisy photograph, and watch whom non-local means asks.

    Parameters
    ----------
    state : State
        Where it starts.

    Attributes
    ----------
    photo, row, column, h, patch_size
        The controls, in the order in which Tab visits them.

    Examples
    --------
    >>> explorer = NeighbourhoodExplorer(State("brick"))
    >>> explorer.row.value = 40
    >>> "pixel in row 40" in explorer.numbers.value
    True
    """

    def __init__(self, state: State = State()):
        wide = {"description_width": "110px"}
        self.photo = widgets.Dropdown(
            options=data.photo_names(), value=state.photo, description="Photograph", style=wide, layout={"width": "280px"}
        )
        self.patch_size = widgets.Dropdown(
            options=[(f"{size} × {size} pixels", size) for size in PATCH_SIZES],
            value=state.patch_size,
            description="Patch",
            style=wide,
            layout={"width": "260px"},
        )
        self.row, self.column = (
            widgets.IntSlider(value=value, max=SIZE - 1, description=name, style=wide, layout={"width": "390px"})
            for name, value in (("Pixel, down", state.row), ("Pixel, across", state.column))
        )
        self.h = widgets.FloatSlider(
            value=state.h_over_sigma,
            min=H_LOW,
            max=H_HIGH,
            step=0.05,
            readout_format=".2f",
            description="h, times σ",
            style=wide,
            layout={"width": "390px"},
        )
        super().__init__(
            [(self.photo, self.row, self.column), (self.h, self.patch_size)], read=self._state, render=render, describe=describe
        )
        self.watch(self.photo, self.row, self.column, self.h, self.patch_size)

    def _state(self) -> State:
        h = round(self.h.value, 6)  # the browser counts steps in floating point and sends 0.15000000000000002
        return State(self.photo.value, self.row.value, self.column.value, h, self.patch_size.value)
