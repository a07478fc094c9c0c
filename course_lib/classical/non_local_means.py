"""Non-local means: a pixel becomes the mean of the pixels that look like it, wherever they are.

A local filter averages what lies near, and blurs where neighbours differ. Non-local means averages what is *similar*: the weight of
pixel q in the estimate of pixel p falls with the distance between the patches around p and around q,

    x̂(p) = Σ_q w(p, q) y(q) / Σ_q w(p, q),     w(p, q) = exp(− max(d²(p, q) − 2σ², 0) / h²),

where d² is the mean squared difference of the two patches. Two patches of the same scene with independent noise differ by 2σ² on
average: this is subtracted, so that differences that the noise explains cost nothing. h says how fast the rest costs.

The *pixel-wise* form (Buades, Coll, Morel 2005) weighs the patch with a Gaussian and moves only its central pixel. The *patch-wise* form
(Buades, Coll, Morel 2011) moves whole patches, weighed flat, and averages the estimates of a pixel from all patches that contain it.

The naive algorithm visits pixels, and for each one all offsets. The fast one visits offsets, and for each one all pixels: the squared
difference between the image and its shifted self, filtered with the patch, is d² for all pixels at once; and as w(p, q) = w(q, p), half
of the offsets do.
"""

import math
from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_lib import images
from course_lib.classical.noise_level import estimate_sigma

__all__ = ["nl_means", "nl_means_naive", "nl_means_weights"]

_H_OVER_SIGMA = {"pixel": 0.9, "patch": 0.6}  # where h is not given: best of a grid over photographs and σ = 15, 25, 50


def _patch_profile(patch_size: int, form: str, y: Tensor) -> Float[Tensor, "s"]:
    """Return the factor g of the separable patch weights g(i) g(j); their sum is 1."""
    if form == "patch":
        return y.new_full((patch_size,), 1 / patch_size)
    i = torch.arange(patch_size, dtype=torch.float64) - patch_size // 2
    g = torch.exp(-(i**2) / (2 * ((patch_size - 1) / 4) ** 2))
    return (g / g.sum()).to(y)


def _require_arguments(
    y: Tensor, sigma: float | int | None, h: float | int | None, patch_size: int, search_window: int, form: str
) -> tuple[Float[Tensor, "n c h w"], Float[Tensor, "n"], Float[Tensor, "n"]]:
    """Check the arguments; return the batch, and for each image σ and h as fractions of 1."""
    if form not in _H_OVER_SIGMA:
        raise ValueError(f"form: got {form!r}, expected 'pixel' or 'patch'")
    for name, value in (("patch_size", patch_size), ("search_window", search_window)):
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name}: got {type(value).__name__}, expected an odd int")
        if value < 3 or value % 2 == 0:
            raise ValueError(f"{name}: got {value}, expected an odd number of at least 3: it has a centre")
    for name, value in (("sigma", sigma), ("h", h)):
        if value is not None:
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise TypeError(f"{name}: got {type(value).__name__}, expected a number in grey levels of 255, or None")
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: got {value}, expected a finite number of at least 0, in grey levels of 255")
    images.require_image(y, "y", min_size=patch_size // 2 + 1)
    if y.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"y: got dtype {y.dtype}, expected float32 or float64; convert it with y.float()")
    batch = y.reshape(-1, *y.shape[-3:])
    sigmas = estimate_sigma(batch) if sigma is None else y.new_full((len(batch),), sigma)
    hs = sigmas * _H_OVER_SIGMA[form] if h is None else y.new_full((len(batch),), h)
    return batch, sigmas / 255, hs / 255


def _filter(d: Float[Tensor, "h w"], g: Float[Tensor, "s"], dim: int) -> Float[Tensor, "h2 w2"]:
    """Correlate along one axis with the symmetric ``g``, keeping only where it fits."""
    radius, size = len(g) // 2, d.shape[dim] - len(g) + 1
    g = g.tolist()
    out = d.narrow(dim, radius, size) * g[radius]
    for i in range(radius):
        out.add_(d.narrow(dim, i, size) + d.narrow(dim, len(g) - 1 - i, size), alpha=g[i])
    return out


_Slices = tuple[slice, slice]


def _weights(
    padded: Float[Tensor, "c h2 w2"], sigma: float, h: float, g: Float[Tensor, "s"], search_window: int
) -> Iterator[tuple[_Slices, _Slices, Float[Tensor, "..."]]]:
    """For each offset of one half of the search window, yield the slices of p and of q = p + offset, and w(p, q)."""
    edge, reach = len(g) - 1, search_window // 2
    height, width = padded.shape[1] - edge, padded.shape[2] - edge
    for down in range(min(reach, height - 1) + 1):
        for right in range(-min(reach, width - 1), min(reach, width - 1) + 1):
            if (down, right) <= (0, 0):
                continue
            p = slice(0, height - down), slice(max(-right, 0), width - max(right, 0))
            q = slice(down, height), slice(max(right, 0), width - max(-right, 0))
            around_p, around_q = (tuple(slice(s.start, s.stop + edge) for s in pixels) for pixels in (p, q))
            difference = (padded[:, *around_p] - padded[:, *around_q]).square_()
            distance = _filter(_filter(difference.mean(dim=0), g, 0), g, 1)
            yield p, q, distance.sub_(2 * sigma**2).clamp_(min=0).mul_(-1 / h**2).exp_()


