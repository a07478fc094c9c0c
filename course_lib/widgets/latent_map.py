"""The latent map: every test glyph at the place where a VAE of two latents encodes it, and what the decoder draws at any point between.

`load_atlas` encodes the test glyphs, `State` is a point of the map, `render` draws it, `describe` says it in words, `static_sheet` is the
lesson for places where widgets do not run, and `LatentMap` is the widget. An update decodes one image.
"""

import io
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib import data, zoo
from course_lib.images import to_uint8
from course_lib.models import VAE
from course_lib.widgets.base import Explorer
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font

if TYPE_CHECKING:
    from PIL import Image

    from course_lib.plots import Figure

__all__ = ["Atlas", "LatentMap", "State", "as_trained", "describe", "enlarged", "load_atlas", "render", "static_sheet"]

REACH = 3.5  # the map shows -REACH to REACH in both latents
NEIGHBOURS = 10
# ten classes: Okabe and Ito's seven and three more; each point is drawn as its digit, so colour is not the only cue
COLOURS = (
    *((0, 0, 0), (213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (178, 124, 0), (70, 150, 210)),
    *((120, 120, 120), (102, 51, 0), (90, 60, 150)),
)


@dataclass(frozen=True, eq=False)
class Atlas:
    """A VAE of two latents and where it puts images.

    Attributes
    ----------
    name : str
        Of the weights.
    model : VAE
    images : (n, 1, 28, 28)
        Test glyphs, grey.
    labels : (n,)
        Their classes.
    codes : (n, 2)
        The means of q(z|x).
    """

    name: str
    model: VAE
    images: Float[Tensor, "n 1 h w"]
    labels: Int64[Tensor, " n"]
    codes: Float[Tensor, "n 2"]


def as_trained(model: VAE, x: Float[Tensor, "n 1 h w"], generator: torch.Generator | None = None) -> Float[Tensor, "n 1 h w"]:
    """Images in the form that the model's likelihood wants: binary for Bernoulli (drawn with a generator, cut at ½ without), else grey."""
    if model.likelihood != "bernoulli":
        return x
    return (x > 0.5).to(x.dtype) if generator is None else torch.bernoulli(x, generator=generator)


@lru_cache(maxsize=2)
def load_atlas(name: str = "vae-glyphs-2d", folder: str | Path | None = None, number: int = 2000) -> Atlas:
    """Load a VAE and encode test glyphs, for a Bernoulli likelihood binarised once with a fixed seed.

    Parameters
    ----------
    name : str
        Weights of a VAE with two latents.
    folder : path, optional
        Where they lie; those that ship with the course if left out.
    number : int
        How many test glyphs, at most 4000.

    Raises
    ------
    ValueError
        If there are no such weights, or the model has another number of latents.

    Examples
    --------
    >>> load_atlas().codes.shape
    torch.Size([2000, 2])
    """
    model = zoo.load(name, folder=zoo.WEIGHTS if folder is None else folder)
    if getattr(model, "latent_dim", None) != 2:
        raise ValueError(f"name: {name!r} has {getattr(model, 'latent_dim', 'no')} latents, a map needs 2; vae-glyphs-2d has them")
    glyphs = data.digits("glyphs", train=False)
    images, labels = glyphs.images[:number], glyphs.labels[:number]
    given = as_trained(model, images, torch.Generator().manual_seed(0))
    with torch.no_grad():
        codes = torch.cat([model.encode(part)[0] for part in given.split(500)])
    return Atlas(name, model, images, labels, codes)


@dataclass(frozen=True)
class State:
    """A point of the map.

    Parameters
    ----------
    atlas : Atlas
        The map.
    z : tuple of two float
        The point, each from -3.5 to 3.5.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.
    """

    atlas: Atlas
    z: tuple[float | int, float | int] = (0.0, 0.0)

    def __post_init__(self):
        if not isinstance(self.atlas, Atlas):
            raise TypeError(f"atlas: got {type(self.atlas).__name__}, expected an Atlas; load_atlas(name) makes one")
        if not isinstance(self.z, tuple) or len(self.z) != 2 or not all(isinstance(v, int | float) for v in self.z):
            raise TypeError(f"z: got {self.z!r}, expected two numbers")
        if not all(abs(v) <= REACH for v in self.z):
            raise ValueError(f"z: got {self.z}, expected both from -{REACH} to {REACH}")


def nearest(state: State) -> tuple[int, float, list[tuple[str, int]]]:
    """The nearest test glyph, its distance, and the classes of the ten nearest with how often each occurs, most frequent first."""
    distance = (state.atlas.codes - torch.tensor(state.z)).norm(dim=1)
    order = distance.argsort()[:NEIGHBOURS]
    classes = Counter(str(label) for label in state.atlas.labels[order].tolist())
    return int(order[0]), float(distance[order[0]]), classes.most_common()


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers."""
    which, distance, classes = nearest(state)
    across, up = state.z
    density = math.exp(-0.5 * (across**2 + up**2))
    told = ", ".join(f"{times} × {label}" for label, times in classes)
    return (
        f"{state.atlas.name}, z = ({across:.2f}, {up:.2f}): prior density {100 * density:.0f} % of that in the middle. "
        f"Nearest test glyph: number {which}, a {int(state.atlas.labels[which])}, at a distance of {distance:.2f}. "
        f"The {NEIGHBOURS} nearest: {told}."
    )


# ------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, TOP, MAP = 8, 40, 480
RIGHT, LARGE, SMALL = MARGIN + MAP + 24, 8, 4
WIDTH, HEIGHT = RIGHT + 28 * LARGE + MARGIN, TOP + MAP + 30


def render(state: State) -> bytes:
    """Draw the map with the point on it; beside it the decoded image, and the nearest test glyph.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file; the same state gives the same bytes.
    """
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    picture.paste(_map(state.atlas), (MARGIN, TOP))
    draw.text((MARGIN, 15), "Encoded test glyphs", INK, font(14, bold=True), anchor="ls")
    draw.text((MARGIN, 32), "each digit stands where it is encoded; rings: 1, 2 and 3 standard deviations", FAINT, font(12), anchor="ls")
    x, y = _place(*state.z)
    x, y = x + MARGIN, y + TOP
    for width, colour in ((5, "white"), (2, FRAME)):
        draw.line((MARGIN, y, MARGIN + MAP, y), colour, width - 1 if width > 2 else 1)
        draw.line((x, TOP, x, TOP + MAP), colour, width - 1 if width > 2 else 1)
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), outline=colour, width=width)
    draw.text((MARGIN + MAP / 2, TOP + MAP + 20), "z₁, across", FAINT, font(12), anchor="ms")
    draw.text((MARGIN + MAP, TOP - 8), "z₂, up", FAINT, font(12), anchor="rs")

    which, distance, classes = nearest(state)
    with torch.no_grad():
        decoded = state.atlas.model.mean(state.atlas.model.decode(torch.tensor([state.z])))[0]
    draw.text((RIGHT, 15), "Decoded here", INK, font(14, bold=True), anchor="ls")
    draw.text((RIGHT, 32), f"z = ({state.z[0]:.2f}, {state.z[1]:.2f})", FAINT, font(12), anchor="ls")
    picture.paste(enlarged(decoded, LARGE), (RIGHT, TOP))
    below = TOP + 28 * LARGE + 28
    draw.text((RIGHT, below - 8), "Nearest test glyph", INK, font(12, bold=True), anchor="ls")
    picture.paste(enlarged(state.atlas.images[which], SMALL), (RIGHT, below))
    lines = [f"number {which}", f"a {int(state.atlas.labels[which])}", f"distance {distance:.2f}"]
    for line, text in enumerate(lines):
        draw.text((RIGHT + 28 * SMALL + 10, below + 20 + 18 * line), text, INK, font(12), anchor="ls")
    draw.text((RIGHT, below + 28 * SMALL + 22), f"The {NEIGHBOURS} nearest:", FAINT, font(12), anchor="ls")
    for line in range(0, len(classes), 5):
        told = ", ".join(f"{times} × {label}" for label, times in classes[line : line + 5])
        draw.text((RIGHT, below + 28 * SMALL + 40 + 18 * line // 5), told, INK, font(12), anchor="ls")
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def enlarged(image: Float[Tensor, "1 h w"], scale: int) -> "Image.Image":
    """A grey image as a Pillow picture, every pixel a square."""
    from PIL import Image

    pixels = to_uint8(image.clamp(0, 1))[0].numpy()
    return Image.fromarray(pixels.repeat(scale, axis=0).repeat(scale, axis=1))


def _place(across: float | int, up: float | int, side: int = MAP) -> tuple[float, float]:
    return (across + REACH) / (2 * REACH) * (side - 1), (REACH - up) / (2 * REACH) * (side - 1)


@lru_cache(maxsize=2)
def _map(atlas: Atlas) -> "Image.Image":
    """The part that no control changes: drawn once."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (MAP, MAP), "white")
    draw = ImageDraw.Draw(picture)
    for radius in (1, 2, 3):
        (left, top), (right, bottom) = _place(-radius, radius), _place(radius, -radius)
        draw.ellipse((left, top, right, bottom), outline=LINE)
    for (across, up), label in zip(atlas.codes.clamp(-REACH, REACH).tolist(), atlas.labels.tolist(), strict=True):
        x, y = _place(across, up)
        draw.text((min(max(x, 5), MAP - 5), min(max(y, 6), MAP - 6)), str(label), COLOURS[label], font(10), anchor="mm")
    draw.rectangle((0, 0, MAP - 1, MAP - 1), outline=LINE)
    return picture


def static_sheet(atlas: Atlas, side: int = 15, reach: float | int = 2.4) -> "Figure":
    """Draw the lesson on paper: the map, and beside it what the decoder draws on a regular grid of the same points.

    Parameters
    ----------
    atlas : Atlas
    side : int
        Points along either axis.
    reach : float
        The grid covers -reach to reach.

    Raises
    ------
    ValueError
        If `side` is not from 2 to 17.
    """
    from PIL import Image, ImageDraw

    if not 2 <= side <= 17:
        raise ValueError(f"side: got {side}, expected 2 to 17 points along an axis")
    steps = torch.linspace(-reach, reach, side)
    up, across = torch.meshgrid(steps.flip(0), steps, indexing="ij")
    with torch.no_grad():
        decoded = atlas.model.mean(atlas.model.decode(torch.stack([across, up], dim=-1).flatten(0, 1)))
    tiles = decoded.reshape(side, side, 28, 28).permute(0, 2, 1, 3).reshape(1, 28 * side, 28 * side)
    size = 336
    sheet = Image.fromarray(to_uint8(tiles.clamp(0, 1))[0].numpy()).convert("RGB").resize((size, size), Image.Resampling.BOX)
    picture = Image.new("RGB", (2 * size + 24, 24 + size), "white")
    draw = ImageDraw.Draw(picture)
    picture.paste(_map(atlas).resize((size, size), Image.Resampling.LANCZOS), (0, 24))
    picture.paste(sheet, (size + 24, 24))
    draw.text((0, 16), f"encoded test glyphs, -{REACH:g} to {REACH:g}", FAINT, font(12), anchor="ls")
    draw.text((size + 24, 16), f"decoded grid, -{reach:g} to {reach:g}", FAINT, font(12), anchor="ls")
    return as_figure(
        picture, f"Left, {len(atlas.codes)} test glyphs as digits at their codes; right, {side}x{side} images decoded from a regular grid."
    )


# ---------------------------------------------------------------------------------------------------------------- the widget


class LatentMap(Explorer):
    """Move a point over the map of two latents and watch what is decoded there.

    Parameters
    ----------
    name, folder
        Which weights; see `load_atlas`.

    Attributes
    ----------
    across, up, glyph, middle
        The controls, in the order in which Tab visits them.
    atlas : Atlas

    Examples
    --------
    >>> latent_map = LatentMap()
    >>> latent_map.across.value = 1.5
    >>> "z = (1.50, 0.00)" in latent_map.numbers.value
    True
    """

    def __init__(self, name: str = "vae-glyphs-2d", folder: str | Path | None = None, number: int = 2000):
        self.atlas = load_atlas(name, folder, number)
        options = {"min": -REACH, "max": REACH, "step": 0.05, "readout_format": ".2f"}
        layout, style = {"width": "330px"}, {"description_width": "70px"}
        self.across = widgets.FloatSlider(value=0.0, description="z₁, across", layout=layout, style=style, **options)
        self.up = widgets.FloatSlider(value=0.0, description="z₂, up", layout=layout, style=style, **options)
        last = len(self.atlas.codes) - 1
        self.glyph = widgets.IntSlider(value=0, min=0, max=last, description="Go to test glyph", layout={"width": "420px"},
                                       style={"description_width": "120px"})  # fmt: skip
        classes = sorted(set(self.atlas.labels.tolist()))
        self.middle = widgets.Dropdown(
            options=[("choose", -1), *((f"the {c}s", c) for c in classes)],
            value=-1,
            description="Go to the middle of",
            layout={"width": "260px"},
            style={"description_width": "130px"},
        )
        super().__init__(
            [(self.across, self.up), (self.glyph, self.middle)],
            read=lambda: State(self.atlas, (round(self.across.value, 4), round(self.up.value, 4))),
            render=render,
            describe=describe,
            hint="A slider can be dragged; with the keyboard the page keys take larger steps.",
        )
        self.watch(self.across, self.up)
        self.glyph.observe(lambda change: self._go_to(self.atlas.codes[change["new"]]), "value")
        self.middle.observe(self._go_to_class, "value")

    def _go_to(self, code: Float[Tensor, "2"]) -> None:
        with self.one_update():
            self.across.value, self.up.value = (float(np.clip(v, -REACH, REACH)) for v in code.tolist())

    def _go_to_class(self, change: dict) -> None:
        if change["new"] >= 0:
            self._go_to(self.atlas.codes[self.atlas.labels == change["new"]].median(0).values)
