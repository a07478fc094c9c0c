"""The translators' recipes with tiny networks and few images: they resume exactly, and the evaluation tells good from bad."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib import data, images, zoo
from course_lib.data import scenes
from course_lib.train import checkpoint
from course_lib.train.recipes import all_recipes
from course_lib.train.recipes import image_to_image as recipe

PIXELS = 32


class Rule(nn.Module):
    """A "translator" that follows a given function."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def translate(self, images, generator=None):
        return self.rule(images)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Twenty scenes, ten made-up facades a folder and photographs of noise; networks two features wide, pictures of 32 pixels."""
    generator = torch.Generator().manual_seed(0)
    for folder in ("facades/train", "facades/val", "facades/test", "BSDS500/train", "BSDS500/test"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        for number in range(6 if folder.startswith("BSDS") else 10):
            shape = (36 + 4 * number, 60) if folder.startswith("BSDS") else (40, 80)
            images.save(torch.rand(3, *shape, generator=generator), tmp_path / "data" / folder / f"{number}.png")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    for name, value in {"_SCENES": 20, "_UNSEEN": 12, "HELD_OUT": 4, "_SIZE": PIXELS, "_SAVE_EVERY": 2}.items():
        monkeypatch.setattr(recipe, name, value)
    for name, full in recipe.PIX2PIX.items():
        G = full.generator | {"depth": 5, "features": 2, "max_features": 4}
        monkeypatch.setitem(
            recipe.PIX2PIX, name, replace(full, generator=G, discriminator=full.discriminator | {"layers": 1, "features": 2})
        )
    narrow = replace(
        recipe.CYCLE_GAN,
        generator={"blocks": 1, "features": 2},
        discriminator=recipe.CYCLE_GAN.discriminator | {"layers": 1, "features": 2},
    )
    monkeypatch.setattr(recipe, "CYCLE_GAN", narrow)


@pytest.mark.parametrize("name", ["pix2pix-scenes", "pix2pix-colour", "cyclegan-scenes"])
def test_an_interrupted_run_ends_with_the_same_weights_and_figures(name, tiny, tmp_path, monkeypatch):
    train = recipe.RECIPES[name]
    train(out=tmp_path / "whole", steps=3)
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        train(out=tmp_path / "halves", steps=3)
    monkeypatch.setattr(checkpoint, "save", save)
    assert checkpoint.load(tmp_path / "halves" / "checkpoint.safetensors")["training"]["step"] == 2
    train(out=tmp_path / "halves", steps=3, resume=True)
    cards = [zoo.card(name, tmp_path / run) for run in ("whole", "halves")]
    assert cards[0]["sha256"] == cards[1]["sha256"]
    assert cards[0]["metrics"] == cards[1]["metrics"]


@pytest.mark.parametrize("name", recipe.PIX2PIX)
def test_every_paired_recipe_leaves_weights_and_an_honest_card(name, tiny, tmp_path, capsys):
    recipe.RECIPES[name](out=tmp_path, steps=2)
    card = zoo.card(name, tmp_path)
    assert card["command"] == f"python -m course_lib train {name}"
    assert {"data", "weights", "steps", "batch_size", "learning_rate", "seed", "hardware", "wall_time_s"} <= set(card)
    assert card["model"] == "UNet"
    assert card["discriminator"]["receptive_field"] == 16
    assert card["weights"] == {"l1": 100, "gan": 1}
    G = zoo.load(name, folder=tmp_path)
    assert G.translate(torch.rand(1, G.input_channels, PIXELS, PIXELS)).shape[0] == 1
    metrics = card["metrics"]
    found = metrics["held_out"] if name == "pix2pix-colour" else metrics
    assert {"psnr", "l1", "patch_distance"} <= set(found)
    assert 0 < found["patch_distance"]["floor"] < found["patch_distance"]["ceiling"] or name == "pix2pix-facades"  # those are noise
    assert f"{name}: step 2/2" in capsys.readouterr().out


def test_cyclegan_leaves_both_directions_and_the_paired_bound(tiny, tmp_path):
    recipe.RECIPES["cyclegan-scenes"](out=tmp_path, steps=2)
    cards = {key: zoo.card(f"cyclegan-scenes{key}", tmp_path) for key in ("", "-back", "-paired")}
    assert [card["direction"] for card in cards.values()] == ["day to night", "night to day", "day to night"]
    assert len({card["sha256"] for card in cards.values()}) == 3
    assert all(card["command"] == "python -m course_lib train cyclegan-scenes" for card in cards.values())
    assert cards[""]["metrics"] == cards["-paired"]["metrics"]
    assert {"night", "day", "cycle", "references"} <= set(cards[""]["metrics"])
    assert set(cards[""]["metrics"]["references"]) == {"paired", "unchanged", "mean_picture"}
    assert zoo.load("cyclegan-scenes-back", folder=tmp_path).translate(torch.rand(1, 3, 64, 64)).shape == (1, 3, 64, 64)


def test_a_resumed_run_keeps_its_schedule(tiny, tmp_path):
    recipe.RECIPES["pix2pix-scenes"](out=tmp_path, steps=2)
    with pytest.raises(ValueError, match="was begun for 2 steps, and its learning rate depends on that; got 3"):
        recipe.RECIPES["pix2pix-scenes"](out=tmp_path, steps=3, resume=True)


def test_the_command_line_lists_the_recipes():
    assert {"pix2pix-scenes", "pix2pix-facades", "pix2pix-colour", "cyclegan-scenes"} <= set(all_recipes())


def test_scenes_are_judged_by_what_is_known_of_them(tiny, monkeypatch):
    """The rule itself, once with other noise and once without; a translator that ignores its map; one that answers grey."""
    monkeypatch.setattr(recipe, "_UNSEEN", 40)

    def painted(**settings):
        return recipe.evaluate_scenes(Rule(lambda maps: scenes.render(scenes.to_labels(maps), **settings)))

    perfect, blurred = painted(seed=recipe._UNSEEN_SEED), painted(texture=0)
    references = perfect["references"]
    assert perfect["l1"] == 0
    assert perfect["iou"] == perfect["pixel_accuracy"] == 1
    assert perfect["patch_distance"]["value"] == pytest.approx(0, abs=1e-6)
    assert {key: blurred[key] for key in ("psnr", "l1", "iou")} == {key: references["expected"][key] for key in ("psnr", "l1", "iou")}
    assert references["expected"]["psnr"] > references["other_noise"]["psnr"] + 2  # the smallest error
    assert references["expected"]["patch_distance"]["value"] > 2 * references["other_noise"]["patch_distance"]["value"]  # and no texture
    assert references["other_noise"]["patch_distance"]["value"] == references["other_noise"]["patch_distance"]["floor"]

    ignores = recipe.evaluate_scenes(Rule(lambda maps: scenes.render(scenes.draw(1, seed=7)).expand(len(maps), -1, -1, -1)))
    grey = recipe.evaluate_scenes(Rule(lambda maps: torch.full_like(maps, 0.5)))
    assert ignores["iou"] < 0.4
    assert grey["iou"] < 0.1
    assert grey["psnr"] < references["mean_picture"]["psnr"] < references["other_noise"]["psnr"]


def test_day_and_night_are_judged_by_the_hidden_pairing(tiny):
    to_night, to_day = (Rule(lambda x, way=way: scenes.relight(x, *way)) for way in (("day", "night"), ("night", "day")))
    exact = recipe.evaluate_day_and_night(to_night, to_day, to_night)
    assert exact["night"]["psnr"] > 60
    assert exact["day"]["psnr"] > 60
    assert exact["night"]["iou"] == exact["day"]["iou"] == 1
    assert exact["cycle"] < 1e-3
    negative = Rule(lambda x: 1 - x)
    inverted = recipe.evaluate_day_and_night(negative, negative, to_night)
    assert inverted["cycle"] < 1e-6  # there and back it is perfect
    assert inverted["night"]["iou"] < 0.5  # and it is nothing like the night
    assert inverted["night"]["psnr"] < inverted["references"]["mean_picture"]["psnr"] < exact["night"]["psnr"]
    assert inverted["references"]["paired"] == exact["night"]


def test_colour_is_judged_beside_none(tiny):
    grey = recipe.evaluate_colour(Rule(lambda y: torch.full_like(y, 128 / 255).expand(-1, 2, -1, -1)))
    for name in ("held_out", "photographs"):
        assert grey[name]["colourfulness"] < 0.01
        assert grey[name]["psnr"] == pytest.approx(grey[name]["grey"]["psnr"], abs=0.05)
    loud = recipe.evaluate_colour(Rule(lambda y: torch.tensor([0.3, 0.8]).view(1, 2, 1, 1).expand(len(y), -1, *y.shape[-2:])))
    assert loud["photographs"]["colourfulness"] > 1
    assert loud["photographs"]["psnr"] < grey["photographs"]["psnr"]
    assert grey["samples"] == 4 + len(recipe.PHOTOGRAPHS)


def test_facades_have_the_photograph_on_the_left(tiny, tmp_path):
    photographs, maps = recipe.facades("val", PIXELS)
    whole = dict(data.images("facades/val"))["3"]
    assert photographs.shape == maps.shape == (10, 3, PIXELS, PIXELS)
    assert (photographs[3].mean() - whole[..., :40].mean()).abs() < 0.02
    assert set(maps[3].flatten().tolist()) <= set(whole[..., 40:].flatten().tolist())  # no colour that was not there


def test_crops_are_cut_and_mirrored_together():
    place = torch.arange(20 * 24.0).reshape(1, 20, 24) / 480
    crops = recipe.Crops(
        [torch.cat([place.expand(3, -1, -1), 1 - place.expand(3, -1, -1)])] * 2, 16, lambda x: x.split(3, dim=1), 50, seed=1
    )
    x, c = next(crops)
    assert x.shape == c.shape == (50, 3, 16, 16)
    assert torch.allclose(x, -c, atol=0.01)  # the pair belongs together at every pixel
    across, down = (x[:, 0].diff(dim=axis).mean((1, 2)) for axis in (2, 1))
    assert 10 < (across > 0).sum() < 40  # about half are mirrored,
    assert (down > 0).all()  # none is turned upside down
    assert len({round(float(v), 3) for v in x[:, 0].mean((1, 2))}) > 10  # from many places
    following = next(crops)
    crops.position = 1
    assert all(torch.equal(a, b) for a, b in zip(next(crops), following, strict=True))


def test_the_real_facades_are_there(course_data):
    photographs, maps = recipe.facades("test", 32)
    assert len(photographs) == len(maps) == 106
    # label maps have few colours, photographs many
    levels = [torch.cat([(one * 255).round().flatten(1) for one in kind[:8]], 1).unique(dim=1).shape[1] for kind in (photographs, maps)]
    assert levels[1] < 0.5 * levels[0]
