"""Large images piece by piece: the result of the whole at the memory of a tile."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.images import require_image


@torch.no_grad()
def by_tiles(
    restorer: Callable[..., Tensor],
    y: Float[Tensor, "*n c h w"],
    *maps: Tensor,
    margin: int,
    tile: int = 256,
    scale: int = 1,
    cell: int = 1,
) -> Float[Tensor, "*n c H W"]:
    """Apply a restorer to overlapping tiles and put the tiles' inner parts together.

    One pixel of a convolutional network's output depends on its receptive field only. A tile that reaches that far beyond its inner part
    gives the inner part exactly; there is no seam to blend. At the border of the image the tile ends where the image ends, so that the
    restorer treats the border as it always does.

    Parameters
    ----------
    restorer
        Called as `restorer(piece, *pieces_of_maps)` with batches (n, c, h, w); returns the estimate, `scale` times as high and wide.
    y
        The observed image or images.
    *maps
        Further tensors (n, k, h, w) that are cut like y, as a noise-level map.
    margin
        How many pixels of y beyond its place an output pixel depends on: half the receptive field, (receptive_field − 1)/2.
    tile
        Side of the inner parts, in pixels of y.
    scale
        Of a super-resolution network.
    cell
        Tiles begin at multiples of this: 2 for FFDNet, 2^levels for an encoder–decoder, which treat pixels by their place in a cell.

    Returns
    -------
    Tensor
        (…, c, scale·h, scale·w), on the device and of the type of y.

    Raises
    ------
    ValueError
        If a number is out of range, a map has another size than y, or the restorer returns another size than it should.

    Examples
    --------
    >>> blur = lambda y: torch.nn.functional.avg_pool2d(y, 5, stride=1, padding=2)
    >>> y = torch.rand(1, 40, 50)
    >>> bool((by_tiles(blur, y, margin=2, tile=16) == blur(y)).all())
    True
    """
    require_image(y, "y")
    if tile < 1 or margin < 0 or scale < 1 or cell < 1:
        raise ValueError(f"tile, scale and cell must be at least 1 and margin not negative; got {tile}, {scale}, {cell}, {margin}")
    height, width = y.shape[-2:]
    for one in maps:
        if one.ndim != 4 or one.shape[-2:] != y.shape[-2:]:
            raise ValueError(f"maps must have shape (n, k, {height}, {width}), like y; got {tuple(one.shape)}")
    batch = y if y.ndim == 4 else y[None]
    # whole cells, so that a piece's first pixel is the first of a cell
    tile, margin = (-(-length // cell) * cell for length in (tile, margin))
    result = None
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            rows = slice(max(0, top - margin), min(height, top + tile + margin))
            columns = slice(max(0, left - margin), min(width, left + tile + margin))
            piece = restorer(*(whole[..., rows, columns] for whole in (batch, *maps)))
            expected = (scale * (rows.stop - rows.start), scale * (columns.stop - columns.start))
            if tuple(piece.shape[-2:]) != expected:
                raise ValueError(f"restorer returned {tuple(piece.shape[-2:])} for a tile where {expected} was expected with scale={scale}")
            if result is None:
                result = batch.new_empty((*piece.shape[:2], scale * height, scale * width))
            bottom, right = min(height, top + tile), min(width, left + tile)
            inner = piece[
                ...,
                scale * (top - rows.start) : scale * (bottom - rows.start),
                scale * (left - columns.start) : scale * (right - columns.start),
            ]
            result[..., scale * top : scale * bottom, scale * left : scale * right] = inner
    return result if y.ndim == 4 else result[0]