def _pixelwise(y: Float[Tensor, "c h w"], sigma: float, h: float, patch_size: int, search_window: int) -> Float[Tensor, "c h w"]:
    g = _patch_profile(patch_size, "pixel", y)
    padded = F.pad(y[None], (patch_size // 2,) * 4, mode="reflect")[0]
    total, norm = y.clone(), torch.ones_like(y[0])  # offset 0: the pixel itself, with weight 1
    for p, q, w in _weights(padded, sigma, h, g, search_window):
        total[:, *p] += w * y[:, *q]
        total[:, *q] += w * y[:, *p]
        norm[p] += w
        norm[q] += w
    return total / norm


def _patchwise(y: Float[Tensor, "c h w"], sigma: float, h: float, patch_size: int, search_window: int) -> Float[Tensor, "c h w"]:
    g = _patch_profile(patch_size, "patch", y)
    radius = patch_size // 2
    padded = F.pad(y[None], (radius,) * 4, mode="reflect")[0]

    def spread(weights: Float[Tensor, "h2 w2"]) -> Float[Tensor, "h3 w3"]:
        """Give the weight of a patch to all its pixels."""
        return _filter(_filter(F.pad(weights, (patch_size - 1,) * 4), g, 0), g, 1)

    norm = torch.ones_like(y[0])
    for p, q, w in _weights(padded, sigma, h, g, search_window):
        norm[p] += w
        norm[q] += w
    total = spread(1 / norm) * padded  # offset 0: the patch itself, with weight 1
    for p, q, w in _weights(padded, sigma, h, g, search_window):
        around_p, around_q = (tuple(slice(s.start, s.stop + 2 * radius) for s in pixels) for pixels in (p, q))
        total[:, *around_p] += spread(w / norm[p]) * padded[:, *around_q]
        total[:, *around_q] += spread(w / norm[q]) * padded[:, *around_p]
    patches = spread(torch.ones_like(norm))  # that contain a pixel: fewer at the border
    return (total / patches)[:, radius:-radius, radius:-radius]


@torch.no_grad()
def nl_means(
    y: Float[Tensor, "*n c h w"],
    sigma: float | int | None = None,
    *,
    h: float | int | None = None,
    patch_size: int = 7,
    search_window: int = 21,
    form: Literal["pixel", "patch"] = "pixel",
) -> Float[Tensor, "*n c h w"]:
    """Remove white Gaussian noise by non-local means.

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W), float32 or float64
        The observed image. Colour patches are compared in all channels together, and the channels share the weights.
    sigma : float, optional
        Standard deviation of the noise in grey levels of 255; ``None`` estimates it for each image
        (`course_lib.classical.estimate_sigma`). 0 takes the distances as they are.
    h : float, optional
        The filtering parameter in grey levels: small keeps noise, large blurs. By default 0.9 σ pixel-wise and 0.6 σ patch-wise.
        0 returns ``y``.
    patch_size : int
        Side of a patch, odd.
    search_window : int
        Side of the square in which similar patches are looked for, odd.
    form : {"pixel", "patch"}
        Whether single pixels or whole patches are averaged; the second is a little better and takes more than twice as long.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``

    Raises
    ------
    TypeError, ValueError
        ``y`` is no image or smaller than half a patch; a size is even or too small; ``sigma`` or ``h`` is negative; unknown ``form``.

    Notes
    -----
    The border is continued by reflection; patches around pixels beyond the border are not used. The pixel itself has weight 1.

    References
    ----------
    A. Buades, B. Coll, J.-M. Morel, "A review of image denoising algorithms, with a new one", Multiscale Modeling and Simulation 4
    (2005).
    A. Buades, B. Coll, J.-M. Morel, "Non-local means denoising", Image Processing On Line 1 (2011): the patch-wise form, and 2σ².

    Examples
    --------
    >>> x = torch.linspace(0, 1, 32).expand(1, 32, 32)
    >>> y = x + 25 / 255 * torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> bool((nl_means(y, sigma=25) - x).square().mean() < 0.1 * (y - x).square().mean())
    True
    """
    batch, sigmas, hs = _require_arguments(y, sigma, h, patch_size, search_window, form)
    filtered = _pixelwise if form == "pixel" else _patchwise
    estimates = [
        filtered(image, sigma, h, patch_size, search_window) if h > 0 else image
        for image, sigma, h in zip(batch, sigmas.tolist(), hs.tolist(), strict=True)
    ]
    return torch.stack(estimates).view(y.shape)


@torch.no_grad()
def nl_means_naive(
    y: Float[Tensor, "c h w"],
    sigma: float | int,
    *,
    h: float | int | None = None,
    patch_size: int = 7,
    search_window: int = 21,
    form: Literal["pixel", "patch"] = "pixel",
) -> Float[Tensor, "c h w"]:
    """Compute what `nl_means` computes, as the definition has it: for each pixel, for each offset. For images of a few dozen pixels.

    Parameters
    ----------
    y, sigma, h, patch_size, search_window, form
        As in `nl_means`; one image, and ``sigma`` must be given.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``

    Raises
    ------
    TypeError, ValueError
        As in `nl_means`.

    Examples
    --------
    >>> y = torch.rand(1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    >>> bool((nl_means_naive(y, 50, search_window=5) - nl_means(y, 50, search_window=5)).abs().max() < 1e-12)
    True
    """
    _, (sigma,), (h,) = _require_arguments(y, sigma, h, patch_size, search_window, form)
    if h == 0:
        return y.clone()
    (_, height, width), radius, reach = y.shape, patch_size // 2, search_window // 2
    g = _patch_profile(patch_size, form, y)
    padded = F.pad(y[None], (radius,) * 4, mode="reflect")[0]

    def patch(row: int, column: int) -> Float[Tensor, "c s s"]:
        return padded[:, row : row + patch_size, column : column + patch_size]

    total, count = torch.zeros_like(padded), torch.zeros_like(padded)
    for row in range(height):
        for column in range(width):
            estimate, norm = torch.zeros_like(patch(0, 0)), 0.0
            for other_row in range(max(row - reach, 0), min(row + reach + 1, height)):
                for other_column in range(max(column - reach, 0), min(column + reach + 1, width)):
                    squares = (patch(row, column) - patch(other_row, other_column)).square().mean(dim=0)
                    distance = (torch.outer(g, g) * squares).sum()
                    w = torch.exp(-(distance - 2 * sigma**2).clamp(min=0) / h**2)
                    estimate += w * patch(other_row, other_column)
                    norm += w
            used = slice(None) if form == "patch" else slice(radius, radius + 1)  # the whole patch, or its centre
            total[:, row : row + patch_size, column : column + patch_size][:, used, used] += (estimate / norm)[:, used, used]
            count[:, row : row + patch_size, column : column + patch_size][:, used, used] += 1
    inside = slice(radius, -radius)
    return (total[:, inside, inside] / count[:, inside, inside]).view(y.shape)


@torch.no_grad()
def nl_means_weights(
    y: Float[Tensor, "c h w"],
    sigma: float | int | None,
    row: int,
    column: int,
    *,
    h: float | int | None = None,
    patch_size: int = 7,
    search_window: int = 21,
) -> Float[Tensor, "s s"]:
    """Return the weights with which the pixels of the search window enter the estimate of one pixel.

    Parameters
    ----------
    y, sigma, h, patch_size, search_window
        As in `nl_means`, pixel-wise form; one image.
    row, column : int
        The pixel to be estimated.

    Returns
    -------
    Tensor, shape (search_window, search_window)
        w(p, q) / Σ w(p, q), q counted from the upper left corner of the window; 0 where the window leaves the image. The sum is 1.

    Raises
    ------
    TypeError, ValueError
        As in `nl_means`; also if the pixel does not lie in the image, or h is 0.

    Examples
    --------
    >>> y = torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> weights = nl_means_weights(y, 25, row=10, column=12)
    >>> weights.shape, (weights.argmax() == 220).item()
    (torch.Size([21, 21]), True)
    """
    _, (sigma,), (h,) = _require_arguments(y, sigma, h, patch_size, search_window, "pixel")
    if h == 0:
        raise ValueError("h: got 0, expected more than 0: every pixel would be its own estimate")
    for name, at, size in (("row", row, y.shape[1]), ("column", column, y.shape[2])):
        if not 0 <= at < size:
            raise ValueError(f"{name}: got {at}, expected 0 to {size - 1}")
    g = _patch_profile(patch_size, "pixel", y)
    reach = search_window // 2
    padded = F.pad(y[None], (patch_size // 2,) * 4, mode="reflect")[0]
    patches = padded.unfold(1, patch_size, 1).unfold(2, patch_size, 1)  # (c, h, w, s, s), a view
    upper, left = max(row - reach, 0), max(column - reach, 0)
    near = patches[:, upper : row + reach + 1, left : column + reach + 1]
    distance = ((near - patches[:, row, column, None, None]).square().mean(dim=0) * torch.outer(g, g)).sum(dim=(-2, -1))
    w = torch.exp(-(distance - 2 * sigma**2).clamp(min=0) / h**2)
    weights = y.new_zeros(search_window, search_window)
    top, start = upper - (row - reach), left - (column - reach)
    weights[top : top + w.shape[0], start : start + w.shape[1]] = w / w.sum()
    return weights
