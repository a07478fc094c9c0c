"""The DCGAN's recipe with tiny networks: it resumes exactly, keeps its history, and its evaluation tells good from bad."""

from functools import partial

import numpy as np
import pytest
import torch

from course_lib import zoo
from course_lib.train import checkpoint
from course_lib.train.recipes import dcgan


class Sampler(torch.nn.Module):
    """A "generator" that hands out given images."""

    def __init__(self, images):
        super().__init__()
        self.images = torch.nn.Parameter(images)

    def sample(self, n, generator=None):
        return self.images.detach()[:n]


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(dcgan, "_GENERATOR", {"size": 28, "latent_dim": 4, "features": 2, "channels": 1})
    monkeypatch.setattr(dcgan, "_DISCRIMINATOR", {"size": 28, "features": 2, "channels": 1, "norm": "none"})
    monkeypatch.setattr(dcgan, "_BLOCK", 2)
    monkeypatch.setattr(dcgan, "_FID_SAMPLES", 100)
    images = {train: dcgan.real_images("glyphs", train)[0][:400] for train in (True, False)}
    monkeypatch.setattr(dcgan, "real_images", lambda source, train: (images[train], None))
    monkeypatch.setattr(dcgan, "_GLYPHS", 400)
    monkeypatch.setattr(dcgan, "evaluate", partial(dcgan.evaluate, n=200))
    return images


def test_snapshots_are_spaced_logarithmically():
    steps = dcgan.snapshot_steps(40_000)
    assert len(steps) == 17
    assert (steps[0], steps[1], steps[-1]) == (0, 10, 40_000)
    ratios = [b / a for a, b in zip(steps[1:-1], steps[2:-1], strict=False)]
    assert max(ratios) / min(ratios) < 1.1
    assert dcgan.snapshot_steps(30_000) == [step for step in steps if step <= 30_000]
    assert dcgan.snapshot_steps(3) == [0, 3]


def test_an_interrupted_run_ends_with_the_same_weights_and_history(tiny, tmp_path, monkeypatch):
    dcgan.train_dcgan("glyphs", out=tmp_path / "whole", steps=24)
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        dcgan.train_dcgan("glyphs", out=tmp_path / "halves", steps=24)
    monkeypatch.setattr(checkpoint, "save", save)
    assert checkpoint.load(tmp_path / "halves" / "checkpoint.safetensors")["training"]["step"] == 10
    dcgan.train_dcgan("glyphs", out=tmp_path / "halves", steps=24, resume=True)
    cards = [zoo.card("dcgan-glyphs", tmp_path / run) for run in ("whole", "halves")]
    assert cards[0]["sha256"] == cards[1]["sha256"]
    assert cards[0]["metrics"] == cards[1]["metrics"]
    histories = [np.load(tmp_path / run / "dcgan-glyphs.npz", allow_pickle=False) for run in ("whole", "halves")]
    for key in histories[0].files:
        assert np.array_equal(histories[0][key], histories[1][key]), key
    assert histories[0]["samples"].shape == (len(dcgan.snapshot_steps(24)), 25, 28, 28)
    assert histories[0]["samples"].dtype == np.uint8
    assert len(histories[0]["loss_d"]) == 12
    net = zoo.load("dcgan-glyphs", folder=tmp_path / "whole")
    first = ((net(torch.randn(25, 4, generator=torch.Generator().manual_seed(7))) + 1) * 127.5).squeeze(1)
    assert np.abs(histories[0]["samples"][-1].astype(float) - first.numpy()).max() <= 2  # the last snapshot is what ships, rounded


def test_evaluation_tells_real_images_from_copies_and_from_noise(tiny):
    real = dcgan.evaluate(Sampler(tiny[False]), "glyphs")
    copies = dcgan.evaluate(Sampler(tiny[True]), "glyphs")
    noise = dcgan.evaluate(Sampler(torch.rand(200, 1, 28, 28)), "glyphs")
    one = dcgan.evaluate(Sampler(tiny[False][:1].expand(200, -1, -1, -1)), "glyphs")
    assert real["confidence"] > 0.95
    assert copies["neighbour_ratio"] < 0.8  # half of the training images drawn for comparison are these
    assert noise["fid_share_of_ceiling"] == pytest.approx(1, abs=0.2)
    assert one["smallest_class_share"] == 0
    assert one["recall"] < 0.1
    assert copies["fid"]["value"] < 0.2 * noise["fid"]["value"]
    assert f"n = 200, floor {copies['fid']['floor']:.2f}" in copies["fid"]["text"]
    assert copies["fid"]["features"] == "features-glyphs (64)"
