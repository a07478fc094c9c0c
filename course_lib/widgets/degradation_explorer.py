"""The degradation explorer: break a photograph in eight ways and watch the picture, the error and the three usual numbers.

`render` draws a `State`, `measure` gives its numbers, `static_sheet` is the lesson for places where widgets do not run, and
`DegradationExplorer` is the widget. Drawing is numpy and Pillow on a fixed grid of pixels: an update must be quick, and one pixel of the
photograph must stay one pixel of the screen.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib import data, degrade, images, metrics
from course_lib.resample import imresize
from course_lib.widgets.base import Explorer, set_range
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font

if TYPE_CHECKING:
    pass

    from course_lib.plots import Figure

__all__ = [
    "DEGRADATIONS",
    "SHEET",
    "DegradationExplorer",
    "State",
    "degraded",
    "describe",
    "fit_upload",
    "measure",
    "render",
    "static_sheet",
]

SIZE = 256  # pixels, the side of the photographs
ZOOM_SIZES = (32, 64, 128)
MOTION_ANGLE = 30  # degrees


@dataclass(frozen=True)
class Degradation:
    """One way to break an image, and the slider that goes with it.

    Attributes
    ----------
    title : str
        As shown.
    parameter, unit : str
        What the strength is and what it counts: sigma, in grey levels.
    low, high, step, start : float
        Range, step and usual value of the slider.
    apply : callable (x, strength, generator) -> y
        A (c, 256, 256) image to one of the same size.
    stochastic : bool
        Whether the seed matters.
    """

    title: str
    parameter: str
    unit: str
    low: float | int
    high: float | int
    step: float | int
    start: float | int
    apply: Callable[[Tensor, float, torch.Generator], Tensor]
    stochastic: bool = False


def _gaussian_blur(x: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    if sigma == 0:
        return x.clone()
    return degrade.Blur(degrade.gaussian_kernel(2 * math.ceil(3 * sigma) + 1, sigma), boundary="reflect")(x)


def _downsample(x: Tensor, scale: float, generator: torch.Generator) -> Tensor:
    """Shrunk, then enlarged again by bicubic interpolation, so that it can be compared pixel by pixel."""
    height, width = x.shape[-2:]
    right, below = -width % int(scale), -height % int(scale)  # 256 is no multiple of 3: the border is repeated first and cut off after
    padded = F.pad(x, (0, right, 0, below), mode="replicate")
    small = degrade.Downsample(int(scale))(padded)
    return imresize(small, size=tuple(padded.shape[-2:]))[..., :height, :width]


DEGRADATIONS = {
    "gaussian noise": Degradation(
        "Gaussian noise", "sigma", "grey levels", 0, 100, 1, 25, lambda x, s, g: degrade.GaussianNoise(s)(x, g), stochastic=True
    ),
    "poisson noise": Degradation(
        "Poisson noise", "peak", "photons at white", 1, 200, 1, 30, lambda x, s, g: degrade.PoissonNoise(s)(x, g), stochastic=True
    ),
    "impulse noise": Degradation(
        "Impulse noise", "amount", "% of the values", 0, 60, 1, 10, lambda x, s, g: degrade.ImpulseNoise(s / 100)(x, g), stochastic=True
    ),
    "gaussian blur": Degradation("Gaussian blur", "sigma", "pixels", 0, 6, 0.1, 1.6, _gaussian_blur),
    "motion blur": Degradation(
        "Motion blur", "length", "pixels", 1, 41, 1, 13,
        lambda x, s, g: degrade.Blur(degrade.motion_kernel(s, MOTION_ANGLE), boundary="reflect")(x),
    ),
    "downsampling": Degradation("Downsampling", "scale", "times, shown re-enlarged", 1, 8, 1, 4, _downsample),
    "missing pixels": Degradation(
        "Missing pixels", "missing", "% of the pixels", 0, 95, 1, 50,
        lambda x, s, g: degrade.Mask.random(tuple(x.shape[-2:]), s / 100, g)(x), stochastic=True,
    ),
    "jpeg": Degradation("JPEG", "quality", "of 100", 1, 100, 1, 10, lambda x, s, g: degrade.Jpeg(int(s))(x)),
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    photo : str or bytes
        A name of `course_lib.data.photo_names`, or an image file in memory of 256 x 256 pixels, as `fit_upload` makes it.
    degradation : str
        One of `DEGRADATIONS`.
    strength : float, optional
        In the unit of the degradation, see `DEGRADATIONS`; its usual value if left out.
    zoom : tuple of three int
        (top, left, size) of the part that is enlarged, in pixels; the size is 32, 64 or 128.
    seed : int
        Which draw of the noise.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.

    Examples
    --------
    >>> State(degradation="jpeg").strength
    10.0
    >>> State(degradation="jpeg", strength=0)
    Traceback (most recent call last):
    ...
    ValueError: strength: got 0, expected 1 to 100 for jpeg (quality of 100)
    """

    photo: str | bytes = "camera"
    degradation: str = "gaussian noise"
    strength: float | int | None = None
    zoom: tuple[int, int, int] = (40, 96, 64)
    seed: int = 0

    def __post_init__(self):
        if not isinstance(self.photo, str | bytes):
            raise TypeError(f"photo: got {type(self.photo).__name__}, expected a name or the bytes of an image file")
        if isinstance(self.photo, str) and self.photo not in data.photo_names():
            raise ValueError(f"photo: got {self.photo!r}, expected one of {', '.join(data.photo_names())}")
        if self.degradation not in DEGRADATIONS:
            raise ValueError(f"degradation: got {self.degradation!r}, expected one of {', '.join(DEGRADATIONS)}")
        kind = DEGRADATIONS[self.degradation]
        strength = kind.start if self.strength is None else self.strength
        if isinstance(strength, bool) or not isinstance(strength, int | float):
            raise TypeError(f"strength: got {type(strength).__name__}, expected a number ({kind.parameter}, {kind.unit})")
        if not kind.low <= strength <= kind.high:
            wanted = f"{kind.low:g} to {kind.high:g} for {self.degradation} ({kind.parameter} {kind.unit})"
            raise ValueError(f"strength: got {strength}, expected {wanted}")
        if self.degradation in ("downsampling", "jpeg") and strength != int(strength):
            raise ValueError(f"strength: got {strength}, expected a whole number for {self.degradation}")
        object.__setattr__(self, "strength", float(strength))  # one form for equal states, which the caches below compare
        whole = isinstance(self.zoom, tuple) and len(self.zoom) == 3 and all(type(v) is int for v in self.zoom)
        if not whole or self.zoom[2] not in ZOOM_SIZES or not all(0 <= v <= SIZE - self.zoom[2] for v in self.zoom[:2]):
            raise ValueError(
                f"zoom: got {self.zoom!r}, expected (top, left, size) in whole pixels inside {SIZE}x{SIZE}, size in {ZOOM_SIZES}"
            )
        if type(self.seed) is not int or self.seed < 0:
            raise ValueError(f"seed: got {self.seed!r}, expected an int >= 0")

    @property
    def label(self) -> str:
        """The strength with its name and unit, as in ``sigma = 25 grey levels``."""
        kind = DEGRADATIONS[self.degradation]
        return f"{kind.parameter} = {self.strength:g} {kind.unit}"


