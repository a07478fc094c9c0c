"""What the super-resolution networks have in common: the scale, colour images by a network for luminance, the self-ensemble, the cost.

A network maps a low-resolution batch (n, c, h, w) to (n, c, s h, s w), for any height and width. It has a `scale`, its number of
`channels` (1: trained on luminance), and a `margin`: how many low-resolution pixels beyond its place an output pixel depends on,
which is what `tiles.by_tiles` needs to know.

References
----------
R. Timofte, R. Rothe and L. Van Gool, "Seven ways to improve example-based single image super resolution", CVPR 2016, section 3.4.
B. Lim, S. Son, H. Kim, S. Nah and K. M. Lee, "Enhanced deep residual networks for single image super-resolution", CVPR Workshops 2017,
section 3.4.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.images import require_image, rgb_to_ycbcr, ycbcr_to_rgb
from course_lib.resample import imresize

SCALES = (2, 3, 4)


def require_scale(scale: int) -> int:
    """The scale, if there is a network for it.

    Raises
    ------
    TypeError
        If it is not an int.
    ValueError
        If it is none of 2, 3 and 4.
    """
    if isinstance(scale, bool) or not isinstance(scale, int):
        raise TypeError(f"scale must be an int, one of {SCALES}, got {type(scale).__name__}: {scale!r}; imresize takes any factor")
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {SCALES}, got {scale}; imresize takes any factor")
    return scale


def require_low_resolution(y: Tensor, channels: int) -> None:
    """Say what is wrong with a network's input, if it is."""
    if y.shape[1] != channels:
        hint = "; models.super_resolve applies it to grey and colour images" if y.shape[1] in (1, 3) else ""
        raise ValueError(f"y has {y.shape[1]} channels (shape {tuple(y.shape)}); this network was made for {channels}{hint}")
    if not y.numel():
        raise ValueError(f"y is empty (shape {tuple(y.shape)}); it must have at least one image of at least one pixel")


@torch.no_grad()
def pass_through(layer: nn.Conv2d, channels: int, gain: float = 1.0) -> None:
    """Let the first `channels` maps of a convolution begin as its first inputs, times `gain`, and nothing else.

    >>> layer = nn.Conv2d(2, 3, 3, padding="same")
    >>> nn.init.zeros_(layer.bias)
    Parameter containing:
    tensor([0., 0., 0.], requires_grad=True)
    >>> pass_through(layer, 1)
    >>> y = torch.rand(1, 2, 4, 4)
    >>> bool((layer(y)[:, 0] == y[:, 0]).all())
    True
    """
    centre = layer.kernel_size[0] // 2
    for channel in range(min(channels, layer.in_channels, layer.out_channels)):
        layer.weight[channel] = 0
        layer.weight[channel, channel, centre, centre] = gain


@torch.no_grad()
def super_resolve(network: nn.Module, y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h2 w2"]:
    """Enlarge grey or colour images by a network, as the papers do.

    A network with one channel gets the luminance. The colour channels Cb and Cr are enlarged bicubically: the eye sees little detail in
    them, and the tables measure Y only. A network with three channels gets a grey image three times, and the mean of the three is taken.

    Parameters
    ----------
    network
        As `zoo.load("fsrcnn-x3")` gives it: in eval mode, with a `scale` and a number of `channels`.
    y
        Low-resolution image or images, RGB or grey, in [0, 1], of any height and width.

    Returns
    -------
    Tensor
        (…, c, scale·h, scale·w). Not clipped.

    Raises
    ------
    TypeError, ValueError
        If y is no image (see `course_lib.images.require_image`).

    Examples
    --------
    >>> from course_lib.models import ESPCN
    >>> super_resolve(ESPCN(scale=3), torch.rand(3, 5, 7)).shape
    torch.Size([3, 15, 21])
    """
    require_image(y, "y")
    batch = y if y.ndim == 4 else y[None]
    colour = batch.shape[1] == 3
    if network.channels == 3:
        result = network(batch if colour else batch.expand(-1, 3, -1, -1))
        result = result if colour else result.mean(1, keepdim=True)
    elif colour:
        ycbcr = rgb_to_ycbcr(batch)
        luminance = network(ycbcr[:, :1])
        chroma = imresize(ycbcr[:, 1:2], network.scale), imresize(ycbcr[:, 2:], network.scale)
        result = ycbcr_to_rgb(torch.cat([luminance, *chroma], dim=1))
    else:
        result = network(batch)
    return result if y.ndim == 4 else result[0]


@torch.no_grad()
def self_ensemble(restorer: Callable[[Tensor], Tensor], y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h2 w2"]:
    """Apply a restorer to the eight orientations of an image, turn the results back, and take their mean.

    The right answer to a turned image is the turned answer; a trained network obeys that only nearly. The mean of its eight opinions has
    less of the error that they do not share, at eight times the cost.

    Parameters
    ----------
    restorer
        A callable image → image: a denoiser, a super-resolution network, or `partial(super_resolve, network)`.
    y
        Image or images, of any height and width.

    Examples
    --------
    >>> y = torch.rand(1, 4, 6)
    >>> bool(torch.allclose(self_ensemble(lambda y: 2 * y, y), 2 * y))
    True
    """
    require_image(y, "y")
    estimates = []
    for turns in range(4):
        for mirrored in (False, True):
            turned = torch.rot90(y.flip(-1) if mirrored else y, turns, (-2, -1))
            estimate = torch.rot90(restorer(turned), -turns, (-2, -1))
            estimates.append(estimate.flip(-1) if mirrored else estimate)
    return torch.stack(estimates).mean(0)


@torch.no_grad()
def multiply_adds(network: nn.Module, height: int = 720, width: int = 1280) -> int:
    """Multiplications with an addition that a network's convolutions take for an output of height × width: the cost that papers quote.

    Each weight of a convolution is used once for every position of its output, each weight of a transposed one once for every position
    of its *input*. (Tables that put FSRCNN ×4 at 4.6 billion count its last layer at every output position, zeros included.)

    Parameters
    ----------
    network
        A super-resolution network.
    height, width
        Of the output, in pixels; as many as multiples of the scale cover are counted.

    Examples
    --------
    >>> from course_lib.models import FSRCNN
    >>> multiply_adds(FSRCNN(scale=4)) == 12_464 * 180 * 320
    True
    """
    if height < network.scale or width < network.scale:
        raise ValueError(f"height and width must be at least the scale, {network.scale} pixels; got {height} and {width}")
    # the count grows with the area, so a small input tells it
    side, total = 8, 0

    def count(module: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        positions = arguments[0] if isinstance(module, nn.ConvTranspose2d) else output
        # whole multiples only: FSRCNN extends its maps beyond the border
        total += module.weight.numel() * (positions.shape[-1] // side * side) ** 2

    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    training = network.training
    parameter = next(network.parameters())
    network.eval()(parameter.new_zeros(1, network.channels, side, side))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total * (height // network.scale) * (width // network.scale) // side**2
