"""The GAN lab: two small players on a ring of eight Gaussians, moved one step at a time, with everything that D says and G feels in view.

`Lab` is the game: `step_discriminator`, `step_generator`, `step_both`, and `view`, which measures where it stands. `render` draws a `View`,
`describe` says it in words, `static_sheet` is the lesson for places where widgets do not run, and `GanLab` is the widget.

The starts "trained" and "collapsed" are read from two files beside this module, which `make_starts` wrote. The networks and the method are
those of `course_lib.train`: the buttons call the same two steps as every training of the course.
"""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib import losses
from course_lib.data import toys
from course_lib.files import atomic_write
from course_lib.metrics.modes import mode_coverage
from course_lib.models import MLPDiscriminator, MLPGenerator
from course_lib.train import Batches, GanTraining, gan
from course_lib.widgets.base import Explorer
from course_lib.widgets.drawing import FAINT, INK, LINE, as_figure, font

if TYPE_CHECKING:
    from PIL import ImageDraw

    from course_lib.plots import Figure

__all__ = ["LOSSES", "STARTS", "GanLab", "Lab", "View", "describe", "make_starts", "render", "static_sheet"]

MODES, RADIUS, SIGMA = 8, 1.0, 0.1
EDGE = 1.7  # the plane is shown from -EDGE to EDGE on both axes
CELLS = 53  # D is evaluated on CELLS x CELLS points
SHOWN, ARROWS, COUNTED = 200, 48, 1000  # samples drawn, samples with an arrow, samples counted

Shading = Callable[[Tensor], Tensor]


def _stretched(logits: Tensor) -> Tensor:
    """A critic's values have no scale of their own: from the least to the greatest in view."""
    low, high = logits.min(), logits.max()
    return (logits - low) / (high - low).clamp_min(1e-12)


@dataclass(frozen=True)
class Method:
    """One pair of losses, its penalty on D, how many steps D takes to one of G, and how its output becomes a shade in [0, 1]."""

    title: str
    loss: losses.GanLoss
    penalty: Callable[..., Tensor] | None = None
    discriminator_steps: int = 1
    shade: Shading = torch.sigmoid
    scale: str = "D(x), probability of real"


LOSSES = {
    "non-saturating": Method("non-saturating", losses.NON_SATURATING),
    "saturating": Method("saturating (minimax)", losses.MINIMAX),
    "lsgan": Method("least squares (LSGAN)", losses.LSGAN, shade=lambda v: v.clamp(0, 1), scale="D(x), 1 for real, 0 for fake"),
    "r1": Method("non-saturating + R1", losses.NON_SATURATING, losses.r1(0.1)),
    "wgan-gp": Method("WGAN-GP", losses.WASSERSTEIN, losses.wgan_gp(0.1), 5, _stretched, "critic D(x), least to greatest in view"),
}
STARTS = {
    "scratch": "from scratch",
    "ahead": "D far ahead of a fresh G",
    "trained": "trained: all eight modes",
    "collapsed": "collapsed: one mode",
}


# ------------------------------------------------------------------------------------------------------------------ the game


@dataclass(frozen=True)
class View:
    """Where a game stands: all that the picture and the words depend on.

    Attributes
    ----------
    start, loss : str
        Keys of `STARTS` and `LOSSES`.
    steps_d, steps_g : int
        Steps taken since the start.
    last : str
        What moved last: "D", "G", "both" or "" at the start.
    heat : array, shape (CELLS, CELLS)
        D over the plane as a shade in [0, 1], first row at the top.
    real, fake, pull : arrays, shape (SHOWN, 2), (SHOWN, 2), (ARROWS, 2)
        Data, samples of fixed latents, and for the first of these minus the gradient of G's loss at the sample: where it is pulled.
    share : array, shape (8,)
        Of the samples, by nearest mode.
    loss_d, loss_g : float
        On 1000 fixed data points and samples, D's without its penalty.
    modes : int
    high_quality, reverse_kl : float
        As in `course_lib.metrics.modes`.
    gradient : float
        Mean length of the gradient at the samples.
    history : tuple of (steps, loss_d, loss_g)
        One entry for each time somebody moved.
    """

    start: str
    loss: str
    steps_d: int
    steps_g: int
    last: str
    heat: np.ndarray
    real: np.ndarray
    fake: np.ndarray
    pull: np.ndarray
    share: np.ndarray
    loss_d: float
    loss_g: float
    modes: int
    high_quality: float
    reverse_kl: float
    gradient: float
    history: tuple[tuple[int, float, float], ...]


