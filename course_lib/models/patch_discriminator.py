"""PatchGAN: a discriminator that judges patches, and the measurement of how large they are.

A convolutional network with no layer over the whole image returns a *map* of logits. Each is a verdict on the patch of input pixels that
can reach it, its receptive field, and the loss is their mean: D looks at texture and sharpness and leaves the layout to the L1 term.
The number of layers sets the size:

    layers           0    1    2    3    4    5
    receptive field  1   16   34   70  142  286        pixels; 70 as published, 1 is the PixelGAN, 286 sees all of a 256-pixel image

    C64 – C128 – C256 – C512 – 1 logit at 3 layers: 4×4 convolutions, all of stride 2 but the last two; LeakyReLU of slope 0.2; no
    normalisation in the first layer. At 0 layers all convolutions are 1×1.

D judges *pairs*: the condition c is laid beside the image as further channels. A D made with no channels for it does not see it; then
nothing but the L1 term ties G's picture to its input.

References
----------
P. Isola, J.-Y. Zhu, T. Zhou and A. A. Efros, "Image-to-image translation with conditional adversarial networks", CVPR 2017, the sections on
the Markovian discriminator and on PixelGANs, PatchGANs and ImageGANs, appendix 6.1.2. With instance normalisation and no condition it is
CycleGAN's: J.-Y. Zhu, T. Park, P. Isola and A. A. Efros, "Unpaired image-to-image translation using cycle-consistent adversarial networks",
ICCV 2017, appendix 7.2. Biases as in the authors' code.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.dcgan import initialise


class PatchDiscriminator(nn.Module):
    """Images, or pairs of image and condition, to a map of logits.

    Parameters
    ----------
    layers
        Strided layers, 0 to 6; 3 as published, for a receptive field of 70 pixels.
    features
        Channels of the first layer; every further one has twice as many, up to 8 times.
    channels
        Of the image.
    condition_channels
        Of the condition; with 0 D does not see it.
    norm
        ``"batch"`` as in pix2pix, or ``"instance"`` as in CycleGAN.

    Raises
    ------
    ValueError
        If an argument is out of range, image or condition have other channels or sizes, or the image is too small for so many layers.

    Examples
    --------
    >>> D = PatchDiscriminator(features=4)
    >>> x, c = torch.zeros(2, 2, 3, 64, 64)
    >>> D(x, c).shape, receptive_field(D)
    (torch.Size([2, 1, 6, 6]), 70)
    """

    def __init__(
        self,
        layers: int = 3,
        features: int = 64,
        channels: int = 3,
        condition_channels: int = 3,
        norm: Literal["batch", "instance"] = "batch",
    ):
        super().__init__()
        if not 0 <= layers <= 6:
            raise ValueError(f"layers must be 0 to 6, got {layers}")
        if min(features, channels) < 1 or condition_channels < 0:
            raise ValueError(
                "features and channels must be at least 1, condition_channels at least 0 (D does not see the condition); "
                f"got {features}, {channels} and {condition_channels}"
            )
        if norm not in ("batch", "instance"):
            raise ValueError(f"norm must be 'batch' or 'instance', got {norm!r}")
        self.channels, self.condition_channels = channels, condition_channels
        self.min_size = 3 * 2**layers if layers else 1  # the last two layers take a pixel away each

        def convolution(before: int, after: int, stride: int, bias: bool = True) -> nn.Conv2d:
            return nn.Conv2d(before, after, 4, stride, 1, bias=bias) if layers else nn.Conv2d(before, after, 1, bias=bias)

        def normalised(before: int, after: int, stride: int) -> list[nn.Module]:
            # no bias before batch normalisation: it would take it out again
            normalisation = nn.BatchNorm2d(after) if norm == "batch" else nn.InstanceNorm2d(after)
            return [convolution(before, after, stride, bias=norm == "instance"), normalisation, nn.LeakyReLU(0.2)]

        widths = [features * min(2**level, 8) for level in range(max(layers, 1) + 1)]
        body = [convolution(channels + condition_channels, features, 2), nn.LeakyReLU(0.2)]
        for before, after in zip(widths[:-2], widths[1:-1], strict=True):
            body += normalised(before, after, 2)
        body += normalised(widths[-2], widths[-1], 1)
        self.layers = nn.Sequential(*body, convolution(widths[-1], 1, 1))
        self.apply(initialise)

    def forward(self, x: Float[Tensor, "n c h w"], c: Float[Tensor, "n d h w"] | None = None) -> Float[Tensor, "n 1 a b"]:
        """A logit for every patch; images in [-1, 1]. The condition is looked at only by a D that was made for one."""
        if x.shape[1] != self.channels:
            raise ValueError(f"x has {x.shape[1]} channels (shape {tuple(x.shape)}); this network was made for {self.channels}")
        if min(x.shape[-2:]) < self.min_size:
            raise ValueError(
                f"x is {x.shape[-2]}×{x.shape[-1]} pixels, too few for this network: it needs at least {self.min_size}×{self.min_size}. "
                "Take larger images, or a network of fewer layers"
            )
        if self.condition_channels:
            if c is None or c.shape[1] != self.condition_channels or c.shape[-2:] != x.shape[-2:]:
                got = "none" if c is None else f"shape {tuple(c.shape)}"
                raise ValueError(
                    f"c: got {got}; this network judges images of shape {tuple(x.shape)} beside a condition of "
                    f"{self.condition_channels} channels and the same size (condition_channels=0 makes one that does without)"
                )
            x = torch.cat([x, c], 1)
        return self.layers(x)


def receptive_field(network: nn.Module) -> int:
    """The side, in pixels, of the patch that one output of a chain of convolutions can see, by the formula.

    From the last layer back to the first, r ← (r − 1) · stride + kernel, starting from a single output, r = 1.

    Parameters
    ----------
    network
        Its `Conv2d` layers must form one chain, in the order in which they are registered.

    Examples
    --------
    >>> [receptive_field(PatchDiscriminator(layers, features=1)) for layers in range(6)]
    [1, 16, 34, 70, 142, 286]
    """
    side = 1
    for layer in reversed([layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]):
        side = (side - 1) * layer.stride[0] + layer.kernel_size[0]
    return side


def measured_receptive_field(D: PatchDiscriminator, size: int = 512) -> int:
    """The same by experiment: how many rows of a random image have a gradient of the logit in the centre of the map.

    Parameters
    ----------
    D
        With batch normalisation; it is put into eval mode meanwhile.
    size
        Side of the image in pixels: more than the receptive field.

    Returns
    -------
    int
        Rows from the first to the last pixel that the logit depends on.

    Raises
    ------
    ValueError
        If the gradient reaches the border: the image is too small, or D has instance normalisation, whose mean and variance over the map
        let every logit depend on every pixel.

    Examples
    --------
    >>> measured_receptive_field(PatchDiscriminator(layers=2, features=2), size=64)
    34
    """
    device, training = next(D.parameters()).device, D.training
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, D.channels + D.condition_channels, size, size, generator=generator).to(device).requires_grad_()
    try:
        logits = D.eval()(x[:, : D.channels], x[:, D.channels :])
    finally:
        D.train(training)
    (gradient,) = torch.autograd.grad(logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2], x)
    rows = gradient.abs().amax((0, 1, 3)).nonzero().flatten()
    if rows[0] == 0 or rows[-1] == size - 1:
        raise ValueError(
            f"size: the gradient reaches the border of the {size}×{size} pixels; take a larger size, or a D with batch normalisation "
            "(instance normalisation lets every logit depend on every pixel)"
        )
    return int(rows[-1] - rows[0]) + 1
