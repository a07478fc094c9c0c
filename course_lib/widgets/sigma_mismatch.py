"""The sigma mismatch: tell a denoiser another noise level than the true one, and see what becomes of the image and of its PSNR.

`render` draws a `State`, `measure` gives its numbers, `curves` the lines of the plot, `static_sheet` is the lesson for places where widgets
do not run, and `SigmaMismatch` is the widget. Noise is Gaussian; FFDNet, BM3D and NL-means are told a sigma; DnCNN networks are not.
"""

import io
import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets as widgets
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib import degrade, metrics
from course_lib.widgets.base import Explorer
from course_lib.widgets.degradation_explorer import take_upload
from course_lib.widgets.denoise_bench import (
    METHODS,
    PART,
    PATIENCE,
    SIZE,
    as_photo,
    available,
    clean,
    cut,
    enlarge,
    missing_words,
    photo_list,
    require_method,
    require_part,
    require_photo,
    restore,
    rgb,
    upload_button,
)
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font

if TYPE_CHECKING:
    from PIL import Image

    from course_lib.plots import Figure

__all__ = ["NOT_TOLD", "SIGMAS", "TOLD", "SigmaMismatch", "State", "curves", "describe", "measure", "render", "restored", "static_sheet"]

SIGMAS = (5, 10, 15, 20, 25, 30, 40, 50, 65, 80, 100)  # grey levels: the steps of both sliders, and the points of the curves
TOLD = ("ffdnet-gray", "nl-means", "bm3d")  # quick ones first
NOT_TOLD = {"dncnn-s25": "made for 25", "bias-free": "made for 0 to 55", "dncnn-blind": "made for 0 to 55"}
AXES = ("assumed", "true")


