"""DiffAugment: train D on augmented images only, real and fake alike, and let the gradient pass through the augmentation to G.

With few training images D soon knows each of them by heart. Augmenting the real images alone would teach G the augmentation;
augmenting both, in D's step *and* in G's, hides the images from D but keeps the target of the game: the augmented distributions
agree only where the plain ones do. So every operation here must be differentiable in the pixels.

References
----------
S. Zhao et al., "Differentiable augmentation for data-efficient GAN training", NeurIPS 2020, section 3.2; policy of the authors' code.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

Images = Float[Tensor, "n c h w"]


def _uniform(x: Tensor, low: float, high: float, generator: torch.Generator | None) -> Tensor:
    """One draw per image, shaped to multiply it."""
    return low + (high - low) * torch.rand(len(x), 1, 1, 1, generator=generator, device=x.device, dtype=x.dtype)


def random_colour(x: Images, generator: torch.Generator | None = None) -> Images:
    """Brightness by U(-0.5, 0.5), saturation by a factor of U(0, 2), contrast by a factor of U(0.5, 1.5); images in [-1, 1]."""
    x = x + _uniform(x, -0.5, 0.5, generator)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * _uniform(x, 0.0, 2.0, generator)
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * _uniform(x, 0.5, 1.5, generator)


def random_translation(x: Images, generator: torch.Generator | None = None, *, fill: float = 0.0) -> Images:
    """Shift each image by up to an eighth of its size in each direction; what comes in at the border is `fill`."""
    n, _, h, w = x.shape
    reach_h, reach_w = h // 8, w // 8
    top = torch.randint(0, 2 * reach_h + 1, (n, 1, 1), generator=generator, device=x.device)
    left = torch.randint(0, 2 * reach_w + 1, (n, 1, 1), generator=generator, device=x.device)
    padded = pad(x, (reach_w, reach_w, reach_h, reach_h), value=fill).permute(0, 2, 3, 1)
    rows = top + torch.arange(h, device=x.device).view(1, h, 1)
    columns = left + torch.arange(w, device=x.device).view(1, 1, w)
    image = torch.arange(n, device=x.device).view(n, 1, 1)
    return padded[image, rows, columns].permute(0, 3, 1, 2)


def random_cutout(x: Images, generator: torch.Generator | None = None, *, fill: float = 0.0) -> Images:
    """Replace a square of half the image's size, anywhere, by `fill`."""
    n, _, h, w = x.shape
    top = torch.randint(-(h // 4), h - h // 4 + 1, (n, 1, 1), generator=generator, device=x.device)
    left = torch.randint(-(w // 4), w - w // 4 + 1, (n, 1, 1), generator=generator, device=x.device)
    row, column = torch.arange(h, device=x.device).view(1, h, 1), torch.arange(w, device=x.device).view(1, 1, w)
    hole = (row >= top) & (row < top + h // 2) & (column >= left) & (column < left + w // 2)
    return torch.where(hole.unsqueeze(1), torch.full_like(x, fill), x)


_OPERATIONS = {"colour": random_colour, "translation": random_translation, "cutout": random_cutout}


def diff_augment(x: Images, policy: str = "colour,translation,cutout", generator: torch.Generator | None = None) -> Images:
    """Augment a batch at random, differentiably.

    Parameters
    ----------
    x
        Images in [-1, 1], as D sees them.
    policy
        The operations, in order, separated by commas: `colour`, `translation`, `cutout`.
    generator
        The source of randomness.

    Returns
    -------
    Tensor
        The augmented images, of the same shape.

    Raises
    ------
    ValueError
        If the policy names an operation that does not exist.

    Examples
    --------
    >>> import torch
    >>> x = torch.zeros(2, 3, 16, 16, requires_grad=True)
    >>> diff_augment(x, "translation").sum().backward()
    >>> x.grad.shape
    torch.Size([2, 3, 16, 16])
    """
    for name in policy.split(","):
        if name not in _OPERATIONS:
            raise ValueError(f"policy names the operation {name!r}; use some of {', '.join(_OPERATIONS)}, separated by commas")
        x = _OPERATIONS[name](x, generator)
    return x
