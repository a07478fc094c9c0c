"""Digits and letters drawn with known factors: unlimited labelled images with no download.

A glyph of a font is thinned once to the path that a pen would follow. An image is that path, sheared, rotated, scaled and shifted, drawn
with a round pen. Every factor therefore has one exact meaning, in pixels or as a ratio, and `measure` can estimate it back from an
image, whether drawn here or made by a generator.

=============  ==========================================================================================  ================
factor         meaning                                                                                     sampled (28 px)
=============  ==========================================================================================  ================
``slant``      tangent of the shear; positive leans right: a point y pixels higher moves slant*y right     -0.35 to 0.35
``thickness``  diameter of the pen in pixels, whatever the slant and the scale                             1.6 to 3.4
``shift_x``    centre of the glyph, pixels to the right of the centre of the image                         -2 to 2
``shift_y``    centre of the glyph, pixels below the centre of the image                                   -2 to 2
``scale``      ratio; at 1 the pen path of the font's digit 0 is 0.6 times the image size tall             0.8 to 1.1
``rotation``   degrees, anticlockwise                                                                      0
``noise``      standard deviation of Gaussian noise in grey levels of 255, clipped to [0, 1]               0
``font``       index into `FONTS`                                                                          the split's fonts
=============  ==========================================================================================  ================

The path is found in three steps: the outline of the font is filled on a fine grid, thinned (Zhang & Suen, "A fast parallel algorithm for
thinning digital patterns", CACM 1984), and turned into a distance field: how far is each point from the path. Drawing then needs
one look-up and one subtraction a pixel, so 20,000 images take seconds.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor

from course_lib.data.arguments import require_int
from course_lib.data.labelled import DigitSet
from course_lib.images import require_image

FONTS = (
    "DejaVuSans",
    "DejaVuSerif",
    "STIXGeneral",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmtt10",
    "cmti10",
    "DejaVuSans-Bold",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneralBol",
    "STIXGeneralBolIta",
    "cmb10",
)
TRAIN_FONTS = tuple(range(8))
TEST_FONTS = tuple(range(8, 14))

RANGES = {"slant": (-0.35, 0.35), "thickness": (1.6, 3.4), "shift_x": (-2.0, 2.0), "shift_y": (-2.0, 2.0), "scale": (0.8, 1.1)}
_DEFAULTS = {"slant": 0.0, "thickness": 2.4, "shift_x": 0.0, "shift_y": 0.0, "scale": 1.0, "rotation": 0.0, "noise": 0.0}
_IN_PIXELS = ("thickness", "shift_x", "shift_y")  # these ranges grow with the image size
_LIMITS = {
    "slant": (-1, 1),
    "thickness": (1, 7),
    "shift_x": (-28, 28),
    "shift_y": (-28, 28),
    "scale": (0.25, 2),
    "rotation": (-180, 180),
    "noise": (0, 255),
}

_CELLS = 5  # slant and thickness are cut into 5 x 5 cells; see in_test_split
_HEIGHT = 0.6  # of the image size: pen path of the digit 0 at scale 1
_EDGE = 2  # pixels: the grey ramp from ink to paper
_FINE = 192  # grid points per digit height while thinning
_POOL = 3  # the field is kept at _FINE / _POOL points per digit height
_HALF = 0.78125  # half side of a field in digit heights: half a glyph and room for the pen
_FULL_WIDTH = 1.05  # widest glyph in digit heights, slanted by 0.35 to either side: no sampled glyph leaves the image


class GlyphSet(DigitSet):
    """A `DigitSet` whose factors are known.

    Attributes
    ----------
    images, labels, classes
        As in `DigitSet`.
    factors : dict of str to Tensor
        Each factor of the table above, (N,) float32 (``font``: int64).
    """

    def __init__(self, images: Tensor, labels: Tensor, classes: tuple[str, ...], factors: dict[str, Tensor]):
        super().__init__(images, labels, classes)
        self.factors = factors


def dataset(n: int, train: bool = True, classes: str = "0123456789", size: int = 28, seed: int = 0, noise: float = 0.0) -> GlyphSet:
    """Draw n glyphs of one split, the classes equally often, in random order.

    Parameters
    ----------
    n : int
        Number of images.
    train : bool
        The train split or the test split: other fonts and other pairs of slant and thickness, see `in_test_split`.
    classes : str
        The characters to draw; a label is an index into this string.
    size : int
        Side of the images in pixels, 16 to 128.
    seed : int
        The same seed gives the same bytes. A new seed gives new images of the same split.
    noise : float
        Largest noise standard deviation in grey levels of 255; each image draws its own between 0 and this.

    Returns
    -------
    GlyphSet
        ``.images`` (n, 1, size, size) float32 in [0, 1], white on black, ``.labels``, ``.classes``, ``.factors``.

    Raises
    ------
    TypeError, ValueError
        n below 1, a size or noise out of range, a character that a font lacks, the same character twice.

    Examples
    --------
    >>> letters = dataset(52, classes="abcdefghijklmnopqrstuvwxyz", size=32)
    >>> letters.images.shape, sorted(letters.factors)[:3]
    (torch.Size([52, 1, 32, 32]), ['font', 'noise', 'rotation'])
    """
    require_int("n", n, 1, 10_000_000)
    _require_classes(classes)
    require_int("seed", seed, 0, 2**62)
    generator = torch.Generator().manual_seed(2 * seed + (not train))
    labels = torch.randperm(n, generator=generator) % len(classes)
    factors = sample_factors(n, "train" if train else "test", generator, size=size, noise=noise)
    images = render(labels, factors, classes=classes, size=size, generator=generator)
    return GlyphSet(images, labels, tuple(classes), factors)


def sample_factors(
    n: int, split: str = "train", generator: torch.Generator | None = None, size: int = 28, noise: float = 0.0
) -> dict[str, Shaped[Tensor, " n"]]:
    """Draw the factors of n glyphs of one split, each uniform over the range in the table of this module.

    Parameters
    ----------
    n : int
        Number of glyphs.
    split : {"train", "test"}
        See `in_test_split`.
    generator : torch.Generator, optional
        Source of randomness (CPU); torch's global one when None.
    size : int
        Side of the images in pixels; ranges in pixels are those of 28 times size / 28.
    noise : float
        ``noise`` is uniform between 0 and this, in grey levels of 255.

    Returns
    -------
    dict of str to Tensor
        (n,) each; float32, ``font`` int64.

    Raises
    ------
    TypeError, ValueError
        A bad n, split, size or noise.

    Examples
    --------
    >>> f = sample_factors(100, "test", torch.Generator().manual_seed(0))
    >>> bool(in_test_split(f).all()), bool(f["slant"].abs().max() <= 0.35)
    (True, True)
    """
    require_int("n", n, 1, 10_000_000)
    require_int("size", size, 16, 128)
    if split not in ("train", "test"):
        raise ValueError(f"split: got {split!r}, expected 'train' or 'test'")
    if isinstance(noise, bool) or not isinstance(noise, int | float):
        raise TypeError(f"noise: got {type(noise).__name__}, expected a number (grey levels of 255)")
    if not 0 <= noise <= 255:
        raise ValueError(f"noise: got {noise}, expected 0 to 255 (standard deviation in grey levels of 255)")

    def uniform() -> Tensor:
        return torch.rand(n, generator=generator)

    allowed = torch.tensor([(i, j) for i in range(_CELLS) for j in range(_CELLS) if _is_test_cell(i, j) == (split == "test")])
    cell = allowed[torch.randint(len(allowed), (n,), generator=generator)]
    # 1e-4 from the edge of the cell: rounding to float32 must not carry a glyph into the neighbouring cell
    inside = 1e-4 + (1 - 2e-4) * torch.stack([uniform(), uniform()], dim=1)
    place = {"slant": (cell[:, 0] + inside[:, 0]) / _CELLS, "thickness": (cell[:, 1] + inside[:, 1]) / _CELLS}
    factors = {}
    for name in RANGES:
        low, high = _range(name, size)
        factors[name] = low + (high - low) * (place[name] if name in place else uniform())
    factors["rotation"] = torch.zeros(n)
    factors["noise"] = noise * uniform()
    fonts = torch.tensor(TEST_FONTS if split == "test" else TRAIN_FONTS)
    factors["font"] = fonts[torch.randint(len(fonts), (n,), generator=generator)]
    return factors


def in_test_split(factors: dict[str, Shaped[Tensor, " n"]], size: int = 28) -> Bool[Tensor, " n"]:
    """Say which glyphs belong to the test split.

    The ranges of slant and thickness are cut into 5 x 5 cells. Five cells, one in each row and each column (a Latin square), are
    the test split's; the train split has the other twenty. So each slant and each thickness occurs in both splits equally often, but
    never the same pair. The fonts are disjoint too: the test split draws with `TEST_FONTS` (bold and other variants of the families in
    `TRAIN_FONTS`).

    Parameters
    ----------
    factors : dict of str to Tensor
        At least ``slant``, ``thickness`` and ``font``, (n,) each.
    size : int
        Side of the images in pixels.

    Returns
    -------
    Tensor
        (n,) bool, true where the cell and the font are both the test split's.

    Raises
    ------
    ValueError
        A cell of one split comes with a font of the other, so the glyph is in neither; or a factor is missing.

    Examples
    --------
    >>> in_test_split({"slant": torch.zeros(1), "thickness": torch.full((1,), 2.9), "font": torch.tensor([0])})
    tensor([False])
    """
    require_int("size", size, 16, 128)
    missing = [name for name in ("slant", "thickness", "font") if name not in factors]
    if missing:
        raise ValueError(f"factors: {', '.join(missing)} missing, expected slant, thickness and font")
    cell = []
    for name in ("slant", "thickness"):
        low, high = _range(name, size)
        cell.append(((factors[name].double() - low) / (high - low) * _CELLS).floor().clamp(0, _CELLS - 1).long())
    by_cell = _is_test_cell(*cell)
    by_font = factors["font"] >= len(TRAIN_FONTS)
    if (by_cell != by_font).any():
        raise ValueError("factors: a pair of slant and thickness of one split comes with a font of the other; such a glyph is in neither")
    return by_cell


def _is_test_cell(i, j):
    return (2 * i + j) % _CELLS == 0


def _range(name: str, size: int) -> tuple[float, float]:
    factor = size / 28 if name in _IN_PIXELS else 1.0
    return RANGES[name][0] * factor, RANGES[name][1] * factor


def render(
    labels: Int64[Tensor, " n"],
    factors: dict[str, Shaped[Tensor, " n"]],
    classes: str = "0123456789",
    size: int = 28,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "n 1 {size} {size}"]:
    """Draw one glyph per label with the given factors.

    Parameters
    ----------
    labels : Tensor
        (n,) int64, indices into ``classes``.
    factors : dict of str to Tensor
        (n,) each, names and units as in the table of this module. A factor left out is 0 (``thickness`` 2.4 size / 28, ``scale`` 1).
    classes : str
        The characters that the labels stand for.
    size : int
        Side of the images in pixels, 16 to 128.
    generator : torch.Generator, optional
        Source of the noise (CPU). When None, a new one with seed 0: the same factors give the same image.

    Returns
    -------
    Tensor
        (n, 1, size, size) float32 on the device of ``labels``, white on black, whole multiples of 1/255 in [0, 1].

    Raises
    ------
    TypeError, ValueError
        Labels that are no int64 vector or outside ``classes``, a factor unknown, of the wrong length, not finite or out of range.

    Notes
    -----
    With A = scale R S (R the rotation, S the shear) a pixel p belongs to the point g = A⁻¹ (p - shift) of the upright glyph, whose distance
    to the path, d(g), is stored. Shearing changes distances: across a straight stroke with unit normal n, d grows by |A⁻ᵀ n| a pixel, so
    d(g) / |A⁻ᵀ n| is the distance in pixels and the pen keeps its diameter. The field stores n as (cos 2θ, sin 2θ), which is the same on
    both sides of a stroke. The grey value falls from 1 to 0 on a ramp two pixels wide around distance = thickness / 2. A ramp of a whole
    number of pixels keeps the ink of a stroke: the grey values across it add up to its thickness, wherever it lies between the pixels
    (exactly from thickness 2 upwards; 1 % more at 1.6 and 12 % more at 1, where the two ramps overlap).

    Examples
    --------
    >>> thin, thick = render(torch.tensor([8, 8]), {"thickness": torch.tensor([1.5, 3.0])}).mean(dim=(1, 2, 3))
    >>> 1.7 < float(thick / thin) < 2.1
    True
    """
    _require_classes(classes)
    require_int("size", size, 16, 128)
    _require_labels(labels, len(classes))
    device = labels.device
    f = _completed(factors, labels, size)
    noise = None
    if bool((f["noise"] > 0).any()):
        generator = torch.Generator().manual_seed(0) if generator is None else generator
        noise = torch.randn(len(labels), size, size, generator=generator) * (f["noise"].cpu()[:, None, None] / 255)

    pairs, tile = torch.unique(torch.stack([f["font"].to(device), labels]), dim=1, return_inverse=True)
    fields = torch.stack([_field(font, classes[label]) for font, label in pairs.T.tolist()]).to(device)  # (tiles, 3, side, side)
    atlas = fields.transpose(0, 1).reshape(1, 3, -1, fields.shape[-1])  # one tall picture, tile below tile
    parts = []
    for start in range(0, len(labels), 256):  # a part that fits the processor's cache
        part = slice(start, start + 256)
        image = _draw(atlas, tile[part], {name: value[part] for name, value in f.items()}, size)
        if noise is not None:
            image = image + noise[part].to(device)
        parts.append((image.clamp(0, 1) * 255).round() / 255)
    return torch.cat(parts).unsqueeze(1)


def _draw(atlas: Tensor, tile: Tensor, f: dict[str, Tensor], size: int) -> Tensor:
    column = {name: value.to(atlas.device)[:, None, None] for name, value in f.items()}
    axis = torch.arange(size, device=atlas.device) - (size - 1) / 2
    x = axis[None, None, :] - column["shift_x"]
    y = -axis[None, :, None] + column["shift_y"]  # upwards, although rows count downwards
    height = _HEIGHT * size * column["scale"]
    angle = torch.deg2rad(column["rotation"])
    gy = (-torch.sin(angle) * x + torch.cos(angle) * y) / height
    gx = (torch.cos(angle) * x + torch.sin(angle) * y) / height - column["slant"] * gy

    side, tiles = atlas.shape[-1], atlas.shape[-2] // atlas.shape[-1]
    per_unit = _FINE / _POOL
    col = (gx * per_unit + side / 2 - 0.5).clamp(0, side - 1)
    row = (-gy * per_unit + side / 2 - 0.5).clamp(0, side - 1) + tile[:, None, None] * side
    where = torch.stack([(2 * col + 1) / side - 1, (2 * row + 1) / (side * tiles) - 1], dim=-1)
    sampled = F.grid_sample(atlas, where.reshape(1, -1, size, 2), mode="bilinear", padding_mode="border", align_corners=False)
    d, cos2, sin2 = sampled.reshape(3, -1, size, size)
    s = column["slant"]
    stretch = (1 - s * sin2 + s.square() * (1 + cos2) / 2).clamp_min(1e-6).sqrt()  # |S⁻ᵀ n|
    return (0.5 + (column["thickness"] / 2 - d * height / stretch) / _EDGE).clamp(0, 1)


def measure(images: Float[Tensor, "*n 1 h w"]) -> dict[str, Float[Tensor, "*n"]]:
    """Estimate factors back from images, as a judge of generators and of representations.

    Parameters
    ----------
    images : Tensor
        (N, 1, H, W) or (1, H, W), white strokes on black, [0, 1].

    Returns
    -------
    dict of str to Tensor
        (N,) each. ``slant``: μ_xy / μ_yy of the grey values' second central moments, y upwards. ``thickness``: twice the area over
        the length of the outline, in pixels. ``shift_x``, ``shift_y``: centre of gravity relative to the centre of the image,
        in pixels (right, down). ``height``: of the ink, in pixels. All 0 for a black image.

    Raises
    ------
    TypeError, ValueError
        Not a grey image in [0, 1].

    Notes
    -----
    Slant, shift and height carry an offset that belongs to the character and the font (a 7 leans right when its shear is 0), so compare
    with true factors within a class, or after the mean of the class is taken off. Per unit of true slant the estimate grows by 0.85
    (0, 6) to 1 (1, 7), because a shear makes some strokes longer than others. The outline is that of the image with its contrast tripled
    around 0.5, so that the grey of a thin stroke counts as ink. On the digits of this module the thickness found is 0.08 pixels too
    high on average, with an error of 0.16 pixels (root mean square).

    Examples
    --------
    >>> upright, leaning = measure(render(torch.tensor([1, 1]), {"slant": torch.tensor([0.0, 0.3])}))["slant"]
    >>> round(float(leaning - upright), 1)
    0.3
    """
    require_image(images, "images", channels=(1,), min_size=4)
    ink = images[..., 0, :, :].clamp(0, 1)
    h, w = ink.shape[-2:]
    mass = ink.sum(dim=(-2, -1))
    safe = mass.clamp_min(1e-6)
    x = torch.arange(w, device=ink.device, dtype=ink.dtype) - (w - 1) / 2
    y = ((h - 1) / 2 - torch.arange(h, device=ink.device, dtype=ink.dtype))[:, None]
    mean_x = (ink * x).sum(dim=(-2, -1)) / safe
    mean_y = (ink * y).sum(dim=(-2, -1)) / safe
    dx, dy = x - mean_x[..., None, None], y - mean_y[..., None, None]
    mu_xy, mu_yy = (ink * dx * dy).sum(dim=(-2, -1)) / safe, (ink * dy.square()).sum(dim=(-2, -1)) / safe
    sharp = (3 * (ink - 0.5) + 0.5).clamp(0, 1)
    padded = F.pad(sharp, (1, 1, 1, 1))
    # Roberts' cross: the steepest slope inside each 2 x 2 square, so its sum is the length of the outline
    a = padded[..., 1:, 1:] - padded[..., :-1, :-1]
    b = padded[..., 1:, :-1] - padded[..., :-1, 1:]
    outline = ((a.square() + b.square()) / 2).sqrt().sum(dim=(-2, -1))
    return {
        "slant": mu_xy / mu_yy.clamp_min(1e-6),
        "thickness": 2 * mass / outline.clamp_min(1e-6) * (outline > 0),
        "shift_x": mean_x,
        "shift_y": -mean_y,
        "height": sharp.amax(dim=-1).sum(dim=-1),
    }


# ------------------------------------------------------------------------------------------ from a font to the distance field of a pen path


@cache
def _field(font: int, character: str) -> Float[Tensor, "3 side side"]:
    """Distance to the pen path in digit heights, and the direction of its normal as cos 2θ, sin 2θ (y upwards)."""
    from scipy.ndimage import distance_transform_edt

    path = _pen_path(font, character) / _digit_height(font)
    path[:, 0] -= _lean(font) * path[:, 1]
    path -= (path.min(axis=0) + path.max(axis=0)) / 2
    widest = max(np.abs(path @ [1, slant]).max() for slant in RANGES["slant"])
    path *= min(1, 0.5 / max(np.abs(path[:, 1]).max(), 1e-6), _FULL_WIDTH / 2 / max(widest, 1e-6))  # W and j shrink, digits hardly ever
    side = round(2 * _HALF * _FINE)
    empty = np.ones((side, side), bool)
    col = np.floor(path[:, 0] * _FINE + side / 2).astype(int)
    row = np.floor(-path[:, 1] * _FINE + side / 2).astype(int)
    empty[row, col] = False
    d, (near_row, near_col) = distance_transform_edt(empty, return_indices=True)
    rows, cols = np.indices(empty.shape)
    nx, ny = (cols - near_col) / np.maximum(d, 1), -(rows - near_row) / np.maximum(d, 1)
    field = np.stack([d / _FINE, nx**2 - ny**2, 2 * nx * ny]).astype(np.float32)
    return F.avg_pool2d(torch.from_numpy(field), _POOL)


@cache
def _digit_height(font: int) -> float:
    return float(np.ptp(_pen_path(font, "0")[:, 1]))


@cache
def _lean(font: int) -> float:
    """Slant of the font's 0: an italic is sheared back until its 0 stands upright."""
    x, y = (_pen_path(font, "0") - _pen_path(font, "0").mean(axis=0)).T
    return float((x * y).mean() / (y * y).mean())


