"""Mode coverage on mixtures whose modes are known: modes reached, high-quality share, reverse KL divergence.

References
----------
Z. Lin, A. Khetan, G. Fanti and S. Oh, "PacGAN: the power of two samples in generative adversarial networks", NeurIPS 2018, section 4
(definitions); A. Srivastava et al., "VEEGAN", NeurIPS 2017 (the tasks).
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class ModeCoverage(NamedTuple):
    """Modes reached, share of high-quality samples in [0, 1], and KL(samples' mode histogram ‖ uniform) in nats."""

    modes: int
    high_quality: float
    reverse_kl: float


def mode_coverage(samples: Float[Tensor, "n d"], centres: Float[Tensor, "k d"], sigma: float) -> ModeCoverage:
    """How many modes of a mixture of equal, round Gaussians a set of samples reaches.

    Each sample belongs to the nearest centre, and is of high quality if it lies within three standard deviations of it. A mode
    counts as reached with one high-quality sample.

    Parameters
    ----------
    samples
        2500 of them in the published tables.
    centres
        The modes.
    sigma
        Standard deviation of each.

    Returns
    -------
    ModeCoverage
        `modes`, `high_quality`, `reverse_kl`. The histogram of the last counts all samples by nearest centre, as in PacGAN's code.

    Raises
    ------
    ValueError
        If `sigma` is not positive, there are no samples, or the dimensions differ.

    Examples
    --------
    >>> centres = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    >>> mode_coverage(torch.tensor([[0.0, 0.2], [0.1, 0.0], [0.0, 4.0], [0.0, 0.1]]), centres, sigma=1.0)
    ModeCoverage(modes=1, high_quality=0.75, reverse_kl=0.6931471805599453)
    """
    if samples.ndim != 2 or centres.ndim != 2 or samples.shape[1] != centres.shape[1] or len(samples) == 0 or len(centres) == 0:
        raise ValueError(f"samples and centres must be (n, d) and (k, d); got shapes {tuple(samples.shape)} and {tuple(centres.shape)}")
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, got {sigma}")
    distance, mode = torch.cdist(samples.double(), centres.double()).min(1)
    good = distance <= 3 * sigma
    share = torch.bincount(mode, minlength=len(centres)) / len(samples)
    share = share.double()
    present = share[share > 0]
    reverse_kl = (present * (present * len(centres)).log()).sum()
    return ModeCoverage(len(mode[good].unique()), good.double().mean().item(), reverse_kl.item())
