"""The DCGAN's recipe with tiny networks: it resumes exactly, keeps its history, and its evaluation tells good from bad."""

import copy
from functools import partial

import numpy as np
import pytest
import torch

from course_lib import zoo
from course_lib.models import DCGANGenerator, SemiSupervisedDiscriminator
from course_lib.train import SemiSupervisedGanTraining, checkpoint
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
    monkeypatch.setattr(dcgan, "_DISCRIMINATOR_WITH_LABELS", {"classes": 10, "features": 2})
    monkeypatch.setattr(dcgan, "_BLOCK", 2)
    monkeypatch.setattr(dcgan, "_FID_SAMPLES", 100)
    real = {train: [tensor[:400] for tensor in dcgan.real_images("glyphs", train)] for train in (True, False)}
    images = {train: x for train, (x, _) in real.items()}
    monkeypatch.setattr(dcgan, "real_images", lambda source, train: real[train])
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


def test_mnist_goes_on_with_labels(tiny, tmp_path, monkeypatch):
    """From the averaged G, and for no more steps than before; what ships is the average at the end."""
    seen = {}
    second = dcgan.with_labels

    def watched(G, source, **settings):
        seen["before"] = copy.deepcopy(G.state_dict())
        averaged, seconds = second(G, source, **settings)
        seen.update(after=G.state_dict(), averaged=averaged.state_dict(), steps=settings["steps"])
        return averaged, seconds

    monkeypatch.setattr(dcgan, "with_labels", watched)
    monkeypatch.setitem(dcgan.STEPS_WITH_LABELS, "mnist", (12, 100))
    dcgan.train_dcgan("mnist", out=tmp_path, steps=62)
    assert seen["steps"] == [12, 62]
    assert all(torch.equal(seen["before"][name], seen["after"][name]) for name in seen["before"])
    card = zoo.card("dcgan-mnist", tmp_path)
    assert (card["steps"], card["steps_with_labels"]) == (62, [12, 62])
    shipped = zoo.load("dcgan-mnist", folder=tmp_path).state_dict()
    weight = "layers.0.weight"
    assert torch.allclose(shipped[weight], seen["averaged"][weight], rtol=0, atol=1e-3)
    assert (shipped[weight] - seen["before"][weight]).abs().max() > 2e-3
    assert np.load(tmp_path / "dcgan-mnist.npz", allow_pickle=False)["step"][-1] == 62  # the history is of the first part


def test_a_first_part_that_is_trained_on_has_a_second_part_of_its_own(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(dcgan.STEPS_WITH_LABELS, "mnist", (6,))
    dcgan.train_dcgan("mnist", out=tmp_path, steps=12)
    before = checkpoint.load(tmp_path / "with-labels-1.safetensors")["training"]["ema"]["layers.0.weight"]
    dcgan.train_dcgan("mnist", out=tmp_path, steps=20, resume=True)
    after = checkpoint.load(tmp_path / "with-labels-1.safetensors")["training"]["ema"]["layers.0.weight"]
    assert not torch.equal(before, after)
    dcgan.train_dcgan("mnist", out=tmp_path, steps=20, resume=True)  # all is done: nothing is done again
    assert torch.equal(after, checkpoint.load(tmp_path / "with-labels-1.safetensors")["training"]["ema"]["layers.0.weight"])


def test_an_interrupted_second_part_ends_with_the_same_weights(tiny, tmp_path, monkeypatch):
    torch.manual_seed(0)
    G = DCGANGenerator(**dcgan._GENERATOR).eval()
    whole, _ = dcgan.with_labels(G, "mnist", out=tmp_path / "whole", steps=[24])
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        dcgan.with_labels(G, "mnist", out=tmp_path / "halves", steps=[24])
    monkeypatch.setattr(checkpoint, "save", save)
    assert checkpoint.load(tmp_path / "halves" / "with-labels-1.safetensors")["training"]["step"] == 10
    resumed, _ = dcgan.with_labels(G, "mnist", out=tmp_path / "halves", steps=[24], resume=True)
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in whole.state_dict().items())


def test_d_has_a_head_start_in_which_g_stands_still(tiny, tmp_path, monkeypatch):
    """Four steps of D for 24 of both; when G takes its first, its weights are those that it was given."""
    torch.manual_seed(0)
    G = DCGANGenerator(**dcgan._GENERATOR).eval()
    counted = []

    class Watched(SemiSupervisedGanTraining):
        def step_discriminator(self, *batch):
            counted.append("D")
            return super().step_discriminator(*batch)

        def step_generator(self, *batch):
            if "G" not in counted:
                assert all(torch.equal(value, G.state_dict()[name]) for name, value in self.G.named_parameters())
            counted.append("G")
            return super().step_generator(*batch)

    monkeypatch.setattr(dcgan, "semi_supervised_gan", Watched)
    dcgan.with_labels(G, "mnist", out=tmp_path, steps=[24])
    assert counted == ["D"] * 4 + ["D", "G"] * 24


def test_each_part_takes_the_average_on_against_a_d_of_its_own(tiny, tmp_path):
    """With both parts' checkpoints there, nothing is left to do; without the second, only that one is done again."""
    torch.manual_seed(0)
    G = DCGANGenerator(**dcgan._GENERATOR).eval()
    one, _ = dcgan.with_labels(G, "mnist", out=tmp_path, steps=[12])
    both, _ = dcgan.with_labels(G, "mnist", out=tmp_path, steps=[12, 6], resume=True)
    parts = [checkpoint.load(tmp_path / f"with-labels-{part}.safetensors")["training"] for part in (1, 2)]
    assert [part["step"] for part in parts] == [12, 6]
    weight = "layers.0.weight"
    assert torch.equal(parts[0]["ema"][weight], one.state_dict()[weight])
    assert torch.equal(parts[1]["ema"][weight], both.state_dict()[weight])
    moved = (both.state_dict()[weight] - one.state_dict()[weight]).abs().max()
    assert 1e-4 < moved < (both.state_dict()[weight] - G.state_dict()[weight]).abs().max()
    torch.manual_seed(1)
    started = SemiSupervisedDiscriminator(**dcgan._DISCRIMINATOR_WITH_LABELS)
    reach = 7 * 1e-3 * 1.5  # Adam's steps of D, head start and all, are hardly longer than the learning rate
    first, second = (part["D"]["classifier.weight"] - started.classifier.weight for part in parts)
    assert second.abs().max() < reach < first.abs().max()


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
