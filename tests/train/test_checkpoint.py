"""Checkpoints: every leaf comes back, nothing is pickled, a damaged file is named."""

import pytest
import torch
from torch import nn

from course_lib.train import checkpoint


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
