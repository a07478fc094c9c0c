"""PacGAN's mode coverage on hand-made samples."""

import math

import pytest
import torch

from course_lib.metrics.modes import mode_coverage

CENTRES = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def test_the_data_themselves_reach_everything(generator):
    n = 4000
    samples = CENTRES[torch.arange(n) % 4] + 0.5 * torch.randn(n, 2, generator=generator)
    coverage = mode_coverage(samples, CENTRES, 0.5)
    assert coverage.modes == 4
    assert coverage.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.006)  # a round Gaussian in the plane within 3 sigma: 98.9 %
    assert coverage.reverse_kl < 1e-3


def test_collapse():
    coverage = mode_coverage(torch.zeros(100, 2), CENTRES, 0.5)
    assert coverage == (1, 1.0, pytest.approx(math.log(4)))


def test_the_radius_is_three_sigma():
    samples = torch.tensor([[1.49, 0.0], [0.0, 1.51]])
    assert mode_coverage(samples, CENTRES, 0.5)[:2] == (1, 0.5)
    assert mode_coverage(samples, CENTRES, 0.4)[:2] == (0, 0.0)


def test_one_good_sample_reaches_a_mode_and_bad_ones_count_in_the_histogram():
    samples = torch.tensor([[0.0, 0.0]] * 3 + [[10.0, 4.0]])  # the last is nearest to mode 1, of low quality
    coverage = mode_coverage(samples, CENTRES, 0.5)
    assert coverage.modes == 1
    assert coverage.high_quality == 0.75
    assert coverage.reverse_kl == pytest.approx(0.75 * math.log(0.75 * 4) + 0.25 * math.log(0.25 * 4))


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="sigma must be positive"):
        mode_coverage(torch.zeros(3, 2), CENTRES, 0.0)
    with pytest.raises(ValueError, match="samples and centres"):
        mode_coverage(torch.zeros(3, 1), CENTRES, 1.0)
    with pytest.raises(ValueError, match="samples and centres"):
        mode_coverage(torch.zeros(0, 2), CENTRES, 1.0)
