"""The recipe of the Deep Image Prior: what a run leaves behind, and what ships."""

import json

import pytest
import torch

from course_lib import metrics, zoo
from course_lib.train.recipes import deep_image_prior


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(deep_image_prior, "FEATURES", 2)
    monkeypatch.setattr(deep_image_prior, "SIZE", 64)
    monkeypatch.setattr(deep_image_prior, "_EVERY", 2)
    monkeypatch.setattr(deep_image_prior, "_SNAPSHOTS", (3, 5))


def test_a_run_leaves_its_curve(tiny, tmp_path):
    deep_image_prior.RECIPES["dip-camera"](out=tmp_path, steps=5)
    history = deep_image_prior.load_history("dip-camera", tmp_path)
    assert history.step.tolist() == [1, 2, 4, 5]
    assert history.snapshot_step[:2].tolist() == [3, 5]
    assert history.snapshots.shape == (3, 1, 64, 64)
    peak = history.estimate_psnr.argmax()
    assert history.snapshot_step[-1] == history.step[peak]
    x, y = deep_image_prior.noisy_photo("camera")
    assert metrics.psnr(history.snapshots[-1], x).item() == pytest.approx(history.estimate_psnr[peak], abs=0.02)
    assert metrics.psnr(history.snapshots[1], y).item() == pytest.approx(history.fit[-1], abs=0.02)
    assert history.facts["command"] == "python -m course_lib train dip-camera --steps 5"
    assert history.facts == json.loads((tmp_path / "dip-camera.json").read_text())


@pytest.mark.parametrize("photo", deep_image_prior.PHOTOS)
def test_the_shipped_runs_rise_and_fall(photo):
    history = deep_image_prior.load_history(f"dip-{photo}")
    assert history.facts["steps"] == deep_image_prior.STEPS == history.step[-1]
    assert history.facts["arguments"] == {"features": deep_image_prior.FEATURES}
    x, y = deep_image_prior.noisy_photo(photo)
    peak = history.estimate_psnr.argmax()
    assert 0 < peak < len(history.step) - 1
    assert history.estimate_psnr[peak] > metrics.psnr(y, x).item() + 2
    assert history.estimate_psnr[-20:].mean() < history.estimate_psnr[peak] - 0.5
    assert history.fit[-20:].mean() > history.fit[peak]
    assert metrics.psnr(history.snapshots[-1], x).item() == pytest.approx(history.estimate_psnr[peak], abs=0.02)
    assert (zoo.HISTORIES / f"dip-{photo}.npz").stat().st_size < 200_000


@pytest.mark.bad_input
def test_bad_input(tmp_path):
    with pytest.raises(FileNotFoundError, match="a run writes one: python -m course_lib train dip-nobody"):
        deep_image_prior.load_history("dip-nobody", tmp_path)
    with pytest.raises(ValueError, match="keeps no checkpoint"):
        deep_image_prior.record("camera", out=tmp_path, steps=1, resume=True)


def test_the_observed_image_has_the_noise_it_should():
    x, y = deep_image_prior.noisy_photo("astronaut")
    assert x.shape == y.shape == (1, 128, 128)
    assert 255 * (y - x).std().item() == pytest.approx(25, abs=0.5)
    assert torch.equal(y, deep_image_prior.noisy_photo("astronaut")[1])
