"""ESPCN: convolutions at the low resolution, and a *sub-pixel convolution* that hands out s × s pixels for each.

    y ── conv 5×5, ReLU ── conv 3×3, ReLU ── conv 3×3 ── pixel shuffle ──→ x̂
         64 maps            32 maps           s² maps       the image

The last convolution computes s² values at each low-resolution pixel, and the *pixel shuffle* lays them out as the s × s cell of that pixel.
Nothing is interpolated, and no zero is multiplied.

It is a transposed convolution in disguise. Output pixel (s i + a, s j + b) takes map a s + b at (i, j), a weighted sum of a 3 × 3
neighbourhood around it; the transposed convolution with a kernel of side 3 s and stride s sums over the same neighbourhood, with the
weights that `transposed_weights` writes down. One difference remains: the sub-pixel convolution has a bias for each place in the cell.

The paper made its low-resolution images by a Gaussian blur; here, as for all networks, they are bicubic. And its activations are tanh.
Here they are ReLU, which in trainings of ten minutes learned more: on Set5, ×3, 32.71 dB after 100,000 steps, and with tanh 32.41 at best
(after 150,000 steps; with the squared error 32.39 after 120,000; both from first weights chosen for tanh).

References
----------
W. Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network", CVPR 2016,
section 3.
W. Shi et al., "Is the deconvolution layer the same as a convolutional layer?", arXiv:1609.07009, 2016.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.super_resolution import pass_through, require_low_resolution, require_scale


def pixel_shuffle(maps: Float[Tensor, "n d h w"], scale: int) -> Float[Tensor, "n c h2 w2"]:
    """Lay s² maps out as the pixels of s × s cells: map c s² + a s + b at (i, j) becomes channel c at (s i + a, s j + b).

    Parameters
    ----------
    maps
        c s² maps of h × w.
    scale
        s, the side of a cell.

    Returns
    -------
    Tensor
        c channels of s h × s w.

    Raises
    ------
    ValueError
        If the number of maps is no multiple of s².

    Examples
    --------
    >>> import torch
    >>> pixel_shuffle(torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1, 1), 2)
    tensor([[[[1., 2.],
              [3., 4.]]]])
    """
    n, d, h, w = maps.shape
    if scale < 1 or d % scale**2:
        raise ValueError(f"maps must be a multiple of scale² in number; got {d} maps and a scale of {scale}")
    cells = maps.reshape(n, d // scale**2, scale, scale, h, w)  # channel, row in the cell, column in the cell, row, column
    return cells.permute(0, 1, 4, 2, 5, 3).reshape(n, d // scale**2, h * scale, w * scale)


def transposed_weights(
    convolution: nn.Conv2d, scale: int
) -> tuple[Float[Tensor, "features c side side"], Float[Tensor, "1 c scale scale"]]:
    """The transposed convolution that does what a convolution followed by a pixel shuffle does.

    Parameters
    ----------
    convolution
        To c s² maps, with an odd kernel of side k, padded by (k − 1)/2.
    scale
        s.

    Returns
    -------
    weight : Tensor, shape (features, c, s k, s k)
        For ``conv_transpose2d(maps, weight, stride=s, padding=s * (k - 1) // 2)``.
    bias : Tensor, shape (1, c, s, s)
        To be added in each cell. A transposed convolution's own bias is the special case where all s² are equal.

    Examples
    --------
    >>> import torch
    >>> from torch.nn.functional import conv_transpose2d
    >>> maps, head = torch.rand(1, 32, 6, 5), nn.Conv2d(32, 9, 3, padding=1)
    >>> weight, bias = transposed_weights(head, 3)
    >>> other = conv_transpose2d(maps, weight, stride=3, padding=3) + bias.repeat(1, 1, 6, 5)
    >>> bool(torch.allclose(pixel_shuffle(head(maps), 3), other, atol=1e-6))
    True
    """
    total, features, k, _ = convolution.weight.shape
    c = total // scale**2
    # channel, row and column in the cell, feature, row and column in the kernel
    weight = convolution.weight.reshape(c, scale, scale, features, k, k)
    # pixel s i + a takes its neighbour i + u − (k − 1)/2 with tap u; that neighbour's own copy of the kernel, which begins s (k − 1)/2
    # pixels before the neighbour's cell, reaches the pixel with its tap s (k − 1 − u) + a: the order of the taps is turned round
    weight = weight.flip(4, 5).permute(3, 0, 4, 1, 5, 2).reshape(features, c, k * scale, k * scale)
    return weight, convolution.bias.reshape(1, c, scale, scale)


class ESPCN(nn.Module):
    """The network: low-resolution luminance to an image `scale` times as high and wide.

    Parameters
    ----------
    scale
        2, 3 or 4.
    features
        Maps of the first layer; the second has half as many. 64 as published.
    channels
        1 as published.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or the images have another number of channels.

    Examples
    --------
    >>> [sum(p.numel() for p in ESPCN(scale).parameters()) for scale in (2, 3, 4)]
    [21284, 22729, 24752]
    >>> import torch
    >>> ESPCN(scale=3)(torch.zeros(1, 1, 5, 7)).shape
    torch.Size([1, 1, 15, 21])
    """

    def __init__(self, scale: int = 3, features: int = 64, channels: int = 1):
        super().__init__()
        if features < 2 or channels < 1:
            raise ValueError(f"features must be at least 2 and channels at least 1; got {features} and {channels}")
        self.scale, self.channels = require_scale(scale), channels
        # beyond the border the image goes on as it ends there
        self.layers = nn.Sequential(
            nn.Conv2d(channels, features, 5, padding="same", padding_mode="replicate"),
            nn.ReLU(),
            nn.Conv2d(features, features // 2, 3, padding="same", padding_mode="replicate"),
            nn.ReLU(),
        )
        self.head = nn.Conv2d(features // 2, channels * scale**2, 3, padding="same", padding_mode="replicate")
        self.margin = 2 + 1 + 1
        self._start_as_bilinear()

    @torch.no_grad()
    def _start_as_bilinear(self) -> None:
        # not as published: one map passes each channel through, and the head begins as a bilinear interpolation of it. So the training need
        # not first find the interpolation
        for layer in (self.layers[0], self.layers[2]):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
            pass_through(layer, self.channels)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)
        place = (torch.arange(self.scale) + 0.5) / self.scale - 0.5  # of the cell's pixels, from the middle of the low-resolution one
        weights = (1 - (place[:, None] - torch.arange(-1, 2)).abs()).clamp(min=0)  # of its neighbours on one axis
        cell = torch.einsum("ai,bj->abij", weights, weights).flatten(0, 1)
        for channel in range(min(self.channels, self.head.in_channels)):
            self.head.weight[channel * self.scale**2 : (channel + 1) * self.scale**2, channel] = cell

    def forward(self, y: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
        """x̂; y in [0, 1], of any height and width."""
        require_low_resolution(y, self.channels)
        return pixel_shuffle(self.head(self.layers(y)), self.scale)
