"""Judging a generator by the features of its samples: FID, KID, Inception Score, improved precision and recall.

None of these looks at an image. Each compares two clouds of feature vectors, one row a sample, from whatever network supplies
them; a number means something only next to the network's name, the number of samples and the floor, the same score between two
sets of *real* images. `FeatureScore` keeps them together. All computing is in float64: covariances of near-constant features lose
every digit in float32.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


def _require_features(x: Tensor, name: str, minimum: int) -> Tensor:
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor of feature vectors (n, d), got {type(x).__name__}; use torch.as_tensor")
    if x.ndim != 2 or not x.is_floating_point():
        raise ValueError(f"{name} must be floating point of shape (n, d), one row a sample; got {x.dtype} of shape {tuple(x.shape)}")
    if len(x) < minimum or x.shape[1] < 1:
        raise ValueError(f"{name} must hold at least {minimum} samples, got shape {tuple(x.shape)}")
    if not torch.isfinite(x).all():
        raise ValueError(f"{name} holds NaN or infinite values: look at the generator's samples and at the feature network's input range")
    return x.double()


def _require_pair(fake: Tensor, real: Tensor, minimum: int) -> tuple[Tensor, Tensor]:
    fake, real = _require_features(fake, "fake", minimum), _require_features(real, "real", minimum)
    if fake.shape[1] != real.shape[1]:
        raise ValueError(f"fake and real must come from the same network: they have {fake.shape[1]} and {real.shape[1]} features")
    return fake, real


def _moments(x: Float[Tensor, "n d"]) -> tuple[Float[Tensor, " d"], Float[Tensor, "d d"]]:
    mean = x.mean(0)
    centred = x - mean
    return mean, centred.mT @ centred / (len(x) - 1)


def fid(fake: Float[Tensor, "n d"], real: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """Fréchet distance between two clouds of features, each taken for a Gaussian: 0 for equal moments, smaller is better.

    ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½), where the trace of the root is the sum of the roots of the eigenvalues of Σ₁^½ Σ₂ Σ₁^½, a
    symmetric matrix with the same eigenvalues as Σ₁ Σ₂.

    Parameters
    ----------
    fake, real
        Features, one row a sample; the order of the two does not matter.

    Returns
    -------
    Tensor
        The squared distance, float64, in squared units of the features.

    Notes
    -----
    Biased: for finite n it comes out too large by about c/n. Compare scores of the same n only, and look at the floor.

    References
    ----------
    M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", NeurIPS 2017, eq. 6.

    Examples
    --------
    >>> real = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> round(fid(real + 3, real).item(), 6)  # a shift by 3 in each of two coordinates
    18.0
    """
    fake, real = _require_pair(fake, real, minimum=2)
    mean_fake, covariance_fake = _moments(fake)
    mean_real, covariance_real = _moments(real)
    values, vectors = torch.linalg.eigh(covariance_fake)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.mT
    product = torch.linalg.eigvalsh(root @ covariance_real @ root).clamp(min=0)
    return (mean_fake - mean_real).square().sum() + covariance_fake.trace() + covariance_real.trace() - 2 * product.sqrt().sum()


def kid(
    fake: Float[Tensor, "n d"],
    real: Float[Tensor, "m d"],
    *,
    subsets: int | None = None,
    subset_size: int = 1000,
    generator: torch.Generator | None = None,
) -> Float[Tensor, ""]:
    """Squared maximum mean discrepancy with the kernel (xᵀy/d + 1)³, unbiased: 0 on average for equal distributions, so it can be negative.

    Parameters
    ----------
    fake, real
        Features, one row a sample.
    subsets
        None compares all samples at once (equal numbers are not needed). A number gives the mean over so many random subsets, as published.
    subset_size
        Samples of each cloud in a subset.
    generator
        Draws the subsets.

    References
    ----------
    M. Bińkowski et al., "Demystifying MMD GANs", ICLR 2018, section 3 and eq. 4.

    Examples
    --------
    >>> x = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    >>> bool(abs(kid(x[:250], x[250:])) < 0.1) and bool(kid(x[:250] + 1, x[250:]) > 1)
    True
    """
    fake, real = _require_pair(fake, real, minimum=2)
    if subsets is None:
        return _mmd(fake, real)
    if subsets < 1 or not 2 <= subset_size <= min(len(fake), len(real)):
        raise ValueError(
            f"subsets must be at least 1 and subset_size from 2 to the number of samples, {min(len(fake), len(real))}; "
            f"got {subsets} and {subset_size}"
        )

    def draw(x: Tensor) -> Tensor:
        return x[torch.randperm(len(x), generator=generator)[:subset_size].to(x.device)]

    return torch.stack([_mmd(draw(fake), draw(real)) for _ in range(subsets)]).mean()


def _mmd(x: Tensor, y: Tensor) -> Tensor:
    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.mT / a.shape[1] + 1).pow(3)

    def mean_of_pairs(a: Tensor) -> Tensor:
        gram = kernel(a, a)
        return (gram.sum() - gram.trace()) / (len(a) * (len(a) - 1))  # without each sample's pair with itself: this makes it unbiased

    return mean_of_pairs(x) + mean_of_pairs(y) - 2 * kernel(x, y).mean()


def inception_score(logits: Float[Tensor, "n classes"], *, splits: int = 1) -> Float[Tensor, ""]:
    """exp E KL(p(y|x) ‖ p(y)): from 1 (useless) to the number of classes (every sample sure of its class, all classes equally often).

    Parameters
    ----------
    logits
        The classifier's outputs *before* the softmax.
    splits
        Parts of equal size, in order, over which the score is averaged; papers use 10.

    Notes
    -----
    It never looks at real data: one perfect image per class has the full score.

    References
    ----------
    T. Salimans et al., "Improved techniques for training GANs", NeurIPS 2016, section 4.

    Examples
    --------
    >>> round(inception_score(100 * torch.eye(10)).item(), 6)
    10.0
    """
    logits = _require_features(logits, "logits", minimum=1)
    if not 1 <= splits <= len(logits):
        raise ValueError(f"splits must be from 1 to the number of samples, {len(logits)}; got {splits}")
    scores = []
    for part in logits.tensor_split(splits):
        log_p = part.log_softmax(1)
        p = log_p.exp()
        scores.append((p * (log_p - p.mean(0).log())).nansum(1).mean().exp())  # 0 log 0 is 0
    return torch.stack(scores).mean()


def precision_recall(fake: Float[Tensor, "n d"], real: Float[Tensor, "m d"], *, k: int = 5) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Improved precision and recall: how much of the fake cloud lies on the real manifold, and how much of the real one on the fake.

    A cloud's manifold is the union of balls around its samples, each reaching to its k-th nearest neighbour in the same cloud, itself not
    counted. Precision is quality; recall is coverage.

    Parameters
    ----------
    fake, real
        Features, one row a sample; equal numbers make both sides comparable.
    k
        Which neighbour sets the radius; 3 in the paper, 5 in `prdc` and here.

    Returns
    -------
    precision, recall
        Both in [0, 1].

    References
    ----------
    T. Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", NeurIPS 2019, eqs. 1 and 2.

    Examples
    --------
    A tight cluster inside a wide cloud: all of it is plausible, and it covers next to nothing.

    >>> g = torch.Generator().manual_seed(0)
    >>> wide, tight = torch.randn(300, 2, generator=g), 0.01 * torch.randn(300, 2, generator=g)
    >>> precision, recall = precision_recall(tight, wide)
    >>> bool(precision > 0.95), bool(recall < 0.05)
    (True, True)
    """
    fake, real = _require_pair(fake, real, minimum=k + 1)
    return _share_inside(fake, real, k), _share_inside(real, fake, k)


