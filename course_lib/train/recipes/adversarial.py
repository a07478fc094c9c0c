"""What the recipes for conditional GANs and for translators share: the run of a training, from a checkpoint or from the beginning."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch

from course_lib.train import checkpoint
from course_lib.train.gan_loop import GanTraining

LOOKS = 10  # at what is made, in the course of a training


def run(
    name: str, training: GanTraining, file: Path, *, save_every: int, resume: bool, look: Callable[[], str], third: str | None = None
) -> float:
    """Train to the end.

    Parameters
    ----------
    name
        Of the recipe, for what is printed.
    training
        Not begun yet.
    file
        The checkpoint.
    save_every
        Steps between two checkpoints, each of which prints a line with the mean losses.
    resume
        Go on from the checkpoint, if there is one.
    look
        Says how good the averaged generator is: printed `LOOKS` times.
    third
        A number of the reports that is printed beside both losses.

    Returns
    -------
    float
        Seconds of the whole run, stops left out.

    Raises
    ------
    ValueError
        If the checkpoint is of a run of another length.
    RuntimeError
        If a loss is no longer finite.
    """
    steps, seconds, block = training.steps, 0.0, []
    if resume and file.is_file():
        saved = checkpoint.load(file)
        if saved["steps"] != steps:
            raise ValueError(
                f"steps: the run in {file.parent} was begun for {saved['steps']} steps, and its learning rate depends on that; got {steps}."
                f" Say --steps {saved['steps']}, or begin again without --resume"
            )
        training.restore(saved["training"])
        seconds = saved["seconds"]
    start = time.monotonic() - seconds
    names = ("loss_d", "loss_g", *([third] if third else []))
    for report in training:
        block.append(torch.stack([getattr(report, each) for each in names]))
        if report.step % save_every and report.step != steps:
            continue
        means = torch.stack(block).mean(0).tolist()
        block.clear()
        if not all(map(math.isfinite, means)):
            raise RuntimeError(f"{name}: the losses are not finite at step {report.step}; begin again with another seed")
        seconds = time.monotonic() - start
        checkpoint.save(file, {"steps": steps, "training": training.state(), "seconds": seconds})
        looked = report.step * LOOKS // steps > (report.step - save_every) * LOOKS // steps or report.step == steps
        said = [f"D {means[0]:.3f}", f"G {means[1]:.3f}", *(f"{third} {mean:.4f}" for mean in means[2:]), *([look()] if looked else [])]
        print(f"{name}: step {report.step}/{steps}, {seconds:.0f} s, " + ", ".join(said), flush=True)
    return seconds
