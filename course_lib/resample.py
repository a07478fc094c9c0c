"""Resizing as MATLAB's ``imresize`` does it, bit for bit.

Super-resolution tables are measured on images that MATLAB has made small, so a course that wants the same numbers needs the
same pixels. Three things set ``imresize`` apart from other libraries: the cubic kernel has a = −0.5; when shrinking, the
kernel is stretched by 1/scale so that it also blurs (anti-aliasing); and an 8-bit image is rounded after the vertical pass and
again after the horizontal one. Torch's ``interpolate`` and PIL differ in the kernel, at the border or in the rounding.

Each pass is one sparse matrix W of shape (out_length, in_length), y = W x: `resize_weights` gives it, `imresize` applies it
along both axes and `imresize_adjoint` applies its transpose.

References
----------
R. G. Keys: Cubic convolution interpolation for digital image processing. IEEE Transactions on Acoustics, Speech, and Signal
Processing 29(6), 1981, equation 15 (the kernel with a = −0.5).
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.images import require_image

__all__ = ["imresize", "imresize_adjoint", "resize_weights"]

Method = Literal["bicubic", "bilinear", "nearest", "box"]
Border = Literal["symmetric", "replicate"]


def _cubic(t: Tensor) -> Tensor:
    """Keys' kernel, equation 15, on (−2, 2)."""
    t = t.abs()
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return torch.where(t <= 1, near, torch.where(t <= 2, far, 0.0))


def _triangle(t: Tensor) -> Tensor:
    return (1 - t.abs()).clamp(min=0)


def _box(t: Tensor) -> Tensor:
    return ((t >= -0.5) & (t < 0.5)).to(t.dtype)


_KERNELS = {"bicubic": (_cubic, 4), "bilinear": (_triangle, 2), "nearest": (_box, 1), "box": (_box, 1)}  # function, support