def _share_inside(points: Tensor, cloud: Tensor, k: int) -> Tensor:
    """The share of points that lie in at least one of the cloud's balls."""

    def distances(a: Tensor) -> list[Tensor]:
        # exact differences: the matrix-product form loses the distances of near-equal points; in parts, because n² values are many
        return [torch.cdist(part, cloud, compute_mode="donot_use_mm_for_euclid_dist") for part in a.split(1000)]

    radius = torch.cat([part.kthvalue(k + 1, dim=1).values for part in distances(cloud)])  # k + 1: the nearest is the sample itself
    return torch.cat([(part < radius).any(1) for part in distances(points)]).double().mean()


@dataclass(frozen=True)
class FeatureScore:
    """A Fréchet distance that cannot be quoted without what it depends on.

    Attributes
    ----------
    value
        The score of the samples against the real images.
    features
        The network that supplied the features, as ``"classifier-mnist (64)"``.
    n
        Samples on each side.
    floor
        The same score between two sets of real images, n on each side.
    ceiling
        The same score for uniform noise instead of samples.
    """

    value: float
    features: str
    n: int
    floor: float
    ceiling: float

    def __str__(self) -> str:
        share = 100 * self.value / self.ceiling
        return (
            f"FID({self.features}) = {self.value:.2f}, n = {self.n}, floor {self.floor:.2f}, noise {self.ceiling:.0f} ({share:.2f} % of it)"
        )


