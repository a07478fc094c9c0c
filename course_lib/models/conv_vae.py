"""A convolutional VAE for images of 28 and 32 pixels.

    encoder:  size×size → f × 14×14 → 2f × 7×7 → 4f × 4×4 → hidden → mu, logvar      (28 pixels; 16, 8 and 4 at 32 pixels)
    decoder:  the same way back, to the parameters of p(x|z)

with f = `features`. Strided convolutions, SiLU, no batch normalisation: an image's bound must not depend on its batch-mates.

References
----------
D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014; the convolutional ends follow A. Radford, L. Metz and
S. Chintala, "Unsupervised representation learning with deep convolutional generative adversarial networks", ICLR 2016.
"""

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.vae import VAE, Likelihood

# image size → kernels of the strided convolutions, from the 4×4 map outwards; kernel 4 doubles the size, kernel 3 takes 4 to 7
_KERNELS = {28: (3, 4, 4), 32: (4, 4, 4)}


def convolutions(size: int, features: int, channels: int) -> nn.Sequential:
    """Images to a vector of 4·features·16 numbers.

    >>> import torch
    >>> convolutions(28, 8, 1)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 512])
    """
    inner, middle, outer = _kernels(size)
    return nn.Sequential(
        *(nn.Conv2d(channels, features, outer, 2, 1), nn.SiLU()),
        *(nn.Conv2d(features, 2 * features, middle, 2, 1), nn.SiLU()),
        *(nn.Conv2d(2 * features, 4 * features, inner, 2, 1), nn.SiLU()),
        nn.Flatten(),
    )


def transposed_convolutions(size: int, features: int, channels: int) -> nn.Sequential:
    """The way back: a vector of 4·features·16 numbers to images.

    >>> import torch
    >>> transposed_convolutions(28, 8, 1)(torch.zeros(2, 512)).shape
    torch.Size([2, 1, 28, 28])
    """
    inner, middle, outer = _kernels(size)
    return nn.Sequential(
        nn.Unflatten(-1, (4 * features, 4, 4)),
        *(nn.ConvTranspose2d(4 * features, 2 * features, inner, 2, 1), nn.SiLU()),
        *(nn.ConvTranspose2d(2 * features, features, middle, 2, 1), nn.SiLU()),
        nn.ConvTranspose2d(features, channels, outer, 2, 1),
    )


def _kernels(size: int) -> tuple[int, int, int]:
    if size not in _KERNELS:
        raise ValueError(f"size must be 28 or 32 pixels, got {size}")
    return _KERNELS[size]


class ConvVAE(VAE):
    """Three strided convolutions and a hidden layer on either side of the latent vector.

    Parameters
    ----------
    size
        Height and width of the images: 28 or 32 pixels.
    latent_dim
        Length of z.
    features
        Channels of the outermost hidden maps.
    channels
        1 for grey, 3 for colour.
    likelihood, grey_targets
        See `models.vae`.
    hidden
        Units of the fully connected layers.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> import torch
    >>> model = ConvVAE(latent_dim=2, features=8)
    >>> model(torch.zeros(3, 1, 28, 28)).z.shape, model.sample(5).shape
    (torch.Size([3, 2]), torch.Size([5, 1, 28, 28]))
    """

    def __init__(
        self,
        size: int = 28,
        latent_dim: int = 20,
        features: int = 32,
        channels: int = 1,
        likelihood: Likelihood = "bernoulli",
        grey_targets: bool = False,
        hidden: int = 256,
    ):
        super().__init__((channels, size, size), latent_dim, likelihood, grey_targets)
        flat = 4 * features * 16
        self.encoder = nn.Sequential(convolutions(size, features, channels), nn.Linear(flat, hidden), nn.SiLU())
        self.heads = nn.Linear(hidden, 2 * latent_dim)
        self.decoder = nn.Sequential(
            *(nn.Linear(latent_dim, hidden), nn.SiLU(), nn.Linear(hidden, flat), nn.SiLU()),
            transposed_convolutions(size, features, channels),
        )

    def encode(self, x: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n latent_dim"], Float[Tensor, "n latent_dim"]]:
        """Mean and log variance of q(z|x)."""
        mu, logvar = self.heads(self.encoder(self.require_images(x))).chunk(2, dim=-1)
        return mu, logvar

    def decode(self, z: Float[Tensor, "*k n latent_dim"]) -> Float[Tensor, "*k n c h w"]:
        """Parameters of p(x|z): logits for Bernoulli, else means."""
        leading = self.require_latents(z).shape[:-1]
        return self.decoder(z.flatten(0, -2)).unflatten(0, leading)