class Lab:
    """A game that waits for the next move.

    Parameters
    ----------
    start : str
        One of `STARTS`.
    loss : str
        One of `LOSSES`.
    seed : int
        Of the first weights, the batches and the latents.

    Raises
    ------
    ValueError
        Unknown start or loss.

    Examples
    --------
    >>> lab = Lab("collapsed")
    >>> lab.view().modes
    1
    >>> lab.step_both(2)
    >>> lab.view().steps_g
    2
    """

    def __init__(self, start: str = "scratch", loss: str = "non-saturating", seed: int = 0):
        if start not in STARTS:
            raise ValueError(f"start: got {start!r}, expected one of {', '.join(STARTS)}")
        self.start, self.seed = start, seed
        self.training = _training(seed)
        self.steps_d = self.steps_g = 0
        self.last = ""
        self.set_loss(loss)
        if start in ("trained", "collapsed"):
            weights = _start_weights(start)
            for name, network in (("G", self.training.G), ("D", self.training.D)):
                network.load_state_dict({key.removeprefix(name + "."): w for key, w in weights.items() if key.startswith(name + ".")})
        elif start == "ahead":
            for _ in range(300):
                self.training.step_discriminator()
        # what is measured and drawn uses numbers of its own: looking at the game does not change it
        draws = torch.Generator().manual_seed(1_000_003 + seed)
        self._z = torch.randn(COUNTED, self.training.G.latent_dim, generator=draws)
        self._real = toys.ring(COUNTED, draws, MODES, RADIUS, SIGMA)
        self.history: list[tuple[int, float, float]] = []
        self._remember()

    def set_loss(self, loss: str) -> None:
        """Go on with another loss: the networks stay, D's and G's next steps follow it."""
        if loss not in LOSSES:
            raise ValueError(f"loss: got {loss!r}, expected one of {', '.join(LOSSES)}")
        self.loss = loss
        method = LOSSES[loss]
        self.training.loss, self.training.penalty = method.loss, method.penalty
        self.training.discriminator_steps = method.discriminator_steps

    def step_discriminator(self, n: int = 1) -> None:
        """n steps of D; G stays as it is."""
        for _ in range(n):
            self.training.step_discriminator()
        self.steps_d += n
        self._moved("D")

    def step_generator(self, n: int = 1) -> None:
        """n steps of G; D stays as it is."""
        for _ in range(n):
            self.training.step_generator()
        self.steps_g += n
        self._moved("G")

    def step_both(self, n: int = 1) -> None:
        """n rounds: D steps as often as its loss asks for (five times for WGAN-GP, once for the others), then G once."""
        for _ in range(n):
            self.training.step()
        self.steps_d += n * self.training.discriminator_steps
        self.steps_g += n
        self._moved("both")

    def _moved(self, who: str) -> None:
        self.last = who
        self._remember()

    @torch.no_grad()
    def _losses(self) -> tuple[float, float]:
        G, D, loss = self.training.G, self.training.D, self.training.loss
        real_logits, fake_logits = D(self._real), D(G(self._z))
        values = loss.discriminator(real_logits, fake_logits).item(), loss.generator(fake_logits).item()
        if not all(math.isfinite(v) for v in values):
            raise ValueError("the game has left the range of numbers (a loss is infinite or NaN); choose a start to begin anew")
        return values

    def _remember(self) -> None:
        self.history = [*self.history[-299:], (self.steps_d + self.steps_g, *self._losses())]

    def view(self) -> View:
        """Measure the game as it stands; nothing in it changes."""
        G, D, method = self.training.G, self.training.D, LOSSES[self.loss]
        with torch.no_grad():
            fake = G(self._z)
            heat = method.shade(D(_plane())).reshape(CELLS, CELLS)
        at = fake[:SHOWN].clone().requires_grad_(True)
        # the loss is a mean over the batch; times its size, the gradient is that of each sample on its own
        (gradient,) = torch.autograd.grad(method.loss.generator(D(at)) * SHOWN, at)
        found = mode_coverage(fake, toys.ring_centres(MODES, RADIUS), SIGMA)
        nearest = torch.cdist(fake, toys.ring_centres(MODES, RADIUS)).argmin(1)
        _, loss_d, loss_g = self.history[-1] if self.history else (0, *self._losses())
        return View(
            start=self.start,
            loss=self.loss,
            steps_d=self.steps_d,
            steps_g=self.steps_g,
            last=self.last,
            heat=heat.numpy(),
            real=self._real[:SHOWN].numpy(),
            fake=fake[:SHOWN].numpy(),
            pull=-gradient[:ARROWS].numpy(),
            share=(torch.bincount(nearest, minlength=MODES) / COUNTED).numpy(),
            loss_d=loss_d,
            loss_g=loss_g,
            modes=found.modes,
            high_quality=found.high_quality,
            reverse_kl=found.reverse_kl,
            gradient=gradient.norm(dim=1).mean().item(),
            history=tuple(self.history),
        )


