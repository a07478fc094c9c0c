"""Labelled sets: known numbers of each source, sizes, and downloads that fail without a trace."""

import numpy as np
import pytest
import torch
import torchvision

from course_lib.data import DigitSet, digits, glyphs


def test_sklearn_digits_split_and_values():
    from sklearn.datasets import load_digits

    train, test = digits("digits"), digits("digits", train=False)
    assert (len(train), len(test)) == (1347, 450)
    pixels = torch.cat([train.images, test.images])[:, 0] * 16
    assert torch.equal(pixels, torch.from_numpy(load_digits().images).float())  # all 1797, in their order
    assert torch.equal(torch.cat([train.labels, test.labels]), torch.from_numpy(load_digits().target))
    assert train.images.dtype == torch.float32
    assert train.labels.dtype == torch.int64


def test_glyphs_are_the_default_and_equal_the_dataset():
    test = digits(train=False)
    assert len(test) == 4000
    drawn = glyphs.dataset(4000, train=False)
    assert torch.equal(test.images, drawn.images)
    assert torch.equal(test.labels, drawn.labels)


def test_changing_what_was_given_does_not_change_what_is_given_next():
    first = digits(train=False)
    first.images.zero_()
    first.labels.zero_()
    again = digits(train=False)
    assert float(again.images.max()) == 1
    assert int(again.labels.max()) == 9


def test_indexing_as_a_tensor_dataset():
    s = digits("digits")
    image, label = s[3]
    assert image.shape == (1, 8, 8)
    assert int(label) == 3
    assert isinstance(s, torch.utils.data.TensorDataset)
    assert s.classes == tuple("0123456789")
    images, labels = next(iter(torch.utils.data.DataLoader(s, batch_size=5)))
    assert torch.equal(images, s.images[:5])
    assert torch.equal(labels, s.labels[:5])


def test_size_32_is_a_border_of_zeros_and_other_sizes_are_resized():
    small, padded, half = digits(train=False), digits(train=False, size=32), digits(train=False, size=14)
    assert torch.equal(padded.images[..., 2:-2, 2:-2], small.images)
    assert float(padded.images.sum()) == pytest.approx(float(small.images.sum()), rel=1e-6)
    assert half.images.shape == (4000, 1, 14, 14)
    assert float(half.images.mean()) == pytest.approx(float(small.images.mean()), rel=0.02)
    assert 0 <= float(half.images.min()) <= float(half.images.max()) <= 1
    assert digits("digits", size=16).images.shape == (1347, 1, 16, 16)


def test_mnist_and_fashion_mnist_of_the_data_folder(course_data):
    for source, name, mean, std in (("mnist", "MNIST", 0.1307, 0.3081), ("fashion-mnist", "FashionMNIST", 0.2860, 0.3530)):
        if not (course_data / name).is_dir():
            pytest.skip(f"{name} is not in COURSE_DATA")
        train, test = digits(source), digits(source, train=False)
        assert (len(train), len(test)) == (60000, 10000)
        assert float(train.images.mean()) == pytest.approx(mean, abs=1e-4)
        assert float(train.images.std()) == pytest.approx(std, abs=1e-4)
        reference = getattr(torchvision.datasets, name)(course_data, train=False)
        assert torch.equal((test.images[:, 0] * 255).round().byte(), reference.data)
        assert torch.equal(test.labels, reference.targets)
    assert train.classes[9] == "ankle boot"


# ------------------------------------------------------------------------------------------------------------------------------ downloads


def idx(values):
    values = np.asarray(values, np.uint8)
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()


def write_set(raw, count=6):
    raw.mkdir(parents=True)
    for stem in ("train", "t10k"):
        (raw / f"{stem}-images-idx3-ubyte").write_bytes(idx(np.arange(count * 784).reshape(count, 28, 28) % 256))
        (raw / f"{stem}-labels-idx1-ubyte").write_bytes(idx(np.arange(count) % 10))
        (raw / f"{stem}-images-idx3-ubyte.gz").write_bytes(b"archive")


@pytest.fixture
def empty_data(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def files_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_download_moves_whole_files_into_place_and_is_not_repeated(empty_data, monkeypatch):
    from pathlib import Path

    calls = []

    def fetch(root, download):
        calls.append(root)
        write_set(Path(root) / "MNIST" / "raw")

    monkeypatch.setattr(torchvision.datasets, "MNIST", fetch)
    s = digits("mnist", download=True)
    assert s.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert float(s.images[0, 0, 0, 5]) == pytest.approx(5 / 255)
    assert torch.equal(digits("mnist", train=False, download=True).images, s.images)
    assert len(calls) == 1
    assert files_in(empty_data) == [f"MNIST/raw/{a}-{b}-ubyte" for a in ("t10k", "train") for b in ("images-idx3", "labels-idx1")]
    assert [p.name for p in (empty_data / "MNIST" / "raw").iterdir() if p.is_dir()] == []


def fail_half_way(raw):
    (raw / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((6, 28, 28)))[:100])
    raise RuntimeError("Error downloading train-labels: <urlopen error no network>")


def stop_short(raw):  # ends without an error, but with a truncated file
    file = raw / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-1])


def interrupt(raw):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("failure", "error"), [(fail_half_way, ConnectionError), (stop_short, ConnectionError), (interrupt, KeyboardInterrupt)]
)
def test_failed_download_leaves_nothing(empty_data, monkeypatch, failure, error):
    from pathlib import Path

    def fetch(root, download):
        write_set(Path(root) / "MNIST" / "raw")
        failure(Path(root) / "MNIST" / "raw")

    monkeypatch.setattr(torchvision.datasets, "MNIST", fetch)
    with pytest.raises(error) as caught:
        digits("mnist", download=True)
    assert files_in(empty_data) == []
    assert list((empty_data / "MNIST" / "raw").iterdir()) == []
    if error is ConnectionError:
        assert "by hand" in str(caught.value)
    with pytest.raises(FileNotFoundError):
        digits("mnist")


# ------------------------------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"source": "cifar"}, ValueError, "glyphs, digits, mnist, fashion-mnist"),
        ({"source": 3}, TypeError, "source"),
        ({"source": "digits", "size": 0}, ValueError, "size"),
        ({"source": "digits", "size": 28.0}, TypeError, "size"),
        ({"source": "digits", "size": True}, TypeError, "size"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        digits(**arguments)


@pytest.mark.bad_input
def test_a_set_that_is_not_there_is_named_and_never_replaced(empty_data):
    with pytest.raises(FileNotFoundError, match="COURSE_DATA") as caught:
        digits("fashion-mnist")
    assert "download=True" in str(caught.value)
    assert str(empty_data / "FashionMNIST" / "raw") in str(caught.value)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "content", [b"", b"\0\0", b"\x1f\x8b\x08\x00 a gzip archive", idx(np.zeros((6, 28, 28)))[:-1], idx(np.zeros((5, 28, 28)))]
)
def test_damaged_file_is_named(empty_data, content):
    write_set(empty_data / "MNIST" / "raw")
    file = empty_data / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="train-images-idx3-ubyte"):
        digits("mnist")


def test_repr_says_what_it_holds():
    assert (
        repr(DigitSet(torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.int64), ("a", "b"))) == "DigitSet(2 images of 1x8x8, 2 classes)"
    )
