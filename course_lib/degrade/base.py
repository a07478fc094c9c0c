"""What all degradations share: a call, an adjoint where there is one, and ``A + noise``."""

import math
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor


class Degradation:
    """A forward operator ``y = A(x, generator=None)``.

    Attributes
    ----------
    linear : bool
        Whether ``A(a x + b x') = a A(x) + b A(x')``. Linear degradations have an ``adjoint``.
    stochastic : bool
        Whether the call draws random numbers, so that the generator matters.
    """

    linear: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h2 w2"]:
        raise NotImplementedError(f"{type(self).__name__} does not say how it degrades an image: define __call__(self, x, generator=None)")

    def adjoint(self, y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h2 w2"]:
        """Apply the transpose: the operator A* with <A x, y> = <x, A* y> for all x and y. Only linear degradations have one.

        Raises
        ------
        TypeError
            If the degradation is not linear.
        """
        raise TypeError(
            f"{self!r} is not linear, so it has no adjoint: keep the linear operator A apart from the noise and call A.adjoint(y)"
        )

    def __add__(self, noise: "Degradation") -> "Degradation":
        """``A + noise`` is y = A(x) + n: first A, then the noise."""
        from course_lib.degrade.compose import Compose  # here, because compose.py builds on this file

        if not isinstance(noise, Degradation) or not noise.stochastic:
            raise TypeError(
                f"A + B is defined for noise only, as in Blur(k) + GaussianNoise(5); got {noise!r} on the right. "
                "To apply one degradation after another write Compose([A, B])"
            )
        return Compose([self, noise])


def require_number(
    value, name: str, *, above: float | int = -math.inf, at_least: float | int = -math.inf, at_most: float | int = math.inf, unit: str = ""
) -> float:
    """Return ``value`` as a float, or say what is wrong with it.

    Parameters
    ----------
    value : int or float
        What the caller passed.
    name : str
        The argument's name, for the message.
    above, at_least, at_most : float
        Open lower, closed lower and closed upper limit.
    unit : str
        What the number counts, for the message.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If ``value`` is not a number.
    ValueError
        If it is not finite or lies outside the limits.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number{unit and f' ({unit})'}, got {type(value).__name__}: {value!r}")
    limits = (
        [f"> {above:g}"] * (above > -math.inf) + [f">= {at_least:g}"] * (at_least > -math.inf) + [f"<= {at_most:g}"] * (at_most < math.inf)
    )
    if not math.isfinite(value) or value <= above or value < at_least or value > at_most:
        raise ValueError(f"{name} must be a finite number {' and '.join(limits)}{unit and f' ({unit})'}, got {value!r}")
    return float(value)


def require_generator(generator) -> torch.Generator | None:
    """Return ``generator``, or say how to make one.

    Raises
    ------
    TypeError
        If it is neither ``None`` nor a ``torch.Generator`` (a bare seed, say).
    """
    if generator is not None and not isinstance(generator, torch.Generator):
        raise TypeError(
            f"generator must be a torch.Generator or None, got {type(generator).__name__}: {generator!r}; "
            "from a seed make one with torch.Generator().manual_seed(seed)"
        )
    return generator
