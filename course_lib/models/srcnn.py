"""SRCNN: enlarge by bicubic interpolation, then three convolutions that repair it. The first network for super-resolution.

    y ── bicubic ×s ── conv f₁, ReLU ── conv f₂, ReLU ── conv f₃ ──→ x̂
                       64 maps           32 maps          the image
                       patches           non-linear       the mean of
                       to features       mapping          overlapping patches

The paper reads its three layers as the three steps of sparse coding. The names of its variants are the sizes of the kernels: 9-1-5, 9-3-5,
9-5-5. Everything happens at the high resolution, on pixels that interpolation has made up: s² times the work that there is
information for, which is where FSRCNN and ESPCN come in.

Here the enlargement is part of the network, so that all networks take the low-resolution image. Beyond the border the image goes on as it
ends there, in every layer, as in the authors' own test code (in training they used no padding and compared the middle of the patches).

References
----------
C. Dong, C. C. Loy, K. He and X. Tang, "Image super-resolution using deep convolutional networks", IEEE Transactions on Pattern Analysis and
Machine Intelligence 38(2), 2016, section 3.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.super_resolution import pass_through, require_low_resolution, require_scale
from course_lib.resample import imresize


class SRCNN(nn.Module):
    """The network: low-resolution luminance to an image `scale` times as high and wide.

    Parameters
    ----------
    scale
        2, 3 or 4.
    kernels
        Sides f₁, f₂, f₃ of the kernels, odd.
    features
        Maps after the first and the second layer.
    channels
        1 as published.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or the images have another number of channels.

    Examples
    --------
    >>> sum(p.numel() for p in SRCNN(kernels=(9, 1, 5)).parameters()), sum(p.numel() for p in SRCNN().parameters())
    (8129, 57281)
    >>> SRCNN(scale=3)(torch.zeros(1, 1, 5, 7)).shape
    torch.Size([1, 1, 15, 21])
    """

    def __init__(self, scale: int = 3, kernels: Sequence[int] = (9, 5, 5), features: Sequence[int] = (64, 32), channels: int = 1):
        super().__init__()
        if len(kernels) != 3 or any(k < 1 or k % 2 == 0 for k in kernels):
            raise ValueError(f"kernels must be three odd numbers, as (9, 5, 5); got {tuple(kernels)}")
        if len(features) != 2 or min(features) < 1 or channels < 1:
            raise ValueError(f"features must be two numbers, and these and channels at least 1; got {tuple(features)} and {channels}")
        self.scale, self.channels, self.kernels = require_scale(scale), channels, tuple(kernels)
        widths = (channels, *features, channels)
        first, second, third = (
            nn.Conv2d(widths[i], widths[i + 1], k, padding="same", padding_mode="replicate") for i, k in enumerate(kernels)
        )
        self.layers = nn.Sequential(first, nn.ReLU(inplace=True), second, nn.ReLU(inplace=True), third)
        self._start_as_bicubic()

    @torch.no_grad()
    def _start_as_bicubic(self) -> None:
        # not as published (N(0, 0.001²) everywhere): features as ReLU layers keep them, one map that passes each channel through, and an
        # output that begins as nearly that map. So the training need not first find the interpolation again
        first, second, third = (layer for layer in self.layers if isinstance(layer, nn.Conv2d))
        for layer in (first, second):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
            pass_through(layer, self.channels)
        nn.init.zeros_(third.weight)
        pass_through(third, self.channels)
        third.weight += 1e-3 * torch.randn_like(third.weight)
        nn.init.zeros_(third.bias)

    @property
    def margin(self) -> int:
        """How many low-resolution pixels beyond its place an output pixel depends on: 2 by interpolation, the rest by convolution."""
        return 2 + -(-sum(k // 2 for k in self.kernels) // self.scale)

    def forward(self, y: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
        """x̂; y in [0, 1], of any height and width."""
        require_low_resolution(y, self.channels)
        return self.layers(imresize(y, self.scale))