# ------------------------------------------------------------------------------------------------ the image and its numbers


@lru_cache(maxsize=8)
def _clean(photo: str | bytes) -> Float[Tensor, "c 256 256"]:
    if isinstance(photo, str):
        return data.photo(photo, size=SIZE)
    x = images.load(io.BytesIO(photo))
    if x.shape[-2:] != (SIZE, SIZE):
        raise ValueError(
            f"photo: got an image of {x.shape[-2]}x{x.shape[-1]} pixels, expected {SIZE}x{SIZE}; fit_upload(file) cuts it to size"
        )
    return x


# Keyed by what the noise depends on, not by the whole state: moving the zoom computes nothing anew.
@lru_cache(maxsize=4)
def _degraded(photo: str | bytes, degradation: str, strength: float, seed: int) -> Float[Tensor, "c 256 256"]:
    return DEGRADATIONS[degradation].apply(_clean(photo), strength, torch.Generator().manual_seed(seed))


@lru_cache(maxsize=4)
def _measure(photo: str | bytes, degradation: str, strength: float, seed: int) -> tuple[float, float, float]:
    x, y = _clean(photo), _degraded(photo, degradation, strength, seed)
    return float(metrics.mse(y, x)), float(metrics.psnr(y, x)), float(metrics.ssim(y, x))


