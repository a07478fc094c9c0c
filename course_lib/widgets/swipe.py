"""Swipe: a photograph made small and enlarged again in two ways, with a divider between them that moves over a zoomed part.

`render` draws a `State`, `measure` gives its numbers, and `Swipe` is the widget. Two pictures side by side make the eye jump; a divider
that moves over one picture shows at its edge what changes. The photograph is reduced as in the tables, by MATLAB's bicubic in 8 bits, so
there is a ground truth to compare with. Each result is kept: moving the divider or the part computes nothing.
"""

import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import ipywidgets as widgets
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from course_lib import data, images, metrics, zoo
from course_lib.models.super_resolution import SCALES, require_scale, super_resolve
from course_lib.resample import imresize
from course_lib.train.recipes.super_resolution import SUPER_RESOLUTION, pair
from course_lib.widgets.base import Explorer, set_range
from course_lib.widgets.degradation_explorer import take_upload
from course_lib.widgets.denoise_bench import as_photo, enlarge, frame, photo_list, require_photo, upload_button
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, font

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

__all__ = [
    "METHODS",
    "NETWORKS",
    "PHOTOS",
    "SIZE",
    "State",
    "Swipe",
    "available",
    "describe",
    "estimate",
    "measure",
    "missing",
    "render",
    "super_resolved",
]

SIZE = 252  # pixels, the side of the truth: what 2, 3 and 4 divide of the 256 that a photograph has, so that it is the same for all three
ZOOM_SIZES = (30, 60, 120)
# `page` and `text` are less than 256 pixels high: enlarged to that, they would pass for a truth without detail
PHOTOS = tuple(name for name in data.photo_names() if name not in ("page", "text"))

METHODS = {
    "nearest": "Nearest",
    "bicubic": "Bicubic",
    "srcnn-955": "SRCNN 9-5-5",
    "fsrcnn": "FSRCNN",
    "espcn": "ESPCN",
    "srresnet-small": "SRResNet, small",
    "srresnet": "SRResNet",
    "truth": "Ground truth",
}
NETWORKS = ("srresnet", "srresnet-small", "fsrcnn", "espcn", "srcnn-955")  # of two that are there, the first is the one to begin with


def missing() -> tuple[str, ...]:
    """The networks whose weights are not there.

    Examples
    --------
    >>> set(missing()) <= set(SUPER_RESOLUTION)
    True
    """
    return tuple(name for name in SUPER_RESOLUTION if name not in zoo.list())


def missing_words() -> str:
    """A sentence about the networks that are not offered, with a space before it; empty where none is missing."""
    gone = missing()
    return f" Not yet trained, and so not offered: {', '.join(gone)}; python -m course_lib train NAME makes one." if gone else ""


def available(scale: int) -> tuple[str, ...]:
    """The methods that can be shown at this scale: interpolation, the networks whose weights are there, and the truth.

    Examples
    --------
    >>> available(3)[:2], available(3)[-1]
    (('nearest', 'bicubic'), 'truth')
    """
    there = zoo.list()
    return tuple(method for method in METHODS if method not in NETWORKS or f"{method}-x{scale}" in there)


def usual_network(scale: int) -> str | None:
    """The network to begin with at this scale, or None where there is none."""
    return next((method for method in NETWORKS if method in available(scale)), None)


def require_method(method: str, scale: int, name: str) -> None:
    """Raise ValueError unless this is a method that can be shown at this scale."""
    if method in available(scale):
        return
    if (weights := f"{method}-x{scale}") in SUPER_RESOLUTION:
        raise ValueError(f"{name}: there are no weights {weights!r} yet; python -m course_lib train {weights} makes them")
    raise ValueError(f"{name}: got {method!r}, expected for ×{scale} one of {', '.join(available(scale))}")


def require_divider(divider: int) -> None:
    """Raise ValueError unless this is a place for the divider."""
    if type(divider) is not int or not 0 <= divider <= 100:
        raise ValueError(f"divider: got {divider!r}, expected an int from 0 (all right) to 100 (all left), in per cent of the width")


