"""Conditional GAN by concatenation: G and D are the DCGAN, with the condition put beside what they already take.

    G:  (z, c) → 4f × 4×4 → 2f × 7×7 → f × 14×14 → channels × 28×28
    D:  x → f × 14×14, beside it each number of c as a constant map → 2f × 7×7 → 4f × 4×4 → one logit

A constant map adds the same amount, depending on c, to every place that the next convolution looks at: D learns a bias for each class, and
its later layers must find out what to do with it.

This is GAN code: images are in [-1, 1] here; `sample` crosses the border and returns [0, 1].

References
----------
M. Mirza and S. Osindero, "Conditional generative adversarial nets", 2014, section 3.2 and figure 1: perceptrons there, whose D joins c to
its first hidden layer, as here. The convolutions are those of `course_lib.models.dcgan` at 28 pixels.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.conditions import Condition, ConditionalGenerator, Factors, Labels, Ranges
from course_lib.models.dcgan import DCGANGenerator, initialise


class ConcatGenerator(ConditionalGenerator):
    """Latents and conditions to images of 28×28: the DCGAN generator, whose input is (z, c).

    Parameters
    ----------
    classes
        How many classes.
    factors
        Name → range of each number beside the class; see `Condition`.
    latent_dim
        Length of z.
    features
        Width of the outermost hidden layer.
    channels
        1 for grey, 3 for colour.

    Examples
    --------
    >>> G = ConcatGenerator(classes=10, latent_dim=16, features=4)
    >>> G(torch.zeros(2, 16), torch.tensor([3, 8])).shape
    torch.Size([2, 1, 28, 28])
    >>> sum(p.numel() for p in ConcatGenerator().parameters())
    259008
    """

    def __init__(self, classes: int = 10, factors: Ranges | None = None, latent_dim: int = 64, features: int = 32, channels: int = 1):
        super().__init__(classes, factors, latent_dim)
        self.network = DCGANGenerator(28, latent_dim + self.condition.length, features, channels)

    def forward(self, z: Float[Tensor, "n latent_dim"], labels: Labels, factors: Factors = None) -> Float[Tensor, "n c h w"]:
        """Images in [-1, 1]."""
        return self.network(torch.cat([z, self.rows(z, labels, factors)], dim=1))


class ConcatDiscriminator(nn.Module):
    """Images of 28×28 with their conditions to one logit each. No batch normalisation: it is to be trained with the R1 penalty.

    Parameters
    ----------
    classes, factors, features, channels
        As for `ConcatGenerator`.

    Examples
    --------
    >>> D = ConcatDiscriminator(classes=10, features=4)
    >>> D(torch.zeros(2, 1, 28, 28), torch.tensor([3, 8])).shape
    torch.Size([2])
    >>> sum(p.numel() for p in ConcatDiscriminator().parameters())
    119521
    """

    def __init__(self, classes: int = 10, factors: Ranges | None = None, features: int = 32, channels: int = 1):
        super().__init__()
        self.condition = Condition(classes, factors)
        f = features
        self.before = nn.Sequential(nn.Conv2d(channels, f, 4, 2, 1), nn.LeakyReLU(0.2))
        self.after = nn.Sequential(
            *(nn.Conv2d(f + self.condition.length, 2 * f, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(2 * f, 4 * f, 3, 2, 1), nn.LeakyReLU(0.2)),
            nn.Conv2d(4 * f, 1, 4),
        )
        self.apply(initialise)

    def forward(self, x: Float[Tensor, "n c h w"], labels: Labels, factors: Factors = None) -> Float[Tensor, " n"]:
        """One logit an image: is x real *and* does it belong to c? The images in [-1, 1]."""
        c = self.condition(labels, factors, n=len(x))
        h = self.before(x)
        maps = c[:, :, None, None].expand(-1, -1, *h.shape[2:])
        return self.after(torch.cat([h, maps.to(h.dtype)], dim=1)).flatten()
