"""Checkpoints without pickle: everything a run must remember, in one safetensors file that is replaced in one move.

A state is a nest of dicts and lists with tensors, numbers, strings, booleans and None at the leaves. Tensors go into the file's
tensors, under their path in the nest; the rest goes into its header, as JSON. Reading such a file can run no code.
"""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise

from course_lib.files import atomic_write

# a leaf that stands for a tensor stored under this path
_TENSOR = "tensor:"


def _pack(value, path: str, tensors: dict):
    if isinstance(value, torch.Tensor):
        tensors[path] = value.detach().cpu().contiguous().clone()  # clone: safetensors refuses tensors that share memory
        return _TENSOR + path
    if isinstance(value, dict):
        # JSON knows string keys only, and optimisers number their parameters
        return {"dict": [[key, _pack(item, f"{path}/{key}", tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_pack(item, f"{path}/{i}", tensors) for i, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(
        f"state{path} is a {type(value).__name__}; a checkpoint holds tensors, numbers, strings, None, and dicts and lists of them"
    )


def _unpack(value, tensors: dict):
    if isinstance(value, str) and value.startswith(_TENSOR):
        return tensors[value.removeprefix(_TENSOR)]
    if isinstance(value, dict):
        return {key: _unpack(item, tensors) for key, item in value["dict"]}
    if isinstance(value, list):
        return [_unpack(item, tensors) for item in value]
    return value


def save(path: str | Path, state: dict) -> None:
    """Write a state to a file, atomically: a run killed meanwhile leaves the former file whole.

    Parameters
    ----------
    path
        The file to write, as ``run/checkpoint.safetensors``. Its folder is made if need be.
    state
        Nested dicts, lists and tuples (which come back as lists) of tensors, numbers, strings, booleans and None.

    Raises
    ------
    TypeError
        If a leaf is something else.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.safetensors"
    >>> save(path, {"step": 3, "G": {"weight": torch.ones(2)}})
    >>> load(path)
    {'step': 3, 'G': {'weight': tensor([1., 1.])}}
    """
    tensors: dict[str, torch.Tensor] = {}
    header = json.dumps(_pack(state, "", tensors))
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(serialise(tensors, metadata={"state": header}))


def load(path: str | Path) -> dict:
    """Read the state that `save` wrote; its tensors are on the CPU.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, or is no checkpoint.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no checkpoint at {path}; start without resuming, or name the folder of the earlier run")
    try:
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get("state")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (a handle, not a dict)
    except SafetensorError as error:
        raise ValueError(f"path: {path} is damaged ({error}); delete it and start again") from error
    if header is None:
        raise ValueError(f"path: {path} holds tensors but no training state; it was not written by train.checkpoint.save")
    return _unpack(json.loads(header), tensors)


def optimiser_state(optimiser: torch.optim.Optimizer, state: dict) -> dict:
    """A saved optimiser state with every moment in its parameter's memory layout again.

    A file holds plain contiguous tensors. `Optimizer.load_state_dict` would keep them so beside channels_last weights, and fused optimisers
    walk weight and moment in memory order together.
    """
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]

    def as_parameter(parameter, value):
        if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
            return torch.empty_like(parameter, dtype=value.dtype, device=parameter.device).copy_(value)
        return value

    restored = {
        index: {name: as_parameter(parameters[index], value) for name, value in moments.items()}
        for index, moments in state["state"].items()
    }
    return {"state": restored, "param_groups": state["param_groups"]}
