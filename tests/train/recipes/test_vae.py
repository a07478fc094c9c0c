"""The VAE recipes with tiny networks and little data: they learn, resume exactly, and leave weights and an honest card."""

import pytest
import torch

from course_lib import zoo
from course_lib.data.labelled import DigitSet
from course_lib.losses import elbo
from course_lib.models import MLPVAE
from course_lib.train import Batches, checkpoint
from course_lib.train.recipes import vae


@pytest.fixture
def tiny(monkeypatch):
    """Few glyphs in place of every data set; small networks; short evaluations."""
    glyphs = vae.data.glyphs.dataset

    def digits(source, train=True):
        drawn = glyphs(300, seed=int(train))
        return DigitSet(drawn.images, drawn.labels, drawn.classes)

    monkeypatch.setattr(vae.data, "digits", digits)
    monkeypatch.setattr(vae, "_GLYPHS", 300)
    monkeypatch.setattr(vae, "_SAVE_EVERY", 5)
    for settings in (vae._CVAE, vae._FASHION, *vae.GLYPH_MODELS.values()):
        monkeypatch.setitem(settings, "features", 2)
        monkeypatch.setitem(settings, "hidden", 8)
    bound, factors = vae.evaluate_bound, vae.evaluate_factors
    monkeypatch.setattr(vae, "evaluate_bound", lambda m, x, y=None, samples=0: bound(m, x[:20], y if y is None else y[:20], samples=3))
    monkeypatch.setattr(vae, "evaluate_factors", lambda m: factors(m, 300))
    monkeypatch.setattr(vae, "evaluate_samples", lambda m, source: {"fid": {}, "source": source})
    monkeypatch.setattr(zoo, "load", _with_glyph_judge(zoo.load))


def _with_glyph_judge(load):
    return lambda name, device=None, folder=zoo.WEIGHTS: load("judge-glyphs" if name == "judge-mnist" else name, device, folder)


def interrupted(monkeypatch, run):
    """Run until the first checkpoint is written, then stop as by Ctrl-C."""
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.setattr(checkpoint, "save", save)


@pytest.mark.parametrize("name", ["vae-mnist", "iwae5-mnist", "vae-glyphs", "cvae-mnist"])
def test_an_interrupted_run_ends_with_the_same_weights_and_figures(name, tiny, tmp_path, monkeypatch):
    train = vae.RECIPES[name]
    train(out=tmp_path / "whole", steps=12)
    interrupted(monkeypatch, lambda: train(out=tmp_path / "halves", steps=12))
    assert checkpoint.load(tmp_path / "halves" / "checkpoint.safetensors")["position"] == 5
    train(out=tmp_path / "halves", steps=12, resume=True)
    cards = [zoo.card(name, tmp_path / run) for run in ("whole", "halves")]
    assert cards[0]["sha256"] == cards[1]["sha256"]
    assert cards[0]["metrics"] == cards[1]["metrics"]
    assert cards[0]["command"] == f"python -m course_lib train {name}"
    assert {"data", "steps", "epochs", "seed", "hardware", "wall_time_s"} <= set(cards[0])
    assert {"nll", "nll_samples", "test_images", "active_units"} <= set(cards[0]["metrics"])


@pytest.mark.parametrize("name", ["vae-glyphs-2d", "conv-vae-fashion"])
def test_the_others_run(name, tiny, tmp_path):
    vae.RECIPES[name](out=tmp_path, steps=6)
    model = zoo.load(name, folder=tmp_path)
    assert model.likelihood == "discretised_logistic"
    assert model.sample(2).shape == (2, 1, 28, 28)
    assert zoo.card(name, tmp_path)["metrics"]["samples"]["source"] == ("fashion" if "fashion" in name else "glyphs")


def test_a_glyph_card_speaks_of_the_factors(tiny, tmp_path):
    vae.train_glyphs("vae-glyphs", out=tmp_path, steps=6)
    metrics = zoo.card("vae-glyphs", tmp_path)["metrics"]
    assert set(metrics["probe_r2"]) == set(vae.FACTORS)
    assert len(metrics["factor_of_latent"]) == zoo.load("vae-glyphs", folder=tmp_path).latent_dim
    assert 0 <= metrics["mig"] <= 1


def test_fit_raises_the_bound_and_logs_its_means(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(vae, "_SAVE_EVERY", 20)
    torch.manual_seed(0)
    images = torch.zeros(64, 1, 8, 8, dtype=torch.uint8)
    images[::2, :, :4] = 255
    images[1::2, :, :, 4:] = 255
    model, seen = MLPVAE(2, 16, size=8), []

    def objective(network, x, generator):
        value = elbo(network, vae.binarise(x, generator), generator=generator).value
        seen.append(value.mean().item())
        return value

    log, seconds = vae.fit(
        "toy", model, Batches(images, batch_size=16), objective, steps=100, learning_rate=1e-2, out=tmp_path, look=lambda model: "looked"
    )
    assert [step for step, _ in log] == [20, 40, 60, 80, 100]
    for step, mean in log:
        assert mean == pytest.approx(sum(seen[step - 20 : step]) / 20, rel=1e-4)
    assert log[0][1] < -15
    assert log[-1][1] > -5
    assert seconds > 0
    assert capsys.readouterr().out.count("looked") == 5
    assert not model.training


def test_binarisation_keeps_the_grey_value_as_the_mean(generator):
    levels = torch.arange(256, dtype=torch.uint8)
    x = vae.binarise(levels.expand(4000, 256), generator)
    assert set(x.unique().tolist()) == {0.0, 1.0}
    assert x[:, 0].eq(0).all()
    assert x[:, 255].eq(1).all()
    assert (x.mean(0) - levels / 255).abs().max() < 4.5 * 0.5 / 4000**0.5


def test_the_wrapper_computes_in_bfloat16_and_answers_in_float32(generator, monkeypatch):
    monkeypatch.setattr(vae, "autocast_dtype", lambda device: torch.bfloat16)  # emulated where the processor lacks it
    torch.manual_seed(0)
    model, x = MLPVAE(4, 32), torch.rand(8, 1, 28, 28, generator=generator).round()
    half = vae.Bfloat16(model)
    exact, rough = (elbo(net, x, generator=torch.Generator().manual_seed(0)) for net in (model, half))
    assert rough.value.dtype == torch.float32
    assert not torch.equal(exact.value, rough.value)
    assert torch.allclose(exact.value, rough.value, rtol=0.01)
    rough.value.sum().backward()
    assert all(p.grad.dtype == torch.float32 for p in model.parameters())


def test_the_wrapper_changes_nothing_where_there_is_no_bfloat16(generator, monkeypatch):
    monkeypatch.setattr(vae, "autocast_dtype", lambda device: None)
    torch.manual_seed(0)
    model, x = MLPVAE(4, 32), torch.rand(8, 1, 28, 28, generator=generator).round()
    plain, wrapped = (elbo(net, x, generator=torch.Generator().manual_seed(0)) for net in (model, vae.Bfloat16(model)))
    assert torch.equal(plain.value, wrapped.value)


@pytest.mark.bad_input
def test_another_number_of_steps_cannot_be_resumed(tiny, tmp_path):
    vae.train_mnist(1, out=tmp_path, steps=6)
    with pytest.raises(ValueError, match=r"begun for 6 steps, and its learning rate depends on that; got 9. Say --steps 6"):
        vae.train_mnist(1, out=tmp_path, steps=9, resume=True)
