"""Judging a conditional generator class by class: FID within classes, diversity within classes, and whether a factor asked for arrives.

A generator that ignores the class can have a perfect FID; one that draws a single perfect image per class, a perfect conditional accuracy.
These three look at what neither sees. Each takes samples with the conditions *asked for*, whatever they turned out to show.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib.metrics.features import _require_pair, fid


def intra_class_fid(
    fake: Float[Tensor, "n d"], real: Float[Tensor, "m d"], fake_labels: Int64[Tensor, " n"], real_labels: Int64[Tensor, " m"]
) -> Float[Tensor, " classes"]:
    """The Fréchet distance of each class's samples from the real images of that class; its mean is the intra-FID of the papers.

    Parameters
    ----------
    fake, real
        Features, one row a sample.
    fake_labels, real_labels
        The class asked for, and the true class. The classes are 0 to the largest in `real_labels`.

    Returns
    -------
    Tensor
        (classes,), float64.

    Raises
    ------
    TypeError, ValueError
        As `fid`, or if labels do not fit the features, or a class has fewer than two samples on either side.

    Notes
    -----
    Per class there are few samples, and FID's bias grows as their number falls: quote the number, and the floor at the same number.

    References
    ----------
    T. Miyato and M. Koyama, "cGANs with projection discriminator", ICLR 2018, section 4.1.

    Examples
    --------
    Two classes whose samples are swapped: the clouds as wholes agree, within the classes they do not.

    >>> real, labels = torch.tensor([[0.0], [2.0], [10.0], [12.0]]), torch.tensor([0, 0, 1, 1])
    >>> [round(value, 6) for value in intra_class_fid(real, real, labels.flip(0), labels).tolist()], round(fid(real, real).item(), 6)
    ([100.0, 100.0], 0.0)
    """
    pairs = _by_class(fake, real, fake_labels, real_labels)
    return torch.stack([fid(fake_of, real_of) for fake_of, real_of in pairs])


def within_class_diversity(
    fake: Float[Tensor, "n d"], real: Float[Tensor, "m d"], fake_labels: Int64[Tensor, " n"], real_labels: Int64[Tensor, " m"]
) -> Float[Tensor, " classes"]:
    """For each class the mean distance between two of its samples, over the mean distance between two real images of it.

    1 is as varied as real images, 0 is one image a class. Noise on top of each sample raises it too: read it beside the accuracy.

    Parameters
    ----------
    fake, real
        Samples and real images as rows (pixels or features).
    fake_labels, real_labels
        The class asked for, and the true class.

    Returns
    -------
    Tensor
        (classes,), float64.

    Raises
    ------
    TypeError, ValueError
        As `intra_class_fid`, or if all real images of a class are the same.

    Examples
    --------
    >>> real, labels = torch.tensor([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0], [1.0, 3.0]]), torch.tensor([0, 0, 1, 1])
    >>> within_class_diversity(torch.stack([real[0], real[0], 2 * real[2], 2 * real[3]]), real, labels, labels).tolist()
    [0.0, 2.0]
    """
    pairs = _by_class(fake, real, fake_labels, real_labels)
    spread = torch.stack([torch.stack([_mean_distance(fake_of), _mean_distance(real_of)]) for fake_of, real_of in pairs])
    if (spread[:, 1] == 0).any():
        raise ValueError(f"real: all images of class {int(spread[:, 1].argmin())} are the same; their diversity is nothing to compare with")
    return spread[:, 0] / spread[:, 1]


def within_class_correlation(asked: Float[Tensor, " n"], measured: Float[Tensor, " n"], labels: Int64[Tensor, " n"]) -> Float[Tensor, ""]:
    """Pearson's correlation of a factor asked for and the same factor measured, after the mean of its class is taken off each.

    A measurement's offset that belongs to the class (a 7 leans right by itself) is neither for nor against the generator.

    Parameters
    ----------
    asked, measured
        One value a sample; the units may differ.
    labels
        The class of each.

    Returns
    -------
    Tensor
        From −1 to 1, float64; 0 where either does not vary within any class.

    Raises
    ------
    ValueError
        If the lengths differ, or there are no samples.

    Examples
    --------
    >>> labels = torch.tensor([0, 0, 1, 1])
    >>> within_class_correlation(torch.tensor([0.0, 1.0, 0.0, 1.0]), torch.tensor([5.0, 6.0, -3.0, -2.0]), labels).item()
    1.0
    """
    if not len(asked) == len(measured) == len(labels) > 0:
        raise ValueError(
            f"asked, measured and labels must hold one value for each sample; got {len(asked)}, {len(measured)} and {len(labels)}"
        )

    def centred(values: Tensor) -> Tensor:
        mean = torch.zeros(int(labels.max()) + 1, dtype=torch.float64).scatter_reduce(0, labels, values, "mean", include_self=False)
        return values - mean[labels]

    a, b = centred(asked.double()), centred(measured.double())
    scale = (a.square().sum() * b.square().sum()).sqrt()
    return a @ b / scale if scale > 0 else torch.zeros((), dtype=torch.float64)


def _mean_distance(x: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """Between two different rows."""
    distances = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.sum() / (len(x) * (len(x) - 1))


def _by_class(fake: Tensor, real: Tensor, fake_labels: Tensor, real_labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    fake, real = _require_pair(fake, real, minimum=2)
    for name, labels, x in (("fake_labels", fake_labels, fake), ("real_labels", real_labels, real)):
        if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
            raise TypeError(
                f"{name} must be an int64 tensor of classes, got {labels.dtype if isinstance(labels, Tensor) else type(labels)}"
            )
        if labels.shape != (len(x),):
            raise ValueError(f"{name} must hold one class for each of {len(x)} samples, shape ({len(x)},); got {tuple(labels.shape)}")
    pairs = []
    for label in range(int(real_labels.max()) + 1):
        pair = fake[fake_labels == label], real[real_labels == label]
        if min(map(len, pair)) < 2:
            raise ValueError(
                f"fake_labels and real_labels must have two samples or more of each class; of class {label} there are {len(pair[0])} fake "
                f"and {len(pair[1])} real ones"
            )
        pairs.append(pair)
    return pairs
