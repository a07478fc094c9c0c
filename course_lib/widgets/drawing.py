"""What the widgets' pictures have in common: letters, colours, and the way from a Pillow picture to a figure of the notebook."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image, ImageFont

    from course_lib.plots import Figure

__all__ = ["FAINT", "FRAME", "INK", "LINE", "as_figure", "font"]

INK, FAINT, LINE, FRAME = (0, 0, 0), (80, 80, 80), (170, 170, 170), (213, 94, 0)  # the frame is Okabe and Ito's vermilion


@lru_cache(maxsize=16)
def font(size: int, bold: bool = False) -> "ImageFont.FreeTypeFont":
    """DejaVu Sans, which matplotlib ships: the same letters on every machine."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)


def as_figure(picture: "Image.Image", alt_text: str) -> "Figure":
    """A picture as a figure for `course_lib.plots.show`, one pixel of it on one of the screen, with its description."""
    from course_lib.plots import DPI, Figure

    figure = Figure(figsize=(picture.width / DPI, picture.height / DPI), dpi=DPI, layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(np.asarray(picture), interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    figure.alt_text = alt_text
    return figure
