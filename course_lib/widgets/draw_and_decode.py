"""Draw and decode: an own drawing, or an uploaded picture, goes through the encoder of a VAE, is edited in the latents, and decoded again.

The drawing board has 5×7 dots; neighbouring dots are joined by a pen of chosen thickness, so that a digit of 28×28 pixels comes out, and
every dot is a button that a mouse or the space bar presses. `ink` draws the dots, `fit_drawing` brings an upload to the same form, `State`
is a drawing and its edits, `render` draws it, `describe` says it in words, and `DrawAndDecode` is the widget.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import ipywidgets as widgets
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib import images, zoo
from course_lib.losses import kl_standard_normal
from course_lib.models import FeatureClassifier, JudgeClassifier
from course_lib.resample import imresize
from course_lib.widgets.base import Explorer
from course_lib.widgets.degradation_explorer import fit_upload
from course_lib.widgets.drawing import FAINT, INK, font
from course_lib.widgets.latent_map import as_trained, enlarged
from course_lib.widgets.traversal_board import Board, load_board

__all__ = ["PRESETS", "DrawAndDecode", "State", "copies", "describe", "fit_drawing", "ink", "preset", "render", "typical"]

ROWS, COLUMNS = 7, 5
SPACING = 17 / 6  # pixels between dots: seven rows are as tall as a glyph of average scale
TOP_DOT, LEFT_DOT = 13.5 - 3 * SPACING, 13.5 - 2 * SPACING
EDITED = 6  # latents with a slider: those of the largest rate
LIMIT = 4.0
PRESETS = {
    "0": ".###. #...# #...# #...# #...# #...# .###.",
    "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
    "2": ".###. #...# ....# ...#. ..#.. .#... #####",
    "3": ".###. #...# ....# ..##. ....# #...# .###.",
    "4": "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
    "5": "##### #.... ####. ....# ....# #...# .###.",
    "6": ".###. #.... #.... ####. #...# #...# .###.",
    "7": "##### ....# ...#. ..#.. ..#.. .#... .#...",
    "8": ".###. #...# #...# .###. #...# #...# .###.",
    "9": ".###. #...# #...# .#### ....# ....# .###.",
    "nothing": " ".join(["....."] * ROWS),
}  # fmt: skip

Dots = tuple[bool, ...]


def preset(name: str) -> Dots:
    """The dots of a prepared drawing, row by row.

    >>> sum(preset("1"))
    10
    """
    return tuple(mark == "#" for mark in PRESETS[name].replace(" ", ""))


def ink(dots: Dots, thickness: float | int = 2.4) -> Float[Tensor, "1 28 28"]:
    """Draw the dots that are on, neighbours joined, with a round pen.

    Parameters
    ----------
    dots : tuple of 35 bool
        Row by row, 7 rows of 5.
    thickness : float
        Of the pen, in pixels, 1 to 5.

    Returns
    -------
    Tensor
        White on black, in [0, 1]; the grey at the edge of a stroke is two pixels wide, as in the glyphs.

    Raises
    ------
    ValueError
        If there are not 35 dots, or the thickness is out of range.

    Notes
    -----
    Diagonal neighbours are joined only where neither of the two dots beside the diagonal is on: corners stay corners.

    Examples
    --------
    >>> ink(preset("nothing")).max().item()
    0.0
    """
    if not isinstance(dots, tuple) or len(dots) != ROWS * COLUMNS:
        raise ValueError(
            f"dots: got {len(dots) if hasattr(dots, '__len__') else dots!r}, expected a tuple of {ROWS * COLUMNS}, 7 rows of 5"
        )
    if not 1 <= thickness <= 5:
        raise ValueError(f"thickness: got {thickness}, expected 1 to 5 pixels")
    on = {(k // COLUMNS, k % COLUMNS) for k, dot in enumerate(dots) if dot}
    pieces = [(p, p) for p in on]
    for row, column in on:
        for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
            other = (row + down, column + across)
            corner = down and across and ({(row, column + across), (row + down, column)} & on)
            if other in on and not corner:
                pieces.append(((row, column), other))
    if not pieces:
        return torch.zeros(1, 28, 28)
    ends = torch.tensor(sorted(pieces), dtype=torch.float32) * SPACING + torch.tensor([TOP_DOT, LEFT_DOT])  # (pieces, 2 ends, y x)
    start, way = ends[:, 0, None, None], (ends[:, 1] - ends[:, 0])[:, None, None]
    axis = torch.arange(28.0)
    pixel = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)
    along = (((pixel - start) * way).sum(-1) / way.square().sum(-1).clamp_min(1e-9)).clamp(0, 1)
    distance = (pixel - start - along[..., None] * way).norm(dim=-1).amin(0)
    return (0.5 + (thickness / 2 - distance) / 2).clamp(0, 1)[None]


def fit_drawing(content: bytes, name: str = "the file") -> bytes:
    """Bring a picture of something written to the form of the glyphs: 28×28, white on black.

    Parameters
    ----------
    content : bytes
        An image file of any size that Pillow reads.
    name : str
        For the message.

    Returns
    -------
    bytes
        A PNG: the centred square, grey, turned to white on black if its border is bright, stretched to the full range, 28×28 pixels.

    Raises
    ------
    ValueError
        Damaged, no image, too large or too small, or all of one brightness.
    """
    x = images.to_grey(images.load(io.BytesIO(fit_upload(content, name)), mode="rgb"))
    border = torch.cat([x[0, 0], x[0, -1], x[0, :, 0], x[0, :, -1]]).mean()
    x = 1 - x if border > 0.5 else x
    low, high = x.min(), x.max()
    if high - low < 0.1:
        raise ValueError(f"{name} is nearly all of one brightness; choose a picture of dark strokes on white paper, or of white on black")
    small = imresize((x - low) / (high - low), size=(28, 28)).clamp(0, 1)
    return images.png_bytes(small)


@lru_cache(maxsize=4)
def _loaded(png: bytes) -> Float[Tensor, "1 28 28"]:
    return images.load(io.BytesIO(png), mode="grey")


@dataclass(frozen=True)
class State:
    """A drawing and what is done to its code.

    Parameters
    ----------
    board : Board
        The VAE, as `load_board` makes it.
    drawing : tuple of 35 bool, or bytes
        Dots, or an image file in memory of 28×28 pixels, as `fit_drawing` makes it.
    thickness : float
        Of the pen, in pixels; an upload ignores it.
    edits : tuple of float
        What is added to the latents of the largest rate, in their order, each from -4 to 4.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.
    """

    board: Board
    drawing: Dots | bytes
    thickness: float | int = 2.4
    edits: tuple[float | int, ...] = ()

    def __post_init__(self):
        if not isinstance(self.board, Board):
            raise TypeError(f"board: got {type(self.board).__name__}, expected a Board; load_board(name) makes one")
        if not isinstance(self.drawing, tuple | bytes):
            raise TypeError(f"drawing: got {type(self.drawing).__name__}, expected a tuple of 35 dots or the bytes of an image file")
        if len(self.edits) > self.board.model.latent_dim or not all(abs(v) <= LIMIT for v in self.edits):
            raise ValueError(
                f"edits: got {self.edits!r}, expected at most {self.board.model.latent_dim} numbers from -{LIMIT:g} to {LIMIT:g}"
            )
        x = self.image
        if x.shape != (1, 28, 28):
            raise ValueError(
                f"drawing: got an image of {x.shape[-2]}x{x.shape[-1]} pixels, expected 28x28; fit_drawing(file) brings it to size"
            )

    @property
    def image(self) -> Float[Tensor, "1 28 28"]:
        """The drawing, in [0, 1]."""
        return _loaded(self.drawing) if isinstance(self.drawing, bytes) else ink(self.drawing, self.thickness)


@dataclass(frozen=True)
class _Result:
    given: Float[Tensor, "1 h w"]
    copy: Float[Tensor, "1 h w"]
    edited: Float[Tensor, "1 h w"]
    distortion: float
    rate: float
    readings: tuple[tuple[str, float], ...]


@torch.no_grad()
def _costs(board: Board, given: Float[Tensor, "n 1 h w"]) -> tuple[Tensor, Tensor, Tensor]:
    """Code, distortion with z at the code, and rate."""
    mu, logvar = board.model.encode(given)
    return mu, -board.model.log_likelihood(given, board.model.decode(mu)), kl_standard_normal(mu, logvar).sum(1)


@lru_cache(maxsize=2)
def typical(board: Board) -> tuple[float, float]:
    """Between which nats, distortion plus rate, 90 of 100 test glyphs lie."""
    _, distortion, rate = _costs(board, as_trained(board.model, board.images))
    low, high = torch.quantile(distortion + rate, torch.tensor([0.05, 0.95])).tolist()
    return low, high


@lru_cache(maxsize=1)
def _judge() -> JudgeClassifier | FeatureClassifier:
    return zoo.load("judge-glyphs")


@lru_cache(maxsize=4)
def _result(state: State) -> _Result:
    board, given = state.board, as_trained(state.board.model, state.image[None])
    mu, distortion, rate = _costs(board, given)
    z = mu.clone()
    for latent, edit in zip(board.order, state.edits, strict=False):
        z[0, latent] += edit
    with torch.no_grad():
        copy, edited = board.model.mean(board.model.decode(torch.cat([mu, z])))
        confidence, said = _judge()(torch.stack([state.image, copy, edited])).softmax(1).max(1)
    readings = tuple((str(label), share) for label, share in zip(said.tolist(), confidence.tolist(), strict=True))
    return _Result(given[0], copy, edited, distortion.item(), rate.item(), readings)


def copies(state: State) -> dict[str, Float[Tensor, "1 h w"]]:
    """The three images of the picture: the ``drawing`` as it is encoded, its ``copy`` and the ``edited`` copy, in [0, 1]."""
    found = _result(state)
    return {"drawing": found.given, "copy": found.copy, "edited": found.edited}


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers."""
    found, (low, high) = _result(state), typical(state.board)
    total = found.distortion + found.rate
    verdict = "as glyphs do" if low <= total <= high else "more than glyphs do" if total > high else "less than glyphs do"
    edits = [(k, edit) for k, edit in zip(state.board.order, state.edits, strict=False) if edit]
    told = ", ".join(f"z{k + 1} ({state.board.names[k]}) {edit:+.1f}" for k, edit in edits) or "none"
    (drawn, a), (copied, b), (edited, c) = found.readings
    return (
        f"{'Your picture' if isinstance(state.drawing, bytes) else 'Your drawing'}: ink on {100 * found.given.mean():.0f} % of the area. "
        f"It costs {found.distortion:.0f} + {found.rate:.0f} nats, distortion and rate, {verdict} (90 of 100: {low:.0f} to {high:.0f}). "
        f"Edits: {told}. The judge reads the drawing as {drawn} ({100 * a:.0f} %), its copy as {copied} ({100 * b:.0f} %), "
        f"the edited one as {edited} ({100 * c:.0f} %)."
    )


