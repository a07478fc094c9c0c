"""Consumers pass every report on, and do their one thing."""

import itertools

import pytest
import torch

from course_lib.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from course_lib.train import Batches, checkpoint, gan, live_plot, progress, save_every


def toy(steps: int = 7, dim: int = 2):
    torch.manual_seed(0)
    return gan(MLPGenerator(dim, 2, 4, 1), MLPDiscriminator(dim, 4, 1), Batches(torch.randn(16, dim), batch_size=8), steps=steps)


def test_they_chain_and_pass_every_report_on(tmp_path):
    training = toy()
    figures = []
    reports = live_plot(progress(save_every(training, training, tmp_path / "c.safetensors", 3), 7), every=3, show=figures.append)
    assert [report.step for report in reports] == [1, 2, 3, 4, 5, 6, 7]
    assert len(figures) == 3  # after 3, 6 and the last


def test_progress_is_one_plain_line_with_both_losses(capsys):
    for report in progress(toy(steps=40), total=40, every=20):
        last = report
    text = capsys.readouterr().err
    line = text.strip().split("\r")[-1]
    assert "40/40" in line
    assert f"D {last.loss_d.item():.3f}  G {last.loss_g.item():.3f}" in line
    assert "\n" not in text.strip()


def test_progress_of_a_resumed_training_begins_where_it_was(capsys):
    training = toy(steps=6)
    for _ in itertools.islice(training, 4):
        pass
    list(progress(training, total=6))
    assert "6/6" in capsys.readouterr().err.split("\r")[-1]


@pytest.mark.parametrize("kind", ["line", "plane", "grey images", "colour images"])
def test_the_plot_shows_losses_and_samples(kind):
    torch.manual_seed(0)
    if kind in ("line", "plane"):
        training = toy(dim=1 if kind == "line" else 2)
    else:
        channels = 1 if kind == "grey images" else 3
        data = torch.zeros(16, channels, 28, 28)
        training = gan(DCGANGenerator(28, 2, 2, channels), DCGANDiscriminator(28, 2, channels), Batches(data, batch_size=7), steps=7)
    figures = []
    reports = list(live_plot(training, every=7, show=figures.append))
    (figure,) = figures
    curves, samples = figure.axes
    assert [line.get_ydata()[-1] for line in curves.lines] == pytest.approx([reports[-1].loss_d.item(), reports[-1].loss_g.item()])
    assert len(curves.lines[0].get_xdata()) == 7
    if kind == "plane":
        assert torch.allclose(torch.tensor(samples.collections[0].get_offsets().data).float(), reports[-1].samples)
    elif kind != "line":
        sheet = torch.as_tensor(samples.images[0].get_array().data).float().reshape(28, 140, -1)
        third = (reports[-1].samples[2] + 1) / 2
        assert torch.allclose(sheet[:, 56:84], third.permute(1, 2, 0), atol=1e-6)  # one row of five; the third stands third


def test_a_checkpoint_every_so_often_and_at_the_end(tmp_path):
    training, path, steps = toy(), tmp_path / "c.safetensors", []
    for _ in save_every(training, training, path, every=3):
        steps.append(checkpoint.load(path)["step"] if path.is_file() else 0)
    assert steps == [0, 0, 3, 3, 3, 6, 6]
    assert checkpoint.load(path)["step"] == 7
    resumed = toy(steps=9)
    resumed.restore(checkpoint.load(path))
    assert [report.step for report in resumed] == [8, 9]


def test_an_early_stop_is_a_break(tmp_path):
    training = toy(steps=100)
    for report in save_every(progress(training), training, tmp_path / "c.safetensors", every=2):
        if report.step == 5:
            break
    assert training.step_number == 5
    assert checkpoint.load(tmp_path / "c.safetensors")["step"] == 4