@dataclass(frozen=True)
class State:
    """Everything the picture depends on.

    Parameters
    ----------
    photo : str or bytes
        One of `PHOTOS`, or an image file in memory of 256 x 256 pixels, as `degradation_explorer.fit_upload` makes it.
    scale : int
        2, 3 or 4.
    left, right : str, optional
        Methods that are `available` at this scale; bicubic and a network if left out, the truth where there is no network.
    divider : int
        Where it stands, in per cent of the width: at 0 everything is `right`, at 100 everything is `left`.
    zoom : tuple of three int
        (down, across, size) of the part that is enlarged, in pixels of the truth; the size is 30, 60 or 120.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind, or a network's weights are not there.

    Examples
    --------
    >>> State(scale=2, right="nearest").left
    'bicubic'
    >>> State(divider=120)
    Traceback (most recent call last):
    ...
    ValueError: divider: got 120, expected an int from 0 (all right) to 100 (all left), in per cent of the width
    """

    photo: str | bytes = "astronaut"
    scale: int = 3
    left: str | None = None
    right: str | None = None
    divider: int = 50
    zoom: tuple[int, int, int] = (20, 60, 120)

    def __post_init__(self):
        require_photo(self.photo)
        if isinstance(self.photo, str) and self.photo not in PHOTOS:
            raise ValueError(f"photo: {self.photo!r} has less than 256 rows and no detail to lose; expected one of {', '.join(PHOTOS)}")
        require_scale(self.scale)
        if self.left is None:
            object.__setattr__(self, "left", "bicubic")
        if self.right is None:
            object.__setattr__(self, "right", usual_network(self.scale) or "truth")
        require_method(self.left, self.scale, "left")
        require_method(self.right, self.scale, "right")
        require_divider(self.divider)
        whole = isinstance(self.zoom, tuple) and len(self.zoom) == 3 and all(type(v) is int for v in self.zoom)
        if not whole or self.zoom[2] not in ZOOM_SIZES or not all(0 <= v <= SIZE - self.zoom[2] for v in self.zoom[:2]):
            raise ValueError(
                f"zoom: got {self.zoom!r}, expected (down, across, size) in whole pixels inside {SIZE}x{SIZE}, size in {ZOOM_SIZES}"
            )


# ------------------------------------------------------------------------------------------------------ the images and numbers


@lru_cache(maxsize=len(SUPER_RESOLUTION))
def network(name: str) -> nn.Module:
    """The shipped network, loaded once."""
    return zoo.load(name).to(memory_format=torch.channels_last)  # quicker on CPUs


def super_resolved(method: str, y: Float[Tensor, "*n c h w"], scale: int) -> Float[Tensor, "*n c h2 w2"]:
    """Enlarge an image or a batch by one of the methods, the truth excepted.

    Parameters
    ----------
    method : str
        One of `available(scale)`. A network enlarges the luminance, and bicubic interpolation the colours, see `models.super_resolve`.
    y : (c, h, w) or (n, c, h, w)
        The low-resolution image or images.
    scale : int
        2, 3 or 4.

    Returns
    -------
    Tensor, shape (…, c, scale·h, scale·w)
        x̂, neither clipped nor rounded.

    Examples
    --------
    >>> super_resolved("nearest", torch.tensor([[[0.0, 1.0]]]), 2)
    tensor([[[0., 0., 1., 1.],
             [0., 0., 1., 1.]]])
    """
    if method in ("nearest", "bicubic"):
        return imresize(y, scale, method=method)
    return super_resolve(network(f"{method}-x{scale}"), y)


@lru_cache(maxsize=8)
def _low_and_high(photo: str | bytes, scale: int) -> tuple[UInt8[Tensor, "c h w"], UInt8[Tensor, "c 252 252"]]:
    x = data.photo(photo, size=256) if isinstance(photo, str) else images.load(io.BytesIO(photo))
    if x.shape[-2:] != (256, 256):
        raise ValueError(
            f"photo: got an image of {x.shape[-2]}x{x.shape[-1]} pixels, expected 256x256; degradation_explorer.fit_upload cuts it to size"
        )
    return pair(images.crop_to_multiple(x, SIZE), scale, colour=True)