# ------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP, SCALE = 8, 16, 8
SIDE = 28 * SCALE
TOP = 42
WIDTH, HEIGHT = 2 * MARGIN + 3 * SIDE + 2 * GAP, TOP + SIDE + 26


def render(state: State) -> bytes:
    """Draw the drawing, the copy from its code, and the edited copy.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file; the same state gives the same bytes.
    """
    from PIL import Image, ImageDraw

    found = _result(state)
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    panels = (
        ("Drawing", "as it is encoded, 28×28 pixels", found.given),
        ("Its copy", "decoded from its code", found.copy),
        ("Edited", "decoded from code + edits", found.edited),
    )
    for place, (title, below, image) in enumerate(panels):
        left = MARGIN + place * (SIDE + GAP)
        draw.text((left, 15), title, INK, font(13, bold=True), anchor="ls")
        draw.text((left, 32), below, FAINT, font(12), anchor="ls")
        picture.paste(enlarged(image, SCALE), (left, TOP))
    for place, (label, share) in enumerate(found.readings):
        draw.text((MARGIN + place * (SIDE + GAP), HEIGHT - 8), f"read as {label}, {100 * share:.0f} %", INK, font(12), anchor="ls")
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------------- the widget


class DrawAndDecode(Explorer):
    """Draw on 5×7 dots or upload a picture, and edit what the encoder made of it.

    Parameters
    ----------
    name, folder
        Which weights; see `load_board`.

    Attributes
    ----------
    start, upload, thickness, dots, sliders, undo
        The controls, in the order in which Tab visits them.
    board : Board
    """

    def __init__(self, name: str = "vae-glyphs", folder: str | Path | None = None, number: int = 2000):
        self.board = load_board(name, folder, number)
        self._uploaded: bytes | None = None
        self.start = widgets.Dropdown(options=list(PRESETS), value="3", description="Start with", layout={"width": "200px"})
        self.upload = widgets.FileUpload(
            accept="image/*",
            description="Upload your own",
            tooltip="A picture of one digit: dark on white paper, or white on black; up to 10 MB",
            layout={"width": "190px"},
        )
        self.thickness = widgets.FloatSlider(value=2.4, min=1, max=5, step=0.2, readout_format=".1f", description="Pen, pixels")
        self.dots = [self._dot(k, on) for k, on in enumerate(preset("3"))]
        grid = widgets.GridBox(
            self.dots, layout={"grid_template_columns": f"repeat({COLUMNS}, 34px)", "grid_gap": "1px", "padding": "4px 8px"}
        )
        self.sliders = [
            widgets.FloatSlider(
                value=0.0,
                min=-LIMIT,
                max=LIMIT,
                step=0.1,
                readout_format=".1f",
                description=self.board.title(k),
                layout={"width": "390px"},
                style={"description_width": "190px"},
            )
            for k in self.board.order[:EDITED]
        ]
        self.undo = widgets.Button(description="No edits", icon="undo", layout={"width": "170px"})
        edits = widgets.VBox([*self.sliders, self.undo])
        super().__init__(
            [(self.start, self.upload, self.thickness), (grid, edits)],
            read=self._state,
            render=render,
            describe=describe,
            hint="Each dot is a button: the mouse or the space bar turns it on and off. The sliders add to the code of the drawing.",
        )
        self.watch(self.thickness, *self.sliders)
        for dot in self.dots:
            dot.observe(self._draw_dots, "value")
        self.start.observe(self._begin, "value")
        self.upload.observe(self._take_upload, "value")
        self.undo.on_click(self._clear_edits)

    @staticmethod
    def _dot(k: int, on: bool) -> widgets.ToggleButton:
        row, column = divmod(k, COLUMNS)
        return widgets.ToggleButton(
            value=on,
            description="●" if on else "·",
            tooltip=f"Dot in row {row + 1}, column {column + 1}",
            layout={"width": "34px", "height": "24px", "padding": "0", "margin": "0"},
        )

    def _state(self) -> State:
        drawing = tuple(dot.value for dot in self.dots) if self._uploaded is None else self._uploaded
        return State(self.board, drawing, round(self.thickness.value, 4), tuple(round(slider.value, 4) for slider in self.sliders))

    def _draw_dots(self, change: dict) -> None:
        change["owner"].description = "●" if change["new"] else "·"
        with self.one_update():
            self._uploaded = None

    def _begin(self, change: dict) -> None:
        with self.one_update():
            self._uploaded = None
            for dot, on in zip(self.dots, preset(change["new"]), strict=True):
                dot.value = on

    def _clear_edits(self, button: widgets.Button) -> None:
        with self.one_update():
            for slider in self.sliders:
                slider.value = 0.0

    def _take_upload(self, change: dict) -> None:
        if not change["new"]:  # emptied below
            return
        with self.one_update():
            file = change["new"][0]
            self.upload.value = ()  # so that the same file can be chosen again
            self._uploaded = fit_drawing(bytes(file["content"]), file["name"])
