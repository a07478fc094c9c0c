"""The classifier's recipe on a handful of images: it learns, resumes exactly, writes weights and card."""

import pytest
import torch

from course_lib import zoo
from course_lib.train import checkpoint
from course_lib.train.recipes import classifier


@pytest.fixture
def stripes(monkeypatch):
    """Ten classes that a net learns in a few steps: a bright stripe at one of ten heights."""

    def images(source, train):
        labels = torch.arange(400) % 10
        x = 0.2 * torch.rand(400, 1, 28, 28, generator=torch.Generator().manual_seed(int(train)))
        x[torch.arange(400), 0, 2 * labels + 4] = 1
        return x, labels

    monkeypatch.setattr(classifier, "real_images", images)


@pytest.mark.parametrize("role", ["features", "judge"])
def test_it_learns_and_leaves_weights_and_card(role, stripes, tmp_path):
    classifier.train_classifier(role, "glyphs", out=tmp_path, steps=60)
    card = zoo.card(f"{role}-glyphs", tmp_path)
    assert card["metrics"]["accuracy_unseen"] > 0.9
    assert card["steps"] == 60
    assert card["command"] == f"python -m course_lib train {role}-glyphs"
    net = zoo.load(f"{role}-glyphs", folder=tmp_path)
    assert classifier.accuracy(net, *classifier.real_images("glyphs", False)) == pytest.approx(card["metrics"]["accuracy_unseen"])


def test_a_run_that_is_interrupted_ends_with_the_same_weights(stripes, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "_LOG_EVERY", 5)
    classifier.train_classifier("features", "mnist", out=tmp_path / "whole", steps=12)
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        classifier.train_classifier("features", "mnist", out=tmp_path / "halves", steps=12)
    monkeypatch.setattr(checkpoint, "save", save)
    classifier.train_classifier("features", "mnist", out=tmp_path / "halves", steps=12, resume=True)
    assert zoo.card("features-mnist", tmp_path / "halves")["sha256"] == zoo.card("features-mnist", tmp_path / "whole")["sha256"]


def test_the_two_networks_of_a_data_set_are_independent():
    assert type(zoo.load("features-glyphs")) is not type(zoo.load("judge-glyphs"))
    assert zoo.card("features-glyphs")["seed"] != zoo.card("judge-glyphs")["seed"]


def test_unseen_glyphs_share_the_training_fonts_but_not_an_image():
    seen, unseen = classifier.real_images("glyphs", True)[0], classifier.real_images("glyphs", False)[0]
    assert len(unseen) == 10_000
    known = {row.numpy().tobytes() for row in (seen * 255).round().to(torch.uint8)}
    assert sum(row.numpy().tobytes() in known for row in (unseen * 255).round().to(torch.uint8)) == 0
    assert seen.mean().item() == pytest.approx(unseen.mean().item(), rel=0.02)
