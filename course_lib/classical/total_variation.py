"""Total variation denoising by Chambolle's projection.

Of all images x, take the one that minimises ½ ‖x − y‖² + weight · TV(x), where the total variation TV(x) = Σ |∇x| adds up the lengths of
the gradient. Noise has a large total variation, an edge pays for its height only once: flat regions with sharp edges come out
(with "staircases" where the image had slopes).

|∇x| has no derivative at 0. Chambolle's way round it: TV(x) is the largest value of ⟨x, div p⟩ over all vector fields p with |p| ≤ 1 at
each pixel. Exchanging minimum and maximum gives x̂ = y − weight · div p, and p by a gradient step and a division that keeps |p| ≤ 1.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_lib import images

__all__ = ["total_variation", "tv_chambolle"]


def _gradient(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "2 n c h w"]:
    """Forward differences downwards and to the right; 0 in the last row and column."""
    return torch.stack([F.pad(x.diff(dim=-2), (0, 0, 0, 1)), F.pad(x.diff(dim=-1), (0, 1))])


def _divergence(p: Float[Tensor, "2 n c h w"]) -> Float[Tensor, "n c h w"]:
    """Backward differences: minus the adjoint of `_gradient` for fields that are 0 in the last row and column."""
    down, right = p
    return down.diff(dim=-2, prepend=torch.zeros_like(down[..., :1, :])) + right.diff(dim=-1, prepend=torch.zeros_like(right[..., :1]))


def _require_number(value: float | int, name: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name}: got {type(value).__name__}, expected a number")
    if not (value >= 0 and value < float("inf")):
        raise ValueError(f"{name}: got {value}, expected a finite number of at least 0")


def total_variation(x: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n"]:
    """Measure the total variation of an image, the sum over channels and pixels of the length of the gradient.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)

    Returns
    -------
    Tensor, shape () or (N,)

    Raises
    ------
    TypeError, ValueError
        ``x`` is no image (see `course_lib.images.require_image`).

    Examples
    --------
    >>> step = torch.zeros(1, 4, 4)
    >>> step[..., 2:] = 0.5
    >>> total_variation(step)
    tensor(2.)
    """
    images.require_image(x, "x")
    return _gradient(x.reshape(-1, *x.shape[-3:])).norm(dim=0).sum(dim=(-3, -2, -1)).view(x.shape[:-3])


@torch.no_grad()
def tv_chambolle(
    y: Float[Tensor, "*n c h w"], weight: float | int = 0.1, *, tolerance: float | int = 2e-4, max_iterations: int = 200
) -> Float[Tensor, "*n c h w"]:
    """Minimise ½ ‖x − y‖² + weight · TV(x) by Chambolle's projection.

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W)
        The observed image. Each channel is treated by itself.
    weight : float
        Strength of the smoothing, of the order of the standard deviation of the noise as a fraction of 1: about 0.1 for σ = 25.
        0 returns ``y``.
    tolerance : float
        Stop when an iteration changes the objective by less than this fraction of its first value, in every channel of every image.
        0 runs all iterations.
    max_iterations : int
        At most so many.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``

    Raises
    ------
    TypeError, ValueError
        ``y`` is no image, ``weight`` or ``tolerance`` is negative, ``max_iterations`` is less than 1.

    References
    ----------
    L. I. Rudin, S. Osher, E. Fatemi, "Nonlinear total variation based noise removal algorithms", Physica D 60 (1992).
    A. Chambolle, "An algorithm for total variation minimization and applications", Journal of Mathematical Imaging and Vision 20 (2004);
    with the step τ = 1/4.

    Examples
    --------
    >>> y = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> bool(total_variation(tv_chambolle(y, 0.2)) < 0.3 * total_variation(y))
    True
    """
    images.require_image(y, "y")
    _require_number(weight, "weight")
    _require_number(tolerance, "tolerance")
    if not isinstance(max_iterations, int) or isinstance(max_iterations, bool):
        raise TypeError(f"max_iterations: got {type(max_iterations).__name__}, expected an int")
    if max_iterations < 1:
        raise ValueError(f"max_iterations: got {max_iterations}, expected at least 1")
    if weight == 0:
        return y.clone()

    observed = y.reshape(-1, 1, *y.shape[-2:])
    tau = 1 / 4
    p = observed.new_zeros(2, *observed.shape)  # the weight times the field of the text above
    x, running = observed, torch.ones(len(observed), 1, 1, 1, dtype=torch.bool, device=y.device)
    for i in range(max_iterations):
        correction = _divergence(p)
        x = torch.where(running, observed - correction, x)
        gradient = _gradient(x)
        length = gradient.norm(dim=0)
        # A gradient step of length τ, and the division that keeps |p| ≤ weight.
        p = (p - tau * gradient) / (1 + tau / weight * length)
        objective = correction.square().sum(dim=(1, 2, 3), keepdim=True) + weight * length.sum(dim=(1, 2, 3), keepdim=True)
        if i == 0:
            first = previous = objective
            continue
        running &= (previous - objective).abs() >= tolerance * first
        if not running.any():
            break
        previous = objective
    return x.view(y.shape)
