"""Noise: the n of y = A(x) + n, and its two relatives that are not simply added.

Every draw comes from the generator handed in (PyTorch's global one when it is ``None``), never from a hidden seed. The numbers are drawn
on the generator's device and then moved to the image, so one CPU generator gives the same noise to a CPU and to a CUDA image.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.degrade.base import Degradation, require_generator, require_number
from course_lib.images import require_image


@dataclass(frozen=True)
class GaussianNoise(Degradation):
    """Additive white Gaussian noise: y = x + n with n ~ N(0, (sigma / 255)²), independent for every pixel and channel.

    The result is neither clipped to [0, 1] nor rounded to 8 bits. That is the convention of the denoising literature, and it matters:
    clipping throws noise away in dark and bright regions, so the noise is no longer Gaussian nor independent of the image, and the same
    "sigma = 25" measures several tenths of a dB better before anybody has denoised anything.

    Parameters
    ----------
    sigma : float
        Standard deviation in grey levels of 255, from 0 to 255.

    Raises
    ------
    TypeError, ValueError
        If ``sigma`` is not a number in that range.

    Notes
    -----
    Without clipping the mean squared error is (sigma / 255)², so the PSNR of y is 20 log10(255 / sigma): 20.17 dB at sigma = 25.

    Examples
    --------
    >>> import torch
    >>> y = GaussianNoise(25)(torch.full((1, 256, 256), 0.5), torch.Generator().manual_seed(0))
    >>> round(float((y - 0.5).std() * 255))
    25
    """

    sigma: float | int

    stochastic: ClassVar[bool] = True

    def __post_init__(self):
        require_number(self.sigma, "sigma", at_least=0, at_most=255, unit="grey levels of 255")

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h w"]:
        """Return ``x`` plus noise; the values may leave [0, 1]."""
        require_image(x, "x")
        n = torch.randn(x.shape, generator=require_generator(generator), device=_where_to_draw(x, generator), dtype=x.dtype)
        return x + n.to(x.device) * (self.sigma / 255)


@dataclass(frozen=True)
class PoissonNoise(Degradation):
    """Photon (shot) noise: y = Poisson(peak · x) / peak.

    A pixel of brightness x collects ``peak · x`` photons on average. The mean of y is x and its variance x / peak: brighter pixels are
    noisier in absolute terms and cleaner in relative ones, unlike with Gaussian noise.

    Parameters
    ----------
    peak : float
        Expected number of photons at white (x = 1), > 0 and at most 1e6. Small peaks (1 to 30) are low light.

    Raises
    ------
    TypeError, ValueError
        If ``peak`` is not a number in that range.

    Notes
    -----
    There is no negative light: values of x below 0 count as 0. Values above 1 are allowed.

    Examples
    --------
    >>> import torch
    >>> y = PoissonNoise(peak=10)(torch.full((1, 64, 64), 0.5), torch.Generator().manual_seed(0))
    >>> bool(((y * 10).round() - y * 10).abs().max() < 1e-5)  # counts of photons, over 10
    True
    """

    peak: float | int

    stochastic: ClassVar[bool] = True

    def __post_init__(self):
        # above a million photons float32 no longer tells neighbouring counts apart once x exceeds white
        require_number(self.peak, "peak", above=0, at_most=1e6, unit="photons at white")

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h w"]:
        """Return the image that the photons draw; multiples of 1 / peak, possibly above 1."""
        require_image(x, "x")
        require_generator(generator)
        photons = torch.poisson((x.clamp(min=0) * self.peak).to(_where_to_draw(x, generator)), generator=generator)
        return photons.to(x.device) / self.peak


@dataclass(frozen=True)
class ImpulseNoise(Degradation):
    """Salt-and-pepper noise: a share of the values is replaced by 1 (salt) or 0 (pepper), the rest is untouched.

    Every channel is struck by itself, so a colour image shows coloured dots.

    Parameters
    ----------
    amount : float
        Share of the values that are struck, in [0, 1].
    salt_share : float
        Share of the struck values that turn white, in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If one of them is not a number in [0, 1].

    Examples
    --------
    >>> import torch
    >>> y = ImpulseNoise(0.2)(torch.full((1, 100, 100), 0.5), torch.Generator().manual_seed(0))
    >>> sorted(set(y.flatten().tolist()))
    [0.0, 0.5, 1.0]
    """

    amount: float | int
    salt_share: float | int = 0.5

    stochastic: ClassVar[bool] = True

    def __post_init__(self):
        require_number(self.amount, "amount", at_least=0, at_most=1, unit="share of struck values")
        require_number(self.salt_share, "salt_share", at_least=0, at_most=1, unit="share of white among the struck")

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h w"]:
        """Return ``x`` with a share ``amount`` of its values replaced."""
        require_image(x, "x")
        require_generator(generator)
        u = torch.rand(x.shape, generator=generator, device=_where_to_draw(x, generator), dtype=x.dtype).to(x.device)
        salt, struck = u < self.amount * self.salt_share, u < self.amount  # salt is a part of the struck
        return torch.where(salt, torch.ones_like(x), torch.where(struck, torch.zeros_like(x), x))


def _where_to_draw(x: Tensor, generator: torch.Generator | None) -> torch.device:
    return x.device if generator is None else generator.device