class Result(NamedTuple):
    """What a method makes of the low-resolution image, rounded to 8 bits, and how far it is from the truth."""

    image: UInt8[Tensor, "c 252 252"]
    error: Float[np.ndarray, "252 252"]  # of Y, in grey levels
    psnr: float
    ssim: float


# Keyed by what the result depends on, not by the whole state: moving the divider computes nothing anew.
@lru_cache(maxsize=48)
def _result(photo: str | bytes, scale: int, method: str) -> Result:
    low, high = _low_and_high(photo, scale)
    image = high if method == "truth" else images.to_uint8(super_resolved(method, images.from_uint8(low), scale))
    estimate, truth = images.from_uint8(image), images.from_uint8(high)
    psnr, ssim = (float(metric(estimate, truth, crop=scale, luma=True)) for metric in (metrics.psnr, metrics.ssim))
    return Result(image, ((images.luma(estimate) - images.luma(truth))[0] * 255).numpy(), psnr, ssim)


def estimate(photo: str | bytes, scale: int, method: str) -> Float[Tensor, "c 252 252"]:
    """What a method makes of the photograph's low-resolution image, rounded to 8 bits as a file would be.

    Examples
    --------
    >>> estimate("chelsea", 3, "bicubic").shape
    torch.Size([3, 252, 252])
    """
    require_method(method, scale, "method")
    return images.from_uint8(_result(photo, scale, method).image)


