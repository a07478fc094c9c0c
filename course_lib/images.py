"""Images as tensors: checking, loading, saving, ranges and colour.

An image of this course is a ``torch.float32`` tensor of shape (C, H, W), a batch one of shape (N, C, H, W), with C = 3
(red, green, blue) or C = 1 (grey) and values in [0, 1]. Observed images may leave [0, 1], because noise is not clipped.
Everything else (8-bit files, numpy arrays with the channels last, luma in 16..235) is converted here, at the border.
"""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.files import atomic_write

if TYPE_CHECKING:
    from PIL import Image as PilImage

__all__ = [
    "crop_to_multiple",
    "from_numpy",
    "from_uint8",
    "load",
    "luma",
    "png_bytes",
    "require_image",
    "rgb_to_ycbcr",
    "save",
    "to_grey",
    "to_numpy",
    "to_uint8",
    "ycbcr_to_rgb",
]

# ITU-R BT.601 as MATLAB's rgb2ycbcr has it: rows Y, Cb, Cr, in grey levels of 255 for R, G, B in [0, 1].
_YCBCR_MATRIX = ((65.481, 128.553, 24.966), (-37.797, -74.203, 112.0), (112.0, -93.786, -18.214))
_YCBCR_OFFSET = (16.0, 128.0, 128.0)


def require_image(x: Tensor, name: str = "image", *, channels: int | tuple[int, ...] | None = None, min_size: int = 1) -> Tensor:
    """Return ``x`` unchanged if it is an image of this course, else raise an error that says what to do.

    Parameters
    ----------
    x : Tensor
        What should be an image (C, H, W) or a batch (N, C, H, W), floating point, about in [0, 1].
    name : str
        The name of the argument, for the message.
    channels : int or tuple of int, optional
        The numbers of channels that are allowed; 1 and 3 by default.
    min_size : int
        The smallest height and width allowed, in pixels.

    Returns
    -------
    Tensor
        ``x`` itself, neither copied nor changed.

    Raises
    ------
    TypeError
        ``x`` is not a tensor, or not of a floating-point type.
    ValueError
        Wrong number of axes or channels, empty, too small, NaN or infinite values, or plainly on a 0–255 scale
        (some value beyond ±10: a noisy image in [0, 1] never goes there).

    Examples
    --------
    >>> require_image(torch.rand(3, 8, 8)).shape
    torch.Size([3, 8, 8])
    >>> require_image(torch.rand(8, 8))
    Traceback (most recent call last):
    ...
    ValueError: image: got shape (8, 8), expected (C, H, W) or (N, C, H, W) with C in (1, 3); add a channel axis: x[None]
    """
    if isinstance(x, np.ndarray):
        raise TypeError(f"{name}: got a numpy array of shape {x.shape}, expected a torch tensor; convert it with images.from_numpy")
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: got {type(x).__name__}, expected a torch tensor of shape (C, H, W) or (N, C, H, W)")
    if not x.is_floating_point():
        hint = "images.from_uint8(x)" if x.dtype == torch.uint8 else "x.float(), with values scaled to [0, 1]"
        raise TypeError(f"{name}: got dtype {x.dtype}, expected a floating-point image in [0, 1]; convert it with {hint}")

    allowed = (1, 3) if channels is None else (channels,) if isinstance(channels, int) else tuple(channels)
    shape = tuple(x.shape)
    if x.ndim not in (3, 4) or shape[-3] not in allowed:
        if x.ndim == 2:
            hint = "; add a channel axis: x[None]"
        elif x.ndim in (3, 4) and shape[-1] in allowed:
            hint = "; the channels seem to be last: use images.from_numpy or x.movedim(-1, -3)"
        elif x.ndim in (3, 4) and shape[-3] == 3 and allowed == (1,):
            hint = "; make it grey with images.to_grey or images.luma"
        else:
            hint = ""
        wanted = f"C in {allowed}" if len(allowed) > 1 else f"C = {allowed[0]}"
        raise ValueError(f"{name}: got shape {shape}, expected (C, H, W) or (N, C, H, W) with {wanted}{hint}")
    if x.numel() == 0:
        raise ValueError(f"{name}: got shape {shape}, an empty image; every axis must have at least one element")
    if min(shape[-2:]) < min_size:
        raise ValueError(f"{name}: got {shape[-2]} x {shape[-1]} pixels, expected at least {min_size} x {min_size}; take a larger image")

    # One pass and one transfer from the device; NaN goes through aminmax.
    smallest, largest = torch.stack(torch.aminmax(x.detach())).tolist()
    if not (np.isfinite(smallest) and np.isfinite(largest)):
        bad = int((~torch.isfinite(x.detach())).sum())
        raise ValueError(
            f"{name}: {bad} of {x.numel()} values are NaN or infinite; find where they arise, or replace them: torch.nan_to_num"
        )
    if max(-smallest, largest) > 10:
        raise ValueError(f"{name}: values from {smallest:g} to {largest:g} look like a 0–255 scale, expected about [0, 1]; divide by 255")
    return x


