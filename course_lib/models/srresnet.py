"""SRResNet: a deep residual network at the low resolution, then sub-pixel convolutions. And what it became without batch normalisation.

    SRResNet     y ── conv 9×9, PReLU ─┬─ block × 16 ── conv, BN ─ + ── (conv, shuffle, PReLU)… ── conv 9×9 ──→ x̂
                                       └───────────────────────────┘
    MSRResNet    y ─┬─ conv, lReLU ── block × 16 ── (conv, shuffle, lReLU)… ── conv, lReLU ── conv ── + ──→ x̂
                    └─ bilinear ×s ───────────────────────────────────────────────────────────────────┘

A *block* adds something to what comes in: a + conv(act(conv(a))), with batch normalisation after each convolution in the first network.
Near zero weights a block does nothing, and the gradient passes it unchanged: that is why sixteen can be stacked. Each shuffle doubles the
size (triples, for ×3).

Batch normalisation subtracts a mean that it takes from the batch in training and from a running average in use, and scales contrast away
that the output must have. Networks for super-resolution train better without (EDSR, 2017). MSRResNet also adds its output to the enlarged
input: the *global skip*, so that it learns the missing detail only.

References
----------
C. Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network", CVPR 2017, section 2.1,
figure 4.
B. Lim, S. Son, H. Kim, S. Nah and K. M. Lee, "Enhanced deep residual networks for single image super-resolution", CVPR Workshops 2017,
section 3.
X. Wang et al., BasicSR, "MSRResNet" (the modified network; the sizes here are its own).
"""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from course_lib.models.espcn import pixel_shuffle
from course_lib.models.super_resolution import require_low_resolution, require_scale


class PixelShuffle(nn.Module):
    """`pixel_shuffle` as a layer."""

    def __init__(self, scale: int):
        super().__init__()
        self.scale = scale

    def forward(self, maps: Float[Tensor, "n d h w"]) -> Float[Tensor, "n c h2 w2"]:
        return pixel_shuffle(maps, self.scale)


class Block(nn.Module):
    """a + f(a), f two convolutions."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, a: Float[Tensor, "n d h w"]) -> Float[Tensor, "n d h w"]:
        return a + self.layers(a)


class SRResNet(nn.Module):
    """The network of 2017.

    Parameters
    ----------
    scale
        2, 3 or 4.
    channels
        3 as published.
    features, blocks
        Width and number of the residual blocks; 64 and 16 as published.
    norm
        ``"batch"`` as published; ``"none"`` leaves the normalisation out and nothing else, for a comparison.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or the images have another number of channels.

    Examples
    --------
    >>> sum(p.numel() for p in SRResNet().parameters())
    1549462
    >>> import torch
    >>> SRResNet(features=4, blocks=1).eval()(torch.zeros(1, 3, 5, 7)).shape
    torch.Size([1, 3, 20, 28])
    """

    def __init__(self, scale: int = 4, channels: int = 3, features: int = 64, blocks: int = 16, norm: Literal["batch", "none"] = "batch"):
        super().__init__()
        _require_sizes(channels, features, blocks)
        if norm not in ("batch", "none"):
            raise ValueError(f"norm must be 'batch' or 'none', got {norm!r}")
        self.scale, self.channels = require_scale(scale), channels

        def convolution() -> list[nn.Module]:
            return [nn.Conv2d(features, features, 3, padding=1), *([nn.BatchNorm2d(features)] if norm == "batch" else [])]

        self.first = nn.Sequential(nn.Conv2d(channels, features, 9, padding=4), nn.PReLU())
        body = [Block(*convolution(), nn.PReLU(), *convolution()) for _ in range(blocks)]
        self.body = Block(*body, *convolution())  # the skip around all blocks
        enlarge = []
        for factor in _factors(scale):
            enlarge += [nn.Conv2d(features, features * factor**2, 3, padding=1), PixelShuffle(factor), nn.PReLU()]
        self.enlarge = nn.Sequential(*enlarge)
        self.last = nn.Conv2d(features, channels, 9, padding=4)
        self.margin = 4 + 2 * blocks + 1 + 2 + -(-4 // scale)

    def forward(self, y: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
        """x̂; y in [0, 1], of any height and width."""
        require_low_resolution(y, self.channels)
        return self.last(self.enlarge(self.body(self.first(y))))


class MSRResNet(nn.Module):
    """The modified network: no batch normalisation, a global skip. As large as the baseline of EDSR.

    Parameters
    ----------
    scale
        2, 3 or 4.
    channels
        3 as published; 1 for luminance.
    features, blocks
        Width and number of the residual blocks; 64 and 16 as published.
    direct
        Enlarge in one step, by the head of ESPCN on the last maps: for small networks, where the published layers at the high
        resolution would cost more than all the rest.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or the images have another number of channels.

    Examples
    --------
    >>> sum(p.numel() for p in MSRResNet().parameters())
    1517571
    >>> import torch
    >>> MSRResNet(features=4, blocks=1, direct=True)(torch.zeros(1, 3, 5, 7)).shape
    torch.Size([1, 3, 20, 28])
    """

    def __init__(self, scale: int = 4, channels: int = 3, features: int = 64, blocks: int = 16, direct: bool = False):
        super().__init__()
        _require_sizes(channels, features, blocks)
        self.scale, self.channels = require_scale(scale), channels

        def convolution(to: int = features) -> nn.Conv2d:
            return nn.Conv2d(features, to, 3, padding=1)

        def activation() -> nn.Module:
            return nn.LeakyReLU(0.1, inplace=True)

        self.first = nn.Sequential(nn.Conv2d(channels, features, 3, padding=1), activation())
        self.body = nn.Sequential(*(Block(convolution(), nn.ReLU(inplace=True), convolution()) for _ in range(blocks)))
        if direct:
            enlarge = [convolution(channels * scale**2), PixelShuffle(scale)]
        else:
            enlarge = []
            for factor in _factors(scale):
                enlarge += [convolution(features * factor**2), PixelShuffle(factor), activation()]
            enlarge += [convolution(), activation(), convolution(channels)]
        self.enlarge = nn.Sequential(*enlarge)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                # a tenth of what ReLU layers keep: the network begins as not much more than its skips
                nn.init.kaiming_normal_(layer.weight)
                layer.weight.data *= 0.1
                nn.init.zeros_(layer.bias)
        self.margin = 1 + 2 * blocks + (1 if direct else 3)

    def forward(self, y: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
        """x̂; y in [0, 1], of any height and width."""
        require_low_resolution(y, self.channels)
        detail = self.enlarge(self.body(self.first(y)))
        return detail + interpolate(y, scale_factor=self.scale, mode="bilinear", align_corners=False)


def _factors(scale: int) -> tuple[int, ...]:
    return (2, 2) if scale == 4 else (scale,)


def _require_sizes(channels: int, features: int, blocks: int) -> None:
    if channels < 1 or features < 1 or blocks < 0:
        raise ValueError(f"channels and features must be at least 1 and blocks not negative; got {channels}, {features}, {blocks}")
