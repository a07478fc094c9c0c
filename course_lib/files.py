"""Files that are never half written.

A kernel that is interrupted, a full disk or a writer that fails half way must not leave a damaged picture, checkpoint or
notebook behind. So every file of the course is written beside its target under a temporary name and renamed when it is
complete: a rename within one folder is atomic, a reader sees the old file or the new one and nothing between.
"""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

__all__ = ["atomic_write"]


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to, and put the file in its place only when the block ends well.

    Parameters
    ----------
    path : str or path
        Where the file shall lie in the end. Its folder must exist; a file of that name is replaced (and keeps its
        permissions); a symbolic link is followed.

    Yields
    ------
    pathlib.Path
        An empty file in the same folder with the same extension. Write it by any means.

    Raises
    ------
    FileNotFoundError
        The folder does not exist.
    ValueError
        ``path`` is itself a folder, or the writer removed the temporary file.
    PermissionError
        The folder cannot be written to.

    Notes
    -----
    When the block raises (a ``KeyboardInterrupt`` too), the temporary file is removed, the old file stays as it was and the
    exception goes on to the caller. The data are flushed to the disk before the rename, so that a power cut cannot leave
    an empty file under the final name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(f"{folder}/note.txt") as temporary:
    ...         _ = temporary.write_text("complete")
    ...     Path(f"{folder}/note.txt").read_text()
    'complete'
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path: got {type(path).__name__}, expected a str or a pathlib.Path")
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise ValueError(f"path: {target} is a folder; give the name of a file in it, for example {target / 'result.png'}")
    if not target.parent.is_dir():
        what = "is a file, not a folder" if target.parent.exists() else "does not exist"
        raise FileNotFoundError(f"path: the folder {target.parent} {what}; create it first or choose another place for {target.name}")

    # The extension stays at the end: writers such as PIL and numpy choose the format by it. mkstemp is not used because it
    # makes files that only the owner may read, and the renamed file would keep that.
    temporary = target.with_name(f".{target.stem[:100]}.{secrets.token_hex(6)}.tmp{target.suffix}")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise PermissionError(
                error.errno, f"cannot write in the folder {target.parent}; choose another folder or change its permissions"
            ) from error
        raise
    try:
        yield temporary
        if not temporary.is_file():
            raise ValueError(f"the writer removed the temporary file {temporary.name}; {target} was left as it was")
        if target.exists():
            shutil.copymode(target, temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
