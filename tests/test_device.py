"""The choice of device, seeds and budgets."""

import random

import numpy as np
import pytest
import torch

from course_lib import device as dev


@pytest.fixture
def no_override(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)


@pytest.mark.usefixtures("no_override")
@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_pick_prefers_cuda_then_mps_then_cpu(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert dev.pick().type == expected
    assert dev.budget(cpu="few", cuda="many") == ("many" if expected == "cuda" else "few")


def test_override_wins(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert dev.pick() == torch.device("cpu")
    assert dev.budget(cpu=1, cuda=2) == 1
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    assert dev.pick() == torch.device("cuda:1")
    monkeypatch.setenv("COURSE_DEVICE", "")
    assert dev.pick().type == "cuda"


@pytest.mark.bad_input
@pytest.mark.parametrize("name", ["gpu", "cuda:x", "meta", "cpu cuda"])
def test_override_that_is_no_device(monkeypatch, name):
    monkeypatch.setenv("COURSE_DEVICE", name)
    with pytest.raises(ValueError, match=r"COURSE_DEVICE: got '.*', expected cpu, mps, cuda"):
        dev.pick()


@pytest.mark.bad_input
def test_override_that_is_not_here(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    with pytest.raises(ValueError, match=r"COURSE_DEVICE: got 'cuda:1', but PyTorch .* sees 1 CUDA"):
        dev.pick()
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setenv("COURSE_DEVICE", "mps")
    with pytest.raises(ValueError, match="sees no MPS device"):
        dev.pick()


def draw():
    return random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002 - the global state is what is tested


def test_seed_everything_fixes_all_three_generators():
    dev.seed_everything(7)
    first = draw()
    second = draw()
    dev.seed_everything(7)
    assert draw() == first
    assert draw() == second
    dev.seed_everything(8)
    assert all(a != b for a, b in zip(draw(), first, strict=True))


def test_generator_is_independent_of_global_state(device):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    a = torch.rand(4, generator=dev.generator(3, device), device=device)
    torch.rand(1)
    b = torch.rand(4, generator=dev.generator(3, str(device)), device=device)
    assert torch.equal(a, b)
    assert not torch.equal(a, torch.rand(4, generator=dev.generator(4, device), device=device))
    torch.manual_seed(0)
    dev.generator(5, device)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.bad_input
@pytest.mark.parametrize("function", [dev.seed_everything, dev.generator])
def test_bad_seeds(function):
    for seed in (-1, 2**32):
        with pytest.raises(ValueError, match=f"seed: got {seed}, expected 0 to"):
            function(seed)
    for seed in (1.0, "1", None, True):
        with pytest.raises(TypeError, match="seed: got"):
            function(seed)


@pytest.mark.bad_input
def test_generator_on_a_bad_device():
    with pytest.raises(ValueError, match=r"device: got 'gpu', expected"):
        dev.generator(0, "gpu")
    with pytest.raises(TypeError, match=r"device: got int"):
        dev.generator(0, 0)


def test_threads_gets_and_sets():
    before = dev.threads()
    try:
        assert dev.threads(2) == 2
        assert torch.get_num_threads() == 2
        assert dev.threads() == 2
    finally:
        assert dev.threads(before) == before


@pytest.mark.bad_input
def test_bad_threads():
    with pytest.raises(ValueError, match="n: got 0"):
        dev.threads(0)
    with pytest.raises(TypeError, match="n: got float"):
        dev.threads(1.5)


def test_describe_is_one_line_that_names_the_device(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    text = dev.describe()
    assert text.startswith("CPU: ")
    assert torch.__version__ in text
    assert "COURSE_DEVICE" in text
    assert "\n" not in text


@pytest.mark.usefixtures("no_override")
def test_describe_names_the_gpu(monkeypatch):
    class Properties:
        name, total_memory = "Model X", 24 * 2**30

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Properties)
    assert dev.describe().startswith("CUDA: Model X, 24 GiB, PyTorch")


@pytest.mark.parametrize(("has_it", "expected"), [(True, torch.bfloat16), (False, None)])
def test_bfloat16_only_where_the_processor_multiplies_it(monkeypatch, has_it, expected):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has_it)
    assert dev.autocast_dtype("cpu") is expected
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_it and not including_emulation)
    assert dev.autocast_dtype("cuda") is expected
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert dev.autocast_dtype(torch.device("mps")) is None


def test_no_bfloat16_without_onednn(monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    assert dev.autocast_dtype("cpu") is None