def load(path: str | os.PathLike[str] | io.IOBase, mode: Literal["rgb", "grey"] | None = None) -> Float[Tensor, "c h w"]:
    """Load an image file.

    Parameters
    ----------
    path : str, path or binary file
        A file of any format that Pillow reads (PNG, JPEG, WebP, TIFF, BMP, GIF, …), or an open binary file such as
        ``io.BytesIO`` around an upload.
    mode : {"rgb", "grey"}, optional
        ``"rgb"`` always gives three channels (a grey image is repeated), ``"grey"`` always one (by `to_grey`); ``None``
        keeps what the file holds: one channel for a grey file, three for any other.

    Returns
    -------
    Tensor, shape (C, H, W), float32, in [0, 1]

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        A folder, a file that may not be read, a damaged file, one that is no image, or an unknown ``mode``.

    Notes
    -----
    The orientation that a camera writes (EXIF) is applied. Transparency is removed by laying the image on white. Palettes
    are resolved; 16-bit grey files keep their 16 bits (value / 65535), 16-bit colour is read as 8-bit by Pillow. Of an
    animation the first frame is taken. Colour profiles are not applied.

    Examples
    --------
    >>> load(io.BytesIO(png_bytes(torch.ones(1, 4, 6)))).shape
    torch.Size([1, 4, 6])
    """
    if mode not in ("rgb", "grey", None):
        raise ValueError(f'mode: got {mode!r}, expected "rgb", "grey" or None (as the file has it)')
    if isinstance(path, str | os.PathLike):
        name = str(path)
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError as error:
            raise FileNotFoundError(f"path: there is no file {name} (working folder: {Path.cwd()}); check the spelling") from error
        except IsADirectoryError as error:
            raise ValueError(f"path: {name} is a folder; name one image file in it, or load all with course_lib.data.images") from error
        except OSError as error:
            raise ValueError(f"path: {name} cannot be read ({error.strerror}); check its permissions") from error
    elif hasattr(path, "read"):
        name = str(getattr(path, "name", "the open file"))
        data = path.read()
        if not isinstance(data, bytes):
            raise TypeError(f"path: {name} gives {type(data).__name__}, expected bytes; open the file in binary mode")
    else:
        raise TypeError(f"path: got {type(path).__name__}, expected a str, a pathlib.Path or an open binary file")

    x = from_numpy(_decode(data, name))
    if mode == "rgb":
        return x.expand(3, -1, -1).clone()
    return to_grey(x) if mode == "grey" else x


