"""The denoise bench: spoil a photograph, and let up to four denoisers mend the same noise side by side.

`render` draws a `State`, `measure` gives its numbers, `static_sheet` is the lesson for places where widgets do not run, and
`DenoiseBench` is the widget. Everything is grey: the networks that ship are. A part of 72 x 72 pixels is mended while a control moves, the
whole photograph on demand; each result is kept, so that moving the zoom computes nothing.
"""

import io
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from course_lib import classical, data, images, metrics, models, zoo
from course_lib.widgets.base import Explorer, set_range
from course_lib.widgets.degradation_explorer import DEGRADATIONS, Degradation, fit_upload, take_upload
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font

if TYPE_CHECKING:
    from PIL import ImageDraw

    from course_lib.plots import Figure

__all__ = [
    "METHODS",
    "NETWORKS",
    "NOISES",
    "PART",
    "DenoiseBench",
    "State",
    "available",
    "describe",
    "measure",
    "missing",
    "render",
    "restore",
    "restored",
    "static_sheet",
]

SIZE = 256  # pixels, the side of the photographs
PART = 72  # the side of a part: BM3D and a deep network together take about a tenth of a second on it
ZOOM_SIZES = (18, 24, 36)
PANELS = 4
GRAIN = 1.0  # pixels, how far correlated noise reaches
PATIENCE = 0.1  # seconds: what takes longer is drawn later, and the panel says that it works


def _correlated(x: Float[Tensor, "c h w"], sigma: float | int, generator: torch.Generator) -> Float[Tensor, "c h w"]:
    """Gaussian noise whose neighbours resemble each other: white noise, blurred, and scaled back to standard deviation sigma."""
    rim = 4  # the blur's reach: what it makes of the border is cut off
    channels, height, width = x.shape
    n = classical.gaussian_filter(torch.randn(channels, height + 2 * rim, width + 2 * rim, generator=generator), GRAIN)
    d = torch.arange(-rim, rim + 1, dtype=torch.float64)
    weights = torch.exp(-(d**2) / (2 * GRAIN**2))
    weights /= weights.sum()  # of independent values of variance 1, the weighted sum has the variance Σw² in each direction
    return x + n[:, rim:-rim, rim:-rim] / float(weights.square().sum()) * (sigma / 255)


NOISES = {name: DEGRADATIONS[name] for name in ("gaussian noise", "poisson noise", "impulse noise")} | {
    "correlated noise": Degradation("Correlated noise", "sigma", "grey levels", 0, 100, 1, 25, _correlated, stochastic=True)
}

# Quick ones first: the widget computes in this order.
METHODS = {
    "observed": "Observed y",
    "gaussian filter": "Gaussian filter",
    "median filter": "Median filter",
    "ffdnet-gray": "ffdnet-gray",
    "nl-means": "NL-means",
    "dncnn-s25": "dncnn-s25",
    "bias-free": "bias-free",
    "dncnn-blind": "dncnn-blind",
    "bm3d": "BM3D",
}
NETWORKS = ("dncnn-s25", "dncnn-blind", "ffdnet-gray", "bias-free")
TOLD = ("gaussian filter", "nl-means", "bm3d", "ffdnet-gray")  # these are told sigma


def missing() -> tuple[str, ...]:
    """The networks whose weights are not there.

    Examples
    --------
    >>> set(missing()) <= set(NETWORKS)
    True
    """
    return tuple(name for name in NETWORKS if name not in zoo.list())


def available() -> tuple[str, ...]:
    """The methods that can be shown: the classical ones, and the networks whose weights are there; quick ones first.

    Examples
    --------
    >>> available()[:2]
    ('observed', 'gaussian filter')
    """
    gone = missing()
    return tuple(method for method in METHODS if method not in gone)


