"""The adversarial losses: what D and G minimise, each as published, each a line.

All take *logits*: the discriminator's last layer has no sigmoid. With s the sigmoid, D(x) = s(logit), and
log s(t) = -softplus(-t), log(1 - s(t)) = -softplus(t): written so, no loss overflows for a logit of any size.

A `GanLoss` is the pair of both players' losses. `discriminator(real_logits, fake_logits)` and `generator(fake_logits)` return what each
player *minimises*, averaged over the batch.

References
----------
MINIMAX, NON_SATURATING: I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, eq. 1 and section 3.
LSGAN: X. Mao et al., "Least squares generative adversarial networks", ICCV 2017, eq. 9 (a = 0, b = c = 1).
HINGE: J. H. Lim and J. C. Ye, "Geometric GAN", 2017; T. Miyato et al., "Spectral normalization for GANs", ICLR 2018, eqs. 16 and 17.
WASSERSTEIN: M. Arjovsky et al., "Wasserstein GAN", ICML 2017, eqs. 2 and 3.
"""

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import relu, softplus

Logits = Float[Tensor, "*n"]
Loss = Float[Tensor, ""]


class GanLoss(NamedTuple):
    """Both players' losses: `discriminator(real_logits, fake_logits)` and `generator(fake_logits)`."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def minimax_discriminator(real_logits: Logits, fake_logits: Logits) -> Loss:
    """-E log D(x) - E log(1 - D(G(z))): binary cross-entropy. At D = 1/2 everywhere it is 2 log 2 = 1.386.

    Examples
    --------
    >>> import torch
    >>> round(minimax_discriminator(torch.ones(4), torch.ones(4)).item(), 4)
    1.6265
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def minimax_generator(fake_logits: Logits) -> Loss:
    """E log(1 - D(G(z))). *Saturates*: its slope in the logit is -D(G(z)), nothing where D is sure that the sample is fake."""
    return -softplus(fake_logits).mean()


def non_saturating_generator(fake_logits: Logits) -> Loss:
    """-E log D(G(z)). The same fixed point; its slope in the logit is D(G(z)) - 1, largest where D is sure that the sample is fake.

    Examples
    --------
    >>> import torch
    >>> round(non_saturating_generator(torch.ones(4)).item(), 4)
    0.3133
    """
    return softplus(-fake_logits).mean()


def lsgan_discriminator(real_logits: Logits, fake_logits: Logits) -> Loss:
    """1/2 E (D(x) - 1)^2 + 1/2 E D(G(z))^2, where D is the raw output."""
    return 0.5 * (real_logits - 1).square().mean() + 0.5 * fake_logits.square().mean()


def lsgan_generator(fake_logits: Logits) -> Loss:
    """1/2 E (D(G(z)) - 1)^2: a fake far on the right side is pulled back too, so the gradient vanishes only at the boundary."""
    return 0.5 * (fake_logits - 1).square().mean()


def hinge_discriminator(real_logits: Logits, fake_logits: Logits) -> Loss:
    """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))): only samples inside the margin push D.

    Examples
    --------
    >>> import torch
    >>> hinge_discriminator(torch.ones(4), torch.ones(4)).item()
    2.0
    """
    return relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()


def wasserstein_discriminator(real_logits: Logits, fake_logits: Logits) -> Loss:
    """E D(G(z)) - E D(x): minus the critic's estimate of the Wasserstein distance, provided that D is kept 1-Lipschitz."""
    return fake_logits.mean() - real_logits.mean()


def wasserstein_generator(fake_logits: Logits) -> Loss:
    """-E D(G(z)); the hinge loss has the same generator."""
    return -fake_logits.mean()


MINIMAX = GanLoss(minimax_discriminator, minimax_generator)
NON_SATURATING = GanLoss(minimax_discriminator, non_saturating_generator)
LSGAN = GanLoss(lsgan_discriminator, lsgan_generator)
HINGE = GanLoss(hinge_discriminator, wasserstein_generator)
WASSERSTEIN = GanLoss(wasserstein_discriminator, wasserstein_generator)