def shown_methods() -> tuple[str, ...]:
    """The methods that there are, quick ones first."""
    return tuple(method for method in (*NOT_TOLD, *TOLD) if method in available())


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    photo : str or bytes
        A name of `course_lib.data.photo_names`, or an image file in memory of 256 x 256 pixels. Shown in grey.
    true_sigma : int
        Standard deviation of the noise that is there, in grey levels, one of `SIGMAS`.
    assumed_sigma : int
        What the methods are told, one of `SIGMAS`.
    method : str, optional
        Whose estimate is shown: one of `TOLD` or `NOT_TOLD`; FFDNet if left out, or BM3D where there is none.
    axis : str
        What the curves run over: "assumed" (at the true sigma chosen) or "true" (at the assumed sigma chosen).
    part : tuple of two int
        (top, left) corner of the 72 x 72 pixels that are mended.
    seed : int
        Which draw of the noise.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind, or a network's weights are not there.

    Examples
    --------
    >>> State(true_sigma=26)
    Traceback (most recent call last):
    ...
    ValueError: true_sigma: got 26, expected one of 5, 10, 15, 20, 25, 30, 40, 50, 65, 80, 100 grey levels
    """

    photo: str | bytes = "camera"
    true_sigma: int = 25
    assumed_sigma: int = 10
    method: str | None = None
    axis: str = "assumed"
    part: tuple[int, int] = (28, 84)
    seed: int = 0

    def __post_init__(self):
        require_photo(self.photo)
        for name in ("true_sigma", "assumed_sigma"):
            if type(getattr(self, name)) is not int or getattr(self, name) not in SIGMAS:
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected one of {', '.join(map(str, SIGMAS))} grey levels")
        if self.method is None:
            object.__setattr__(self, "method", "ffdnet-gray" if "ffdnet-gray" in available() else "bm3d")
        if self.method not in (*TOLD, *NOT_TOLD):
            raise ValueError(f"method: got {self.method!r}, expected one of {', '.join((*TOLD, *NOT_TOLD))}")
        require_method(self.method, "method")
        if self.axis not in AXES:
            raise ValueError(f"axis: got {self.axis!r}, expected one of {', '.join(AXES)}")
        if self.part is None:
            raise ValueError("part: got None, expected (top, left)")
        require_part(self.part)
        if type(self.seed) is not int or self.seed < 0:
            raise ValueError(f"seed: got {self.seed!r}, expected an int >= 0")


# ------------------------------------------------------------------------------------------------------ the images and numbers


@lru_cache(maxsize=32)
def _observed(photo: str | bytes, part: tuple[int, int], sigma: int, seed: int) -> Float[Tensor, "1 h w"]:
    return cut(degrade.GaussianNoise(sigma)(clean(photo), torch.Generator().manual_seed(seed)), part).contiguous()


# Keyed by what an estimate depends on. A method that is not told has one for all assumed sigmas, and so one point of the key less.
@lru_cache(maxsize=512)
def _estimate(
    photo: str | bytes, part: tuple[int, int], true_sigma: int, seed: int, method: str, assumed_sigma: int | None
) -> tuple[Float[Tensor, "1 h w"], float]:
    """x̂ and its PSNR."""
    estimate = restore(method, _observed(photo, part, true_sigma, seed), 0 if assumed_sigma is None else assumed_sigma)
    return estimate, float(metrics.psnr(estimate, cut(clean(photo), part)))


def _result(state: State, method: str, true_sigma: int, assumed_sigma: int) -> tuple[Float[Tensor, "1 h w"], float]:
    return _estimate(state.photo, state.part, true_sigma, state.seed, method, None if method in NOT_TOLD else assumed_sigma)


def _reference(state: State) -> str:
    """Whose estimate at the true sigma is shown for comparison: the method's own, or BM3D's where the method is not told."""
    return "bm3d" if state.method in NOT_TOLD else state.method


def restored(state: State) -> dict[str, Float[Tensor, "1 72 72"]]:
    """What the panels show: ``clean``, ``observed``, ``told the truth``, ``estimate`` and its ``error``, estimate − clean.

    "told the truth" is the method's estimate at the true sigma; where the method is not told, BM3D's.
    """
    x = cut(clean(state.photo), state.part)
    estimate = _result(state, state.method, state.true_sigma, state.assumed_sigma)[0]
    return {
        "clean": x.clone(),
        "observed": _observed(state.photo, state.part, state.true_sigma, state.seed).clone(),
        "told the truth": _result(state, _reference(state), state.true_sigma, state.true_sigma)[0].clone(),
        "estimate": estimate.clone(),
        "error": estimate - x,
    }


def measure(state: State) -> dict[str, float]:
    """Compare with the clean image, and take the error apart.

    Parameters
    ----------
    state : State

    Returns
    -------
    dict
        In dB: ``psnr``, that of the estimate; ``observed`` and ``truth``, those of the noisy part and of the reference (see `restored`).
        Estimates are neither clipped nor rounded. The error e = x̂ − x is split into the share of the noise n that is left in it,
        ``noise_left`` = ⟨e, n⟩ / ⟨n, n⟩, and what is no noise, ``detail_lost``: the root mean square of e − noise_left · n, in grey levels.

    Examples
    --------
    >>> little, much = (measure(State(assumed_sigma=sigma, method="nl-means")) for sigma in (10, 100))
    >>> little["noise_left"] > 2 * much["noise_left"], little["detail_lost"] < much["detail_lost"]
    (True, True)
    """
    x, y = restored(state)["clean"], restored(state)["observed"]
    estimate, psnr = _result(state, state.method, state.true_sigma, state.assumed_sigma)
    noise, error = y - x, estimate - x
    share = float((error * noise).sum() / noise.square().sum())
    return {
        "psnr": psnr,
        "observed": float(metrics.psnr(y, x)),
        "truth": _result(state, _reference(state), state.true_sigma, state.true_sigma)[1],
        "noise_left": share,
        "detail_lost": 255 * math.sqrt(float((error - share * noise).square().mean())),
    }


def curves(state: State, methods: Collection[str] | None = None) -> dict[str, list[float]]:
    """The lines of the plot, one value for each of `SIGMAS`.

    Parameters
    ----------
    state : State
    methods : collection of str, optional
        Which; all that there are if left out.

    Returns
    -------
    dict
        Of each method, over assumed sigma: its PSNR at the true sigma of the state; over true sigma: its gain, the PSNR of the estimate
        less that of the observed part, at the assumed sigma of the state. In dB.

    Examples
    --------
    >>> values = curves(State(), ["nl-means"])["nl-means"]
    >>> SIGMAS[max(range(len(SIGMAS)), key=values.__getitem__)] in (20, 25, 30)
    True
    """
    return {m: [_point(state, m, sigma) for sigma in SIGMAS] for m in (shown_methods() if methods is None else methods)}


def _point(state: State, method: str, sigma: int) -> float:
    if state.axis == "assumed":
        return _result(state, method, state.true_sigma, sigma)[1]
    return _result(state, method, sigma, state.assumed_sigma)[1] - _observed_psnr(state.photo, state.part, sigma, state.seed)


@lru_cache(maxsize=64)
def _observed_psnr(photo: str | bytes, part: tuple[int, int], sigma: int, seed: int) -> float:
    return float(metrics.psnr(_observed(photo, part, sigma, seed), cut(clean(photo), part)))


def describe(state: State, ready: Collection[str] | None = None) -> str:
    """Say what `render` draws, in words and numbers.

    Parameters
    ----------
    state : State
    ready : collection of str, optional
        As for `render`.

    Examples
    --------
    >>> describe(State(assumed_sigma=25, method="nl-means"), ready=["nl-means"]).split(";")[0]
    'camera in grey, noise of sigma 25, NL-means told 25, the truth: 27.05 dB'
    """
    values = measure(state)
    name = state.photo if isinstance(state.photo, str) else "Your photograph"
    title, true, told = METHODS[state.method], state.true_sigma, state.assumed_sigma
    if state.method in NOT_TOLD:
        what = (
            f"{title} ({NOT_TOLD[state.method]}) is not told a sigma: {values['psnr']:.2f} dB, BM3D told the truth {values['truth']:.2f} dB"
        )
    elif told == true:
        what = f"{title} told {told}, the truth: {values['psnr']:.2f} dB"
    else:
        wrong = "too little, so it smooths too little" if told < true else "too much, so it smooths too much"
        what = f"{title} told {told}: {values['psnr']:.2f} dB, told the truth {values['truth']:.2f} dB; {wrong}"
    return (
        f"{name} in grey, noise of sigma {true}, {what}; {values['noise_left']:.0%} of the noise is left, the error besides is "
        f"{values['detail_lost']:.1f} grey levels. {_curve_words(state, ready)}"
    )


def _curve_words(state: State, ready: Collection[str] | None) -> str:
    if ready is not None and state.method not in ready:
        return "The curves: working…"
    values = curves(state, [state.method])[state.method]
    over = f"Over {state.axis} sigma from {SIGMAS[0]} to {SIGMAS[-1]}, {METHODS[state.method]}"
    unit = "dB" if state.axis == "assumed" else "dB gained"
    if state.axis == "assumed" and state.method in NOT_TOLD:
        words = f"{over} stays at {values[0]:.2f} {unit}."
    else:
        at = SIGMAS[values.index(max(values))]
        words = f"{over} begins at {values[0]:.2f}, is best with {max(values):.2f} {unit} at {at}, and ends at {values[-1]:.2f}."
    waiting = [METHODS[m] for m in shown_methods() if ready is not None and m not in ready]
    return f"{words} Working: {', '.join(waiting)}." if waiting else words


# ---------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP, PANEL = 8, 6, 144
TITLE = 42
WIDTH = 2 * MARGIN + 5 * PANEL + 4 * GAP
PLOT_HEIGHT = 284
HEIGHT = TITLE + PANEL + 14 + PLOT_HEIGHT
COLUMNS = tuple(MARGIN + k * (PANEL + GAP) for k in range(5))
ERROR_RANGE = 50  # grey levels, black and white of the error's panel
# Okabe and Ito's colours, and a sign for each, so that colour is not the only cue
STYLE = {
    "ffdnet-gray": ((0, 114, 178), "circle"),
    "nl-means": ((0, 158, 115), "square"),
    "bm3d": ((213, 94, 0), "triangle"),
    "dncnn-s25": ((204, 121, 167), "circle"),
    "bias-free": ((86, 180, 233), "square"),
    "dncnn-blind": ((120, 120, 120), "triangle"),
}


def render(state: State, ready: Collection[str] | None = None) -> bytes:
    """Draw the state: the clean, noisy and mended part with its error, and below them the curves with the present point marked.

    Parameters
    ----------
    state : State
    ready : collection of str, optional
        The methods whose curves are to be drawn; the others are said to be working. All if left out: the same state gives the same bytes.

    Returns
    -------
    bytes
        A PNG file of 760 x 484 pixels.

    Examples
    --------
    >>> render(State(method="nl-means"), ready=[])[:4]
    b'\\x89PNG'
    """
    from PIL import Image

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    _draw_panels(picture, state, 0, COLUMNS, PANEL)
    picture.paste(_plot(state, WIDTH - 2 * MARGIN, ready), (MARGIN, HEIGHT - PLOT_HEIGHT))
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _draw_panels(picture: "Image.Image", state: State, top: int, columns: Sequence[int], side: int) -> None:
    from PIL import Image, ImageDraw

    draw, values, title = ImageDraw.Draw(picture), measure(state), METHODS[state.method]
    told = "is not told" if state.method in NOT_TOLD else f"told σ {state.assumed_sigma}"
    texts = {
        "clean": ("Clean x", state.photo if isinstance(state.photo, str) else "your photograph"),
        "observed": ("Observed y", f"true σ {state.true_sigma}: {values['observed']:.2f} dB"),
        "told the truth": (
            "BM3D, told the truth" if state.method in NOT_TOLD else "Told the truth",
            f"σ {state.true_sigma}: {values['truth']:.2f} dB",
        ),
        "estimate": (title, f"{told}: {values['psnr']:.2f} dB"),
        "error": ("Its error x̂ − x", f"{values['noise_left']:.0%} of the noise left"),
    }
    for left, (name, image) in zip(columns, restored(state).items(), strict=True):
        first, second = texts[name]
        size = 13 if draw.textlength(first, font(13, bold=True)) <= side else 11
        draw.text((left, top + 15), first, INK, font(size, bold=True), anchor="ls")
        draw.text((left, top + 33), second, INK if name == "estimate" else FAINT, font(12 if side == PANEL else 11), anchor="ls")
        pixels = rgb(0.5 + image * 255 / (2 * ERROR_RANGE) if name == "error" else image)
        tile = Image.fromarray(enlarge(pixels, 2))
        picture.paste(tile if side == PANEL else tile.resize((side, side), Image.Resampling.BOX), (left, top + TITLE))
        draw.rectangle((left - 1, top + TITLE - 1, left + side, top + TITLE + side), outline=FRAME if name == "estimate" else LINE)


def _plot(state: State, width: int, ready: Collection[str] | None = None) -> "Image.Image":
    """The curves, with a line at the truth, a ring at the present point, and the legend with its values."""
    from PIL import Image, ImageDraw

    methods = shown_methods()
    lines = curves(state, [m for m in methods if ready is None or m in ready])
    here, marked = (state.assumed_sigma, state.true_sigma) if state.axis == "assumed" else (state.true_sigma, state.assumed_sigma)
    legend = 228
    left, right, top, bottom = 44, width - legend, 26, PLOT_HEIGHT - 46
    low, high, step = _range([value for line in lines.values() for value in line])

    def at(sigma: float | int, value: float | int) -> tuple[float | int, float | int]:
        along = math.log(sigma / SIGMAS[0]) / math.log(SIGMAS[-1] / SIGMAS[0])
        return left + 10 + along * (right - left - 20), bottom - (value - low) / (high - low) * (bottom - top)

    fine = 3  # lines are drawn three times as large and made smaller, which smooths them
    large = Image.new("RGB", (width * fine, PLOT_HEIGHT * fine), "white")
    draw = ImageDraw.Draw(large)

    def line(points: Sequence[tuple[float | int, float | int]], colour: tuple[int, int, int], thick: float | int) -> None:
        draw.line([(x * fine, y * fine) for x, y in points], colour, round(thick * fine), joint="curve")

    def sign(x: float | int, y: float | int, method: str, radius: float | int) -> None:
        colour, shape = STYLE[method]
        x, y, r = x * fine, y * fine, radius * fine
        if shape == "circle":
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        elif shape == "square":
            draw.rectangle((x - r, y - r, x + r, y + r), fill=colour)
        else:
            draw.polygon([(x, y - 1.2 * r), (x - 1.2 * r, y + r), (x + 1.2 * r, y + r)], fill=colour)

    ticks = [low + step * k for k in range(round((high - low) / step) + 1)]
    for value in ticks:
        line([(left, at(5, value)[1]), (right, at(5, value)[1])], (230, 230, 230), 1)
    line([at(marked, low), at(marked, high)], FAINT, 1)
    rows = {method: top + 12 + 26 * number for number, method in enumerate(methods)}
    for method, values in lines.items():
        chosen = method == state.method
        points = [at(sigma, value) for sigma, value in zip(SIGMAS, values, strict=True)]
        line(points, STYLE[method][0], 3 if chosen else 1.5)
        for x, y in points:
            sign(x, y, method, 4 if chosen else 3)
    for method, y in rows.items():
        line([(right + 14, y), (right + 40, y)], STYLE[method][0], 3 if method == state.method else 1.5)
        sign(right + 27, y, method, 4)
    if state.method in lines:
        x, y = (fine * v for v in at(here, lines[state.method][SIGMAS.index(here)]))
        for radius, colour, thick in ((10, (255, 255, 255), 5), (9, INK, 2)):
            r = radius * fine
            draw.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=thick * fine)

    picture = large.reduce(fine)
    draw = ImageDraw.Draw(picture)
    over = f"at true σ {state.true_sigma}" if state.axis == "assumed" else f"over the observed part, methods told σ {state.assumed_sigma}"
    draw.text((0, 14), f"{'PSNR' if state.axis == 'assumed' else 'Gain'} in dB {over}", INK, font(13, bold=True), anchor="ls")
    for value in ticks:
        draw.text((left - 6, at(5, value)[1]), f"{value:g}".replace("-", "−"), FAINT, font(11), anchor="rm")
    for sigma in SIGMAS:
        draw.text((at(sigma, low)[0], bottom + 16), f"{sigma}", INK if sigma == here else FAINT, font(11, bold=sigma == here), anchor="ms")
    what = "truth" if state.axis == "assumed" else "told"
    draw.text((at(marked, low)[0] + 4, bottom - 4), what, FAINT, font(11), anchor="ls")
    axis = "assumed σ in grey levels: what the method is told" if state.axis == "assumed" else "true σ of the noise in grey levels"
    draw.text(((left + right) / 2, bottom + 36), axis, INK, font(12), anchor="ms")
    for method, y in rows.items():
        value = f"{lines[method][SIGMAS.index(here)]:.2f} dB" if method in lines else "working…"
        bold = method == state.method
        draw.text((right + 48, y + 1), f"{METHODS[method]}{' *' if method in NOT_TOLD else ''}", INK, font(12, bold=bold), anchor="lm")
        draw.text((width - 2, y + 1), value, INK, font(12, bold=bold), anchor="rm")
    below = [f"values at {state.axis} σ {here}, the ring"] + ["* not told a sigma"] * any(m in NOT_TOLD for m in methods)
    for number, text in enumerate(below):
        draw.text((right + 14, top + 12 + 26 * len(rows) + 18 * number), text, FAINT, font(11), anchor="lm")
    return picture


def _range(values: Sequence[float]) -> tuple[float | int, float | int, float | int]:
    """The ends and the step of an axis that holds the values; of some range where there are none yet."""
    if not values:
        return 10.0, 40.0, 5.0
    low, high = min(values), max(values)
    step = next(step for step in (0.5, 1, 2, 5, 10, math.inf) if (high - low) / step <= 6)
    return math.floor(low / step) * step, math.floor(high / step + 1) * step, step


# -------------------------------------------------------------------------------------------------------- where no widget runs

TILE = 120


def static_sheet(states: Sequence[State] | None = None) -> "Figure":
    """Draw the lesson on paper: a row of panels for each state, and the curves of the last.

    Parameters
    ----------
    states : sequence of State, optional
        By default one method, told a third of the true sigma, the truth, and more than double.

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
    >>> static_sheet([State(method="nl-means", assumed_sigma=65)]).alt_text.split(";")[1]
    ' too much, so it smooths too much'
    """
    from PIL import Image

    if states is None:
        states = [State(assumed_sigma=sigma) for sigma in (10, 25, 65)]
    if not states:
        raise ValueError("states: got none, expected at least one State")
    step, row = TILE + 24, TITLE + TILE + 10
    width = 5 * step
    picture = Image.new("RGB", (width, len(states) * row + PLOT_HEIGHT), "white")
    for number, state in enumerate(states):
        _draw_panels(picture, state, number * row, [k * step + 1 for k in range(5)], TILE)
    picture.paste(_plot(states[-1], width), (0, len(states) * row))
    return as_figure(picture, " ".join(describe(state) for state in states))


# ------------------------------------------------------------------------------------------------------------------ the widget


class SigmaMismatch(Explorer):
    """Choose the sigma of the noise and the one that a method is told, and watch what is left, what is lost, and the PSNR.

    Parameters
    ----------
    image : Tensor (c, h, w) in [0, 1], or the name of a bundled photograph, optional
        What to begin with; the largest centred square of it, resized to 256 x 256 pixels, in grey.

    Attributes
    ----------
    photo, upload, again, true_sigma, assumed_sigma, method, axis, top, left
        The controls, in the order in which Tab visits them.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image, no single one, not in [0, 1], smaller than 16 x 16 pixels, or no name of a photograph.

    Notes
    -----
    The panels are drawn at once. A curve is computed once for each true sigma (or, over true sigma, for each assumed one) and kept; while
    curves are missing they are drawn one by one, the chosen method's first.

    Examples
    --------
    >>> mismatch = SigmaMismatch("moon")
    >>> mismatch.assumed_sigma.value = 65
    >>> "smooths too much" in mismatch.numbers.value
    True
    """

    def __init__(self, image: Float[Tensor, "c h w"] | str | None = None):
        photo = as_photo(image)
        state = State(photo)
        wide = {"description_width": "110px"}
        self.photo = photo_list(photo)
        self.upload = upload_button()
        self.again = widgets.Button(
            description="Draw the noise again", tooltip="Draw other random numbers", icon="refresh", layout={"width": "190px"}
        )
        self.true_sigma, self.assumed_sigma = (
            widgets.SelectionSlider(
                options=SIGMAS, value=value, description=name, continuous_update=quick, style=wide, layout={"width": "390px"}
            )
            for name, value, quick in (("True sigma", state.true_sigma, False), ("Assumed sigma", state.assumed_sigma, True))
        )
        self.method = widgets.Dropdown(
            options=[(f"{METHODS[m]}{' (not told)' if m in NOT_TOLD else ''}", m) for m in (*TOLD, *NOT_TOLD) if m in available()],
            value=state.method,
            description="Method",
            style=wide,
            layout={"width": "280px"},
        )
        self.axis = widgets.Dropdown(
            options=[("assumed sigma", "assumed"), ("true sigma", "true")],
            value=state.axis,
            description="Curves over",
            style=wide,
            layout={"width": "260px"},
        )
        self.top, self.left = (
            widgets.IntSlider(
                value=value, max=SIZE - PART, step=4, description=name, continuous_update=False, style=wide, layout={"width": "320px"}
            )
            for name, value in zip(("Part, down", "Part, across"), state.part, strict=True)
        )
        self._seed = state.seed
        super().__init__(
            [
                (self.photo, self.upload, self.again),
                (self.true_sigma, self.assumed_sigma),
                (self.method, self.axis),
                (self.top, self.left),
            ],
            read=self._state,
            render=lambda state: render(state, self._ready),
            describe=lambda state: describe(state, self._ready),
            hint=f"Sigmas are in grey levels.{missing_words()}",
        )
        self.watch(self.photo, self.true_sigma, self.assumed_sigma, self.method, self.axis, self.top, self.left)
        self.upload.observe(self._take_upload, "value")
        self.again.on_click(self._draw_again)

    def _state(self) -> State:
        return State(
            self.photo.value,
            self.true_sigma.value,
            self.assumed_sigma.value,
            self.method.value,
            self.axis.value,
            (self.top.value, self.left.value),
            self._seed,
        )

    def _draw(self) -> None:
        """The panels at once; the curves, where they take long, as they come."""
        state = self._read()
        self._ready: list[str] = []
        restored(state)
        last = time.perf_counter()
        for method in sorted(shown_methods(), key=lambda m: m != state.method):
            for sigma in SIGMAS:
                _point(state, method, sigma)
                if time.perf_counter() - last > PATIENCE and not self._ready:
                    super()._draw()
                    last = math.inf  # once is enough for the panels
            self._ready.append(method)
            if method == state.method or time.perf_counter() - last > PATIENCE:
                super()._draw()
                last = time.perf_counter()
        super()._draw()

    def _draw_again(self, button: widgets.Button) -> None:
        with self.one_update():
            self._seed += 1

    def _take_upload(self, change: dict) -> None:
        if change["new"]:
            with self.one_update():
                take_upload(self.upload, self.photo)