def _decode(data: bytes, name: str) -> np.ndarray:
    """The pixels of an encoded image, HW or HWC: uint8, uint16 or float in [0, 1]."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data)) as file:
            picture = ImageOps.exif_transpose(file)
        grey = picture.mode in ("1", "L", "LA")
        if picture.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        if not picture.mode.startswith(("I", "F")):
            return np.asarray(picture.convert("L" if grey else "RGB"))
        values = np.asarray(picture)
    except Exception as error:  # each decoder of Pillow fails in its own way: OSError, SyntaxError, struct.error, …
        size = f"{len(data)} bytes" if data else "empty"
        raise ValueError(f"path: {name} is damaged or not an image ({size}: {error}); open it in a viewer or fetch it again") from error

    whole = picture.mode != "F"
    largest = 65535 if whole else 1
    if not (values >= 0).all() or not (values <= largest).all():
        raise ValueError(f"path: {name} (mode {picture.mode}) has values outside 0..{largest}; scale them and use images.from_numpy")
    return values.astype(np.uint16 if whole else np.float32)


def _to_pil(x: Float[Tensor, "c h w"], name: str) -> "PilImage.Image":
    from PIL import Image

    if isinstance(x, Tensor) and x.ndim == 4:
        raise ValueError(f"{name}: got a batch of shape {tuple(x.shape)}, expected one image (C, H, W); take {name}[0], or use plots.grid")
    values = to_uint8(require_image(x, name)).movedim(-3, -1).cpu().numpy()
    return Image.fromarray(np.ascontiguousarray(values[..., 0] if values.shape[-1] == 1 else values))


def save(x: Float[Tensor, "c h w"], path: str | os.PathLike[str]) -> None:
    """Save an image as an 8-bit file; the extension of ``path`` chooses the format.

    Parameters
    ----------
    x : Tensor, shape (C, H, W)
        Values are clipped to [0, 1] and rounded half up (`to_uint8`).
    path : str or path
        For measurements use a format without loss, such as ``.png``. JPEG is written with quality 95.

    Raises
    ------
    ValueError
        A batch, an extension that Pillow cannot write, or an image that `require_image` refuses.
    FileNotFoundError, PermissionError
        See `course_lib.files.atomic_write`: the file is written completely or not at all.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(torch.full((3, 4, 4), 0.5), f"{folder}/grey.png")
    ...     float(load(f"{folder}/grey.png").mean() * 255)
    128.0
    """
    from PIL import Image

    picture = _to_pil(x, "x")
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path: got {type(path).__name__}, expected a str or a pathlib.Path")
    suffix = Path(path).suffix.lower()
    image_format = Image.registered_extensions().get(suffix)
    if image_format not in Image.SAVE:
        raise ValueError(
            f"path: {path} has the extension {suffix!r}, in which no image can be written; use .png, .jpg, .webp, .tif or .bmp"
        )
    options = {"quality": 95} if image_format in ("JPEG", "WEBP") else {}
    with atomic_write(path) as temporary:
        picture.save(temporary, format=image_format, **options)


def png_bytes(x: Float[Tensor, "c h w"]) -> bytes:
    """Encode an image as an 8-bit PNG in memory, for widgets and web pages.

    Parameters
    ----------
    x : Tensor, shape (C, H, W), in [0, 1]
        Clipped and rounded half up.

    Returns
    -------
    bytes
        A complete PNG file, weakly compressed because speed matters more here than size.

    Examples
    --------
    >>> png_bytes(torch.zeros(1, 2, 2))[:4]
    b'\\x89PNG'
    """
    buffer = io.BytesIO()
    _to_pil(x, "x").save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def to_uint8(x: Float[Tensor, "*n c h w"]) -> UInt8[Tensor, "*n c h w"]:
    """Clip to [0, 1], multiply by 255 and round half up, as MATLAB's ``im2uint8`` does.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)

    Returns
    -------
    Tensor of uint8, same shape

    Notes
    -----
    ``torch.round`` rounds halves to the even neighbour and a plain cast truncates; both give other files than the
    published ones.

    Examples
    --------
    >>> to_uint8(torch.tensor([[[-0.1, 0.5, 1.2]]]))
    tensor([[[  0, 128, 255]]], dtype=torch.uint8)
    """
    require_image(x, "x")
    return (x.clamp(0, 1) * 255 + 0.5).floor().to(torch.uint8)


def from_uint8(x: UInt8[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h w"]:
    """Turn an 8-bit image into float32 in [0, 1]; `to_uint8` gives exactly the same bytes back.

    Parameters
    ----------
    x : Tensor of uint8, shape (C, H, W) or (N, C, H, W)

    Returns
    -------
    Tensor of float32, same shape

    Examples
    --------
    >>> from_uint8(torch.tensor([[[0, 51, 255]]], dtype=torch.uint8))
    tensor([[[0.0000, 0.2000, 1.0000]]])
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"x: got {type(x).__name__}, expected a torch tensor of dtype uint8")
    if x.dtype != torch.uint8:
        raise TypeError(f"x: got dtype {x.dtype}, expected torch.uint8; an image in [0, 1] needs no conversion")
    return require_image(x.to(torch.float32) / 255, "x")


