"""Endless batches of patches for restorers: cut, turned and mirrored where the data lie, and resumable at any batch."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
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
        # rows and columns inside a patch, in its eight orientations
        rows, columns = torch.meshgrid(torch.arange(patch_size), torch.arange(patch_size), indexing="ij")
        turned = [torch.rot90(torch.stack([rows, columns]), k, (1, 2)) for k in range(4)]
        self._orientations = torch.stack([*turned, *(grid.flip(2) for grid in turned)])

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
