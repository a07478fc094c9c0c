"""Endless shuffled batches from tensors held in memory, which can be resumed at any batch."""

import torch
from torch import Tensor


class Batches:
    """Endless shuffled batches: each epoch visits every sample once, in an order of its own; a last partial batch is left out.

    The order of epoch e is a function of (seed, e) alone. So `position`, the number of batches handed out, is all there is to remember, and
    setting it resumes the sequence exactly.

    Parameters
    ----------
    *tensors
        One or more tensors with the samples along the first axis, as images and labels. One tensor gives batches that are tensors, several
        give tuples.
    batch_size
        Samples in a batch.
    seed
        Sets every epoch's order.
    device
        Where the data are kept; batches need no transfer then.

    Raises
    ------
    ValueError
        If the tensors differ in length, or hold fewer samples than one batch.

    Examples
    --------
    >>> batches = Batches(torch.arange(6), batch_size=3)
    >>> sorted(torch.cat([next(batches), next(batches)]).tolist())
    [0, 1, 2, 3, 4, 5]
    >>> batches.position
    2
    """

    def __init__(self, *tensors: Tensor, batch_size: int, seed: int = 0, device: torch.device | str | None = None):
        lengths = {len(tensor) for tensor in tensors}
        if len(lengths) != 1:
            raise ValueError(f"tensors must have the same length, one row a sample; got lengths {sorted(lengths)}")
        if not 1 <= batch_size <= min(lengths):
            raise ValueError(f"batch_size must be from 1 to the number of samples, {min(lengths)}; got {batch_size}")
        self.tensors = tuple(tensor.to(device) if device is not None else tensor for tensor in tensors)
        self.batch_size, self.seed, self.position = batch_size, seed, 0
        self.per_epoch = min(lengths) // batch_size
        self._epoch, self._order = -1, None

    def __iter__(self):
        return self

    def __next__(self) -> Tensor | tuple[Tensor, ...]:
        epoch, batch = divmod(self.position, self.per_epoch)
        if epoch != self._epoch:
            # a seed of its own for each (seed, epoch): consecutive seeds must not share epochs shifted by one
            shuffler = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
            self._order = torch.randperm(len(self.tensors[0]), generator=shuffler).to(self.tensors[0].device)
            self._epoch = epoch
        rows = self._order[batch * self.batch_size : (batch + 1) * self.batch_size]
        self.position += 1
        chosen = tuple(tensor[rows] for tensor in self.tensors)
        return chosen[0] if len(chosen) == 1 else chosen
