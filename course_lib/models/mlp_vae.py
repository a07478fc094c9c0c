"""The fully connected VAE whose likelihood on MNIST everybody has published: 784 – 200 – 200 – 50 and back, with tanh.

The importance-weighted autoencoder is the same network under another objective, `losses.iwae_bound` instead of `losses.elbo`.

References
----------
Y. Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, section 5 (one stochastic layer) and the authors'
code, yburda/iwae: Glorot's uniform initialisation, zero biases, and the output's bias at the logit of the mean training image.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.vae import VAE, Likelihood


class MLPVAE(VAE):
    """Two tanh layers on either side of the latent vector.

    Parameters
    ----------
    latent_dim
        Length of z; 50 as published.
    hidden
        Units of each hidden layer; 200 as published.
    likelihood
        See `models.vae`.
    size
        Height and width of the grey images.
    grey_targets
        See `losses.bernoulli_log_likelihood`.
    mean_image
        (1, size, size), the training images' mean: where given, the untrained decoder already knows how often each pixel is on, which saves
        the first epoch and keeps the latents free for what differs between images.

    Raises
    ------
    ValueError
        If a value is out of range, or `mean_image` has another shape.

    Examples
    --------
    >>> model = MLPVAE()
    >>> mu, logvar, z, logits = model(torch.zeros(2, 1, 28, 28))
    >>> mu.shape, logits.shape
    (torch.Size([2, 50]), torch.Size([2, 1, 28, 28]))
    >>> model.decode(torch.zeros(5, 2, 50)).shape  # five z for each of two images
    torch.Size([5, 2, 1, 28, 28])
    """

    def __init__(
        self,
        latent_dim: int = 50,
        hidden: int = 200,
        likelihood: Likelihood = "bernoulli",
        size: int = 28,
        grey_targets: bool = False,
        mean_image: Float[Tensor, "1 h w"] | None = None,
    ):
        super().__init__((1, size, size), latent_dim, likelihood, grey_targets)
        pixels = size * size
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        # mu and logvar from one layer, one product
        self.heads = nn.Linear(hidden, 2 * latent_dim)
        self.decoder = nn.Sequential(
            *(nn.Linear(latent_dim, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh()),
            nn.Linear(hidden, pixels),
        )
        self.apply(_glorot)
        # Glorot's range is about a layer's own width: mu and logvar are two layers
        for half in self.heads.weight.data.chunk(2):
            nn.init.xavier_uniform_(half)
        if mean_image is not None:
            if mean_image.shape != self.shape:
                raise ValueError(f"mean_image must have shape {self.shape}, got {tuple(mean_image.shape)}")
            with torch.no_grad():
                start = mean_image.clamp(1e-3, 1 - 1e-3).logit() if likelihood == "bernoulli" else mean_image
                self.decoder[-1].bias.copy_(start.flatten())

    def encode(self, x: Float[Tensor, "n 1 h w"]) -> tuple[Float[Tensor, "n latent_dim"], Float[Tensor, "n latent_dim"]]:
        """Mean and log variance of q(z|x)."""
        mu, logvar = self.heads(self.encoder(self.require_images(x).flatten(1))).chunk(2, dim=-1)
        return mu, logvar

    def decode(self, z: Float[Tensor, "*k n latent_dim"]) -> Float[Tensor, "*k n 1 h w"]:
        """Parameters of p(x|z): logits for Bernoulli, else means."""
        return self.decoder(self.require_latents(z)).unflatten(-1, self.shape)


def _glorot(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
