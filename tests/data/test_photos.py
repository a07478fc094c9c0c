"""Bundled photographs: all there, without a network, as the packages hold them."""

import socket

import numpy as np
import pytest
import torch

from course_lib.data import photo, photo_info, photo_names


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def test_every_photograph_loads_without_a_network(no_network):
    assert len(photo_names()) == 20
    for name in photo_names():
        x = photo(name)
        shape = "x".join(map(str, x.shape[1:]))
        assert shape in photo_info(name), name
        assert ("colour" in photo_info(name)) == (x.shape[0] == 3), name
        assert x.dtype == torch.float32
        assert 0 <= float(x.min()) < 0.5 < float(x.max()) <= 1, name
        assert float(x.std()) > 0.03, name


@pytest.mark.parametrize("name", ["camera", "astronaut", "coins"])
def test_same_pixels_as_scikit_image(name):
    import skimage.data

    reference = getattr(skimage.data, name)()
    x = (photo(name) * 255).round().to(torch.uint8).movedim(0, -1).numpy()
    assert np.array_equal(x, reference.reshape(x.shape))


def test_same_pixels_as_scikit_learn():
    from sklearn.datasets import load_sample_image

    reference = load_sample_image("china.jpg").astype(int)
    assert np.abs((photo("china") * 255).round().movedim(0, -1).numpy() - reference).max() <= 1


def test_size_is_the_centred_square_resized():
    whole = photo("coffee")  # 400 x 600
    assert torch.equal(photo("coffee", size=400), whole[:, :, 100:500])
    half = photo("coffee", size=200)
    blocks = torch.nn.functional.avg_pool2d(whole[:, :, 100:500], 2)
    assert float((half - blocks).abs().mean()) < 0.01
    assert 0 <= float(half.min()) <= float(half.max()) <= 1


def test_grey_is_the_weighted_sum_of_the_colours():
    r, g, b = photo("chelsea")
    torch.testing.assert_close(photo("chelsea", grey=True)[0], 0.2989 * r + 0.5870 * g + 0.1140 * b, atol=2e-4, rtol=0)
    assert torch.equal(photo("camera", grey=True), photo("camera"))


def test_info_states_a_licence():
    for name in photo_names():
        assert any(word in photo_info(name) for word in ("CC0", "CC BY", "public domain", "no known copyright", "none stated")), name


@pytest.mark.bad_input
def test_unknown_name_lists_the_names_and_suggests():
    with pytest.raises(ValueError, match="did you mean 'camera'") as caught:
        photo("camerra")
    assert "astronaut" in str(caught.value)
    with pytest.raises(ValueError, match="Known: astronaut"):
        photo_info("zzz")


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": None}, TypeError),
        ({"name": ""}, ValueError),
        ({"name": "camera", "size": 4}, ValueError),
        ({"name": "camera", "size": -64}, ValueError),
        ({"name": "camera", "size": 64.0}, TypeError),
        ({"name": "camera", "size": True}, TypeError),
    ],
)
def test_bad_input(arguments, error):
    with pytest.raises(error, match="name|size"):
        photo(**arguments)


@pytest.mark.bad_input
def test_file_missing_from_the_package_is_said(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    with pytest.raises(FileNotFoundError, match="skimage"):
        photo("camera")
