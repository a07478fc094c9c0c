"""What label maps of all kinds have in common: their colours, the way back from the colours, and what is no label map."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib.images import require_image, to_uint8

__all__ = ["require_labels", "to_labels", "to_rgb"]

Palette = Sequence[tuple[int, int, int]]


def to_rgb(labels: Int64[Tensor, "*n h w"], palette: Palette) -> Float[Tensor, "*n 3 h w"]:
    """Colour labels, which must be indices into the palette, in 8 bits.

    Examples
    --------
    >>> (to_rgb(torch.tensor([[1]]), [(0, 0, 0), (255, 51, 0)]) * 255).flatten().tolist()
    [255.0, 51.0, 0.0]
    """
    return (torch.tensor(palette, device=labels.device) / 255)[labels].movedim(-1, -3)


def to_labels(map_rgb: Float[Tensor, "*n 3 h w"], classes: Sequence[str], palette: Palette, module: str) -> Int64[Tensor, "*n h w"]:
    """Labels of a coloured map, every pixel of which must have a colour of the palette.

    Parameters
    ----------
    map_rgb : Tensor
        (3, H, W) or (N, 3, H, W), [0, 1].
    classes, palette
        The names, and a colour for each, in 8 bits.
    module : str
        Whose palette it is, for the message.

    Raises
    ------
    TypeError, ValueError
        Not a colour image, or a colour that is not in the palette; the message says where and which is nearest.

    Examples
    --------
    >>> to_labels(torch.ones(3, 1, 2), ["black", "white"], [(0, 0, 0), (255, 255, 255)], "chess")
    tensor([[1, 1]])
    """
    require_image(map_rgb, "map_rgb", channels=3)
    levels = to_uint8(map_rgb).movedim(-3, -1).long()
    distance = (levels[..., None, :] - torch.tensor(palette, device=levels.device)).square().sum(-1)
    nearest, labels = distance.min(-1)
    if nearest.any():
        off = nearest.nonzero()
        *_, row, column = first = tuple(off[0].tolist())
        near = int(labels[first])
        raise ValueError(
            f"map_rgb: {len(off)} of {nearest.numel()} pixels have a colour that stands for no class; the first is "
            f"{tuple(levels[first].tolist())} in row {row}, column {column}, nearest to {classes[near]} {palette[near]}. "
            f"Paint with the colours of {module}.PALETTE, without smoothing, and save as PNG, not JPEG"
        )
    return labels


def require_labels(labels: Tensor, classes: Sequence[str], module: str) -> None:
    """Refuse what is no label map of these classes.

    Raises
    ------
    TypeError, ValueError
        Not a tensor of int64, not (H, W) or (N, H, W), empty, or a label that is no class.
    """
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        got = str(labels.dtype) if isinstance(labels, Tensor) else type(labels).__name__
        raise TypeError(
            f"labels: got {got}, expected a tensor of int64 (class indices); a coloured map goes through {module}.to_labels first"
        )
    if labels.ndim not in (2, 3) or labels.numel() == 0:
        raise ValueError(f"labels: got shape {tuple(labels.shape)}, expected (H, W) or (N, H, W), not empty")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= len(classes):
        raise ValueError(f"labels: got {low} to {high}, expected 0 to {len(classes) - 1} (indices into {module}.CLASSES)")
