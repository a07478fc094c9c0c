"""The generator of pix2pix: a U-Net from image to image.

    c → e₁ → e₂ → … → e_depth → d₁ → [d₁, e_depth-1] → d₂ → … → [d_depth-1, e₁] → x̂

The encoder halves the resolution at each of its `depth` levels, down to a single pixel where the image is 2^depth wide, so that every
output pixel may depend on the whole input. What input and output share, the place of every edge, need not pass through that pixel: the
decoder gets the encoder's maps of the same resolution beside its own. Without these skips the network is a plain encoder–decoder.

Published rules: 4×4 convolutions of stride 2, no pooling; batch normalisation everywhere but in the first layer, and not in the innermost
either (of one pixel of one image it would leave nothing); LeakyReLU of slope 0.2 in the encoder, ReLU in the decoder, tanh at the end.
The noise z is *dropout* in the first three layers of the decoder, not an input: given as one, the network learned to ignore it.

This is GAN code: images are in [-1, 1] here. `UNet.translate` crosses the border and takes and returns [0, 1].

References
----------
P. Isola, J.-Y. Zhu, T. Zhou and A. A. Efros, "Image-to-image translation with conditional adversarial networks", CVPR 2017, section 3.2 and
appendix 6.1.1. Biases and the innermost layer as in the authors' code: 54.4 M parameters at depth 8.
O. Ronneberger, P. Fischer and T. Brox, "U-Net: convolutional networks for biomedical image segmentation", MICCAI 2015.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.images import require_image
from course_lib.models.dcgan import initialise

_NOISY = 3  # layers of the decoder that have dropout


class UNet(nn.Module):
    """Images to images of the same size, which must be a multiple of 2^depth.

    Parameters
    ----------
    input_channels, output_channels
        Of the image given and of the one to be made.
    depth
        How often the resolution is halved, at least 2: 8 for 256 pixels as published, 7 for 128, 6 for 64.
    features
        Channels after the first layer; every level below has twice as many, up to `max_features`.
    max_features
        8 times `features` where not given, as published.
    skips
        Whether the decoder sees the encoder's maps.
    dropout
        The share of values that the noise sets to zero; 0 switches it off.

    Raises
    ------
    ValueError
        If an argument is out of range, or an image has other channels or a size that cannot be halved `depth` times.

    Examples
    --------
    >>> G = UNet(depth=5, features=4)
    >>> G(torch.zeros(2, 3, 64, 32)).shape
    torch.Size([2, 3, 64, 32])
    """

    def __init__(
        self,
        input_channels: int = 3,
        output_channels: int = 3,
        depth: int = 8,
        features: int = 64,
        max_features: int | None = None,
        skips: bool = True,
        dropout: float | int = 0.5,
    ):
        super().__init__()
        if min(input_channels, output_channels, features) < 1 or depth < 2:
            raise ValueError(
                "input_channels, output_channels and features must be at least 1, depth at least 2; "
                f"got {input_channels}, {output_channels}, {features} and {depth}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and less than 1, got {dropout}")
        self.input_channels, self.depth, self.skips, self.dropout = input_channels, depth, skips, dropout
        widths = [min(features * 2**level, max_features or 8 * features) for level in range(depth)]
        self.down = nn.ModuleList([nn.Conv2d(input_channels, widths[0], 4, 2, 1, bias=False)])
        for before, after in zip(widths[:-2], widths[1:-1], strict=True):
            self.down.append(nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after)))
        self.down.append(nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(widths[-2], widths[-1], 4, 2, 1, bias=False)))
        self.up = nn.ModuleList()
        for level in reversed(range(1, depth)):
            before = widths[level] * (2 if skips and level < depth - 1 else 1)
            self.up.append(
                nn.Sequential(
                    nn.ReLU(), nn.ConvTranspose2d(before, widths[level - 1], 4, 2, 1, bias=False), nn.BatchNorm2d(widths[level - 1])
                )
            )
        self.up.append(nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(widths[0] * (2 if skips else 1), output_channels, 4, 2, 1), nn.Tanh()))
        self.apply(initialise)

    def forward(self, c: Float[Tensor, "n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "n d h w"]:
        """x̂ in [-1, 1] for c in [-1, 1].

        Parameters
        ----------
        c
            The images to translate.
        generator
            The source of the noise. Where one is given there is noise in eval mode too; else only in training mode, from torch's global
            source.
        """
        height, width = c.shape[-2:]
        cell = 2**self.depth
        if c.shape[1] != self.input_channels:
            raise ValueError(f"c has {c.shape[1]} channels (shape {tuple(c.shape)}); this network was made for {self.input_channels}")
        if height % cell or width % cell:
            raise ValueError(
                f"c is {height}×{width} pixels, and this network halves them {self.depth} times: both must be multiples of {cell}. "
                "Crop or resize the images, or make a network of less depth"
            )
        x, maps = c, []
        for layer in self.down:
            x = layer(x)
            maps.append(x)
        maps.pop()  # the innermost goes on as x
        for number, layer in enumerate(self.up):
            if number > 0 and self.skips:
                x = torch.cat([x, maps.pop()], 1)
            x = layer(x)
            if number < min(_NOISY, self.depth - 1) and (self.training or generator is not None):
                x = self._drop(x, generator)
        return x

    def _drop(self, x: Tensor, generator: torch.Generator | None) -> Tensor:
        """A share of the values to zero, the others made larger by as much: their mean stays."""
        kept = torch.rand(x.shape, generator=generator, device=x.device if generator is None else generator.device) >= self.dropout
        return x * kept.to(x.device) / (1 - self.dropout)

    @torch.no_grad()
    def translate(self, images: Float[Tensor, "n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "n d h w"]:
        """Translate images in [0, 1] to images in [0, 1]. Call `.eval()` first, or an image depends on its batch-mates through batch
        normalisation.

        Parameters
        ----------
        images
            Of a size that the network can halve.
        generator
            Where given, dropout stays active and is drawn from it: another answer for every seed. None, the default, drops nothing.
        """
        require_image(images, "images", channels=self.input_channels)
        device = next(self.parameters()).device
        return torch.cat([(self(part.to(device) * 2 - 1, generator) + 1) / 2 for part in images.split(100)])
