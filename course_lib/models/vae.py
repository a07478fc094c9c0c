"""What every variational autoencoder of the course shares: one sample forward, the likelihood p(x|z), images from the prior.

A subclass brings `encode(x)` → (mu, logvar) and `decode(z)` → the parameters of p(x|z), which are

=========================  ==========================================  ===================================================
likelihood                 parameters                                  pixels
=========================  ==========================================  ===================================================
``bernoulli``              logits of a one                             0 or 1
``gaussian``               means; one learned log σ for all pixels     real numbers, a density
``discretised_logistic``   means; one learned log scale                the 256 levels of [0, 1]
=========================  ==========================================  ===================================================

The width of the last two is a parameter of the model (`log_scale`), so the weight of the squared error against the rate is learned, not
tuned by hand; set `model.log_scale.requires_grad_(False)` to fix it.
"""

import math
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.losses.elbo import (
    bernoulli_log_likelihood,
    discretised_logistic_log_likelihood,
    gaussian_log_likelihood,
    reparameterise,
)

Likelihood = Literal["bernoulli", "gaussian", "discretised_logistic"]
_INITIAL_SCALE = 0.1  # of a pixel, in units of [0, 1]


class VAEOutput(NamedTuple):
    """One pass: the encoder's Gaussian, a sample of it, and the parameters of p(x|z)."""

    mu: Float[Tensor, "n latent_dim"]
    logvar: Float[Tensor, "n latent_dim"]
    z: Float[Tensor, "n latent_dim"]
    parameters: Float[Tensor, "n c h w"]


class VAE(nn.Module):
    """The part of a VAE that does not depend on its networks.

    Parameters
    ----------
    shape
        (channels, height, width) of the images.
    latent_dim
        Length of z.
    likelihood
        ``"bernoulli"``, ``"gaussian"`` or ``"discretised_logistic"``.
    grey_targets
        Let a Bernoulli likelihood take grey pixels; see `losses.bernoulli_log_likelihood`.

    Raises
    ------
    ValueError
        If the likelihood is unknown, `latent_dim` is less than 1, or `grey_targets` comes with another likelihood.
    """

    def __init__(self, shape: tuple[int, int, int], latent_dim: int, likelihood: Likelihood = "bernoulli", grey_targets: bool = False):
        super().__init__()
        if likelihood not in ("bernoulli", "gaussian", "discretised_logistic"):
            raise ValueError(f"likelihood must be 'bernoulli', 'gaussian' or 'discretised_logistic', got {likelihood!r}")
        if latent_dim < 1:
            raise ValueError(f"latent_dim must be at least 1, got {latent_dim}")
        if grey_targets and likelihood != "bernoulli":
            raise ValueError(f"grey_targets is about the Bernoulli likelihood; {likelihood} takes grey pixels anyway")
        self.shape, self.latent_dim, self.likelihood, self.grey_targets = shape, latent_dim, likelihood, grey_targets
        if likelihood != "bernoulli":
            self.log_scale = nn.Parameter(torch.tensor(math.log(_INITIAL_SCALE)))

    def forward(self, x: Float[Tensor, "n c h w"], generator: torch.Generator | None = None) -> VAEOutput:
        """Encode, draw one z for each image, decode."""
        mu, logvar = self.encode(x)
        z = reparameterise(mu, logvar, generator)
        return VAEOutput(mu, logvar, z, self.decode(z))

    def log_likelihood(self, x: Float[Tensor, "n c h w"], parameters: Float[Tensor, "*k n c h w"]) -> Float[Tensor, "*k n"]:
        """log p(x|z) for what `decode(z)` returned, summed over the pixels, in nats."""
        if self.likelihood == "bernoulli":
            return bernoulli_log_likelihood(x, parameters, grey_targets=self.grey_targets)
        if self.likelihood == "gaussian":
            return gaussian_log_likelihood(x, parameters, self.log_scale.exp())
        return discretised_logistic_log_likelihood(x, parameters, self.log_scale)

    def mean(self, parameters: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h w"]:
        """The mean image of p(x|z), in [0, 1]."""
        return parameters.sigmoid() if self.likelihood == "bernoulli" else parameters.clamp(0, 1)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Float[Tensor, "n c h w"]:
        """n images in [0, 1]: the mean of p(x|z) for z ~ N(0, I), without the noise of the pixels.

        Parameters
        ----------
        n
            How many images.
        generator
            A generator on the CPU: the same seed gives the same latents on every device.
        """
        device = next(self.parameters()).device
        z = torch.randn(n, self.latent_dim, generator=generator).to(device)
        return torch.cat([self.mean(self.decode(part)) for part in z.split(500)])

    def require_images(self, x: Tensor) -> Tensor:
        """Give x back if it is a batch of images of this model's shape; the range is for the likelihood to check.

        Raises
        ------
        TypeError, ValueError
            With the argument's name, what came and what is wanted.
        """
        wanted = "×".join(map(str, self.shape))
        if not isinstance(x, Tensor) or not x.is_floating_point():
            came = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise TypeError(f"x must be a floating-point tensor of images (n, {', '.join(map(str, self.shape))}), got {came}")
        if x.ndim != 4 or tuple(x.shape[1:]) != self.shape:
            raise ValueError(f"x must hold images of {wanted}, shape (n, {', '.join(map(str, self.shape))}); got shape {tuple(x.shape)}")
        return x

    def require_latents(self, z: Tensor) -> Tensor:
        """Give z back if its last axis is of length `latent_dim`.

        Raises
        ------
        ValueError
            With what came and what is wanted.
        """
        if z.ndim < 2 or z.shape[-1] != self.latent_dim:
            raise ValueError(f"z must be of shape (…, n, latent_dim) with latent_dim = {self.latent_dim}, got shape {tuple(z.shape)}")
        return z
