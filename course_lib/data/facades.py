"""Façades: label maps of twelve classes, in the classes and colours of a published data set, and house fronts drawn in its look.

The CMP façade database has photographs of house fronts, rectified, each beside a label map that somebody drew by hand. pix2pix was made
known by it: from the map, a network draws the photograph. The photographs are not part of the course (`course_lib.data.images` reads them
where they lie under ``$COURSE_DATA/facades``), the maps are easily made: `draw` makes as many as you like, and you can paint your own.

Unlike with `course_lib.data.scenes`, nobody knows the picture that belongs to a map that was drawn here: what a network makes of it can be
looked at, and not be measured.

References
----------
R. Tylecek and R. Sara, "Spatial pattern templates for recognition of objects with regular structure", GCPR 2013: the database and its
twelve classes, of which the one for the front itself, facade, is called wall here.
P. Isola, J.-Y. Zhu, T. Zhou and A. A. Efros, "Image-to-image translation with conditional adversarial networks", CVPR 2017: the pairs of
256×256 pixels, and the colours, which are those found in that release.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib.data import label_maps
from course_lib.data.arguments import require_int
from course_lib.data.label_maps import require_labels
from course_lib.images import require_image

CLASSES = ("background", "wall", "window", "door", "cornice", "sill", "balcony", "blind", "decoration", "moulding", "pillar", "shop")
BACKGROUND, WALL, WINDOW, DOOR, CORNICE, SILL, BALCONY, BLIND, DECORATION, MOULDING, PILLAR, SHOP = range(len(CLASSES))

# colours of the label map, in 8 bits
PALETTE = (
    (0, 0, 222),
    (0, 48, 255),
    (0, 128, 255),
    (0, 207, 255),
    (32, 255, 223),
    (112, 255, 143),
    (192, 255, 63),
    (255, 239, 0),
    (255, 159, 0),
    (255, 80, 0),
    (255, 0, 0),
    (174, 0, 0),
)


def draw(n: int, size: int = 128, seed: int = 0) -> Int64[Tensor, "n {size} {size}"]:
    """Draw the label maps of n house fronts, each in a style of its own.

    A wall before the background, three to six storeys high, with three to six columns of windows. By chance they have sills, cornices
    above, blinds at their sides or balconies below; the wall has mouldings between storeys, pillars between columns, and decoration. On
    the ground floor there is a door, beside it windows or shops.

    Parameters
    ----------
    n : int
        Number of house fronts.
    size : int
        Side of the maps in pixels, 64 to 512. The same seed gives the same house fronts in every size.
    seed : int
        The same seed gives the same house fronts, and of a larger n the same ones first; another seed, other ones.

    Returns
    -------
    Tensor
        (n, size, size) int64, indices into `CLASSES`.

    Raises
    ------
    TypeError, ValueError
        n below 1, a size or seed out of range.

    Examples
    --------
    >>> labels = draw(3)
    >>> labels.shape, CLASSES[labels[0, 0, 0]]
    (torch.Size([3, 128, 128]), 'background')
    """
    require_int("n", n, 1, 100_000)
    require_int("size", size, 64, 512)
    require_int("seed", seed, 0, 2**62)
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([_draw(size, generator) for _ in range(n)])


def _draw(size: int, generator: torch.Generator) -> Int64[Tensor, "{size} {size}"]:
    """The painter's way: what is nearer covers what is farther. Lengths are shares of the side; x to the right, y down, both of middles."""
    labels = torch.full((size, size), BACKGROUND)

    def uniform(low: float | int = 0.0, high: float | int = 1.0) -> float:
        return low + (high - low) * torch.rand((), generator=generator).item()

    def chance(share: float | int) -> bool:
        return uniform() < share

    def paint(what: int, top: float, bottom: float, left: float | int, right: float | int) -> None:
        rows, columns = (slice(max(round(start * size), 0), max(round(end * size), 0)) for start, end in ((top, bottom), (left, right)))
        labels[rows, columns] = what

    def paint_at(what: int, x: float, y: float, width: float, height: float) -> None:
        paint(what, y - height / 2, y + height / 2, x - width / 2, x + width / 2)

    left, right, top, bottom = uniform(0.0, 0.14), uniform(0.86, 1.0), uniform(0.04, 0.22), uniform(0.94, 1.0)
    if chance(0.25):  # the photograph ends before the wall does
        left, right = 0.0, 1.0
    storeys, columns = int(uniform(3, 7)), int(uniform(3, 7))
    storey = (bottom - top) / (storeys + 0.25)  # the ground floor is higher by a quarter
    ground = bottom - 1.25 * storey
    pitch = (right - left) / columns
    width, height = uniform(0.42, 0.62) * pitch, uniform(0.5, 0.62) * storey
    sills, cornices, blinds, decoration, shops = chance(0.85), chance(0.5), chance(0.2), chance(0.3), chance(0.6)
    mouldings, pillars, balconies = chance(0.5), chance(0.25), chance(0.55)
    lintel, ledge = uniform(0.08, 0.14) * storey, uniform(0.07, 0.11) * storey  # heights of cornice and sill
    middles = [left + (column + 0.5) * pitch for column in range(columns)]

    paint(WALL, top, bottom, left, right)
    eaves = uniform(0.03, 0.07)
    paint(MOULDING, top, top + eaves, left - 0.01, right + 0.01)
    if pillars:
        for column in range(columns + 1):
            x = min(max(left + column * pitch, left + 0.012), right - 0.012)
            paint_at(PILLAR, x, (top + eaves + ground) / 2, 0.022, ground - top - eaves)
    entrance, cellar = int(uniform(0, columns)), uniform(0.02, 0.035)
    with_balcony = [chance(0.5) for _ in middles]
    for number in range(storeys - 1):
        above = top + number * storey
        y = max(above, top + eaves - 0.02) + 0.5 * storey
        if number > 0 and mouldings:
            paint(MOULDING, above - 0.012, above + 0.012, left, right)
        for x, its_balcony in zip(middles, with_balcony, strict=True):
            paint_at(WINDOW, x, y, width, height)
            if cornices:
                paint_at(CORNICE, x, y - height / 2 - lintel / 2, 1.2 * width, lintel)
            if blinds:
                for side in (-1, 1):
                    paint_at(BLIND, x + side * 0.62 * width, y, 0.24 * width, height)
            if balconies and its_balcony and number > 0:
                paint_at(BALCONY, x, y + 0.34 * height, 1.4 * width, 0.46 * height)
            elif sills:
                paint_at(SILL, x, y + height / 2 + ledge / 2, 1.2 * width, ledge)
            if decoration and x != middles[-1]:
                paint_at(DECORATION, x + pitch / 2, y, 0.22 * pitch, 0.5 * height)
    paint(MOULDING, ground - 0.018, ground + 0.018, left, right)
    for column, x in enumerate(middles):
        if column == entrance:
            paint_at(DOOR, x, bottom - 0.46 * storey, min(0.62 * pitch, 0.14), 0.92 * storey)
        elif shops:
            paint(SHOP, bottom - 0.88 * storey, bottom - cellar, x - 0.43 * pitch, x + 0.43 * pitch)
        else:
            paint_at(WINDOW, x, bottom - 0.6 * storey, width, 0.62 * storey)
    return labels


