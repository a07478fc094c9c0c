"""What do the latents say about factors that are known? A linear probe, the mutual information gap, and the factor of each latent.

References
----------
R. T. Q. Chen, X. Li, R. Grosse and D. Duvenaud, "Isolating sources of disentanglement in variational autoencoders", NeurIPS 2018,
section 4.1 (MIG).
F. Locatello et al., "Challenging common assumptions in the unsupervised learning of disentangled representations", ICML 2019 (MIG by
histograms of 20 bins, as in its disentanglement_lib).
"""

import math

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

Factors = dict[str, Shaped[Tensor, " n"]]


def linear_probe(latents: Float[Tensor, "n latent_dim"], factors: Factors) -> dict[str, float]:
    """R² of each factor as a linear function of all latents, fitted by least squares on the first half and measured on the second.

    Readable is not disentangled: every latent may carry a bit of every factor.

    Parameters
    ----------
    latents
        Means of q(z|x), one row an image, the images in random order.
    factors
        Name → the factor's value for each image.

    Returns
    -------
    dict of str to float
        Factor → R² = 1 − (mean squared error)/(variance) on the held-out half: 1 is perfect, 0 as good as the mean, below 0 worse.

    Raises
    ------
    TypeError, ValueError
        Latents that are no (n, latent_dim) tensor or not finite, a factor of another length or without variation, or fewer than
        2 · (latent_dim + 1) images.

    Examples
    --------
    >>> z = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    >>> r2 = linear_probe(z, {"sum": z.sum(1), "square": z[:, 0].square()})
    >>> round(r2["sum"], 6), r2["square"] < 0.2
    (1.0, True)
    """
    latents, factors = _checked(latents, factors)
    n, half = len(latents), len(latents) // 2
    if half < latents.shape[1] + 1:
        raise ValueError(f"latents must have at least {2 * (latents.shape[1] + 1)} rows to fit a probe on one half, got {n}")
    design = torch.cat([latents, torch.ones(n, 1, dtype=torch.float64)], dim=1)
    scores = {}
    for name, factor in factors.items():
        # a latent that never moves makes the design singular; gelsd takes the smallest of the solutions
        weights = torch.linalg.lstsq(design[:half], factor[:half, None], driver="gelsd").solution
        error = (design[half:] @ weights).squeeze(1) - factor[half:]
        scores[name] = 1 - (error.square().mean() / factor[half:].var(correction=0)).item()
    return scores


def mutual_information(latents: Float[Tensor, "n latent_dim"], factors: Factors, bins: int = 20) -> dict[str, Float[Tensor, " latent_dim"]]:
    """Mutual information of every latent and every factor, over the factor's entropy: 0 is independent, 1 determines it.

    Both are cut into `bins` equally frequent classes (a factor with no more than `bins` values keeps them).

    Parameters
    ----------
    latents, factors
        As in `linear_probe`.
    bins
        Classes; 20 as usual.

    Returns
    -------
    dict of str to Tensor
        Factor → (latent_dim,), float64.

    Raises
    ------
    TypeError, ValueError
        As `linear_probe`, or if there are fewer than 2 bins, or fewer images than bins.

    Notes
    -----
    Counting overestimates: independent variables get about (bins − 1)²/(2n) nats. Use some thousands of images.

    Examples
    --------
    >>> z = torch.randn(5000, 2, generator=torch.Generator().manual_seed(0))
    >>> [round(x, 1) for x in mutual_information(z, {"first": 3 * z[:, 0]})["first"].tolist()]
    [1.0, 0.0]
    """
    latents, factors = _checked(latents, factors)
    if not 2 <= bins <= len(latents):
        raise ValueError(f"bins must be from 2 to the number of images, {len(latents)}; got {bins}")
    codes = [_classes(column, bins) for column in latents.T]
    information = {}
    for name, factor in factors.items():
        classes = _classes(factor, bins)
        entropy = _entropy(classes)
        information[name] = torch.stack([entropy + _entropy(code) - _entropy(code * bins + classes) for code in codes]) / entropy
    return information