def degraded(state: State) -> tuple[Float[Tensor, "c 256 256"], Float[Tensor, "c 256 256"]]:
    """Give the clean image x and the observed one y; y may leave [0, 1]."""
    return _clean(state.photo).clone(), _degraded(state.photo, state.degradation, state.strength, state.seed).clone()


def measure(state: State) -> dict[str, float]:
    """Compare the degraded image with the clean one.

    Parameters
    ----------
    state : State

    Returns
    -------
    dict
        ``mse`` (on [0, 1]; times 255² in grey levels), ``psnr`` (dB, inf for equal images) and ``ssim``; the degraded image is neither
        clipped nor rounded.

    Examples
    --------
    >>> round(measure(State(strength=25))["psnr"], 1)
    20.2
    """
    return dict(zip(("mse", "psnr", "ssim"), _measure(state.photo, state.degradation, state.strength, state.seed), strict=True))


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers.

    Examples
    --------
    >>> describe(State(degradation="gaussian blur", strength=0))
    'camera, Gaussian blur, sigma = 0 pixels: MSE 0.0 grey levels², PSNR ∞ dB, SSIM 1.000. Zoom: rows 40 to 103, columns 96 to 159.'
    """
    top, left, size = state.zoom
    name = state.photo if isinstance(state.photo, str) else "Your photograph"
    numbers = ", ".join(f"{name} {value}" for name, value in _numbers(state))
    return (
        f"{name}, {DEGRADATIONS[state.degradation].title}, {state.label}: {numbers}. "
        f"Zoom: rows {top} to {top + size - 1}, columns {left} to {left + size - 1}."
    )


def _numbers(state: State) -> list[tuple[str, str]]:
    values = measure(state)
    psnr = f"{values['psnr']:.2f}" if math.isfinite(values["psnr"]) else "∞"
    return [("MSE", f"{values['mse'] * 255**2:.1f} grey levels²"), ("PSNR", f"{psnr} dB"), ("SSIM", f"{values['ssim']:.3f}")]


def fit_upload(content: bytes, name: str = "the file") -> bytes:
    """Cut an image file of any size to a 256 x 256 one.

    Parameters
    ----------
    content : bytes
        The file: any format that Pillow reads, up to 100 megapixels.
    name : str
        For the message.

    Returns
    -------
    bytes
        A PNG of the largest centred square, resized by `imresize`; grey stays grey.

    Raises
    ------
    ValueError
        Damaged, no image, too large, or smaller than 16 x 16 pixels.

    Examples
    --------
    >>> small = fit_upload(images.png_bytes(torch.rand(3, 40, 50)))
    >>> images.load(io.BytesIO(small)).shape
    torch.Size([3, 256, 256])
    """
    import warnings

    from PIL import Image

    unreadable = f"cannot be read as an image ({len(content)} bytes); it is damaged or of an unknown kind: choose a PNG or JPEG file"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is stricter
            with Image.open(io.BytesIO(content)) as file:
                pixels = file.width * file.height
                if 4e6 < pixels <= 100e6:
                    content = _shrink(file)
    except Exception as error:  # each decoder of Pillow fails in its own way
        raise ValueError(f"{name} {unreadable}") from error
    if pixels > 100e6:
        raise ValueError(f"{name} has {pixels / 1e6:.0f} megapixels, at most 100 are read; make it smaller first")
    try:
        x = images.load(io.BytesIO(content))
    except ValueError as error:
        raise ValueError(f"{name} {unreadable}") from error
    height, width = x.shape[-2:]
    side = min(height, width)
    if side < 16:
        raise ValueError(f"{name} has only {width}x{height} pixels, at least 16x16 are needed; choose a larger picture")
    top, left = (height - side) // 2, (width - side) // 2
    return images.png_bytes(imresize(x[:, top : top + side, left : left + side], size=(SIZE, SIZE)).clamp(0, 1))


def _shrink(file) -> bytes:
    """A large picture as a PNG of at most 4 megapixels: as float32 the original would fill the memory."""
    from PIL import ImageOps

    file.draft(file.mode, (4 * SIZE, 4 * SIZE))  # a JPEG decodes straight to an eighth, a quarter or a half of its size
    mode = "L" if file.mode == "L" else "RGBA" if "A" in file.mode or "transparency" in file.info else "RGB"
    picture = ImageOps.exif_transpose(file.convert(mode))
    picture = picture.reduce(math.ceil(math.sqrt(picture.width * picture.height / 4e6)))
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP = 8, 12
TITLE, BETWEEN, FOOT = 38, 24, 46  # heights of the text above the panels, between the two rows, and below
WIDTH, HEIGHT = 2 * MARGIN + 3 * SIZE + 2 * GAP, TITLE + SIZE + BETWEEN + SIZE + FOOT
COLUMNS = tuple(MARGIN + k * (SIZE + GAP) for k in range(3))
ROWS = (TITLE, TITLE + SIZE + BETWEEN)
ERROR_RANGES = (16, 32, 64, 128, 255)


def render(state: State) -> bytes:
    """Draw the state: clean image, degraded image and signed error, and below each its zoomed part.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file of 808 x 620 pixels; the same state gives the same bytes. The error map shows degraded − clean (of a colour image the
        mean of the three channels) in grey levels, red where the degraded image is too bright, blue where it is too dark, on a scale
        that ends at the smallest of 16, 32, 64, 128 and 255 that holds 98 of 100 wrong pixels.

    Examples
    --------
    >>> render(State())[:4]
    b'\\x89PNG'
    """
    from PIL import Image, ImageDraw

    x, y = _clean(state.photo), _degraded(state.photo, state.degradation, state.strength, state.seed)
    error, limit = _error(x, y)
    panels = [_rgb(x), _rgb(y), _error_colours(error, limit)]
    top, left, size = state.zoom

    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for column, panel in zip(COLUMNS, panels, strict=True):
        part = panel[top : top + size, left : left + size]
        enlarged = part.repeat(SIZE // size, axis=0).repeat(SIZE // size, axis=1)
        for row, pixels in zip(ROWS, (panel, enlarged), strict=True):
            canvas[row : row + SIZE, column : column + SIZE] = pixels
    canvas[HEIGHT - 30 : HEIGHT - 20, COLUMNS[2] : COLUMNS[2] + SIZE] = _error_colours(np.linspace(-limit, limit, SIZE)[None], limit)

    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    for column in COLUMNS:
        _frame(draw, column + left, ROWS[0] + top, size)
        for row in ROWS:
            draw.rectangle((column - 1, row - 1, column + SIZE, row + SIZE), outline=LINE)

    name = state.photo if isinstance(state.photo, str) else "your photograph"
    titles = [
        ("Clean image x", f"{name}, {'grey' if x.shape[0] == 1 else 'colour'}, {SIZE}×{SIZE} pixels"),
        (f"Degraded image y: {DEGRADATIONS[state.degradation].title}", state.label),
        ("Error y − x in grey levels", "blue: y too dark, red: y too bright"),
    ]
    for column, (title, below) in zip(COLUMNS, titles, strict=True):
        draw.text((column, 15), title, INK, font(13, bold=True), anchor="ls")
        draw.text((column, 31), below, FAINT, font(12), anchor="ls")
    for column, text in zip(
        COLUMNS, (f"The framed part of x, {SIZE // size} times larger", "The same part of y", "Its error"), strict=True
    ):
        draw.text((column, ROWS[1] - 7), text, FAINT, font(12), anchor="ls")

    for column, (name, value) in zip((COLUMNS[0], COLUMNS[0] + 230, COLUMNS[0] + 385), _numbers(state), strict=True):
        draw.text((column, HEIGHT - 14), name, FAINT, font(13), anchor="ls")
        draw.text((column + 6 + draw.textlength(name, font(13)), HEIGHT - 14), value, INK, font(16, bold=True), anchor="ls")
    _scale(draw, COLUMNS[2], HEIGHT - 30, limit)

    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)  # noise does not compress: more effort costs time and saves little
    return buffer.getvalue()


def _rgb(x: Float[Tensor, "c h w"]) -> UInt8[np.ndarray, "h w 3"]:
    return images.to_uint8(x).expand(3, -1, -1).permute(1, 2, 0).numpy()


def _error(x: Float[Tensor, "c h w"], y: Float[Tensor, "c h w"]) -> tuple[Float[np.ndarray, "h w"], int]:
    """The signed error in grey levels, and the end of the scale that shows it."""
    error = ((y - x).mean(dim=0) * 255).numpy()
    wrong = np.abs(error[error != 0])  # where few pixels are hit, most are right, and say nothing about the scale
    most = float(np.quantile(wrong, 0.98)) if wrong.size else 0
    return error, next((limit for limit in ERROR_RANGES if most <= limit), ERROR_RANGES[-1])


def _error_colours(error: Float[np.ndarray, "h w"], limit: int) -> UInt8[np.ndarray, "h w 3"]:
    return _error_table()[np.rint(np.clip(error / limit, -1, 1) * 127).astype(np.int64) + 127]


@lru_cache(maxsize=1)
def _error_table() -> UInt8[np.ndarray, "255 3"]:
    """Blue to red through near white, an odd number of colours so that zero has its own; told apart by colour-blind readers."""
    from matplotlib import colormaps

    return colormaps["RdBu_r"](np.linspace(0, 1, 255), bytes=True)[:, :3].copy()


def _frame(draw, left: int, top: int, size: int) -> None:
    """An orange frame just outside the part, with a white rim so that it shows on any picture."""
    for grow, colour in ((3, (255, 255, 255)), (2, FRAME), (1, FRAME)):
        draw.rectangle((left - grow, top - grow, left + size - 1 + grow, top + size - 1 + grow), outline=colour)


def _scale(draw, left: int, top: int, limit: int) -> None:
    draw.rectangle((left - 1, top - 1, left + SIZE, top + 10), outline=LINE)
    for share, text, anchor in ((0, f"≤ −{limit}", "ls"), (0.25, "", "ms"), (0.5, "0", "ms"), (0.75, "", "ms"), (1, f"≥ +{limit}", "rs")):
        at = left + share * (SIZE - 1)
        draw.line((at, top + 10, at, top + 13), INK)
        draw.text((at, top + 26), text, INK, font(11), anchor=anchor)


# -------------------------------------------------------------------------------------------------- where no widget runs

# About the same PSNR each, which is the point: the numbers agree and the pictures do not.
SHEET = (
    State(degradation="gaussian noise", strength=17),
    State(degradation="poisson noise", strength=114),
    State(degradation="impulse noise", strength=1.3),
    State(degradation="gaussian blur", strength=2.5),
    State(degradation="motion blur", strength=10),
    State(degradation="downsampling", strength=5),
    State(degradation="missing pixels", strength=1.3),
    State(degradation="jpeg", strength=1),
)
TILE = 128


def static_sheet(states: Sequence[State] = SHEET) -> "Figure":
    """Draw the lesson on paper: a row for each state with the middle of the degraded image, its zoom, its error, and the numbers.

    Parameters
    ----------
    states : sequence of State
        By default the eight degradations of one photograph, each at the strength that costs it the same PSNR.

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
    >>> static_sheet([State(degradation="jpeg")]).alt_text
    'camera, JPEG, quality = 10 of 100: MSE 93.5 grey levels², PSNR 28.42 dB, SSIM 0.792.'
    """
    from PIL import Image, ImageDraw

    if not states:
        raise ValueError("states: got none, expected at least one State")
    text_width, header = 230, 26
    left = [text_width + k * (TILE + GAP) for k in range(3)]
    width, height = left[-1] + TILE + MARGIN, header + len(states) * (TILE + GAP)
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for column, text in zip(left, ("Degraded y", "Part, twice as large", "Error y − x"), strict=True):
        draw.text((column, 18), text, FAINT, font(12), anchor="ls")
    for number, state in enumerate(states):
        row = header + number * (TILE + GAP)
        x, y = _clean(state.photo), _degraded(state.photo, state.degradation, state.strength, state.seed)
        error, limit = _error(x, y)
        zoom_top, zoom_left, size = state.zoom
        middle = (slice(*_tile(zoom_top, size, TILE)), slice(*_tile(zoom_left, size, TILE)))
        part = (slice(*_tile(zoom_top, size, TILE // 2)), slice(*_tile(zoom_left, size, TILE // 2)))
        tiles = [_rgb(y)[middle], _rgb(y)[part].repeat(2, axis=0).repeat(2, axis=1), _error_colours(error, limit)[middle]]
        for column, tile in zip(left, tiles, strict=True):
            picture.paste(Image.fromarray(tile), (column, row))
            draw.rectangle((column - 1, row - 1, column + TILE, row + TILE), outline=LINE)
        draw.text((MARGIN, row + 16), DEGRADATIONS[state.degradation].title, INK, font(14, bold=True), anchor="ls")
        draw.text((MARGIN, row + 36), state.label, FAINT, font(12), anchor="ls")
        for line, (name, value) in enumerate(_numbers(state)):
            draw.text((MARGIN, row + 62 + 20 * line), name, FAINT, font(13), anchor="ls")
            draw.text((MARGIN + 50, row + 62 + 20 * line), value, INK, font(13, bold=True), anchor="ls")
        draw.text((MARGIN, row + 122), f"error scale: ±{limit} grey levels", FAINT, font(11), anchor="ls")

    return as_figure(picture, " ".join(describe(state).split(" Zoom:")[0] for state in states))


def _tile(start: int, size: int, tile: int) -> tuple[int, int]:
    """The interval of ``tile`` pixels around an interval's middle, kept inside the image."""
    begin = min(max(start + size // 2 - tile // 2, 0), SIZE - tile)
    return begin, begin + tile


# ------------------------------------------------------------------------------------------------------------- the widget


def take_upload(upload: widgets.FileUpload, photo: widgets.Dropdown) -> None:
    """Put the uploaded file into the list of photographs, and choose it."""
    file = upload.value[0]
    upload.value = ()  # so that the same file can be chosen again
    content = fit_upload(bytes(file["content"]), file["name"])
    kept = [option for option in photo.options if option[0] in data.photo_names()]
    photo.options = [*kept, (f"yours: {file['name']}", content)]
    photo.value = content


class DegradationExplorer(Explorer):
    """Choose a photograph or upload one, break it, and watch the picture, the error and the numbers.

    Parameters
    ----------
    state : State
        Where it starts.

    Attributes
    ----------
    photo, upload, degradation, strength, again, down, across, size
        The controls, in the order in which Tab visits them.

    Examples
    --------
    >>> explorer = DegradationExplorer(State(degradation="jpeg"))
    >>> explorer.strength.value = 5
    >>> "quality = 5 of 100" in explorer.numbers.value
    True
    """

    def __init__(self, state: State = State()):
        photos = [(name, name) for name in data.photo_names()]
        if isinstance(state.photo, bytes):
            photos.append(("yours", state.photo))
        wide = {"description_width": "90px"}
        self.photo = widgets.Dropdown(options=photos, value=state.photo, description="Photograph", style=wide, layout={"width": "260px"})
        self.upload = widgets.FileUpload(
            accept="image/*",
            description="Upload your own",
            tooltip="An image file from your machine, up to 10 MB",
            layout={"width": "190px"},
        )
        self.degradation = widgets.Dropdown(
            options=[(kind.title, key) for key, kind in DEGRADATIONS.items()],
            value=state.degradation,
            description="Degradation",
            style=wide,
            layout={"width": "300px"},
        )
        self.strength = widgets.FloatSlider(style={"description_width": "initial"}, layout={"width": "560px", "margin": "2px 2px 2px 8px"})
        self.again = widgets.Button(description="Draw the noise again", icon="refresh", layout={"width": "190px"})
        top, left, size = state.zoom
        self.down = widgets.IntSlider(value=top, max=SIZE - size, step=4, description="Zoom, down", style=wide, layout={"width": "300px"})
        self.across = widgets.IntSlider(
            value=left, max=SIZE - size, step=4, description="Zoom, across", style=wide, layout={"width": "300px"}
        )
        self.size = widgets.Dropdown(
            options=[(f"{s} pixels", s) for s in ZOOM_SIZES], value=size, description="Zoom, size", style=wide, layout={"width": "190px"}
        )
        self._seed = state.seed
        self._fit_strength(state.strength)

        super().__init__(
            [(self.photo, self.upload, self.degradation), (self.strength, self.again), (self.down, self.across, self.size)],
            read=self._state,
            render=render,
            describe=describe,
            hint="Your own photograph may have up to 10 MB.",
        )
        self.watch(self.photo, self.strength, self.down, self.across)
        self.upload.observe(self._take_upload, "value")
        self.degradation.observe(self._change_degradation, "value")
        self.again.on_click(self._draw_again)
        self.size.observe(self._change_zoom_size, "value")

    def _state(self) -> State:
        zoom = (self.down.value, self.across.value, self.size.value)
        strength = round(self.strength.value, 6)  # the browser counts steps in floating point and sends 10.000000000000002
        return State(self.photo.value, self.degradation.value, strength, zoom, self._seed)

    def _fit_strength(self, value: float | int) -> None:
        """Give the slider the range, the step and the name that belong to the degradation."""
        kind = DEGRADATIONS[self.degradation.value]
        self.strength.step = kind.step
        set_range(self.strength, kind.low, kind.high, value)
        self.strength.readout_format = ".0f" if kind.step == 1 else ".1f"
        self.strength.description = f"{kind.parameter[0].upper()}{kind.parameter[1:]}, {kind.unit}"
        self.again.disabled = not kind.stochastic
        self.again.tooltip = "Draw other random numbers" if kind.stochastic else f"{kind.title} has nothing random"

    def _change_degradation(self, change: dict) -> None:
        with self.one_update():
            self._fit_strength(DEGRADATIONS[self.degradation.value].start)

    def _draw_again(self, button: widgets.Button) -> None:
        with self.one_update():
            self._seed += 1

    def _change_zoom_size(self, change: dict) -> None:
        """Enlarge or reduce the part around its middle."""
        with self.one_update():
            for slider in (self.down, self.across):
                begin, _ = _tile(slider.value, change["old"], change["new"])
                set_range(slider, 0, SIZE - change["new"], begin)

    def _take_upload(self, change: dict) -> None:
        if change["new"]:  # else emptied, below
            with self.one_update():
                take_upload(self.upload, self.photo)
