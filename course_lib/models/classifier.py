"""The course's own classifier of 28×28 images: its features carry FID, KID, precision and recall; its probabilities, the Inception Score.

Published scores use Inception-v3, trained on photographs of a thousand things: a large download, and features that say little about digits.
This small network is trained on the very data set it judges. Its scores are on a scale of their own: comparable with each other, never with
published FIDs, so a score is always reported with the features' name, the number of samples and the floor (real against real).

Two networks per data set: `FeatureClassifier` supplies the features, and `JudgeClassifier`, of another architecture, trained apart with
another seed, says whether a sample is a clear digit. A generator tuned on the first cannot have been tuned on the second.
"""

from jaxtyping import Float
from torch import Tensor, nn


class FeatureClassifier(nn.Module):
    """Two 3×3 convolution stages and a layer of 64 features, then one logit per class.

    Parameters
    ----------
    classes
        How many classes.
    width
        Channels of the first stage; the second has twice as many.

    Examples
    --------
    >>> import torch
    >>> net = FeatureClassifier()
    >>> x = torch.zeros(2, 1, 28, 28)
    >>> net(x).shape, net.features(x).shape
    (torch.Size([2, 10]), torch.Size([2, 64]))
    """

    def __init__(self, classes: int = 10, width: int = 32):
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Dropout(0.25), nn.Linear(2 * width * 7 * 7, 64), nn.ReLU()),
        )
        self.head = nn.Sequential(nn.Dropout(0.25), nn.Linear(64, classes))

    def features(self, x: Float[Tensor, "n 1 28 28"]) -> Float[Tensor, "n 64"]:
        """The last hidden layer, after its ReLU; images in [0, 1]."""
        return self.body(x - 0.5)

    def forward(self, x: Float[Tensor, "n 1 28 28"]) -> Float[Tensor, "n classes"]:
        """Logits; images in [0, 1]."""
        return self.head(self.features(x))


class JudgeClassifier(nn.Module):
    """The second opinion: three strided 5×5 convolutions with batch normalisation and global average pooling.

    Parameters
    ----------
    classes
        How many classes.
    width
        Channels of the first stage.

    Examples
    --------
    >>> import torch
    >>> JudgeClassifier()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, classes: int = 10, width: int = 24):
        super().__init__()
        layers, channels = [], 1
        for out, stride in ((width, 2), (2 * width, 2), (4 * width, 1)):
            layers += [nn.Conv2d(channels, out, 5, stride, 2, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
            channels = out
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))

    def forward(self, x: Float[Tensor, "n 1 28 28"]) -> Float[Tensor, "n classes"]:
        """Logits; images in [0, 1]."""
        return self.layers(x - 0.5)
