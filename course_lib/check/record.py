"""What you have passed: one small file on this machine, and nowhere else. Nothing is sent to anybody.

Every ``check`` that passes notes the exercise and the day it first passed. The file is ``progress.json`` in the folder where your system
keeps the data of programs; ``COURSE_PROGRESS`` names another file (a relative name starts in your home folder), and
``COURSE_PROGRESS=off`` switches the record off. It is off by itself where no learner is at work: in tests, when notebooks are executed or
graded, and in the folder of the solved notebooks.
"""

import contextlib
import datetime
import errno
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from course_lib.files import atomic_write

__all__ = ["clear", "passed", "path", "remember", "why_off"]

PATIENCE = 2.0  # seconds to wait for another notebook that is writing
AUTOMATIC = ("COURSE_STRICT", "COURSE_EXPECT", "NBGRADER_EXECUTION")  # the solutions, the generated notebooks, nbgrader


def path() -> Path:
    """Where the record lies, or would lie: ``$COURSE_PROGRESS``, else ``course_lib/progress.json`` in the user's data folder."""
    chosen = os.environ.get("COURSE_PROGRESS")
    if chosen:
        return Path.home() / Path(chosen).expanduser()  # an absolute path stays as it is
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_DATA_HOME") or "")
        folder = folder if folder.is_absolute() else Path.home() / ".local" / "share"
    return folder / "course_lib" / "progress.json"


def why_off() -> str:
    """Why nothing is recorded here; empty where it is."""
    if os.environ.get("COURSE_PROGRESS") == "off":
        return "COURSE_PROGRESS is off"
    for name in AUTOMATIC:
        if os.environ.get(name, "0") not in ("", "0"):
            return f"{name} is set, as when the course tests or grades"
    with contextlib.suppress(OSError):
        if Path.cwd().name == "solutions":
            return "this is the folder of the solved notebooks"
    return ""


def passed() -> dict[str, str]:
    """The exercises passed so far, in that order, each with the day (``2026-11-20``); empty where nothing is recorded.

    Raises
    ------
    ValueError
        The file is damaged. It stays as it is; the next check that passes sets it aside and begins a new one.
    OSError
        The file cannot be read.
    """
    return {} if why_off() else _read(path())["passed"]


def remember(id: str) -> str:
    """Note that an exercise has passed.

    Parameters
    ----------
    id : str
        Such as ``"02.1"``.

    Returns
    -------
    str
        What to tell the learner; empty if all went well. Never raises: a record that cannot be kept must not stop a notebook. The same
        trouble is told once in a kernel.
    """
    if why_off():
        return ""
    try:
        trouble = _remember(path(), id)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: this user has no home folder
        reason = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        trouble = f"This was not recorded: {reason.rstrip('.')}. Nothing else is affected; COURSE_PROGRESS can name another file."
    if trouble in _told:
        return ""
    _told.add(trouble)
    return trouble


_told: set[str] = {""}


def clear() -> Path | None:
    """Begin anew: the record is renamed to the first free ``progress.backup-1.json``, ``-2`` …; the new name, or None if there was none.

    Raises
    ------
    OSError
        The file cannot be renamed.
    """
    file = path()
    if not file.exists():
        return None
    with _alone(file):
        return _set_aside(file, "backup")


def _remember(file: Path, id: str) -> str:
    with contextlib.suppress(ValueError):
        if id in _read(file)["passed"]:
            return ""
    file.parent.mkdir(parents=True, exist_ok=True)
    with _alone(file):
        trouble = ""
        try:
            document = _read(file)
        except ValueError as error:
            kept = _set_aside(file, "damaged")
            document, trouble = {"passed": {}}, f"{error} It was kept as {kept.name}, and a new one begun."
        document["passed"].setdefault(id, datetime.date.today().isoformat())
        with atomic_write(file) as temporary:
            temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return trouble


def _read(file: Path) -> dict:
    """The document; whatever else a later version of the course put into it is kept."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        days = document["passed"]
        if not all(isinstance(day, str) for day in days.values()):
            raise ValueError("days that are no text")
    except FileNotFoundError:
        return {"passed": {}}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"The record of your progress, {file}, is damaged.") from None
    return document


def _set_aside(file: Path, word: str) -> Path:
    number = 1
    while (kept := file.with_name(f"{file.stem}.{word}-{number}{file.suffix}")).exists():
        number += 1
    return file.rename(kept)


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """One notebook at a time: between reading and writing nobody else may write, or one of two passes would be lost."""
    with open(file.with_name(f".{file.name}.lock"), "a") as lock:  # closing it gives the lock back, and so does the end of the kernel
        give_up = time.monotonic() + PATIENCE
        while not _locked(lock):
            if time.monotonic() > give_up:
                raise TimeoutError(f"another notebook has been writing to {file} for {PATIENCE:g} seconds")
            time.sleep(0.01)
        yield


def _locked(lock: IO[str]) -> bool:
    """Take the lock if it is free. A file system without locks counts as free: the rename still keeps the file whole."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True
