"""Labelled small images in one form, whatever their source: drawn glyphs, scikit-learn's digits, MNIST, Fashion-MNIST.

The default source, ``"glyphs"``, and ``"digits"`` need no network. MNIST and Fashion-MNIST are read from the data folder
(``$COURSE_DATA/MNIST/raw``, ``$COURSE_DATA/FashionMNIST/raw``) and are fetched only on the explicit request ``download=True``. A source
that is not there is an error: no other data set ever takes its place.
"""

import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from course_lib.data.folders import data_folder
from course_lib.data.labelled import DigitSet
from course_lib.resample import imresize

Source = Literal["glyphs", "digits", "mnist", "fashion-mnist"]

_SOURCES = ("glyphs", "digits", "mnist", "fashion-mnist")
_FOLDERS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}
_DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_DIGITS_TRAIN = 1347  # of scikit-learn's 1797; the last 450 are the test split


def digits(source: Source = "glyphs", train: bool = True, size: int | None = None, download: bool = False) -> DigitSet:
    """Give one split of a set of small labelled grey images.

    Parameters
    ----------
    source : {"glyphs", "digits", "mnist", "fashion-mnist"}
        ``"glyphs"``: digits drawn from fonts with known factors, 28x28, 20,000 for training and 4,000 for testing (`glyphs.dataset` gives
        the factors too, other sizes, letters). ``"digits"``: scikit-learn's 8x8 handwritten digits, values 0 to 16 divided by 16; the first
        1347 in their original order are the train split and the last 450 the test split, which keeps the writers mostly apart.
        ``"mnist"`` and ``"fashion-mnist"``: 60,000 and 10,000 images of 28x28 from the data folder.
    train : bool
        The train split or the test split.
    size : int, optional
        Side of the images wanted, 4 to 256. A 28x28 source becomes 32x32 by a border of two zero pixels, which leaves the strokes as they
        are; every other change is `imresize` (bicubic, antialiased), clipped to [0, 1].
    download : bool
        Fetch MNIST or Fashion-MNIST through torchvision (with a progress bar and its checksums) when the data folder lacks it.

    Returns
    -------
    DigitSet
        Fresh tensors at each call: ``.images`` (N, 1, H, W) float32 in [0, 1], ``.labels`` (N,) int64, ``.classes``.

    Raises
    ------
    ValueError
        Unknown source, a size out of range, a damaged file.
    FileNotFoundError
        The set is not in the data folder and no download was asked for.
    ConnectionError
        The download was asked for and failed; nothing of it is left in the data folder.

    Examples
    --------
    >>> train = digits("digits")
    >>> train.images.shape, train.labels[:5].tolist()
    (torch.Size([1347, 1, 8, 8]), [0, 1, 2, 3, 4])
    """
    if not isinstance(source, str):
        raise TypeError(f"source: got {type(source).__name__}, expected one of {', '.join(_SOURCES)}")
    if source not in _SOURCES:
        raise ValueError(f"source: got {source!r}, expected one of {', '.join(_SOURCES)}")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
        raise TypeError(f"size: got {type(size).__name__}, expected an int (the side of the images in pixels) or None")
    if size is not None and not 4 <= size <= 256:
        raise ValueError(f"size: got {size}, expected 4 to 256 pixels")
    if source == "glyphs":
        pixels, labels = _glyphs(bool(train))
        classes = _DIGITS
    elif source == "digits":
        pixels, labels = _sklearn_digits(bool(train))
        classes = _DIGITS
    else:
        pixels, labels = _mnist_like(source, bool(train), download)
        classes = CLOTHES if source == "fashion-mnist" else _DIGITS
    images = pixels.float() / (16 if source == "digits" else 255)
    return DigitSet(_resized(images, size), labels.clone(), classes)


def _resized(images: Tensor, size: int | None) -> Tensor:
    if size is None or size == images.shape[-1]:
        return images
    if images.shape[-1] == 28 and size == 32:
        return torch.nn.functional.pad(images, (2, 2, 2, 2))
    parts = [imresize(part, size=(size, size)).clamp(0, 1) for part in images.split(2000)]  # parts: a bounded amount of memory
    return torch.cat(parts)


@lru_cache(maxsize=2)
def _glyphs(train: bool) -> tuple[Tensor, Tensor]:
    from course_lib.data import glyphs

    drawn = glyphs.dataset(20000 if train else 4000, train=train)
    return (drawn.images * 255).round().to(torch.uint8), drawn.labels  # glyphs are whole grey levels: a byte each loses nothing


def _sklearn_digits(train: bool) -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    part = slice(None, _DIGITS_TRAIN) if train else slice(_DIGITS_TRAIN, None)
    pixels = torch.from_numpy(bunch.images[part].astype(np.uint8)).unsqueeze(1)
    return pixels, torch.from_numpy(bunch.target[part].astype(np.int64))


def _mnist_like(source: str, train: bool, download: bool) -> tuple[Tensor, Tensor]:
    name, stem = _FOLDERS[source], "train" if train else "t10k"
    raw = data_folder() / name / "raw"
    images, labels = raw / f"{stem}-images-idx3-ubyte", raw / f"{stem}-labels-idx1-ubyte"
    missing = [file.name for file in (images, labels) if not file.is_file()]
    if missing and not download:
        raise FileNotFoundError(
            f"source: {source!r} needs {' and '.join(missing)} in {raw}, which are not there. Put torchvision's unpacked files there, set "
            f"the environment variable COURSE_DATA to the folder that holds {name}/raw, or call digits({source!r}, download=True) with a "
            f'network. Without any of these, "glyphs" and "digits" always work.'
        )
    if missing:
        _download(source, raw)
    pixels, targets = _read_idx(images), _read_idx(labels)
    if pixels.ndim != 3 or targets.ndim != 1 or len(pixels) != len(targets):
        raise ValueError(
            f"source: {images.name} {tuple(pixels.shape)} and {labels.name} {tuple(targets.shape)} in {raw} do not belong together; "
            f"remove both and fetch them again"
        )
    return pixels.unsqueeze(1), targets.long()


def _read_idx(file: Path) -> Tensor:
    """Read an IDX file of bytes: 0, 0, type 8, number of axes, each length as a big-endian 32-bit integer, then the values."""
    content = np.fromfile(file, np.uint8)
    axes = int(content[3]) if len(content) >= 4 else 0
    shape = tuple(int(length) for length in content[4 : 4 + 4 * axes].view(">u4")) if len(content) >= 4 + 4 * axes else ()
    if len(content) < 4 or content[:3].tolist() != [0, 0, 8] or not shape or len(content) != 4 + 4 * axes + int(np.prod(shape)):
        raise ValueError(f"source: {file} is damaged ({len(content)} bytes do not fit its header); remove it and fetch it again")
    return torch.from_numpy(content[4 + 4 * axes :].reshape(shape))


def _download(source: str, raw: Path) -> None:
    """Fetch into a temporary folder beside the place, read every file there, and only then move the whole ones in."""
    import torchvision

    name = _FOLDERS[source]
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=raw) as temporary:
            getattr(torchvision.datasets, name)(temporary, download=True)  # shows a progress bar, checks the md5 of each archive
            files = sorted((Path(temporary) / name / "raw").glob("*-ubyte"))
            for file in files:
                _read_idx(file)
            for file in files:
                os.replace(file, raw / file.name)
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        raise ConnectionError(
            f"download: {source!r} could not be fetched ({type(error).__name__}: {str(error)[:300]}). Check the network and the free "
            f"space, or put the unpacked files into {raw} by hand. Nothing unfinished was left there. The sources "
            f'"glyphs" and "digits" need no network.'
        ) from error
