"""A convolutional encoder–decoder, with or without skip connections: what pooling costs a restorer, and how skips pay it back.

    y → [conv, conv, pool] → … → [conv, conv] → … → [upsample (, concatenate the encoder's maps), conv, conv] → conv → x̂

The encoder halves the resolution at every level. That widens the receptive field cheaply, and a classifier wants no more: *where*
does not matter to it. A restorer must put every pixel back. Without skips all of the image has to pass through the coarsest maps,
and fine detail does not. With skips the decoder gets the encoder's maps of each resolution again, as in the U-Net of Ronneberger et al.,
and nothing has to pass through but what only a wide view can tell.

References
----------
X. Mao, C. Shen and Y. Yang, "Image restoration using very deep convolutional encoder-decoder networks with symmetric skip connections",
NeurIPS 2016.
O. Ronneberger, P. Fischer and T. Brox, "U-Net: convolutional networks for biomedical image segmentation", MICCAI 2015.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad


class EncoderDecoder(nn.Module):
    """The network: images to images of the same size.

    Parameters
    ----------
    channels
        Of the output, 1 for grey, 3 for colour.
    levels
        How often the resolution is halved.
    features
        Channels at full resolution; each level below has twice as many.
    skips
        Whether the decoder sees the encoder's maps.
    input_channels
        Of the input; the same as `channels` where not given.

    Raises
    ------
    ValueError
        If an argument is out of range, or the images have another number of channels.

    Examples
    --------
    >>> EncoderDecoder(features=4)(torch.zeros(1, 1, 13, 9)).shape
    torch.Size([1, 1, 13, 9])
    """

    def __init__(self, channels: int = 1, levels: int = 2, features: int = 32, skips: bool = True, input_channels: int | None = None):
        super().__init__()
        if levels < 0 or features < 1 or channels < 1:
            raise ValueError(f"levels must be at least 0, features and channels at least 1; got {levels}, {features}, {channels}")
        self.input_channels, self.levels, self.skips = input_channels or channels, levels, skips
        widths = [features * 2**level for level in range(levels + 1)]
        before = [self.input_channels, *widths]
        self.down = nn.ModuleList(_pair(before[i], widths[i]) for i in range(levels + 1))
        self.up = nn.ModuleList(_pair(widths[i + 1] + (widths[i] if skips else 0), widths[i]) for i in reversed(range(levels)))
        self.last = nn.Conv2d(features, channels, 3, padding=1)

    def forward(self, y: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d h w"]:
        """x̂; any height and width (the border is repeated up to a multiple of 2^levels, and cut off again)."""
        if y.shape[1] != self.input_channels:
            raise ValueError(f"y has {y.shape[1]} channels (shape {tuple(y.shape)}); this network was made for {self.input_channels}")
        height, width = y.shape[-2:]
        cell = 2**self.levels
        x = pad(y, (0, -width % cell, 0, -height % cell), mode="replicate")
        maps = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else max_pool2d(x, 2))
            maps.append(x)
        for block, skip in zip(self.up, reversed(maps[:-1]), strict=True):
            x = interpolate(x, scale_factor=2, mode="nearest")
            x = block(torch.cat([x, skip], 1) if self.skips else x)
        return self.last(x)[..., :height, :width]


def _pair(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(after, after, 3, padding=1), nn.ReLU(inplace=True)),
    )
