"""Pictures: grids, zoomed crops with the metric under each, difference maps, and the one way to show them in a notebook.

Every function returns a `Figure` that belongs to nobody (pyplot does not know it, so nothing has to be closed) and that knows its own
description, ``fig.alt_text``. `show` puts a figure into a notebook with that description and a caption; a figure that is the last
expression of a cell is shown in the same way, once. Images are drawn pixel by pixel: at scale 2 each image pixel is exactly 2 x 2
screen pixels, so that no interpolation invents or hides what the figure is about.
"""

import base64
import html
import io
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import matplotlib.figure
import matplotlib.style
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import is_math_text
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from torch import Tensor

from course_lib import metrics as _metrics
from course_lib.images import require_image, to_numpy

STYLE = Path(__file__).with_name("course.mplstyle")
DPI = 80
WIDTH = 760  # screen pixels that a figure may be wide: the text column of a notebook
GAP = 10  # screen pixels between panels
TEXT = 11  # points
LINE = 16  # screen pixels from one line of text to the next, at TEXT points and DPI
FRAME = "#D55E00"

METRICS = {"mse": ("MSE", "{:.2e}"), "psnr": ("PSNR", "{:.2f} dB"), "ssim": ("SSIM", "{:.4f}"), "ms_ssim": ("MS-SSIM", "{:.4f}")}


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that knows its description and shows itself once, with it, as the last expression of a notebook cell.

    Attributes
    ----------
    alt_text : str
        One sentence that says what the picture shows, for readers who do not see it.
    """

    alt_text: str = ""

    def _ipython_display_(self) -> None:
        show(self)


def use_style() -> None:
    """Make the course's style the style of all figures drawn from now on, pyplot's too.

    The functions of this module use the style anyway.

    Examples
    --------
    >>> use_style()
    >>> matplotlib.rcParams["figure.dpi"]
    80.0
    """
    matplotlib.style.use(STYLE)


def grid(
    images: Float[Tensor, "*n c h w"] | Sequence[Float[Tensor, "_ _ _"]],
    titles: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    scale: int | float | None = None,
) -> Figure:
    """Draw images side by side.

    Parameters
    ----------
    images : Tensor, shape (n, c, h, w) or (c, h, w), or list of Tensor, shape (c, h, w)
        Grey or colour; the images of a list may differ in size. Values outside [0, 1] are clipped, for the picture only.
    titles : list of str, optional
        One above each image.
    columns : int, optional
        Images in a row; as many as fit comfortably if left out.
    scale : number, optional
        Screen pixels for each image pixel. 1 and above must be whole; below 1 the image is shrunk by averaging. If left out, the largest
        that fits the text column and shows no image larger than 256 pixels.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError, ValueError
        If an image is none, or the number of titles is not the number of images.

    Examples
    --------
    >>> fig = grid(torch.rand(8, 1, 28, 28), titles=list("01234567"))
    >>> fig.alt_text
    '8 images of 28x28 pixels: 0; 1; 2; 3; 4; 5; 6; 7.'
    """
    images = _as_list(images)
    titles = _require_titles(titles, len(images))
    width = max(x.shape[-1] for x in images)
    columns = _require_columns(columns, len(images), width)
    scale = _require_scale(scale, columns, width)

    with _style():
        panels = [_Panel(_pixels(x, scale), above=title) for x, title in zip(images, titles, strict=True)]
        fig = _arrange(panels, columns)
    sizes = sorted({f"{x.shape[-2]}x{x.shape[-1]}" for x in images})
    named = ": " + "; ".join(titles) if any(titles) else ""
    fig.alt_text = f"{len(images)} image{'s' * (len(images) > 1)} of {' and '.join(sizes)} pixels{named}."
    return fig


def compare(
    images: Mapping[str, Float[Tensor, "_ _ _"]],
    reference: Float[Tensor, "c h w"] | None = None,
    *,
    zoom: tuple[int, int, int, int] | None = None,
    metrics: Sequence[str] = ("psnr", "ssim"),
    columns: int | None = None,
) -> Figure:
    """Draw images of one scene side by side, a zoomed crop of each, and under it how close it comes to the reference.

    Parameters
    ----------
    images : dict of str to Tensor, shape (c, h, w)
        Name and image; all of one size. Values outside [0, 1] are clipped for the picture, not for the metrics.
    reference : Tensor, shape (c, h, w), optional
        The clean image. It is drawn first, and the metrics compare with it; without it there are none.
    zoom : (top, left, height, width), optional
        The crop to enlarge, in image pixels. Its frame is drawn in the full image.
    metrics : sequence of {"mse", "psnr", "ssim", "ms_ssim"}
        What to print under each image.
    columns : int, optional
        Images in a row.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError, ValueError
        If an image is none or of another size than the others, the crop leaves the image, or a metric is unknown.

    Examples
    --------
    >>> x = torch.full((1, 32, 32), 0.5)
    >>> compare({"brighter": x + 0.1}, x, metrics=("psnr",)).alt_text
    'Side by side: reference; brighter, PSNR 20.00 dB.'
    """
    if not isinstance(images, Mapping):
        raise TypeError(f"images must be a dict of names and images, as in {{'noisy': y}}, got {type(images).__name__}")
    if not images:
        raise ValueError("images is empty: nothing to compare")
    shown = dict(images) if reference is None else {"reference": reference, **images}
    for name, x in shown.items():
        _require_one(x, f"images[{name!r}]" if name in images else "reference")
    shapes = {name: tuple(x.shape) for name, x in shown.items()}
    if len({shape[-2:] for shape in shapes.values()}) > 1 or (reference is not None and len(set(shapes.values())) > 1):
        raise ValueError(f"all images must have one shape to be compared, got {shapes}; resample.imresize(x, size=(h, w)) changes the size")
    unknown = [name for name in metrics if name not in METRICS]
    if isinstance(metrics, str) or unknown:
        raise ValueError(f"metrics must be a sequence of names out of {', '.join(METRICS)}; got {metrics!r}")
    height, width = next(iter(shapes.values()))[-2:]
    if zoom is not None:
        top, left, zoom_height, zoom_width = _require_zoom(zoom, height, width)
    columns = _require_columns(columns, len(shown), width)
    scale = _require_scale(None, columns, width)

    with _style():
        panels, told = [], []
        for name, x in shown.items():
            values = []
            if reference is not None and (name != "reference" or "reference" in images):
                values = [_metric_text(metric, x, reference) for metric in metrics]
            told.append(", ".join([name, *values]))
            panel = _Panel(_pixels(x, scale), above=name, below=values)
            if zoom is not None:
                crop = x[..., top : top + zoom_height, left : left + zoom_width]
                panel.frame = (left * scale, top * scale, zoom_width * scale, zoom_height * scale)
                panel.crop = _pixels(crop, max(1, panel.pixels.shape[1] // zoom_width))
            panels.append(panel)
        fig = _arrange(panels, columns)
    crop_text = "" if zoom is None else f" Below each, enlarged, {zoom_height}x{zoom_width} pixels from row {top}, column {left}."
    fig.alt_text = f"Side by side: {'; '.join(told)}.{crop_text}"
    return fig


def difference(x: Float[Tensor, "c h w"], reference: Float[Tensor, "c h w"], *, limit: float | int | None = None) -> Figure:
    """Draw the signed difference x − reference in grey levels: red where x is too bright, blue where it is too dark.

    Parameters
    ----------
    x, reference : Tensor, shape (c, h, w)
        The image and what it should be. Of colour images the mean of the channels' differences is drawn.
    limit : float, optional
        Grey levels (of 255) at the ends of the scale, which is symmetric about 0. If left out, 99 of 100 pixels lie within.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError, ValueError
        If an image is none, the two differ in shape, or the limit is not a number > 0.

    Examples
    --------
    >>> x = torch.full((1, 16, 16), 0.5)
    >>> difference(x + 2 / 255, x, limit=10).alt_text
    'Map of the difference from the reference: mean +2.00, root mean square 2.00 grey levels, colour scale from -10 to +10.'
    """
    _require_one(x, "x")
    _require_one(reference, "reference")
    if x.shape != reference.shape:
        raise ValueError(f"x and reference must have one shape, got {tuple(x.shape)} and {tuple(reference.shape)}")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float))):
        raise TypeError(f"limit must be a number of grey levels or None, got {type(limit).__name__}: {limit!r}")
    if limit is not None and not (math.isfinite(limit) and limit > 0):
        raise ValueError(f"limit must be a finite number of grey levels > 0, got {limit!r}")
    levels = (x.detach() - reference.detach()).to("cpu", torch.float64) * 255
    mean, rms = float(levels.mean()), float(levels.square().mean().sqrt())
    drawn = levels.mean(dim=0).numpy()
    if limit is None:
        limit = max(2, 2 * math.ceil(np.quantile(np.abs(drawn), 0.99) / 2))

    scale = _require_scale(None, 1, x.shape[-1])
    pixels = _resample(torch.from_numpy(drawn)[None], scale)[0].numpy()
    height, width = pixels.shape
    beyond = (bool(drawn.min() < -limit), bool(drawn.max() > limit))
    with _style():
        fig = _canvas(width + 90, max(height, 120) + 2 * LINE)
        axes = _axes(fig, 4, LINE, width, height)
        drawing = axes.imshow(pixels, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest", aspect="auto")
        bar_axes = fig.add_axes(_box(fig, width + 16, LINE + 4, 12, max(height, 120) - 8))
        extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[beyond]
        ticks = [-limit, -limit / 2, 0, limit / 2, limit]
        bar = fig.colorbar(drawing, cax=bar_axes, extend=extend, ticks=ticks)
        bar.ax.set_yticklabels([f"{tick:+.3g}" if tick else "0" for tick in ticks])
        bar.set_label("grey levels", size=TEXT)
        bar.ax.grid(False)
    sides = f"{-limit:g} to {limit:+g}"
    fig.alt_text = (
        f"Map of the difference from the reference: mean {mean:+.2f}, root mean square {rms:.2f} grey levels, colour scale from {sides}."
    )
    return fig


def figure_bytes(fig: matplotlib.figure.Figure, format: str = "png", *, dpi: int | float = DPI) -> bytes:
    """Render a figure into the bytes of an image file. The figure stays as it is and open; the same figure gives the same bytes.

    Parameters
    ----------
    fig : matplotlib Figure
        Of this module, of pyplot, or any other.
    format : {"png", "palette", "jpeg"}
        "png" keeps every colour; "palette" is a PNG of at most 256 colours, small for line plots; "jpeg" (quality 85) is small for
        photographs.
    dpi : float
        Screen pixels per inch of figure size.

    Returns
    -------
    bytes

    Raises
    ------
    TypeError, ValueError
        If ``fig`` is no figure, or the format or the resolution is none.

    Examples
    --------
    >>> figure_bytes(grid(torch.rand(2, 1, 8, 8)))[1:4]
    b'PNG'
    """
    from PIL import Image

    if not isinstance(fig, matplotlib.figure.Figure):
        raise TypeError(f"fig must be a matplotlib Figure, got {type(fig).__name__}")
    if format not in ("png", "palette", "jpeg"):
        raise ValueError(f"format must be 'png', 'palette' or 'jpeg', got {format!r}")
    if isinstance(dpi, bool) or not isinstance(dpi, (int, float)):
        raise TypeError(f"dpi must be a number, got {type(dpi).__name__}: {dpi!r}")
    if not 10 <= dpi <= 600:
        raise ValueError(f"dpi must lie between 10 and 600, got {dpi!r}")

    canvas_before, dpi_before = fig.canvas, fig.dpi
    try:
        if dpi != dpi_before:
            fig.set_dpi(dpi)
        canvas = FigureCanvasAgg(fig)
        canvas.draw()
        picture = Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    finally:
        if dpi != dpi_before:
            fig.set_dpi(dpi_before)
        fig.set_canvas(canvas_before)

    buffer = io.BytesIO()
    if format == "jpeg":
        picture.save(buffer, format="JPEG", quality=85, optimize=True)
    elif format == "palette":
        picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(buffer, format="PNG", optimize=True)
    else:
        picture.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def show(fig: matplotlib.figure.Figure, caption: str = "", alt: str = "") -> None:
    """Show a figure in the notebook, with a caption below and a description for readers who do not see it.

    The cell's output is an HTML image with the description in its ``alt`` attribute, and the description as plain text for programs that
    show no HTML. The picture is a palette PNG or, for figures with photographs, a JPEG where that is smaller, at 80 dpi; two runs give
    the same bytes.

    Parameters
    ----------
    fig : matplotlib Figure
        Of this module, or of pyplot; one that pyplot manages is closed, because the notebook would show it a second time.
    caption : str
        The sentence below the figure. It may hold ``$…$`` formulas.
    alt : str
        What the picture shows, in one sentence. May be left out for figures of this module, which describe themselves.

    Raises
    ------
    TypeError, ValueError
        If ``fig`` is no figure, or nothing describes it.

    Notes
    -----
    Why HTML and not a plain image output with ``alt`` metadata: nbconvert reads that metadata, JupyterLab 4.6 does not, and an image
    without description is silent in a screen reader. Plain ``div``, ``img`` and ``p`` are used, which notebook viewers let through.

    Examples
    --------
    >>> show(grid(torch.rand(2, 1, 8, 8)), "Two images of noise.")
    [picture: 2 images of 8x8 pixels.] Two images of noise.
    """
    from IPython.display import display

    if not isinstance(fig, matplotlib.figure.Figure):
        raise TypeError(f"fig must be a matplotlib Figure, got {type(fig).__name__}")
    alt = alt or getattr(fig, "alt_text", "")
    if not isinstance(alt, str) or not isinstance(caption, str):
        raise TypeError(f"caption and alt must be text, got {type(caption).__name__} and {type(alt).__name__}")
    if not alt.strip():
        raise ValueError("alt is empty: say in one sentence what the figure shows, as in show(fig, alt='The loss falls from 1 to 0.1.')")
    display(_Shown(fig, caption, alt))
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and not isinstance(fig, Figure):
        pyplot.close(fig)


class _Shown:
    """What `show` hands to the notebook."""

    def __init__(self, fig: matplotlib.figure.Figure, caption: str, alt: str):
        self.mime, self.data = "image/png", figure_bytes(fig, "palette")
        if any(axes.images for axes in fig.axes):  # lines and letters stay sharp as PNG; photographs are often smaller as JPEG
            jpeg = figure_bytes(fig, "jpeg")
            if len(jpeg) < len(self.data):
                self.mime, self.data = "image/jpeg", jpeg
        self.caption, self.alt = caption, alt

    def __repr__(self) -> str:
        return f"[picture: {self.alt}] {self.caption}".rstrip()

    def _repr_html_(self) -> str:
        image = f'<img alt="{html.escape(self.alt)}" src="data:{self.mime};base64,{base64.b64encode(self.data).decode()}">'
        caption = f"\n<p><em>{html.escape(self.caption, quote=False)}</em></p>" if self.caption else ""
        return f"<div>\n{image}{caption}\n</div>"


class _Panel:
    """One image of a figure: its pixels, the text above and below, the frame and the crop where there are any."""

    def __init__(self, pixels: np.ndarray, above: str = "", below: Sequence[str] = ()):
        self.pixels, self.above, self.below = pixels, above, list(below)
        self.frame: tuple[int | float, int | float, int | float, int | float] | None = None
        self.crop: np.ndarray | None = None


def _arrange(panels: list[_Panel], columns: int) -> Figure:
    """Place the panels row by row on a figure that is exactly large enough."""
    cell = max(max(panel.pixels.shape[1], 0 if panel.crop is None else panel.crop.shape[1]) for panel in panels)
    cell = max(cell, 40)  # an image of a few pixels still needs room for its title
    above = [_wrap(panel.above, cell) for panel in panels]
    below = [[line for text in panel.below for line in _wrap(text, cell)] for panel in panels]
    rows = [range(first, min(first + columns, len(panels))) for first in range(0, len(panels), columns)]

    tops, bottom = [], 4
    for row in rows:
        heads = max(len(above[i]) for i in row) * LINE + 2 * any(above[i] for i in row)
        image = max(panels[i].pixels.shape[0] for i in row)
        crop = max(0 if panels[i].crop is None else panels[i].crop.shape[0] + 6 for i in row)
        feet = max(len(below[i]) for i in row) * LINE + 2 * any(below[i] for i in row)
        tops.append((bottom + heads, image, crop))
        bottom += heads + image + crop + feet + GAP

    fig = _canvas(8 + columns * cell + (columns - 1) * GAP, bottom - GAP + 4)
    for row, (top, image, crop) in zip(rows, tops, strict=True):
        for column, i in enumerate(row):
            panel, left = panels[i], 4 + column * (cell + GAP)
            middle = left + cell / 2
            height, width = panel.pixels.shape[:2]
            axes = _picture(fig, panel.pixels, left + (cell - width) // 2, top)
            if panel.frame is not None:
                x, y, w, h = panel.frame
                for colour, line in (("white", 3.0), (FRAME, 1.5)):  # the white rim keeps the frame visible on any image
                    axes.add_patch(Rectangle((x - 0.5, y - 0.5), w, h, fill=False, edgecolor=colour, linewidth=line))
            if panel.crop is not None:
                crop_axes = _picture(fig, panel.crop, left + (cell - panel.crop.shape[1]) // 2, top + image + 6)
                h, w = panel.crop.shape[:2]
                crop_axes.add_patch(Rectangle((-0.5, -0.5), w, h, fill=False, edgecolor=FRAME, linewidth=3))
            for line, text in enumerate(reversed(above[i])):
                _write(fig, text, middle, top - 4 - line * LINE)
            for line, text in enumerate(below[i]):
                _write(fig, text, middle, top + image + crop + (line + 1) * LINE - 2)
    return fig


@contextmanager
def _style() -> Iterator[None]:
    """The course's style and nothing of the reader's own settings, so that a figure looks the same everywhere."""
    with matplotlib.style.context(STYLE, after_reset=True):
        yield


def _canvas(width: int, height: int) -> Figure:
    # a thousandth of a pixel more, because matplotlib rounds inches times dpi down
    return Figure(figsize=((width + 1e-3) / DPI, (height + 1e-3) / DPI), dpi=DPI, layout="none")


def _box(
    fig: Figure, left: int | float, top: int | float, width: int | float, height: int | float
) -> tuple[int | float, int | float, int | float, int | float]:
    """Screen pixels from the top left corner, as matplotlib wants them: shares of the figure from the bottom left corner."""
    full_width, full_height = fig.bbox.width, fig.bbox.height
    return left / full_width, 1 - (top + height) / full_height, width / full_width, height / full_height


def _axes(fig: Figure, left: int | float, top: int | float, width: int | float, height: int | float) -> matplotlib.axes.Axes:
    axes = fig.add_axes(_box(fig, left, top, width, height))
    axes.set_axis_off()
    return axes


def _picture(fig: Figure, pixels: np.ndarray, left: int | float, top: int | float) -> matplotlib.axes.Axes:
    axes = _axes(fig, left, top, pixels.shape[1], pixels.shape[0])
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    return axes


def _write(fig: Figure, text: str, x: int | float, baseline: int | float) -> None:
    fig.text(x / fig.bbox.width, 1 - baseline / fig.bbox.height, text, ha="center", va="baseline", fontsize=TEXT)


def _wrap(text: str, width: int | float) -> list[str]:
    """Break a text into lines of at most ``width`` screen pixels; a word that is too long for a line is cut."""
    measure = FigureCanvasAgg(Figure(figsize=(1, 1), dpi=DPI)).get_renderer()

    def fits(line: str) -> bool:
        return measure.get_text_width_height_descent(line, FontProperties(size=TEXT), bool(is_math_text(line)))[0] <= width

    lines: list[str] = []
    for word in text.split():
        if lines and fits(f"{lines[-1]} {word}"):
            lines[-1] = f"{lines[-1]} {word}"
            continue
        if "$" not in word:
            while not fits(word) and len(word) > 2:
                word = word.rstrip("…")[:-1] + "…"
        lines.append(word)
    return lines


def _pixels(x: Tensor, scale: int | float) -> np.ndarray:
    return to_numpy(_resample(x.detach().float().cpu().clamp(0, 1), scale))


def _resample(x: Tensor, scale: int | float) -> Tensor:
    if scale >= 1:
        return x.repeat_interleave(int(scale), dim=-2).repeat_interleave(int(scale), dim=-1)
    size = [max(1, round(side * scale)) for side in x.shape[-2:]]
    return F.interpolate(x[None], size=size, mode="area")[0]


def _metric_text(metric: str, x: Tensor, reference: Tensor) -> str:
    label, form = METRICS[metric]
    return f"{label} {form.format(float(getattr(_metrics, metric)(x, reference)))}".replace("inf", "∞")


def _as_list(images: Tensor | Sequence[Tensor]) -> list[Tensor]:
    if isinstance(images, Tensor):
        require_image(images, "images")
        return [images] if images.ndim == 3 else list(images)
    if not isinstance(images, Sequence):
        raise TypeError(f"images must be a tensor (n, c, h, w) or a list of tensors (c, h, w), got {type(images).__name__}")
    if not images:
        raise ValueError("images is empty: nothing to draw")
    return [_require_one(x, f"images[{i}]") for i, x in enumerate(images)]


def _require_one(x: Tensor, name: str) -> Tensor:
    require_image(x, name)
    if x.ndim != 3:
        raise ValueError(f"{name}: got shape {tuple(x.shape)}, expected one image (c, h, w); take one of the batch: x[0]")
    return x


def _require_titles(titles: Sequence[str] | None, number: int) -> list[str]:
    if titles is None:
        return [""] * number
    if isinstance(titles, str) or not all(isinstance(title, str) for title in titles):
        raise TypeError(f"titles must be a list of text, one for each image, got {titles!r}")
    if len(titles) != number:
        raise ValueError(f"titles must have one entry for each image: got {len(titles)} titles for {number} images")
    return list(titles)


def _require_columns(columns: int | None, number: int, width: int) -> int:
    if columns is None:
        return min(number, 8 if width <= 64 else 4)
    if isinstance(columns, bool) or not isinstance(columns, int):
        raise TypeError(f"columns must be an int, got {type(columns).__name__}: {columns!r}")
    if columns < 1:
        raise ValueError(f"columns must be >= 1, got {columns}")
    return min(columns, number)


def _require_scale(scale: int | float | None, columns: int, width: int) -> int | float:
    if scale is None:
        fitting = ((WIDTH - 8) - (columns - 1) * GAP) / columns / width
        return min(math.floor(fitting), max(1, 256 // width)) if fitting >= 1 else fitting
    if isinstance(scale, bool) or not isinstance(scale, (int, float)):
        raise TypeError(f"scale must be a number, got {type(scale).__name__}: {scale!r}")
    if not (0 < scale <= 64) or (scale > 1 and scale != int(scale)):
        raise ValueError(f"scale must lie between 0 and 1 or be a whole number up to 64, got {scale!r}")
    return scale


def _require_zoom(zoom: tuple[int, int, int, int], height: int, width: int) -> tuple[int, int, int, int]:
    if not isinstance(zoom, (tuple, list)) or len(zoom) != 4 or not all(isinstance(side, int) for side in zoom):
        raise TypeError(f"zoom must be (top, left, height, width) in whole pixels, got {zoom!r}")
    top, left, zoom_height, zoom_width = zoom
    if min(top, left) < 0 or min(zoom_height, zoom_width) < 1 or top + zoom_height > height or left + zoom_width > width:
        raise ValueError(f"zoom=(top, left, height, width)={tuple(zoom)} must lie inside the image of {height}x{width} pixels")
    return top, left, zoom_height, zoom_width