def usual_methods() -> tuple[str, ...]:
    """Four methods to begin with: what was observed, a Gaussian filter, BM3D, and a network; NL-means and BM3D where there is none."""
    network = next((name for name in ("dncnn-s25", "ffdnet-gray", "dncnn-blind", "bias-free") if name in available()), None)
    return ("observed", "gaussian filter", "bm3d", network) if network else ("observed", "gaussian filter", "nl-means", "bm3d")


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    photo : str or bytes
        A name of `course_lib.data.photo_names`, or an image file in memory of 256 x 256 pixels, as `fit_upload` makes it. Shown in grey.
    noise : str
        One of `NOISES`.
    level : float, optional
        In the unit of the noise, see `NOISES`; its usual value if left out.
    methods : tuple of str, optional
        One to four of `available`, in the order of the panels; `usual_methods` if left out.
    part : tuple of two int, or None
        (top, left) corner of the 72 x 72 pixels that are mended; None is the whole photograph, which takes ten times as long.
    zoom : tuple of three int
        (down, across, size) of what is enlarged, in pixels from the corner of the part; the size is 18, 24 or 36.
    seed : int
        Which draw of the noise.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind, or a network's weights are not there.

    Examples
    --------
    >>> State(noise="poisson noise").level
    30.0
    >>> State(level=-1)
    Traceback (most recent call last):
    ...
    ValueError: level: got -1, expected 0 to 100 for gaussian noise (sigma grey levels)
    """

    photo: str | bytes = "camera"
    noise: str = "gaussian noise"
    level: float | int | None = None
    methods: tuple[str, ...] | None = None
    part: tuple[int, int] | None = (28, 84)
    zoom: tuple[int, int, int] = (22, 14, 36)
    seed: int = 0

    def __post_init__(self):
        require_photo(self.photo)
        if self.noise not in NOISES:
            raise ValueError(f"noise: got {self.noise!r}, expected one of {', '.join(NOISES)}")
        kind = NOISES[self.noise]
        level = kind.start if self.level is None else self.level
        if isinstance(level, bool) or not isinstance(level, int | float):
            raise TypeError(f"level: got {type(level).__name__}, expected a number ({kind.parameter}, {kind.unit})")
        if not kind.low <= level <= kind.high:
            raise ValueError(f"level: got {level}, expected {kind.low:g} to {kind.high:g} for {self.noise} ({kind.parameter} {kind.unit})")
        object.__setattr__(self, "level", float(level))  # one form for equal states, which the caches below compare
        if self.methods is None:
            object.__setattr__(self, "methods", usual_methods())
        if not isinstance(self.methods, tuple) or not 1 <= len(self.methods) <= PANELS:
            raise ValueError(f"methods: got {self.methods!r}, expected a tuple of 1 to {PANELS} names; choose something for a panel")
        for method in self.methods:
            require_method(method, "methods")
        require_part(self.part)
        whole = isinstance(self.zoom, tuple) and len(self.zoom) == 3 and all(type(v) is int for v in self.zoom)
        if not whole or self.zoom[2] not in ZOOM_SIZES or not all(0 <= v <= self.side - self.zoom[2] for v in self.zoom[:2]):
            raise ValueError(
                f"zoom: got {self.zoom!r}, expected (down, across, size) in whole pixels inside {self.side}x{self.side}, "
                f"size in {ZOOM_SIZES}"
            )
        if type(self.seed) is not int or self.seed < 0:
            raise ValueError(f"seed: got {self.seed!r}, expected an int >= 0")

    @property
    def label(self) -> str:
        """The level with its name and unit, as in ``sigma = 25 grey levels``."""
        kind = NOISES[self.noise]
        return f"{kind.parameter} = {self.level:g} {kind.unit}"

    @property
    def side(self) -> int:
        """Height and width of what is mended, in pixels."""
        return SIZE if self.part is None else PART


def require_photo(photo: str | bytes) -> None:
    """Raise TypeError or ValueError unless this is a bundled photograph's name or the bytes of a file."""
    if not isinstance(photo, str | bytes):
        raise TypeError(f"photo: got {type(photo).__name__}, expected a name or the bytes of an image file")
    if isinstance(photo, str) and photo not in data.photo_names():
        raise ValueError(f"photo: got {photo!r}, expected one of {', '.join(data.photo_names())}")


def require_part(part: tuple[int, int] | None) -> None:
    """Raise ValueError unless this is the corner of a part, or None."""
    if part is not None and not (
        isinstance(part, tuple) and len(part) == 2 and all(type(v) is int and 0 <= v <= SIZE - PART for v in part)
    ):
        raise ValueError(
            f"part: got {part!r}, expected (top, left) in whole pixels from 0 to {SIZE - PART}, or None for the whole photograph"
        )


def require_method(method: str, name: str) -> None:
    """Raise ValueError unless this is a method that can be shown."""
    if method in available():
        return
    if method in NETWORKS:
        raise ValueError(f"{name}: there are no weights {method!r} yet; python -m course_lib train {method} makes them")
    raise ValueError(f"{name}: got {method!r}, expected some of {', '.join(available())}")


