"""DnCNN: a plain stack of convolutions that predicts the *noise*; what is left after subtracting it is the image.

    y ── conv, ReLU ── (conv, batch norm, ReLU) × (depth − 2) ── conv ──→ n̂,        x̂ = y − n̂

Nothing is pooled and nothing strided: every layer keeps the resolution. Each 3×3 layer widens the receptive field by two pixels, so
depth 17 sees 35 × 35 of them. Predicting the noise (*residual learning*) is the easier task where the noise is small: the image need not
be carried through seventeen layers.

Relatives are the same file with other arguments. DnCNN-B, for a range of noise levels, has depth 20. Without biases and batch
normalisation the network is *bias-free*: scaling its input scales its output, f(a y) = a f(y) for a ≥ 0, and so it can follow the noise
to levels that it was never trained on. `merged` folds trained batch normalisation into the convolutions, for use.

References
----------
K. Zhang, W. Zuo, Y. Chen, D. Meng and L. Zhang, "Beyond a Gaussian denoiser: residual learning of deep CNN for image denoising", IEEE
Transactions on Image Processing 26(7), 2017, section III.
S. Mohan, Z. Kadkhodaie, E. P. Simoncelli and C. Fernandez-Granda, "Robust and interpretable blind image denoising via bias-free
convolutional neural networks", ICLR 2020, section 3.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn


class DnCNN(nn.Module):
    """The denoiser: images to images of the same size.

    Parameters
    ----------
    channels
        1 for grey, 3 for colour.
    depth
        Number of convolutions: 17 for one noise level as published, 20 for the blind network.
    features
        Channels of the hidden layers; 64 as published.
    norm
        ``"batch"`` as published; ``"none"`` after merging, or to train without.
    bias
        With ``norm="none"``, whether the convolutions have biases. Without them the network is bias-free. (With batch
        normalisation only the first and the last have one.)
    residual
        Whether the network predicts the noise; else the image directly.

    Raises
    ------
    ValueError
        If an argument is out of range, or the images have another number of channels.

    Examples
    --------
    >>> sum(p.numel() for p in DnCNN().parameters())
    556097
    >>> DnCNN(depth=3, features=4)(torch.zeros(1, 1, 5, 7)).shape
    torch.Size([1, 1, 5, 7])
    """

    def __init__(
        self,
        channels: int = 1,
        depth: int = 17,
        features: int = 64,
        norm: Literal["batch", "none"] = "batch",
        bias: bool = True,
        residual: bool = True,
    ):
        super().__init__()
        if depth < 2 or features < 1 or channels < 1:
            raise ValueError(f"depth must be at least 2, features and channels at least 1; got {depth}, {features}, {channels}")
        if norm not in ("batch", "none"):
            raise ValueError(f"norm must be 'batch' or 'none', got {norm!r}")
        if norm == "batch" and not bias:
            raise ValueError("bias=False makes a bias-free network only with norm='none': batch normalisation adds a shift of its own")
        self.channels, self.depth, self.features, self.residual = channels, depth, features, residual
        layers = [nn.Conv2d(channels, features, 3, padding=1, bias=bias), nn.ReLU(inplace=True)]
        for _ in range(depth - 2):
            layers.append(nn.Conv2d(features, features, 3, padding=1, bias=bias and norm == "none"))
            if norm == "batch":
                layers.append(nn.BatchNorm2d(features, eps=1e-4))
            layers.append(nn.ReLU(inplace=True))
        layers.append(nn.Conv2d(features, channels, 3, padding=1, bias=bias))
        self.layers = nn.Sequential(*layers)
        self.apply(_initialise)
        # The last layer begins near zero, and so x̂ near y. By the rule above it would get a standard deviation of 0.47, for its one
        # channel: then the loss was 38 in the first 25 steps (rate 1e-3, 32 patches, σ = 25) and 0.017 after 150, where from 0.006 it
        # comes to 0.0041. That of the noisy image is 0.0096.
        nn.init.normal_(self.layers[-1].weight, std=1e-3)

    @property
    def receptive_field(self) -> int:
        """Height and width, in pixels, of the part of y on which one pixel of x̂ depends.

        >>> DnCNN(depth=17).receptive_field
        35
        """
        return 2 * self.depth + 1

    def forward(self, y: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """x̂; y in [0, 1] plus noise, not clipped."""
        if y.shape[1] != self.channels:
            raise ValueError(f"y has {y.shape[1]} channels (shape {tuple(y.shape)}); this network was made for {self.channels}")
        output = self.layers(y)
        return y - output if self.residual else output

    def merged(self) -> "DnCNN":
        """The same function without batch normalisation: its scale and shift, from the running statistics, folded into the convolutions.

        With γ, β, μ, v of a channel, γ (w∗a − μ)/√(v + ε) + β is the convolution with the weight w γ/√(v + ε) and the bias
        β − μ γ/√(v + ε). It holds in eval mode only, where μ and v are constants.

        >>> sum(p.numel() for p in DnCNN().merged().parameters())
        555137
        """
        convolutions = [layer for layer in self.layers if isinstance(layer, nn.Conv2d)]
        norms = [layer for layer in self.layers if isinstance(layer, nn.BatchNorm2d)]
        if not norms:
            raise ValueError("this network has no batch normalisation to merge")
        result = DnCNN(self.channels, self.depth, self.features, norm="none", residual=self.residual).to(convolutions[0].weight)
        targets = [layer for layer in result.layers if isinstance(layer, nn.Conv2d)]
        with torch.no_grad():
            for source, target, norm in zip(convolutions, targets, [None, *norms, None], strict=True):
                scale = torch.ones_like(target.bias) if norm is None else norm.weight / (norm.running_var + norm.eps).sqrt()
                target.weight.copy_(source.weight * scale[:, None, None, None])
                target.bias.copy_(source.bias if norm is None else norm.bias - norm.running_mean * scale)
        return result.eval()


def _initialise(module: nn.Module) -> None:
    # the authors' N(0, 2/(9·64)): the variance that ReLU layers keep
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
