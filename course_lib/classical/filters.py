"""Local filters: each pixel becomes some mean of the pixels around it. What they are good at, and what they cannot know.

Gaussian: weights fall with distance. Bilateral: and with the difference of brightness. Median: no mean at all but the middle value.
Unsharp masking is the opposite wish, detail added instead of taken away, and restores nothing.

All of them repeat the border mirror-wise (… c b a | a b c …), so that the image keeps its size and a constant image its value.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_lib import images
from course_lib.degrade.base import require_number

__all__ = ["bilateral_filter", "gaussian_filter", "median_filter", "unsharp_mask"]


def _mirror(y: Float[Tensor, "n c h w"], radius: int) -> Float[Tensor, "n c h2 w2"]:
    """Extend by ``radius`` pixels on each side, the border pixel repeated; any radius, several mirrorings if need be."""
    rows, columns = (torch.arange(-radius, n + radius, device=y.device) % (2 * n) for n in y.shape[-2:])
    height, width = y.shape[-2:]
    rows, columns = torch.minimum(rows, 2 * height - 1 - rows), torch.minimum(columns, 2 * width - 1 - columns)
    return y[..., rows, :][..., columns]


def _as_batch(y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "n c h w"]:
    images.require_image(y, "y")
    return y.reshape(-1, *y.shape[-3:])


def gaussian_filter(y: Float[Tensor, "*n c h w"], sigma_spatial: float | int) -> Float[Tensor, "*n c h w"]:
    """Average with weights that fall with distance: w(d) ∝ exp(−d² / 2 sigma_spatial²).

    The Gaussian is a product of one in each direction, so two passes of a one-dimensional filter do.

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W)
        The observed image. Each channel is treated by itself.
    sigma_spatial : float
        Standard deviation of the weights in pixels, from 0 (nothing happens) to 100; they are cut off at four of it.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``

    Raises
    ------
    TypeError, ValueError
        ``y`` is no image (see `course_lib.images.require_image`), or ``sigma_spatial`` no number in its range.

    Examples
    --------
    >>> dot = torch.zeros(1, 9, 9)
    >>> dot[0, 4, 4] = 1
    >>> gaussian_filter(dot, 1.0)[0, 4, 3:6]
    tensor([0.0965, 0.1592, 0.0965])
    """
    batch = _as_batch(y)
    require_number(sigma_spatial, "sigma_spatial", at_least=0, at_most=100, unit="pixels")
    radius = int(4 * sigma_spatial + 0.5)
    if radius == 0:
        return y.clone()
    d = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = torch.exp(-(d**2) / (2 * sigma_spatial**2))
    weights = (weights / weights.sum()).to(y)
    planes = _mirror(batch, radius).flatten(0, 1)[:, None]
    planes = F.conv2d(planes, weights[None, None, :, None])
    return F.conv2d(planes, weights[None, None, None, :]).reshape(y.shape)


@torch.no_grad()
def bilateral_filter(
    y: Float[Tensor, "*n c h w"], sigma_color: float | int, sigma_spatial: float | int, *, window_size: int | None = None
) -> Float[Tensor, "*n c h w"]:
    """Average over near pixels of similar value: w(i, j) = exp(−|i − j|² / 2 sigma_spatial²) · exp(−‖yᵢ − yⱼ‖² / 2 sigma_color²).

    A pixel across an edge differs in value and hardly counts, so edges stay. But a noisy pixel differs from all its neighbours and
    hardly counts them: it stays too. One pixel is too little to tell an edge from noise.

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W)
        The observed image. The channels of a colour image have common weights, from their joint Euclidean distance.
    sigma_color : float
        Which difference of values still counts as similar, in grey levels of 255, > 0.
    sigma_spatial : float
        Which distance still counts as near, in pixels, > 0.
    window_size : int, optional
        Side of the square window in pixels, odd; 2 ⌈3 sigma_spatial⌉ + 1 if left out.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``

    Raises
    ------
    TypeError, ValueError
        ``y`` is no image (see `course_lib.images.require_image`), or one of the numbers is none or out of its range.

    References
    ----------
    C. Tomasi, R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998, section 2.

    Examples
    --------
    >>> step = torch.zeros(1, 5, 6)
    >>> step[..., 3:] = 1
    >>> bool((bilateral_filter(step, sigma_color=10, sigma_spatial=1) - step).abs().max() < 1e-6)
    True
    """
    batch = _as_batch(y)
    require_number(sigma_color, "sigma_color", above=0, unit="grey levels of 255")
    require_number(sigma_spatial, "sigma_spatial", above=0, unit="pixels")
    size = 2 * math.ceil(3 * sigma_spatial) + 1 if window_size is None else _require_odd(window_size, "window_size")
    radius = size // 2
    height, width = y.shape[-2:]
    padded = _mirror(batch, radius)
    numerator, denominator = torch.zeros_like(batch), torch.zeros_like(batch[:, :1])
    for down in range(-radius, radius + 1):  # one shift of the whole image at a time
        for right in range(-radius, radius + 1):
            neighbour = padded[..., radius + down :, radius + right :][..., :height, :width]
            distance = (neighbour - batch).square().sum(dim=1, keepdim=True)
            exponent = distance * (-0.5 * (255 / sigma_color) ** 2) - (down**2 + right**2) / (2 * sigma_spatial**2)
            weight = exponent.exp()
            numerator += weight * neighbour
            denominator += weight
    return (numerator / denominator).reshape(y.shape)  # never 0 / 0: the pixel itself has the weight 1


def median_filter(y: Float[Tensor, "*n c h w"], size: int = 3) -> Float[Tensor, "*n c h w"]:
    """Replace each pixel by the middle one of the values around it.

    The middle value does not care how far off the outliers are, so a single black or white pixel vanishes without a trace: the filter
    for impulse noise. It is the value whose *absolute* differences from the others sum to least; the mean minimises the squared ones.

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W)
        The observed image. Each channel is treated by itself.
    size : int
        Side of the square window in pixels, odd. 1 returns the image.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``

    Raises
    ------
    TypeError, ValueError
        ``y`` is no image (see `course_lib.images.require_image`), or ``size`` not an odd int of at least 1.

    Examples
    --------
    >>> speck = torch.full((1, 5, 5), 0.5)
    >>> speck[0, 2, 2] = 1
    >>> bool((median_filter(speck) == 0.5).all())
    True
    """
    batch = _as_batch(y)
    radius = _require_odd(size, "size") // 2
    windows = _mirror(batch, radius).unfold(-2, size, 1).unfold(-2, size, 1)  # (n, c, h, w, size, size)
    return windows.flatten(-2).median(dim=-1).values.reshape(y.shape)


def unsharp_mask(y: Float[Tensor, "*n c h w"], sigma_spatial: float | int = 1.0, amount: float | int = 1.0) -> Float[Tensor, "*n c h w"]:
    """Sharpen: add what a Gaussian filter would take away, y + amount · (y − G y).

    No forward model is inverted here. Everything fine grows, noise included; what a blur has destroyed does not come back.

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W)
        The image. Each channel is treated by itself.
    sigma_spatial : float
        Standard deviation of the Gaussian in pixels, from 0 to 100: what is finer counts as detail.
    amount : float
        How much of the detail is added; 0 returns the image, −1 the Gaussian filter.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``
        Not clipped: beside an edge it may leave [0, 1].

    Raises
    ------
    TypeError, ValueError
        ``y`` is no image (see `course_lib.images.require_image`), or one of the numbers is none or out of its range.

    Examples
    --------
    >>> step = torch.zeros(1, 5, 6)
    >>> step[..., 3:] = 0.5
    >>> unsharp_mask(step, 1.0, 1.0)[0, 2, 2:4]  # dark side darker, bright side brighter
    tensor([-0.1503,  0.6503])
    """
    require_number(amount, "amount")
    return y + amount * (y - gaussian_filter(y, sigma_spatial))


def _require_odd(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: got {type(value).__name__}, expected an odd int, in pixels")
    if value < 1 or value % 2 == 0:
        raise ValueError(f"{name}: got {value}, expected an odd number of at least 1: the window has a centre pixel")
    return value
