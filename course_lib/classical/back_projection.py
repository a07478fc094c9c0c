"""Iterative back-projection: make an enlarged image agree with the low-resolution one.

A super-resolved image x̂ should become y again when it is made small as y was made. Mostly it does not quite. Back-projection enlarges
what is missing and adds it, and again:

    x̂ ← x̂ + B (y − A x̂)

with A the bicubic reduction and B the bicubic enlargement. A B is nearly the identity, so the error y − A x̂ shrinks quickly. What A
cannot see, the detail that reduction removes, is left as it was: back-projection removes contradictions, it finds nothing new. And it
believes y: noise and rounding in y are enlarged with the rest, and with another A than the camera's it converges all the same, to the
wrong image.

References
----------
M. Irani and S. Peleg, "Improving resolution by image registration", CVGIP: Graphical Models and Image Processing 53(3), 1991, section 3.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.images import require_image
from course_lib.resample import imresize

__all__ = ["back_projection"]


@torch.no_grad()
def back_projection(
    estimate: Float[Tensor, "*n c h2 w2"], y: Float[Tensor, "*n c h w"], iterations: int = 10
) -> Float[Tensor, "*n c h2 w2"]:
    """Correct an enlarged image until its bicubic reduction is y.

    Parameters
    ----------
    estimate : Tensor, shape (..., C, s·H, s·W)
        By any method; s is a whole number.
    y : Tensor, shape (C, H, W) or (N, C, H, W)
        The low-resolution image or images.
    iterations : int
        How many corrections; 0 returns the estimate.

    Returns
    -------
    Tensor, the shape, dtype and device of ``estimate``
        Not clipped.

    Raises
    ------
    TypeError, ValueError
        Not images (see `course_lib.images.require_image`), sizes that no whole scale leads to, or fewer than 0 iterations.

    Examples
    --------
    >>> y = torch.rand(1, 8, 8)
    >>> x = back_projection(torch.zeros(1, 16, 16), y, iterations=50)
    >>> bool((imresize(x, 1 / 2) - y).abs().max() < 1e-3)
    True
    """
    require_image(estimate, "estimate")
    require_image(y, "y")
    scale = estimate.shape[-1] // y.shape[-1]
    if scale < 1 or estimate.shape[:-2] != y.shape[:-2] or tuple(estimate.shape[-2:]) != (scale * y.shape[-2], scale * y.shape[-1]):
        raise ValueError(
            f"estimate must be y enlarged by a whole number; got shapes {tuple(estimate.shape)} and {tuple(y.shape)}; crop or resize one"
        )
    if isinstance(iterations, bool) or not isinstance(iterations, int):
        raise TypeError(f"iterations must be an int, got {type(iterations).__name__}")
    if iterations < 0:
        raise ValueError(f"iterations must be at least 0, got {iterations}")
    low, high = y.shape[-2:], estimate.shape[-2:]
    for _ in range(iterations):
        estimate = estimate + imresize(y - imresize(estimate, size=low), size=high)
    return estimate
