"""How strong is the noise? The robust median estimator.

In the finest diagonal band of a wavelet transform an image is almost empty: only edges that run diagonally leave something there,
and they are few. White noise is spread evenly over all bands. So the coefficients of that band are noise plus a few outliers,
and the median of their absolute values, which outliers hardly move, gives the standard deviation: a normal variable of
standard deviation 1 has median absolute value 0.6745.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_lib import images

__all__ = ["estimate_sigma"]

# The four high-pass taps of Daubechies' wavelet with two vanishing moments: blind to constants and to slopes.
_DB2_HIGH_PASS = tuple(a / (4 * math.sqrt(2)) for a in (-(1 - 3**0.5), 3 - 3**0.5, -(3 + 3**0.5), 1 + 3**0.5))


@torch.no_grad()
def estimate_sigma(y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n"]:
    """Estimate the standard deviation of white Gaussian noise from the noisy image alone.

    σ̂ = median |d| / 0.6745 over the diagonal coefficients d of the finest scale (Daubechies' 4-tap wavelet).

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W)
        The observed image, at least 8 × 8. The channels of a colour image are taken to be equally noisy.

    Returns
    -------
    Tensor, shape () or (N,)
        The estimate for each image, in grey levels of 255. It is too high where fine texture fills more than half of
        the image, and too low where the noise was clipped.

    Raises
    ------
    TypeError, ValueError
        ``y`` is no image (see `course_lib.images.require_image`) or smaller than 8 × 8.

    References
    ----------
    D. L. Donoho and I. M. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81 (1994).

    Examples
    --------
    >>> noise = 20 / 255 * torch.randn(1, 128, 128, generator=torch.Generator().manual_seed(0))
    >>> 19 < estimate_sigma(0.5 + noise) < 21
    tensor(True)
    """
    images.require_image(y, "y", min_size=8)
    high_pass = y.new_tensor(_DB2_HIGH_PASS)
    kernel = torch.outer(high_pass, high_pass)[None, None]
    diagonal = F.conv2d(y.reshape(-1, 1, *y.shape[-2:]), kernel, stride=2).abs()
    return 255 / 0.6745 * diagonal.reshape(*y.shape[:-3], -1).median(dim=-1).values