def resize_weights(
    in_length: int,
    out_length: int,
    scale: float | int | None = None,
    method: Method = "bicubic",
    antialias: bool = True,
    border: Border = "symmetric",
) -> tuple[Float[Tensor, "out taps"], Int[Tensor, "out taps"]]:
    """The linear map that resizes one axis: which input pixels make each output pixel, and with which weights.

    ``y[i] = sum over k of weights[i, k] * x[indices[i, k]]``

    Parameters
    ----------
    in_length, out_length : int
        Pixels before and after.
    scale : float, optional
        The factor between the two grids; ``out_length / in_length`` by default. It differs from that where an output length
        was rounded up, and then shifts the samples a little, as in MATLAB.
    method : {"bicubic", "bilinear", "nearest", "box"}
        The kernel.
    antialias : bool
        Stretch the kernel by 1/scale when shrinking. ``"nearest"`` never does.
    border : {"symmetric", "replicate"}
        What lies beyond the edge: the mirror image (…, x₁, x₀ | x₀, x₁, …) or the edge pixel repeated.

    Returns
    -------
    weights : Tensor, shape (out_length, taps), float64
        Each row sums to 1.
    indices : Tensor, shape (out_length, taps), int64
        In 0..in_length − 1; near the border an index may occur twice in a row.

    Raises
    ------
    TypeError, ValueError
        Lengths below 1, a scale that is not positive, an unknown method or border.

    Examples
    --------
    >>> weights, indices = resize_weights(4, 2, method="box")
    >>> dense = torch.zeros(2, 4, dtype=torch.float64).scatter_add_(1, indices, weights)
    >>> dense.tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    for name, length in (("in_length", in_length), ("out_length", out_length)):
        if not isinstance(length, int) or isinstance(length, bool):
            raise TypeError(f"{name}: got {type(length).__name__}, expected an int, a number of pixels")
        if length < 1:
            raise ValueError(f"{name}: got {length}, expected at least 1 pixel")
    scale = out_length / in_length if scale is None else _require_scale(scale)
    if method not in _KERNELS:
        raise ValueError(f"method: got {method!r}, expected one of {', '.join(_KERNELS)}")
    if border not in ("symmetric", "replicate"):
        raise ValueError(f'border: got {border!r}, expected "symmetric" or "replicate"')

    kernel, support = _KERNELS[method]
    stretch = scale if antialias and scale < 1 and method != "nearest" else 1.0
    width = support / stretch

    # Output pixel i (counted from 1, as in MATLAB) has its centre at u in the input; P pixels from `left` on may be reached.
    u = torch.arange(1, out_length + 1, dtype=torch.float64) / scale + 0.5 * (1 - 1 / scale)
    left = torch.floor(u - width / 2)
    indices = left[:, None] + torch.arange(math.ceil(width) + 2, dtype=torch.float64)
    weights = stretch * kernel(stretch * (u[:, None] - indices))
    weights = weights / weights.sum(dim=1, keepdim=True)

    indices = indices.long() - 1
    if border == "symmetric":
        indices = indices.remainder(2 * in_length)
        indices = torch.minimum(indices, 2 * in_length - 1 - indices)
    else:
        indices = indices.clamp(0, in_length - 1)
    used = (weights != 0).any(dim=0)
    return weights[:, used], indices[:, used]


def imresize(
    x: Float[Tensor, "*n c h w"],
    scale: float | int | None = None,
    *,
    size: Sequence[int] | None = None,
    method: Method = "bicubic",
    antialias: bool = True,
    border: Border = "symmetric",
    quantise: bool = False,
) -> Float[Tensor, "*n c h2 w2"]:
    """Resize an image as MATLAB's ``imresize``.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)
    scale : float, optional
        The factor; the output has ceil(scale · H) × ceil(scale · W) pixels.
    size : (int, int), optional
        The output height and width, in place of ``scale``.
    method : {"bicubic", "bilinear", "nearest", "box"}
        The kernel.
    antialias : bool
        Blur while shrinking, so that fine texture does not turn into false patterns. No effect on enlarging and on
        ``"nearest"``.
    border : {"symmetric", "replicate"}
        ``"symmetric"`` mirrors at the edge (current MATLAB), ``"replicate"`` repeats the edge pixel.
    quantise : bool
        Treat ``x`` as an 8-bit image: round half up to 1/255 and clip to [0, 1] before, between and after the two passes. This
        gives MATLAB's pixels exactly. Without it the map is linear and differentiable, as on MATLAB's double images.

    Returns
    -------
    Tensor, shape (..., ceil(scale · H), ceil(scale · W)) or (..., *size), same dtype and device

    Raises
    ------
    TypeError, ValueError
        Not an image; both or neither of ``scale`` and ``size``; values out of range.

    Notes
    -----
    The axis with the smaller factor is resized first, the vertical one if the factors are equal. Bicubic values overshoot near edges:
    without ``quantise`` the result may leave [0, 1].

    Examples
    --------
    >>> x = torch.rand(3, 12, 18)
    >>> imresize(x, 1 / 3).shape, imresize(x, size=(24, 20)).shape
    (torch.Size([3, 4, 6]), torch.Size([3, 24, 20]))
    """
    require_image(x, "x")
    if (scale is None) == (size is None):
        raise ValueError(f"scale, size: got scale={scale} and size={size}, expected exactly one of them")
    if size is None:
        scale = _require_scale(scale)
        size = tuple(math.ceil(scale * length) for length in x.shape[-2:])
    else:
        _require_size(size, "size")

    # Grey levels are whole numbers when MATLAB rounds them: on x / 255 in place of 0..255, halves would fall to either side.
    precise = torch.float32 if x.device.type == "mps" else torch.float64
    y = _round_half_up(x.to(precise) * 255) if quantise else x
    for axis, weights, indices in _passes(tuple(x.shape[-2:]), tuple(size), scale, method, antialias, border):
        weights, indices = weights.to(y), indices.to(y.device)
        rows = y if axis == -2 else y.mT.contiguous()  # gathering rows is five times quicker than gathering columns
        # One tap at a time, always in the same order: the sum that is rounded is then the same on every device.
        total = y.new_zeros(())
        for k in range(weights.shape[1]):
            total = rows.index_select(-2, indices[:, k]).mul_(weights[:, k, None]).add_(total)
        total = total if axis == -2 else total.mT.contiguous()
        y = _round_half_up(total) if quantise else total
    return (y / 255).to(x.dtype) if quantise else y


def imresize_adjoint(
    y: Float[Tensor, "*n c h2 w2"],
    original_size: Sequence[int],
    scale: float | int | None = None,
    *,
    method: Method = "bicubic",
    antialias: bool = True,
    border: Border = "symmetric",
) -> Float[Tensor, "*n c h w"]:
    """The adjoint Aᵀ of A = `imresize` (without ``quantise``): ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for all x and y.

    Parameters
    ----------
    y : Tensor, shape (C, H2, W2) or (N, C, H2, W2)
        An image on the resized grid.
    original_size : (int, int)
        Height H and width W of x.
    scale : float, optional
        As it was given to `imresize`; leave it out if ``size`` was given there.
    method, antialias, border
        As in `imresize`.

    Returns
    -------
    Tensor, shape (..., H, W), same dtype and device

    Raises
    ------
    TypeError, ValueError
        As in `imresize`; also if ``scale`` does not lead from ``original_size`` to the size of ``y``.

    Notes
    -----
    Not the inverse: for a reduction by s the adjoint is about the enlargement divided by s².

    Examples
    --------
    >>> x, y = torch.rand(1, 9, 9, dtype=torch.float64), torch.rand(1, 3, 3, dtype=torch.float64)
    >>> a = (imresize(x, 1 / 3) * y).sum()
    >>> b = (x * imresize_adjoint(y, (9, 9), 1 / 3)).sum()
    >>> bool((a - b).abs() < 1e-12)
    True
    """
    require_image(y, "y")
    _require_size(original_size, "original_size")
    size = tuple(y.shape[-2:])
    if scale is not None:
        scale = _require_scale(scale)
        expected = tuple(math.ceil(scale * length) for length in original_size)
        if expected != size:
            raise ValueError(
                f"y, original_size, scale: {scale} times {tuple(original_size)} is {expected} pixels, but y has {size}; "
                "give the size of the image before resizing"
            )
    x = y
    for axis, weights, indices in reversed(_passes(tuple(original_size), size, scale, method, antialias, border)):
        weights, indices = weights.to(y), indices.to(y.device)
        shape = list(x.shape)
        shape[axis] = original_size[axis]
        total = torch.zeros(shape, dtype=y.dtype, device=y.device)
        for k in range(weights.shape[1]):
            along = weights[:, k, None] if axis == -2 else weights[:, k]
            total = total.index_add(axis, indices[:, k], along * x)
        x = total
    return x


def _passes(
    in_size: tuple[int, int], out_size: tuple[int, int], scale: float | int | None, method: Method, antialias: bool, border: Border
) -> list[tuple[int, Tensor, Tensor]]:
    """Axis, weights and indices of the one-dimensional passes, in MATLAB's order: the smaller factor first."""
    factors = [scale or out_size[axis] / in_size[axis] for axis in (-2, -1)]
    order = (-1, -2) if factors[1] < factors[0] else (-2, -1)
    return [(axis, *resize_weights(in_size[axis], out_size[axis], factors[axis], method, antialias, border)) for axis in order]


def _round_half_up(grey_levels: Tensor) -> Tensor:
    return (grey_levels + 0.5).floor().clamp(0, 255)


def _require_scale(scale: float | int) -> float:
    if isinstance(scale, bool) or not isinstance(scale, int | float):
        raise TypeError(f"scale: got {type(scale).__name__}, expected a number such as 1/2 or 4")
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"scale: got {scale}, expected a positive finite factor, such as 1/2 to shrink or 4 to enlarge")
    return float(scale)


def _require_size(size: Sequence[int], name: str) -> None:
    if not isinstance(size, Sequence) or isinstance(size, str) or any(not isinstance(n, int) or isinstance(n, bool) for n in size):
        raise TypeError(f"{name}: got {size!r}, expected two ints (height, width)")
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"{name}: got {tuple(size)}, expected (height, width), both at least 1")
