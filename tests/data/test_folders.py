"""Folders and benchmark sets: order, names, and errors that say what to do."""

from pathlib import Path

import pytest
import torch

from course_lib.data import data_folder, images
from course_lib.images import save


@pytest.fixture
def data(tmp_path, monkeypatch):
    root = tmp_path / "data"
    for folder, value in (("Tiny", 0.2), ("Pair/HR", 0.4), ("Pair/LR/X2", 0.6)):
        (root / folder).mkdir(parents=True)
        for i, name in enumerate(("b.png", "a.png", "c.png")):
            save(torch.full((3 if i else 1, 4, 6), value), root / folder / name)
    (root / "Tiny" / "readme.txt").write_text("not an image")
    (root / "Tiny" / ".hidden.png").write_text("not an image")
    (root / "Empty").mkdir()
    monkeypatch.setenv("COURSE_DATA", str(root))
    monkeypatch.chdir(tmp_path)
    return root


def test_sorted_by_name_and_only_images(data):
    found = images("Tiny")
    assert [name for name, _ in found] == ["a", "b", "c"]
    assert [image.shape[0] for _, image in found] == [3, 1, 3]
    assert all(float(image.mean()) == pytest.approx(0.2, abs=1e-6) for _, image in found)
    assert {image.shape[0] for _, image in images("Tiny", mode="grey")} == {1}
    assert {image.shape[0] for _, image in images("Tiny", mode="rgb")} == {3}


def test_a_set_means_its_high_resolution_folder_and_parts_are_reached_by_path(data):
    assert float(images("Pair")[0][1].mean()) == pytest.approx(0.4, abs=1e-6)
    assert float(images("Pair/LR/X2")[0][1].mean()) == pytest.approx(0.6, abs=1e-6)
    assert float(images(data / "Pair" / "LR" / "X2")[0][1].mean()) == pytest.approx(0.6, abs=1e-6)


def test_data_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "~/sets")
    assert data_folder() == Path.home() / "sets"
    monkeypatch.delenv("COURSE_DATA")
    assert data_folder() == Path.home() / ".cache" / "course_data"


def test_benchmark_sets_of_the_data_folder(course_data):
    for name, count, size in (("Set12", 12, None), ("Set5", 5, None), ("Set5/LR_bicubic/X2", 5, None), ("BSDS500/train", 200, (321, 481))):
        if not (course_data / name).is_dir():
            pytest.skip(f"{name} is not in COURSE_DATA")
        found = images(name)
        assert len(found) == count, name
        if size:
            assert {tuple(sorted(image.shape[1:])) for _, image in found} == {size}
    assert [name for name, _ in images("Set5")] == ["baby", "bird", "butterfly", "head", "woman"]
    assert images("Set5")[0][1].shape == (3, 512, 512)


# ------------------------------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.bad_input
def test_no_such_set_lists_those_found(data):
    with pytest.raises(FileNotFoundError, match="Empty, Pair, Tiny") as caught:
        images("Set14")
    assert str(data / "Set14") in str(caught.value)


@pytest.mark.bad_input
def test_no_data_folder_says_so(data, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(data / "nowhere"))
    with pytest.raises(FileNotFoundError, match="COURSE_DATA names it"):
        images("Set12")
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setenv("HOME", str(data / "nobody"))
    with pytest.raises(FileNotFoundError, match="COURSE_DATA is not set"):
        images("Set12")


@pytest.mark.bad_input
def test_folder_without_images(data):
    with pytest.raises(ValueError, match="no image in .*Empty.*png"):
        images("Empty")
    (data / "Pair" / "HR").rename(data / "Pair" / "LR" / "HR")
    with pytest.raises(ValueError, match="choose one of its folders: LR"):
        images("Pair")


@pytest.mark.bad_input
def test_damaged_image_is_named(data):
    file = data / "Tiny" / "b.png"
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(ValueError, match=r"b\.png"):
        images("Tiny")


@pytest.mark.bad_input
def test_unreadable_folder(data, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)  # root may read everything, so the refusal is simulated
    with pytest.raises(ValueError, match="Tiny cannot be read .*permissions"):
        images("Tiny")


@pytest.mark.bad_input
@pytest.mark.parametrize(("wanted", "error"), [(None, TypeError), (5, TypeError), ("", ValueError)])
def test_bad_name(wanted, error):
    with pytest.raises(error, match="folder_or_benchmark"):
        images(wanted)


@pytest.mark.bad_input
def test_a_file_and_a_bad_mode(data):
    with pytest.raises(ValueError, match=r"images\.load"):
        images(data / "Tiny" / "a.png")
    with pytest.raises(ValueError, match="mode"):
        images("Tiny", mode="bgr")
