"""The comparison of the cures with tiny networks: equal starts, exact resume, a history that says what happened."""

import numpy as np
import pytest
import torch

from course_lib import data, zoo
from course_lib.train.recipes import stability


@pytest.fixture
def tiny(monkeypatch):
    images = {train: data.glyphs.dataset(600, seed=3 + train).images for train in (True, False)}
    monkeypatch.setattr(stability, "_glyphs", images.__getitem__)
    for name, value in {"_FEATURES": 2, "_LATENT_DIM": 4, "SAMPLES": 60, "SHOWN": 3, "EVERY": 2, "STEPS": 4}.items():
        monkeypatch.setattr(stability, name, value)
    return images


def test_every_variant_starts_from_the_same_generator_and_batch_and_takes_a_step(tiny):
    starts, batches = [], []
    for variant in stability.VARIANTS:
        training = stability.stability_training(variant, seed=1, steps=1)
        starts.append(torch.cat([p.detach().flatten() for p in training.G.parameters()]))
        batches.append(training.batches.tensors[0][training.batches.position :][:1])
        (report,) = training
        assert torch.isfinite(report.loss_d), variant
        moved = torch.cat([p.detach().flatten() for p in training.G.parameters()])
        assert not torch.equal(moved, starts[-1]), variant
    assert all(torch.equal(start, starts[0]) for start in starts)
    assert all(torch.equal(batch, batches[0]) for batch in batches)


def test_few_images_are_few_and_are_augmented_only_where_it_says_so(tiny):
    plain, augmented = (stability.stability_training(f"500 images{name}") for name in ("", ", DiffAugment"))
    assert len(plain.batches.tensors[0]) == len(augmented.batches.tensors[0]) == 500
    assert plain.augment is None
    assert augmented.augment is not None


def test_asking_D_leaves_it_as_it_was(tiny):
    D = stability.stability_training("non-saturating, batch norm").D
    before = {name: value.clone() for name, value in D.state_dict().items()}
    first = stability.logits(D, tiny[True][:128])
    assert D.training
    assert stability.logits(D, tiny[True][:128]) == first
    assert stability.logits(D, tiny[True][:128] * 0.5) != first
    assert all(torch.equal(value, before[name]) for name, value in D.state_dict().items())
    assert all(parameter.requires_grad for parameter in D.parameters())


def test_the_history_holds_every_run_and_a_resumed_comparison_repeats_none(tiny, tmp_path, monkeypatch):
    runs = (("hinge, spectral norm", 0), ("non-saturating, R1", 1))
    monkeypatch.setattr(stability, "RUNS", runs)
    stability.train("stability-glyphs", out=tmp_path, steps=5)
    with np.load(tmp_path / "stability-glyphs.npz", allow_pickle=False) as file:
        first = dict(file)
    assert [*zip(first["variant"], first["seed"], strict=True)] == [*runs]
    assert first["step"].tolist() == [[2, 4, 5]] * 2
    assert np.isfinite(first["fid"]).all()
    assert first["samples"].shape == (2, 3, 28, 28)
    assert first["samples"].dtype == np.uint8
    assert (first["precision"] <= 1).all()
    assert (np.abs(first["background"] - 0.5) < 0.2).all()  # G begins grey

    def never(*_):
        raise AssertionError("a finished run was repeated")

    monkeypatch.setattr(stability, "run", never)
    stability.train("stability-glyphs", out=tmp_path, steps=5, resume=True)
    with np.load(tmp_path / "stability-glyphs.npz", allow_pickle=False) as file:
        assert all(np.array_equal(file[key], first[key]) for key in first)
    with pytest.raises(AssertionError, match="repeated"):
        stability.train("stability-glyphs", out=tmp_path, steps=5)


def test_a_run_can_be_repeated(tiny):
    one, other = (stability.run("WGAN-GP", 0, 3) for _ in range(2))
    assert torch.equal(one["samples"], other["samples"])
    assert one["fid"].tolist() == other["fid"].tolist()
    assert one["step"].tolist() == [2, 3]


def test_the_shipped_history_has_the_runs_of_the_recipe():
    with np.load(zoo.HISTORIES / "stability-glyphs.npz", allow_pickle=False) as file:
        history = dict(file)
    assert [*zip(history["variant"], history["seed"], strict=True)] == [*stability.RUNS]
    assert history["step"][0].tolist() == [*range(stability.EVERY, stability.STEPS + 1, stability.EVERY)]
    assert history["samples"].shape == (len(stability.RUNS), stability.SHOWN, 28, 28)
    assert (history["fid"] > 0).all()
    assert ((history["background"] >= 0) & (history["background"] < 0.2)).all()
