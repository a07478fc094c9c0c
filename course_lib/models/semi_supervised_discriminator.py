"""The discriminator of a semi-supervised GAN: a classifier of K classes whose logits also say whether the image is real.

A classifier of K + 1 classes, the last of them "fake", has one logit too many: the same number may be added to all of them. Fix the last
one at log K, and what is left of the question "real or fake" is one number of the K class logits l:

    P(real|x) = Σ exp l_k / (Σ exp l_k + K),      logit of real against fake:  f(x) = log Σ exp l_k − log K

which is 0 where all l_k are. An image passes for real by speaking for *some* class, and hardly by speaking a little for each: for a given
sum of the l_k, f is the larger the more one of them stands out. So a D that has learned the classes of real images refuses what lies
between two of them. G is told no class and stays what it was.

The paper fixes the last logit at 0, not at log K; then D begins by taking everything for real, with probability K/(K + 1).

References
----------
T. Salimans et al., "Improved techniques for training GANs", NeurIPS 2016, section 5 (its feature matching is not used here).
"""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from course_lib.models.projection_discriminator import feature_maps, initialise_xavier


class SemiSupervisedDiscriminator(nn.Module):
    """Images of 28×28 to one logit each, by way of class logits; the convolutions are those of `ProjectionDiscriminator`.

    Parameters
    ----------
    classes
        How many classes, K.
    features
        Width of the outermost hidden layer.
    channels
        1 for grey, 3 for colour.

    Examples
    --------
    >>> D = SemiSupervisedDiscriminator(classes=10, features=4)
    >>> x = torch.zeros(2, 1, 28, 28)
    >>> D(x).shape, D.class_logits(x).shape
    (torch.Size([2]), torch.Size([2, 10]))
    >>> sum(p.numel() for p in SemiSupervisedDiscriminator().parameters())
    256106
    """

    def __init__(self, classes: int = 10, features: int = 32, channels: int = 1):
        super().__init__()
        self.features = feature_maps(channels, features)
        self.classifier = nn.Linear(4 * features, classes)
        self.apply(initialise_xavier)

    def class_logits(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n classes"]:
        """The logits l of the classes; the images in [-1, 1]."""
        class_logits = self.classifier(self.features(x).sum(dim=(2, 3)))
        # bfloat16 has three digits: too few for a sum of exponentials
        return class_logits.float() if class_logits.dtype in (torch.bfloat16, torch.float16) else class_logits

    def forward(
        self, x: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, " n"] | tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """The logit f(x) of each image; with labels also −log P(label|x), what the classifier is taught by."""
        class_logits = self.class_logits(x)
        logit = class_logits.logsumexp(dim=1) - math.log(class_logits.shape[1])
        return logit if labels is None else (logit, nn.functional.cross_entropy(class_logits, labels, reduction="none"))
