"""Endless batches: every sample once an epoch, and resuming at any position."""

import pytest
import torch

from course_lib.train import Batches


def test_each_epoch_visits_every_sample_once_in_an_order_of_its_own():
    batches = Batches(torch.arange(12), batch_size=4)
    epochs = [torch.cat([next(batches) for _ in range(3)]) for _ in range(3)]
    assert all(torch.equal(epoch.sort().values, torch.arange(12)) for epoch in epochs)
    assert len({tuple(epoch.tolist()) for epoch in epochs}) == 3


def test_images_and_labels_stay_together():
    x, y = next(Batches(torch.arange(10), torch.arange(10) * 2, batch_size=5))
    assert torch.equal(2 * x, y)


def test_setting_the_position_resumes_the_sequence():
    batches = Batches(torch.arange(11), batch_size=4, seed=3)
    sequence = [next(batches).tolist() for _ in range(9)]
    for start in (0, 1, 4, 7):
        resumed = Batches(torch.arange(11), batch_size=4, seed=3)
        resumed.position = start
        assert [next(resumed).tolist() for _ in range(9 - start)] == sequence[start:]


def test_the_seed_sets_the_order_and_the_global_generator_has_no_part_in_it():
    torch.manual_seed(0)
    first = next(Batches(torch.arange(100), batch_size=100, seed=1))
    torch.manual_seed(5)
    assert torch.equal(first, next(Batches(torch.arange(100), batch_size=100, seed=1)))
    assert not torch.equal(first, next(Batches(torch.arange(100), batch_size=100, seed=2)))


@pytest.mark.bad_input
def test_bad_sizes():
    with pytest.raises(ValueError, match="same length"):
        Batches(torch.zeros(3), torch.zeros(4), batch_size=1)
    with pytest.raises(ValueError, match="batch_size must be from 1 to the number of samples, 3; got 4"):
        Batches(torch.zeros(3), batch_size=4)
    with pytest.raises(ValueError, match="got 0"):
        Batches(torch.zeros(3), batch_size=0)
