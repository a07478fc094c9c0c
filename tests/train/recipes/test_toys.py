"""The ring: every method trains, the table says what it measured."""

import pytest
import torch

from course_lib.data import toys as distributions
from course_lib.train.recipes import toys


@pytest.mark.parametrize("method", toys.METHODS)
def test_every_method_takes_steps(method):
    training = toys.ring_training(method, steps=3)
    before = [p.clone() for p in training.G.parameters()]
    reports = list(training)
    assert all(report.loss_d.isfinite() and report.loss_g.isfinite() for report in reports)
    assert all(not torch.equal(p, q) for p, q in zip(training.G.parameters(), before, strict=True))


def test_the_seed_sets_weights_data_and_latents():
    first, again, other = (toys.ring_training("LSGAN", seed, steps=1) for seed in (0, 0, 1))
    assert torch.equal(first.batches.tensors[0], again.batches.tensors[0])
    assert not torch.equal(first.batches.tensors[0], other.batches.tensors[0])
    assert torch.equal(first.step().samples, again.step().samples)


def test_the_ring_covers_itself(generator):
    class Truth(torch.nn.Module):
        def sample(self, n, generator):
            return distributions.ring(n, generator, modes=8, radius=toys.RADIUS, sigma=toys.SIGMA)

    coverage = toys.ring_coverage(Truth())
    assert coverage.modes == 8
    assert coverage.high_quality > 0.98


def test_the_table(monkeypatch):
    (row,) = toys.ring_table(["non-saturating"], seeds=[0, 1], steps=2)
    assert row["method"] == "non-saturating"
    assert len(row["modes"]) == len(row["high_quality"]) == len(row["reverse_kl"]) == 2
    assert row["full_coverage"] == 0


def test_wgan_gp_finds_every_mode_where_the_plain_gan_collapses():
    """The lesson itself, at 300 steps and one seed; `benchmarks/gan.py` has all seeds and the full number of steps."""
    plain, critic = toys.ring_table(["non-saturating", "WGAN-GP"], seeds=[0], steps=300)
    assert critic["modes"] == [8]
    assert critic["high_quality"][0] > 0.1
    assert critic["reverse_kl"][0] < 0.1
    assert plain["modes"][0] <= 4
    assert plain["reverse_kl"][0] > 0.5
