"""Classes and factors to rows of numbers; what every conditional generator offers; and what both refuse."""

import math

import pytest
import torch

from course_lib.models import ConcatGenerator, ConditionalNormGenerator
from course_lib.models.conditions import Condition

RANGES = {"slant": (-0.4, 0.4), "thickness": (1.0, 3.0)}
GENERATORS = [ConcatGenerator, ConditionalNormGenerator]


def make(kind, factors=None):
    torch.manual_seed(0)
    G = kind(classes=3, factors=factors, latent_dim=4, features=2).eval()
    for parameter in G.parameters():  # at its start G is nearly grey, all classes are nearly alike, and factors have no effect
        torch.nn.init.normal_(parameter, std=0.3)
    return G


# -------------------------------------------------------------------------------------------------------------------------------- Condition


def test_a_class_is_a_row_with_one_1():
    rows = Condition(3)(torch.tensor([2, 0]), n=2)
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert rows.dtype == torch.float32


def test_factors_are_standardised_over_their_range(generator):
    condition = Condition(1, RANGES)
    low, high = torch.tensor(list(RANGES.values())).T
    factors = low + (high - low) * torch.rand(20_000, 2, generator=generator)
    rows = condition(torch.zeros(20_000, dtype=torch.int64), factors, n=20_000)
    assert rows.shape == (20_000, 3)
    assert rows[:, 1:].mean(0).tolist() == pytest.approx([0, 0], abs=0.02)
    assert rows[:, 1:].std(0).tolist() == pytest.approx([1, 1], abs=0.02)
    ends = condition(torch.tensor([0, 0]), torch.stack([low, high]), n=2)[:, 1:]
    assert ends.flatten().tolist() == pytest.approx([-math.sqrt(3)] * 2 + [math.sqrt(3)] * 2, rel=1e-5)


def test_weights_of_classes_stand_for_a_class_number():
    condition = Condition(3, {"slant": (-1.0, 1.0)})
    slant = torch.tensor([[0.5], [0.0]])
    named = condition(torch.tensor([1, 2]), slant, n=2)
    assert torch.equal(named, condition(torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), slant, n=2))
    between = condition(torch.tensor([[0.0, 0.5, 0.5]]), torch.tensor([[0.25]]), n=1)
    assert torch.allclose(between[0], named.mean(0))


def test_lists_do_as_ranges():
    """As a card gives them back, from JSON."""
    assert Condition(2, {"slant": [-0.4, 0.4]}).factors == Condition(2, {"slant": (-0.4, 0.4)}).factors


def test_nothing_but_weights_is_stored():
    assert not Condition(3, RANGES).state_dict()


@pytest.mark.bad_input
def test_what_is_no_condition():
    plain, full = Condition(3), Condition(3, RANGES)
    labels, factors = torch.tensor([0, 1]), torch.zeros(2, 2)
    with pytest.raises(TypeError, match=r"labels must be an int64 tensor .* got list"):
        plain([0, 1], n=2)
    with pytest.raises(TypeError, match=r"labels must be an int64 tensor .* got torch.int32"):
        plain(labels.int(), n=2)
    with pytest.raises(ValueError, match=r"one class for each of the 3 images, shape \(3,\); got torch.int64 of shape \(2,\)"):
        plain(labels, n=3)
    with pytest.raises(ValueError, match="labels must be from 0 to 2, got 0 to 3"):
        plain(torch.tensor([0, 3]), n=2)
    with pytest.raises(ValueError, match="labels must be from 0 to 2, got -1 to 0"):
        plain(torch.tensor([0, -1]), n=2)
    with pytest.raises(ValueError, match=r"3 class weights for each of the 2 images, shape \(2, 3\); got torch.float32 of shape \(2, 2\)"):
        plain(torch.full((2, 2), 0.5), n=2)
    for weights in (torch.full((2, 3), 0.5), torch.full((2, 3), float("nan"))):
        with pytest.raises(ValueError, match="must sum to 1"):
            plain(weights, n=2)
    with pytest.raises(ValueError, match=r"factors must be left out: .* got torch.float32 of shape \(2, 2\)"):
        plain(labels, factors, n=2)
    with pytest.raises(ValueError, match=r"shape \(2, 2\), the columns slant, thickness; got NoneType"):
        full(labels, n=2)
    with pytest.raises(TypeError, match=r"shape \(2, 2\), the columns slant, thickness; got list"):
        full(labels, [[0.0, 2.0], [0.0, 2.0]], n=2)
    with pytest.raises(ValueError, match=r"shape \(2, 2\), the columns slant, thickness; got torch.float32 of shape \(2, 3\)"):
        full(labels, torch.zeros(2, 3), n=2)
    with pytest.raises(ValueError, match=r"shape \(2, 2\), the columns slant, thickness; got torch.float32 of shape \(1, 2\)"):
        full(labels, torch.zeros(1, 2), n=2)
    with pytest.raises(ValueError, match="got NaN or infinity"):
        full(labels, factors * float("nan"), n=2)
    with pytest.raises(ValueError, match="classes must be at least 1, got 0"):
        Condition(0)
    with pytest.raises(ValueError, match=r"factors\['slant'\] must be a range \(lowest, highest\), got \(1, 1\)"):
        Condition(3, {"slant": (1.0, 1.0)})


# --------------------------------------------------------------------------------------------------------------------------- the generators