def to_numpy(x: Float[Tensor, "*n c h w"]) -> np.ndarray:
    """Turn an image into a numpy array with the channels last, as scikit-image, matplotlib and PIL want it.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)

    Returns
    -------
    numpy.ndarray, same values and precision
        (H, W, 3) or (H, W) for one image, (N, H, W, C) for a batch. A copy: changing it does not change ``x``.

    Examples
    --------
    >>> to_numpy(torch.rand(3, 4, 5)).shape, to_numpy(torch.rand(1, 4, 5)).shape
    ((4, 5, 3), (4, 5))
    """
    require_image(x, "x")
    values = np.array(x.detach().movedim(-3, -1).cpu().numpy())
    return values[..., 0] if x.ndim == 3 and x.shape[0] == 1 else values


def from_numpy(a: np.ndarray) -> Float[Tensor, "*n c h w"]:
    """Turn a numpy image with the channels last into a tensor of this course.

    Parameters
    ----------
    a : numpy.ndarray, shape (H, W), (H, W, C) or (N, H, W, C), C = 1 or 3
        bool, uint8 (divided by 255), uint16 (divided by 65535), or floating point already in [0, 1].

    Returns
    -------
    Tensor of float32, shape (C, H, W) or (N, C, H, W)
        A copy: changing it does not change ``a``.

    Examples
    --------
    >>> from_numpy(np.full((4, 5), 255, dtype=np.uint8)).shape
    torch.Size([1, 4, 5])
    """
    if not isinstance(a, np.ndarray):
        raise TypeError(f"a: got {type(a).__name__}, expected a numpy array; use numpy.asarray, or images.load for a file")
    if a.ndim not in (2, 3, 4) or (a.ndim > 2 and a.shape[-1] not in (1, 3)):
        hint = "; drop the alpha channel: a[..., :3]" if a.ndim > 2 and a.shape[-1] == 4 else ""
        raise ValueError(f"a: got shape {a.shape}, expected (H, W), (H, W, C) or (N, H, W, C) with C = 1 or 3{hint}")
    scale = {"b": 1, "f": 1}.get(a.dtype.kind) or {"uint8": 255, "uint16": 65535}.get(a.dtype.name)
    if scale is None:
        raise TypeError(f"a: got dtype {a.dtype}, expected bool, uint8, uint16 or floating point; scale it to [0, 1] yourself: a / a.max()")
    values = np.array(a[..., None] if a.ndim == 2 else a, dtype=np.float32) / np.float32(scale)
    return require_image(torch.from_numpy(np.ascontiguousarray(np.moveaxis(values, -1, -3))), "a")


