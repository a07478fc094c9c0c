"""The conditional GAN's recipes with tiny networks and few glyphs: they resume exactly, and the evaluation tells good from bad."""

from functools import partial

import pytest
import torch

from course_lib import zoo
from course_lib.train import checkpoint
from course_lib.train.recipes import conditional_gan as recipe

DIGITS = "0123456789"


class Sampler(torch.nn.Module):
    """A "generator" that hands out given images, whatever is asked for."""

    def __init__(self, images):
        super().__init__()
        self.images = torch.nn.Parameter(images)

    def sample(self, labels, generator=None, factors=None):
        return self.images.detach()[: len(labels)]


@pytest.fixture
def tiny(monkeypatch):
    """Ten digits for the 36 characters, and in place of MNIST and Fashion-MNIST; networks two features wide."""
    digits = {train: recipe.data.glyphs.dataset(400, classes=DIGITS, seed=2 if train else 1) for train in (True, False)}
    load = zoo.load

    def with_glyphs_judge(name, device=None, folder=zoo.WEIGHTS):
        role, _, source = name.partition("-")
        return load(f"{role}-glyphs" if role in ("judge", "features") else name, device, folder)

    monkeypatch.setattr(recipe, "CHARACTERS", DIGITS)
    monkeypatch.setattr(recipe, "characters", lambda train: digits[train])
    monkeypatch.setattr(recipe, "real_images", lambda source, train: (digits[train].images.clone(), digits[train].labels))
    monkeypatch.setattr(recipe, "_GLYPHS", 400)
    monkeypatch.setattr(recipe, "_FEATURES", 2)
    monkeypatch.setattr(recipe, "_SAVE_EVERY", 5)
    monkeypatch.setattr(zoo, "load", with_glyphs_judge)
    monkeypatch.setattr(recipe, "evaluate", partial(recipe.evaluate, n=200))
    return digits


@pytest.mark.parametrize("name", ["cgan-glyphs", "cgan-mnist"])
def test_an_interrupted_run_ends_with_the_same_weights_and_figures(name, tiny, tmp_path, monkeypatch):
    train = recipe.RECIPES[name]
    train(out=tmp_path / "whole", steps=12)
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        train(out=tmp_path / "halves", steps=12)
    monkeypatch.setattr(checkpoint, "save", save)
    assert checkpoint.load(tmp_path / "halves" / "checkpoint.safetensors")["training"]["step"] == 5
    train(out=tmp_path / "halves", steps=12, resume=True)
    cards = [zoo.card(name, tmp_path / run) for run in ("whole", "halves")]
    assert cards[0]["sha256"] == cards[1]["sha256"]
    assert cards[0]["metrics"] == cards[1]["metrics"]


@pytest.mark.parametrize("name", recipe.RECIPES)
def test_every_recipe_leaves_weights_and_an_honest_card(name, tiny, tmp_path):
    recipe.RECIPES[name](out=tmp_path, steps=3)
    card = zoo.card(name, tmp_path)
    assert card["command"] == f"python -m course_lib train {name}"
    assert {"data", "conditioning", "steps", "batch_size", "seed", "hardware", "wall_time_s"} <= set(card)
    conditioning = name.rpartition("-")[2] if name.count("-") == 2 else "projection"
    assert card["conditioning"] == conditioning
    assert card["model"] == recipe.PLAYERS[conditioning][0].__name__
    G = zoo.load(name, folder=tmp_path)
    glyphs = "glyphs" in name
    assert list(G.factors) == (["slant", "thickness"] if glyphs else [])
    assert card.get("characters") == (DIGITS if glyphs else None)
    assert G.sample(torch.tensor([3, 3])).shape == (2, 1, 28, 28)
    metrics = card["metrics"]
    assert {"accuracy", "accuracy_real", "fid", "intra_fid", "diversity"} <= set(metrics)
    assert ("factors" in metrics) is glyphs
    assert metrics["samples"] == metrics["fid"]["n"] == 200


def test_a_resumed_run_keeps_its_schedule(tiny, tmp_path):
    recipe.RECIPES["cgan-mnist"](out=tmp_path, steps=5)
    with pytest.raises(ValueError, match="was begun for 5 steps, and its learning rate depends on that; got 6"):
        recipe.RECIPES["cgan-mnist"](out=tmp_path, steps=6, resume=True)


def test_evaluation_tells_good_from_bad(tiny):
    """Real images; the same with other images' labels; one image a class; noise."""
    unseen, train = tiny[False], tiny[True]
    order = torch.cat([(train.labels == label).nonzero().squeeze(1)[:40] for label in range(10)])
    place = torch.empty_like(order)
    place[torch.argsort(unseen.labels, stable=True)] = order
    real = recipe.evaluate(Sampler(train.images[place]), "characters")
    unpaired = recipe.evaluate(Sampler(train.images[place.roll(1)]), "characters")
    single = train.images[order[::40]][unseen.labels]
    one = recipe.evaluate(Sampler(single), "characters")
    noise = recipe.evaluate(Sampler(torch.rand(400, 1, 28, 28, generator=torch.Generator().manual_seed(0))), "characters")
    assert real["accuracy"] > 0.98
    assert real["accuracy_real"] > 0.98
    assert real["intra_fid"]["value"] == pytest.approx(real["intra_fid"]["floor"], rel=1e-6)
    assert real["intra_fid"]["n"] == 40
    assert real["diversity"] == pytest.approx(real["diversity_floor"], rel=1e-6)
    assert real["diversity"] == pytest.approx(1, abs=0.05)
    assert unpaired["accuracy"] < 0.3
    assert unpaired["fid"]["value"] < 2 * real["fid"]["value"] + 1  # the cloud as a whole is as good
    assert unpaired["intra_fid"]["value"] > 5 * real["intra_fid"]["value"]
    assert one["accuracy"] > 0.95
    assert one["diversity"] == 0
    assert noise["accuracy"] < 0.3
    assert noise["fid"]["value"] == pytest.approx(noise["fid"]["ceiling"], rel=0.2)
    assert noise["fid"]["text"].startswith("FID(features-characters (64)) = ")


def test_asked_and_measured_factors_agree_on_real_glyphs_and_on_nothing_else(tiny):
    """Drawn as asked, the correlation is that of the measurement itself; drawn by chance, nothing."""
    unseen = tiny[False]
    as_asked = recipe.evaluate(Sampler(unseen.images), "characters")["factors"]
    for name in ("slant", "thickness"):
        assert as_asked[name]["correlation"] == pytest.approx(as_asked[name]["real"], abs=1e-6)
        assert as_asked[name]["real"] > 0.93
    by_chance = recipe.evaluate(Sampler(unseen.images.roll(1, 0)), "characters")["factors"]
    assert max(abs(found["correlation"]) for found in by_chance.values()) < 0.2


def test_conditions_are_in_the_order_that_the_networks_expect(tiny):
    images, labels, factors = recipe.images_and_conditions("characters", train=False)
    assert list(recipe.conditions("characters")["factors"]) == ["slant", "thickness"]
    drawn = tiny[False]
    assert torch.equal(factors[:, 0], drawn.factors["slant"])
    assert torch.equal(factors[:, 1], drawn.factors["thickness"])
    assert torch.equal(images, drawn.images)
    assert torch.equal(labels, drawn.labels)
    assert len(recipe.images_and_conditions("mnist", train=True)) == 2
