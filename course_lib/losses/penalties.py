"""What keeps the discriminator smooth: gradient penalties, added to its loss, and weight clipping, applied after its step.

A gradient penalty is a function of (D, real, fake, generator); the training loop adds its value to D's loss.
Spectral normalisation constrains the layers themselves and is a module: `course_lib.models.spectral_norm`.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

Images = Float[Tensor, "n *shape"]
Loss = Float[Tensor, ""]
Network = Callable[[Tensor], Tensor]


def input_gradient(D: Network, x: Images) -> Images:
    """The gradient of D's output with respect to its input, one per sample, as a differentiable tensor.

    The outputs are summed before they are differentiated. A sample's output depends on that sample alone, so each row of the gradient is
    that sample's own; batch normalisation in D breaks this, and a critic with a gradient penalty must not have it.
    """
    (gradient,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gradient


def wgan_gp(weight: float = 10.0) -> Callable[..., Tensor]:
    """The gradient penalty of WGAN-GP: weight · E (‖∇D(x̃)‖ − 1)² at random points x̃ between real and fake samples.

    Parameters
    ----------
    weight
        λ of the paper: 10 for images; 0.1 for two-dimensional toys in the authors' code.

    Returns
    -------
    callable
        `penalty(D, real, fake, generator=None)`, a scalar that can be differentiated in D's parameters.

    References
    ----------
    I. Gulrajani et al., "Improved training of Wasserstein GANs", NeurIPS 2017, eq. 3 and algorithm 1.

    Examples
    --------
    A linear critic w·x has the gradient w everywhere, so its penalty is (‖w‖ − 1)²; here ‖w‖ = 5.

    >>> import torch
    >>> w = torch.tensor([3.0, 4.0])
    >>> wgan_gp(1.0)(lambda x: x @ w, torch.randn(8, 2), torch.randn(8, 2)).item()
    16.0
    """

    def penalty(D: Network, real: Images, fake: Images, generator: torch.Generator | None = None) -> Loss:
        # one draw per *sample*: a draw per pixel would leave the segment, one per batch would visit a single ratio
        shape = (len(real),) + (1,) * (real.ndim - 1)
        t = torch.rand(shape, generator=generator, device=real.device, dtype=real.dtype)
        between = torch.lerp(fake.detach(), real, t).requires_grad_(True)
        norms = input_gradient(D, between).flatten(1).norm(dim=1)
        return weight * (norms - 1).square().mean()

    return penalty


def r1(weight: float = 10.0) -> Callable[..., Tensor]:
    """The R1 penalty: weight/2 · E ‖∇D(x)‖² at the real samples only. At the optimum D is flat there, and so is the penalty.

    Parameters
    ----------
    weight
        γ of the paper; 10 there for images.

    References
    ----------
    L. Mescheder, A. Geiger and S. Nowozin, "Which training methods for GANs do actually converge?", ICML 2018, eq. 9.
    """

    def penalty(D: Network, real: Images, fake: Images, generator: torch.Generator | None = None) -> Loss:
        real = real.detach().requires_grad_(True)
        return 0.5 * weight * input_gradient(D, real).flatten(1).square().sum(1).mean()

    return penalty


@torch.no_grad()
def clip_weights(D: nn.Module, limit: float = 0.01) -> None:
    """Put every parameter of D into [-limit, limit], in place, after each step of D: the first WGAN's Lipschitz constraint.

    Raises
    ------
    ValueError
        If `limit` is not positive.

    References
    ----------
    M. Arjovsky, S. Chintala and L. Bottou, "Wasserstein GAN", ICML 2017, algorithm 1 (limit 0.01).
    """
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit}; the paper's value is 0.01")
    for parameter in D.parameters():
        parameter.clamp_(-limit, limit)
