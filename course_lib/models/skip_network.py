"""The skip network of the Deep Image Prior: an untrained encoder–decoder whose *structure* prefers images to noise.

    level i:   ┌─ 1×1 → skip_features ────────────────────────────┐
         a ────┤                                                  ├─ concatenate ─ 3×3 ─ 1×1 ─→
               └─ 3×3, stride 2 ─ 3×3 ─ level i + 1 ─ upsample ───┘

The input is not an image but a fixed tensor of noise, and the weights are fitted to one observed image (`course_lib.train.DeepImagePrior`).
Convolutions and upsampling answer smooth, repeated shapes much sooner than they answer noise, and this is all the prior there is. The
skips are thin (4 channels of 128), so that nearly all has to pass through the coarse levels.

Every convolution is followed by batch normalisation and a leaky ReLU (slope 0.2), its border is mirrored, and it has a bias; the output
is a sigmoid.

References
----------
D. Ulyanov, A. Vedaldi and V. Lempitsky, "Deep image prior", CVPR 2018, section 4 and the supplement's table of architectures.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class SkipNetwork(nn.Module):
    """The network: a tensor of noise to an image of the same height and width, in (0, 1).

    Parameters
    ----------
    channels
        Of the output, 1 for grey, 3 for colour.
    input_depth
        Channels of the input; 32 as published.
    features
        Channels of every level, down and up; 128 as published for denoising.
    skip_features
        Channels that pass by a level; 4 as published for denoising. None where 0.
    levels
        How often the resolution is halved; 5 as published.

    Raises
    ------
    ValueError
        If an argument is out of range, or the input has another number of channels, or a side that is no multiple of 2^levels or less
        than twice that (mirroring needs two pixels at the coarsest level).

    Examples
    --------
    >>> sum(p.numel() for p in SkipNetwork(channels=3).parameters())
    2217831
    >>> SkipNetwork(features=8, levels=3)(torch.zeros(1, 32, 16, 24)).shape
    torch.Size([1, 1, 16, 24])
    """

    def __init__(self, channels: int = 1, input_depth: int = 32, features: int = 128, skip_features: int = 4, levels: int = 5):
        super().__init__()
        if channels < 1 or input_depth < 1 or features < 1 or levels < 1 or skip_features < 0:
            raise ValueError(
                f"channels, input_depth, features and levels must be at least 1, skip_features at least 0; got {channels}, {input_depth}, "
                f"{features}, {levels}, {skip_features}"
            )
        self.input_depth, self.levels = input_depth, levels
        before = [input_depth] + [features] * (levels - 1)
        self.down = nn.ModuleList(nn.Sequential(*_block(n, features, stride=2), *_block(features, features)) for n in before)
        self.skip = nn.ModuleList(nn.Sequential(*_block(n, skip_features, size=1)) if skip_features else None for n in before)
        self.up = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(features + skip_features),
                *_block(features + skip_features, features),
                *_block(features, features, size=1),
            )
            for _ in before
        )
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear")
        self.last = nn.Sequential(nn.Conv2d(features, channels, 1), nn.Sigmoid())

    def forward(self, z: Float[Tensor, "n d h w"]) -> Float[Tensor, "n c h w"]:
        """x̂, of the noise z."""
        cell = 2**self.levels
        if z.shape[1] != self.input_depth:
            raise ValueError(f"z has {z.shape[1]} channels (shape {tuple(z.shape)}); this network was made for {self.input_depth}")
        if any(side % cell or side < 2 * cell for side in z.shape[-2:]):
            raise ValueError(
                f"z must be a multiple of {cell} pixels high and wide, and at least {2 * cell}, for {self.levels} levels; got "
                f"{z.shape[-2]}×{z.shape[-1]}"
            )
        return self.last(self._level(0, z))

    def _level(self, i: int, a: Tensor) -> Tensor:
        deep = self.down[i](a)
        if i + 1 < self.levels:
            deep = self._level(i + 1, deep)
        deep = self.upsample(deep)
        return self.up[i](deep if self.skip[i] is None else torch.cat([self.skip[i](a), deep], 1))


def _block(before: int, after: int, size: int = 3, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, size, stride, padding=size // 2, padding_mode="reflect")
    return [convolution, nn.BatchNorm2d(after), nn.LeakyReLU(0.2, inplace=True)]
