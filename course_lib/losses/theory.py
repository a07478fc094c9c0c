"""What the GAN game is worth, on a grid where every integral is a sum: the optimal discriminator, the value, the generator's criterion.

On a grid of cells a distribution is its probability per cell; its sum is 1, and sums over cells stand for the integrals of the paper.

References
----------
I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, eq. 1, proposition 1, theorem 1 and eq. 5.
"""

import torch
from jaxtyping import Float
from torch import Tensor

Probabilities = Float[Tensor, "*cells"]


def _require_distribution(p: Tensor, name: str) -> None:
    if not bool((p >= 0).all()) or abs(p.sum().item() - 1) > 1e-4:
        raise ValueError(
            f"{name} must hold the probability of each cell: none negative, sum 1; the sum is {p.sum().item():.6g} "
            f"and the smallest {p.min().item():.6g}. A density is turned into it by density / density.sum()"
        )


def optimal_discriminator(p_data: Probabilities, p_G: Probabilities) -> Probabilities:
    """D*(x) = p_data(x) / (p_data(x) + p_G(x)), the best answer to a fixed generator (proposition 1); 1/2 where neither has mass.

    Parameters
    ----------
    p_data, p_G
        Probability per cell of the data and of the generator.

    Examples
    --------
    >>> optimal_discriminator(torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.0, 0.5, 0.5]))
    tensor([1.0000, 0.5000, 0.0000])
    """
    _require_distribution(p_data, "p_data")
    _require_distribution(p_G, "p_G")
    total = p_data + p_G
    return torch.where(total > 0, p_data / total, 0.5)


def value(D: Probabilities, p_data: Probabilities, p_G: Probabilities) -> Float[Tensor, ""]:
    """V(D, G) = E_data log D(x) + E_G log(1 - D(x)): what D maximises and G minimises (eq. 1).

    Parameters
    ----------
    D
        The discriminator's probability of "real" in each cell, in [0, 1].
    p_data, p_G
        Probability per cell of the data and of the generator.

    Notes
    -----
    Minus infinity where D is wrong without a doubt: D = 1 in a cell that G uses, or D = 0 in one that the data use. D* of two distant bells
    rounds to that; `generator_criterion` computes V(D*, G) without the rounding.

    Examples
    --------
    >>> p = torch.full((4,), 0.25)
    >>> round(value(torch.full((4,), 0.5), p, p).item(), 4)  # -log 4
    -1.3863
    """
    # xlogy: a cell without mass adds nothing, whatever D says there
    return (torch.xlogy(p_data, D) + torch.xlogy(p_G, 1 - D)).sum()


def kl_divergence(p: Probabilities, q: Probabilities) -> Float[Tensor, ""]:
    """KL(p ‖ q) = Σ p log(p/q), in nats; infinite where p has mass and q has none.

    Examples
    --------
    >>> round(kl_divergence(torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])).item(), 4)  # log 2
    0.6931
    """
    _require_distribution(p, "p")
    _require_distribution(q, "q")
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def jensen_shannon(p: Probabilities, q: Probabilities) -> Float[Tensor, ""]:
    """JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2: from 0 to log 2, which any two without common cells have.

    Examples
    --------
    >>> round(jensen_shannon(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])).item(), 4)
    0.6931
    """
    middle = (p + q) / 2
    return 0.5 * kl_divergence(p, middle) + 0.5 * kl_divergence(q, middle)


def generator_criterion(p_data: Probabilities, p_G: Probabilities) -> Float[Tensor, ""]:
    """C(G) = max over D of V(D, G) = V(D*, G); theorem 1: it is -log 4 + 2 JSD(p_data, p_G), so least where p_G = p_data.

    Examples
    --------
    >>> p, q = torch.tensor([0.7, 0.3]), torch.tensor([0.2, 0.8])
    >>> bool(abs(generator_criterion(p, q) - (2 * jensen_shannon(p, q) - torch.tensor(4.0).log())) < 1e-6)
    True
    """
    _require_distribution(p_data, "p_data")
    _require_distribution(p_G, "p_G")
    # value(D*, …) written out, with 1 - D* = p_G / (p_data + p_G): the subtraction would lose the cells where D* rounds to 1
    total = p_data + p_G
    return (torch.xlogy(p_data, p_data) + torch.xlogy(p_G, p_G) - torch.xlogy(p_data, total) - torch.xlogy(p_G, total)).sum()
