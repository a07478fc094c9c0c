"""Images with labels, in one form for every source."""

from torch import Tensor
from torch.utils.data import TensorDataset


class DigitSet(TensorDataset):
    """Images with class labels; indexing gives ``(image, label)`` as with every torch ``TensorDataset``.

    Attributes
    ----------
    images : Tensor
        (N, 1, H, W), float32, [0, 1].
    labels : Tensor
        (N,), int64, an index into ``classes``.
    classes : tuple of str
        The name of each class.

    Examples
    --------
    >>> import torch
    >>> pair = DigitSet(torch.zeros(2, 1, 28, 28), torch.tensor([3, 1]), tuple("0123456789"))
    >>> len(pair), int(pair[0][1])
    (2, 3)
    """

    def __init__(self, images: Tensor, labels: Tensor, classes: tuple[str, ...]):
        super().__init__(images, labels)
        self.images, self.labels, self.classes = images, labels, classes

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} images of {'x'.join(map(str, self.images.shape[1:]))}, {len(self.classes)} classes)"
