"""A file is written completely or not at all."""

import errno
import os
import stat

import numpy as np
import pytest

from course_lib import files
from course_lib.files import atomic_write


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_writes_a_new_file_and_leaves_nothing_else(tmp_path):
    with atomic_write(tmp_path / "a.txt") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "new"


def test_replaces_an_old_file_only_at_the_end(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with atomic_write(str(target)) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("exception", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failing_writer_leaves_the_old_file_and_no_other(tmp_path, exception):
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def write_half_and_fail():
        with atomic_write(target) as temporary:
            temporary.write_bytes(b"ha")
            raise exception("in the middle")

    with pytest.raises(exception, match="in the middle"):
        write_half_and_fail()
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_failing_writer_leaves_no_new_file(tmp_path):
    def write_half_and_fail():
        with atomic_write(tmp_path / "a.bin") as temporary:
            temporary.write_bytes(b"ha")
            raise OSError(errno.ENOSPC, "disk full")

    with pytest.raises(OSError, match="disk full"):
        write_half_and_fail()
    assert names(tmp_path) == []


def test_a_failing_rename_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("old")

    def refuse(*_):
        raise OSError(errno.EIO, "no rename today")

    monkeypatch.setattr(os, "replace", refuse)

    def write():
        with atomic_write(tmp_path / "a.txt") as temporary:
            temporary.write_text("new")

    with pytest.raises(OSError, match="no rename today"):
        write()
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_permissions_are_those_of_any_new_file_or_of_the_old_one(tmp_path):
    (tmp_path / "usual").touch()
    with atomic_write(tmp_path / "new"):
        pass
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)
    (tmp_path / "new").chmod(0o640)
    with atomic_write(tmp_path / "new"):
        pass
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "a.txt")
    with atomic_write(tmp_path / "link.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real" / "a.txt").read_text() == "new"


def test_writers_that_choose_by_extension(tmp_path):
    with atomic_write(tmp_path / "a.npz") as temporary:
        np.savez(temporary, x=np.arange(3))
    with np.load(tmp_path / "a.npz") as stored:
        assert stored["x"].tolist() == [0, 1, 2]


def test_relative_paths_and_long_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "a" * 240 + ".txt"
    with atomic_write(name) as temporary:
        temporary.write_text("x")
    assert names(tmp_path) == [name]


@pytest.mark.bad_input
@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_read_only_folder(tmp_path, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))  # OSError makes a PermissionError of the first two numbers itself

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(PermissionError, match=r"cannot write in the folder .*choose another"), atomic_write(tmp_path / "a.txt"):
        pass
    assert names(tmp_path) == []


@pytest.mark.bad_input
def test_other_errors_of_the_system_are_passed_on(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(OSError, match="no space left"), atomic_write(tmp_path / "a.txt"):
        pass


@pytest.mark.bad_input
def test_bad_paths(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match=r"is a folder; give the name of a file"), atomic_write(tmp_path):
        pass
    with pytest.raises(FileNotFoundError, match=r"nowhere does not exist; create it"), atomic_write(tmp_path / "nowhere" / "a.txt"):
        pass
    with pytest.raises(FileNotFoundError, match=r"is a file, not a folder"), atomic_write(tmp_path / "file" / "a.txt"):
        pass
    with pytest.raises(TypeError, match=r"path: got int"), atomic_write(3):
        pass


@pytest.mark.bad_input
def test_a_writer_that_removes_the_temporary_file(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ValueError, match="removed the temporary file"), atomic_write(tmp_path / "a.txt") as temporary:
        temporary.unlink()
    assert (tmp_path / "a.txt").read_text() == "old"
