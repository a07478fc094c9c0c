"""The encoder–decoder: what pooling loses, what skips bring back."""

import pytest
import torch

from course_lib.models import EncoderDecoder


@torch.no_grad()
@pytest.mark.parametrize(("height", "width"), [(16, 24), (13, 9), (1, 1)])
@pytest.mark.parametrize("levels", [0, 1, 3])
def test_any_size(height, width, levels):
    torch.manual_seed(0)
    network = EncoderDecoder(3, levels=levels, features=4, input_channels=2)
    y = torch.rand(2, 2, height, width)
    cell = 2**levels
    padded = torch.nn.functional.pad(y, (0, -width % cell, 0, -height % cell), mode="replicate")
    assert network(y).shape == (2, 3, height, width)
    assert torch.equal(network(y), network(padded)[..., :height, :width])


@pytest.mark.parametrize("skips", [True, False])
def test_white_noise_passes_with_skips_only(skips):
    """Fitting the identity on white noise: without skips all detail must pass through maps of a quarter of the size."""
    torch.manual_seed(0)
    network = EncoderDecoder(1, levels=2, features=4, skips=skips)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        x = torch.rand(8, 1, 16, 16, generator=generator)
        loss = (network(x) - x).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    psnr = -10 * loss.log10().item()
    variance = -10 * torch.tensor(1 / 12).log10().item()  # of the best constant, 10.8 dB
    assert psnr > variance + 10 if skips else psnr < variance + 5


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="y has 3 channels"):
        EncoderDecoder(1, features=2)(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="levels must be at least 0"):
        EncoderDecoder(levels=-1)
