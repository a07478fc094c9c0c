"""Colour beside a brightness that is copied: taken apart and put together again, nothing is lost and nothing leaks."""

import pytest
import torch

from course_lib import data
from course_lib.images import luma, rgb_to_ycbcr
from course_lib.models import UNet
from course_lib.models.colourise import colourise, luma_and_chroma


class Answers(torch.nn.Module):
    """A "network" that gives the chroma it was told, and remembers what it was asked."""

    def __init__(self, chroma):
        super().__init__()
        self.chroma = chroma

    def translate(self, y, generator=None):
        self.asked = y
        return self.chroma


@pytest.fixture(scope="module")
def photographs():
    return torch.stack([data.photo(name, 32) for name in ("chelsea", "coffee")])


def test_the_right_answer_gives_the_image_back(photographs):
    y, chroma = luma_and_chroma(photographs)
    assert torch.equal(torch.cat([y, chroma], 1), rgb_to_ycbcr(photographs))
    network = Answers(chroma)
    assert torch.allclose(colourise(network, photographs), photographs, atol=1e-5)
    assert torch.equal(network.asked, y)


def test_whatever_the_answer_the_brightness_is_that_of_the_input(photographs):
    grey = Answers(torch.full((2, 2, 32, 32), 128 / 255))
    made = colourise(grey, photographs)
    assert torch.allclose(made, made[:, :1].expand_as(made), atol=1e-5)
    tinted = colourise(Answers(torch.full((2, 2, 32, 32), 0.52)), 0.2 + 0.6 * photographs)  # nothing is clipped
    assert torch.allclose(luma(tinted), luma(0.2 + 0.6 * photographs), atol=1e-5)


def test_the_network_sees_no_colour(photographs):
    """A colour image and a grey one of the same brightness are the same to it."""
    y, chroma = luma_and_chroma(photographs)
    network = Answers(chroma)
    colourise(network, (y * 255 - 16) / 219)
    assert torch.allclose(network.asked, y, atol=1e-6)


def test_with_a_network_and_its_noise(photographs):
    torch.manual_seed(0)
    G = UNet(1, 2, depth=5, features=4).eval()
    assert torch.equal(colourise(G, photographs), colourise(G, photographs))
    drawn = [colourise(G, photographs, torch.Generator().manual_seed(seed)) for seed in (0, 1)]
    assert not torch.equal(*drawn)
    assert drawn[0].shape == (2, 3, 32, 32)


@pytest.mark.bad_input
def test_bad_input(photographs):
    with pytest.raises(ValueError, match=r"images: got shape \(2, 1, 32, 32\).*C = 3"):
        luma_and_chroma(photographs[:, :1])
    with pytest.raises(ValueError, match=r"images: got shape \(2, 2, 32, 32\)"):
        colourise(Answers(photographs), photographs[:, :2])
    with pytest.raises(ValueError, match="multiples of 64"):
        colourise(UNet(1, 2, depth=6, features=2).eval(), photographs)
