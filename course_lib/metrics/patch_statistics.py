"""Realism by the statistics of small patches: is the *texture* of made pictures that of real ones?

A squared error is smallest for the mean of all pictures that would fit (an absolute one for their median), and a mean has no texture. No
error against the one true picture sees that as a fault; a comparison of the two *distributions* of patches does. Here the patches
themselves, as vectors of pixels, are the features of a Fréchet distance. It compares their means and covariances, hence colours, contrast
and all that the power spectrum at that scale knows. No network is needed.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.metrics.features import fid


def patch_rows(
    images: Float[Tensor, "n c h w"], patch_size: int = 8, per_image: int = 32, seed: int = 0
) -> Float[Tensor, "n*{per_image} c*{patch_size}*{patch_size}"]:
    """Cut patches at random places, as rows.

    Parameters
    ----------
    images
        Of any number of channels.
    patch_size
        Side of the patches in pixels.
    per_image
        Patches from each image.
    seed
        Of the places. The same seed takes the same places in other images of the same number and size.

    Raises
    ------
    TypeError
        If the images are no tensor.
    ValueError
        If they are no batch or smaller than a patch, or another argument is not positive.

    Examples
    --------
    >>> patch_rows(torch.zeros(2, 3, 16, 16), per_image=5).shape
    torch.Size([10, 192])
    """
    if not isinstance(images, Tensor):
        raise TypeError(f"images: got {type(images).__name__}, expected a tensor of shape (n, c, h, w)")
    if images.ndim != 4:
        raise ValueError(f"images: got shape {tuple(images.shape)}, expected (n, c, h, w); images[None] makes a batch of one image")
    n, _, height, width = images.shape
    if not 1 <= patch_size <= min(height, width) or per_image < 1:
        raise ValueError(
            f"patch_size must be 1 to the images' smaller side, {min(height, width)}, and per_image at least 1; "
            f"got {patch_size} and {per_image}"
        )
    generator = torch.Generator().manual_seed(seed)
    top = torch.randint(height - patch_size + 1, (n * per_image, 1, 1), generator=generator)
    left = torch.randint(width - patch_size + 1, (n * per_image, 1, 1), generator=generator)
    image = torch.arange(n).repeat_interleave(per_image)[:, None, None]
    side = torch.arange(patch_size)
    return images.movedim(1, -1)[image, top + side[:, None], left + side].flatten(1)


def patch_distance(
    fake: Float[Tensor, "n c h w"], real: Float[Tensor, "m c h2 w2"], patch_size: int = 8, per_image: int = 32, seed: int = 0
) -> Float[Tensor, ""]:
    """Fréchet distance of the patches of made pictures from those of real ones, in pixel values: 0 for equal means and covariances.

    Parameters
    ----------
    fake, real
        Made and real pictures in [0, 1]; they need not be pairs.
    patch_size, per_image, seed
        As for `patch_rows`.

    Returns
    -------
    Tensor
        float64. Like every Fréchet distance it is too large for finite samples: read it beside the distance between two sets of real
        pictures of the same numbers.

    Raises
    ------
    TypeError, ValueError
        As `patch_rows`, and if there are other channels in one than in the other.

    Examples
    --------
    Noise, and the same noise smoothed: no pixel's mean has changed.

    >>> noise = torch.rand(64, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> smooth = torch.nn.functional.avg_pool2d(noise, 3, 1, 1, count_include_pad=False)
    >>> round(patch_distance(noise[:32], noise[32:]).item(), 1), round(patch_distance(smooth[:32], noise[32:]).item(), 1)
    (0.2, 3.4)
    """
    return fid(patch_rows(fake, patch_size, per_image, seed), patch_rows(real, patch_size, per_image, seed))
