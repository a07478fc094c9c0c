"""The average of weights against the recursion written out."""

import pytest
import torch
from torch import nn

from course_lib.train import Ema


def test_it_follows_the_recursion_with_its_warm_up():
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    ema, expected = Ema(net, 0.9), 0.0
    for t in range(1, 150):
        nn.init.constant_(net.weight, float(t % 7))
        ema.update(net)
        decay = min(0.9, (1 + t) / (10 + t))
        expected = decay * expected + (1 - decay) * (t % 7)
    assert ema.model.weight.item() == pytest.approx(expected, rel=1e-5)
    assert net.weight.item() == 149 % 7  # the network itself is not touched


def test_running_statistics_are_averaged_and_counters_copied(generator):
    net = nn.BatchNorm1d(2)
    ema = Ema(net, 0.5)
    net(3 + torch.randn(50, 2, generator=generator))
    ema.update(net)
    assert torch.allclose(ema.model.running_mean, (1 - 2 / 11) * net.running_mean)
    assert ema.model.num_batches_tracked == 1


def test_the_copy_is_for_sampling_only():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    ema = Ema(net)
    assert not ema.model.training
    assert not any(p.requires_grad for p in ema.model.parameters())
    assert all(p.requires_grad for p in net.parameters())
    assert net.training


@pytest.mark.bad_input
@pytest.mark.parametrize("decay", [1.0, -0.1, float("nan")])
def test_decay_out_of_range(decay):
    with pytest.raises(ValueError, match="decay must be at least 0 and less than 1"):
        Ema(nn.Linear(1, 1), decay)
