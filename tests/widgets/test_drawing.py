"""Letters and figures of the widgets' pictures."""

import io

import numpy as np
from PIL import Image

from course_lib import plots
from course_lib.widgets.drawing import as_figure, font


def test_the_letters_are_matplotlibs():
    assert font(12).getname() == ("DejaVu Sans", "Book")
    assert font(12, bold=True).getname() == ("DejaVu Sans", "Bold")
    assert font(24).getlength("course") > 1.9 * font(12).getlength("course")


def test_a_picture_stays_pixel_for_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    figure = as_figure(Image.fromarray(pixels), "noise")
    shown = np.asarray(Image.open(io.BytesIO(plots.figure_bytes(figure))).convert("RGB"))
    assert np.array_equal(shown, pixels)
    assert figure.alt_text == "noise"
