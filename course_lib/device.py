"""Where to compute, with which seed, how much and on how many threads.

One notebook runs on a laptop without a graphics card and on a large GPU: `pick` chooses the device, `budget` the amount of work
that suits it.
"""

import os
import random
from typing import TypeVar

import numpy as np
import torch

__all__ = ["autocast_dtype", "budget", "describe", "generator", "pick", "seed_everything", "threads"]

T = TypeVar("T")


def pick() -> torch.device:
    """Choose the device: CUDA where there is one, else Apple's MPS, else the CPU.

    The environment variable ``COURSE_DEVICE`` overrides the choice: ``cpu``, ``mps``, ``cuda`` or ``cuda:1``.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        ``COURSE_DEVICE`` names no device, or one that this machine does not have.

    Examples
    --------
    >>> pick().type in ("cpu", "mps", "cuda")
    True
    """
    wanted = os.environ.get("COURSE_DEVICE", "").strip()
    if wanted:
        return _available(wanted, "COURSE_DEVICE")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def _available(wanted: str | torch.device, name: str) -> torch.device:
    """The device of that name, if this machine has it."""
    if not isinstance(wanted, str | torch.device):
        raise TypeError(f'{name}: got {type(wanted).__name__}, expected a torch.device or its name, such as "cpu" or "cuda"')
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ValueError(f"{name}: got {wanted!r}, expected cpu, mps, cuda or cuda:N") from error
    if device.type not in ("cpu", "mps", "cuda"):
        raise ValueError(f"{name}: got {str(wanted)!r}, expected cpu, mps, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise ValueError(
            f"{name}: got {str(wanted)!r}, but PyTorch {torch.__version__} sees {count} CUDA devices here; use cpu or another index"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError(f"{name}: got {str(wanted)!r}, but PyTorch {torch.__version__} sees no MPS device here; use cpu")
    return device


def _require_seed(seed: int) -> None:
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"seed: got {type(seed).__name__}, expected an int")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed: got {seed}, expected 0 to 2**32 - 1 (numpy takes no other)")


def seed_everything(seed: int) -> None:
    """Seed the global generators of Python, numpy and PyTorch (all devices).

    Parameters
    ----------
    seed : int
        0 to 2**32 - 1.

    Notes
    -----
    Library functions take a `generator` in place of global state; this is for code that does not, such as the initial weights of layers.

    Examples
    --------
    >>> seed_everything(1); a = torch.rand(2); seed_everything(1); bool((a == torch.rand(2)).all())
    True
    """
    _require_seed(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - other people's code draws from it
    torch.manual_seed(seed)


def generator(seed: int, device: str | torch.device = "cpu") -> torch.Generator:
    """Make a random generator of its own, independent of all global state.

    Parameters
    ----------
    seed : int
        0 to 2**32 - 1.
    device : str or torch.device
        Where the numbers are drawn. The same seed gives other numbers on another kind of device.

    Returns
    -------
    torch.Generator

    Examples
    --------
    >>> bool((torch.rand(3, generator=generator(0)) == torch.rand(3, generator=generator(0))).all())
    True
    """
    _require_seed(seed)
    return torch.Generator(device=_available(device, "device")).manual_seed(seed)


def budget(*, cpu: T, cuda: T) -> T:
    """Choose between two amounts of work: what a CPU does in a minute, and what a GPU does.

    Parameters
    ----------
    cpu, cuda : any
        Steps, image sizes, batch sizes, …; ``cpu`` is taken on MPS too.

    Returns
    -------
    The one that suits `pick`.

    Examples
    --------
    >>> steps = budget(cpu=200, cuda=20_000)
    """
    return cuda if pick().type == "cuda" else cpu


def autocast_dtype(device: str | torch.device) -> torch.dtype | None:
    """Choose the type in which networks are trained under `torch.autocast`: bfloat16 where the processor multiplies it, else none.

    A processor without instructions for bfloat16 emulates it: a training step of a small DCGAN took 1350 ms in bfloat16 and 189 ms in
    float32 on one with AVX2 (PyTorch 2.14).

    Parameters
    ----------
    device : str or torch.device
        Where the training runs.

    Returns
    -------
    torch.dtype or None
        `torch.bfloat16`, or None: stay in float32.

    Raises
    ------
    TypeError, ValueError
        No device, or one that this machine does not have.

    Examples
    --------
    >>> autocast_dtype("cpu") in (torch.bfloat16, None)
    True
    """
    kind = _available(device, "device").type
    if kind == "cuda":
        has_it = torch.cuda.is_bf16_supported(including_emulation=False)
    else:  # the convolutions of the CPU are oneDNN's, which knows what the processor can do
        has_it = kind == "cpu" and torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if has_it else None


def threads(n: int | None = None) -> int:
    """Say, or set, on how many CPU threads PyTorch computes.

    Parameters
    ----------
    n : int, optional
        The number of threads from now on, at least 1; nothing is changed without it.

    Returns
    -------
    int
        The number of threads in use.

    Examples
    --------
    >>> threads() >= 1
    True
    """
    if n is not None:
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"n: got {type(n).__name__}, expected an int")
        if n < 1:
            raise ValueError(f"n: got {n}, expected at least 1 thread")
        torch.set_num_threads(n)
    return torch.get_num_threads()


def describe() -> str:
    """Describe in one line what `pick` chose.

    Returns
    -------
    str

    Examples
    --------
    >>> "PyTorch" in describe()
    True
    """
    device = pick()
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        what = f"CUDA: {properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    elif device.type == "mps":
        what = "MPS: Apple GPU"
    else:
        what = f"CPU: {threads()} of {os.cpu_count()} threads"
    forced = " (chosen by COURSE_DEVICE)" if os.environ.get("COURSE_DEVICE", "").strip() else ""
    return f"{what}{forced}, PyTorch {torch.__version__}"