def memorisation(
    fake: Float[Tensor, "n d"], train: Float[Tensor, "m d"], test: Float[Tensor, "k d"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Float[Tensor, ""]]:
    """How much nearer samples lie to the training images than to unseen ones: near 1 for a generator that has not memorised.

    Parameters
    ----------
    fake, train, test
        Samples, training images and images never trained on, as rows (pixels or features). Take as many training as test images:
        the distance to the nearest of more is smaller, whatever they are.

    Returns
    -------
    ratio, to_train, to_test
        The mean distance to the nearest training image over that to the nearest test image, and the two means.

    Examples
    --------
    >>> g = torch.Generator().manual_seed(0)
    >>> train, test, new = (torch.randn(200, 3, generator=g) for _ in range(3))
    >>> bool(memorisation(new, train, test)[0] > 0.9), bool(memorisation(train + 0.001, train, test)[0] < 0.1)
    (True, True)
    """
    fake, train = _require_pair(fake, train, minimum=1)
    _, test = _require_pair(fake, test, minimum=1)

    def nearest(images: Tensor) -> Tensor:
        return torch.cat([torch.cdist(part, images).min(1).values for part in fake.split(1000)]).mean()

    to_train, to_test = nearest(train), nearest(test)
    return to_train / to_test, to_train, to_test


def parzen_log_likelihood(fake: Float[Tensor, "n d"], test: Float[Tensor, "m d"], sigma: float) -> Float[Tensor, ""]:
    """Mean log density of test samples under a Gaussian window of width sigma around each fake sample, in nats. Do not judge models by it.

    It was the score of the first GAN papers. In many dimensions it says almost nothing: memorised training images, even the centroids of
    k-means, beat every model, and a change of sigma moves it more than a change of model.

    Parameters
    ----------
    fake, test
        Samples and unseen images as rows, usually pixels.
    sigma
        Width of the window, in the units of the rows; papers choose it on a validation set.

    Returns
    -------
    Tensor
        Nats per sample, float64.

    Raises
    ------
    ValueError
        If `sigma` is not positive.

    References
    ----------
    L. Theis, A. van den Oord and M. Bethge, "A note on the evaluation of generative models", ICLR 2016, section 3.3 (the critique).

    Examples
    --------
    >>> round(parzen_log_likelihood(torch.zeros(1, 1), torch.zeros(1, 1), 1.0).item(), 4)  # log of the Gaussian's peak, 1/sqrt(2 pi)
    -0.9189
    """
    fake, test = _require_pair(fake, test, minimum=1)
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, got {sigma}")
    n, d = fake.shape
    parts = [torch.cdist(part, fake, compute_mode="donot_use_mm_for_euclid_dist") for part in test.split(1000)]
    exponents = torch.cat([(-0.5 * (distance / sigma) ** 2).logsumexp(1) for distance in parts])
    return exponents.mean() - math.log(n) - 0.5 * d * math.log(2 * math.pi * sigma**2)
