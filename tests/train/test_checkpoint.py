"""Checkpoints: every leaf comes back, nothing is pickled, a damaged file is named, and whatever stops a write leaves the last good one."""

import errno
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import nn

from course_lib.degrade import GaussianNoise
from course_lib.losses import supervised
from course_lib.models import DnCNN
from course_lib.train import Patches, checkpoint, restorer


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def test_every_leaf_comes_back(tmp_path):
    shared = torch.randn(3)
    state = {
        "numbers": [1, 2.5, True, None, "text", float("inf")],
        "empty": {},
        "by number": {0: {"step": torch.tensor(3.0)}, 7: shared},
        "types": [torch.randn(2).to(t) for t in (torch.bfloat16, torch.float64)] + [torch.arange(3), torch.tensor([True, False])],
        "shared": shared,
        "views": [torch.arange(6).view(2, 3).T, torch.zeros(0)],
        "generator": torch.Generator().manual_seed(5).get_state(),
    }
    checkpoint.save(tmp_path / "new folder" / "a.safetensors", state)
    assert same(checkpoint.load(tmp_path / "new folder" / "a.safetensors"), state)


def test_an_interrupted_write_leaves_the_former_file(tmp_path):
    path = tmp_path / "a.safetensors"
    checkpoint.save(path, {"step": 1})
    with pytest.raises(TypeError, match="state/net is a Linear"):
        checkpoint.save(path, {"step": 2, "net": nn.Linear(1, 1)})
    assert checkpoint.load(path) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


# ------------------------------------------------------------------------------------ a write that fails, and the training after it


def training(steps: int = 6):
    """A restorer so small that a step takes milliseconds; always the same one."""
    torch.manual_seed(0)
    images = [torch.rand(1, 24, 24, generator=torch.Generator().manual_seed(1))]
    return restorer(DnCNN(depth=3, features=4), Patches(images, 8, 2), supervised(GaussianNoise(25)), steps=steps, warm_up=2)


def go_on(run, until: int) -> None:
    while run.step_number < until:
        run.step()


def weights(run) -> dict:
    return {"network": dict(run.network.state_dict()), "average": dict(run.ema.model.state_dict())}


def resumed(path: Path) -> dict:
    """The weights at the end of a training that goes on from a checkpoint, and that still can save."""
    run = training()
    run.restore(checkpoint.load(path))
    go_on(run, 6)
    checkpoint.save(path, run.state())
    assert checkpoint.load(path)["step"] == 6
    return weights(run)


@pytest.fixture(scope="module")
def uninterrupted() -> dict:
    run = training()
    go_on(run, 6)
    return weights(run)


@contextmanager
def disk_that_is_full(monkeypatch, at: str):
    """The system says that there is no space left: half-way in the file, when it is flushed, or when it gets its name."""

    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def half(path, content):
        with open(path, "wb") as file:
            file.write(content[: len(content) // 2])
        no_space()

    with monkeypatch.context() as patch:
        if at == "write":
            patch.setattr(Path, "write_bytes", half)
        else:
            patch.setattr(f"course_lib.files.os.{at}", no_space)
        yield


@contextmanager
def largest_file(size: int):
    """No file of this process may become larger: the system itself stops the write, half-way."""
    resource = pytest.importorskip("resource", reason="there are no limits to set on this system")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("at", ["write", "fsync", "replace", "limit"])
def test_a_full_disk_leaves_the_last_good_checkpoint_and_the_training_goes_on_from_it(tmp_path, monkeypatch, uninterrupted, at):
    path, run = tmp_path / "checkpoint.safetensors", training()
    go_on(run, 3)
    checkpoint.save(path, run.state())
    before = path.read_bytes()
    go_on(run, 5)
    full = largest_file(len(before) // 2) if at == "limit" else disk_that_is_full(monkeypatch, at)
    with full, pytest.raises(OSError, match="No space left|File too large"):
        checkpoint.save(path, run.state())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # what was half written takes no space
    assert checkpoint.load(path)["step"] == 3
    assert same(resumed(path), uninterrupted)


# Trains as above, saves after step 3, and is killed while it writes the checkpoint of step 5: no handler, no clean-up.
KILLED = """
import os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[2])
from test_checkpoint import checkpoint, go_on, training

def half(path, content):
    with open(path, "wb") as file:
        file.write(content[: len(content) // 2])
        file.flush()
        os.fsync(file.fileno())
        os.kill(os.getpid(), signal.SIGKILL)

run = training()
go_on(run, 3)
checkpoint.save(sys.argv[1], run.state())
go_on(run, 5)
Path.write_bytes = half
checkpoint.save(sys.argv[1], run.state())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_training_killed_while_it_writes_goes_on_from_the_last_good_checkpoint(tmp_path, uninterrupted):
    path = tmp_path / "checkpoint.safetensors"
    child = subprocess.run([sys.executable, "-c", KILLED, path, Path(__file__).parent], capture_output=True, text=True, timeout=300)
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert checkpoint.load(path)["step"] == 3
    (left,) = (p for p in tmp_path.iterdir() if p != path)  # nobody was there to remove it
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.load(left)
    assert same(resumed(path), uninterrupted)


def test_moments_get_their_parameters_memory_layout():
    conv = nn.Conv2d(4, 6, 3).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(conv.parameters())
    conv(torch.randn(1, 4, 8, 8)).sum().backward()
    optimiser.step()
    saved = optimiser.state_dict()
    plain = {
        "state": {i: {k: v.contiguous() for k, v in s.items()} for i, s in saved["state"].items()},
        "param_groups": saved["param_groups"],
    }
    restored = checkpoint.optimiser_state(optimiser, plain)
    moment = restored["state"][0]["exp_avg"]
    assert moment.stride() == conv.weight.stride()
    assert torch.equal(moment, saved["state"][0]["exp_avg"])
    assert restored["state"][0]["step"] == saved["state"][0]["step"]


@pytest.mark.bad_input
def test_missing_damaged_and_foreign_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint at"):
        checkpoint.load(tmp_path / "none.safetensors")
    path = tmp_path / "a.safetensors"
    checkpoint.save(path, {"x": torch.zeros(100)})
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.load(path)
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="no training state"):
        checkpoint.load(path)
