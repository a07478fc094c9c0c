"""The traversal board: one slider for each latent of a VAE, with its rate in nats beside it and the factor that it moves most.

`load_board` measures rates and names on test glyphs, whose factors are known; `State` is a glyph and a z, `render` draws it, `describe`
says it in words, `static_sheet` is the lesson for places where widgets do not run, and `TraversalBoard` is the widget.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib import zoo
from course_lib.data import glyphs
from course_lib.losses import kl_standard_normal
from course_lib.metrics.disentanglement import factor_of_latent
from course_lib.models import VAE
from course_lib.widgets.base import Explorer
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font
from course_lib.widgets.latent_map import as_trained, enlarged

if TYPE_CHECKING:
    from PIL import ImageDraw

    from course_lib.plots import Figure

__all__ = ["Board", "State", "TraversalBoard", "describe", "load_board", "render", "static_sheet"]

FACTORS = ("slant", "thickness", "shift_x", "shift_y", "scale")
WORDS = {"shift_x": "shift across", "shift_y": "shift down"}
LIMIT, STEP = 4.0, 0.1  # of a latent's slider
USED = 0.1  # nats: a latent of a smaller rate is as good as never heard, whatever its mean is correlated with
LEAST = 0.06  # share of a factor's information below which a latent is said to move none: counting alone gives about half of it
STRIP = tuple(-3 + 0.6 * k for k in range(11))  # the values of a latent that the strip shows


@dataclass(frozen=True, eq=False)
class Board:
    """A VAE, test glyphs, and what is known about each latent.

    Attributes
    ----------
    name : str
        Of the weights.
    model : VAE
    images, labels
        Test glyphs (n, 1, 28, 28), grey, and their classes (n,).
    codes : (n, d)
        The means of q(z|x).
    rates : (d,)
        Mean rate of each latent, in nats.
    names : tuple of str
        For each latent the factor that it moves most; "digit", the class, where it moves none of them; "no factor" where not even that;
        "unused" where the rate is below 0.1 nats.
    shares : tuple of float
        How much of that factor's information the latent has, 0 to 1.
    order : tuple of int
        The latents, largest rate first.
    """

    name: str
    model: VAE
    images: Float[Tensor, "n 1 h w"]
    labels: Int64[Tensor, " n"]
    codes: Float[Tensor, "n d"]
    rates: Float[Tensor, " d"]
    names: tuple[str, ...]
    shares: tuple[float, ...]
    order: tuple[int, ...]

    def title(self, latent: int) -> str:
        """``z₃ slant, 1.71 nats``, with the latents counted from 1."""
        return f"z{latent + 1} {self.names[latent]}, {self.rates[latent]:.2f} nats"


@lru_cache(maxsize=2)
def load_board(name: str = "vae-glyphs", folder: str | Path | None = None, number: int = 2000) -> Board:
    """Load a VAE, encode test glyphs, and find each latent's rate and factor.

    Parameters
    ----------
    name : str
        Weights of a VAE for 28x28 glyphs.
    folder : path, optional
        Where they lie; those that ship with the course if left out.
    number : int
        How many test glyphs; some thousands, for the names to be more than chance.

    Raises
    ------
    ValueError
        If there are no such weights.
    """
    model = zoo.load(name, folder=zoo.WEIGHTS if folder is None else folder)
    if not isinstance(model, VAE):
        raise ValueError(f"name: {name!r} is a {type(model).__name__}, expected a VAE such as vae-glyphs")
    test = glyphs.dataset(number, train=False)
    given = as_trained(model, test.images, torch.Generator().manual_seed(0))
    with torch.no_grad():
        mu, logvar = (torch.cat(parts) for parts in zip(*(model.encode(part) for part in given.split(500)), strict=True))
    by_factor = factor_of_latent(mu, {name: test.factors[name] for name in FACTORS})
    # the class is told where no factor is: nearly every latent knows a little of it
    by_class = factor_of_latent(mu, {"digit": test.labels.float()})
    found = [factor if factor[1] >= LEAST else digit for factor, digit in zip(by_factor, by_class, strict=True)]
    rates = kl_standard_normal(mu, logvar).mean(0)
    names = tuple(
        "unused" if rate < USED else WORDS.get(factor, factor) if share >= LEAST else "no factor"
        for (factor, share), rate in zip(found, rates.tolist(), strict=True)
    )
    order = tuple(rates.argsort(descending=True).tolist())
    return Board(name, model, test.images, test.labels, mu, rates, names, tuple(share for _, share in found), order)


@dataclass(frozen=True)
class State:
    """A glyph, a z near its code, and the latent that was moved last.

    Parameters
    ----------
    board : Board
    glyph : int
        Which test glyph, from 0.
    z : tuple of float, optional
        The latents, each from -4 to 4; the glyph's own code if left out.
    latent : int, optional
        Which latent the strip shows, from 0; the one with the largest rate if left out.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.
    """

    board: Board
    glyph: int = 0
    z: tuple[float | int, ...] | None = None
    latent: int | None = None

    def __post_init__(self):
        if not isinstance(self.board, Board):
            raise TypeError(f"board: got {type(self.board).__name__}, expected a Board; load_board(name) makes one")
        count = len(self.board.images)
        if type(self.glyph) is not int or not 0 <= self.glyph < count:
            raise ValueError(f"glyph: got {self.glyph!r}, expected a whole number from 0 to {count - 1}")
        dimension = self.board.model.latent_dim
        if self.z is None:
            object.__setattr__(self, "z", tuple(self.board.codes[self.glyph].clamp(-LIMIT, LIMIT).tolist()))
        if not isinstance(self.z, tuple) or len(self.z) != dimension or not all(abs(v) <= LIMIT for v in self.z):
            raise ValueError(f"z: got {self.z!r}, expected {dimension} numbers from -{LIMIT:g} to {LIMIT:g}")
        if self.latent is None:
            object.__setattr__(self, "latent", self.board.order[0])
        if type(self.latent) is not int or not 0 <= self.latent < dimension:
            raise ValueError(f"latent: got {self.latent!r}, expected a whole number from 0 to {dimension - 1}")


def _about(board: Board, latent: int) -> str:
    if board.names[latent] in ("unused", "no factor"):
        return board.names[latent]
    return f"moves most: {board.names[latent]}, {100 * board.shares[latent]:.0f} % of its information"


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers."""
    board, own = state.board, state.board.codes[state.glyph].clamp(-LIMIT, LIMIT).tolist()
    moved = [k for k in board.order if abs(state.z[k] - own[k]) > STEP / 2 + 1e-6]
    told = ", ".join(f"z{k + 1} ({board.names[k]}) by {state.z[k] - own[k]:+.1f}" for k in moved[:4]) or "nothing"
    more = f" and {len(moved) - 4} more" if len(moved) > 4 else ""
    k = state.latent
    return (
        f"{board.name}, test glyph {state.glyph}, a {int(board.labels[state.glyph])}. Moved from its code: {told}{more}. "
        f"The strip shows z{k + 1} from {STRIP[0]:g} to {STRIP[-1]:g}: rate {board.rates[k]:.2f} nats, "
        f"{_about(board, k)}. All {len(board.rates)} latents together: {board.rates.sum():.1f} nats."
    )