@cache
def _pen_path(font: int, character: str) -> np.ndarray:
    """Points (x, y), y upwards, of the thinned glyph, in the units of a font of size 100."""
    from skimage.morphology import skeletonize

    step = 75 / _FINE  # a digit is about 75 units tall
    outlines = _outlines(font, character)
    low = np.min([o.min(axis=0) for o in outlines], axis=0) - 4 * step
    high = np.max([o.max(axis=0) for o in outlines], axis=0) + 4 * step
    width, height = np.ceil((high - low) / step).astype(int).tolist()
    filled = _fill([(o - low) / step for o in outlines], height, width)
    row, col = np.nonzero(skeletonize(filled))
    return np.stack([col + 0.5, row + 0.5], axis=1) * step + low  # row 0 is the lowest: y upwards


def _fill(polygons: list[np.ndarray], height: int, width: int) -> np.ndarray:
    """Pixels whose centre lies inside, by the winding number: each edge that a row crosses counts +1 or -1 for all pixels to its right."""
    crossings = np.zeros((height, width + 1), int)
    for polygon in polygons:
        for (x0, y0), (x1, y1) in zip(polygon[:-1], polygon[1:], strict=True):
            rows = np.arange(math.ceil(min(y0, y1) - 0.5), math.ceil(max(y0, y1) - 0.5))
            if len(rows):
                x = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
                np.add.at(crossings, (rows, np.ceil(x - 0.5).astype(int)), 1 if y1 > y0 else -1)
    return np.cumsum(crossings, axis=1)[:, :-1] != 0


