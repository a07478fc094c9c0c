"""Colour for a grey image by a network that knows nothing but colour: brightness is copied, not learned.

The image is taken apart into luma Y and chroma Cb, Cr (BT.601). The network is given Y and answers with Cb and Cr, which are put back
beside the Y that was given: whatever it answers, the result has the brightness of the input, but for clipping.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.images import luma, require_image, rgb_to_ycbcr, ycbcr_to_rgb


def colourise(network: nn.Module, images: Float[Tensor, "n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "n 3 h w"]:
    """Colour grey images, or colour images after forgetting their colours.

    Parameters
    ----------
    network
        `network.translate(y, generator)`: luma (n, 1, h, w) to chroma (n, 2, h, w), all in [0, 1], as a `UNet(1, 2)`; in eval mode.
    images
        Grey or colour images in [0, 1], of a size that the network accepts.
    generator
        The source of the network's noise, if it shall have any.

    Returns
    -------
    Tensor
        (n, 3, h, w), clipped to [0, 1].

    Raises
    ------
    TypeError, ValueError
        Not images, or of a size that the network refuses.

    Examples
    --------
    >>> from course_lib.models import UNet
    >>> colourise(UNet(1, 2, depth=5, features=2).eval(), torch.rand(1, 1, 32, 32)).shape
    torch.Size([1, 3, 32, 32])
    """
    require_image(images, "images")
    # a grey image is its own brightness; luma proper has the range 16 to 235
    y = luma(images) if images.shape[1] == 3 else luma(images.expand(-1, 3, -1, -1))
    chroma = network.translate(y, generator)
    return ycbcr_to_rgb(torch.cat([y, chroma.to(y.device)], 1)).clamp(0, 1)


def luma_and_chroma(images: Float[Tensor, "n 3 h w"]) -> tuple[Float[Tensor, "n 1 h w"], Float[Tensor, "n 2 h w"]]:
    """Take colour images apart: what such a network is given, and what it should answer.

    Parameters
    ----------
    images
        Colour images in [0, 1].

    Returns
    -------
    y, chroma : Tensor
        Both in [0, 1]; the chroma of grey is 128/255.

    Raises
    ------
    TypeError, ValueError
        Not colour images.

    Examples
    --------
    >>> y, chroma = luma_and_chroma(torch.full((1, 3, 2, 2), 0.5))
    >>> round(chroma.mean().item() * 255, 3)
    128.0
    """
    require_image(images, "images", channels=3)
    parts = rgb_to_ycbcr(images)
    return parts[:, :1], parts[:, 1:]
