"""Conditional batch normalisation: the class chooses the scale and the shift after each normalisation, and so what every channel says.

    plain:        γ x̂ + β                  one γ and one β a channel
    conditional:  γ(c) x̂ + β(c)            for a class, its own γ and β; for a factor, linear in its value

x̂ is x with its mean over the batch and the pixels taken off, divided by its standard deviation. All classes share the convolutions; what is
a class's own are 2 × (4f + 2f + f) numbers, with f = `features`.

This is GAN code: images are in [-1, 1] here; `sample` crosses the border and returns [0, 1].

References
----------
V. Dumoulin, J. Shlens and M. Kudlur, "A learned representation for artistic style", ICLR 2017, section 2.2 (the normalisation); T. Miyato
and M. Koyama, "cGANs with projection discriminator", ICLR 2018, section 4 (its use in G). The convolutions are those of
`course_lib.models.dcgan` at 28 pixels.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import relu

from course_lib.models.conditions import ConditionalGenerator, Factors, Labels, Ranges
from course_lib.models.dcgan import initialise


class ConditionalBatchNorm2d(nn.Module):
    """Batch normalisation whose scale and shift are linear in the condition; for a class they are looked up, which is the same.

    Parameters
    ----------
    channels
        Of the maps.
    classes
        The first so many numbers of c weigh the classes: for each, the scales start from N(1, 0.02) and the shifts from 0, as in the DCGAN.
    length
        Numbers in c. What follows the classes begins without effect.

    Examples
    --------
    >>> norm = ConditionalBatchNorm2d(channels=8, classes=3, length=4)
    >>> norm(torch.randn(2, 8, 7, 7), torch.tensor([[0, 1, 0, 0.5], [0, 0, 1, -1]])).shape
    torch.Size([2, 8, 7, 7])
    """

    def __init__(self, channels: int, classes: int, length: int):
        super().__init__()
        self.normalise = nn.BatchNorm2d(channels, affine=False)
        self.scale, self.shift = (nn.Linear(length, channels, bias=False) for _ in range(2))
        nn.init.normal_(self.scale.weight, 1.0, 0.02)
        nn.init.zeros_(self.scale.weight[:, classes:])
        nn.init.zeros_(self.shift.weight)

    def forward(self, x: Float[Tensor, "n channels h w"], c: Float[Tensor, "n length"]) -> Float[Tensor, "n channels h w"]:
        return self.scale(c)[:, :, None, None] * self.normalise(x) + self.shift(c)[:, :, None, None]


class ConditionalNormGenerator(ConditionalGenerator):
    """Latents to images of 28×28, conditioned in every normalisation; z itself goes in alone.

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
    >>> G = ConditionalNormGenerator(classes=10, latent_dim=16, features=4)
    >>> G(torch.zeros(2, 16), torch.tensor([3, 8])).shape
    torch.Size([2, 1, 28, 28])
    >>> sum(p.numel() for p in ConditionalNormGenerator().parameters())
    242560
    """

    def __init__(self, classes: int = 10, factors: Ranges | None = None, latent_dim: int = 64, features: int = 32, channels: int = 1):
        super().__init__(classes, factors, latent_dim)
        f = features
        # no biases before a normalisation: it would take them out again
        self.convolutions = nn.ModuleList(
            [
                nn.ConvTranspose2d(latent_dim, 4 * f, 4, 1, 0, bias=False),
                nn.ConvTranspose2d(4 * f, 2 * f, 3, 2, 1, bias=False),
                nn.ConvTranspose2d(2 * f, f, 4, 2, 1, bias=False),
                nn.ConvTranspose2d(f, channels, 4, 2, 1, bias=False),
            ]
        )
        self.norms = nn.ModuleList([ConditionalBatchNorm2d(width, classes, self.condition.length) for width in (4 * f, 2 * f, f)])
        self.convolutions.apply(initialise)

    def forward(self, z: Float[Tensor, "n latent_dim"], labels: Labels, factors: Factors = None) -> Float[Tensor, "n c h w"]:
        """Images in [-1, 1]."""
        c = self.rows(z, labels, factors)
        *inner, last = self.convolutions
        h = z[:, :, None, None]
        for convolution, norm in zip(inner, self.norms, strict=True):
            h = relu(norm(convolution(h), c))
        return torch.tanh(last(h))
