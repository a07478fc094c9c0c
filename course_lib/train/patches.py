"""Endless batches of patches for restorers: cut, turned and mirrored where the data lie, and resumable at any batch."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.images import to_uint8


class Patches:
    """Endless batches of random square patches in [0, 1].

    All images are kept as bytes in one row of memory, and one indexed read cuts a whole batch, each patch in one of the eight
    orientations of the square. On a GPU the images stay there, and nothing is transferred.

    Batch number b is a function of (seed, b) alone. So `position`, the number of batches handed out, is all there is to remember.

    Parameters
    ----------
    images
        Clean images (c, h, w) in [0, 1], of any sizes. Every position of a patch in any of them is as likely.
    patch_size
        Side of the patches, in pixels.
    batch_size
        Patches in a batch.
    seed
        Sets the sequence.
    device
        Where the images are kept.

    Raises
    ------
    ValueError
        If there is no image, an image is smaller than a patch, or they differ in their channels.

    Examples
    --------
    >>> patches = Patches([torch.rand(1, 9, 12), torch.rand(1, 8, 8)], patch_size=8, batch_size=4)
    >>> next(patches).shape, patches.position
    (torch.Size([4, 1, 8, 8]), 1)
    """

    def __init__(
        self,
        images: Sequence[Float[Tensor, "c _ _"]],
        patch_size: int = 40,
        batch_size: int = 64,
        seed: int = 0,
        device: torch.device | str | None = None,
    ):
        if not len(images):
            raise ValueError("images is empty: there is nothing to cut patches from")
        if patch_size < 1 or batch_size < 1:
            raise ValueError(f"patch_size and batch_size must be at least 1, got {patch_size} and {batch_size}")
        if len({len(image) for image in images}) != 1:
            raise ValueError(f"images must all have the same number of channels, got {sorted({len(image) for image in images})}")
        small = [tuple(image.shape) for image in images if min(image.shape[-2:]) < patch_size]
        if small:
            raise ValueError(
                f"images must be at least {patch_size}×{patch_size} pixels, the patch_size; {len(small)} are not, as {small[0]}"
            )
        self.patch_size, self.batch_size, self.seed, self.position = patch_size, batch_size, seed, 0
        self._bytes = torch.cat([to_uint8(image).flatten(1) for image in images], dim=1).to(device)
        sizes = torch.tensor([image.shape[-2:] for image in images])
        self._widths = sizes[:, 1]
        self._choices = sizes - patch_size + 1  # rows and columns at which a patch may begin
        self._starts = torch.cat([torch.zeros(1, dtype=torch.long), sizes.prod(1).cumsum(0)[:-1]])
        self._weights = self._choices.prod(1).double()
        self._orientations = _eight_orientations(patch_size)

    def __iter__(self):
        return self

    def __next__(self) -> Float[Tensor, "n c p p"]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.position)
        n = self.batch_size
        which = torch.multinomial(self._weights, n, replacement=True, generator=generator)
        corner = (torch.rand(n, 2, generator=generator, dtype=torch.float64) * self._choices[which]).long()
        grid = self._orientations[torch.randint(8, (n,), generator=generator)]
        row, column = (corner[:, :, None, None] + grid).unbind(1)
        index = self._starts[which][:, None, None] + row * self._widths[which][:, None, None] + column
        self.position += 1
        return self._bytes[:, index.to(self._bytes.device)].transpose(0, 1).float() / 255


class Pair(NamedTuple):
    """A batch of low-resolution patches and the high-resolution patches of the same places."""

    low: Float[Tensor, "n c p p"]
    high: Float[Tensor, "n c q q"]

    def to(self, device: torch.device | str) -> "Pair":
        """Both, on a device."""
        return Pair(self.low.to(device), self.high.to(device))


class PairedPatches:
    """Endless batches of patches of low-resolution images and, aligned, of the same images at high resolution.

    As `Patches`: all images are bytes in one row of memory, one indexed read cuts a whole batch, a pair is turned and mirrored together,
    and batch number b is a function of (seed, b) alone. The low-resolution image is made once, from the whole image, and cut: a patch
    made small would be wrong at its border.

    Parameters
    ----------
    pairs
        Low-resolution images (c, h, w) and high-resolution ones (c, scale·h, scale·w) as bytes, `images.to_uint8`.
    scale
        Between the two.
    patch_size
        Side of the low-resolution patches, in pixels.
    batch_size
        Pairs in a batch.
    seed
        Sets the sequence.
    device
        Where the images are kept.

    Raises
    ------
    ValueError
        If there is no pair, an image is smaller than a patch, the sizes do not belong together, or they differ in their channels.

    Examples
    --------
    >>> low, high = torch.zeros(1, 9, 12, dtype=torch.uint8), torch.zeros(1, 27, 36, dtype=torch.uint8)
    >>> batch = next(PairedPatches([(low, high)], scale=3, patch_size=8, batch_size=4))
    >>> batch.low.shape, batch.high.shape
    (torch.Size([4, 1, 8, 8]), torch.Size([4, 1, 24, 24]))
    """

    def __init__(
        self,
        pairs: Sequence[tuple[UInt8[Tensor, "c _ _"], UInt8[Tensor, "c _ _"]]],
        scale: int,
        patch_size: int = 24,
        batch_size: int = 16,
        seed: int = 0,
        device: torch.device | str | None = None,
    ):
        if not len(pairs):
            raise ValueError("pairs is empty: there is nothing to cut patches from")
        if scale < 1 or patch_size < 1 or batch_size < 1:
            raise ValueError(f"scale, patch_size and batch_size must be at least 1, got {scale}, {patch_size} and {batch_size}")
        channels = sorted({len(image) for pair in pairs for image in pair})
        if len(channels) != 1:
            raise ValueError(f"pairs must all have the same number of channels, got {channels}")
        for low, high in pairs:
            if tuple(high.shape[-2:]) != (scale * low.shape[-2], scale * low.shape[-1]):
                raise ValueError(f"pairs must be images and {scale} times larger ones; got {tuple(low.shape)} with {tuple(high.shape)}")
            if min(low.shape[-2:]) < patch_size:
                raise ValueError(f"pairs: a low-resolution image of shape {tuple(low.shape)} is smaller than patch_size={patch_size}")
        self.scale, self.patch_size, self.batch_size, self.seed, self.position = scale, patch_size, batch_size, seed, 0
        # the low-resolution images, and behind them the others
        self._bytes = torch.cat([pair[i].flatten(1) for i in (0, 1) for pair in pairs], dim=1).to(device)
        sizes = torch.tensor([low.shape[-2:] for low, _ in pairs])
        self._widths = sizes[:, 1]
        self._choices = sizes - patch_size + 1  # rows and columns at which a low-resolution patch may begin
        areas = sizes.prod(1)
        self._low_starts = areas.cumsum(0) - areas
        self._high_starts = areas.sum() + scale**2 * self._low_starts
        self._weights = self._choices.prod(1).double()
        self._low_grids, self._high_grids = (_eight_orientations(side).to(device) for side in (patch_size, scale * patch_size))

    def __iter__(self):
        return self

    def __next__(self) -> Pair:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.position)
        n, p, s = self.batch_size, self.patch_size, self.scale
        which = torch.multinomial(self._weights, n, replacement=True, generator=generator)
        corner = (torch.rand(n, 2, generator=generator, dtype=torch.float64) * self._choices[which]).long()
        turn = torch.randint(8, (n,), generator=generator)

        def column_of(values: Tensor) -> Tensor:
            return values.to(self._bytes.device)[:, None, None]

        def index(starts: Tensor, grids: Tensor, factor: int) -> Tensor:
            row, column = (factor * corner.to(grids.device)[:, :, None, None] + grids[turn.to(grids.device)]).unbind(1)
            return (column_of(starts[which]) + row * column_of(factor * self._widths[which]) + column).flatten(1)

        both = torch.cat([index(self._low_starts, self._low_grids, 1), index(self._high_starts, self._high_grids, s)], dim=1)
        self.position += 1
        values = self._bytes[:, both].transpose(0, 1).float() / 255
        low, high = values.split([p * p, s * s * p * p], dim=2)
        return Pair(low.unflatten(2, (p, p)), high.unflatten(2, (s * p, s * p)))


def _eight_orientations(side: int) -> Tensor:
    """Rows and columns (8, 2, side, side) of a square's pixels, in its eight orientations."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    turned = [torch.rot90(torch.stack([rows, columns]), k, (1, 2)) for k in range(4)]
    return torch.stack([*turned, *(grid.flip(2) for grid in turned)])