def _colour_matrix(x: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.einsum("dc,...chw->...dhw", torch.tensor(matrix, dtype=x.dtype, device=x.device), x)


def luma(x: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n 1 h w"]:
    """The luma channel Y of ITU-R BT.601 in studio range, as MATLAB's ``rgb2ycbcr``: what super-resolution is judged on.

    Y = (16 + 65.481 R + 128.553 G + 24.966 B) / 255, so black is 16/255 and white 235/255.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)
        RGB in [0, 1]. A grey image comes back unchanged: the field measures grey images as they are, in 0..255.

    Returns
    -------
    Tensor, shape (1, H, W) or (N, 1, H, W), same dtype and device

    Notes
    -----
    The narrower range makes PSNR on Y about 1.3 dB higher than on the full-range luma of OpenCV or PIL ("L").

    References
    ----------
    ITU-R Recommendation BT.601-7 (2011), section 2.5.

    Examples
    --------
    >>> [round(float(v) * 255, 3) for v in luma(torch.tensor([0.0, 1.0]).expand(3, 1, 2)).flatten()]
    [16.0, 235.0]
    """
    require_image(x, "x")
    if x.shape[-3] == 1:
        return x
    return (_colour_matrix(x, _YCBCR_MATRIX[:1]) + _YCBCR_OFFSET[0]) / 255


def rgb_to_ycbcr(x: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """RGB to Y, Cb, Cr of ITU-R BT.601 in studio range, as MATLAB's ``rgb2ycbcr`` on floating-point images.

    Parameters
    ----------
    x : Tensor, shape (3, H, W) or (N, 3, H, W), RGB in [0, 1]

    Returns
    -------
    Tensor, same shape
        Y in 16/255..235/255; Cb and Cr in 16/255..240/255, 128/255 for grey.

    References
    ----------
    ITU-R Recommendation BT.601-7 (2011), section 2.5.

    Examples
    --------
    >>> [round(float(v) * 255, 3) for v in rgb_to_ycbcr(torch.ones(3, 1, 1)).flatten()]
    [235.0, 128.0, 128.0]
    """
    require_image(x, "x", channels=3)
    offset = torch.tensor(_YCBCR_OFFSET, dtype=x.dtype, device=x.device)[:, None, None]
    return (_colour_matrix(x, _YCBCR_MATRIX) + offset) / 255


def ycbcr_to_rgb(x: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "*n 3 h w"]:
    """Y, Cb, Cr of `rgb_to_ycbcr` back to RGB.

    Parameters
    ----------
    x : Tensor, shape (3, H, W) or (N, 3, H, W)

    Returns
    -------
    Tensor, same shape
        RGB; not clipped, because some Y, Cb, Cr lie outside the RGB cube.

    Examples
    --------
    >>> x = torch.rand(3, 4, 4, dtype=torch.float64)
    >>> bool((ycbcr_to_rgb(rgb_to_ycbcr(x)) - x).abs().max() < 1e-14)
    True
    """
    require_image(x, "x", channels=3)
    offset = torch.tensor(_YCBCR_OFFSET, dtype=x.dtype, device=x.device)[:, None, None]
    inverse = np.linalg.inv(np.array(_YCBCR_MATRIX))
    return _colour_matrix(x * 255 - offset, tuple(map(tuple, inverse.tolist())))


def to_grey(x: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n 1 h w"]:
    """A grey image with the weights of MATLAB's ``rgb2gray``: 0.2989 R + 0.5870 G + 0.1140 B, full range.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)
        A grey image comes back unchanged.

    Returns
    -------
    Tensor, shape (1, H, W) or (N, 1, H, W), same dtype and device

    Notes
    -----
    The three printed weights sum to 0.9999, so white becomes 0.9999. For measurements on Y use `luma`.

    Examples
    --------
    >>> to_grey(torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1)).item()
    0.2989000082015991
    """
    require_image(x, "x")
    return x if x.shape[-3] == 1 else _colour_matrix(x, ((0.2989, 0.5870, 0.1140),))


def crop_to_multiple(x: Float[Tensor, "*n c h w"], s: int) -> Float[Tensor, "*n c h2 w2"]:
    """Cut rows at the bottom and columns at the right until height and width are multiples of ``s``.

    Parameters
    ----------
    x : Tensor, shape (C, H, W) or (N, C, H, W)
    s : int
        At least 1, at most the height and the width.

    Returns
    -------
    Tensor, shape (..., H - H % s, W - W % s)
        A view of ``x``.

    Examples
    --------
    >>> crop_to_multiple(torch.rand(3, 13, 10), 4).shape
    torch.Size([3, 12, 8])
    """
    require_image(x, "x")
    if not isinstance(s, int) or isinstance(s, bool):
        raise TypeError(f"s: got {type(s).__name__}, expected an int, the scale factor")
    height, width = x.shape[-2:]
    if not 1 <= s <= min(height, width):
        raise ValueError(f"s: got {s}, expected 1 to {min(height, width)} for an image of {height} x {width} pixels")
    return x[..., : height - height % s, : width - width % s]
