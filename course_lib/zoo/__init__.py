"""The zoo: trained weights that ship with the course, each with a card that says how it was made and what it measured.

Weights are safetensors files, checked against the sha256 in their card before they are used. A card is a JSON file beside them:
the network and its arguments, the recipe's command, data, steps, seed, hardware, wall time and the measured figures.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise
from torch import nn

from course_lib import models
from course_lib.files import atomic_write

WEIGHTS = Path(__file__).parent / "weights"
HISTORIES = Path(__file__).parent / "histories"


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.json") if path.with_suffix(".safetensors").is_file()))


def list() -> tuple[str, ...]:  # noqa: A001 (the contract's name: `zoo.list()`)
    """The names of all weights that ship with the course.

    Examples
    --------
    >>> "features-glyphs" in list()
    True
    """
    return _names(WEIGHTS)


def card(name: str, folder: str | Path = WEIGHTS) -> dict:
    """The card of one set of weights.

    Parameters
    ----------
    name
        One of `zoo.list()`.
    folder
        Where to look; a recipe's own output folder holds the same two files.

    Raises
    ------
    ValueError
        If there are no weights of that name.

    Examples
    --------
    >>> card("features-glyphs")["model"]
    'FeatureClassifier'
    """
    path = Path(folder) / f"{name}.json"
    if name not in _names(Path(folder)):
        known = ", ".join(_names(Path(folder))) or "none"
        raise ValueError(
            f"name: there are no weights {name!r} in {folder}; there are: {known}. A recipe makes them: python -m course_lib train NAME"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def load(name: str, device: torch.device | str | None = None, folder: str | Path = WEIGHTS) -> nn.Module:
    """A trained network, in eval mode and with its parameters frozen.

    A generator's `sample(n, generator)` returns images in [0, 1]; calling the generator itself returns [-1, 1], as GAN code uses inside.

    Parameters
    ----------
    name
        One of `zoo.list()`.
    device
        Where to put it; the CPU if None.
    folder
        Where to look; a recipe's own output folder holds the same two files.

    Raises
    ------
    ValueError
        If there are no weights of that name, or the file is damaged or not the one that the card describes.

    Examples
    --------
    >>> judge = load("judge-glyphs")
    >>> judge(torch.zeros(4, 1, 28, 28)).shape
    torch.Size([4, 10])
    """
    about = card(name, folder)
    path = Path(folder) / f"{name}.safetensors"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != about["sha256"]:
        raise ValueError(
            f"name: {path} is damaged: its sha256 is {found[:12]}…, its card says {about['sha256'][:12]}…; install the course again"
        )
    try:
        weights = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"name: {path} is damaged ({error}); install the course again") from error
    network = getattr(models, about["model"])(**about["arguments"])
    network.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in weights.items()})
    return network.to(device).eval().requires_grad_(False)


def save(folder: str | Path, name: str, network: nn.Module, arguments: dict, facts: dict, dtype: torch.dtype = torch.float16) -> None:
    """Write a network's weights and their card to a folder, both atomically; `load(name, folder=folder)` reads them back.

    Parameters
    ----------
    folder
        Where to write; made if need be.
    name
        The recipe's name.
    network
        An instance of a class in `course_lib.models`.
    arguments
        What its class was called with.
    facts
        The rest of the card: command, data, steps, seed, hardware, wall_time_s, metrics. Measured values only.
    dtype
        The stored type of floating-point weights. Half precision halves the file; measure the figures *after* rounding.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    weights = {key: value.to(dtype) if value.is_floating_point() else value for key, value in weights.items()}
    serialised = serialise(weights)
    digest = hashlib.sha256(serialised).hexdigest()
    with atomic_write(folder / f"{name}.safetensors") as temporary:
        temporary.write_bytes(serialised)
    about = {"name": name, "model": type(network).__name__, "arguments": arguments, "sha256": digest, **facts}
    with atomic_write(folder / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
