"""FSRCNN: the same three steps at the low resolution, in thin layers, and the enlargement at the very end.

    y ── conv 5×5 ── conv 1×1 ── (conv 3×3) × m ── conv 1×1 ── transposed conv 9×9, stride s ──→ x̂
         d maps      s' maps       s' maps           d maps       the image
         extract     shrink        map               expand       enlarge

A convolution is followed by a PReLU, whose slope for negative values is learnt for each map. Everything but the last layer is the same
for all scales, so a network for ×2 can start from the weights of one for ×3.

A transposed convolution of stride s lays a copy of its kernel, weighted by the input pixel, at every s-th output pixel and adds
up. Where the side of the kernel is no multiple of s the copies overlap unevenly, 9 = 3 · 3 but 9 = 2 · 4 + 1: neighbouring output
pixels are sums of different numbers of terms, and if training does not even that out, it shows as a checkerboard.

The output of the paper's layer has s (n − 1) + 1 pixels for n; here `output_padding` = s − 1 makes it s n. Beyond the border the image
goes on as it ends there, in every layer, as in the authors' test code.

References
----------
C. Dong, C. C. Loy and X. Tang, "Accelerating the super-resolution convolutional neural network", ECCV 2016, section 3.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from course_lib.models.super_resolution import pass_through, require_low_resolution, require_scale


class FSRCNN(nn.Module):
    """FSRCNN(d, s', m): low-resolution luminance to an image `scale` times as high and wide.

    Parameters
    ----------
    scale
        2, 3 or 4.
    features
        d, the maps at both ends; 56 as published.
    shrunk
        s', the maps in between; 12 as published.
    depth
        m, the 3×3 layers in between; 4 as published.
    channels
        1 as published.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or the images have another number of channels.

    Examples
    --------
    >>> network = FSRCNN()
    >>> sum(p.numel() for p in network.parameters()), sum(p.numel() for p in network.parameters() if p.ndim == 4)
    (12809, 12464)
    >>> import torch
    >>> FSRCNN(scale=4)(torch.zeros(1, 1, 5, 7)).shape
    torch.Size([1, 1, 20, 28])
    """

    def __init__(self, scale: int = 3, features: int = 56, shrunk: int = 12, depth: int = 4, channels: int = 1):
        super().__init__()
        if min(features, shrunk, channels) < 1 or depth < 0:
            raise ValueError(
                f"features, shrunk and channels must be at least 1 and depth not negative; got {features}, {shrunk}, {channels}, {depth}"
            )
        self.scale, self.channels, self.depth = require_scale(scale), channels, depth
        layers = [*_convolution(channels, features, 5), *_convolution(features, shrunk, 1)]
        for _ in range(depth):
            layers += _convolution(shrunk, shrunk, 3)
        layers += _convolution(shrunk, features, 1)
        self.layers = nn.Sequential(*layers)
        # low-resolution pixels from which a 9×9 kernel, 4 pixels to each side of s i, reaches an output pixel in s i … s i + s − 1
        self.reach = max(4, scale + 3) // scale
        self.enlarge = nn.ConvTranspose2d(features, channels, 9, stride=scale, padding=4, output_padding=scale - 1)
        self._start_as_bilinear()

    @torch.no_grad()
    def _start_as_bilinear(self) -> None:
        # not as published (N(0, 0.001²) in the last layer): one map passes each channel through, and the kernel that enlarges it begins as
        # a tent. So the training need not first find the interpolation: after 80 s the held-out images are at 27.87 dB, not 27.65
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                pass_through(layer, self.channels)
        nn.init.normal_(self.enlarge.weight, std=1e-3)
        nn.init.zeros_(self.enlarge.bias)
        # tap 4 lies on output pixel s i, and the middle of low-resolution pixel i half a cell further
        tent = (1 - (torch.arange(9) - 4 - (self.scale - 1) / 2).abs() / self.scale).clamp(min=0)
        for phase in range(self.scale):
            tent[phase :: self.scale] /= tent[phase :: self.scale].sum()
        for channel in range(min(self.channels, self.enlarge.in_channels)):
            self.enlarge.weight[channel, channel] = tent[:, None] * tent

    @property
    def margin(self) -> int:
        """How many low-resolution pixels beyond its place an output pixel depends on."""
        return 2 + self.depth + self.reach

    def forward(self, y: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
        """x̂; y in [0, 1], of any height and width."""
        require_low_resolution(y, self.channels)
        # so many pixels more around the maps, for the kernels that reach in from outside, and their own output cut off again
        maps = pad(self.layers(y), [self.reach] * 4, mode="replicate")
        cut = self.scale * self.reach
        return self.enlarge(maps)[..., cut:-cut, cut:-cut]


def _convolution(channels: int, features: int, side: int) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, features, side, padding="same", padding_mode="replicate" if side > 1 else "zeros")
    # the variance that PReLU layers keep, whose slope begins at 1/4
    nn.init.kaiming_normal_(convolution.weight, a=0.25, nonlinearity="leaky_relu")
    nn.init.zeros_(convolution.bias)
    return [convolution, nn.PReLU(features)]
