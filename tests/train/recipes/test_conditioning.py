"""The comparison of three ways of conditioning, with tiny networks: what differs is the way, and the history holds what was measured."""

import numpy as np
import pytest
import torch

from course_lib import models
from course_lib.train.recipes import conditional_gan
from course_lib.train.recipes import conditioning as recipe


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(conditional_gan, "_GLYPHS", 144)
    monkeypatch.setattr(recipe, "FEATURES", 2)


def test_all_ways_see_the_same_batches(tiny):
    first = []
    for conditioning, (G, D) in conditional_gan.PLAYERS.items():
        training = conditional_gan.conditional_training("characters", conditioning, 4, features=2, seed=3)
        assert type(training.G) is G
        assert type(training.D) is D
        first.append(next(training.batches))
    for batch in first[1:]:
        assert all(torch.equal(one, other) for one, other in zip(batch, first[0], strict=True))


def test_the_history_holds_what_was_measured(tiny, tmp_path, monkeypatch):
    judged = []

    def evaluate(G, source):
        judged.append((type(G), source))
        number = float(len(judged))
        scores = {key: {"value": number, "floor": 0.5} for key in ("fid", "intra_fid")}
        figures = dict.fromkeys(("accuracy", "accuracy_real", "smallest_accuracy", "diversity", "diversity_smallest"), number)
        return figures | scores | {"factors": {name: {"correlation": number, "real": 0.9} for name in ("slant", "thickness")}}

    monkeypatch.setattr(conditional_gan, "evaluate", evaluate)
    recipe.RECIPES["conditioning-glyphs"](out=tmp_path, steps=1)
    with np.load(tmp_path / "conditioning-glyphs.npz", allow_pickle=False) as file:
        history = dict(file)
    assert list(zip(history["variant"], history["seed"], strict=True)) == list(recipe.RUNS)
    assert history["intra_fid"].tolist() == [*range(1, len(recipe.RUNS) + 1)]
    assert history["slant_real"].tolist() == pytest.approx([0.9] * len(recipe.RUNS))
    generators = {"projection": models.ConditionalNormGenerator}
    assert [kind for kind, _ in judged] == [generators.get(variant, models.ConcatGenerator) for variant, _ in recipe.RUNS]


def test_every_way_is_run_with_every_seed():
    assert len(set(recipe.RUNS)) == len(recipe.RUNS)
    for seed in {seed for _, seed in recipe.RUNS}:
        assert {variant for variant, s in recipe.RUNS if s == seed} == set(conditional_gan.PLAYERS)
