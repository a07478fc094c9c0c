"""`python -m course_lib train`: arguments, errors, and a run that is really killed and resumed."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from course_lib import train
from course_lib.train import checkpoint
from course_lib.train.recipes import all_recipes

SCRIPT = """
import sys, torch
from course_lib.models import DCGANDiscriminator, DCGANGenerator
from course_lib.train import Batches, checkpoint, gan, save_every
torch.set_num_threads(1)
path, resume = sys.argv[1], len(sys.argv) > 2
torch.manual_seed(0)
G, D = DCGANGenerator(28, 4, 4, 1), DCGANDiscriminator(28, 4, 1)
data = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
training = gan(G, D, Batches(data, batch_size=8), steps=150, ema_decay=0.9)
if resume:
    training.restore(checkpoint.load(path))
for report in save_every(training, training, path, every=4):
    print(report.step, flush=True)
checkpoint.save(path + ".samples", {"samples": training.generate(8).detach()})
"""


def run(path, *arguments) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(path), *arguments], stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )


def test_killed_at_a_random_step_and_resumed_the_run_ends_with_the_same_bits(tmp_path):
    whole, killed = run(tmp_path / "whole"), run(tmp_path / "killed")
    last = random.randint(8, 120)  # a new one every time: the claim is about any step
    for line in killed.stdout:
        if int(line) == last:
            time.sleep(random.random() / 100)  # perhaps while a checkpoint is being written
            killed.send_signal(signal.SIGKILL)
            break
    assert killed.wait() == -signal.SIGKILL
    assert 4 <= checkpoint.load(tmp_path / "killed")["step"] < 150
    resumed = run(tmp_path / "killed", "resume")
    steps = [int(line) for line in resumed.stdout]
    assert resumed.wait() == 0
    assert steps[-1] == 150
    assert steps[0] > 1
    whole.communicate()
    assert whole.wait() == 0
    for name in ("", ".samples"):  # weights, averages, optimisers, generators; and what is sampled next
        assert (tmp_path / f"whole{name}").read_bytes() == (tmp_path / f"killed{name}").read_bytes(), f"killed at step {last}"


def test_the_recipes_of_this_course_are_found():
    assert {"dcgan-glyphs", "dcgan-mnist", "dcgan-fashion", "features-glyphs", "judge-mnist"} <= set(all_recipes())


def test_the_arguments_reach_the_recipe(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr("course_lib.train.recipes.all_recipes", lambda: {"a": lambda **arguments: calls.append(arguments)})
    monkeypatch.setenv("COURSE_DATA", "elsewhere")
    assert train.main(["a", "--steps", "5", "--device", "cpu", "--resume", "--out", str(tmp_path), "--data", str(tmp_path)]) == 0
    assert calls == [{"out": tmp_path, "steps": 5, "device": "cpu", "resume": True}]
    assert os.environ["COURSE_DATA"] == str(tmp_path)
    train.main(["a"])
    assert calls[1]["out"].parts == ("runs", "a")
    assert calls[1]["steps"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "there is no recipe 'nothing'; there are: "),
        (["dcgan-mnist", "--steps", "0"], "--steps must be at least 1"),
        (["n2c", "--batch-size", "0"], "--batch-size must be at least 1"),
        (["dcgan-mnist", "--batch-size", "8"], "dcgan-mnist has a batch size of its own"),
    ],
)
def test_mistakes_on_the_command_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        train.main(arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err
