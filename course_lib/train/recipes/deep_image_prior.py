"""`dip-camera`, `dip-astronaut`: the course of a Deep Image Prior on one noisy photograph, kept as a history.

There are no weights to ship: the network knows this one photograph and nothing else. What is worth keeping is the curve, recorded with
the clean image at hand: how close to the clean image the estimate comes, and how far it goes away again.

Not as published: photographs of 128×128 in grey instead of 512×512 in colour, and 48 features instead of 128, for minutes on a CPU.
"""

import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_lib import data, zoo
from course_lib.degrade import GaussianNoise
from course_lib.files import atomic_write
from course_lib.images import to_uint8
from course_lib.metrics import psnr
from course_lib.models import SkipNetwork
from course_lib.train.deep_image_prior import DeepImagePrior
from course_lib.train.recipes.classifier import hardware

PHOTOS = ("camera", "astronaut")
STEPS, SIZE, SIGMA, FEATURES = 2400, 128, 25, 48
_EVERY = 10  # steps between two points of the curve
_SNAPSHOTS = (30, 100, 300, 1000, 2400)


@dataclass(frozen=True)
class PriorHistory:
    """What a run recorded.

    Attributes
    ----------
    step
        Of each point of the curves.
    fit
        PSNR of the estimate against the *noisy* image, in dB: the training loss in other units.
    estimate_psnr, average_psnr
        PSNR of the estimate, and of its exponential average, against the clean image, in dB.
    snapshot_step, snapshots
        Estimates of some steps, shape (k, 1, h, w) in [0, 1]; the last is the one of the curve's peak.
    facts
        Command, noise, seed, hardware, wall time.
    """

    step: np.ndarray
    fit: np.ndarray
    estimate_psnr: np.ndarray
    average_psnr: np.ndarray
    snapshot_step: np.ndarray
    snapshots: Tensor
    facts: dict


def noisy_photo(photo: str) -> tuple[Tensor, Tensor]:
    """The photograph x and the observed image y of a run, each (1, 128, 128)."""
    x = data.photo(photo, size=SIZE, grey=True)
    return x, GaussianNoise(SIGMA)(x, generator=torch.Generator().manual_seed(0))


def load_history(name: str = "dip-camera", folder: str | Path | None = None) -> PriorHistory:
    """Read the history that a recipe wrote.

    Parameters
    ----------
    name
        The recipe.
    folder
        Where ``NAME.npz`` lies: a recipe's output folder; the histories that ship with the course if left out.

    Raises
    ------
    FileNotFoundError
        If there is none of that name.
    """
    path = (zoo.HISTORIES if folder is None else Path(folder)) / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(f"name: there is no history {path}; a run writes one: python -m course_lib train {name}")
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in ("step", "fit", "estimate_psnr", "average_psnr", "snapshot_step")}
        snapshots = torch.from_numpy(file["snapshots"]).float() / 255
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return PriorHistory(**arrays, snapshots=snapshots, facts=facts)


def record(photo: str, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Run a Deep Image Prior on one photograph; write curve, snapshots and facts to `out`."""
    if resume:
        raise ValueError("resume: a Deep Image Prior takes minutes and keeps no checkpoint; run it again without --resume")
    out, name, seed = Path(out), f"dip-{photo}", 0
    out.mkdir(parents=True, exist_ok=True)
    steps = steps or STEPS
    torch.manual_seed(seed)
    network = SkipNetwork(features=FEATURES).to(device)
    x, y = (image.to(device) for image in noisy_photo(photo))
    curve, snapshots, best, went_back, start = [], {}, (-float("inf"), 0, None), [], time.monotonic()
    for report in DeepImagePrior(y, network, steps=steps, seed=seed):
        if report.went_back:
            went_back.append(report.step)
        if report.step in _SNAPSHOTS:
            snapshots[report.step] = report.estimate
        if report.step % _EVERY and report.step not in (1, steps):
            continue
        against = [psnr(image, reference).item() for image, reference in ((report.estimate, y), (report.estimate, x), (report.average, x))]
        curve.append((report.step, *against))
        best = max(best, (against[1], report.step, report.estimate), key=lambda each: each[0])
        if report.step % 100 == 0:
            print(
                f"{name}: step {report.step}/{steps}, fit {against[0]:.2f} dB, estimate {against[1]:.2f} dB, average {against[2]:.2f} dB",
                flush=True,
            )
    seconds = time.monotonic() - start
    step, *columns = (np.array(column) for column in zip(*curve, strict=True))
    fit, estimate_psnr, average_psnr = (column.astype(np.float32) for column in columns)
    images = torch.stack([*snapshots.values(), best[2]])
    with atomic_write(out / f"{name}.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            step=step,
            fit=fit,
            estimate_psnr=estimate_psnr,
            average_psnr=average_psnr,
            snapshot_step=np.array([*snapshots, best[1]]),
            snapshots=to_uint8(images).cpu().numpy(),
        )
    facts = {
        "command": f"python -m course_lib train {name}" + (f" --steps {steps}" if steps != STEPS else ""),
        "data": f"{photo}, grey, {SIZE}×{SIZE}, noise of sigma {SIGMA}, seed 0, not clipped",
        "model": "SkipNetwork",
        "arguments": {"features": FEATURES},
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "steps": steps,
        "seed": seed,
        "went_back": went_back,
        "hardware": hardware(device),
        "wall_time_s": round(seconds),
    }
    with atomic_write(out / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(f"{name}: best estimate {best[0]:.2f} dB at step {best[1]}, last {curve[-1][2]:.2f} dB", flush=True)


RECIPES = {f"dip-{photo}": partial(record, photo) for photo in PHOTOS}
