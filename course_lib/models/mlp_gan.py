"""Fully connected generator and discriminator for points on a line and in the plane, small enough to watch every gradient.

References
----------
I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014 (fully connected players); the widths are those of the two-dimensional
experiments in I. Gulrajani et al., "Improved training of Wasserstein GANs", NeurIPS 2017 (ReLU, three hidden layers).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def _mlp(inputs: int, outputs: int, width: int, depth: int, activation: type[nn.Module]) -> nn.Sequential:
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(inputs, width), activation()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class MLPGenerator(nn.Module):
    """Latent vectors to points.

    Parameters
    ----------
    dim
        Dimension of the points: 1 or 2 in the course.
    latent_dim
        Length of z.
    width, depth
        Units per hidden layer, and hidden layers.

    Examples
    --------
    >>> MLPGenerator(dim=2, latent_dim=8)(torch.zeros(5, 8)).shape
    torch.Size([5, 2])
    """

    def __init__(self, dim: int = 2, latent_dim: int = 16, width: int = 128, depth: int = 3):
        super().__init__()
        self.latent_dim = latent_dim
        self.layers = _mlp(latent_dim, dim, width, depth, nn.ReLU)

    def forward(self, z: Float[Tensor, "n latent_dim"]) -> Float[Tensor, "n dim"]:
        return self.layers(z)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Float[Tensor, "n dim"]:
        """Draw n points, from z ~ N(0, 1)."""
        return self(torch.randn(n, self.latent_dim, generator=generator).to(next(self.parameters()).device))


class MLPDiscriminator(nn.Module):
    """Points to one logit each.

    Parameters
    ----------
    dim
        Dimension of the points.
    width, depth
        Units per hidden layer, and hidden layers.

    Examples
    --------
    >>> MLPDiscriminator(dim=2)(torch.zeros(5, 2)).shape
    torch.Size([5])
    """

    def __init__(self, dim: int = 2, width: int = 128, depth: int = 3):
        super().__init__()
        self.layers = _mlp(dim, 1, width, depth, nn.ReLU)

    def forward(self, x: Float[Tensor, "n dim"]) -> Float[Tensor, " n"]:
        return self.layers(x).flatten()
