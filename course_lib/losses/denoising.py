"""What a denoiser is trained on: with clean images, with pairs of noisy ones, or with single noisy ones.

Each task says what goes into the network and what its output is compared with. With x clean, n noise, y = x + n observed, f the
network:

    supervised     E ‖f(y) − x‖²                                    needs x
    Noise2Noise    E ‖f(y) − y'‖²,  y' = x + n'                      needs a second shot; noise of zero mean, independent of n
    Noise2Void     E Σ_masked (f(y without its pixel)ᵢ − yᵢ)²         needs y only; noise independent from pixel to pixel
    SURE           ‖f(y) − y‖² − Dσ² + 2σ² div f(y)                  needs y only; Gaussian noise of known σ

The last three have, in expectation, the same minimum as the first, or nearly: E[y'|y] = E[x|y] where n' has zero mean; a pixel's
neighbours cannot tell its noise, so the best guess at yᵢ from them is the best guess at xᵢ from them; and Stein's identity turns the
correlation of noise and estimate into the divergence. Each rests on an assumption about the noise, and each fails where it is broken.

References
----------
J. Lehtinen et al., "Noise2Noise: learning image restoration without clean data", ICML 2018, section 2.
A. Krull, T.-O. Buchholz and F. Jug, "Noise2Void: learning denoising from single noisy images", CVPR 2019, section 3.
C. M. Stein, "Estimation of the mean of a multivariate normal distribution", The Annals of Statistics 9(6), 1981.
S. Ramani, T. Blu and M. Unser, "Monte-Carlo SURE: a black-box optimization of regularization parameters for general denoising
algorithms", IEEE Transactions on Image Processing 17(9), 2008, section III.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import mse_loss

Noise = Callable[..., Tensor]
"""noise(x, generator) → y, a tensor of the shape of x: a degradation such as `GaussianNoise(25)`."""


@dataclass(frozen=True)
class Task:
    """A training task for restorers.

    Attributes
    ----------
    draw
        `draw(x, generator)` → tuple of tensors, each with the batch along its first axis: all that is random in a step happens here.
    loss
        `loss(network, *drawn)` → scalar, a mean over the batch.
    """

    draw: Callable[..., tuple[Tensor, ...]]
    loss: Callable[..., Tensor]


def supervised(noise: Noise) -> Task:
    """The network sees y, and its output is compared with x.

    Parameters
    ----------
    noise
        `noise(x, generator)` → y, drawn anew in every step.

    Examples
    --------
    >>> task = supervised(lambda x, generator: x + 0.1)
    >>> round(task.loss(lambda y: y, *task.draw(torch.zeros(2, 1, 4, 4), None)).item(), 4)
    0.01
    """
    return Task(lambda x, generator: (noise(x, generator), x), lambda network, y, x: mse_loss(network(y), x))


def supervised_range(low: float | int, high: float | int, *, told: bool = False) -> Task:
    """Gaussian noise of many levels: sigma is uniform in [low, high], one for each image of the batch.

    Parameters
    ----------
    low, high
        In grey levels of 255; 0 and 55 for DnCNN-B, 0 and 75 for FFDNet as published.
    told
        Whether the network is told, `network(y, sigma)` as FFDNet, or blind, `network(y)`.

    Raises
    ------
    ValueError
        If not 0 <= low <= high.

    Examples
    --------
    >>> task = supervised_range(0, 55, told=True)
    >>> y, x, sigma = task.draw(torch.zeros(3, 1, 4, 4), torch.Generator().manual_seed(0))
    >>> sigma.shape, bool((sigma <= 55).all())
    (torch.Size([3]), True)
    """
    if not 0 <= low <= high:
        raise ValueError(f"low and high must satisfy 0 <= low <= high, in grey levels of 255; got {low} and {high}")

    def draw(x: Tensor, generator: torch.Generator | None) -> tuple[Tensor, ...]:
        sigma = low + (high - low) * torch.rand(len(x), generator=generator, device=x.device)
        n = torch.randn(x.shape, generator=generator, device=x.device)
        return x + sigma[:, None, None, None] / 255 * n, x, sigma

    def loss(network: Callable[..., Tensor], y: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        return mse_loss(network(y, sigma) if told else network(y), x)

    return Task(draw, loss)


def noise2noise(noise: Noise) -> Task:
    """The network sees one noisy image and is compared with another of the same scene. No clean image enters the loss.

    Parameters
    ----------
    noise
        `noise(x, generator)` → y; called twice. To stand in for a camera that never sees x.

    Examples
    --------
    >>> task = noise2noise(lambda x, generator: x + torch.randn(x.shape, generator=generator))
    >>> y, other = task.draw(torch.zeros(2, 1, 4, 4), torch.Generator().manual_seed(0))
    >>> bool((y == other).any())
    False
    """
    return Task(lambda x, generator: (noise(x, generator), noise(x, generator)), lambda network, y, other: mse_loss(network(y), other))


def noise2void(noise: Noise, share: float | int = 64 / 64**2, radius: int = 2) -> Task:
    """Some pixels are replaced by a neighbour's value, and the network is to guess what was there. One noisy image is enough.

    Without the replacement the network could pass y through, and the loss would be zero: the identity is what must be made impossible.

    Parameters
    ----------
    noise
        `noise(x, generator)` → y.
    share
        Of the pixels that are replaced; 64 of each 64×64 patch as published.
    radius
        The neighbour is drawn from the square of so many pixels to each side, without its centre; 2 as published.

    Raises
    ------
    ValueError
        If `share` is not in (0, 1), or `radius` is less than 1.

    Examples
    --------
    >>> task = noise2void(lambda x, generator: x + torch.randn(x.shape, generator=generator), share=0.5)
    >>> blind, y, mask = task.draw(torch.zeros(1, 1, 8, 8), torch.Generator().manual_seed(0))
    >>> bool((blind == y)[~mask].all()), bool((blind == y)[mask].any())
    (True, False)
    """
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, got {share}")
    if radius < 1:
        raise ValueError(f"radius must be at least 1 pixel, got {radius}")

    def draw(x: Tensor, generator: torch.Generator | None) -> tuple[Tensor, ...]:
        y = noise(x, generator)
        mask = torch.rand((len(y), 1, *y.shape[-2:]), generator=generator, device=y.device) < share
        return blind_spots(y, mask, radius, generator), y, mask

    def loss(network: Callable[..., Tensor], blind: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        chosen = mask.expand_as(y)
        return ((network(blind) - y).square() * chosen).sum() / chosen.sum().clamp(min=1)

    return Task(draw, loss)


def blind_spots(
    y: Float[Tensor, "n c h w"], mask: Bool[Tensor, "n 1 h w"], radius: int = 2, generator: torch.Generator | None = None
) -> Float[Tensor, "n c h w"]:
    """Replace the masked pixels by randomly chosen neighbours (all channels by the same one's).

    Parameters
    ----------
    y
        Images.
    mask
        True where a pixel is to be replaced.
    radius
        Of the neighbourhood, in pixels. A neighbour beyond the border is taken from the other side of the pixel.
    generator
        Source of randomness, on y's device.

    Raises
    ------
    ValueError
        If y is less than two radii high or wide.
    """
    n, c, height, width = y.shape
    if min(height, width) < 2 * radius:
        raise ValueError(f"y must be at least {2 * radius} pixels high and wide for a radius of {radius}, got {height}×{width}")
    side = 2 * radius + 1
    # a number from 0 to side² − 2, and from the centre on one more: every neighbour is as likely, and the pixel itself is left out
    choice = torch.randint(side * side - 1, (n, 1, height, width), generator=generator, device=y.device)
    choice += choice >= side * side // 2

    def other(own: Tensor, offset: Tensor, size: int) -> Tensor:
        # beyond the border, as far to the other side: mirroring the image there could lead back to the pixel itself
        return torch.where((own + offset < 0) | (own + offset >= size), own - offset, own + offset)

    row = other(torch.arange(height, device=y.device)[:, None], choice // side - radius, height)
    column = other(torch.arange(width, device=y.device), choice % side - radius, width)
    neighbours = y.flatten(2).gather(2, (row * width + column).expand(n, c, height, width).flatten(2)).view_as(y)
    return torch.where(mask, neighbours, y)


def sure(sigma: float | int, epsilon: float = 1e-3) -> Task:
    """Stein's unbiased estimate of the risk, in place of the risk: Gaussian noise, sigma known, one noisy image.

    ‖f(y) − y‖²/D − σ² + (2σ²/D) div f(y), with D pixels, and the divergence estimated by one random probe b with independent entries of
    variance 1: div f(y) ≈ b · (f(y + εb) − f(y)) / ε.

    Parameters
    ----------
    sigma
        Of the noise, in grey levels of 255.
    epsilon
        ε, in units of y. The difference quotient needs all digits of float32: train without bfloat16.

    Raises
    ------
    ValueError
        If `sigma` is negative or `epsilon` not positive.

    Examples
    --------
    >>> task = sure(25.5)  # for the identity: 0 − σ² + 2σ² = σ², its true risk
    >>> round(task.loss(lambda y: y, *task.draw(torch.zeros(8, 1, 32, 32), torch.Generator().manual_seed(0))).item(), 3)
    0.01
    """
    if not sigma >= 0 or not epsilon > 0:
        raise ValueError(f"sigma must not be negative and epsilon must be positive, got {sigma} and {epsilon}")
    variance = (sigma / 255) ** 2

    def draw(x: Tensor, generator: torch.Generator | None) -> tuple[Tensor, ...]:
        n, probe = (torch.randn(x.shape, generator=generator, device=x.device) for _ in range(2))
        return x + sigma / 255 * n, probe

    def loss(network: Callable[..., Tensor], y: Tensor, probe: Tensor) -> Tensor:
        estimate = network(y)
        divergence = (probe * (network(y + epsilon * probe) - estimate)).mean() / epsilon
        return mse_loss(estimate, y) - variance + 2 * variance * divergence

    return Task(draw, loss)
