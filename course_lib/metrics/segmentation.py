"""How well one label map agrees with another: pixel accuracy and intersection over union.

With a rule that reads the classes off a picture (for painted scenes `course_lib.data.scenes.read`) they judge a picture made from a label
map: does the picture show what the map asked for? Papers use a trained network as the reader, and print its score on real pictures
beside, which is the most that can be reached.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def _require_maps(labels: Tensor, reference: Tensor) -> None:
    for name, maps in (("labels", labels), ("reference", reference)):
        if not isinstance(maps, Tensor) or maps.dtype != torch.int64:
            got = str(maps.dtype) if isinstance(maps, Tensor) else type(maps).__name__
            raise TypeError(f"{name}: got {got}, expected a tensor of int64 (class indices)")
    if labels.shape != reference.shape or labels.numel() == 0:
        raise ValueError(f"labels has shape {tuple(labels.shape)} and reference {tuple(reference.shape)}; they must be equal and not empty")


def pixel_accuracy(labels: Int64[Tensor, "*n h w"], reference: Int64[Tensor, "*n h w"]) -> Float[Tensor, ""]:
    """Share of pixels that have the right class.

    Parameters
    ----------
    labels, reference
        Label maps, one or many; the right one is `reference`.

    Returns
    -------
    Tensor
        0 to 1, float64, over all pixels of all maps.

    Raises
    ------
    TypeError, ValueError
        Not int64, or of different shapes.

    Examples
    --------
    >>> pixel_accuracy(torch.tensor([[0, 1], [1, 1]]), torch.tensor([[0, 1], [0, 1]])).item()
    0.75
    """
    _require_maps(labels, reference)
    return (labels == reference).double().mean()


def mean_iou(labels: Int64[Tensor, "*n h w"], reference: Int64[Tensor, "*n h w"]) -> Float[Tensor, ""]:
    """Intersection over union, averaged over the classes that occur: small classes count as much as large ones.

    For one class: the pixels that have it in both maps, over those that have it in either, counted over all maps together. A class that
    occurs in one of the two only counts as 0.

    Parameters
    ----------
    labels, reference
        Label maps, one or many; the right one is `reference`.

    Returns
    -------
    Tensor
        0 to 1, float64.

    Raises
    ------
    TypeError, ValueError
        Not int64, or of different shapes.

    References
    ----------
    J. Long, E. Shelhamer and T. Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015, section 5.

    Examples
    --------
    Class 0: 1 pixel of 2; class 1: 2 pixels of 3.

    >>> round(mean_iou(torch.tensor([[0, 1], [1, 1]]), torch.tensor([[0, 1], [0, 1]])).item(), 4)
    0.5833
    """
    _require_maps(labels, reference)
    shares = []
    for label in torch.cat([labels.unique(), reference.unique()]).unique():
        found, true = labels == label, reference == label
        shares.append((found & true).sum().double() / (found | true).sum())
    return torch.stack(shares).mean()