@pytest.mark.parametrize("kind", GENERATORS)
@pytest.mark.parametrize("factors", [None, RANGES])
def test_samples_are_of_the_conditions_asked_for(kind, factors, generator):
    G = make(kind, factors)
    labels, z = torch.tensor([0, 2, 2, 1]), torch.randn(4, 4, generator=generator)
    values = None if factors is None else torch.tensor([[0.1, 2.0], [0.2, 1.5], [-0.3, 1.0], [0.0, 3.0]])
    images = G.sample(labels, factors=values, z=z)
    assert images.shape == (4, 1, 28, 28)
    assert not images.requires_grad
    assert images.min() >= 0
    assert images.max() <= 1
    assert torch.allclose(images, (G(z, labels, values) + 1) / 2, atol=1e-6)
    for i in range(4):  # each by itself: no sample depends on its batch-mates
        alone = G.sample(labels[i : i + 1], factors=values if values is None else values[i : i + 1], z=z[i : i + 1])
        assert torch.allclose(images[i : i + 1], alone, atol=1e-6)


@pytest.mark.parametrize("kind", GENERATORS)
def test_many_samples_are_drawn_in_parts_that_keep_their_conditions(kind):
    G = make(kind, RANGES)
    labels = torch.arange(1100) % 3
    z, factors = torch.randn(1100, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([[0.1, 2.0]]).expand(1100, -1)
    images = G.sample(labels, torch.Generator().manual_seed(0), factors)
    assert torch.allclose(images[1050:], G.sample(labels[1050:], None, factors[1050:], z[1050:]), atol=1e-6)


@pytest.mark.parametrize("kind", GENERATORS)
def test_factors_left_out_are_drawn_from_their_ranges(kind, monkeypatch):
    G, seen = make(kind, RANGES), []
    monkeypatch.setattr(G, "forward", lambda z, labels, factors: seen.append(factors) or torch.zeros(len(z), 1, 28, 28))
    G.sample(torch.zeros(2000, dtype=torch.int64), torch.Generator().manual_seed(0))
    drawn = torch.cat(seen)
    for column, (low, high) in zip(drawn.T, RANGES.values(), strict=True):
        assert low <= column.min() < low + 0.02
        assert high - 0.02 < column.max() <= high
    assert abs(torch.corrcoef(drawn.T)[0, 1]) < 0.1


@pytest.mark.parametrize("kind", GENERATORS)
def test_the_same_seed_gives_the_same_images_and_z_holds_the_style(kind):
    G, labels = make(kind, RANGES), torch.tensor([1, 2])
    first, again, other = (G.sample(labels, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("kind", GENERATORS)
def test_the_output_depends_on_every_part_of_the_condition(kind, generator):
    G = make(kind, RANGES)
    z, middle = torch.randn(2, 4, generator=generator), torch.tensor([[0.0, 2.0]]).expand(2, -1)
    images = G(z, torch.tensor([0, 0]), middle)
    assert (images - G(z, torch.tensor([1, 0]), middle)).abs().amax((1, 2, 3)).gt(1e-6).tolist() == [True, False]
    for change in ([[0.3, 0.0], [0.0, 0.0]], [[0.0, 0.8], [0.0, 0.0]]):
        moved = G(z, torch.tensor([0, 0]), middle + torch.tensor(change))
        assert (images - moved).abs().amax((1, 2, 3)).gt(1e-6).tolist() == [True, False]


@pytest.mark.parametrize("kind", GENERATORS)
def test_between_two_classes_lies_a_path(kind, generator):
    G, z = make(kind), torch.randn(1, 4, generator=generator)
    ends = [G.sample(torch.tensor([label]), z=z) for label in (0, 1)]
    path = [G.sample(torch.tensor([[1 - t, t, 0.0]]), z=z) for t in (0.0, 0.5, 1.0)]
    assert torch.allclose(path[0], ends[0], atol=1e-6)
    assert torch.allclose(path[2], ends[1], atol=1e-6)
    assert min((path[1] - end).abs().max() for end in ends) > 1e-5


@pytest.mark.bad_input
@pytest.mark.parametrize("kind", GENERATORS)
def test_samples_that_cannot_be_drawn(kind):
    G, labels = make(kind, RANGES), torch.tensor([0, 1])
    with pytest.raises(TypeError, match=r"labels must be a tensor .* got list"):
        G.sample([0, 1])
    with pytest.raises(ValueError, match=r"one or more class numbers, .* got torch.int64 of shape \(0,\)"):
        G.sample(labels[:0])
    with pytest.raises(ValueError, match=r"one or more class numbers, .* got torch.int64 of shape \(\)"):
        G.sample(labels[0])
    with pytest.raises(ValueError, match="labels must be from 0 to 2, got 0 to 36"):
        G.sample(torch.tensor([0, 36]))
    with pytest.raises(ValueError, match=r"factors must be .* got torch.float32 of shape \(2, 1\)"):
        G.sample(labels, factors=torch.zeros(2, 1))
    with pytest.raises(ValueError, match=r"factors must be .* got torch.float32 of shape \(3, 2\)"):
        G.sample(labels, factors=torch.zeros(3, 2))
    with pytest.raises(ValueError, match=r"z must be of shape \(n, 4\), one row an image; got torch.float32 of shape \(2, 5\)"):
        G.sample(labels, z=torch.zeros(2, 5))
    with pytest.raises(ValueError, match=r"each of the 3 images, shape \(3,\); got torch.int64 of shape \(2,\)"):
        G.sample(labels, z=torch.zeros(3, 4))
