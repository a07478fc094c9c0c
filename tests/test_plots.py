"""Figures: exact pixels, no overlapping text, the right numbers, one picture with its description in a notebook."""

import base64
import io
import math
import re

import matplotlib
import matplotlib.figure
import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from course_lib import metrics, plots
from course_lib.degrade import GaussianNoise
from course_lib.images import from_numpy


@pytest.fixture(scope="module")
def photograph():
    return from_numpy(data.astronaut()[:64, 180:252].astype(np.float32) / 255)


@pytest.fixture(scope="module")
def noisy(photograph):
    return GaussianNoise(25)(photograph, torch.Generator().manual_seed(0))


def drawn(fig):
    """The figure as an array (height, width, 3) of 0..255."""
    return np.asarray(Image.open(io.BytesIO(plots.figure_bytes(fig))))


def texts(fig):
    return [text.get_text() for text in fig.texts]


def boxes(fig):
    """Where the texts and the axes lie on the screen."""
    canvas = matplotlib.backends.backend_agg.FigureCanvasAgg(fig)
    canvas.draw()
    renderer = canvas.get_renderer()
    return [text.get_window_extent(renderer) for text in fig.texts], [axes.get_window_extent(renderer) for axes in fig.axes]


def overlap(a, b):
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 0.5


def test_every_image_pixel_becomes_a_whole_square_of_screen_pixels(generator):
    x = torch.randint(0, 256, (3, 9, 13), generator=generator).float() / 255
    picture = drawn(plots.grid(x, scale=5))
    assert picture.shape == (9 * 5 + 8, 13 * 5 + 8, 3)
    expected = (x * 255).round().to(torch.uint8).permute(1, 2, 0).numpy().repeat(5, 0).repeat(5, 1)
    np.testing.assert_array_equal(picture[4:-4, 4:-4], expected)


def test_grey_is_grey_and_values_outside_the_range_are_clipped():
    x = torch.tensor([[[-0.5, 0.0, 0.5, 1.0, 1.5]]]).repeat(1, 10, 1)
    picture = drawn(plots.grid(x, scale=8))[4:-4, 4:-4]
    assert picture[40, 4::8].tolist() == [[v] * 3 for v in (0, 0, 127, 255, 255)] or picture[40, 4::8].tolist() == [
        [v] * 3 for v in (0, 0, 128, 255, 255)
    ]


def test_shrinking_averages():
    x = (torch.arange(1024) % 2).float().expand(1, 40, 1024)  # stripes of one pixel: averaged they are grey, skipped they are not
    picture = drawn(plots.grid(x, scale=0.5))[4:-4, 4:-4].astype(int)
    assert picture.shape == (20, 512, 3)
    assert np.abs(picture - 127.5).max() < 1


def test_grid_places_row_by_row():
    shades = torch.arange(1, 7).float().reshape(6, 1, 1, 1).expand(6, 1, 40, 40) / 8
    fig = plots.grid(shades, columns=4, scale=1)
    picture = drawn(fig)
    assert picture.shape[:2] == (4 + 40 + plots.GAP + 40 + 4, 4 + 4 * 40 + 3 * plots.GAP + 4)
    centres = [int(picture[24 + row * 50, 24 + column * 50, 0]) for row in range(2) for column in range(4)]
    assert centres[:6] == pytest.approx([i / 8 * 255 for i in range(1, 7)], abs=1)
    assert centres[6:] == [255, 255]  # empty places are white


@pytest.mark.parametrize("number", [1, 3, 4, 9])
@pytest.mark.parametrize("size", [(8, 8), (28, 28), (100, 300), (512, 512), (300, 1000)])
def test_no_figure_is_wider_than_the_text_column(number, size):
    width = drawn(plots.grid([torch.zeros(1, *size)] * number)).shape[1]
    assert width <= plots.WIDTH


def test_texts_overlap_neither_each_other_nor_the_images(photograph, noisy):
    names = {"noisy with sigma = 25": noisy, "a rather long name that needs several lines": photograph, "Pneumonoultramicroscopic": noisy}
    figures = [
        plots.compare(names, photograph, zoom=(10, 20, 16, 16), metrics=("psnr", "ssim", "mse")),
        plots.compare(names, photograph, columns=2),
        plots.grid([photograph] * 10, titles=[f"digit number {i}" for i in range(10)]),
        plots.grid([photograph[:, :20, :20]] * 8, titles=["σ = 25, blurred"] * 8, scale=1),
    ]
    for fig in figures:
        words, axes = boxes(fig)
        assert len(words) > 4
        for i, word in enumerate(words):
            assert 0 <= word.x0 < word.x1 <= fig.bbox.width
            assert 0 <= word.y0 < word.y1 <= fig.bbox.height
            assert word.height >= 9  # screen pixels: legible
            assert not any(overlap(word, other) for other in words[:i])
            assert not any(overlap(word, other) for other in axes)


