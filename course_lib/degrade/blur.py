"""Blur: convolution with a kernel, its exact adjoint, and the usual kernels."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.degrade.base import Degradation, require_generator, require_number
from course_lib.images import require_image

BOUNDARIES = ("circular", "reflect", "replicate", "zero")
# From this many taps on the Fourier transform beats the direct sum. Neither of the two is torch's own convolution, which may round
# to TF32 on CUDA and to bfloat16 under autocast (three digits): a forward operator must be exact.
FFT_FROM_TAPS = 26


@dataclass(frozen=True, eq=False, repr=False)
class Blur(Degradation):
    """Convolution with a kernel: y[i] = Σ_j k[j] x[i − j], the same for every channel and image.

    This is the convolution of the textbooks: the kernel is flipped, unlike in ``torch.nn.functional.conv2d``, which correlates. The
    kernel's middle is its origin, so the image does not shift, and y has the size of x.

    Parameters
    ----------
    kernel : Tensor, shape (kh, kw)
        Float, both sides odd, sum > 0. The kernels of this module sum to 1; another sum scales the brightness.
    boundary : {"circular", "reflect", "replicate", "zero"}
        What lies beyond the edge: the opposite side of the image; its mirror about the outermost pixel (``cb|abc|ba``); the outermost
        pixel repeated (``aa|abc|cc``); black. Circular makes the operator diagonal in the Fourier domain, which papers on deblurring
        like and cameras do not.

    Raises
    ------
    TypeError, ValueError
        If the kernel or the boundary is not of this kind.

    Examples
    --------
    >>> import torch
    >>> x = torch.zeros(1, 5, 5)
    >>> x[0, 2, 2] = 1
    >>> Blur(torch.tensor([[0.0, 0.25, 0.75]]))(x)[0, 2]  # a point turns into the kernel, not into its mirror image
    tensor([0.0000, 0.0000, 0.2500, 0.7500, 0.0000])
    """

    kernel: Float[Tensor, "kh kw"]
    boundary: str = "circular"

    linear: ClassVar[bool] = True

    def __post_init__(self):
        k = self.kernel
        if not isinstance(k, Tensor) or not k.is_floating_point():
            got = f"a {k.dtype} tensor" if isinstance(k, Tensor) else f"{type(k).__name__}"
            raise TypeError(f"kernel must be a float tensor of shape (kh, kw), got {got}; gaussian_kernel(9, 1.6) makes one")
        if k.ndim != 2 or k.shape[0] % 2 == 0 or k.shape[1] % 2 == 0:
            raise ValueError(
                f"kernel must have shape (kh, kw) with both sides odd, so that it has a middle pixel; got {tuple(k.shape)}. "
                "Pad an even kernel with a row or a column of zeros"
            )
        if not bool(k.isfinite().all()):
            raise ValueError("kernel holds NaN or infinity; every weight must be finite")
        if not float(k.sum()) > 0:
            raise ValueError(f"kernel must have a sum > 0 (1 keeps the brightness), got a sum of {float(k.sum()):g}")
        if self.boundary not in BOUNDARIES:
            raise ValueError(f"boundary must be one of {', '.join(map(repr, BOUNDARIES))}; got {self.boundary!r}")

    def __repr__(self) -> str:
        return f"Blur(kernel {self.kernel.shape[0]}x{self.kernel.shape[1]}, boundary={self.boundary!r})"

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h w"]:
        """Return the blurred image. ``generator`` is accepted, as by every degradation, and not used."""
        require_image(x, "x")
        require_generator(generator)
        k = self.kernel.to(x)
        ry, rx = k.shape[0] // 2, k.shape[1] // 2
        extended = _extend(_extend(x, -2, ry, self.boundary), -1, rx, self.boundary)
        return _convolve_inside(extended, k)

    def adjoint(self, y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h w"]:
        """Apply the transpose: spread every pixel of y over the pixels of x that it was made of.

        In the interior this is a convolution with the kernel turned by 180°. What the extension beyond the edge had copied is folded
        back onto the pixels it was copied from, which makes the transpose exact for every boundary.
        """
        require_image(y, "y")
        k = self.kernel.to(y)
        ry, rx = k.shape[0] // 2, k.shape[1] // 2
        extended = _convolve_inside_adjoint(y, k)
        return _extend_adjoint(_extend_adjoint(extended, -1, rx, self.boundary), -2, ry, self.boundary)


def gaussian_kernel(size: int, sigma: float | int) -> Float[Tensor, "size size"]:
    """A Gaussian, sampled at the pixel centres and normalised.

    Parameters
    ----------
    size : int
        Side in pixels, odd. Six sigma plus one holds practically all of it.
    sigma : float
        Standard deviation in **pixels** (not grey levels), > 0.

    Returns
    -------
    Tensor, shape (size, size)
        float32, sum 1.

    Raises
    ------
    TypeError, ValueError
        If ``size`` is not an odd positive integer or ``sigma`` not a number > 0.

    Examples
    --------
    >>> gaussian_kernel(3, 0.5).sum().round(decimals=6)
    tensor(1.)
    """
    if isinstance(size, bool) or not isinstance(size, int):
        raise TypeError(f"size must be an int, got {type(size).__name__}: {size!r}")
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size must be odd and >= 1, so that the kernel has a middle pixel; got {size}")
    sigma = require_number(sigma, "sigma", above=0, unit="pixels")
    t = torch.arange(size, dtype=torch.float64) - size // 2
    # softmax = exp over its sum, and the largest exponent is 0: even a tiny sigma gives a point, not 0 / 0
    g = torch.softmax(-(t**2) / (2 * sigma**2), dim=0)
    return torch.outer(g, g).float()


def motion_kernel(length: float | int, angle: float | int) -> Float[Tensor, "size size"]:
    """Straight uniform motion: a line through the middle with antialiased edges.

    A pixel weighs 1 minus its distance to the line (0 beyond one pixel), so the kernel has no steps at any angle.

    Parameters
    ----------
    length : float
        Length of the path in pixels, >= 1 (1 is no motion).
    angle : float
        Direction in degrees, counter-clockwise from the horizontal as seen on the screen; ``angle + 180`` is the same kernel.

    Returns
    -------
    Tensor, shape (size, size)
        float32, sum 1, equal to itself turned by 180°. ``size`` is the smallest odd number that holds the line at every angle.

    Raises
    ------
    TypeError, ValueError
        If ``length`` is not a number >= 1 or ``angle`` not a finite number.

    Examples
    --------
    >>> motion_kernel(3, 0)
    tensor([[0.0000, 0.0000, 0.0000],
            [0.3333, 0.3333, 0.3333],
            [0.0000, 0.0000, 0.0000]])
    """
    half = (require_number(length, "length", at_least=1, at_most=999, unit="pixels") - 1) / 2
    a = math.radians(require_number(angle, "angle", unit="degrees"))
    t = torch.arange(-math.ceil(half), math.ceil(half) + 1, dtype=torch.float64)
    right, up = t[None, :], -t[:, None]
    along = right * math.cos(a) + up * math.sin(a)
    across = up * math.cos(a) - right * math.sin(a)
    distance = torch.hypot(across, (along.abs() - half).clamp(min=0))
    k = (1 - distance).clamp(min=0)
    k[k < 1e-12] = 0  # sin(π) is not quite 0: do not let it draw a ghost line
    return (k / k.sum()).float()


def disk_kernel(radius: float | int) -> Float[Tensor, "size size"]:
    """Defocus: light spread evenly over a disk.

    A pixel weighs the share of its area that lies inside the circle, counted on 16 x 16 points.

    Parameters
    ----------
    radius : float
        In pixels, > 0. Up to half a pixel the disk fits into one pixel and nothing is blurred.

    Returns
    -------
    Tensor, shape (size, size)
        float32, sum 1, with the symmetries of the square.

    Raises
    ------
    TypeError, ValueError
        If ``radius`` is not a number > 0.

    Examples
    --------
    >>> disk_kernel(3.5).shape
    torch.Size([7, 7])
    """
    radius = require_number(radius, "radius", above=0, at_most=499, unit="pixels")
    reach = math.ceil(max(radius - 0.5, 0))
    fine = (torch.arange((2 * reach + 1) * 16, dtype=torch.float64) + 0.5) / 16 - (reach + 0.5)
    inside = (fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2).double()
    k = F.avg_pool2d(inside[None], 16)[0]
    if float(k.sum()) == 0:  # a disk smaller than the raster of points
        k[reach, reach] = 1
    return (k / k.sum()).float()


def _sources(size: int, radius: int, boundary: str) -> Int[Tensor, " extended"]:
    """Which pixel stands at each position −radius … size − 1 + radius of an extended line."""
    i = torch.arange(-radius, size + radius)
    if boundary == "circular":
        return i % size
    if boundary == "replicate":
        return i.clamp(0, size - 1)
    period = max(2 * (size - 1), 1)  # mirrored about the outermost pixel, which is not repeated
    return (size - 1 - (i % period - (size - 1)).abs()).clamp(min=0)


def _extend(x: Tensor, dim: int, radius: int, boundary: str) -> Tensor:
    if boundary == "zero":
        return F.pad(x, (radius, radius) if dim == -1 else (0, 0, radius, radius))
    return x.index_select(dim, _sources(x.shape[dim], radius, boundary).to(x.device))


def _extend_adjoint(extended: Tensor, dim: int, radius: int, boundary: str) -> Tensor:
    size = extended.shape[dim] - 2 * radius
    if boundary == "zero":
        return extended.narrow(dim, radius, size)
    shape = list(extended.shape)
    shape[dim] = size
    return extended.new_zeros(shape).index_add(dim, _sources(size, radius, boundary).to(extended.device), extended)


def _convolve_inside(x: Tensor, k: Tensor) -> Tensor:
    """Convolve where the kernel lies inside x: (…, h + kh − 1, w + kw − 1) → (…, h, w)."""
    h, w = x.shape[-2] - k.shape[0] + 1, x.shape[-1] - k.shape[1] + 1
    if k.numel() >= FFT_FROM_TAPS:
        size = _fft_size(x)
        full = torch.fft.irfft2(torch.fft.rfft2(x, s=size) * torch.fft.rfft2(k, s=size), s=size)
        return full[..., k.shape[0] - 1 :, k.shape[1] - 1 :][..., :h, :w]
    weights, flipped = k.tolist(), x.flip(-2, -1)  # in the flipped image, tap (i, j) sees the window that begins at (i, j)
    y = sum(weights[i][j] * flipped[..., i : i + h, j : j + w] for i in range(k.shape[0]) for j in range(k.shape[1]))
    return y.flip(-2, -1)


def _convolve_inside_adjoint(y: Tensor, k: Tensor) -> Tensor:
    """The transpose: (…, h, w) → (…, h + kh − 1, w + kw − 1)."""
    h, w = y.shape[-2:]
    full = F.pad(y, (k.shape[1] - 1, 0, k.shape[0] - 1, 0))
    if k.numel() >= FFT_FROM_TAPS:
        size = _fft_size(full)
        x = torch.fft.irfft2(torch.fft.rfft2(full, s=size) * torch.fft.rfft2(k, s=size).conj(), s=size)
        return x[..., : full.shape[-2], : full.shape[-1]]
    weights, flipped = k.tolist(), y.new_zeros(full.shape)
    for i in range(k.shape[0]):
        for j in range(k.shape[1]):
            flipped[..., i : i + h, j : j + w] += weights[i][j] * y.flip(-2, -1)
    return flipped.flip(-2, -1)


def _fft_size(x: Tensor) -> tuple[int, int]:
    # multiples of 32 have small prime factors; a prime length would cost several times more
    return tuple(-(-side // 32) * 32 for side in x.shape[-2:])
