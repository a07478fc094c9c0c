"""Spectral normalisation: divide a layer's weight by its largest singular value, so that the layer cannot stretch any input.

The weight, as a matrix W with one row per output, is replaced by W / σ(W). σ comes from power iteration: u and v converge to the
first pair of singular vectors, σ = uᵀWv. The weight moves little in a training step, so one iteration a forward pass, started
from the last one's vectors, keeps up.

References
----------
T. Miyato, T. Kataoka, M. Koyama and Y. Yoshida, "Spectral normalization for generative adversarial networks", ICLR 2018, section 2.1 and
algorithm 1.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils import parametrize


class SpectralNorm(nn.Module):
    """The map W → W / σ(W), with the two singular vectors as its memory."""

    def __init__(self, weight: Float[Tensor, "out *rest"], warm_up: int = 15):
        super().__init__()
        matrix = weight.detach().flatten(1)
        self.register_buffer("u", normalize(torch.randn(matrix.shape[0], device=matrix.device, dtype=matrix.dtype), dim=0))
        self.register_buffer("v", normalize(torch.randn(matrix.shape[1], device=matrix.device, dtype=matrix.dtype), dim=0))
        for _ in range(warm_up):
            self._iterate(matrix)

    @torch.no_grad()
    def _iterate(self, matrix: Float[Tensor, "out rest"]) -> None:
        self.v.copy_(normalize(matrix.mT @ self.u, dim=0))
        self.u.copy_(normalize(matrix @ self.v, dim=0))

    def forward(self, weight: Float[Tensor, "out *rest"]) -> Float[Tensor, "out *rest"]:
        matrix = weight.flatten(1)
        if self.training and weight.requires_grad:  # a frozen weight has not moved since the last iteration
            self._iterate(matrix)
        # u and v are constants to the gradient; copies, because the next forward pass changes them while this one's gradient needs them
        sigma = self.u.clone() @ matrix @ self.v.clone()
        return weight / sigma


def spectral_norm(layer: nn.Module) -> nn.Module:
    """Normalise the `weight` of a convolution or a linear layer, in place, and return the layer.

    Notes
    -----
    A convolution's matrix is its kernel flattened to (out, in·h·w), as in the paper: the norm of the convolution itself can be larger,
    up to the kernel's side times.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> layer = spectral_norm(nn.Linear(20, 30))
    >>> for _ in range(50):
    ...     _ = layer(torch.zeros(1, 20))
    >>> round(torch.linalg.matrix_norm(layer.weight, 2).item(), 3)
    1.0
    """
    parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight))
    return layer
