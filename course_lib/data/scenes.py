"""Small street scenes: a label map of eight classes, and the picture that an exactly known rule paints from it, by day and by night.

Image-to-image translation is hard to judge where nobody knows the right answer. Here everybody does. A scene is a *label map*, which says
the class of each pixel. A picture is painted from the map alone, by

    picture = colour(class, row) · (1 + shading(map) + texture · noise(seed))

The colour is the class's, in sky and ground with a gradient from top to bottom. The shading follows from the map: eaves darken the wall
below them, whatever stands upright throws a shadow to its right, walls have courses of brick, roofs rows of tiles. The noise does not: no
network can know how bright one brick will be, only how bright bricks are. It is symmetric about zero, so with `texture=0` the rule gives
the mean (and median) of all pictures of a map, which is the best that a network trained with a squared (or absolute) error can draw.

Night has other colours (and light in the windows), and the same shading and noise. So the same scene by day and by night is a pair that is
known exactly, also where it is hidden from the learner of an unpaired method (`domains`, `relight`).

Shading and noise change only the brightness, so all colours of one class lie on a short straight piece through its colour. `read` finds the
nearest such piece, and with it the classes that a picture shows; of pictures painted here it names every pixel rightly.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib.data import label_maps
from course_lib.data.arguments import require_int
from course_lib.data.label_maps import require_labels
from course_lib.images import require_image

CLASSES = ("sky", "ground", "path", "wall", "roof", "window", "door", "tree")
SKY, GROUND, PATH, WALL, ROOF, WINDOW, DOOR, TREE = range(len(CLASSES))

# colours of the label map, in 8 bits
PALETTE = ((0, 128, 255), (0, 160, 0), (160, 160, 160), (255, 200, 120), (200, 0, 0), (0, 0, 160), (120, 60, 0), (0, 80, 0))

Light = Literal["day", "night"]

# colours of the picture: each class's at the top and at the bottom of the image
_COLOURS = {
    "day": (
        ((0.40, 0.60, 0.84), (0.66, 0.76, 0.84)),
        ((0.50, 0.64, 0.26), (0.36, 0.56, 0.14)),
        ((0.52, 0.52, 0.55), (0.52, 0.52, 0.55)),
        ((0.80, 0.55, 0.44), (0.80, 0.55, 0.44)),
        ((0.55, 0.18, 0.12), (0.55, 0.18, 0.12)),
        ((0.15, 0.22, 0.40), (0.15, 0.22, 0.40)),
        ((0.80, 0.70, 0.15), (0.80, 0.70, 0.15)),
        ((0.10, 0.38, 0.22), (0.10, 0.38, 0.22)),
    ),
    "night": (
        ((0.06, 0.08, 0.24), (0.20, 0.20, 0.40)),
        ((0.14, 0.24, 0.18), (0.08, 0.18, 0.14)),
        ((0.25, 0.26, 0.33), (0.25, 0.26, 0.33)),
        ((0.42, 0.27, 0.33), (0.42, 0.27, 0.33)),
        ((0.24, 0.07, 0.10), (0.24, 0.07, 0.10)),
        ((0.80, 0.66, 0.26), (0.80, 0.66, 0.26)),
        ((0.33, 0.29, 0.06), (0.33, 0.29, 0.06)),
        ((0.03, 0.13, 0.12), (0.03, 0.13, 0.12)),
    ),
}
# how dark and how bright a class can become, as factors of its colour
_DARKEST = (0.85, 0.45, 0.60, 0.47, 0.60, 0.80, 0.62, 0.70)
_BRIGHTEST = (1.15, 1.30, 1.15, 1.20, 1.25, 1.20, 1.00, 1.45)
_TEXTURE = (0.15, 0.30, 0.15, 0.20, 0.25, 0.00, 0.00, 0.30)  # amplitude of the noise

_GRID = 64  # patterns and shadows are laid out in 64ths of the image's side
_PART = 256  # scenes drawn at a time: such a part fits the processor's cache


# ------------------------------------------------------------------------------------------------------------------------------ label maps


def draw(n: int, size: int = 64, seed: int = 0) -> Int64[Tensor, "n {size} {size}"]:
    """Draw the label maps of n scenes: sky and rolling ground, one or two houses with windows, a door and a path to it, up to three trees.

    Parameters
    ----------
    n : int
        Number of scenes.
    size : int
        Side of the maps in pixels, 32 to 256. The same seed gives the same scenes in every size.
    seed : int
        The same seed and n give the same scenes; another seed, other ones.

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
    (torch.Size([3, 64, 64]), 'sky')
    """
    require_int("n", n, 1, 1_000_000)
    require_int("size", size, 32, 256)
    require_int("seed", seed, 0, 2**62)
    generator = torch.Generator().manual_seed(seed)
    return torch.cat([_draw(min(_PART, n - start), size, generator) for start in range(0, n, _PART)])


def _draw(n: int, size: int, generator: torch.Generator) -> Tensor:
    """The painter's way: what is nearer covers what is farther. Lengths are shares of the side; x to the right, y down."""
    axis = (torch.arange(size) + 0.5) / size
    x, y = axis[None, None, :], axis[None, :, None]
    labels = torch.full((n, size, size), SKY)

    def uniform(low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, generator=generator)

    def paint(where: Tensor, what: int) -> None:
        labels.masked_fill_(where, what)

    level = uniform(0.55, 0.66)
    paint(y > level + uniform(0.0, 0.04) * torch.sin(6.3 * (x * uniform(0.5, 1.5) + uniform())), GROUND)

    two = uniform() < 0.5
    houses = []
    for at, exists in ((uniform(0.2, 0.28), torch.ones_like(two)), (uniform(0.7, 0.8), two)):
        width = torch.where(two, uniform(0.28, 0.36), uniform(0.36, 0.6))
        left = torch.where(two, at, uniform(0.35, 0.65)) - width / 2
        base, height = level + uniform(0.06, 0.16), uniform(0.24, 0.36)
        columns, rows = 2 + (uniform() * ((width / 0.14).floor() - 1)).floor(), 1 + (uniform() < 0.5).float()
        door = (uniform() * columns).floor()
        houses.append((exists, left, width, base, height, columns, rows, door))
        # the path widens towards the viewer
        middle, below = left + (door + 0.5) / columns * width + uniform(-0.6, 0.6) * (y - base), y - base
        paint(exists & (below >= -0.02) & ((x - middle).abs() < 0.03 + 0.25 * below), PATH)

    for exists, left, width, base, height, columns, rows, door in houses:
        s, t = (x - left) / width, (y - base) / height + 1  # 0 to 1 across the wall, and down it
        wall = exists & (s >= 0) & (s < 1) & (t >= 0) & (t < 1)
        paint(wall, WALL)
        column, row = (s * columns).floor(), (t * rows).floor()
        across, down = s * columns - column, t * rows - row
        entrance = (column == door) & (row == rows - 1)
        paint(wall & ~entrance & ((across - 0.5).abs() < 0.26) & ((down - 0.5).abs() < 0.26), WINDOW)
        paint(wall & entrance & ((across - 0.5).abs() * width / columns < 0.04) & ((1 - t) * height < 0.15), DOOR)
        peak, ridge = uniform(0.12, 0.2), torch.where(uniform() < 0.5, 0.0, 0.5)  # a gable's ridge is a point, a hip's half as long
        fall = (y - (base - height)) / peak + 1  # 0 at the ridge, 1 at the eaves
        paint(exists & (fall >= 0) & (fall <= 1) & ((s - 0.5).abs() < 0.56 * (ridge + (1 - ridge) * fall)), ROOF)

    for _ in range(3):
        exists, at, foot, radius = uniform() < 0.5, uniform(0.04, 0.96), level + uniform(0.04, 0.3), uniform(0.05, 0.1)
        crown = foot - uniform(0.1, 0.14) - radius
        paint(exists & ((x - at).square() + (0.8 * (y - crown)).square() < radius.square()), TREE)
        paint(exists & ((x - at).abs() < 0.018) & (y >= crown) & (y < foot), TREE)
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
    >>> (to_rgb(torch.tensor([[ROOF]])) * 255).flatten().tolist()
    [200.0, 0.0, 0.0]
    """
    require_labels(labels, CLASSES, "scenes")
    return label_maps.to_rgb(labels, PALETTE)


def to_labels(map_rgb: Float[Tensor, "*n 3 h w"]) -> Int64[Tensor, "*n h w"]:
    """Turn a coloured label map back into labels; every pixel must have a colour of `PALETTE`.

    Parameters
    ----------
    map_rgb : Tensor
        (3, H, W) or (N, 3, H, W), [0, 1], as `to_rgb` makes it or an editor saves it, without loss.

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
    return label_maps.to_labels(map_rgb, CLASSES, PALETTE, "scenes")


