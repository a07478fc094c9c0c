"""The zoo: weights are what their cards say, damage is found, and what a generator reaches is known."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from course_lib import models, zoo

NAMES = zoo.list()
GENERATORS = [name for name in NAMES if name.startswith("dcgan-")]


@pytest.mark.parametrize("name", NAMES)
def test_weights_and_card_belong_together(name):
    card, path = zoo.card(name), zoo.WEIGHTS / f"{name}.safetensors"
    assert card["name"] == name
    assert {"command", "data", "steps", "seed", "hardware", "wall_time_s", "metrics"} <= set(card)
    recipe = card["command"].removeprefix("python -m course_lib train ").replace(",", " ").split()[0]
    assert name in (recipe, f"{recipe}-back", f"{recipe}-paired")  # CycleGAN's recipe trains three
    assert hashlib.sha256(path.read_bytes()).hexdigest() == card["sha256"]
    assert path.stat().st_size <= 8e6
    network = zoo.load(name)
    assert type(network) is getattr(models, card["model"])
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    assert all(p.isfinite().all() and p.dtype == torch.float32 for p in network.parameters())


def test_all_weights_together_are_small():
    assert sum(path.stat().st_size for path in zoo.WEIGHTS.iterdir()) <= 60e6


def test_a_round_trip(tmp_path):
    torch.manual_seed(0)
    net = models.MLPGenerator(2, 4, 8, 1)
    zoo.save(tmp_path / "new", "toy", net, {"dim": 2, "latent_dim": 4, "width": 8, "depth": 1}, {"steps": 3})
    again = zoo.load("toy", "cpu", tmp_path / "new")
    for ours, stored in zip(net.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours.half().float(), stored)
    assert zoo.card("toy", tmp_path / "new")["steps"] == 3
    assert load_file(tmp_path / "new" / "toy.safetensors")["layers.0.weight"].dtype == torch.float16
    zoo.save(tmp_path / "new", "toy", net, {"dim": 2, "latent_dim": 4, "width": 8, "depth": 1}, {}, dtype=torch.float32)
    assert torch.equal(zoo.load("toy", folder=tmp_path / "new").layers[0].weight, net.layers[0].weight)


@pytest.mark.bad_input
def test_unknown_names_and_damaged_files(tmp_path):
    with pytest.raises(ValueError, match="there are no weights 'nothing'"):
        zoo.load("nothing")
    zoo.save(tmp_path, "toy", models.MLPGenerator(), {}, {})
    path = tmp_path / "toy.safetensors"
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(ValueError, match="is damaged: its sha256 is"):
        zoo.load("toy", folder=tmp_path)
    path.write_bytes(b"not weights")
    card = json.loads((tmp_path / "toy.json").read_text()) | {"sha256": hashlib.sha256(b"not weights").hexdigest()}
    (tmp_path / "toy.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="is damaged"):
        zoo.load("toy", folder=tmp_path)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_generators_meet_their_targets(name):
    """On 10,000 samples, by networks that had no part in their training."""
    metrics = zoo.card(name)["metrics"]
    assert metrics["samples"] == 10_000
    meets = {
        "smallest_class_share": metrics["smallest_class_share"] >= 0.05,
        "confidence": metrics["confidence"] >= (0.9 if name == "dcgan-fashion" else 0.95),
        "fid_share_of_ceiling": metrics["fid_share_of_ceiling"] <= 0.015,
        "precision": metrics["precision"] >= 0.6,
        "recall": metrics["recall"] >= 0.6,
        "neighbour_ratio": 0.9 <= metrics["neighbour_ratio"] <= 1.1,
    }
    assert all(meets.values()), meets


@pytest.mark.parametrize("name", GENERATORS)
def test_the_card_speaks_of_the_weights_that_are_there(name):
    """The judge's confidence and the shares of the classes, anew on 1000 samples."""
    metrics = zoo.card(name)["metrics"]
    images = zoo.load(name).sample(1000, torch.Generator().manual_seed(5))
    probabilities = zoo.load(f"judge-{name.removeprefix('dcgan-')}")(images).softmax(1)
    assert probabilities.amax(1).mean().item() == pytest.approx(metrics["confidence"], abs=0.03)
    shares = probabilities.argmax(1).bincount(minlength=10) / 1000
    assert np.abs(shares.numpy() - metrics["class_shares"]).max() < 0.05


@pytest.mark.parametrize("name", GENERATORS)
def test_the_history_for_the_time_machine(name):
    path = zoo.HISTORIES / f"{name}.npz"
    assert path.stat().st_size <= 300_000
    history = np.load(path, allow_pickle=False)
    assert history["step"][0] == 0
    assert history["step"][-1] == zoo.card(name)["steps"]
    assert history["samples"].shape == (len(history["step"]), 25, 28, 28)
    assert len(history["fid"]) == len(history["step"])
    assert history["fid"][-1] < 0.1 * history["fid"][0]
    assert len(history["loss_d"]) == len(history["loss_g"]) == zoo.card(name)["steps"] // int(history["block"])
    assert np.isfinite(history["loss_d"]).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("cgan-")])
def test_the_conditional_generators_meet_their_targets(name):
    """On 10,000 samples, by a judge that had no part in their training, and on all unseen images within the classes."""
    metrics = zoo.card(name)["metrics"]
    assert metrics["samples"] == 10_000
    assert metrics["accuracy"] >= (0.88 if name == "cgan-fashion" else 0.97)
    assert metrics["diversity"] >= 0.8
    assert all(factor["correlation"] >= 0.9 for factor in metrics.get("factors", {}).values())


# PSNR in dB on Set5
SET5 = {
    "fsrcnn-x2": 36.8,
    "fsrcnn-x3": 32.9,
    "fsrcnn-x4": 30.4,
    "srcnn-955-x3": 32.5,
    "espcn-x3": 32.8,
    "srresnet-small-x4": 30.9,
}


def test_the_super_resolution_networks_meet_their_targets_but_for_the_known_gap():
    """ESPCN ×3 lies 0.05 dB below its target."""
    reached = {name: next(iter(zoo.card(name)["metrics"]["Set5_psnr"].values())) for name in SET5}
    assert {name for name, psnr in reached.items() if psnr < SET5[name]} == {"espcn-x3"}


@pytest.mark.parametrize("name", [name for name in NAMES if "Set5_psnr" in zoo.card(name)["metrics"]])
def test_a_super_resolution_card_speaks_of_the_weights_that_are_there(name, course_data):
    from course_lib import data
    from course_lib.train.recipes.super_resolution import SUPER_RESOLUTION, pair, quality

    recipe = SUPER_RESOLUTION[name]
    pairs = [pair(image, recipe.scale, recipe.colour) for _, image in data.images("Set5", "rgb")]
    found, said = quality(zoo.load(name), pairs), zoo.card(name)["metrics"]
    assert found["psnr"] == pytest.approx(said["Set5_psnr"][f"x{recipe.scale}"], abs=0.01)
    assert found["ssim"] == pytest.approx(said["Set5_ssim"][f"x{recipe.scale}"], abs=1e-3)
