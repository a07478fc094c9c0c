"""Missing pixels: multiplication with a mask."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.degrade.base import Degradation, require_generator, require_number
from course_lib.images import require_image


@dataclass(frozen=True, eq=False, repr=False)
class Mask(Degradation):
    """Keep some pixels and blacken the others: y = m · x, pixel by pixel.

    A diagonal matrix: linear and its own adjoint. The inverse does not exist, because what is multiplied by 0 is gone.

    Parameters
    ----------
    mask : Tensor, shape (h, w), (c, h, w) or (n, c, h, w)
        1 or True where the pixel is kept, 0 or False where it is missing; values between dim the pixel. c and n may be 1.

    Raises
    ------
    TypeError, ValueError
        If the mask is not such a tensor.

    See Also
    --------
    Mask.random : pixels missing at random.
    Mask.box : a rectangular hole.

    Examples
    --------
    >>> import torch
    >>> Mask.box((4, 4), top=1, left=1, height=2, width=2)(torch.ones(1, 4, 4))
    tensor([[[1., 1., 1., 1.],
             [1., 0., 0., 1.],
             [1., 0., 0., 1.],
             [1., 1., 1., 1.]]])
    """

    mask: Float[Tensor, "..."] | Bool[Tensor, "..."]

    linear: ClassVar[bool] = True

    def __post_init__(self):
        m = self.mask
        if not isinstance(m, Tensor) or not (m.is_floating_point() or m.dtype == torch.bool):
            got = f"a {m.dtype} tensor" if isinstance(m, Tensor) else type(m).__name__
            raise TypeError(f"mask must be a float or bool tensor (1 = kept, 0 = missing), got {got}")
        if m.ndim not in (2, 3, 4) or m.numel() == 0:
            raise ValueError(f"mask must have shape (h, w), (c, h, w) or (n, c, h, w) and not be empty, got {tuple(m.shape)}")
        if not bool(((m >= 0) & (m <= 1)).all()):
            raise ValueError("mask must lie in [0, 1] everywhere (1 = kept, 0 = missing); it holds NaN or values outside")

    @classmethod
    def random(cls, shape: tuple[int, ...], missing: float | int = 0.5, generator: torch.Generator | None = None) -> "Mask":
        """Each pixel is missing with probability ``missing``, independently.

        Parameters
        ----------
        shape : tuple of int
            Shape of the mask: (h, w) loses all channels of a pixel together; (c, h, w) treats each channel by itself.
        missing : float
            Share of missing pixels, in [0, 1].
        generator : torch.Generator or None
            Source of the random numbers.

        Returns
        -------
        Mask
        """
        missing = require_number(missing, "missing", at_least=0, at_most=1, unit="share of missing pixels")
        shape = _require_shape(shape)
        device = "cpu" if require_generator(generator) is None else generator.device
        return cls(torch.rand(shape, generator=generator, device=device) >= missing)

    @classmethod
    def box(cls, shape: tuple[int, int], *, top: int, left: int, height: int, width: int) -> "Mask":
        """A rectangular hole.

        Parameters
        ----------
        shape : tuple of int
            (h, w) of the image.
        top, left, height, width : int
            Where the hole begins and how large it is, in pixels; it must lie inside the image.

        Returns
        -------
        Mask
        """
        shape = _require_shape(shape)
        if not all(isinstance(side, int) for side in (top, left, height, width)):
            raise TypeError(f"the hole must be given in whole pixels, got top={top!r}, left={left!r}, height={height!r}, width={width!r}")
        if min(top, left) < 0 or min(height, width) < 1 or top + height > shape[-2] or left + width > shape[-1]:
            raise ValueError(
                f"the hole (top={top}, left={left}, height={height}, width={width}) must lie inside the {shape[-2]}x{shape[-1]} pixels"
            )
        mask = torch.ones(shape, dtype=torch.bool)
        mask[..., top : top + height, left : left + width] = False
        return cls(mask)

    def __repr__(self) -> str:
        return f"Mask({'x'.join(map(str, self.mask.shape))}, {100 - 100 * float(self.mask.double().mean()):.1f} % missing)"

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h w"]:
        """Return m · x. ``generator`` is accepted, as by every degradation, and not used."""
        require_generator(generator)
        return self._multiply(x, "x")

    def adjoint(self, y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h w"]:
        """Apply the transpose, which is the mask itself."""
        return self._multiply(y, "y")

    def _multiply(self, x: Tensor, name: str) -> Tensor:
        require_image(x, name)
        m = self.mask
        # broadcasting may repeat the mask, but never the image: that would invent pixels or images
        fits = m.ndim <= x.ndim and all(a in (1, b) for a, b in zip(m.shape[:-2][::-1], x.shape[:-2][::-1], strict=False))
        if not fits or m.shape[-2:] != x.shape[-2:]:
            raise ValueError(
                f"{name}: got shape {tuple(x.shape)}, which the mask {tuple(m.shape)} does not fit: h, w must be equal, n, c equal or 1"
            )
        return x * m.to(x)


def _require_shape(shape) -> tuple[int, ...]:
    if not isinstance(shape, (tuple, list)) or not all(isinstance(side, int) for side in shape):
        raise TypeError(f"shape must be a tuple of int, as in (h, w) or x.shape[-2:]; got {shape!r}")
    if len(shape) not in (2, 3, 4) or min(shape) < 1:
        raise ValueError(f"shape must be (h, w), (c, h, w) or (n, c, h, w) with every side >= 1, got {tuple(shape)}")
    return tuple(shape)
