"""The denoisers' recipes: published sizes, exact resume, an honest card; with tiny networks and images."""

import json
from dataclasses import replace

import pytest
import torch

from course_lib import models, train, zoo
from course_lib.train import checkpoint
from course_lib.train.recipes import denoisers


@pytest.fixture
def tiny(monkeypatch):
    """Every recipe with its own task and kind of network, but small."""
    generator = torch.Generator().manual_seed(0)

    def images(colour):
        channels = 3 if colour else 1
        return [torch.rand(channels, 20, 24, generator=generator) for _ in range(3)], [
            ("held", torch.rand(channels, 16, 16, generator=generator))
        ]

    small = {
        name: replace(r, arguments={**r.arguments, "depth": 3, "features": 4}, patch_size=8, batch_size=4)
        for name, r in denoisers.DENOISERS.items()
    }
    monkeypatch.setattr(denoisers, "DENOISERS", small)
    monkeypatch.setattr(denoisers, "training_images", images)
    monkeypatch.setattr(denoisers, "_SAVE_EVERY", 2)
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    return small


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("dncnn-s25", 556_097),
        ("dncnn-blind", 667_073),
        ("dncnn-blind-color", 669_379),
        ("ffdnet-gray", 485_316),
        ("ffdnet-color", 852_108),
        ("bias-free", 64 * 9 * 2 + 15 * 64 * 64 * 9),
    ],
)
def test_the_networks_have_the_published_size(name, parameters):
    recipe = denoisers.DENOISERS[name]
    network = getattr(models, recipe.model)(**recipe.arguments)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_the_ways_to_learn_differ_in_the_task_only():
    one, *others = (denoisers.DENOISERS[name] for name in ("n2c", "n2n", "n2v", "sure"))
    for other in others:
        assert replace(other, task=one.task, autocast=one.autocast) == one


@pytest.mark.parametrize("name", denoisers.DENOISERS)
def test_every_recipe_runs_and_leaves_weights_and_card(name, tiny, tmp_path):
    denoisers.RECIPES[name](out=tmp_path, steps=3)
    card = zoo.card(name, tmp_path)
    network = zoo.load(name, folder=tmp_path)
    assert type(network).__name__ == tiny[name].model
    assert card["steps"] == 3
    assert set(card["metrics"]) == {"held_out_psnr"}
    assert list(card["metrics"]["held_out_psnr"]) == [str(sigma) for sigma in tiny[name].sigmas]
    _, held_out = denoisers.training_images(tiny[name].colour)
    assert json.loads((tmp_path / f"{name}.json").read_text())["command"] == f"python -m course_lib train {name} --steps 3"
    assert held_out[0][1].shape[0] == (3 if tiny[name].colour else 1)


def test_an_interrupted_run_ends_with_the_same_weights(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(
        denoisers, "training_images", lambda colour: ([torch.linspace(0, 1, 480).view(1, 20, 24)], [("held", torch.zeros(1, 16, 16))])
    )
    denoisers.train_denoiser("dncnn-s25", out=tmp_path / "whole", steps=7)
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        denoisers.train_denoiser("dncnn-s25", out=tmp_path / "halves", steps=7)
    monkeypatch.setattr(checkpoint, "save", save)
    assert checkpoint.load(tmp_path / "halves" / "checkpoint.safetensors")["training"]["step"] == 2
    denoisers.train_denoiser("dncnn-s25", out=tmp_path / "halves", steps=7, resume=True)
    cards = [zoo.card("dncnn-s25", tmp_path / run) for run in ("whole", "halves")]
    assert cards[0]["sha256"] == cards[1]["sha256"]
    assert cards[0]["metrics"] == cards[1]["metrics"]


def test_another_batch_size_is_written_on_the_card_and_not_resumed(tiny, tmp_path, capsys):
    run = ["n2c", "--steps", "2", "--batch-size", "2", "--out", str(tmp_path)]
    assert train.main(run) == 0
    card = zoo.card("n2c", tmp_path)
    assert card["command"] == "python -m course_lib train n2c --steps 2 --batch-size 2"
    assert card["batch"] == "2 patches of 8×8"
    with pytest.raises(ValueError, match="begun with 2 patches in a batch; got 4"):
        denoisers.train_denoiser("n2c", out=tmp_path, steps=2, resume=True)


def test_psnr_is_that_of_the_network_told_the_level():
    class Knows(models.FFDNet):
        def forward(self, y, sigma):
            return y - (sigma / 255 if sigma == 25 else 1)

    flat = [("flat", torch.full((1, 32, 32), 0.5))]
    assert denoisers.psnr_at(Knows(depth=2, features=2), 25, flat) > denoisers.psnr_at(Knows(depth=2, features=2), 26, flat) + 5


def test_training_and_held_out_images_do_not_overlap(course_data):
    images, held_out = denoisers.training_images(False)
    assert len(images) == 400 - denoisers.HELD_OUT
    assert len(held_out) == denoisers.HELD_OUT
    assert not any(torch.equal(image, held) for image in images for _, held in held_out)
