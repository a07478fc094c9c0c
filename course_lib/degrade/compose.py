"""One degradation after another."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.degrade.base import Degradation, require_generator
from course_lib.images import require_image


@dataclass(frozen=True)
class Compose(Degradation):
    """Apply degradations in turn: ``Compose([A, B, C])(x)`` is C(B(A(x))).

    The composition is linear if every step is; its adjoint is then A* B* C*, the adjoints in reverse order. One generator serves
    all steps in turn, so a whole chain is repeated by repeating one seed.

    Parameters
    ----------
    steps : sequence of Degradation
        In the order in which they strike the image. A step may change the size.

    Raises
    ------
    TypeError
        If a step is not a degradation (a class instead of an instance, say).
    ValueError
        If there is no step.

    Examples
    --------
    >>> import torch
    >>> from course_lib.degrade import Blur, Compose, Downsample, GaussianNoise, gaussian_kernel
    >>> A = Compose([Blur(gaussian_kernel(7, 1.6)), Downsample(4)])
    >>> observe = A + GaussianNoise(5)
    >>> observe
    Compose([Blur(kernel 7x7, boundary='circular'), Downsample(scale=4, method='bicubic'), GaussianNoise(sigma=5)])
    >>> observe(torch.rand(3, 32, 32), torch.Generator().manual_seed(0)).shape, A.adjoint(torch.rand(3, 8, 8)).shape
    (torch.Size([3, 8, 8]), torch.Size([3, 32, 32]))
    """

    steps: Sequence[Degradation]

    def __post_init__(self):
        if not isinstance(self.steps, Sequence) or isinstance(self.steps, str):
            raise TypeError(f"steps must be a list of degradations, as in Compose([A, B]); got {type(self.steps).__name__}: {self.steps!r}")
        if len(self.steps) == 0:
            raise ValueError("steps is empty: Compose needs at least one degradation")
        for position, step in enumerate(self.steps):
            if not isinstance(step, Degradation):
                raise TypeError(f"steps[{position}] must be a degradation such as GaussianNoise(25), got {type(step).__name__}: {step!r}")
        flat = []
        for step in self.steps:
            flat.extend(step.steps if isinstance(step, Compose) else [step])
        object.__setattr__(self, "steps", tuple(flat))

    def __repr__(self) -> str:
        return f"Compose([{', '.join(map(repr, self.steps))}])"

    @property
    def linear(self) -> bool:
        return all(step.linear for step in self.steps)

    @property
    def stochastic(self) -> bool:
        return any(step.stochastic for step in self.steps)

    def __call__(self, x: Float[Tensor, "*n c h w"], generator: torch.Generator | None = None) -> Float[Tensor, "*n c h2 w2"]:
        """Degrade ``x``; the steps draw from ``generator`` one after the other."""
        y = require_image(x, "x")
        require_generator(generator)
        for step in self.steps:
            y = step(y, generator)
        return y

    def adjoint(self, y: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h2 w2"]:
        """Apply the adjoints of the steps in reverse order.

        Raises
        ------
        TypeError
            If a step is not linear.
        """
        bent = [step for step in self.steps if not step.linear]
        if bent:
            raise TypeError(
                f"{self!r} has no adjoint, because {bent[0]!r} is not linear: compose the linear steps alone and call that one's adjoint"
            )
        x = require_image(y, "y")
        for step in reversed(self.steps):
            x = step.adjoint(x)
        return x