def as_photo(image: Float[Tensor, "c h w"] | str | None) -> str | bytes:
    """What a widget was given, as the photo of a state: a file of 256 x 256 pixels in memory, or a bundled photograph's name."""
    if image is None:
        return "camera"
    if isinstance(image, str):
        require_photo(image)
        return image
    images.require_image(image, "image", min_size=16)
    if image.ndim != 3:
        raise ValueError(f"image: got shape {tuple(image.shape)}, expected one image (c, h, w); take one of the batch, as image[0]")
    if float(image.min()) < 0 or float(image.max()) > 1:
        raise ValueError(
            f"image: got values from {float(image.min()):.3g} to {float(image.max()):.3g}, expected a clean image in [0, 1]; "
            "image.clamp(0, 1) cuts it"
        )
    return fit_upload(images.png_bytes(image.detach().cpu().float()), "image")


# ------------------------------------------------------------------------------------------------------ the images and numbers


@lru_cache(maxsize=8)
def clean(photo: str | bytes) -> Float[Tensor, "1 256 256"]:
    """The photograph in grey."""
    if isinstance(photo, str):
        return data.photo(photo, size=SIZE, grey=True)
    x = images.load(io.BytesIO(photo))
    if x.shape[-2:] != (SIZE, SIZE):
        raise ValueError(
            f"photo: got an image of {x.shape[-2]}x{x.shape[-1]} pixels, expected {SIZE}x{SIZE}; fit_upload(file) cuts it to size"
        )
    return x if x.shape[0] == 1 else images.to_grey(x)


@lru_cache(maxsize=8)
def _observed(photo: str | bytes, noise: str, level: float, seed: int) -> tuple[Float[Tensor, "1 256 256"], float]:
    """The noisy photograph, and the sigma that methods are told: where the noise has none, its root mean square."""
    x = clean(photo)
    y = NOISES[noise].apply(x, level, torch.Generator().manual_seed(seed))
    told = level if NOISES[noise].parameter == "sigma" else 255 * math.sqrt(float((y - x).square().mean()))
    return y, told


def cut(x: Float[Tensor, "1 256 256"], part: tuple[int, int] | None) -> Float[Tensor, "1 h w"]:
    """A part of a photograph, or the whole."""
    if part is None:
        return x
    top, left = part
    return x[:, top : top + PART, left : left + PART]


@lru_cache(maxsize=len(NETWORKS))
def _network(name: str) -> nn.Module:
    network = zoo.load(name).to(memory_format=torch.channels_last)  # a fifth less time on CPUs
    restore_with(network, torch.zeros(1, 16, 16), 25)  # the first call of all prepares things, and nobody should see its time
    return network


def restore_with(network: nn.Module, y: Float[Tensor, "1 h w"], sigma: float | int) -> Float[Tensor, "1 h w"]:
    """x̂ of a network; an FFDNet is told sigma."""
    with torch.no_grad():
        return (network(y[None], sigma) if isinstance(network, models.FFDNet) else network(y[None]))[0]


def restore(method: str, y: Float[Tensor, "1 h w"], sigma: float | int) -> Float[Tensor, "1 h w"]:
    """Mend a grey image by one of the methods.

    Parameters
    ----------
    method : str
        One of `available`.
    y : (1, h, w)
        The observed image.
    sigma : float
        What the method is told, in grey levels. The Gaussian filter is √sigma / 5 pixels wide, which suits photographs of this size; the
        median filter is 3 pixels wide; networks other than FFDNet are not told.

    Returns
    -------
    Tensor, shape (1, h, w)
        x̂, neither clipped nor rounded.

    Examples
    --------
    >>> y = torch.full((1, 16, 16), 0.5)
    >>> float(restore("median filter", y, 25)[0, 0, 0])
    0.5
    """
    require_method(method, "method")
    if method == "observed":
        return y
    if method == "gaussian filter":
        return classical.gaussian_filter(y, math.sqrt(sigma) / 5)
    if method == "median filter":
        return classical.median_filter(y, 3)
    if method == "nl-means":
        return classical.nl_means(y, sigma)
    if method == "bm3d":
        return classical.bm3d(y, sigma)
    return restore_with(_network(method), y, sigma)