def to_rgb(labels: Int64[Tensor, "*n h w"]) -> Float[Tensor, "*n 3 h w"]:
    """Colour a label map by `PALETTE`: the image that a translator gets to see.

    Parameters
    ----------
    labels : Tensor
        (H, W) or (N, H, W) int64, indices into `CLASSES`.

    Returns
    -------
    Tensor
        (3, H, W) or (N, 3, H, W), float32, [0, 1].

    Raises
    ------
    TypeError, ValueError
        Not integer maps, or a label that is no class.

    Examples
    --------
    >>> (to_rgb(torch.tensor([[SHOP]])) * 255).flatten().tolist()
    [174.0, 0.0, 0.0]
    """
    require_labels(labels, CLASSES, "facades")
    return label_maps.to_rgb(labels, PALETTE)


def to_labels(map_rgb: Float[Tensor, "*n 3 h w"]) -> Int64[Tensor, "*n h w"]:
    """Turn a coloured label map back into labels; every pixel must have a colour of `PALETTE`.

    Parameters
    ----------
    map_rgb : Tensor
        (3, H, W) or (N, 3, H, W), [0, 1], as `to_rgb` makes it or an editor saves it, without loss. For maps stored as JPEG, as the
        published ones are, there is `cleaned`.

    Returns
    -------
    Tensor
        (H, W) or (N, H, W) int64.

    Raises
    ------
    TypeError, ValueError
        Not a colour image, or a colour that is not in the palette; the message says where and which is nearest.

    Examples
    --------
    >>> labels = draw(2)
    >>> torch.equal(to_labels(to_rgb(labels)), labels)
    True
    """
    return label_maps.to_labels(map_rgb, CLASSES, PALETTE, "facades")


def cleaned(map_rgb: Float[Tensor, "n 3 h w"]) -> Int64[Tensor, "n h w"]:
    """Labels of maps that were stored as JPEG: the nearest colour for each pixel, then the majority of 3×3 pixels.

    Between two fields JPEG leaves a seam of mixed colours, some of which are nearest to a third class; the majority takes them away.

    Parameters
    ----------
    map_rgb : Tensor
        (N, 3, H, W), [0, 1].

    Returns
    -------
    Tensor
        (N, H, W) int64, indices into `CLASSES`; where two classes are equally frequent, the one that comes first there.

    Raises
    ------
    TypeError, ValueError
        Not colour images.

    Examples
    --------
    >>> labels = draw(1)
    >>> seam = (to_rgb(labels) + to_rgb(labels).roll(1, dims=3)) / 2
    >>> bool((cleaned(seam) == labels).double().mean() > 0.95)
    True
    """
    require_image(map_rgb, "map_rgb", channels=3)
    colours = torch.tensor(PALETTE, device=map_rgb.device) / 255
    nearest = torch.stack([(map_rgb - colour[:, None, None]).square().sum(1) for colour in colours]).argmin(0)
    votes = F.one_hot(nearest, len(CLASSES)).movedim(-1, 1).float()
    return F.avg_pool2d(F.pad(votes, (1, 1, 1, 1), mode="replicate"), 3, stride=1).argmax(1)
