"""The evidence lower bound of a variational autoencoder: its two halves, its importance-weighted form, and the likelihoods it is made of.

For a latent-variable model p(x, z) = p(z) p(x|z) with prior p(z) = N(0, I), and an encoder q(z|x) = N(mu, diag(exp(logvar))),

    log p(x)  ≥  E_q log p(x|z)  −  KL(q(z|x) ‖ p(z))  =  −distortion − rate.

The distortion is what the decoder still has to say about x once it knows z, the rate what z says about x; both in nats, both per image,
*summed* over pixels and latents. To average over pixels instead weakens the likelihood 784 times against the rate, and the latents
collapse onto the prior.

The gap to log p(x) is KL(q(z|x) ‖ p(z|x)). Averaging k importance weights w = p(x, z)/q(z|x) inside the logarithm makes it smaller:

    L_k = E log (1/k) Σ w_i,        L_1 = ELBO ≤ L_2 ≤ … → log p(x).

References
----------
D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014, sections 2.2 to 2.4 and appendix B (KL).
Y. Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, section 3 and theorem 1.
I. Higgins et al., "β-VAE: learning basic visual concepts with a constrained variational framework", ICLR 2017, eq. 4.
T. Salimans et al., "PixelCNN++", ICLR 2017, section 2.1 (discretised logistic).
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus


class Elbo(NamedTuple):
    """The bound and its parts, in nats per image: value = −distortion − beta · rate.sum(1)."""

    value: Float[Tensor, " n"]
    distortion: Float[Tensor, " n"]
    rate: Float[Tensor, "n latent_dim"]


def kl_standard_normal(mu: Float[Tensor, "*n latent_dim"], logvar: Float[Tensor, "*n latent_dim"]) -> Float[Tensor, "*n latent_dim"]:
    """KL(N(mu, exp(logvar)) ‖ N(0, 1)) of every latent dimension by itself, in nats: (mu² + exp(logvar) − 1 − logvar) / 2.

    Parameters
    ----------
    mu, logvar
        Mean and logarithm of the *variance* of q(z|x).

    Returns
    -------
    Tensor
        One value a dimension, not negative; sum over the last axis for the KL of the vector.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> kl_standard_normal(torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))
    tensor([[0., 2.]])
    """
    _require_same_shape(mu, logvar)
    return (mu.square() + logvar.exp() - 1 - logvar) / 2


def reparameterise(
    mu: Float[Tensor, "*n latent_dim"], logvar: Float[Tensor, "*n latent_dim"], generator: torch.Generator | None = None
) -> Float[Tensor, "*n latent_dim"]:
    """A sample z = mu + exp(logvar / 2) ε, ε ~ N(0, I): its randomness comes from outside, so gradients pass to mu and logvar.

    Parameters
    ----------
    mu, logvar
        Mean and logarithm of the variance of q(z|x).
    generator
        Source of ε; torch's global one if None. One on the CPU gives the same noise for every device.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> mu = torch.zeros(2, 3, requires_grad=True)
    >>> reparameterise(mu, torch.zeros(2, 3)).sum().backward()
    >>> mu.grad.unique()
    tensor([1.])
    """
    _require_same_shape(mu, logvar)
    return mu + (logvar / 2).exp() * _noise_like(mu, generator)


def bernoulli_log_likelihood(
    x: Float[Tensor, "*n c h w"], logits: Float[Tensor, "*k c h w"], *, grey_targets: bool = False
) -> Float[Tensor, "*k"]:
    """log p(x|z) of binary pixels: Σ x log s(logits) + (1 − x) log(1 − s(logits)), s the sigmoid; in nats, summed over the pixels.

    Parameters
    ----------
    x
        Images of zeros and ones.
    logits
        Log odds of a one. More leading axes than x has (k samples of z for every image) are allowed.
    grey_targets
        Let x be anywhere in [0, 1]. The sum is then a cross-entropy, not the log probability of anything: useful as a loss, but no NLL.

    Raises
    ------
    ValueError
        If x is not binary (or with `grey_targets` not in [0, 1]), or the shapes do not fit.

    Notes
    -----
    Written as x · logits − softplus(logits): no overflow at any logit.

    Examples
    --------
    >>> x = torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
    >>> round(bernoulli_log_likelihood(x, torch.zeros(1, 1, 1, 2)).item(), 4)  # 2 log(1/2)
    -1.3863
    """
    _require_image_of(x, logits, "logits")
    if grey_targets:
        if not ((x >= 0) & (x <= 1)).all():
            raise ValueError(f"x must be in [0, 1] for a Bernoulli likelihood, got values from {x.min():.3g} to {x.max():.3g}")
    elif not ((x == 0) | (x == 1)).all():
        raise ValueError(
            f"x must hold zeros and ones only for a Bernoulli likelihood, got other values, from {x.min():.3g} to {x.max():.3g}: a "
            "Bernoulli variable gives grey values no probability. Binarise (torch.bernoulli(x) anew for every batch), choose another "
            "likelihood, or say grey_targets=True and do not call the result a likelihood"
        )
    return (x * logits - softplus(logits)).flatten(-3).sum(-1)


def gaussian_log_likelihood(
    x: Float[Tensor, "*n c h w"], mean: Float[Tensor, "*k c h w"], sigma: float | Float[Tensor, ""]
) -> Float[Tensor, "*k"]:
    """log N(x; mean, sigma²) summed over the pixels, in nats: −Σ (x − mean)² / (2 sigma²) − D log(sigma √(2π)), with D pixels.

    A density, not a probability: it is positive for small sigma, and never to be compared with the log probability of discrete pixels.
    For a fixed sigma, maximising it is minimising the squared error; sigma says how much a unit of squared error weighs against the rate.

    Parameters
    ----------
    x
        Images.
    mean
        The decoder's output; more leading axes than x has are allowed.
    sigma
        Standard deviation of every pixel, in units of x (so for images in [0, 1], *not* in grey levels of 255).

    Raises
    ------
    ValueError
        If sigma is not positive, or the shapes do not fit.

    Examples
    --------
    >>> round(gaussian_log_likelihood(torch.zeros(1, 1, 1, 1), torch.zeros(1, 1, 1, 1), 1.0).item(), 4)  # −log √(2π)
    -0.9189
    """
    _require_image_of(x, mean, "mean")
    sigma = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
    if not bool(sigma > 0):
        raise ValueError(f"sigma must be positive, got {sigma.item():.3g}")
    return (-0.5 * ((x - mean) / sigma).square() - sigma.log() - 0.5 * math.log(2 * math.pi)).flatten(-3).sum(-1)


def discretised_logistic_log_likelihood(
    x: Float[Tensor, "*n c h w"], mean: Float[Tensor, "*k c h w"], log_scale: float | Float[Tensor, "..."]
) -> Float[Tensor, "*k"]:
    """log probability of 8-bit pixels under a logistic distribution cut into 256 bins, summed over the pixels, in nats.

    The level x (a multiple of 1/255) gets the mass between x − 1/510 and x + 1/510; the first and the last level get the tails, so that
    the 256 probabilities add up to one.

    Parameters
    ----------
    x
        Images in [0, 1]; values are taken to the nearest of the 256 levels.
    mean
        The decoder's output; more leading axes than x has are allowed.
    log_scale
        Logarithm of the logistic distribution's scale (its standard deviation is π/√3 times the scale), in units of x; one for all or one
        per pixel.

    Raises
    ------
    ValueError
        If x is not in [0, 1], or the shapes do not fit.

    Notes
    -----
    With a = (x − 1/510 − mean)/scale, b = (x + 1/510 − mean)/scale and s the sigmoid, s(b) − s(a) = s(b) s(−a) (1 − e^(a−b)). Its logarithm
    has no cancellation, so far tails keep their gradient and need no clamping.

    Examples
    --------
    >>> levels = (torch.arange(256) / 255).view(256, 1, 1, 1)
    >>> p = discretised_logistic_log_likelihood(levels, torch.full_like(levels, 0.3), -2.0).exp()
    >>> round(p.sum().item(), 5)
    1.0
    """
    _require_image_of(x, mean, "mean")
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"x must be in [0, 1] for a discretised likelihood, got values from {x.min():.3g} to {x.max():.3g}")
    log_scale = torch.as_tensor(log_scale, dtype=x.dtype, device=x.device)
    level = (255 * x).round()
    inverse_scale = (-log_scale).exp()
    lower = ((level - 0.5) / 255 - mean) * inverse_scale
    upper = ((level + 0.5) / 255 - mean) * inverse_scale
    width = inverse_scale / 255  # of a bin, in scales
    inside = logsigmoid(upper) + logsigmoid(-lower) + torch.log(-torch.expm1(-width))
    log_p = torch.where(level == 0, logsigmoid(upper), torch.where(level == 255, logsigmoid(-lower), inside))
    return log_p.flatten(-3).sum(-1)


def elbo(
    model: nn.Module,
    x: Float[Tensor, "n c h w"],
    *,
    beta: float = 1.0,
    labels: Int64[Tensor, " n"] | None = None,
    generator: torch.Generator | None = None,
) -> Elbo:
    """The evidence lower bound by one sample of z for each image, with the rate computed analytically.

    Parameters
    ----------
    model
        With `encode(x)` → (mu, logvar), `decode(z)` → parameters, and `log_likelihood(x, parameters)`.
    x
        Images, as the model's likelihood wants them: zeros and ones for Bernoulli.
    beta
        Weight of the rate in `value`. With beta ≠ 1 the value is an objective, not a bound that is comparable between models.
    labels
        For a conditional model: both networks get them too, and the bound is on log p(x|label).
    generator
        Source of the samples.

    Returns
    -------
    Elbo
        `value` (n,), `distortion` (n,) and `rate` (n, latent_dim), in nats. To train, minimise `-value.mean()`.

    Raises
    ------
    ValueError
        If `beta` is negative, or the model refuses x.

    Examples
    --------
    >>> from course_lib.models import MLPVAE
    >>> value, distortion, rate = elbo(MLPVAE(latent_dim=4), torch.ones(2, 1, 28, 28))
    >>> value.shape, rate.shape, bool(torch.allclose(value, -distortion - rate.sum(1)))
    (torch.Size([2]), torch.Size([2, 4]), True)
    """
    if not beta >= 0:
        raise ValueError(f"beta must not be negative, got {beta}")
    given = () if labels is None else (labels,)
    mu, logvar = model.encode(x, *given)
    z = reparameterise(mu, logvar, generator)
    distortion = -model.log_likelihood(x, model.decode(z, *given))
    rate = kl_standard_normal(mu, logvar)
    return Elbo(-distortion - beta * rate.sum(-1), distortion, rate)


def log_weights(
    model: nn.Module,
    x: Float[Tensor, "n c h w"],
    k: int,
    *,
    labels: Int64[Tensor, " n"] | None = None,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "k n"]:
    """k importance weights of each image: log w = log p(x|z) + log p(z) − log q(z|x) with z ~ q(z|x).

    The mean of w estimates p(x) without bias; the mean of log w estimates the ELBO.

    Parameters
    ----------
    model, x, labels, generator
        As in `elbo`.
    k
        Samples of z for each image, decoded together.

    Raises
    ------
    ValueError
        If k is less than 1.

    Examples
    --------
    >>> from course_lib.models import MLPVAE
    >>> log_weights(MLPVAE(latent_dim=4), torch.ones(2, 1, 28, 28), 3).shape
    torch.Size([3, 2])
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    given = () if labels is None else (labels,)
    mu, logvar = model.encode(x, *given)
    noise = _noise_like(mu.expand(k, *mu.shape), generator)
    z = mu + (logvar / 2).exp() * noise
    # log p(z) − log q(z|x): the constants −(1/2) log 2π of both densities cancel, and (z − mu)/std is the noise
    log_ratio = 0.5 * (noise.square() - z.square() + logvar).sum(-1)
    return model.log_likelihood(x, model.decode(z, *given)) + log_ratio