def _outlines(font: int, character: str) -> list[np.ndarray]:
    """Closed polygons of a glyph."""
    import matplotlib
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import FT2Font
    from matplotlib.textpath import TextPath

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{FONTS[font]}.ttf"
    face = FT2Font(str(file))
    if ord(character) not in face.get_charmap():
        raise ValueError(f"classes: the font {FONTS[font]} has no {character!r}; leave it out or choose other fonts")
    path = TextPath((0, 0), rf"\{character}" if character == "$" else character, size=100, prop=FontProperties(fname=str(file)))
    return path.to_polygons(closed_only=True)


# --------------------------------------------------------------------------------------------------------------------------- bad input


def _require_classes(classes: str) -> None:
    if not isinstance(classes, str):
        raise TypeError(f"classes: got {type(classes).__name__}, expected a string of the characters to draw, such as '0123456789'")
    if not classes or len(set(classes)) != len(classes) or any(c.isspace() or not c.isprintable() for c in classes):
        raise ValueError(f"classes: got {classes!r}, expected one or more visible characters, each once")


def _require_labels(labels: Tensor, count: int) -> None:
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        got = str(labels.dtype) if isinstance(labels, Tensor) else type(labels).__name__
        raise TypeError(f"labels: got {got}, expected a tensor of int64 (class indices)")
    if labels.ndim != 1 or len(labels) == 0:
        raise ValueError(f"labels: got shape {tuple(labels.shape)}, expected (n,) with n of 1 or more")
    if int(labels.min()) < 0 or int(labels.max()) >= count:
        raise ValueError(f"labels: got {int(labels.min())} to {int(labels.max())}, expected 0 to {count - 1} (indices into classes)")


