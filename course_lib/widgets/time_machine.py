"""The time machine: go back and forth through the snapshots of a full GAN training, with samples, losses and FID of each moment in view.

`load_history` reads what a recipe has written down while it trained, `State` is a moment of it and a latent to follow, `render` draws it,
`describe` says it in words, `static_sheet` is the lesson for places where widgets do not run, and `TimeMachine` is the widget.

Nothing is trained here and no network is run: the samples were made from the same 25 latents at every snapshot.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
from jaxtyping import Float, Int, UInt8

from course_lib import zoo
from course_lib.widgets.base import Explorer
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from course_lib.plots import Figure

__all__ = ["History", "State", "TimeMachine", "describe", "load_history", "render", "static_sheet"]

LATENTS, SIDE = 25, 28  # fixed latents, pixels of an image
FID_SAMPLES = 2000  # of each snapshot


@dataclass(frozen=True, eq=False)
class History:
    """What a training has left behind.

    Attributes
    ----------
    name : str
        The recipe, such as ``"dcgan-glyphs"``.
    step : (t,)
        The steps of the snapshots, rising, from 0.
    samples : (t, 25, 28, 28)
        The averaged G's images of the same latents, in grey levels.
    fid : (t,)
        FID of the averaged G at each snapshot, 2000 samples.
    block : int
        Steps over which the losses are averaged.
    loss_d, loss_g : (b,)
        Means of the losses over each block.
    """

    name: str
    step: Int[np.ndarray, " t"]
    samples: UInt8[np.ndarray, "t 25 28 28"]
    fid: Float[np.ndarray, " t"]
    block: int
    loss_d: Float[np.ndarray, " b"]
    loss_g: Float[np.ndarray, " b"]

    @property
    def features(self) -> str:
        """The network whose features the FID compares."""
        return f"features-{self.name.removeprefix('dcgan-')}"

    def losses_at(self, moment: int) -> tuple[float, float] | None:
        """Both losses, averaged over the block of steps that the snapshot lies in; None before the first step."""
        step = int(self.step[moment])
        if step == 0 or not len(self.loss_d):
            return None
        k = min((step - 1) // self.block, len(self.loss_d) - 1)
        return float(self.loss_d[k]), float(self.loss_g[k])


def load_history(name: str = "dcgan-glyphs", folder: str | Path | None = None) -> History:
    """Read the history that a recipe wrote beside its weights.

    Parameters
    ----------
    name : str
        The recipe.
    folder : path, optional
        Where ``NAME.npz`` lies: a recipe's output folder; the histories that ship with the course if left out.

    Raises
    ------
    FileNotFoundError
        If there is none of that name.

    Examples
    --------
    >>> load_history().samples.shape[1:]
    (25, 28, 28)
    """
    folder = zoo.HISTORIES if folder is None else Path(folder)
    path = folder / f"{name}.npz"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder.glob("*.npz"))) or "none"
        raise FileNotFoundError(
            f"name: there is no history {name!r} in {folder}; there are: {there}. A training writes one: python -m course_lib train {name}"
        )
    with np.load(path, allow_pickle=False) as file:
        keys = ("step", "samples", "fid", "loss_d", "loss_g")
        return History(name=name, block=int(file["block"]), **{key: file[key] for key in keys})


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    history : History
        The training.
    moment : int
        Which snapshot, from 0.
    latent : int
        Which of the 25 latents to follow, from 0, row by row.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.
    """

    history: History
    moment: int = 0
    latent: int = 0

    def __post_init__(self):
        if not isinstance(self.history, History):
            raise TypeError(f"history: got {type(self.history).__name__}, expected a History; load_history(name) reads one")
        for name, count in (("moment", len(self.history.step)), ("latent", LATENTS)):
            value = getattr(self, name)
            if type(value) is not int:
                raise TypeError(f"{name}: got {type(value).__name__}, expected an int from 0 to {count - 1}")
            if not 0 <= value < count:
                raise ValueError(f"{name}: got {value}, expected 0 to {count - 1}")


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers."""
    history, k = state.history, state.moment
    found = history.losses_at(k)
    losses = "before the first step" if found is None else f"loss of D {found[0]:.2f}, of G {found[1]:.2f} (mean of {history.block} steps)"
    best = int(history.fid.argmin())
    rank = "the best of all snapshots" if k == best else f"the best is {history.fid[best]:.1f} at step {history.step[best]:,}"
    return (
        f"{history.name}, step {history.step[k]:,} of {history.step[-1]:,}: FID({history.features}, n = {FID_SAMPLES}) "
        f"{history.fid[k]:.1f}, {rank}; {losses}. Latent {state.latent + 1} of {LATENTS} is framed and shown at every snapshot."
    )


# ------------------------------------------------------------------------------------------------------------------- drawing

SCALE, GAP, MARGIN, TOP = 3, 4, 8, 40
CELL = SIDE * SCALE + GAP
GRID = 5 * CELL - GAP
RIGHT = MARGIN + GRID + 60  # where the plots begin
WIDTH = 800
STRIP_TOP, STRIP, PER_ROW = TOP + GRID + 34, 2 * SIDE + 4, 13
BLUE, ORANGE = (0, 114, 178), (213, 94, 0)


def render(state: State) -> bytes:
    """Draw a moment: the 25 samples, losses and FID over all steps with the moment marked, and one latent's image at every snapshot.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file; the same state gives the same bytes.
    """
    from PIL import Image, ImageDraw

    history, k = state.history, state.moment
    rows = math.ceil(len(history.step) / PER_ROW)
    picture = Image.new("RGB", (WIDTH, STRIP_TOP + rows * (STRIP + 16) + 4), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((MARGIN, 15), f"Step {history.step[k]:,}", INK, font(14, bold=True), anchor="ls")
    draw.text((MARGIN, 32), "G's images of 25 fixed latents", FAINT, font(12), anchor="ls")
    _paste_samples(picture, history.samples[k], MARGIN, TOP, SCALE)
    row, column = divmod(state.latent, 5)
    _frame(draw, MARGIN + column * CELL, TOP + row * CELL, SIDE * SCALE)

    found = history.losses_at(k)
    words = [
        ("FID", f"{history.fid[k]:.1f}"),
        ("D loss", f"{found[0]:.2f}" if found else "–"),
        ("G loss", f"{found[1]:.2f}" if found else "–"),
    ]
    for place, (name, value) in enumerate(words):
        x = RIGHT - 30 + 112 * place
        draw.text((x, 22), name, FAINT, font(12), anchor="ls")
        draw.text((x + 46, 22), value, INK, font(14, bold=True), anchor="ls")
    blocks = (np.arange(len(history.loss_d)) + 1) * history.block
    lines = [(blocks, history.loss_d, BLUE, "D: thick", 2), (blocks, history.loss_g, ORANGE, "G: thin", 1)]
    _plot(draw, state, "Losses", lines, TOP + 24, logarithmic=False)
    points = [(history.step, history.fid, INK, f"{history.features}, n = {FID_SAMPLES}", 2)]
    _plot(draw, state, "FID", points, TOP + 254, logarithmic=True, dots=True)

    draw.text((MARGIN, STRIP_TOP - 9), f"Latent {state.latent + 1} at every snapshot", INK, font(12, bold=True), anchor="ls")
    for moment, step in enumerate(history.step.tolist()):
        row, column = divmod(moment, PER_ROW)
        x, y = MARGIN + column * STRIP, STRIP_TOP + row * (STRIP + 16)
        picture.paste(_enlarged(history.samples[moment, state.latent], 2), (x, y))
        draw.text((x + SIDE, y + 2 * SIDE + 14), _short(step), INK if moment == k else FAINT, font(11, bold=moment == k), anchor="ms")
        if moment == k:
            _frame(draw, x, y, 2 * SIDE)
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _enlarged(image: UInt8[np.ndarray, "28 28"], scale: int) -> "Image.Image":
    from PIL import Image

    return Image.fromarray(image.repeat(scale, axis=0).repeat(scale, axis=1))


def _paste_samples(picture: "Image.Image", samples: UInt8[np.ndarray, "25 28 28"], left: int, top: int, scale: int) -> None:
    for latent, image in enumerate(samples):
        row, column = divmod(latent, 5)
        cell = SIDE * scale + GAP
        picture.paste(_enlarged(image, scale), (left + column * cell, top + row * cell))


def _frame(draw: "ImageDraw.ImageDraw", left: int, top: int, size: int) -> None:
    for grow in (1, 2):
        draw.rectangle((left - grow, top - grow, left + size - 1 + grow, top + size - 1 + grow), outline=FRAME)


def _short(step: int) -> str:
    return f"{step / 1000:.0f}k" if step >= 10_000 else str(step)


def _plot(
    draw: "ImageDraw.ImageDraw",
    state: State,
    title: str,
    lines: Sequence[tuple],
    top: int,
    *,
    logarithmic: bool,
    dots: bool = False,
    height: int = 150,
) -> None:
    """Curves over the steps on a logarithmic axis, which holds the first minutes and the last; the moment is a vertical line."""
    steps = state.history.step
    left, right = RIGHT, WIDTH - 14
    last = math.log10(max(float(steps[-1]), 20.0))
    values = np.concatenate([np.asarray(line[1], dtype=float) for line in lines] or [np.zeros(1)])
    values = values[np.isfinite(values)] if len(values) else np.zeros(1)
    if logarithmic:
        low, high = (math.log10(max(float(v), 1e-3)) for v in (values.min(), values.max()))
        low, high = math.floor(low), math.ceil(high)
    else:
        low, high = 0.0, float(values.max()) if len(values) else 1.0
    high = high if high > low else low + 1

    def at(step: float | int, value: float | int) -> tuple[float, float]:
        across = (math.log10(max(step, 1.0)) / last) * (right - left)  # step 0 is drawn at 1
        value = math.log10(max(value, 1e-3)) if logarithmic else value
        return left + across, top + height - (value - low) / (high - low) * height

    draw.text((left, top - 8), title, INK, font(12, bold=True), anchor="ls")
    for k, (_, _, colour, text, _) in enumerate(lines):
        draw.text((left + 66 + 80 * k, top - 8), text, colour if colour != INK else FAINT, font(12), anchor="ls")
    draw.rectangle((left - 1, top - 1, right + 1, top + height + 1), outline=LINE)
    marks = [10.0**power for power in range(int(low), int(high) + 1)] if logarithmic else [low, high]
    for value in marks:
        y = at(1, value)[1]
        draw.text((left - 6, y), f"{value:g}" if logarithmic else f"{value:.1f}", FAINT, font(11), anchor="rm")
        draw.line((left, y, right, y), LINE)
    for power in range(int(last) + 1):
        x = at(10**power, 10**low if logarithmic else 0)[0]
        draw.line((x, top + height, x, top + height + 4), INK)
        draw.text((x, top + height + 17), _short(10**power), FAINT, font(11), anchor="ms")
    draw.text((right, top + height + 32), "step of G, logarithmic", FAINT, font(11), anchor="rs")
    for steps_of_line, curve, colour, _, width in lines:
        places = [at(float(step), float(value)) for step, value in zip(steps_of_line, curve, strict=True)]
        if len(places) > 1:
            draw.line(places, colour, width)
        for x, y in places if dots else []:
            draw.ellipse((x - 2.5, y - 2.5, x + 2.5, y + 2.5), fill=colour)
    x = at(float(steps[state.moment]), 1.0)[0]
    draw.line((x, top, x, top + height), FRAME, 2)
    if dots:
        x, y = at(float(steps[state.moment]), float(lines[0][1][state.moment]))
        draw.ellipse((x - 6, y - 6, x + 6, y + 6), outline=FRAME, width=2)


def static_sheet(history: History, moments: Sequence[int]) -> "Figure":
    """Draw the lesson on paper: the same 25 latents at a few snapshots, with the FID of each.

    Parameters
    ----------
    history : History
    moments : sequence of int
        Which snapshots, at most five.

    Raises
    ------
    ValueError
        If there are none, more than five, or one is not among the snapshots.
    """
    from PIL import Image, ImageDraw

    if not 1 <= len(moments) <= 5:
        raise ValueError(f"moments: got {len(moments)} snapshots, expected 1 to 5")
    states = [State(history, moment) for moment in moments]
    side, gap, header = 5 * (SIDE + GAP) - GAP, 12, 40
    picture = Image.new("RGB", (len(states) * (side + gap) - gap, header + side), "white")
    draw = ImageDraw.Draw(picture)
    for k, state in enumerate(states):
        left = k * (side + gap)
        draw.text((left, 14), f"step {history.step[state.moment]:,}", INK, font(13, bold=True), anchor="ls")
        draw.text((left, 32), f"FID {history.fid[state.moment]:.1f}", FAINT, font(12), anchor="ls")
        _paste_samples(picture, history.samples[state.moment], left, header, 1)
    told = ", ".join(f"step {history.step[m]:,} FID {history.fid[m]:.1f}" for m in moments)
    return as_figure(picture, f"Images of the same 25 latents at {len(states)} moments of the training of {history.name}: {told}.")


# ---------------------------------------------------------------------------------------------------------------- the widget


class TimeMachine(Explorer):
    """Scrub through a full training: samples of fixed latents, losses and FID at each snapshot.

    Parameters
    ----------
    name : str
        The recipe whose history is shown.
    folder : path, optional
        Where its history lies; see `load_history`.

    Attributes
    ----------
    moment, play, latent
        The controls, in the order in which Tab visits them.
    history : History

    Examples
    --------
    >>> machine = TimeMachine()
    >>> machine.moment.index = 3
    >>> f"step {machine.history.step[3]:,} of" in machine.numbers.value
    True
    """

    def __init__(self, name: str = "dcgan-glyphs", folder: str | Path | None = None):
        self.history = load_history(name, folder)
        last = len(self.history.step) - 1
        self.moment = widgets.SelectionSlider(
            options=[(f"{step:,}", k) for k, step in enumerate(self.history.step.tolist())],
            value=last,
            description="Step",
            layout={"width": "420px"},
        )
        # it stops at the last snapshot by itself
        self.play = widgets.Play(min=0, max=last, value=last, interval=700, description="Play", show_repeat=False)
        self.latent = widgets.IntSlider(value=1, min=1, max=LATENTS, description="Latent", layout={"width": "320px"})
        super().__init__(
            [(self.moment, widgets.Label("Play:"), self.play), (self.latent,)],
            read=lambda: State(self.history, self.moment.value, self.latent.value - 1),
            render=render,
            describe=describe,
        )
        widgets.link((self.play, "value"), (self.moment, "index"))
        self.watch(self.moment, self.latent)