def iwae_bound(
    model: nn.Module,
    x: Float[Tensor, "n c h w"],
    k: int,
    *,
    labels: Int64[Tensor, " n"] | None = None,
    generator: torch.Generator | None = None,
) -> Float[Tensor, " n"]:
    """The importance-weighted bound L_k = log (1/k) Σ w_i of each image, in nats. To train, minimise `-iwae_bound(…).mean()`.

    The logarithm of the mean, not the mean of the logarithms, which would be the ELBO at every k.

    Parameters
    ----------
    model, x, k, labels, generator
        As in `log_weights`.

    Raises
    ------
    ValueError
        If k is less than 1.

    Examples
    --------
    >>> from course_lib.models import MLPVAE
    >>> iwae_bound(MLPVAE(latent_dim=4), torch.ones(2, 1, 28, 28), k=5).shape
    torch.Size([2])
    """
    return log_weights(model, x, k, labels=labels, generator=generator).logsumexp(0) - math.log(k)


def _noise_like(mu: Tensor, generator: torch.Generator | None) -> Tensor:
    source = mu.device if generator is None else generator.device
    return torch.randn(mu.shape, dtype=mu.dtype, device=source, generator=generator).to(mu.device)


def _require_same_shape(mu: Tensor, logvar: Tensor) -> None:
    if mu.shape != logvar.shape:
        raise ValueError(f"mu and logvar must have the same shape (n, latent_dim), got {tuple(mu.shape)} and {tuple(logvar.shape)}")


def _require_image_of(x: Tensor, parameters: Tensor, name: str) -> None:
    if x.ndim < 3 or parameters.ndim < x.ndim or parameters.shape[parameters.ndim - x.ndim :] != x.shape:
        raise ValueError(
            f"{name} must have the shape of x, with more leading axes where there are several samples of z; "
            f"got {tuple(parameters.shape)} for x of shape {tuple(x.shape)}"
        )
