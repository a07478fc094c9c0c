"""The projection discriminator: D's logit is what it thinks of the image, plus how well the image's features agree with the class.

    f(x, y) = wᵀh + b + ⟨V y, h⟩,    h = Σ over pixels of ReLU features of x,    y one-hot: V y is the embedding of the class

This form follows from the optimal logit log q(x, y)/p(x, y) = log q(y|x)/p(y|x) + log q(x)/p(x). If log q(y|x) and log p(y|x) are linear in
h up to their normalisers, as for a softmax, the first summand's dependence on y is an inner product of h with a vector of the class; the
rest depends on x alone. A factor with a Gaussian q(y|x) whose mean is linear in h gives an inner product too: the factor's standardised
value goes into y beside the classes, and V gets one column more.

The published networks are residual, with spectral normalisation, and h is a sum over their last maps. Here the features are those of the
DCGAN at 28 pixels and one 3×3 convolution more: without it each place of the 4×4 map sees 18 pixels of the image, and a sum over places
cannot tell where in the image they were; with it each place sees all of it. The R1 penalty is to keep D smooth.

    x → f × 14×14 → 2f × 7×7 → 4f × 4×4 → 4f × 2×2 → h, 4f numbers

References
----------
T. Miyato and M. Koyama, "cGANs with projection discriminator", ICLR 2018, section 3, eqs. 3 to 5 and figure 1d.
"""

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.conditions import Condition, Factors, Labels, Ranges


def feature_maps(channels: int, features: int) -> nn.Sequential:
    """The convolutions: images (n, channels, 28, 28) to 4·features maps of 2×2, none of them negative, whose sums over the places are h."""
    f = features
    return nn.Sequential(
        *(nn.Conv2d(channels, f, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(f, 2 * f, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(2 * f, 4 * f, 3, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(4 * f, 4 * f, 3), nn.ReLU()),
    )


def initialise_xavier(module: nn.Module) -> None:
    """Weights as published. From N(0, 0.02), w and V have next to nothing to multiply, and the class is learned late. Use with `apply`."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class ProjectionDiscriminator(nn.Module):
    """Images of 28×28 with their conditions to one logit each; the condition comes in last, by an inner product.

    Parameters
    ----------
    classes
        How many classes.
    factors
        Name → range of each number beside the class; see `Condition`.
    features
        Width of the outermost hidden layer; h has four times as many numbers.
    channels
        1 for grey, 3 for colour.

    Examples
    --------
    >>> import torch
    >>> D = ProjectionDiscriminator(classes=10, features=4)
    >>> D(torch.zeros(2, 1, 28, 28), torch.tensor([3, 8])).shape
    torch.Size([2])
    >>> sum(p.numel() for p in ProjectionDiscriminator().parameters())
    256225
    """

    def __init__(self, classes: int = 10, factors: Ranges | None = None, features: int = 32, channels: int = 1):
        super().__init__()
        self.condition = Condition(classes, factors)
        self.features = feature_maps(channels, features)
        self.w = nn.Linear(4 * features, 1)
        self.V = nn.Linear(self.condition.length, 4 * features, bias=False)
        self.apply(initialise_xavier)

    def forward(self, x: Float[Tensor, "n c h w"], labels: Labels, factors: Factors = None) -> Float[Tensor, " n"]:
        """One logit an image; the images in [-1, 1]."""
        y = self.condition(labels, factors, n=len(x))
        h = self.features(x).sum(dim=(2, 3))  # pooled *before* the inner product: one vector an image
        return self.w(h).squeeze(1) + (self.V(y) * h).sum(dim=1)
