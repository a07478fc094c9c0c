"""The restorer's loop: the step as written out, the schedule, exact resume, bfloat16, and several processes."""

import copy
import itertools
import json
import math
import os
import socket
import subprocess
import sys

import pytest
import torch

from course_lib.degrade import GaussianNoise
from course_lib.losses import noise2void, supervised, supervised_range
from course_lib.models import DnCNN, FFDNet
from course_lib.train import Patches, RestorerTraining, checkpoint, restorer


def images() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(1, 16, size, generator=generator) for size in (16, 24)]


def make(network=None, task=None, *, seed: int = 0, batch_size: int = 4, **settings) -> RestorerTraining:
    torch.manual_seed(seed)
    network = network or DnCNN(depth=3, features=4)
    patches = Patches(images(), patch_size=8, batch_size=batch_size, seed=seed)
    return restorer(network, patches, task or supervised(GaussianNoise(25)), **{"steps": 10, "seed": seed} | settings)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    return all(torch.equal(value, b.state_dict()[name]) for name, value in a.state_dict().items())


def test_one_step_is_the_algorithm_written_out():
    training = make(warm_up=0, learning_rate=0.01, gradient_clip=0.05)
    network = copy.deepcopy(training.network)
    x = next(Patches(images(), patch_size=8, batch_size=4, seed=0))
    y = x + 25 / 255 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    loss = (network(y) - x).square().mean()
    loss.backward()
    gradient = torch.cat([p.grad.flatten() for p in network.parameters()])
    assert gradient.norm() > 0.05
    torch.nn.utils.clip_grad_norm_(network.parameters(), 0.05)
    torch.optim.Adam(network.parameters(), 0.01).step()
    report = training.step()
    assert report.loss.item() == pytest.approx(loss.item(), rel=1e-6)
    for p, q in zip(training.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-6, rtol=1e-5)


def test_the_learning_rate_rises_and_falls():
    training = make(steps=100, learning_rate=0.1, warm_up=10)
    rates = [report.learning_rate for report in training]
    assert rates[0] == pytest.approx(0.01)
    assert rates[50] == pytest.approx(0.05)
    assert max(rates) == rates[9]
    assert rates[-1] == pytest.approx(0.1 * 0.5 * (1 + math.cos(math.pi * 0.99)))
    assert training.optimiser.param_groups[0]["lr"] == rates[-1]


def test_the_learning_rate_falls_in_cycles():
    once, twice = make(steps=40, learning_rate=0.1, warm_up=5), make(steps=80, learning_rate=0.1, warm_up=5, cycles=2)
    assert [twice.rate(step) for step in range(40)] == [once.rate(step) for step in range(40)]
    assert [twice.rate(step) for step in range(45, 80)] == [once.rate(step) for step in range(5, 40)]
    assert twice.rate(40) == 0.1


@pytest.mark.bad_input
@pytest.mark.parametrize("cycles", [0, 3])
def test_cycles_must_divide_the_steps(cycles):
    with pytest.raises(ValueError, match=f"cycles must be at least 1 and divide the 40 steps, got {cycles}"):
        make(steps=40, cycles=cycles)


@pytest.mark.parametrize("stop", [1, 6])
@pytest.mark.parametrize("kind", ["dncnn", "ffdnet"])
def test_a_resumed_run_ends_with_the_same_bits(kind, stop, tmp_path):
    def fresh():
        if kind == "dncnn":
            return make(task=noise2void(GaussianNoise(25)))
        torch.manual_seed(1)
        return make(FFDNet(depth=3, features=4), supervised_range(0, 75, told=True))

    whole = fresh()
    reference = [report.loss.item() for report in whole]
    first = fresh()
    for _ in itertools.islice(first, stop):
        pass
    checkpoint.save(tmp_path / "c.safetensors", first.state())
    torch.manual_seed(999)
    second = fresh()
    second.step()
    second.restore(checkpoint.load(tmp_path / "c.safetensors"))
    assert [report.loss.item() for report in second] == reference[stop:]
    assert same(whole.network, second.network)
    assert same(whole.ema.model, second.ema.model)


def test_the_average_follows_the_network():
    training = make(ema_decay=0.5)
    average = copy.deepcopy(training.network.state_dict())
    for report in itertools.islice(training, 4):
        decay = min(0.5, (1 + report.step) / (10 + report.step))
        for name, value in training.network.state_dict().items():
            if value.is_floating_point():
                average[name] = decay * average[name] + (1 - decay) * value
    for name, value in training.ema.model.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, average[name], atol=1e-6, rtol=1e-5)
    assert not same(training.network, training.ema.model)


def test_bfloat16_stays_inside_the_network():
    half, full = (make(autocast=kind).step().loss for kind in (torch.bfloat16, None))
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(full.item(), rel=0.02)
    assert half != full


def test_it_learns_to_denoise_flat_patches():
    torch.manual_seed(0)
    flat = [torch.full((1, 16, 16), level) for level in (0.2, 0.4, 0.6, 0.8)]
    training = restorer(
        DnCNN(depth=4, features=8, norm="none"),
        Patches(flat, 16, 8),
        supervised(GaussianNoise(25)),
        steps=300,
        learning_rate=5e-3,
        warm_up=10,
    )
    losses = torch.stack([report.loss for report in training])
    assert losses[-10:].mean() < 0.003  # the noise's own power is 0.0096


_TWO_PROCESSES = """
import json, sys
import torch
torch.set_num_threads(1)
from accelerate import Accelerator
from course_lib.degrade import GaussianNoise
from course_lib.losses import supervised
from course_lib.models import DnCNN
from course_lib.train import Patches, restorer
accelerator = Accelerator(cpu=True)
torch.manual_seed(0)
images = [torch.rand(1, 24, 24, generator=torch.Generator().manual_seed(0))]
network = DnCNN(depth=4, features=6, norm="none")
training = restorer(network, Patches(images, 8, 8), supervised(GaussianNoise(25)), steps=12, accelerator=accelerator)
losses = [report.loss.item() for report in training]
if accelerator.is_main_process:
    weights = torch.cat([p.flatten() for p in network.parameters()])
    print("RESULT", json.dumps({"processes": accelerator.num_processes, "losses": losses, "weights": weights.tolist()}))
"""


def _run(script, processes: int) -> dict:
    command = [sys.executable, str(script)]
    if processes > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        # what it is called in accelerate; without it, processes on CPUs need MPI
        launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", str(processes), "--num_machines", "1"]
        launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", port]
        command = [sys.executable, *launch, str(script)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ACCELERATE")}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(["."] + sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    lines = [line for line in done.stdout.splitlines() if "RESULT" in line]
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) == 1
    return json.loads(lines[0].split("RESULT", 1)[1])


def test_two_processes_follow_the_curve_of_one(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(_TWO_PROCESSES)
    one, two = _run(script, 1), _run(script, 2)
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-4)
    assert two["weights"] == pytest.approx(one["weights"], abs=2e-5)
    assert len(set(one["losses"])) == 12


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="steps must be at least 1"):
        make(steps=0)
    state = make().state()
    with pytest.raises(ValueError, match="begun for 10 steps, and its learning rate depends on that; got 20"):
        make(steps=20).restore(state)
    with pytest.raises(ValueError, match="belongs to another network"):
        make(DnCNN(depth=4, features=4)).restore(state)