# -------------------------------------------------------------------------------------------------------------------------------- pictures


def render(labels: Int64[Tensor, "*n h w"], light: Light = "day", seed: int = 0, texture: float | int = 1) -> Float[Tensor, "*n 3 h w"]:
    """Paint the pictures of label maps, by the rule of this module.

    Parameters
    ----------
    labels : Tensor
        (H, W) or (N, H, W) int64: from `draw`, or edited by hand.
    light : {"day", "night"}
        The table of colours.
    seed : int
        Of the noise. The same maps with the same seed have the same noise by day and by night.
    texture : float
        Amplitude of the noise, 0 to 1. With 0 the picture is the mean over all seeds.

    Returns
    -------
    Tensor
        (3, H, W) or (N, 3, H, W), float32, in [0, 1] without clipping.

    Raises
    ------
    TypeError, ValueError
        Not integer maps of known classes, an unknown light, a texture outside [0, 1].

    Examples
    --------
    >>> labels = draw(2)
    >>> day, night = render(labels), render(labels, "night")
    >>> day.shape, bool(day.mean() > 2 * night.mean())
    (torch.Size([2, 3, 64, 64]), True)
    """
    require_labels(labels, CLASSES, "scenes")
    _require_light("light", light)
    require_int("seed", seed, 0, 2**62)
    if not 0 <= texture <= 1:
        raise ValueError(f"texture: got {texture}, expected 0 (the mean picture) to 1")
    generator = torch.Generator().manual_seed(seed)
    maps = labels.reshape(-1, *labels.shape[-2:])
    pictures = []
    for part in maps.split(_PART):
        brightness = 1 + _shading(part)
        if texture > 0:
            brightness = brightness + texture * _noise(part, generator)
        pictures.append(_colours(part, light) * brightness[:, None])
    return torch.cat(pictures).reshape(*labels.shape[:-2], 3, *labels.shape[-2:])


