"""The generator of CycleGAN: two steps down, residual blocks, two steps up.

    c → c7s1-f → d2f → d4f → R4f × blocks → u2f → uf → c7s1 → tanh → x̂

In the paper's shorthand c7s1-f is a 7×7 convolution to f channels, d a 3×3 convolution of stride 2, R a residual block of two 3×3
convolutions, u a transposed 3×3 convolution of stride 2. All but the last are followed by instance normalisation and ReLU (in a block, no
ReLU at its end). There are no skips from encoder to decoder; the layout is kept because the resolution falls by four only.

Instance normalisation takes mean and variance over one image's map: a batch of one is normal here, and training and eval mode are the
same. Where the input is padded it is reflected: zeros would show as a dark frame.

This is GAN code: images are in [-1, 1] here. `ResnetGenerator.translate` crosses the border and takes and returns [0, 1].

References
----------
J.-Y. Zhu, T. Park, P. Isola and A. A. Efros, "Unpaired image-to-image translation using cycle-consistent adversarial networks", ICCV 2017,
appendix 7.2, after J. Johnson, A. Alahi and L. Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution", ECCV 2016.
Biases as in the authors' code: 11.4 M parameters with nine blocks.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.images import require_image
from course_lib.models.dcgan import initialise


class ResidualBlock(nn.Module):
    """x + F(x), with F two reflected 3×3 convolutions."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"), nn.InstanceNorm2d(channels), nn.ReLU()),
            *(nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"), nn.InstanceNorm2d(channels)),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """No ReLU after the sum."""
        return x + self.layers(x)


class ResnetGenerator(nn.Module):
    """Images to images of the same size, which must be a multiple of 4.

    Parameters
    ----------
    input_channels, output_channels
        Of the image given and of the one to be made.
    blocks
        Residual blocks: 6 as published for 128 pixels, 9 for 256.
    features
        Channels at full resolution; 64 as published.

    Raises
    ------
    ValueError
        If an argument is out of range, or an image has other channels, is smaller than 16 pixels or no multiple of 4.

    Examples
    --------
    >>> ResnetGenerator(blocks=1, features=4)(torch.zeros(1, 3, 24, 16)).shape
    torch.Size([1, 3, 24, 16])
    """

    def __init__(self, input_channels: int = 3, output_channels: int = 3, blocks: int = 9, features: int = 64):
        super().__init__()
        if min(input_channels, output_channels, features) < 1 or blocks < 0:
            raise ValueError(
                "input_channels, output_channels and features must be at least 1, blocks at least 0; "
                f"got {input_channels}, {output_channels}, {features} and {blocks}"
            )
        self.input_channels = input_channels

        def normalised(convolution: nn.Module) -> tuple[nn.Module, ...]:
            return convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU()

        self.layers = nn.Sequential(
            *normalised(nn.Conv2d(input_channels, features, 7, padding=3, padding_mode="reflect")),
            *normalised(nn.Conv2d(features, 2 * features, 3, 2, 1)),
            *normalised(nn.Conv2d(2 * features, 4 * features, 3, 2, 1)),
            *(ResidualBlock(4 * features) for _ in range(blocks)),
            *normalised(nn.ConvTranspose2d(4 * features, 2 * features, 3, 2, 1, output_padding=1)),
            *normalised(nn.ConvTranspose2d(2 * features, features, 3, 2, 1, output_padding=1)),
            nn.Conv2d(features, output_channels, 7, padding=3, padding_mode="reflect"),
            nn.Tanh(),
        )
        self.apply(initialise)

    def forward(self, c: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d h w"]:
        """x̂ in [-1, 1] for c in [-1, 1]."""
        height, width = c.shape[-2:]
        if c.shape[1] != self.input_channels:
            raise ValueError(f"c has {c.shape[1]} channels (shape {tuple(c.shape)}); this network was made for {self.input_channels}")
        if min(height, width) < 16 or height % 4 or width % 4:
            raise ValueError(f"c is {height}×{width} pixels: both must be multiples of 4, and at least 16. Crop or resize the images")
        return self.layers(c)

    @torch.no_grad()
    def translate(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d h w"]:
        """Translate images in [0, 1] to images in [0, 1]."""
        require_image(images, "images", channels=self.input_channels)
        device = next(self.parameters()).device
        return torch.cat([(self(part.to(device) * 2 - 1) + 1) / 2 for part in images.split(100)])