def _completed(factors: dict[str, Tensor], labels: Tensor, size: int) -> dict[str, Tensor]:
    """Check the factors and fill in those left out."""
    if not isinstance(factors, dict):
        raise TypeError(f"factors: got {type(factors).__name__}, expected a dict of name to tensor")
    names = [*_DEFAULTS, "font"]
    unknown = [name for name in factors if name not in names]
    if unknown:
        raise ValueError(f"factors: {', '.join(map(str, unknown))} unknown, expected some of {', '.join(names)}")
    complete = {}
    for name in names:
        value = factors.get(name)
        if value is None:
            default = _DEFAULTS.get(name, 0) * (size / 28 if name in _IN_PIXELS else 1)
            complete[name] = torch.full(labels.shape, default, dtype=torch.int64 if name == "font" else torch.float32, device=labels.device)
            continue
        if not isinstance(value, Tensor) or value.dtype.is_floating_point == (name == "font") or value.dtype == torch.bool:
            got = str(value.dtype) if isinstance(value, Tensor) else type(value).__name__
            raise TypeError(f"factors[{name!r}]: got {got}, expected a tensor of {'int64' if name == 'font' else 'float32'}")
        if value.shape != labels.shape:
            raise ValueError(f"factors[{name!r}]: got shape {tuple(value.shape)}, expected {tuple(labels.shape)}, one value per label")
        low, high = (0, len(FONTS) - 1) if name == "font" else _LIMITS[name]
        if name in _IN_PIXELS:
            low, high = (1 if name == "thickness" else low * size / 28), high * size / 28  # a pen below a pixel would fade
        inside = (value >= low) & (value <= high)
        if not bool(inside.all()):
            raise ValueError(f"factors[{name!r}]: got {value[~inside][0].item():g}, expected {low:g} to {high:g}")
        complete[name] = value.long() if name == "font" else value.float()
    return complete
