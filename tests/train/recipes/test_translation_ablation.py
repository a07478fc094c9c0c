"""The ablation with tiny networks: every variant changes what its name says, and finished runs are not repeated."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from course_lib.models import receptive_field
from course_lib.train.recipes import image_to_image
from course_lib.train.recipes import translation_ablation as recipe


@pytest.fixture
def tiny(monkeypatch):
    full = image_to_image.PIX2PIX["pix2pix-scenes"]
    narrow = replace(
        full, generator=full.generator | {"features": 2, "max_features": 4}, discriminator={"layers": 2, "features": 2}, batch_size=2
    )
    monkeypatch.setitem(image_to_image.PIX2PIX, "pix2pix-scenes", narrow)
    monkeypatch.setattr(image_to_image, "_SCENES", 4)
    monkeypatch.setattr(image_to_image, "_UNSEEN", 8)
    monkeypatch.setattr(recipe, "SHOWN", 2)


@pytest.mark.parametrize("variant", recipe.VARIANTS)
def test_every_variant_is_what_its_name_says(variant, tiny):
    training = recipe.ablation_training(variant, steps=1)
    assert (training.l1_weight > 0) is ("L1" in variant)
    assert (training.gan_weight > 0) is ("GAN" in variant)
    assert training.G.skips is ("no skips" not in variant)
    assert (training.D.condition_channels > 0) is ("does not see" not in variant)
    side = int(variant.rpartition(" ")[2]) if "patch" in variant else 34
    assert receptive_field(training.D) == side
    assert torch.isfinite(training.step().loss_g)


def test_seeds_change_the_weights_and_the_order_of_the_batches(tiny):
    first, again, other = (recipe.ablation_training("L1", seed, steps=1).step() for seed in (0, 0, 1))
    assert first.l1 == again.l1 != other.l1
    assert recipe.ablation_training("L1", 1).batches.seed == 1


def test_finished_runs_are_not_repeated(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "RUNS", recipe.RUNS[:2])
    recipe.RECIPES["ablation-scenes"](out=tmp_path, steps=1)
    with np.load(tmp_path / "ablation-scenes.npz") as file:
        history = dict(file)
    assert history["variant"].tolist() == ["L1 + cGAN", "L1"]
    assert history["pictures"].shape == (2, 2, 3, 64, 64)
    assert history["labels"].shape == (2, 2, 64, 64)
    assert history["expected_iou"].tolist() == [1, 1]
    assert (history["psnr"] < history["expected_psnr"]).all()
    monkeypatch.setattr(recipe, "run", None)  # a call would fail
    recipe.RECIPES["ablation-scenes"](out=tmp_path, steps=1, resume=True)
    with np.load(tmp_path / "ablation-scenes.npz") as file:
        assert all(np.array_equal(file[key], history[key]) for key in history)


def test_the_published_losses_are_compared_over_three_seeds():
    for variant in ("L1 + cGAN", "L1", "cGAN"):
        assert sorted(seed for name, seed in recipe.RUNS if name == variant) == [0, 1, 2]
    assert len(set(recipe.RUNS)) == len(recipe.RUNS)
