"""`conditioning-glyphs`: three ways of telling the class, everything else equal.

The task is that of `cgan-glyphs`: 36 characters, slant and thickness. Projection (with conditional batch normalisation in G), concatenation
and the auxiliary classifier share data, batches, seed, rate, penalty and steps. The networks have half the width and the steps are few, so
that a CPU core runs all of them in minutes: the comparison says how far each way is after so many steps, not where it ends.

The recipe leaves a *history*, no weights: for each run the figures of `conditional_gan.evaluate`.
"""

from functools import partial
from pathlib import Path

import torch

from course_lib.train.recipes import conditional_gan
from course_lib.train.recipes.comparison import compare

STEPS = 3000  # of a run
FEATURES = 16
RUNS = tuple((conditioning, 0) for conditioning in conditional_gan.PLAYERS)  # (way, seed), in the order in which they are run


def run(conditioning: str, seed: int, steps: int, device: torch.device | str = "cpu") -> dict:
    """Train one way and measure it at the end.

    Returns
    -------
    dict
        `accuracy`, `smallest_accuracy`, `fid`, `intra_fid`, `diversity`, `diversity_smallest`, `slant` and `thickness` (correlations) of
        the averaged generator, and for real images `accuracy_real`, `fid_floor`, `intra_fid_floor`, `slant_real` and `thickness_real`.

    Raises
    ------
    RuntimeError
        If a loss is no longer finite.
    """
    training = conditional_gan.conditional_training("characters", conditioning, steps, features=FEATURES, seed=seed, device=device)
    for report in training:
        if report.step % 100 == 0 or report.step == steps:
            if not torch.isfinite(report.loss_g + report.loss_d):
                raise RuntimeError(f"{conditioning}, seed {seed}: the losses are not finite at step {report.step}")
            print(f"{conditioning}, seed {seed}: step {report.step}/{steps}, D {report.loss_d:.3f}, G {report.loss_g:.3f}", flush=True)
    found = conditional_gan.evaluate(training.ema.model, "characters")
    figures = {key: found[key] for key in ("accuracy", "accuracy_real", "smallest_accuracy", "diversity", "diversity_smallest")}
    for key in ("fid", "intra_fid"):
        figures |= {key: found[key]["value"], f"{key}_floor": found[key]["floor"]}
    for name, correlation in found["factors"].items():
        figures |= {name: correlation["correlation"], f"{name}_real": correlation["real"]}
    print(f"{conditioning}, seed {seed}: {figures}", flush=True)
    return figures


def train(name: str, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Do every run; write the history to `out`."""
    compare(name, RUNS, lambda variant, seed: run(variant, seed, steps or STEPS, device), out, resume)


RECIPES = {"conditioning-glyphs": partial(train, "conditioning-glyphs")}
