"""The discriminator of the auxiliary-classifier GAN: it is not told the class but must say it.

D has two outputs: the logit of real against fake, P(S|x), and a guess at the condition, P(C|x). With

    L_S = E log P(real|x) + E log P(fake|G(z, c)),      L_C = E log P(c|x) + E log P(c|G(z, c))

D maximises L_S + L_C, G maximises L_C − L_S. So G is paid for images that are *easy to classify*: samples near the border between two
classes cost it L_C even where real images lie there, and it stops drawing them. Diversity within the class is what it gives up.

For a factor, P(C|x) is a Gaussian of unit variance around D's guess at the standardised value: its −log is half the squared error.

References
----------
A. Odena, C. Olah and J. Shlens, "Conditional image synthesis with auxiliary classifier GANs", ICML 2017, eqs. 2 and 3; the loss of
diversity: R. Shu, H. Bui and S. Ermon, "AC-GAN learns a biased distribution", NeurIPS workshop on Bayesian deep learning 2017.
"""

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.conditions import Condition, Factors, Labels, Ranges
from course_lib.models.dcgan import initialise


class AuxiliaryClassifierDiscriminator(nn.Module):
    """Images of 28×28 to a logit and, given what they are meant to show, the classifier's loss.

    Parameters
    ----------
    classes
        How many classes.
    factors
        Name → range of each number beside the class; see `Condition`.
    features
        Width of the outermost hidden layer.
    channels
        1 for grey, 3 for colour.

    Examples
    --------
    >>> import torch
    >>> D = AuxiliaryClassifierDiscriminator(classes=10, features=4)
    >>> logits, surprise = D(torch.zeros(2, 1, 28, 28), torch.tensor([3, 8]))
    >>> logits.shape, surprise.shape
    (torch.Size([2]), torch.Size([2]))
    >>> sum(p.numel() for p in AuxiliaryClassifierDiscriminator().parameters())
    129771
    """

    def __init__(self, classes: int = 10, factors: Ranges | None = None, features: int = 32, channels: int = 1):
        super().__init__()
        self.condition = Condition(classes, factors)
        f = features
        self.body = nn.Sequential(
            *(nn.Conv2d(channels, f, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(f, 2 * f, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(2 * f, 4 * f, 3, 2, 1), nn.LeakyReLU(0.2)),
        )
        self.source = nn.Conv2d(4 * f, 1, 4)
        self.classifier = nn.Conv2d(4 * f, self.condition.length, 4)  # class logits, then the guesses at the factors
        self.apply(initialise)

    def guess(self, h: Float[Tensor, "n d 4 4"]) -> tuple[Float[Tensor, "n classes"], Float[Tensor, "n factors"]]:
        """Class logits and standardised factors, from the features of the body."""
        guessed = self.classifier(h).flatten(1).float()
        return guessed[:, : self.condition.classes], guessed[:, self.condition.classes :]

    def forward(
        self, x: Float[Tensor, "n c h w"], labels: Labels, factors: Factors = None
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """For each image the logit, which does not depend on the condition, and −log P(c|x); the images in [-1, 1]."""
        c = self.condition(labels, factors, n=len(x))
        classes, values = c[:, : self.condition.classes], c[:, self.condition.classes :]
        h = self.body(x)
        class_logits, guessed = self.guess(h)
        surprise = -(classes * class_logits.log_softmax(1)).sum(1) + 0.5 * (values - guessed).square().sum(1)
        return self.source(h).flatten(), surprise
