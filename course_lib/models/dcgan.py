"""DCGAN: the convolutional GAN that first trained reliably, at 64 pixels as published and at 28 and 32 pixels for the course.

The architecture's rules: strided convolutions instead of pooling; batch normalisation in both networks, but not at G's output nor
at D's input; ReLU in G with tanh at the end, LeakyReLU of slope 0.2 in D; no fully connected hidden layers. The weights start
from N(0, 0.02).

    G at 64 pixels:  z (latent_dim) → 8f × 4×4 → 4f × 8×8 → 2f × 16×16 → f × 32×32 → channels × 64×64
    D at 64 pixels:  the same way back, to one logit

with f = `features`. At 32 and at 28 pixels there is one level less, and the innermost width is 4f. At 28 pixels the maps are 4×4, 7×7,
14×14 and 28×28; the step between 4 and 7 has a kernel of 3.
D's sigmoid is left to the loss, which takes logits.

This is GAN code: images are in [-1, 1] here, the range of tanh. `DCGANGenerator.sample` crosses the border and returns [0, 1].

References
----------
A. Radford, L. Metz and S. Chintala, "Unsupervised representation learning with deep convolutional
generative adversarial networks", ICLR 2016, section 3 and figure 1. Widths and kernels follow pytorch/examples, ``dcgan``: 3.58 M
and 2.77 M parameters at 64 pixels in colour.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.spectral_norm import spectral_norm

# image size → kernels of the strided convolutions, from the 4×4 map outwards; kernel 4 doubles the size, kernel 3 takes 4 to 7
_KERNELS = {28: (3, 4, 4), 32: (4, 4, 4), 64: (4, 4, 4, 4)}


def _kernels(size: int) -> tuple[int, ...]:
    if size not in _KERNELS:
        raise ValueError(f"size must be 28, 32 or 64 pixels, got {size}")
    return _KERNELS[size]


def initialise(module: nn.Module) -> None:
    """Weights as published: convolutions from N(0, 0.02); batch normalisation's scale from N(1, 0.02), its shift zero. Use with `apply`.

    >>> net = nn.Conv2d(64, 64, 4).apply(initialise)
    >>> bool(abs(net.weight.std() - 0.02) < 1e-3)
    True
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


class DCGANGenerator(nn.Module):
    """Latent vectors to images.

    Parameters
    ----------
    size
        Height and width of the images: 28, 32 or 64 pixels.
    latent_dim
        Length of z; 100 as published.
    features
        Width of the outermost hidden layer; 64 as published.
    channels
        1 for grey, 3 for colour.

    Examples
    --------
    >>> G = DCGANGenerator(28, latent_dim=16, features=4, channels=1)
    >>> G(torch.zeros(2, 16)).shape
    torch.Size([2, 1, 28, 28])
    >>> sum(p.numel() for p in DCGANGenerator().parameters())
    3576704
    """

    def __init__(self, size: int = 64, latent_dim: int = 100, features: int = 64, channels: int = 3):
        super().__init__()
        *inner, last = _kernels(size)
        self.size, self.latent_dim, self.channels = size, latent_dim, channels
        width = features * 2 ** len(inner)
        # no biases before batch normalisation: it would take them out again
        layers = [nn.ConvTranspose2d(latent_dim, width, 4, 1, 0, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        for kernel in inner:
            layers += [nn.ConvTranspose2d(width, width // 2, kernel, 2, 1, bias=False), nn.BatchNorm2d(width // 2), nn.ReLU(inplace=True)]
            width //= 2
        layers += [nn.ConvTranspose2d(width, channels, last, 2, 1, bias=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    def forward(self, z: Float[Tensor, "n latent_dim"]) -> Float[Tensor, "n c h w"]:
        """Images in [-1, 1]."""
        return self.layers(z[:, :, None, None])

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Float[Tensor, "n c h w"]:
        """Draw n images in [0, 1], from z ~ N(0, 1). Call `.eval()` first, or a sample depends on its batch-mates through batch
        normalisation.

        Parameters
        ----------
        n
            How many images.
        generator
            A generator on the CPU: the same seed gives the same latents on every device.
        """
        device = next(self.parameters()).device
        parts = [self(z.to(device)) for z in torch.randn(n, self.latent_dim, generator=generator).split(500)]
        return (torch.cat(parts) + 1) / 2


class DCGANDiscriminator(nn.Module):
    """Images to one logit each.

    Parameters
    ----------
    size
        Height and width of the images: 28, 32 or 64 pixels.
    features
        Width of the outermost hidden layer; 64 as published.
    channels
        1 for grey, 3 for colour.
    norm
        ``"batch"`` as published; ``"spectral"`` normalises every layer's weight instead (Miyato et al. 2018); ``"none"`` is what
        a critic with a gradient penalty needs, since batch normalisation makes one sample's output depend on the others.

    Examples
    --------
    >>> D = DCGANDiscriminator(28, features=4, channels=1)
    >>> D(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2])
    >>> sum(p.numel() for p in DCGANDiscriminator().parameters())
    2765568
    """

    def __init__(self, size: int = 64, features: int = 64, channels: int = 3, norm: Literal["batch", "spectral", "none"] = "batch"):
        super().__init__()
        if norm not in ("batch", "spectral", "none"):
            raise ValueError(f"norm must be 'batch', 'spectral' or 'none', got {norm!r}")
        *inner, first = _kernels(size)
        with_bias = norm != "batch"
        width = features
        layers = [nn.Conv2d(channels, width, first, 2, 1, bias=with_bias), nn.LeakyReLU(0.2, inplace=True)]
        for kernel in reversed(inner):
            layers.append(nn.Conv2d(width, 2 * width, kernel, 2, 1, bias=with_bias))
            width *= 2
            if norm == "batch":
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
        layers.append(nn.Conv2d(width, 1, 4, 1, 0, bias=with_bias))
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)
        if norm == "spectral":
            for layer in self.layers:
                if isinstance(layer, nn.Conv2d):
                    spectral_norm(layer)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """One logit an image; the images in [-1, 1]."""
        return self.layers(x).flatten()
