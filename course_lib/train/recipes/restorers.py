"""What the recipes for denoisers and for super-resolution share: the run of a training, from a checkpoint or from the beginning.

A run prints its mean loss and looks at held-out images now and then, saves itself, goes on from where it was stopped, and works on several
processes.
"""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from course_lib.train import checkpoint
from course_lib.train.restorer_loop import RestorerTraining

HELD_OUT = 20  # images
LOOKS = 20  # at the held-out images in the course of a training


def accelerator(device: str):
    """An Accelerator where a launcher has started several processes, else None."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return None
    from accelerate import Accelerator

    return Accelerator(cpu=device == "cpu")


def run(
    name: str,
    training: RestorerTraining,
    *,
    out: Path,
    look: Callable[[nn.Module], float],
    save_every: int,
    resume: bool,
    kept: dict | None = None,
) -> dict | None:
    """Train to the end.

    Parameters
    ----------
    name
        Of the recipe, for what is printed.
    training
        Not begun yet.
    out
        Folder of the checkpoint, ``checkpoint.safetensors``.
    look
        Held-out PSNR in dB of a network: `LOOKS` times in the course of the training that of the averaged weights is printed.
    save_every
        Steps between two checkpoints, each of which prints a line.
    resume
        Go on from the checkpoint in `out`, if there is one.
    kept
        What else a checkpoint keeps of the beginning of the run.

    Returns
    -------
    dict or None
        `seconds` of the whole run, stops left out, and what was `kept` when it began. None on all processes but the first.

    Raises
    ------
    ValueError
        If the checkpoint is of a run with another batch size, or another number of steps.
    RuntimeError
        If the loss is no longer finite.
    """
    first = training.accelerator is None or training.accelerator.is_main_process
    steps, batch_size = training.steps, training.patches.batch_size
    file, log, seconds, kept = out / "checkpoint.safetensors", [], 0.0, kept or {}
    if resume and file.is_file():
        saved = checkpoint.load(file)
        if saved["batch_size"] != batch_size:
            raise ValueError(f"batch_size: this training was begun with {saved['batch_size']} patches in a batch; got {batch_size}")
        training.restore(saved["training"])
        log, seconds, kept = saved["log"], saved["seconds"], {key: saved[key] for key in kept}
    start, block, last = time.monotonic() - seconds, [], training.step_number
    for report in training:
        block.append(report.loss)
        if report.step % save_every and report.step != steps:
            continue
        mean = torch.stack(block).mean().item()
        block.clear()
        if not math.isfinite(mean):
            raise RuntimeError(f"{name}: the loss is not finite at step {report.step}; begin again with another seed")
        log.append([report.step, mean])
        if first:
            seconds = time.monotonic() - start
            looked = report.step * LOOKS // steps > last * LOOKS // steps
            seen = f", held out {look(training.ema.model):.3f} dB" if looked else ""
            print(f"{name}: step {report.step}/{steps}, {seconds:.0f} s, loss {mean:.6f}{seen}", flush=True)
            checkpoint.save(file, {"training": training.state(), "log": log, "seconds": seconds, "batch_size": batch_size, **kept})
        last = report.step
    return {"seconds": seconds, **kept} if first else None


def command(name: str, steps: int, batch_size: int, usual: int) -> str:
    """The command line that repeats a run.

    >>> command("n2c", 2000, 16, 16), command("n2c", 2000, 8, 16)
    ('python -m course_lib train n2c --steps 2000', 'python -m course_lib train n2c --steps 2000 --batch-size 8')
    """
    return f"python -m course_lib train {name} --steps {steps}" + ("" if batch_size == usual else f" --batch-size {batch_size}")