# Keyed by what the estimate depends on, not by the whole state: moving the zoom computes nothing anew, nor does another set of panels.
@lru_cache(maxsize=64)
def _estimate(
    photo: str | bytes, noise: str, level: float, seed: int, part: tuple[int, int] | None, method: str
) -> tuple[Tensor, float, float]:
    """x̂, its PSNR, and how many seconds it took when it was computed."""
    y, told = _observed(photo, noise, level, seed)
    y = cut(y, part).contiguous()
    if method in NETWORKS:
        _network(method)  # loading is not denoising
    start = time.perf_counter()
    estimate = restore(method, y, told)
    seconds = time.perf_counter() - start
    return estimate, float(metrics.psnr(estimate, cut(clean(photo), part))), seconds


def _result(state: State, method: str) -> tuple[Tensor, float, float]:
    return _estimate(state.photo, state.noise, state.level, state.seed, state.part, method)


def restored(state: State) -> dict[str, Float[Tensor, "1 h w"]]:
    """What the panels show: the clean part as ``clean``, and each method's estimate of it under the method's name."""
    return {"clean": cut(clean(state.photo), state.part).clone()} | {m: _result(state, m)[0].clone() for m in state.methods}


def measure(state: State) -> dict[str, float]:
    """Compare with the clean image.

    Parameters
    ----------
    state : State

    Returns
    -------
    dict
        The PSNR of each method in dB over the part (or the whole), inf for equal images; estimates are neither clipped nor rounded.

    Examples
    --------
    >>> values = measure(State(methods=("observed", "bm3d")))
    >>> values["bm3d"] > values["observed"] + 7
    True
    """
    return {method: _result(state, method)[1] for method in state.methods}


def told_sigma(state: State) -> float:
    """What the methods that need it are told: sigma, or the root mean square of a noise that has none, in grey levels."""
    return _observed(state.photo, state.noise, state.level, state.seed)[1]


def describe(state: State, seconds: Mapping[str, float | None] | None = None) -> str:
    """Say what `render` draws, in words and numbers.

    Parameters
    ----------
    state : State
    seconds : mapping, optional
        As for `render`.

    Examples
    --------
    >>> describe(State(level=0, methods=("observed",), part=None))
    'camera in grey, the whole, Gaussian noise, sigma = 0 grey levels. PSNR: Observed y ∞ dB. Zoom: rows 22 to 57, columns 14 to 49.'
    """
    name = state.photo if isinstance(state.photo, str) else "Your photograph"
    corner = (0, 0) if state.part is None else state.part
    down, across, size = state.zoom
    place = "the whole" if state.part is None else f"{PART} rows from {corner[0]} and {PART} columns from {corner[1]}"
    ready = {m for m in state.methods if seconds is None or seconds[m] is not None}
    best = _best(state, ready)
    words = []
    for method in dict.fromkeys(state.methods):
        if method not in ready:
            words.append(f"{METHODS[method]} working…")
            continue
        timed = f" in {_in_seconds(seconds[method])}" if seconds and method != "observed" else ""
        words.append(f"{METHODS[method]} {_in_db(state, method)}{timed}{' (best)' if method == best else ''}")
    told = ""
    if NOISES[state.noise].parameter != "sigma" and any(m in TOLD for m in state.methods):
        told = f" Methods that need a sigma are told {told_sigma(state):.0f} grey levels, the root mean square of the noise."
    return (
        f"{name} in grey, {place}, {NOISES[state.noise].title}, {state.label}. PSNR: {', '.join(words)}.{told} "
        f"Zoom: rows {corner[0] + down} to {corner[0] + down + size - 1}, columns {corner[1] + across} to {corner[1] + across + size - 1}."
    )


def _best(state: State, ready: set[str]) -> str | None:
    """The method with the highest PSNR, where all are there and there is something to compare."""
    return max(ready, key=lambda m: (_result(state, m)[1], m)) if len(ready) > 1 and ready == set(state.methods) else None


def _in_db(state: State, method: str) -> str:
    value = _result(state, method)[1]
    return f"{value:.2f} dB" if math.isfinite(value) else "∞ dB"


def _in_seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


# ---------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP, PANEL = 8, 6, 144
TITLE, BETWEEN = 42, 24  # heights of the text above the panels and between the two rows
WIDTH, HEIGHT = 2 * MARGIN + 5 * PANEL + 4 * GAP, TITLE + PANEL + BETWEEN + PANEL + 8
COLUMNS = tuple(MARGIN + k * (PANEL + GAP) for k in range(5))
ROWS = (TITLE, TITLE + PANEL + BETWEEN)