def test_compare_prints_the_metrics_of_the_unclipped_image(photograph, noisy):
    fig = plots.compare({"noisy": noisy}, photograph)
    decibels, ssim = float(metrics.psnr(noisy, photograph)), float(metrics.ssim(noisy, photograph))
    assert f"PSNR {decibels:.2f} dB" in texts(fig)
    assert f"SSIM {ssim:.4f}" in texts(fig)
    assert decibels == pytest.approx(20.17, abs=0.1)
    assert fig.alt_text == f"Side by side: reference; noisy, PSNR {decibels:.2f} dB, SSIM {ssim:.4f}."


def test_compare_of_equal_images_says_infinite(photograph):
    assert "PSNR ∞ dB" in texts(plots.compare({"same": photograph}, photograph))


def test_compare_without_reference_has_no_numbers(photograph, noisy):
    fig = plots.compare({"a": photograph, "b": noisy})
    assert texts(fig) == ["a", "b"]


def test_compare_shows_the_crop_that_was_asked_for(photograph):
    marked = photograph.clone()
    marked[:, 20:28, 30:40] = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
    fig = plots.compare({"marked": marked}, zoom=(20, 30, 8, 10))
    full, crop = fig.axes
    pixels = crop.images[0].get_array()
    assert np.array_equal(pixels, np.broadcast_to([0.0, 1.0, 0.0], pixels.shape))
    scale = full.images[0].get_array().shape[1] / 72
    frame = full.patches[-1]
    assert (frame.get_x() + 0.5, frame.get_y() + 0.5) == (30 * scale, 20 * scale)
    assert (frame.get_width(), frame.get_height()) == (10 * scale, 8 * scale)
    assert matplotlib.colors.to_hex(frame.get_edgecolor()) == plots.FRAME.lower()


def test_difference_is_signed_symmetric_and_in_grey_levels():
    x = torch.full((1, 20, 30), 0.5, dtype=torch.float64)
    y = x.clone()
    y[..., :15] += 10 / 255
    y[..., 15:] -= 5 / 255
    fig = plots.difference(y, x, limit=10)
    drawing = fig.axes[0].images[0]
    assert (drawing.norm.vmin, drawing.norm.vmax) == (-10, 10)
    values = np.unique(drawing.get_array().data.round(9))
    assert values.tolist() == [-5, 10]
    picture = drawn(fig).astype(int)
    red, blue = picture[100, 20], picture[100, 230]
    assert red[0] > red[2] + 50
    assert blue[2] > blue[0] + 50
    assert "mean +2.50, root mean square 7.91 grey levels" in fig.alt_text
    labels = [label.get_text() for label in fig.axes[1].get_yticklabels()]
    assert labels == ["-10", "-5", "0", "+5", "+10"]


def test_difference_of_equal_images_is_white(photograph):
    picture = drawn(plots.difference(photograph, photograph))
    assert picture[30:90, 10:90].min() > 240


def test_difference_chooses_a_limit_that_holds_99_percent(photograph, noisy):
    drawing = plots.difference(noisy, photograph).axes[0].images[0]
    inside = np.abs(((noisy - photograph) * 255).mean(0).numpy()) <= drawing.norm.vmax
    assert 0.985 <= inside.mean() < 1


def test_pyplot_knows_nothing_of_the_figures(photograph, noisy):
    import matplotlib.pyplot as plt

    before, settings = plt.get_fignums(), dict(matplotlib.rcParams)
    fig = plots.compare({"noisy": noisy}, photograph)
    plots.figure_bytes(plots.difference(noisy, photograph), "jpeg")
    assert plt.get_fignums() == before
    assert dict(matplotlib.rcParams) == settings
    assert isinstance(fig, matplotlib.figure.Figure)


def test_the_readers_settings_do_not_change_a_figure(photograph):
    usual = plots.figure_bytes(plots.grid(photograph, ["a title"]))
    with matplotlib.rc_context({"font.size": 20, "figure.facecolor": "black", "text.color": "red", "image.cmap": "viridis"}):
        assert plots.figure_bytes(plots.grid(photograph, ["a title"])) == usual


