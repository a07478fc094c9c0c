"""Distributions of one and two dimensions whose truth is known: the first things a generator should learn.

Each is a mixture of Gaussians with equal weights, so that modes found and quality of samples can be counted: a sample
within three sigma of a centre is a good one, a centre with a good sample is a mode found (Lin et al., "PacGAN: the power of two samples in
generative adversarial networks", NeurIPS 2018, section 4).
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def two_modes(
    n: int, generator: torch.Generator | None = None, centres: Sequence[float] = (-0.6, 0.5), sigma: float = 0.1
) -> Float[Tensor, "n 1"]:
    """Draw from a mixture of Gaussians on the line.

    Parameters
    ----------
    n : int
        Number of samples.
    generator : torch.Generator, optional
        Source of randomness; torch's global one when None.
    centres : sequence of float
        Means of the modes.
    sigma : float
        Standard deviation of each mode.

    Returns
    -------
    Tensor
        (n, 1), float32. By default mean -0.05 and standard deviation 0.56.

    Raises
    ------
    TypeError, ValueError
        n below 1, sigma not positive, no centre.

    Examples
    --------
    >>> x = two_modes(10_000, torch.Generator().manual_seed(0))
    >>> round(float(x.std()), 2)
    0.56
    """
    try:
        means = torch.as_tensor(centres, dtype=torch.float32)
    except (TypeError, ValueError) as error:
        raise TypeError(f"centres: got {centres!r}, expected a sequence of numbers") from error
    if means.ndim != 1 or len(means) == 0 or not bool(means.isfinite().all()):
        raise ValueError(f"centres: got {centres!r}, expected one or more finite numbers")
    return _mixture(n, means[:, None], sigma, generator)


def ring(
    n: int, generator: torch.Generator | None = None, modes: int = 8, radius: float = 1.0, sigma: float = 0.01
) -> Float[Tensor, "n 2"]:
    """Draw from Gaussians set on a circle at equal angles, the first at (radius, 0).

    Parameters
    ----------
    n : int
        Number of samples.
    generator : torch.Generator, optional
        Source of randomness; torch's global one when None.
    modes : int
        Number of Gaussians.
    radius, sigma : float
        Radius of the circle; standard deviation of each Gaussian along each axis. The defaults are those of PacGAN.

    Returns
    -------
    Tensor
        (n, 2), float32.

    Raises
    ------
    TypeError, ValueError
        n or modes below 1, radius or sigma not positive.

    Examples
    --------
    >>> ring(4, torch.Generator().manual_seed(0)).norm(dim=1).round(decimals=1)
    tensor([1., 1., 1., 1.])
    """
    return _mixture(n, ring_centres(modes, radius), sigma, generator)


def ring_centres(modes: int = 8, radius: float = 1.0) -> Float[Tensor, "{modes} 2"]:
    """Give the centres of `ring`, anticlockwise from (radius, 0).

    Parameters
    ----------
    modes : int
        Number of Gaussians.
    radius : float
        Radius of the circle.

    Returns
    -------
    Tensor
        (modes, 2), float32.

    Raises
    ------
    TypeError, ValueError
        modes below 1, radius not positive.

    Examples
    --------
    >>> ring_centres(4)[0]
    tensor([1., 0.])
    """
    _require_count("modes", modes)
    _require_positive("radius", radius)
    angle = 2 * math.pi * torch.arange(modes, dtype=torch.float64) / modes
    return (radius * torch.stack([angle.cos(), angle.sin()], dim=1)).float()


def grid(
    n: int, generator: torch.Generator | None = None, side: int = 5, spacing: float = 2.0, sigma: float = 0.05
) -> Float[Tensor, "n 2"]:
    """Draw from Gaussians set on a square grid around the origin.

    Parameters
    ----------
    n : int
        Number of samples.
    generator : torch.Generator, optional
        Source of randomness; torch's global one when None.
    side : int
        Gaussians along each axis; side * side in all.
    spacing, sigma : float
        Distance of neighbours; standard deviation of each Gaussian along each axis. The defaults are those of PacGAN: 25 centres, -4 to 4.

    Returns
    -------
    Tensor
        (n, 2), float32.

    Raises
    ------
    TypeError, ValueError
        n or side below 1, spacing or sigma not positive.

    Examples
    --------
    >>> bool(grid(1000, torch.Generator().manual_seed(0)).abs().max() < 4.4)
    True
    """
    return _mixture(n, grid_centres(side, spacing), sigma, generator)


def grid_centres(side: int = 5, spacing: float = 2.0) -> Float[Tensor, "modes 2"]:
    """Give the centres of `grid`.

    Parameters
    ----------
    side : int
        Gaussians along each axis.
    spacing : float
        Distance of neighbours.

    Returns
    -------
    Tensor
        (side * side, 2), float32.

    Raises
    ------
    TypeError, ValueError
        side below 1, spacing not positive.

    Examples
    --------
    >>> grid_centres(2).tolist()
    [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    _require_count("side", side)
    _require_positive("spacing", spacing)
    axis = spacing * (torch.arange(side) - (side - 1) / 2)
    return torch.cartesian_prod(axis, axis).float()


def _mixture(n: int, centres: Tensor, sigma: float, generator: torch.Generator | None) -> Tensor:
    _require_count("n", n)
    _require_positive("sigma", sigma)
    device = generator.device if generator is not None else "cpu"
    mode = torch.randint(len(centres), (n,), generator=generator, device=device)
    return centres.to(device)[mode] + sigma * torch.randn(n, centres.shape[1], generator=generator, device=device)


def _require_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: got {type(value).__name__}, expected an int of 1 or more")
    if value < 1:
        raise ValueError(f"{name}: got {value}, expected 1 or more")


def _require_positive(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: got {type(value).__name__}, expected a number above 0")
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name}: got {value}, expected a finite number above 0")