def render(state: State, seconds: Mapping[str, float | None] | None = None) -> bytes:
    """Draw the state: the clean image and each method's estimate, and below each its zoomed part.

    Parameters
    ----------
    state : State
    seconds : mapping, optional
        For each method how long it took, to be written beside its PSNR; None for one that is not computed yet, whose panel then says so.
        Left out, all are computed and no times are written: the same state gives the same bytes.

    Returns
    -------
    bytes
        A PNG file of 760 x 362 pixels.

    Examples
    --------
    >>> render(State(methods=("observed",)))[:4]
    b'\\x89PNG'
    """
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    down, across, size = state.zoom
    name = state.photo if isinstance(state.photo, str) else "your photograph"
    ready = {m for m in state.methods if seconds is None or seconds[m] is not None}
    best = _best(state, ready)
    part = "whole" if state.part is None else "a part"
    panels = [("Clean x", f"{name}, {part}", cut(clean(state.photo), state.part), False)]
    for method in state.methods:
        if method in ready:
            timed = f", {_in_seconds(seconds[method])}" if seconds and method != "observed" else ""
            panels.append((METHODS[method], f"{_in_db(state, method)}{timed}", _result(state, method)[0], method == best))
        else:
            panels.append((METHODS[method], "working…", None, False))

    for left, (title, below, image, is_best) in zip(COLUMNS, panels, strict=False):
        draw.text((left, 15), title, INK, font(13, bold=True), anchor="ls")
        draw.text((left, 33), below, INK if is_best else FAINT, font(12, bold=is_best), anchor="ls")
        for top in ROWS:
            draw.rectangle((left - 1, top - 1, left + PANEL, top + PANEL), outline=LINE)
        if image is None:
            for top in ROWS:
                draw.text((left + PANEL // 2, top + PANEL // 2), "working…", FAINT, font(13), anchor="mm")
            continue
        pixels = rgb(image)
        if state.part is None:
            picture.paste(Image.fromarray(pixels).resize((PANEL, PANEL), Image.Resampling.BOX), (left, ROWS[0]))
        else:
            picture.paste(Image.fromarray(enlarge(pixels, PANEL // PART)), (left, ROWS[0]))
        zoomed = pixels[down : down + size, across : across + size]
        picture.paste(Image.fromarray(enlarge(zoomed, PANEL // size)), (left, ROWS[1]))
        scale = PANEL / state.side
        frame(draw, left + round(scale * across), ROWS[0] + round(scale * down), round(scale * size))
    draw.text((COLUMNS[0], ROWS[1] - 8), f"The framed squares, {PANEL // size} times as large", FAINT, font(12), anchor="ls")
    return _png(picture)


def _png(picture) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)  # noise does not compress: more effort costs time and saves little
    return buffer.getvalue()


def rgb(x: Float[Tensor, "1 h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """A grey image as pixels."""
    return images.to_uint8(x).expand(3, -1, -1).permute(1, 2, 0).numpy()


def enlarge(pixels: UInt8[np.ndarray, "h w 3"], times: int) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Every pixel a square."""
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def frame(draw: "ImageDraw.ImageDraw", left: int, top: int, size: int) -> None:
    """An orange frame just inside the square, with a white rim so that it shows on any picture."""
    draw.rectangle((left, top, left + size - 1, top + size - 1), outline=(255, 255, 255))
    draw.rectangle((left + 1, top + 1, left + size - 2, top + size - 2), outline=FRAME, width=2)


# -------------------------------------------------------------------------------------------------------- where no widget runs

TILE = 120


def static_sheet(states: Sequence[State] | None = None) -> "Figure":
    """Draw the lesson on paper: a row for each state, with the zoomed part clean and as each method leaves it, and the PSNR.

    Parameters
    ----------
    states : sequence of State, optional
        By default the four kinds of noise at their usual levels, and the usual methods.

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
    >>> static_sheet([State(methods=("observed", "median filter"))]).alt_text.split(":")[0]
    'camera in grey, 72 rows from 28 and 72 columns from 84, Gaussian noise, sigma = 25 grey levels. PSNR'
    """
    from PIL import Image, ImageDraw

    if states is None:
        states = [State(noise=noise) for noise in NOISES]
    if not states:
        raise ValueError("states: got none, expected at least one State")
    text_width, step = 128, TILE + 4
    picture = Image.new("RGB", (text_width + 5 * step, len(states) * (TILE + 22)), "white")
    draw = ImageDraw.Draw(picture)
    for number, state in enumerate(states):
        top = number * (TILE + 22)
        down, across, size = state.zoom
        draw.text((0, top + 32), NOISES[state.noise].title, INK, font(13, bold=True), anchor="ls")
        kind = NOISES[state.noise]
        draw.text((0, top + 50), f"{kind.parameter} {state.level:g}", FAINT, font(12), anchor="ls")
        draw.text((0, top + 66), kind.unit, FAINT, font(12), anchor="ls")
        draw.text((0, top + 90), "PSNR in dB", FAINT, font(11), anchor="ls")
        best = _best(state, set(state.methods))
        for column, (method, image) in enumerate(restored(state).items()):
            left = text_width + column * step
            title = "Clean x" if method == "clean" else METHODS[method]
            value = "" if method == "clean" else f"{measure(state)[method]:.2f}"
            draw.text((left, top + 14), title, INK, font(11), anchor="ls")
            draw.text((left + TILE, top + 14), value, INK, font(11, bold=method == best), anchor="rs")
            tile = Image.fromarray(rgb(image[:, down : down + size, across : across + size]))
            picture.paste(tile.resize((TILE, TILE), Image.Resampling.NEAREST), (left, top + 18))
    return as_figure(picture, " ".join(describe(state) for state in states))


# ------------------------------------------------------------------------------------------------------------------ the widget


class DenoiseBench(Explorer):
    """Choose a photograph or upload one, spoil it, and compare up to four methods on the same noise.

    Parameters
    ----------
    image : Tensor (c, h, w) in [0, 1], or the name of a bundled photograph, optional
        What to begin with; the largest centred square of it, resized to 256 x 256 pixels, in grey.

    Attributes
    ----------
    photo, upload, noise, level, again, panels, top, left, whole, down, across, size
        The controls, in the order in which Tab visits them; `panels` are four lists of methods.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image, no single one, not in [0, 1], smaller than 16 x 16 pixels, or no name of a photograph.

    Notes
    -----
    Methods are computed from the quickest to the slowest. What is not there after a tenth of a second is drawn as "working…" and filled in
    as it comes: BM3D and the deepest networks together, or the whole photograph. The time beside a PSNR is that of the computation on what
    is shown, the part or the whole, without loading the network.

    Examples
    --------
    >>> bench = DenoiseBench("moon")
    >>> bench.level.value = 40
    >>> "sigma = 40 grey levels" in bench.numbers.value
    True
    """

    def __init__(self, image: Float[Tensor, "c h w"] | str | None = None):
        photo = as_photo(image)
        state = State(photo)
        wide = {"description_width": "90px"}
        self.photo = photo_list(photo)
        self.upload = upload_button()
        self.noise = widgets.Dropdown(
            options=[(kind.title, key) for key, kind in NOISES.items()],
            value=state.noise,
            description="Noise",
            style=wide,
            layout={"width": "260px"},
        )
        self.level = widgets.FloatSlider(
            step=1, readout_format=".0f", style={"description_width": "initial"}, layout={"width": "520px", "margin": "2px 2px 2px 8px"}
        )
        self.again = widgets.Button(
            description="Draw the noise again", tooltip="Draw other random numbers", icon="refresh", layout={"width": "190px"}
        )
        options = [("nothing", None), *((METHODS[method], method) for method in available())]
        self.panels = tuple(
            widgets.Dropdown(
                options=options, value=method, description=f"Panel {number}", style={"description_width": "60px"}, layout={"width": "200px"}
            )
            for number, method in enumerate(state.methods, start=1)
        )
        self.top, self.left = (
            widgets.IntSlider(value=value, max=SIZE - PART, step=4, description=name, style=wide, layout={"width": "300px"})
            for name, value in zip(("Part, down", "Part, across"), state.part, strict=True)
        )
        self.whole = widgets.ToggleButton(
            description="Whole photograph",
            tooltip="Mend all of the photograph: about ten times as slow",
            icon="arrows-alt",
            layout={"width": "190px"},
        )
        down, across, size = state.zoom
        self.down, self.across = (
            widgets.IntSlider(value=value, max=PART - size, step=2, description=name, style=wide, layout={"width": "300px"})
            for name, value in (("Zoom, down", down), ("Zoom, across", across))
        )
        self.size = widgets.Dropdown(
            options=[(f"{s} pixels", s) for s in ZOOM_SIZES], value=size, description="Zoom, size", style=wide, layout={"width": "190px"}
        )
        self._seed = state.seed
        self._fit_level(state.level)
        super().__init__(
            [
                (self.photo, self.upload, self.noise),
                (self.level, self.again),
                self.panels,
                (self.top, self.left, self.whole),
                (self.down, self.across, self.size),
            ],
            read=self._state,
            render=lambda state: render(state, self._seconds),
            describe=lambda state: describe(state, self._seconds),
            hint=f"PSNR is over the part that is mended.{missing_words()}",
        )
        self.watch(self.photo, self.level, self.top, self.left, self.down, self.across, *self.panels)
        self.upload.observe(self._take_upload, "value")
        self.noise.observe(self._change_noise, "value")
        self.again.on_click(self._draw_again)
        self.whole.observe(self._change_extent, "value")
        self.size.observe(self._change_zoom_size, "value")

    def _state(self) -> State:
        return State(
            self.photo.value,
            self.noise.value,
            round(self.level.value, 6),  # the browser counts steps in floating point and sends 10.000000000000002
            tuple(panel.value for panel in self.panels if panel.value is not None),
            None if self.whole.value else (self.top.value, self.left.value),
            (self.down.value, self.across.value, self.size.value),
            self._seed,
        )

    def _draw(self) -> None:
        """Quick methods first; what takes long is filled in as it comes."""
        state = self._read()
        self._seconds: dict[str, float | None] = dict.fromkeys(state.methods)
        begin = time.perf_counter()
        for method in sorted(self._seconds, key=tuple(METHODS).index):
            if time.perf_counter() - begin > PATIENCE:
                super()._draw()
            self._seconds[method] = _result(state, method)[2]
        super()._draw()

    def _fit_level(self, value: float | int) -> None:
        """Give the slider the range and the name that belong to the noise."""
        kind = NOISES[self.noise.value]
        set_range(self.level, kind.low, kind.high, value)
        self.level.description = f"{kind.parameter[0].upper()}{kind.parameter[1:]}, {kind.unit}"

    def _change_noise(self, change: dict) -> None:
        with self.one_update():
            self._fit_level(NOISES[self.noise.value].start)

    def _draw_again(self, button: widgets.Button) -> None:
        with self.one_update():
            self._seed += 1

    def _change_extent(self, change: dict) -> None:
        """Show the whole or the part again; the zoom stays where it is on the photograph, as far as it can."""
        with self.one_update():
            sign, side = (1, SIZE) if change["new"] else (-1, PART)
            for slider, corner in ((self.down, self.top), (self.across, self.left)):
                corner.disabled = change["new"]
                highest = side - self.size.value
                set_range(slider, 0, highest, min(max(slider.value + sign * corner.value, 0), highest))
            self.level.continuous_update = not change["new"]  # an update takes a second then

    def _change_zoom_size(self, change: dict) -> None:
        """Enlarge or reduce the zoom around its middle."""
        with self.one_update():
            for slider in (self.down, self.across):
                highest = (SIZE if self.whole.value else PART) - change["new"]
                set_range(slider, 0, highest, min(max(slider.value + (change["old"] - change["new"]) // 2, 0), highest))

    def _take_upload(self, change: dict) -> None:
        if change["new"]:
            with self.one_update():
                take_upload(self.upload, self.photo)


def photo_list(photo: str | bytes) -> widgets.Dropdown:
    """The list of photographs, with the reader's own where there is one."""
    options = [(name, name) for name in data.photo_names()]
    if isinstance(photo, bytes):
        options.append(("yours", photo))
    return widgets.Dropdown(
        options=options, value=photo, description="Photograph", style={"description_width": "90px"}, layout={"width": "260px"}
    )


def upload_button() -> widgets.FileUpload:
    """A button that takes an image file."""
    return widgets.FileUpload(
        accept="image/*",
        description="Upload your own",
        tooltip="An image file from your machine, up to 10 MB",
        layout={"width": "190px"},
    )


def missing_words() -> str:
    """A sentence about the networks that are not offered, with a space before it; empty where none is missing."""
    gone = missing()
    if not gone:
        return ""
    verb = "is" if len(gone) == 1 else "are"
    return f" Not yet trained, and so not offered, {verb} {', '.join(gone)}: python -m course_lib train NAME makes one."