@pytest.mark.parametrize(("format", "magic"), [("png", b"\x89PNG"), ("palette", b"\x89PNG"), ("jpeg", b"\xff\xd8")])
def test_figure_bytes_repeat_and_leave_the_figure_alone(format, magic, photograph, noisy):
    fig = plots.difference(noisy, photograph)
    canvas, dpi = fig.canvas, fig.dpi
    first = plots.figure_bytes(fig, format)
    assert first == plots.figure_bytes(fig, format)
    assert first == plots.figure_bytes(plots.difference(noisy, photograph), format)
    assert first.startswith(magic)
    assert (fig.canvas, fig.dpi) == (canvas, dpi)
    width, height = Image.open(io.BytesIO(first)).size
    assert (width, height) == (int(fig.bbox.width), int(fig.bbox.height))
    doubled = Image.open(io.BytesIO(plots.figure_bytes(fig, format, dpi=160))).size
    assert np.abs(np.subtract(doubled, (2 * width, 2 * height))).max() <= 1


def test_figure_bytes_takes_pyplot_figures_and_closes_nothing():
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots()
    axes.plot([1, 2, 3])
    try:
        assert plots.figure_bytes(fig, "palette").startswith(b"\x89PNG")
        assert plt.fignum_exists(fig.number)
        assert fig.canvas.manager is not None
    finally:
        plt.close(fig)


def test_jpeg_and_palette_are_small(photograph, noisy):
    fig = plots.compare({"noisy": noisy}, photograph, zoom=(10, 10, 16, 16))
    assert len(plots.figure_bytes(fig, "jpeg")) < 60_000
    line = matplotlib.figure.Figure(figsize=(6, 3), dpi=80)
    line.subplots().plot(np.sin(np.arange(100) / 10))
    assert len(plots.figure_bytes(line, "palette")) < 10_000


def test_style_has_distinct_colours_and_a_pattern_for_each():
    with matplotlib.rc_context():
        plots.use_style()
        cycle = list(matplotlib.rcParams["axes.prop_cycle"])
        assert matplotlib.rcParams["figure.dpi"] == 80
    assert len({entry["color"] for entry in cycle}) == len({str(entry["linestyle"]) for entry in cycle}) == len(cycle) >= 6
    fig = matplotlib.figure.Figure()
    axes = fig.subplots()
    axes.set_prop_cycle(matplotlib.cycler(color=[e["color"] for e in cycle]) + matplotlib.cycler(linestyle=[e["linestyle"] for e in cycle]))
    for i in range(len(cycle)):
        axes.plot([0, 1], [i, i])
    assert plots.figure_bytes(fig).startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def notebook_outputs():
    """A real kernel, run twice: what each cell put out."""
    import nbclient
    import nbformat

    cells = [
        """import matplotlib.pyplot as plt
import torch
from course_lib import plots
x = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(0))
fig = plots.grid(x)""",
        "fig",
        "plots.show(fig, 'Where $a < b$ & so on.', alt='A \"quoted\" <tag>')",
        """plots.use_style()
curve, axes = plt.subplots()
axes.plot([1, 2]);
plots.show(curve, alt='A line that rises.')""",
        "plots.difference(x, x * 0.9)",
    ]
    runs = []
    for _ in range(2):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        with pytest.MonkeyPatch.context() as patch:  # the kernel inherits this: the backend of notebooks, not that of the tests
            patch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
            nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", record_timing=False).execute()
        runs.append([[dict(output) for output in cell.outputs] for cell in notebook.cells])
    return runs


def test_a_notebook_shows_one_picture_a_cell_and_the_same_twice(notebook_outputs):
    first, second = notebook_outputs
    assert first == second
    assert first[0] == []
    for outputs in first[1:]:
        assert [output["output_type"] for output in outputs] == ["display_data"]
        assert sorted(outputs[0]["data"]) == ["text/html", "text/plain"]
        assert outputs[0]["data"]["text/html"].count("<img") == 1