def _table(light: Light, height: int, device: torch.device) -> Float[Tensor, "classes height 3"]:
    """Each class's colour in each row."""
    top, bottom = torch.tensor(_COLOURS[light], device=device).unbind(1)
    down = torch.linspace(0, 1, height, device=device)[:, None]
    return torch.lerp(top[:, None], bottom[:, None], down)


def _colours(labels: Tensor, light: Light) -> Float[Tensor, "n 3 h w"]:
    height = labels.shape[-2]
    rows = torch.arange(height, device=labels.device)[:, None]
    return _table(light, height, labels.device)[labels, rows].movedim(-1, -3)


def _grid(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column of each pixel in 64ths of the side."""
    height, width = labels.shape[-2:]
    rows, columns = torch.arange(height, device=labels.device), torch.arange(width, device=labels.device)
    return (rows * _GRID // height)[:, None], (columns * _GRID // width)[None, :]


def _is_any(labels: Tensor, *classes: int) -> Tensor:
    table = torch.zeros(len(CLASSES), dtype=torch.bool, device=labels.device)
    table[list(classes)] = True
    return table[labels]


def _shading(labels: Tensor) -> Float[Tensor, "n h w"]:
    """What follows from the map: patterns by class and place, eaves, shadows, the lit side of trees."""
    row, column = _grid(labels)
    height, width = labels.shape[-2:]
    brick = (row % 4 == 3) | ((column + 4 * (row // 4 % 2)) % 8 == 7)
    patterns = torch.zeros(len(CLASSES), height, width, device=labels.device)
    patterns[WALL] = -0.12 * brick
    patterns[ROOF] = -0.15 * (row % 4 == 3)
    patterns[DOOR] = -0.13 * (column % 4 == 3)
    patterns[WINDOW] = 0.2 * ((row + column) % 8 < 3)
    shading = patterns[labels, torch.arange(height, device=labels.device)[:, None], torch.arange(width, device=labels.device)]

    def near(what: Tensor, up: int = 0, left: int = 0) -> Tensor:
        """Whether there is such a pixel within so many 64ths above or to the left."""
        up, left = -(-up * height // _GRID), -(-left * width // _GRID)
        return F.max_pool2d(F.pad(what.float()[:, None], (left, 0, up, 0)), (up + 1, left + 1), stride=1)[:, 0].bool()

    eaves = near(labels == ROOF, up=3)
    shadow = near(_is_any(labels, WALL, WINDOW, DOOR, TREE), left=6)
    darker = torch.where(_is_any(labels, WALL, WINDOW, DOOR), eaves, shadow & _is_any(labels, GROUND, PATH))
    lit = (labels == TREE) & near(labels != TREE, left=2)
    return shading - torch.tensor((0, 0.25, 0.25, 0.21, 0, 0.2, 0.25, 0), device=labels.device)[labels] * darker + 0.15 * lit


def _noise(labels: Tensor, generator: torch.Generator) -> Float[Tensor, "n h w"]:
    """What does not: smooth clouds, blades of grass, bricks and tiles each of their own brightness, leaves in clumps. Each has mean 0."""
    row, column = _grid(labels)
    n, height, width = labels.shape

    def uniform(*shape: int) -> Tensor:
        return (2 * torch.rand(n, *shape, generator=generator) - 1).to(labels.device)

    clouds = F.interpolate(uniform(1, 5, 5), (height, width), mode="bilinear", align_corners=True)[:, 0]
    # grass in 64ths too: the finest noise of a larger picture is no finer than that of a small one
    grass, bricks = uniform(_GRID, _GRID)[:, row, column], uniform(_GRID // 4, _GRID // 8 + 1)
    tiles, leaves = uniform(_GRID // 4, _GRID // 4), uniform(_GRID // 2, _GRID // 2)
    noise = torch.where(labels == SKY, clouds, grass)
    noise = torch.where(labels == WALL, bricks[:, row // 4, (column + 4 * (row // 4 % 2)) // 8], noise)
    noise = torch.where(labels == ROOF, tiles[:, row // 4, column // 4], noise)
    noise = torch.where(labels == TREE, leaves[:, row // 2, column // 2], noise)
    return noise * torch.tensor(_TEXTURE, device=labels.device)[labels]


def read(pictures: Float[Tensor, "*n 3 h w"], light: Light = "day") -> Int64[Tensor, "*n h w"]:
    """Name the class of each pixel of a picture, whether painted here or by a network: the nearest class in colour.

    The colours of a class in a row are the multiples of its colour that shading and noise can make. The class whose piece of line is
    nearest to the pixel, in RGB, is the answer. No neighbours are looked at, nothing is learned.

    Parameters
    ----------
    pictures : Tensor
        (3, H, W) or (N, 3, H, W), about in [0, 1].
    light : {"day", "night"}
        Which table of colours to read by.

    Returns
    -------
    Tensor
        (H, W) or (N, H, W) int64.

    Raises
    ------
    TypeError, ValueError
        Not colour images, or an unknown light.

    Examples
    --------
    >>> labels = draw(2)
    >>> torch.equal(read(render(labels, texture=0)), labels)
    True
    """
    require_image(pictures, "pictures", channels=3)
    _require_light("light", light)
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    labels = [_distances(part, light)[0].argmin(1) for part in flat.split(_PART)]
    return torch.cat(labels).reshape(*pictures.shape[:-3], *pictures.shape[-2:])


def _distances(pictures: Tensor, light: Light) -> tuple[Float[Tensor, "n classes h w"], Float[Tensor, "n classes h w"]]:
    """Squared distance of each pixel from each class's piece of line, and the brightness at the nearest point of the whole line."""
    device, height = pictures.device, pictures.shape[-2]
    colour = _table(light, height, device).to(pictures.dtype)  # classes, rows, 3
    along = torch.einsum("nchw,khc->nkhw", pictures, colour)
    square = colour.square().sum(-1)[:, :, None]
    low, high = (torch.tensor(bound, device=device, dtype=pictures.dtype)[:, None, None] for bound in (_DARKEST, _BRIGHTEST))
    brightness = along / square
    nearest = brightness.clamp(low, high)
    return pictures.square().sum(1, keepdim=True) - 2 * nearest * along + nearest.square() * square, brightness


def relight(pictures: Float[Tensor, "*n 3 h w"], light: Light, to: Light) -> Float[Tensor, "*n 3 h w"]:
    """The known map between day and night: read each pixel's class and brightness, and give it the other light's colour.

    Parameters
    ----------
    pictures : Tensor
        (3, H, W) or (N, 3, H, W), painted by `render`.
    light, to : {"day", "night"}
        The light that they have, and the one that they shall have.

    Returns
    -------
    Tensor
        The same scenes in the other light: exact wherever `read` is right.

    Raises
    ------
    TypeError, ValueError
        Not colour images, or an unknown light.

    Examples
    --------
    >>> labels = draw(1)
    >>> night = relight(render(labels, texture=0), "day", "night")
    >>> torch.allclose(night, render(labels, "night", texture=0), atol=1e-6)
    True
    """
    require_image(pictures, "pictures", channels=3)
    _require_light("light", light)
    _require_light("to", to)
    flat, parts = pictures.reshape(-1, *pictures.shape[-3:]), []
    for part in flat.split(_PART):
        distance, brightness = _distances(part, light)
        labels = distance.argmin(1, keepdim=True)
        parts.append(_colours(labels[:, 0], to).to(part.dtype) * brightness.gather(1, labels))
    return torch.cat(parts).reshape(pictures.shape)


# ------------------------------------------------------------------------------------------------------------------------------- data sets


def pairs(n: int, size: int = 64, seed: int = 0) -> tuple[Float[Tensor, "n 3 {size} {size}"], Float[Tensor, "n 3 {size} {size}"]]:
    """Draw coloured label maps with the pictures painted from them: what a paired translator such as pix2pix is trained on.

    Parameters
    ----------
    n, size, seed : int
        As for `draw`; the seed is that of the noise too.

    Returns
    -------
    maps, pictures : Tensor
        (n, 3, size, size) each, float32, [0, 1].

    Examples
    --------
    >>> maps, pictures = pairs(4)
    >>> maps.shape == pictures.shape == (4, 3, 64, 64)
    True
    """
    labels = draw(n, size, seed)
    return to_rgb(labels), render(labels, seed=seed)


def domains(
    n: int, size: int = 64, seed: int = 0
) -> tuple[Float[Tensor, "n 3 {size} {size}"], Float[Tensor, "n 3 {size} {size}"], Int64[Tensor, " n"]]:
    """Draw the same scenes by day and by night, in different orders: what an unpaired translator such as CycleGAN is trained on.

    Parameters
    ----------
    n, size, seed : int
        As for `draw`; the seed is that of the noise and of the order too.

    Returns
    -------
    day, night : Tensor
        (n, 3, size, size) each, float32, [0, 1].
    partner : Tensor
        (n,) int64, the hidden pairing: ``night[partner[i]]`` shows the scene of ``day[i]``, noise and all. For judging only.

    Examples
    --------
    >>> day, night, partner = domains(4)
    >>> bool((relight(day, "day", "night") - night[partner]).abs().mean() < 0.01)
    True
    """
    labels = draw(n, size, seed)
    partner = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    night = torch.empty(n, 3, size, size)
    night[partner] = render(labels, "night", seed)
    return render(labels, "day", seed), night, partner


# ------------------------------------------------------------------------------------------------------------------------------- bad input


def _require_light(name: str, light: str) -> None:
    if light not in _COLOURS:
        raise ValueError(f"{name}: got {light!r}, expected 'day' or 'night'")