# ------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, LARGE, SMALL = 8, 6, 2
SIDE = 28 * LARGE
STRIP_TOP = 44 + SIDE + 34
TABLE_TOP = STRIP_TOP + 28 * SMALL + 50
WIDTH = MARGIN + 11 * (28 * SMALL + 8)
LINE_HEIGHT = 17
BLUE = (0, 114, 178)


def render(state: State) -> bytes:
    """Draw the glyph, its copy and the edited image; the strip of one latent; and the table of all latents with their rates.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file; the same state gives the same bytes.
    """
    from PIL import Image, ImageDraw

    board, latent = state.board, state.latent
    z = torch.tensor([state.z])
    strip = z.repeat(len(STRIP), 1)
    strip[:, latent] = torch.tensor(STRIP)
    own = board.codes[state.glyph : state.glyph + 1]
    with torch.no_grad():
        decoded = board.model.mean(board.model.decode(torch.cat([own, z, strip])))
    rows = (len(board.rates) + 1) // 2
    picture = Image.new("RGB", (WIDTH, TABLE_TOP + rows * LINE_HEIGHT + 8), "white")
    draw = ImageDraw.Draw(picture)
    titles = (
        ("Test glyph", f"number {state.glyph}, a {int(board.labels[state.glyph])}"),
        ("Its copy", "decoded from its code"),
        ("Edited", "decoded from the sliders"),
    )
    for place, (image, (title, below)) in enumerate(zip((board.images[state.glyph], decoded[0], decoded[1]), titles, strict=True)):
        left = MARGIN + place * (SIDE + 24)
        draw.text((left, 15), title, INK, font(14, bold=True), anchor="ls")
        draw.text((left, 32), below, FAINT, font(12), anchor="ls")
        picture.paste(enlarged(image, LARGE), (left, 44))
    draw.text((MARGIN, STRIP_TOP - 9), f"{board.title(latent)}: the others as set", INK, font(12, bold=True), anchor="ls")
    closest = min(range(len(STRIP)), key=lambda k: abs(STRIP[k] - state.z[latent]))
    for k, value in enumerate(STRIP):
        left = MARGIN + k * (28 * SMALL + 8)
        picture.paste(enlarged(decoded[2 + k], SMALL), (left, STRIP_TOP))
        here = k == closest
        draw.text((left + 28, STRIP_TOP + 28 * SMALL + 15), f"{value:.1f}", INK if here else FAINT, font(11, bold=here), anchor="ms")
        if here:
            draw.rectangle((left - 2, STRIP_TOP - 2, left + 28 * SMALL + 1, STRIP_TOP + 28 * SMALL + 1), outline=FRAME, width=2)
    draw.text((MARGIN, TABLE_TOP - 10), "All latents: rate in nats, and the factor that each moves most", FAINT, font(12), anchor="ls")
    _table(draw, state)
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _table(draw: "ImageDraw.ImageDraw", state: State) -> None:
    board, rows = state.board, (len(state.board.rates) + 1) // 2
    longest = max(float(board.rates.max()), 0.1)
    for place, k in enumerate(board.order):
        left, top = MARGIN + (place // rows) * (WIDTH // 2), TABLE_TOP + (place % rows) * LINE_HEIGHT
        bold = k == state.latent
        draw.text((left + 24, top + 12), f"z{k + 1}", INK, font(12, bold=bold), anchor="rs")
        draw.rectangle((left + 30, top + 3, left + 130, top + 13), outline=LINE)
        draw.rectangle((left + 30, top + 3, left + 30 + round(100 * float(board.rates[k]) / longest), top + 13), fill=BLUE)
        draw.text((left + 136, top + 12), f"{board.rates[k]:.2f}", INK, font(12, bold=bold), anchor="ls")
        told = board.names[k] not in ("unused", "no factor")
        share = f"{board.names[k]}, {100 * board.shares[k]:.0f} %" if told else board.names[k]
        draw.text((left + 172, top + 12), share, INK if told else FAINT, font(12, bold=bold), anchor="ls")


def static_sheet(board: Board, latents: Sequence[int] | None = None, glyph: int = 0) -> "Figure":
    """Draw the lesson on paper: a row for each latent, from -3 to 3, all others at the glyph's code.

    Parameters
    ----------
    board : Board
    latents : sequence of int, optional
        Which, from 0; the six with the largest rate and the last if left out.
    glyph : int
        Whose code to start from.

    Raises
    ------
    ValueError
        If there are no latents, or more than ten.
    """
    from PIL import Image, ImageDraw

    latents = (*board.order[:6], board.order[-1]) if latents is None else tuple(latents)
    if not 1 <= len(latents) <= 10:
        raise ValueError(f"latents: got {len(latents)}, expected 1 to 10 of them")
    own = State(board, glyph).z
    z = torch.tensor([own]).repeat(len(latents) * len(STRIP), 1)
    for row, latent in enumerate(latents):
        z[row * len(STRIP) : (row + 1) * len(STRIP), latent] = torch.tensor(STRIP)
    with torch.no_grad():
        decoded = board.model.mean(board.model.decode(z))
    text, cell = 190, 28 + 16
    picture = Image.new("RGB", (text + len(STRIP) * cell, len(latents) * cell), "white")
    draw = ImageDraw.Draw(picture)
    for row, latent in enumerate(latents):
        draw.text((0, row * cell + 26), board.title(latent), INK, font(12), anchor="ls")
        for k in range(len(STRIP)):
            tile = enlarged(decoded[row * len(STRIP) + k], 2).resize((42, 42), Image.Resampling.BOX)
            picture.paste(tile, (text + k * cell, row * cell))
    told = "; ".join(board.title(latent) for latent in latents)
    return as_figure(picture, f"A row for each of {len(latents)} latents, from {STRIP[0]:g} to {STRIP[-1]:g}: {told}.")


# ---------------------------------------------------------------------------------------------------------------- the widget


class TraversalBoard(Explorer):
    """A slider for every latent; the picture follows, and says what the latent is about.

    Parameters
    ----------
    name, folder
        Which weights; see `load_board`.

    Attributes
    ----------
    glyph, back, sliders, rest
        The controls, in the order in which Tab visits them; `sliders` maps a latent, from 0, to its slider, largest rate first. Those of
        unused latents are in `rest`, closed at first.
    board : Board
    """

    def __init__(self, name: str = "vae-glyphs", folder: str | Path | None = None, number: int = 2000):
        self.board = load_board(name, folder, number)
        self._latent = self.board.order[0]
        start = State(self.board)
        self.glyph = widgets.IntSlider(value=0, min=0, max=len(self.board.images) - 1, description="Test glyph", layout={"width": "420px"})
        self.back = widgets.Button(description="Back to its code", icon="undo", layout={"width": "170px"})
        self.sliders = {
            k: widgets.FloatSlider(
                value=round(start.z[k], 1),
                min=-LIMIT,
                max=LIMIT,
                step=STEP,
                readout_format=".1f",
                description=self.board.title(k),
                layout={"width": "376px"},
                style={"description_width": "186px"},
            )
            for k in self.board.order
        }
        used, unused = ([s for k, s in self.sliders.items() if (self.board.rates[k] >= USED) == wanted] for wanted in (True, False))
        self.rest = widgets.Accordion(
            children=[widgets.HBox(unused, layout={"flex_flow": "row wrap"})],
            titles=(f"{len(unused)} latents of less than {USED:g} nats",),
            selected_index=None,
            layout={"width": "100%"},
        )
        super().__init__(
            [(self.glyph, self.back), *(used[k : k + 2] for k in range(0, len(used), 2)), *([(self.rest,)] if unused else [])],
            read=self._state,
            render=render,
            describe=describe,
            hint="The latents stand in the order of their rates.",
        )
        for k, slider in self.sliders.items():
            slider.observe(lambda change, k=k: self._move(k, change), "value")
        self.glyph.observe(lambda change: self._reset(), "value")
        self.back.on_click(lambda button: self._reset())

    def _state(self) -> State:
        z = tuple(round(self.sliders[k].value, 6) for k in range(len(self.sliders)))
        return State(self.board, self.glyph.value, z, self._latent)

    def _move(self, latent: int, change: dict) -> None:
        # the browser sends a value that the kernel has set back in its own rounding: that is no hand on the slider
        if not self._held and abs(change["new"] - change["old"]) > STEP / 2:
            self._latent = latent
        self.update()

    def _reset(self) -> None:
        with self.one_update():
            for k, value in enumerate(State(self.board, self.glyph.value).z):
                self.sliders[k].value = round(value, 1)
