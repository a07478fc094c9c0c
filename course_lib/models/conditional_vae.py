"""A conditional VAE: the label goes into the encoder and into the decoder, and z is left with what the label does not say.

The bound is then one on log p(x|label): the encoder is q(z|x, label), the decoder p(x|z, label), and the prior of z stays N(0, I) for every
label. To sample a class, draw z from the prior and decode it with the label wanted.

References
----------
K. Sohn, H. Lee and X. Yan, "Learning structured output representation using deep conditional generative models", NeurIPS 2015, section 4.
D. P. Kingma et al., "Semi-supervised learning with deep generative models", NeurIPS 2014 (model M2, with the labels known).
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import one_hot

from course_lib.losses.elbo import reparameterise
from course_lib.models.conv_vae import convolutions, transposed_convolutions
from course_lib.models.vae import VAE, Likelihood, VAEOutput


class ConditionalVAE(VAE):
    """The convolutional VAE with a one-hot label beside its image features and beside z.

    Parameters
    ----------
    classes
        How many classes; labels are 0 to classes − 1.
    size, latent_dim, features, channels, likelihood, grey_targets, hidden
        As for `ConvVAE`.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> model = ConditionalVAE(latent_dim=4, features=8)
    >>> model(torch.zeros(3, 1, 28, 28), torch.tensor([7, 7, 2])).z.shape
    torch.Size([3, 4])
    >>> model.sample(torch.arange(10)).shape  # one image of each class
    torch.Size([10, 1, 28, 28])
    """

    def __init__(
        self,
        classes: int = 10,
        size: int = 28,
        latent_dim: int = 20,
        features: int = 32,
        channels: int = 1,
        likelihood: Likelihood = "bernoulli",
        grey_targets: bool = False,
        hidden: int = 256,
    ):
        super().__init__((channels, size, size), latent_dim, likelihood, grey_targets)
        if classes < 1:
            raise ValueError(f"classes must be at least 1, got {classes}")
        self.classes = classes
        flat = 4 * features * 16
        self.encoder = convolutions(size, features, channels)
        self.heads = nn.Sequential(nn.Linear(flat + classes, hidden), nn.SiLU(), nn.Linear(hidden, 2 * latent_dim))
        self.decoder = nn.Sequential(
            *(nn.Linear(latent_dim + classes, hidden), nn.SiLU(), nn.Linear(hidden, flat), nn.SiLU()),
            transposed_convolutions(size, features, channels),
        )

    def encode(
        self, x: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"]
    ) -> tuple[Float[Tensor, "n latent_dim"], Float[Tensor, "n latent_dim"]]:
        """Mean and log variance of q(z|x, label)."""
        h = self.encoder(self.require_images(x))
        mu, logvar = self.heads(torch.cat([h, self.one_hot(labels, len(x)).to(h.dtype)], dim=-1)).chunk(2, dim=-1)
        return mu, logvar

    def decode(self, z: Float[Tensor, "*k n latent_dim"], labels: Int64[Tensor, " n"]) -> Float[Tensor, "*k n c h w"]:
        """Parameters of p(x|z, label): logits for Bernoulli, else means."""
        leading = self.require_latents(z).shape[:-1]
        condition = self.one_hot(labels, leading[-1]).to(z.dtype).expand(*leading, -1)
        return self.decoder(torch.cat([z, condition], dim=-1).flatten(0, -2)).unflatten(0, leading)

    def forward(self, x: Float[Tensor, "n c h w"], labels: Int64[Tensor, " n"], generator: torch.Generator | None = None) -> VAEOutput:
        """Encode, draw one z for each image, decode."""
        mu, logvar = self.encode(x, labels)
        z = reparameterise(mu, logvar, generator)
        return VAEOutput(mu, logvar, z, self.decode(z, labels))

    @torch.no_grad()
    def sample(self, labels: Int64[Tensor, " n"], generator: torch.Generator | None = None) -> Float[Tensor, "n c h w"]:
        """One image in [0, 1] for each label: the mean of p(x|z, label) for z ~ N(0, I).

        Parameters
        ----------
        labels
            The classes wanted.
        generator
            A generator on the CPU: the same seed gives the same latents on every device.
        """
        device = next(self.parameters()).device
        z = torch.randn(len(labels), self.latent_dim, generator=generator).to(device)
        parts = zip(z.split(500), labels.to(device).split(500), strict=True)
        return torch.cat([self.mean(self.decode(part, label)) for part, label in parts])

    def one_hot(self, labels: Int64[Tensor, " n"], n: int) -> Int64[Tensor, "n classes"]:
        """Labels as rows of one 1 and zeros; there must be n of them, one an image.

        Raises
        ------
        TypeError, ValueError
            If they are no int64 vector of length n, or one is outside 0 to classes − 1.
        """
        if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
            came = labels.dtype if isinstance(labels, Tensor) else type(labels).__name__
            raise TypeError(f"labels must be an int64 tensor of class numbers, got {came}; use torch.tensor([…])")
        if labels.shape != (n,):
            raise ValueError(f"labels must hold one class for each of the {n} images, shape ({n},); got shape {tuple(labels.shape)}")
        if n and not (labels.min() >= 0 and labels.max() < self.classes):
            raise ValueError(f"labels must be from 0 to {self.classes - 1}, got {labels.min()} to {labels.max()}")
        return one_hot(labels, self.classes)