def measure(state: State) -> dict[str, dict[str, float]]:
    """Compare both sides with the truth.

    Parameters
    ----------
    state : State

    Returns
    -------
    dict
        For ``left`` and ``right`` the ``psnr`` in dB (inf for the truth) and the ``ssim`` of the whole photograph as in the tables: on Y,
        of the 8-bit picture that is shown, `scale` pixels of border left out. ``rms`` is the root mean square of the error of Y in the
        zoomed part, in grey levels.

    Notes
    -----
    Tables of colour images reduce Y itself; here the colour picture is reduced and Y taken of the result, so that the number belongs to
    what is seen. Of a grey photograph the two are the same.

    Examples
    --------
    >>> values = measure(State(left="nearest", right="bicubic"))
    >>> values["right"]["psnr"] > values["left"]["psnr"] + 1
    True
    """
    down, across, size = state.zoom
    sides = {}
    for side in ("left", "right"):
        result = _result(state.photo, state.scale, getattr(state, side))
        error = result.error[down : down + size, across : across + size]
        sides[side] = {"psnr": result.psnr, "ssim": result.ssim, "rms": math.sqrt(float(np.square(error).mean()))}
    return sides


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers.

    Examples
    --------
    >>> describe(State("camera", 4, "truth", "truth")).split(". ")[1]
    'Left of the divider: Ground truth, PSNR ∞ dB, SSIM 1.000, error in the part 0.0 grey levels'
    """
    down, across, size = state.zoom
    name = state.photo if isinstance(state.photo, str) else "Your photograph"
    small = SIZE // state.scale
    values = measure(state)
    sides = " ".join(
        f"{side.capitalize()} of the divider: {METHODS[getattr(state, side)]}, PSNR {_in_db(values[side]['psnr'])}, "
        f"SSIM {values[side]['ssim']:.3f}, error in the part {values[side]['rms']:.1f} grey levels."
        for side in ("left", "right")
    )
    return (
        f"{name}, enlarged ×{state.scale} from {small}x{small} pixels. {sides} The divider stands at {state.divider} %. "
        f"Part: rows {down} to {down + size - 1}, columns {across} to {across + size - 1}. "
        f"PSNR and SSIM on Y, {state.scale} pixels of border left out; the error is the root mean square on Y."
    )


def _in_db(value: float) -> str:
    return f"{value:.2f} dB" if math.isfinite(value) else "∞ dB"


# ---------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, GAP, PANEL = 8, 16, 480
TITLE = 44  # height of the text above the panels
BESIDE = MARGIN + PANEL + GAP  # where the right-hand column begins
TILE = 120  # the side of an error map
TILES = TITLE + SIZE + 42, (BESIDE, BESIDE + SIZE - TILE)  # their top, and where each begins
WIDTH, HEIGHT = BESIDE + SIZE + MARGIN, TITLE + PANEL + MARGIN
ERROR_RANGES = (8, 16, 32, 64, 128, 255)


def render(state: State) -> bytes:
    """Draw the state: the zoomed part with the divider, the whole with a frame around the part, and the errors of both sides in it.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file of 764 x 532 pixels; the same state gives the same bytes. The error maps show Y of the estimate − Y of the truth, red
        where the estimate is too bright, blue where it is too dark, both on one scale that ends at the smallest of 8, 16, 32, 64, 128 and
        255 grey levels that holds 98 of 100 pixels of the photograph.

    Examples
    --------
    >>> render(State(right="nearest"))[:4]
    b'\\x89PNG'
    """
    from PIL import Image, ImageDraw

    down, across, size = state.zoom
    rows, columns = slice(down, down + size), slice(across, across + size)
    sides = [(METHODS[method], _result(state.photo, state.scale, method)) for method in (state.left, state.right)]
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)

    left, right = (enlarge(colours(result.image)[rows, columns], PANEL // size) for _, result in sides)
    captions = [(title, f"PSNR {_in_db(result.psnr)}, SSIM {result.ssim:.3f}") for title, result in sides]
    draw_swipe(picture, draw, left, right, state.divider, captions)

    name = state.photo if isinstance(state.photo, str) else "your photograph"
    truth = colours(_low_and_high(state.photo, state.scale)[1])
    draw.text((BESIDE, 16), "Ground truth x", INK, font(13, bold=True), anchor="ls")
    draw.text((BESIDE, 35), f"{name}; the part is {size}×{size} pixels", FAINT, font(12), anchor="ls")
    picture.paste(Image.fromarray(truth), (BESIDE, TITLE))
    draw.rectangle((BESIDE - 1, TITLE - 1, BESIDE + SIZE, TITLE + SIZE), outline=LINE)
    frame(draw, BESIDE + across, TITLE + down, size)

    limit = max(_limit(result.error) for _, result in sides)
    top, begins = TILES
    draw.text((BESIDE, top - 23), "Error of Y, x̂ − x, in grey levels", INK, font(13, bold=True), anchor="ls")
    for begin, (title, result) in zip(begins, sides, strict=True):
        draw.text((begin, top - 6), title, FAINT, font(12), anchor="ls")
        error = _error_colours(result.error[rows, columns], limit)
        picture.paste(Image.fromarray(enlarge(error, TILE // size)), (begin, top))
        draw.rectangle((begin - 1, top - 1, begin + TILE, top + TILE), outline=LINE)
    for begin, values in zip(begins, measure(state).values(), strict=True):
        draw.text((begin, top + TILE + 15), f"rms {values['rms']:.1f}", FAINT, font(12), anchor="ls")
    _draw_scale(picture, draw, top + TILE + 24, limit)
    return png(picture)


def draw_swipe(
    picture: "Image.Image",
    draw: "ImageDraw.ImageDraw",
    left: UInt8[np.ndarray, "h w 3"],
    right: UInt8[np.ndarray, "h w 3"],
    divider: int,
    captions: list[tuple[str, str]],
) -> None:
    """Lay two pictures of the same part over each other, the left one up to the divider, and write above what they are."""
    from PIL import Image

    height, width = left.shape[:2]
    cut = round(width * divider / 100)
    picture.paste(Image.fromarray(np.concatenate([left[:, :cut], right[:, cut:]], axis=1)), (MARGIN, TITLE))
    draw.rectangle((MARGIN - 1, TITLE - 1, MARGIN + width, TITLE + height), outline=LINE)
    # orange between two white lines, and a grip at both ends: seen on any picture
    at = MARGIN + cut
    draw.rectangle((at - 2, TITLE, at + 1, TITLE + height - 1), fill=(255, 255, 255))
    draw.rectangle((at - 1, TITLE, at, TITLE + height - 1), fill=FRAME)
    for tip, base in ((TITLE + 6, TITLE - 4), (TITLE + height - 7, TITLE + height + 3)):
        draw.polygon([(at - 7, base), (at + 6, base), (at, tip)], fill=FRAME, outline=(255, 255, 255))
    for (title, below), place, anchor in zip(captions, (MARGIN, MARGIN + PANEL), ("ls", "rs"), strict=True):
        draw.text((place, 16), f"◀ {title}" if anchor == "ls" else f"{title} ▶", INK, font(13, bold=True), anchor=anchor)
        draw.text((place, 35), below, FAINT, font(12), anchor=anchor)


def colours(image: UInt8[Tensor, "c h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """An 8-bit image, grey or colour, as pixels."""
    return image.expand(3, -1, -1).permute(1, 2, 0).numpy()


def png(picture: "Image.Image") -> bytes:
    """The picture as a file in memory, quickly."""
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _limit(error: Float[np.ndarray, "252 252"]) -> int:
    most = float(np.quantile(np.abs(error), 0.98))
    return next((limit for limit in ERROR_RANGES if most <= limit), ERROR_RANGES[-1])


def _error_colours(error: Float[np.ndarray, "h w"], limit: int) -> UInt8[np.ndarray, "h w 3"]:
    """Blue to red through near white, told apart by colour-blind readers."""
    from matplotlib import colormaps

    return colormaps["RdBu_r"](np.clip(0.5 + error / (2 * limit), 0, 1), bytes=True)[..., :3]


def _draw_scale(picture: "Image.Image", draw: "ImageDraw.ImageDraw", top: int, limit: int) -> None:
    from PIL import Image

    ramp = _error_colours(np.linspace(-limit, limit, SIZE, dtype=np.float32)[None].repeat(9, axis=0), limit)
    picture.paste(Image.fromarray(ramp), (BESIDE, top))
    draw.rectangle((BESIDE - 1, top - 1, BESIDE + SIZE, top + 9), outline=LINE)
    for share, text, anchor in ((0, f"≤ −{limit}, too dark", "ls"), (0.5, "0", "ms"), (1, f"too bright, ≥ {limit}", "rs")):
        draw.text((BESIDE + share * (SIZE - 1), top + 23), text, INK, font(11), anchor=anchor)


# ------------------------------------------------------------------------------------------------------------------ the widget


class Swipe(Explorer):
    """Choose a photograph or upload one, a scale and two methods, and move the divider between them.

    Parameters
    ----------
    image : Tensor (c, h, w) in [0, 1], or one of `PHOTOS`, optional
        What to begin with, at least 256 x 256 pixels: the largest centred square of it, resized to that, is the ground truth but for the
        last four rows and columns.

    Attributes
    ----------
    photo, upload, scale, left, right, divider, down, across, size
        The controls, in the order in which Tab visits them.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image, no single one, not in [0, 1], smaller than 256 x 256 pixels, or no name of a photograph.

    Examples
    --------
    >>> swipe = Swipe("coffee")
    >>> swipe.divider.value = 80
    >>> "The divider stands at 80 %" in swipe.numbers.value
    True
    """

    def __init__(self, image: Float[Tensor, "c h w"] | str | None = None):
        photo = State.photo if image is None else as_photo(image)
        if isinstance(image, Tensor):
            _require_detail(image.shape[-2], image.shape[-1], "image")
        state = State(photo)
        wide = {"description_width": "90px"}
        self.photo = photo_list(photo)
        self.photo.options = [option for option in self.photo.options if option[0] in PHOTOS or option[1] == photo]
        self.photo.value = photo
        self.upload = upload_button()
        self.scale = scale_list(state.scale)
        self.left, self.right = (widgets.Dropdown(description=name, style=wide, layout={"width": "300px"}) for name in ("Left", "Right"))
        self._offer_methods(state.left, state.right)
        self.divider = divider_slider(state.divider)
        down, across, size = state.zoom
        self.down, self.across = (
            widgets.IntSlider(value=value, max=SIZE - size, step=2, description=name, style=wide, layout={"width": "300px"})
            for name, value in (("Part, down", down), ("Part, across", across))
        )
        self.size = widgets.Dropdown(
            options=[(f"{s} pixels", s) for s in ZOOM_SIZES], value=size, description="Part, size", style=wide, layout={"width": "190px"}
        )
        super().__init__(
            [(self.photo, self.upload, self.scale), (self.left, self.right), (self.divider,), (self.down, self.across, self.size)],
            read=self._state,
            render=render,
            describe=describe,
            hint=f"Your own photograph: at least 256x256 pixels, up to 10 MB.{missing_words()}",
        )
        self.watch(self.photo, self.left, self.right, self.divider, self.down, self.across)
        self.upload.observe(self._take_upload, "value")
        self.scale.observe(self._change_scale, "value")
        self.size.observe(self._change_zoom_size, "value")

    def _state(self) -> State:
        zoom = (self.down.value, self.across.value, self.size.value)
        return State(self.photo.value, self.scale.value, self.left.value, self.right.value, self.divider.value, zoom)

    def _offer_methods(self, left: str, right: str) -> None:
        """Fill both lists with what there is at this scale, and choose; where a method is not offered, the usual one."""
        usual = State(scale=self.scale.value)
        for choice, method, other in ((self.left, left, usual.left), (self.right, right, usual.right)):
            offer_methods(choice, available(self.scale.value), method, other)

    def _change_scale(self, change: dict) -> None:
        with self.one_update():
            self._offer_methods(self.left.value, self.right.value)

    def _change_zoom_size(self, change: dict) -> None:
        """Enlarge or reduce the part around its middle."""
        with self.one_update():
            for slider in (self.down, self.across):
                highest = SIZE - change["new"]
                set_range(slider, 0, highest, min(max(slider.value + (change["old"] - change["new"]) // 2, 0), highest))

    def _take_upload(self, change: dict) -> None:
        if change["new"]:  # else emptied
            file = change["new"][0]
            with self.one_update():
                try:
                    _require_detail(*size_of(bytes(file["content"]), file["name"]), file["name"])
                    take_upload(self.upload, self.photo)
                finally:
                    self.upload.value = ()


def _require_detail(height: int, width: int, name: str) -> None:
    """Raise ValueError for an image that would have to be enlarged before it is reduced."""
    if min(height, width) < 256:
        raise ValueError(
            f"{name}: got {width}x{height} pixels, expected at least 256x256, a truth with detail to lose; widgets.YourPhoto enlarges any"
        )


def size_of(content: bytes, name: str = "the file") -> tuple[int, int]:
    """Height and width of an image file from its header alone, before a camera's note is heeded that it is to be turned.

    Raises
    ------
    ValueError
        If it is no image; the message begins with the name.

    Examples
    --------
    >>> size_of(images.png_bytes(torch.rand(3, 40, 50)))
    (40, 50)
    """
    import warnings

    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # callers have stricter limits
            with Image.open(io.BytesIO(content)) as file:
                return file.height, file.width
    except Exception as error:  # each decoder of Pillow fails in its own way
        raise ValueError(
            f"{name}: cannot be read as an image ({len(content)} bytes); it is damaged or of an unknown kind: choose a PNG or JPEG file"
        ) from error


def scale_list(scale: int) -> widgets.Dropdown:
    """The list of scales."""
    return widgets.Dropdown(
        options=[(f"×{s}", s) for s in SCALES],
        value=scale,
        description="Scale",
        style={"description_width": "60px"},
        layout={"width": "140px"},
    )


def divider_slider(divider: int) -> widgets.IntSlider:
    """The slider that moves the divider, about as wide as the picture."""
    return widgets.IntSlider(value=divider, description="Divider, %", style={"description_width": "90px"}, layout={"width": "620px"})


def offer_methods(choice: widgets.Dropdown, methods: tuple[str, ...], method: str, other: str) -> None:
    """Fill a list with methods and choose one of them: `method`, or the `other` one if that is not offered."""
    choice.options = [(METHODS[each], each) for each in methods]
    choice.value = method if method in methods else other
