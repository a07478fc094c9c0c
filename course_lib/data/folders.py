"""Images from a folder of yours, or from a benchmark set in the data folder.

The data folder is ``$COURSE_DATA``, or ``.cache/course_data`` in your home when that is not set. It holds one folder for each set, for
example ``Set12/*.png``, ``Set5/HR/*.png``, ``Set5/LR_bicubic/X2/*.png``, ``BSDS500/train/*.jpg``, ``MNIST/raw/*-ubyte``.
"""

import os
from pathlib import Path
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from course_lib.images import load

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp", ".pgm", ".ppm")


def data_folder() -> Path:
    """Give the folder that holds benchmark sets and downloads.

    Returns
    -------
    Path
        ``$COURSE_DATA`` where that is set, else ``.cache/course_data`` in the home folder. It need not exist.

    Examples
    --------
    >>> (data_folder() / "Set12").name
    'Set12'
    """
    chosen = os.environ.get("COURSE_DATA")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "course_data"


def images(
    folder_or_benchmark: str | os.PathLike[str], mode: Literal["rgb", "grey"] | None = None
) -> list[tuple[str, Float[Tensor, "c _ _"]]]:
    """Load all images of a folder or of a benchmark set.

    Parameters
    ----------
    folder_or_benchmark : str or path
        A folder, or the name of a set in the data folder: ``"Set12"``, ``"Set5"`` (its ``HR`` folder), ``"Set5/LR_bicubic/X2"``,
        ``"BSDS500/train"``. A folder of that name wins over a set.
    mode : {"rgb", "grey"}, optional
        As in `course_lib.images.load`; None keeps what each file holds.

    Returns
    -------
    list of (str, Tensor)
        File name without its ending, and the image (C, H, W), float32, [0, 1]; sorted by file name. Sub-folders and hidden files
        are left out.

    Raises
    ------
    FileNotFoundError
        No such folder or set. The message lists the sets that are there.
    ValueError
        No image in the folder, a folder that may not be read, or a damaged image (named in the message).

    Notes
    -----
    Benchmark sets are not downloaded: fetch them from their authors and put them where the message says.

    Examples
    --------
    >>> import tempfile, torch
    >>> from course_lib.images import save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(torch.ones(1, 4, 6), f"{folder}/white.png")
    ...     [(name, tuple(image.shape)) for name, image in images(folder)]
    [('white', (1, 4, 6))]
    """
    if not isinstance(folder_or_benchmark, str | os.PathLike):
        raise TypeError(f"folder_or_benchmark: got {type(folder_or_benchmark).__name__}, expected a folder or a name such as 'Set12'")
    if not os.fspath(folder_or_benchmark):
        raise ValueError("folder_or_benchmark: got an empty name, expected a folder or a name such as 'Set12'")
    folder = _find(Path(folder_or_benchmark).expanduser())
    entries = _entries(folder)
    files = [entry for entry in entries if entry.suffix.lower() in _SUFFIXES and entry.is_file()]
    if not files:
        inside = ", ".join(entry.name for entry in entries if entry.is_dir())
        hint = f"choose one of its folders: {inside}" if inside else f"expected files ending in {' '.join(_SUFFIXES)}"
        raise ValueError(f"folder_or_benchmark: there is no image in {folder}; {hint}")
    return [(file.stem, load(file, mode)) for file in files]


def _find(wanted: Path) -> Path:
    if wanted.is_file():
        raise ValueError(f"folder_or_benchmark: {wanted} is a file, expected a folder; load one image with course_lib.images.load")
    if wanted.is_dir():
        return wanted
    root = data_folder()
    benchmark = root / wanted
    if benchmark.is_dir():
        return benchmark / "HR" if (benchmark / "HR").is_dir() else benchmark
    if not root.is_dir():
        origin = "COURSE_DATA names it" if os.environ.get("COURSE_DATA") else "COURSE_DATA is not set, so the default is used"
        raise FileNotFoundError(
            f"folder_or_benchmark: there is no folder {wanted}, and no data folder {root} ({origin}). Make it, put the set's images into "
            f"{benchmark}, or set COURSE_DATA to the folder that holds the sets"
        )
    found = ", ".join(entry.name for entry in _entries(root) if entry.is_dir()) or "none"
    raise FileNotFoundError(
        f"folder_or_benchmark: there is no folder {wanted} and no set of that name in {root}. Sets found there: {found}. "
        f"Fetch the set from its authors and put its images into {benchmark}"
    )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise ValueError(f"folder_or_benchmark: {folder} cannot be read ({error.strerror}); check its permissions") from error
