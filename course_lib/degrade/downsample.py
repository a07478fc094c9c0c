"""Downsampling: fewer pixels, with or without an anti-aliasing filter before."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.degrade.base import Degradation, require_generator
from course_lib.images import require_image
from course_lib.resample import imresize, imresize_adjoint

METHODS = ("bicubic", "bilinear", "box", "subsample")


@dataclass(frozen=True)
class Downsample(Degradation):
    """Shrink the image by a whole factor: (c, h, w) → (c, h / scale, w / scale).

    Parameters
    ----------
    scale : int
        How many times smaller, >= 1. Height and width must be multiples of it (``images.crop_to_multiple`` sees to that).
    method : {"bicubic", "bilinear", "box", "subsample"}
        The first three are MATLAB's ``imresize``: the kernel is stretched by ``scale``, so it filters before it samples. "bicubic" is what
        super-resolution papers mean by downsampling; "box" is the mean of each scale × scale block. "subsample" takes the
        top left pixel of each block and filters nothing, so fine texture turns into false pattern; after a ``Blur`` it is the K-fold
        downsampler of the papers on blurred low-resolution images.

    Raises
    ------
    TypeError, ValueError
        If ``scale`` is not an integer >= 1 or the method is unknown.

    Notes
    -----
    Computed in floating point, not rounded to 8 bits between the passes, which keeps it linear. The low-resolution files of the
    benchmarks were rounded: ``resample.imresize(x, 1 / scale, quantise=True)`` makes those, pixel for pixel.

    "subsample" keeps the block's corner where the others keep its middle, (scale − 1) / 2 pixels away: the two do not line up.

    Examples
    --------
    >>> import torch
    >>> Downsample(2, "box")(torch.arange(16.0).reshape(1, 4, 4) / 16) * 16
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """

    scale: int
    method: str = "bicubic"

    linear: ClassVar[bool] = True

    def __post_init__(self):
        if isinstance(self.scale, bool) or not isinstance(self.scale, int):
            raise TypeError(f"scale must be an int (4 = four times smaller), got {type(self.scale).__name__}: {self.scale!r}")
        if self.scale < 1:
            raise ValueError(f"scale must be >= 1 (4 = four times smaller), got {self.scale}")
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}; got {self.method!r}")

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h2 w2"]:
        """Return the smaller image. ``generator`` is accepted, as by every degradation, and not used."""
        require_image(x, "x")
        require_generator(generator)
        h, w = x.shape[-2:]
        if h % self.scale or w % self.scale:
            raise ValueError(
                f"x: got {h}x{w} pixels, expected multiples of scale={self.scale}; cut it with images.crop_to_multiple(x, {self.scale})"
            )
        if self.method == "subsample":
            return x[..., :: self.scale, :: self.scale].clone()
        return imresize(x, size=(h // self.scale, w // self.scale), method=self.method)

    def adjoint(self, y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h2 w2"]:
        """Apply the transpose: (c, h, w) → (c, h · scale, w · scale). Not an enlargement: the brightness is divided by scale²."""
        require_image(y, "y")
        original = (y.shape[-2] * self.scale, y.shape[-1] * self.scale)
        if self.method == "subsample":
            x = y.new_zeros(*y.shape[:-2], *original)
            x[..., :: self.scale, :: self.scale] = y
            return x
        return imresize_adjoint(y, original, method=self.method)
