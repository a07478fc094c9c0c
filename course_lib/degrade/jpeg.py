"""JPEG compression, the degradation that every photograph has met."""

import io
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.degrade.base import Degradation, require_generator
from course_lib.images import require_image, to_uint8


@dataclass(frozen=True)
class Jpeg(Degradation):
    """Write the image as a JPEG file in memory and read it back.

    Real JPEG by Pillow: 8 × 8 cosine transform, quantisation, and for colour a chroma plane of half the size. Not linear, and its error
    depends on the image. JPEG knows 8-bit values only, so the image is clipped to [0, 1] and rounded first, and the result is 8-bit too.

    Parameters
    ----------
    quality : int
        1 (worst) to 100; 75 is Pillow's default, and blocks are plain to see below 30.

    Raises
    ------
    TypeError, ValueError
        If ``quality`` is not an integer from 1 to 100.

    Notes
    -----
    ISO/IEC 10918-1 (1994). The quality scale is that of the Independent JPEG Group's library: a factor on the quantisation tables.

    Examples
    --------
    >>> import torch
    >>> x = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> bool((Jpeg(5)(x) - x).abs().mean() > (Jpeg(95)(x) - x).abs().mean())
    True
    """

    quality: int

    def __post_init__(self):
        if isinstance(self.quality, bool) or not isinstance(self.quality, int):
            raise TypeError(f"quality must be an int from 1 to 100, got {type(self.quality).__name__}: {self.quality!r}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be an int from 1 (worst) to 100, got {self.quality}")

    def encode(self, x: Float[Tensor, "c h w"]) -> bytes:
        """Return the JPEG file of one image; its length is what the compression is about."""
        from PIL import Image

        require_image(x, "x")
        if x.ndim != 3:
            raise ValueError(f"x must be one image (c, h, w) to become one file, got shape {tuple(x.shape)}: encode a batch image by image")
        levels = to_uint8(x.detach()).cpu()
        pixels = levels[0] if levels.shape[0] == 1 else levels.permute(1, 2, 0)
        buffer = io.BytesIO()
        Image.fromarray(pixels.contiguous().numpy()).save(buffer, format="JPEG", quality=self.quality)
        return buffer.getvalue()

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h w"]:
        """Return the compressed image, in [0, 1] on the steps of 1/255. No gradient passes; ``generator`` is not used."""
        from PIL import Image

        require_image(x, "x")
        require_generator(generator)
        decoded = [np.asarray(Image.open(io.BytesIO(self.encode(image)))) for image in x.reshape(-1, *x.shape[-3:])]
        y = torch.from_numpy(np.stack(decoded))
        y = y.unsqueeze(1) if y.ndim == 3 else y.permute(0, 3, 1, 2)
        return y.to(x).div(255).reshape(x.shape)
