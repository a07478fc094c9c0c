"""The stack explorer: move a block of 8 x 8 pixels over a noisy photograph and see what step 1 of BM3D does with it.

`render` draws a `State`, `measure` gives its numbers, `static_sheet` is the lesson for places where widgets do not run, and
`StackExplorer` is the widget. All that is shown comes from `course_lib.classical.inspect_block`, the same code that `bm3d` runs.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib import data, degrade, images, metrics
from course_lib.classical import Group, inspect_block
from course_lib.widgets.base import Explorer
from course_lib.widgets.drawing import FAINT, INK, LINE, as_figure, font

if TYPE_CHECKING:
    pass

    from course_lib.plots import Figure

__all__ = ["SHEET", "StackExplorer", "State", "describe", "measure", "render", "static_sheet", "stack"]

SIZE = 256  # pixels, the side of the photographs
BLOCK = 8
SEARCH_WINDOW = 39
MATCHES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    photo : str
        A name of `course_lib.data.photo_names`; shown in grey.
    row, column : int
        Upper left corner of the reference block, 0 to 248.
    sigma : float
        Standard deviation of the noise in grey levels, 1 to 100. BM3D is told the truth.
    threshold : float
        λ₃D: coefficients up to λ₃D times the standard deviation of their noise are removed, 0 to 10.
    max_matches : int
        The largest stack, 1, 2, 4, 8, 16 or 32.
    seed : int
        Which draw of the noise.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.

    Examples
    --------
    >>> State(row=300)
    Traceback (most recent call last):
    ...
    ValueError: row: got 300, expected a whole number from 0 to 248
    """

    photo: str = "camera"
    row: int = 190
    column: int = 169
    sigma: float | int = 25
    threshold: float | int = 2.7
    max_matches: int = 16
    seed: int = 0

    def __post_init__(self):
        if not isinstance(self.photo, str):
            raise TypeError(f"photo: got {type(self.photo).__name__}, expected a name")
        if self.photo not in data.photo_names():
            raise ValueError(f"photo: got {self.photo!r}, expected one of {', '.join(data.photo_names())}")
        for name in ("row", "column"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= SIZE - BLOCK:
                raise ValueError(f"{name}: got {value!r}, expected a whole number from 0 to {SIZE - BLOCK}")
        for name, low, high in (("sigma", 1, 100), ("threshold", 0, 10)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name}: got {type(value).__name__}, expected a number")
            if not low <= value <= high:
                raise ValueError(f"{name}: got {value}, expected {low} to {high}")
        if isinstance(self.max_matches, bool) or self.max_matches not in MATCHES:
            raise ValueError(f"max_matches: got {self.max_matches!r}, expected one of {', '.join(map(str, MATCHES))}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed: got {self.seed!r}, expected a whole number of at least 0")


# --------------------------------------------------------------------------------------------------- the group and its numbers


@lru_cache(maxsize=8)
def _clean(photo: str) -> Float[Tensor, "1 256 256"]:
    return data.photo(photo, size=SIZE, grey=True)


@lru_cache(maxsize=4)
def _noisy(photo: str, sigma: float | int, seed: int) -> Float[Tensor, "1 256 256"]:
    return degrade.GaussianNoise(sigma)(_clean(photo), torch.Generator().manual_seed(seed))


@lru_cache(maxsize=4)
def _group(state: State) -> Group:
    return inspect_block(
        _noisy(state.photo, state.sigma, state.seed),
        state.sigma,
        state.row,
        state.column,
        block_size=BLOCK,
        search_window=SEARCH_WINDOW,
        max_matches=(state.max_matches, state.max_matches),
        threshold=state.threshold,
    )


def stack(state: State) -> dict[str, Float[Tensor, "k 8 8"]]:
    """Give what the strips show.

    Parameters
    ----------
    state : State

    Returns
    -------
    dict
        ``noisy``, ``returned``, ``removed`` (noisy − returned) and ``clean`` blocks, and the ``spectrum`` and what is left of it
        (``shrunk``), each coefficient in units of the standard deviation of its noise.

    Examples
    --------
    >>> {name: tuple(blocks.shape) for name, blocks in stack(State(max_matches=4)).items()}["spectrum"]
    (4, 8, 8)
    """
    group = _group(state)
    blocks = _clean(state.photo)[0].unfold(0, BLOCK, 1).unfold(1, BLOCK, 1)
    spectrum = group.spectrum[0] / group.variance.sqrt()
    return {
        "noisy": group.stack[0],
        "spectrum": spectrum,
        "shrunk": spectrum * group.gain[0],
        "returned": group.estimates[0],
        "removed": group.stack[0] - group.estimates[0],
        "clean": blocks[group.rows, group.columns],
    }


def measure(state: State) -> dict[str, float | int]:
    """Count and compare.

    Parameters
    ----------
    state : State

    Returns
    -------
    dict
        ``matches`` (the block itself included), ``distance`` (mean squared difference of the others from it, in grey levels²; nan if
        there are none), ``survivors`` of ``coefficients``, and in dB the PSNR of the reference block, ``block_before`` and
        ``block_after``, and of the whole stack, ``stack_before`` and ``stack_after``.

    Examples
    --------
    >>> values = measure(State())
    >>> values["matches"], values["coefficients"], values["stack_after"] > values["stack_before"] + 2
    (16, 1024, True)
    """
    group, blocks = _group(state), stack(state)

    def in_db(name: str, many: int) -> float:
        return float(metrics.psnr(blocks[name][:many].flatten(0, 1)[None], blocks["clean"][:many].flatten(0, 1)[None]))

    matches = len(group.rows)
    return {
        "matches": matches,
        "distance": float(group.distances[1:].mean()),
        "survivors": int((group.gain > 0).sum()),
        "coefficients": group.gain.numel(),
        "block_before": in_db("noisy", 1),
        "block_after": in_db("returned", 1),
        "stack_before": in_db("noisy", matches),
        "stack_after": in_db("returned", matches),
    }


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers.

    Examples
    --------
    >>> describe(State(max_matches=1)).split(": ")[0]
    'camera, block at row 190, column 169, sigma = 25, threshold 2.7'
    """
    return (
        f"{state.photo}, block at row {state.row}, column {state.column}, sigma = {state.sigma:g}, threshold {state.threshold:g}: "
        + "; ".join(f"{name} {value}" for name, value in _numbers(state))
        + "."
    )


def _numbers(state: State) -> list[tuple[str, str]]:
    values = measure(state)
    alone = math.isnan(values["distance"])
    distance = "none: it is alone" if alone else f"{values['distance']:.0f} grey levels² (noise alone makes {2 * state.sigma**2:.0f})"
    share = values["survivors"] / values["coefficients"]
    return [
        ("matches", f"{values['matches']}"),
        ("mean distance", distance),
        ("survivors", f"{values['survivors']} of {values['coefficients']} coefficients ({share:.1%})"),
        ("PSNR of this block", f"{values['block_before']:.2f} → {values['block_after']:.2f} dB"),
        ("PSNR of the stack", f"{values['stack_before']:.2f} → {values['stack_after']:.2f} dB"),
    ]


# ---------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP = 8, 16
TITLE, BETWEEN = 38, 24  # heights of the text above the two pictures on the left
NEAR, ENLARGED = 51, 5  # the neighbourhood in image pixels, and how much larger it is drawn
LEFT, RIGHT = MARGIN, MARGIN + SIZE + GAP
STRIP, STRIPS = 16 * (4 * BLOCK + 2), 58  # width of a strip; from one strip to the next
WIDTH, HEIGHT = RIGHT + STRIP + MARGIN, TITLE + SIZE + BETWEEN + NEAR * ENLARGED + MARGIN
REFERENCE, MATCH, REMOVED = (213, 94, 0), (86, 180, 233), 232
LARGEST = 255  # standard deviations, the end of the scale of the spectra
NAMES = {
    "noisy": "The noisy blocks: the reference block first, then the best matches",
    "spectrum": "Their 3-D spectrum: the first slice is what they share",
    "shrunk": "After the threshold (grey: removed)",
    "returned": "The blocks that come back",
    "removed": "What was removed, noisy − returned (mid-grey is 0, black and white are ±3σ)",
    "clean": "The clean blocks",
}


def render(state: State) -> bytes:
    """Draw the state: the image with its matches, its neighbourhood enlarged, and the stack on its way through step 1.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file of 832 x 581 pixels; the same state gives the same bytes.

    Examples
    --------
    >>> render(State())[:4]
    b'\\x89PNG'
    """
    from PIL import Image, ImageDraw

    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    whole = _grey(_noisy(state.photo, state.sigma, state.seed)[0])
    below = TITLE + SIZE + BETWEEN
    canvas[TITLE : TITLE + SIZE, LEFT : LEFT + SIZE] = whole
    near = _neighbourhood(state)
    canvas[below : below + NEAR * ENLARGED, LEFT : LEFT + NEAR * ENLARGED] = _enlarge(whole[near], ENLARGED)
    blocks = stack(state)
    zoom = 4 if len(blocks["noisy"]) <= 16 else 2
    for number, name in enumerate(NAMES):
        strip = _strip(name, blocks[name], state, zoom)
        top = TITLE + STRIPS * number
        canvas[top : top + strip.shape[0], RIGHT : RIGHT + strip.shape[1]] = strip
    bar = TITLE + STRIPS * len(NAMES) + 4
    canvas[bar : bar + 10, RIGHT : RIGHT + SIZE] = _colours(np.expm1(np.linspace(0, np.log1p(LARGEST), SIZE)))[None]

    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    draw.text((LEFT, 15), f"Noisy image y: {state.photo}, σ = {state.sigma:g}", INK, font(13, bold=True), anchor="ls")
    draw.text((LEFT, 31), "orange: reference block, blue: its matches", FAINT, font(12), anchor="ls")
    draw.text((LEFT, below - 7), f"Around the block, {ENLARGED} times larger", FAINT, font(12), anchor="ls")
    _frames(draw, state, LEFT, TITLE, (0, 0), 1)
    _frames(draw, state, LEFT, below, (near[0].start, near[1].start), ENLARGED)
    for number, title in enumerate(NAMES.values()):
        draw.text((RIGHT, TITLE + STRIPS * number - 7), title, FAINT, font(12), anchor="ls")
    _scale(draw, RIGHT, bar, state.threshold)
    for number, (name, value) in enumerate(_numbers(state)):
        baseline = bar + 62 + 20 * number
        draw.text((RIGHT, baseline), name, FAINT, font(13), anchor="ls")
        draw.text((RIGHT + 150, baseline), value, INK, font(14, bold=True), anchor="ls")

    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)  # noise does not compress: more effort costs time and saves little
    return buffer.getvalue()


def _neighbourhood(state: State) -> tuple[slice, slice]:
    """The part that is enlarged: the search window with the blocks that begin in it, and a rim, kept inside the image."""
    reach = NEAR // 2 - BLOCK // 2
    begins = [min(max(corner - reach, 0), SIZE - NEAR) for corner in (state.row, state.column)]
    return slice(begins[0], begins[0] + NEAR), slice(begins[1], begins[1] + NEAR)


def _grey(x: Float[Tensor, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    return images.to_uint8(x[None]).expand(3, -1, -1).permute(1, 2, 0).numpy()


def _enlarge(pixels: UInt8[np.ndarray, "h w 3"], times: int) -> UInt8[np.ndarray, "h2 w2 3"]:
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def _strip(name: str, blocks: Float[Tensor, "k 8 8"], state: State, zoom: int) -> UInt8[np.ndarray, "h w 3"]:
    """The blocks in a row with white gaps, each in the colours of its kind."""
    row = blocks.permute(1, 0, 2).flatten(1)
    if name in ("spectrum", "shrunk"):
        pixels = _colours(row.abs().numpy())
        if name == "shrunk":
            pixels[row.numpy() == 0] = REMOVED
    elif name == "removed":
        pixels = _grey(0.5 + row * 255 / (6 * state.sigma))
    else:
        pixels = _grey(row)
    gap = zoom // 2
    each = np.split(_enlarge(pixels, zoom), len(blocks), axis=1)
    return np.concatenate([np.pad(block, ((0, 0), (0, gap), (0, 0)), constant_values=255) for block in each], axis=1)


def _colours(magnitude: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape 3"]:
    level = np.log1p(np.minimum(magnitude, LARGEST)) / np.log1p(LARGEST)
    return _table()[np.rint(level * 255).astype(np.int64)]


@lru_cache(maxsize=1)
def _table() -> UInt8[np.ndarray, "256 3"]:
    """Yellow for nothing to dark violet for much: told apart by colour-blind readers, and in grey."""
    from matplotlib import colormaps

    return colormaps["viridis_r"](np.linspace(0, 1, 256), bytes=True)[:, :3].copy()


def _frames(draw, state: State, left: int, top: int, origin: tuple[int, int], zoom: int) -> None:
    """Frame the matches, the reference block last and with a white rim, so that it shows on any picture."""
    group = _group(state)
    boxes = []
    for row, column in zip(group.rows.tolist(), group.columns.tolist(), strict=True):
        x, y = left + zoom * (column - origin[1]), top + zoom * (row - origin[0])
        boxes.append((x - 1, y - 1, x + zoom * BLOCK, y + zoom * BLOCK))
    for box in boxes[:0:-1]:
        draw.rectangle(box, outline=MATCH)
    x0, y0, x1, y1 = boxes[0]
    for grow, colour in ((2, (255, 255, 255)), (1, REFERENCE), (0, REFERENCE)):
        draw.rectangle((x0 - grow, y0 - grow, x1 + grow, y1 + grow), outline=colour)


def _scale(draw, left: int, top: int, threshold: float | int) -> None:
    """Label the colour bar in standard deviations, and mark the threshold on it."""
    draw.rectangle((left - 1, top - 1, left + SIZE, top + 10), outline=LINE)

    def at(value: float | int) -> float:
        return left + math.log1p(value) / math.log1p(LARGEST) * (SIZE - 1)

    for value, text, anchor in ((0, "0", "ls"), (15, "15", "ms"), (63, "63", "ms"), (LARGEST, f"≥ {LARGEST}", "rs")):
        draw.line((at(value), top + 10, at(value), top + 13), INK)
        draw.text((at(value), top + 26), text, INK, font(11), anchor=anchor)
    draw.line((at(threshold), top - 2, at(threshold), top + 16), INK, width=2)
    if 0.5 <= threshold <= 10:
        draw.text((at(threshold), top + 27), f"λ = {threshold:g}", INK, font(11, bold=True), anchor="ms")
    draw.text((left + SIZE + 10, top + 9), "size of a coefficient, in standard deviations", FAINT, font(11), anchor="ls")
    draw.text((left + SIZE + 10, top + 24), "of its noise", FAINT, font(11), anchor="ls")


# -------------------------------------------------------------------------------------------------- where no widget runs

SHEET = (State(), State(row=40, column=40), State(row=60, column=110))  # a leg of the tripod, the sky, the man's face


def static_sheet(states: Sequence[State] = SHEET) -> "Figure":
    """Draw the lesson on paper: a row for each state with the neighbourhood, the strips and the numbers.

    Parameters
    ----------
    states : sequence of State
        By default an edge, a flat place and a place with much detail.

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
    'camera, block at row 190, column 169, sigma = 25, threshold 2.7'
    """
    from PIL import Image, ImageDraw

    if not states:
        raise ValueError("states: got none, expected at least one State")
    zoom, side = 3, 3 * NEAR
    strips, texts = MARGIN + side + 12, MARGIN + side + 12 + 16 * 17 + 8
    picture = Image.new("RGB", (756, MARGIN + len(states) * (side + 24)), "white")
    draw = ImageDraw.Draw(picture)
    for number, state in enumerate(states):
        top = MARGIN + number * (side + 24)
        near, blocks = _neighbourhood(state), stack(state)
        tile = Image.fromarray(_enlarge(_grey(_noisy(state.photo, state.sigma, state.seed)[0])[near], zoom))
        inside = ImageDraw.Draw(tile)
        _frames(inside, state, 0, 0, (near[0].start, near[1].start), zoom)
        picture.paste(tile, (MARGIN, top))
        for line, (name, label) in enumerate(
            (("noisy", "noisy"), ("spectrum", "spectrum"), ("shrunk", "after threshold"), ("returned", "returned"), ("removed", "removed"))
        ):
            picture.paste(Image.fromarray(_strip(name, blocks[name][:16], state, 2)), (strips, top + 34 * line))
            draw.text((texts, top + 34 * line + 12), label, FAINT, font(11), anchor="ls")
        for line, (name, value) in enumerate(_numbers(state)):
            draw.text((texts + 105, top + 10 + 33 * line), name, FAINT, font(11), anchor="ls")
            draw.text((texts + 105, top + 24 + 33 * line), value.split(" (")[0], INK, font(12, bold=True), anchor="ls")

    return as_figure(picture, " ".join(describe(state) for state in states))


# ------------------------------------------------------------------------------------------------------------- the widget


class StackExplorer(Explorer):
    """Move a reference block over a noisy photograph, and watch its matches, the spectrum of the stack and what comes back.

    Parameters
    ----------
    state : State
        Where it starts.

    Attributes
    ----------
    photo, sigma, again, down, across, threshold, max_matches
        The controls, in the order in which Tab visits them.

    Examples
    --------
    >>> explorer = StackExplorer()
    >>> explorer.max_matches.value = 4
    >>> "matches 4" in explorer.numbers.value
    True
    """

    def __init__(self, state: State = State()):
        wide, layout = {"description_width": "130px"}, {"width": "390px"}
        self.photo = widgets.Dropdown(options=data.photo_names(), value=state.photo, description="Photograph", style=wide, layout=layout)
        self.sigma = widgets.IntSlider(value=state.sigma, min=1, max=75, description="Noise, grey levels", style=wide, layout=layout)
        self.again = widgets.Button(
            description="Draw the noise again", tooltip="Draw other random numbers", icon="refresh", layout={"width": "190px"}
        )
        corner = {"max": SIZE - BLOCK, "style": wide, "layout": layout}
        self.down = widgets.IntSlider(value=state.row, description="Block, down", **corner)
        self.across = widgets.IntSlider(value=state.column, description="Block, across", **corner)
        self.threshold = widgets.FloatSlider(
            value=state.threshold, max=10, step=0.1, readout_format=".1f", description="Threshold λ", style=wide, layout=layout
        )
        self.max_matches = widgets.SelectionSlider(
            options=MATCHES, value=state.max_matches, description="Matches, at most", style=wide, layout=layout
        )
        self._seed = state.seed
        super().__init__(
            [(self.photo, self.sigma, self.again), (self.down, self.across), (self.threshold, self.max_matches)],
            read=self._state,
            render=render,
            describe=describe,
        )
        self.watch(self.photo, self.sigma, self.down, self.across, self.threshold, self.max_matches)
        self.again.on_click(self._draw_again)

    def _state(self) -> State:
        threshold = round(self.threshold.value, 6)  # the browser counts steps in floating point and sends 2.7000000000000002
        return State(self.photo.value, self.down.value, self.across.value, self.sigma.value, threshold, self.max_matches.value, self._seed)

    def _draw_again(self, button: widgets.Button) -> None:
        with self.one_update():
            self._seed += 1
