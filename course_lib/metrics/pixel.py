"""Mean squared error and peak signal-to-noise ratio.

MSE = mean over pixels and channels of (x̂ − x)²; PSNR = 10 log10(1 / MSE) in decibel, the peak of an image in [0, 1] being 1.
Neither depends on where the errors lie: a shift by one pixel and a veil of noise can measure the same.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib import images

__all__ = ["comparable", "mse", "psnr"]


def comparable(
    x: Float[Tensor, "*n c h w"], reference: Float[Tensor, "*n c h w"], *, crop: int = 0, luma: bool = False
) -> tuple[Float[Tensor, "*n d h2 w2"], Float[Tensor, "*n d h2 w2"]]:
    """Check that two images can be compared, and bring them to what is compared: Y only if asked, borders cut, float64.

    Parameters
    ----------
    x, reference : Tensor, shape (C, H, W) or (N, C, H, W), in [0, 1]
        Same shape, same device.
    crop : int
        Pixels cut from each of the four sides; super-resolution cuts as many as the scale factor.
    luma : bool
        Compare the BT.601 luma (16..235, over 255) in place of RGB; a grey image stays as it is.

    Returns
    -------
    x, reference : Tensor, shape (..., D, H - 2 crop, W - 2 crop), float64 (float32 on MPS, which has no float64)

    Raises
    ------
    TypeError, ValueError
        Not images (see `course_lib.images.require_image`), different shapes or devices, a crop that leaves nothing.

    Examples
    --------
    >>> a, b = comparable(torch.rand(3, 8, 8), torch.rand(3, 8, 8), crop=2, luma=True)
    >>> a.shape, a.dtype
    (torch.Size([1, 4, 4]), torch.float64)
    """
    images.require_image(x, "x")
    images.require_image(reference, "reference")
    if x.shape != reference.shape:
        shapes = f"x has shape {tuple(x.shape)} and reference {tuple(reference.shape)}"
        if x.ndim != reference.ndim:
            raise ValueError(f"x, reference: {shapes}; one is a batch and the other one image: add or remove the first axis")
        if x.shape[-3] != reference.shape[-3]:
            raise ValueError(f"x, reference: {shapes}; one is colour and the other grey: convert one with images.to_grey or images.luma")
        raise ValueError(f"x, reference: {shapes}; they must be equal: crop or resize one, without shifting it")
    if x.device != reference.device:
        raise ValueError(f"x, reference: x is on {x.device} and reference on {reference.device}; move one: x.to(reference.device)")
    if not isinstance(crop, int) or isinstance(crop, bool):
        raise TypeError(f"crop: got {type(crop).__name__}, expected an int, the pixels to cut from each side")
    height, width = x.shape[-2:]
    if not 0 <= 2 * crop < min(height, width):
        raise ValueError(f"crop: got {crop}, expected 0 to {(min(height, width) - 1) // 2} for images of {height} x {width} pixels")

    # The differences that matter are far below the resolution of a sum in float32.
    precise = torch.float32 if x.device.type == "mps" else torch.float64
    pair = (x.to(precise), reference.to(precise))
    if luma:
        pair = (images.luma(pair[0]), images.luma(pair[1]))
    return tuple(image[..., crop : height - crop, crop : width - crop] for image in pair)


def mse(x: Float[Tensor, "*n c h w"], reference: Float[Tensor, "*n c h w"], *, crop: int = 0, luma: bool = False) -> Float[Tensor, "*n"]:
    """Mean squared error over channels and pixels.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)
        The estimate, or the observed image.
    reference : Tensor, same shape
        The clean image.
    crop : int
        Pixels cut from each side before comparing.
    luma : bool
        Compare the BT.601 luma, see `course_lib.images.luma`.

    Returns
    -------
    Tensor, shape () or (N,), float64
        One value per image, on the scale of [0, 1]: multiply by 255² for grey levels. Gradients flow.

    Raises
    ------
    TypeError, ValueError
        See `comparable`.

    Examples
    --------
    >>> mse(torch.full((1, 4, 4), 0.5), torch.zeros(1, 4, 4)).item()
    0.25
    """
    x, reference = comparable(x, reference, crop=crop, luma=luma)
    return (x - reference).square().mean(dim=(-3, -2, -1))


def psnr(x: Float[Tensor, "*n c h w"], reference: Float[Tensor, "*n c h w"], *, crop: int = 0, luma: bool = False) -> Float[Tensor, "*n"]:
    """Peak signal-to-noise ratio, 10 log10(1 / MSE), in decibel: higher is closer.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)
        The estimate, or the observed image. It is neither clipped nor rounded; published denoising and super-resolution
        tables round the output to 8 bits first (`course_lib.images.to_uint8`).
    reference : Tensor, same shape
        The clean image, with peak value 1.
    crop : int
        Pixels cut from each side before comparing; super-resolution tables cut as many as the scale factor.
    luma : bool
        Compare the BT.601 luma, as super-resolution tables do.

    Returns
    -------
    Tensor, shape () or (N,), float64
        One value per image; ``inf`` for equal images. Average these over a set, not the MSE. Gradients flow.

    Raises
    ------
    TypeError, ValueError
        See `comparable`.

    Notes
    -----
    No ε is added to the MSE. Unclipped noise of standard deviation σ grey levels gives 20 log10(255 / σ): 20.17 dB for
    σ = 25.

    Examples
    --------
    >>> x = torch.zeros(1, 8, 8)
    >>> round(psnr(x + 25 / 255, x).item(), 2)
    20.17
    """
    return -10 * torch.log10(mse(x, reference, crop=crop, luma=luma))