def test_the_picture_in_a_notebook_has_its_description_and_caption(notebook_outputs):
    _, shown_by_itself, shown, curve, _ = notebook_outputs[0]
    page = shown[0]["data"]["text/html"]
    assert 'alt="A &quot;quoted&quot; &lt;tag&gt;"' in page
    assert "<p><em>Where $a &lt; b$ &amp; so on.</em></p>" in page
    assert shown[0]["data"]["text/plain"] == '[picture: A "quoted" <tag>] Where $a < b$ & so on.'
    assert 'alt="1 image of 16x16 pixels."' in shown_by_itself[0]["data"]["text/html"]
    for output in (shown[0], curve[0]):
        picture = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', output["data"]["text/html"])[1])
        assert Image.open(io.BytesIO(picture)).mode == "P"


def test_a_photograph_is_shown_as_jpeg(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    plots.show(plots.grid(from_numpy(data.astronaut()[:256, 100:356].astype(np.float32) / 255)))
    page = shown[0]._repr_html_()
    picture = base64.b64decode(re.search(r'src="data:image/jpeg;base64,([^"]+)"', page)[1])
    assert Image.open(io.BytesIO(picture)).format == "JPEG"
    assert len(page) < 25_000


def test_show_outside_a_notebook_prints_the_description(photograph, capsys):
    plots.show(plots.grid(photograph), "A caption.")
    assert capsys.readouterr().out == "[picture: 1 image of 64x72 pixels.] A caption.\n"


X = torch.rand(1, 8, 8)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plots.grid([]), ValueError, "images is empty"),
        (lambda: plots.grid(5), TypeError, "images must be"),
        (lambda: plots.grid(torch.rand(8, 8)), ValueError, "images: got shape"),
        (lambda: plots.grid([X, X[0]]), ValueError, r"images\[1\]"),
        (lambda: plots.grid([X[None]]), ValueError, "one image"),
        (lambda: plots.grid([X * 255]), ValueError, "0–255"),
        (lambda: plots.grid([X * float("nan")]), ValueError, "NaN"),
        (lambda: plots.grid(X, titles=["a", "b"]), ValueError, "2 titles for 1 images"),
        (lambda: plots.grid(X, titles="a"), TypeError, "titles"),
        (lambda: plots.grid(X, columns=0), ValueError, "columns"),
        (lambda: plots.grid(X, columns=1.5), TypeError, "columns"),
        (lambda: plots.grid(X, scale=1.5), ValueError, "scale"),
        (lambda: plots.grid(X, scale=-1), ValueError, "scale"),
        (lambda: plots.grid(X, scale="2"), TypeError, "scale"),
        (lambda: plots.compare([X], X), TypeError, "dict"),
        (lambda: plots.compare({}, X), ValueError, "empty"),
        (lambda: plots.compare({"a": X, "b": X[..., :4]}), ValueError, "one shape"),
        (lambda: plots.compare({"a": X}, X.expand(3, 8, 8)), ValueError, "one shape"),
        (lambda: plots.compare({"a": X}, X, metrics=("lpips",)), ValueError, "metrics"),
        (lambda: plots.compare({"a": X}, X, metrics="psnr"), ValueError, "metrics"),
        (lambda: plots.compare({"a": X}, X, zoom=(4, 4, 5, 5)), ValueError, "zoom"),
        (lambda: plots.compare({"a": X}, X, zoom=(0, 0, 0, 4)), ValueError, "zoom"),
        (lambda: plots.compare({"a": X}, X, zoom=(0, 0, 4.0, 4)), TypeError, "zoom"),
        (lambda: plots.compare({"a": X}, X.to(torch.uint8)), TypeError, "reference"),
        (lambda: plots.difference(X, X[..., :4]), ValueError, "one shape"),
        (lambda: plots.difference(X[None], X[None]), ValueError, "one image"),
        (lambda: plots.difference(X, X, limit=0), ValueError, "limit"),
        (lambda: plots.difference(X, X, limit=math.inf), ValueError, "limit"),
        (lambda: plots.difference(X, X, limit="10"), TypeError, "limit"),
        (lambda: plots.figure_bytes(X), TypeError, "fig must be"),
        (lambda: plots.figure_bytes(plots.grid(X), "svg"), ValueError, "format"),
        (lambda: plots.figure_bytes(plots.grid(X), dpi=0), ValueError, "dpi"),
        (lambda: plots.figure_bytes(plots.grid(X), dpi="80"), TypeError, "dpi"),
        (lambda: plots.show(X), TypeError, "fig must be"),
        (lambda: plots.show(plots.grid(X), alt=3), TypeError, "text"),
        (lambda: plots.show(matplotlib.figure.Figure()), ValueError, "alt is empty"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