def _training(seed: int) -> GanTraining:
    with torch.random.fork_rng(devices=[]):  # the notebook's own random numbers are not moved
        torch.manual_seed(seed)
        G = MLPGenerator(dim=2, latent_dim=8, width=64, depth=2)
        D = MLPDiscriminator(dim=2, width=64, depth=2)
    points = toys.ring(20_000, torch.Generator().manual_seed(seed), MODES, RADIUS, SIGMA)
    return gan(G, D, Batches(points, batch_size=128, seed=seed), steps=10**9, learning_rate=1e-3, betas=(0.5, 0.9), seed=seed)


@lru_cache(maxsize=1)
def _plane() -> Float[Tensor, "cells 2"]:
    """The points at which D is evaluated, row by row from the top left."""
    axis = torch.linspace(-EDGE, EDGE, CELLS)
    y, x = torch.meshgrid(-axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def _start_file(start: str) -> Path:
    return Path(__file__).with_name(f"gan_lab_{start}.safetensors")


@lru_cache(maxsize=2)
def _start_weights(start: str) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(_start_file(start))


def make_starts(folder: str | Path) -> None:
    """Train the two starts that ship with the course, some seconds each, and write them into a folder.

    "trained" is the non-saturating loss with R1 after 2500 rounds from scratch; "collapsed" is the plain non-saturating loss after 900.
    """
    from safetensors.torch import save

    for start, loss, rounds in (("trained", "r1", 2500), ("collapsed", "non-saturating", 900)):
        lab = Lab("scratch", loss)
        lab.step_both(rounds)
        weights = {f"{name}.{key}": w for name in "GD" for key, w in getattr(lab.training, name).state_dict().items()}
        with atomic_write(Path(folder) / _start_file(start).name) as path:
            Path(path).write_bytes(save(weights))


# --------------------------------------------------------------------------------------------------------------------- words


def describe(view: View) -> str:
    """Say what `render` draws, in words and numbers.

    Examples
    --------
    >>> describe(Lab("trained").view()).split(".")[0]
    'From "trained: all eight modes", non-saturating loss, after 0 steps of D and 0 of G'
    """
    moved = {"": "", "D": " D moved last.", "G": " G moved last.", "both": " Both moved."}[view.last]
    return (
        f'From "{STARTS[view.start]}", {LOSSES[view.loss].title} loss, after {_steps(view.steps_d)} of D and {view.steps_g} of G.{moved} '
        f"D loss {_number(view.loss_d)}, G loss {_number(view.loss_g)}; {view.modes} of {MODES} modes, "
        f"{100 * view.high_quality:.0f} % of the samples within 3σ of a mode; mean gradient at a sample {_number(view.gradient)}."
    )


def _steps(n: int) -> str:
    return f"{n} step{'' if n == 1 else 's'}"


def _number(value: float) -> str:
    """Three decimals, or the power of ten where three decimals would show nothing."""
    return f"{value:.3f}" if abs(value) >= 0.001 or value == 0 else f"{value:.0e}"


# ------------------------------------------------------------------------------------------------------------------- drawing

PLANE = 440  # pixels, the side of the plane
MARGIN, TOP = 8, 40
SIDE = MARGIN + PLANE + 24  # where the right column begins
WIDTH, HEIGHT = SIDE + 330, TOP + PLANE + 44
BLUE, ORANGE = (0, 114, 178), (213, 94, 0)
ARROW, LONGEST = 0.3, 0.5  # an arrow's length in units of the plane for a gradient of 1, and the longest that is drawn


def render(view: View) -> bytes:
    """Draw the game: D over the plane with data, samples and the pull on them; numbers, losses and modes beside it.

    Parameters
    ----------
    view : View

    Returns
    -------
    bytes
        A PNG file of 802 x 524 pixels; the same view gives the same bytes. Blue is where D says real, red where it says fake.

    Examples
    --------
    >>> render(Lab().view())[:4]
    b'\\x89PNG'
    """
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    picture.paste(_plane_picture(view, PLANE), (MARGIN, TOP))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((MARGIN - 1, TOP - 1, MARGIN + PLANE, TOP + PLANE), outline=LINE)
    draw.text((MARGIN, 15), "The plane", INK, font(13, bold=True), anchor="ls")
    draw.text((MARGIN, 32), "dark dots: data    white circles: samples    arrows: where G's loss pulls them", FAINT, font(11), anchor="ls")
    bar = np.linspace(0, 1, 160)[None].repeat(10, axis=0)
    picture.paste(Image.fromarray(_colours(bar)), (MARGIN, TOP + PLANE + 10))
    draw.text((MARGIN, TOP + PLANE + 36), "0", INK, font(11), anchor="ls")
    draw.text((MARGIN + 160, TOP + PLANE + 36), "1", INK, font(11), anchor="rs")
    draw.text((MARGIN + 170, TOP + PLANE + 20), LOSSES[view.loss].scale, FAINT, font(11), anchor="ls")

    draw.text((SIDE, 15), f"{LOSSES[view.loss].title} loss", INK, font(13, bold=True), anchor="ls")
    draw.text((SIDE, 32), f"{_steps(view.steps_d)} of D, {view.steps_g} of G", FAINT, font(11), anchor="ls")
    numbers = (
        ("D loss", _number(view.loss_d)),
        ("G loss", _number(view.loss_g)),
        ("modes", f"{view.modes} of {MODES}"),
        ("within 3σ", f"{100 * view.high_quality:.0f} %"),
        ("gradient", _number(view.gradient)),
        ("reverse KL", f"{view.reverse_kl:.2f} nats"),
    )
    for k, (name, value) in enumerate(numbers):
        x, y = SIDE + 165 * (k % 2), TOP + 20 + 24 * (k // 2)
        draw.text((x, y), name, FAINT, font(12), anchor="ls")
        draw.text((x + 74, y), value, INK, font(14, bold=True), anchor="ls")
    _draw_history(draw, view, TOP + 110, 150)
    _draw_shares(draw, view, TOP + 316, 110)

    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _plane_picture(view: View, side: int):
    """D as colours, and on them data, arrows and samples."""
    from PIL import Image, ImageDraw

    colours = Image.fromarray(_colours(view.heat)).resize((side, side), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(colours)
    real, fake = _pixels(view.real, side), _pixels(view.fake, side)
    for x, y in real:
        draw.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=(40, 40, 40))
    length = np.linalg.norm(view.pull, axis=1, keepdims=True)
    reach = view.pull / np.maximum(length, 1e-12) * np.minimum(ARROW * length, LONGEST)
    tips = _pixels(view.fake[: len(reach)] + reach, side)
    for x, y in fake:
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=(255, 255, 255), outline=INK)
    for (x, y), (u, v) in zip(fake.tolist(), tips.tolist(), strict=False):
        _draw_arrow(draw, x, y, u, v)
    return colours


def _pixels(points: Float[np.ndarray, "n 2"], side: int) -> Float[np.ndarray, "n 2"]:
    """Points of the plane in pixels, what lies far outside moved to just outside the picture."""
    points = np.clip(points, -1.2 * EDGE, 1.2 * EDGE)
    return np.stack([(points[:, 0] + EDGE), (EDGE - points[:, 1])], axis=1) / (2 * EDGE) * (side - 1)


def _draw_arrow(draw: "ImageDraw.ImageDraw", x: float, y: float, u: float, v: float) -> None:
    length = math.hypot(u - x, v - y)
    if length < 2:  # a pull too weak to see is not drawn larger than it is
        return
    draw.line((x, y, u, v), INK, 2)
    head = min(6.0, length / 2)
    angle = math.atan2(v - y, u - x)
    for side in (2.6, -2.6):
        draw.line((u, v, u + head * math.cos(angle + side), v + head * math.sin(angle + side)), INK, 2)


def _draw_history(draw: "ImageDraw.ImageDraw", view: View, top: int, height: int) -> None:
    """Both losses over the steps taken, as far back as they are remembered."""
    steps, loss_d, loss_g = (np.array(column, dtype=float) for column in zip(*view.history, strict=True))
    probabilities = LOSSES[view.loss].shade is torch.sigmoid
    marks = {"2 log 2": 2 * math.log(2)} if probabilities else {}
    everything = np.concatenate([loss_d, loss_g, list(marks.values()), [0]])
    low, high = float(everything.min()), float(everything.max())
    high = high if high > low else low + 1
    left, right = SIDE + 40, SIDE + 320

    def at(step: float | int, value: float | int) -> tuple[float, float]:
        width = max(steps[-1] - steps[0], 1)
        return left + (step - steps[0]) / width * (right - left), top + height - (value - low) / (high - low) * height

    draw.text((SIDE, top - 8), "Losses", INK, font(12, bold=True), anchor="ls")
    for k, (text, colour) in enumerate((("D: solid", BLUE), ("G: dashed", ORANGE))):
        draw.text((SIDE + 70 + 80 * k, top - 8), text, colour, font(12), anchor="ls")
    draw.rectangle((left - 1, top - 1, right + 1, top + height + 1), outline=LINE)
    for value in (low, high):
        draw.text((left - 6, at(0, value)[1]), f"{value:.2g}", FAINT, font(11), anchor="rm")
    for text, value in marks.items():
        y = at(0, value)[1]
        draw.line((left, y, right, y), LINE)
        draw.text((right - 2, y - 2), text, FAINT, font(11), anchor="rs")
    for values, colour, dashed in ((loss_d, BLUE, False), (loss_g, ORANGE, True)):
        line = np.array([at(step, value) for step, value in zip(steps, values, strict=True)])
        if len(line) == 1:
            x, y = line[0]
            draw.rectangle((x - 2, y - 2, x + 2, y + 2), fill=colour)
        elif not dashed:
            draw.line([tuple(point) for point in line], colour, 2)
        else:  # six pixels on, four off, along the horizontal axis
            for begin in range(left, right, 10):
                across = np.linspace(begin, begin + 6, 7)
                draw.line([*zip(across, np.interp(across, line[:, 0], line[:, 1]), strict=True)], colour, 2)
    draw.text((left, top + height + 17), f"step {steps[0]:.0f}", FAINT, font(11), anchor="ls")
    draw.text((right, top + height + 17), f"step {steps[-1]:.0f}, of D or G", FAINT, font(11), anchor="rs")


def _draw_shares(draw: "ImageDraw.ImageDraw", view: View, top: int, height: int) -> None:
    """The share of the samples that is nearest to each mode."""
    left, step = SIDE + 40, 35
    draw.text((SIDE, top - 8), "Share of samples by nearest mode", INK, font(12, bold=True), anchor="ls")
    even = top + height - height / MODES
    for mode, share in enumerate(view.share):
        x = left + step * mode
        draw.rectangle((x + 6, top + height - height * float(share), x + step - 6, top + height), fill=ORANGE)
        draw.text((x + step / 2, top + height + 15), f"{mode + 1}", FAINT, font(11), anchor="ms")
    draw.line((left, even, left + step * MODES, even), INK)
    draw.line((left, top + height, left + step * MODES, top + height), LINE)
    for y, text in ((top + 4, "1"), (even, "1/8")):
        draw.text((left - 6, y), text, FAINT, font(11), anchor="rm")


def _colours(shade: Float[np.ndarray, "h w"]) -> np.ndarray:
    """Red for 0, near white for one half, blue for 1."""
    return _table()[np.rint(np.clip(shade, 0, 1) * 254).astype(np.int64)]


@lru_cache(maxsize=1)
def _table() -> np.ndarray:
    from matplotlib import colormaps

    table = colormaps["RdBu"](np.linspace(0, 1, 255))[:, :3]
    return np.rint(255 * (0.25 + 0.75 * table)).astype(np.uint8)  # paler, so that points and arrows stand out


# ----------------------------------------------------------------------------------------------------- where no widget runs


def static_sheet() -> "Figure":
    """Draw the lesson on paper: D far ahead under two losses, and the collapsed and the trained start.

    Returns
    -------
    Figure
        For `course_lib.plots.show`; its ``alt_text`` holds the numbers.
    """
    from PIL import Image, ImageDraw

    cases = (("ahead", "non-saturating"), ("ahead", "saturating"), ("collapsed", "non-saturating"), ("trained", "non-saturating"))
    views = [Lab(start, loss).view() for start, loss in cases]
    side, gap, header = 180, 12, 58
    picture = Image.new("RGB", (len(views) * (side + gap) - gap + 2, header + side + 4), "white")
    draw = ImageDraw.Draw(picture)
    for k, view in enumerate(views):
        left = 1 + k * (side + gap)
        picture.paste(_plane_picture(view, side), (left, header))
        draw.rectangle((left - 1, header - 1, left + side, header + side), outline=LINE)
        name = {"ahead": "D far ahead", "collapsed": "collapsed", "trained": "trained"}[view.start]
        draw.text((left, 14), name, INK, font(13, bold=True), anchor="ls")
        draw.text((left, 32), f"{view.loss} loss", FAINT, font(11), anchor="ls")
        draw.text((left, 49), f"gradient {_number(view.gradient)}, {view.modes} of {MODES} modes", FAINT, font(11), anchor="ls")
    return as_figure(picture, " ".join(describe(view) for view in views))


# ---------------------------------------------------------------------------------------------------------------- the widget


class GanLab(Explorer):
    """Move D, G or both by hand, or let them play, and watch what D says, what the samples feel and which modes there are.

    Parameters
    ----------
    start, loss : str
        Keys of `STARTS` and `LOSSES`.
    seed : int
        Of weights, batches and latents.

    Attributes
    ----------
    start, loss, amount, step_d, step_g, both, again, play
        The controls, in the order in which Tab visits them. `amount` is the number of steps of one click, and of one tick of the player.
    lab : Lab
        The game.

    Examples
    --------
    >>> lab = GanLab("collapsed")
    >>> lab.step_d.click()
    >>> "after 1 step of D and 0 of G" in lab.numbers.value
    True
    """

    def __init__(self, start: str = "scratch", loss: str = "non-saturating", seed: int = 0):
        self.lab = Lab(start, loss, seed)
        wide = {"description_width": "80px"}
        self.start = widgets.Dropdown(
            options=[(text, key) for key, text in STARTS.items()], value=start, description="Start", style=wide, layout={"width": "300px"}
        )
        self.loss = widgets.Dropdown(
            options=[(method.title, key) for key, method in LOSSES.items()],
            value=loss,
            description="Loss",
            style=wide,
            layout={"width": "290px"},
        )
        self.amount = widgets.Dropdown(
            options=[1, 5, 20], value=1, description="Steps a click", style={"description_width": "100px"}, layout={"width": "180px"}
        )
        self.step_d = _button("Step D", "D learns, G stays as it is", self._step_d)
        self.step_g = _button("Step G", "G learns, D stays as it is", self._step_g)
        self.both = _button("Both", "D steps (five times for WGAN-GP), then G", self._step_both)
        # the player stops by itself, so that no forgotten notebook trains for ever
        self.play = widgets.Play(min=0, max=400, interval=200, description="Play both", show_repeat=False)
        self.again = _button("Start again", "The chosen start, with the weights it began with", self._restart)
        super().__init__(
            [
                (self.start, self.loss, self.amount),
                (self.step_d, self.step_g, self.both, self.again, widgets.Label("Play both:"), self.play),
            ],
            read=lambda: self.lab.view(),
            render=render,
            describe=describe,
        )
        self.play.observe(self._tick, "value")
        self.start.observe(self._restart, "value")
        self.loss.observe(self._change_loss, "value")

    def _step_d(self, *_) -> None:
        with self.one_update():
            self.lab.step_discriminator(self.amount.value)

    def _step_g(self, *_) -> None:
        with self.one_update():
            self.lab.step_generator(self.amount.value)

    def _step_both(self, *_) -> None:
        with self.one_update():
            self.lab.step_both(self.amount.value)

    def _tick(self, change: dict) -> None:
        if change["new"] > change["old"]:  # the stop button sets the player back to 0
            self._step_both()

    def _change_loss(self, change: dict) -> None:
        """The networks stay; the curve begins anew, because another loss is another number."""
        with self.one_update():
            self.lab.set_loss(change["new"])
            self.lab.history = []
            self.lab._remember()

    def _restart(self, *_) -> None:
        with self.one_update():
            self.play.playing = False
            self.play.value = 0
            self.lab = Lab(self.start.value, self.loss.value, self.lab.seed)


def _button(text: str, tooltip: str, handler: Callable) -> widgets.Button:
    button = widgets.Button(description=text, tooltip=tooltip, layout={"width": "100px"})
    button.on_click(handler)
    return button
