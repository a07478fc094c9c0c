"""How probable does a VAE hold unseen images? Estimates of log p(x) by importance sampling, and the latents that are in use.

References
----------
Y. Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016: section 5 (5000 importance samples), section 5.2
(active units).
"""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

_PIXELS_AT_ONCE = 1_000_000  # decoded together: four megabytes a tensor; larger ones take nearly twice the time


@torch.no_grad()
def negative_log_likelihood(
    model: nn.Module,
    x: Float[Tensor, "n c h w"],
    *,
    samples: int = 5000,
    labels: Int64[Tensor, " n"] | None = None,
    generator: torch.Generator | None = None,
    progress: bool = False,
) -> Float[Tensor, " n"]:
    """−log p(x) of each image in nats, estimated with importance samples from the encoder: −L_k with k = `samples`.

    The estimate of p(x) has no bias; its logarithm comes out too small, so the NLL too large, by an amount that shrinks with k. A result
    is therefore reported with k. It is comparable between models of the same data in the same form only: dynamic and static
    binarisation of MNIST differ by about two nats, and a density of grey pixels is no probability of binary ones.

    Parameters
    ----------
    model
        With `encode`, `decode` and `log_likelihood`, as in `losses.elbo`.
    x
        Images that the model has not been trained on, as its likelihood wants them.
    samples
        Samples of z for each image; 5000 as published.
    labels
        For a conditional model: −log p(x|label).
    generator
        Source of the samples, on the CPU or on the model's device; torch's global one if None.
    progress
        Show a bar.

    Returns
    -------
    Tensor
        (n,), float64 on the CPU. Its mean is the figure that papers print.

    Raises
    ------
    ValueError
        If `samples` is less than 1, or the model refuses x.

    Notes
    -----
    Only as much is decoded at once as fits into a few megabytes; the running log of the sum of the weights is all that is kept.

    Examples
    --------
    >>> from course_lib.models import MLPVAE
    >>> nll = negative_log_likelihood(MLPVAE(latent_dim=4), torch.ones(2, 1, 28, 28), samples=50)
    >>> nll.shape, nll.dtype
    (torch.Size([2]), torch.float64)
    """
    if samples < 1:
        raise ValueError(f"samples must be at least 1, got {samples}")
    if x.ndim != 4 or len(x) == 0:
        raise ValueError(f"x must hold at least one image, shape (n, c, h, w); got shape {tuple(x.shape)}")
    device = next(model.parameters()).device
    source = device if generator is None else generator.device
    at_once = max(1, _PIXELS_AT_ONCE // x[0].numel())
    images = min(len(x), max(1, at_once // min(samples, 50)))
    k_at_once = max(1, at_once // images)
    parts = range(0, len(x), images)
    if progress:
        from tqdm import tqdm

        parts = tqdm(parts, unit="part")
    total = []
    for start in parts:
        part = slice(start, start + images)
        here = x[part].to(device)
        given = () if labels is None else (labels[part].to(device),)
        mu, logvar = model.encode(here, *given)
        std = (logvar / 2).exp()
        log_sum = torch.full((len(here),), -math.inf, dtype=torch.float64)
        for done in range(0, samples, k_at_once):
            k = min(k_at_once, samples - done)
            noise = torch.randn(k, *mu.shape, dtype=mu.dtype, device=source, generator=generator).to(device)
            z = mu + std * noise
            # log w = log p(x|z) + log p(z) − log q(z|x); the densities' constants cancel
            log_w = model.log_likelihood(here, model.decode(z, *given)) + 0.5 * (noise.square() - z.square() + logvar).sum(-1)
            log_sum = torch.logaddexp(log_sum, log_w.logsumexp(0).cpu().double())  # not every device has float64
        total.append(math.log(samples) - log_sum)
    return torch.cat(total)


@torch.no_grad()
def active_units(
    model: nn.Module, x: Float[Tensor, "n c h w"], threshold: float = 0.01, *, labels: Int64[Tensor, " n"] | None = None
) -> int:
    """How many latents the encoder uses: those whose mean moves from image to image, Var_x E[z|x] > threshold.

    A latent that the model has given up sits on the prior for every image: its mean is 0 and its rate nothing. The distribution of the
    variance has two far-apart humps, so the threshold hardly matters.

    Parameters
    ----------
    model
        With `encode`.
    x
        Some hundred images at least.
    threshold
        0.01 as published.
    labels
        For a conditional model.

    Raises
    ------
    ValueError
        If there are fewer than two images.

    Examples
    --------
    >>> from course_lib.models import MLPVAE
    >>> active_units(MLPVAE(latent_dim=4), torch.ones(3, 1, 28, 28))  # three times the same image
    0
    """
    if len(x) < 2:
        raise ValueError(f"x must hold at least two images to measure a variance, got {len(x)}")
    device = next(model.parameters()).device
    pieces = x.split(500)
    given = [()] * len(pieces) if labels is None else [(part.to(device),) for part in labels.split(500)]
    means = torch.cat([model.encode(part.to(device), *label)[0] for part, label in zip(pieces, given, strict=True)])
    return int((means.cpu().double().var(0) > threshold).sum())