def mig(latents: Float[Tensor, "n latent_dim"], factors: Factors, bins: int = 20) -> float:
    """Mutual information gap: by how much the latent that knows most of a factor knows more than the next, as a share of its entropy.

    Parameters
    ----------
    latents, factors, bins
        As in `mutual_information`.

    Returns
    -------
    float
        The mean over the factors, from 0 (every factor is spread over several latents, or in none) to 1 (one latent each, exactly).

    Raises
    ------
    TypeError, ValueError
        As `mutual_information`, or if there are fewer than two latents.

    Examples
    --------
    >>> z = torch.randn(5000, 3, generator=torch.Generator().manual_seed(0))
    >>> round(mig(z, {"a": z[:, 0], "b": z[:, 2]}), 1), round(mig(z[:, [0, 0, 2, 2]], {"a": z[:, 0], "b": z[:, 2]}), 1)
    (1.0, 0.0)
    """
    if isinstance(latents, Tensor) and latents.ndim == 2 and latents.shape[1] < 2:
        raise ValueError(f"latents must have at least two columns for a gap between the best and the next, got {latents.shape[1]}")
    gaps = []
    for information in mutual_information(latents, factors, bins).values():
        best, second = information.topk(2).values
        gaps.append((best - second).item())
    return math.fsum(gaps) / len(gaps)


def factor_of_latent(latents: Float[Tensor, "n latent_dim"], factors: Factors, bins: int = 20) -> list[tuple[str, float]]:
    """For each latent the factor that it moves most: the one whose share of information in the latent is largest.

    Parameters
    ----------
    latents, factors, bins
        As in `mutual_information`.

    Returns
    -------
    list of (str, float)
        One pair a latent: the factor's name, and the mutual information over the factor's entropy. A latent near 0 moves none of them.

    Raises
    ------
    TypeError, ValueError
        As `mutual_information`.

    Examples
    --------
    >>> z = torch.randn(5000, 2, generator=torch.Generator().manual_seed(0))
    >>> [name for name, _ in factor_of_latent(z, {"slant": z[:, 1], "scale": -z[:, 0]})]
    ['scale', 'slant']
    """
    information = mutual_information(latents, factors, bins)
    names, table = list(information), torch.stack(list(information.values()))
    best, which = table.max(0)
    return [(names[i], value) for i, value in zip(which.tolist(), best.tolist(), strict=True)]


def _classes(values: Float[Tensor, " n"], bins: int) -> Int64[Tensor, " n"]:
    """The class of each value: its distinct values where there are few, else equally frequent bins."""
    distinct, index = values.unique(return_inverse=True)
    if len(distinct) <= bins:
        return index
    edges = torch.quantile(values, torch.linspace(0, 1, bins + 1, dtype=values.dtype)[1:-1])
    return torch.bucketize(values.contiguous(), edges)


def _entropy(classes: Int64[Tensor, " n"]) -> Float[Tensor, ""]:
    p = classes.bincount().double() / len(classes)
    p = p[p > 0]
    return -(p * p.log()).sum()


def _checked(latents: Tensor, factors: Factors) -> tuple[Tensor, Factors]:
    if not isinstance(latents, Tensor) or not latents.is_floating_point():
        came = latents.dtype if isinstance(latents, Tensor) else type(latents).__name__
        raise TypeError(f"latents must be a floating-point tensor (n, latent_dim), one row an image; got {came}")
    if latents.ndim != 2 or 0 in latents.shape:
        raise ValueError(f"latents must be of shape (n, latent_dim), one row an image; got {tuple(latents.shape)}")
    if not latents.isfinite().all():
        raise ValueError("latents holds NaN or infinite values: look at the encoder's input range and at its training")
    if not isinstance(factors, dict) or not factors:
        raise ValueError("factors must be a dict of at least one factor, name → tensor (n,), as the glyphs' `.factors`")
    checked = {}
    for name, factor in factors.items():
        if factor.shape != (len(latents),):
            raise ValueError(
                f"factors[{name!r}] must hold one value for each of the {len(latents)} rows of latents, got {tuple(factor.shape)}"
            )
        factor = factor.detach().cpu().double()
        if not factor.isfinite().all():
            raise ValueError(f"factors[{name!r}] holds NaN or infinite values")
        if factor.min() == factor.max():
            raise ValueError(f"factors[{name!r}] is {factor[0]:.3g} for every image: nothing can be learned about it; leave it out")
        checked[name] = factor
    return latents.detach().cpu().double(), checked
