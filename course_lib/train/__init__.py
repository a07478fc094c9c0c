"""Training as iteration: loops that yield reports, consumers that watch them, recipes that put model, data and loss together.

    for report in train.gan(G, D, batches, steps=1000):
        print(report.step, float(report.loss_d), float(report.loss_g))

`python -m course_lib train NAME` runs a recipe.
"""

import argparse
import inspect
import os
from pathlib import Path

from course_lib.train.batches import Batches
from course_lib.train.conditional_gan_loop import ConditionalGanTraining, conditional_gan
from course_lib.train.consumers import live_plot, progress, save_every
from course_lib.train.deep_image_prior import DeepImagePrior, PriorReport
from course_lib.train.ema import Ema
from course_lib.train.gan_loop import GanTraining, Report, frozen, gan
from course_lib.train.image_to_image_loop import CycleGanTraining, ImagePool, Pix2PixTraining, Unpaired, cycle_gan, pix2pix
from course_lib.train.patches import Pair, PairedPatches, Patches
from course_lib.train.restorer_loop import RestorerReport, RestorerTraining, restorer
from course_lib.train.semi_supervised_gan_loop import SemiSupervisedGanTraining, semi_supervised_gan

__all__ = [
    "Batches",
    "ConditionalGanTraining",
    "CycleGanTraining",
    "DeepImagePrior",
    "Ema",
    "GanTraining",
    "ImagePool",
    "Pair",
    "PairedPatches",
    "Patches",
    "Pix2PixTraining",
    "PriorReport",
    "Report",
    "RestorerReport",
    "RestorerTraining",
    "SemiSupervisedGanTraining",
    "Unpaired",
    "conditional_gan",
    "cycle_gan",
    "frozen",
    "gan",
    "live_plot",
    "main",
    "pix2pix",
    "progress",
    "restorer",
    "save_every",
    "semi_supervised_gan",
]


def main(argv: list[str] | None = None) -> int:
    """`python -m course_lib train NAME [--steps N] [--batch-size N] [--device D] [--data FOLDER] [--resume] [--out FOLDER]`.

    Returns the exit status.
    """
    from course_lib.train.recipes import all_recipes

    recipes = all_recipes()
    parser = argparse.ArgumentParser(prog="python -m course_lib train", description="Train a network by its recipe.")
    parser.add_argument("name", metavar="NAME", help="one of: " + ", ".join(sorted(recipes)))
    parser.add_argument("--steps", type=int, help="train so many steps instead of the recipe's number")
    parser.add_argument("--batch-size", type=int, help="patches in a batch instead of the recipe's number (restorers)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps (default: cpu)")
    parser.add_argument("--data", type=Path, help="folder of the data sets (default: $COURSE_DATA)")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint in the output folder")
    parser.add_argument("--out", type=Path, help="folder for checkpoint, weights and card (default: runs/NAME)")
    options = parser.parse_args(argv)
    if options.name not in recipes:
        parser.error(f"there is no recipe {options.name!r}; there are: {', '.join(sorted(recipes))}")
    if options.steps is not None and options.steps < 1:
        parser.error(f"--steps must be at least 1, got {options.steps}")
    chosen = {}
    if options.batch_size is not None:
        if "batch_size" not in inspect.signature(recipes[options.name]).parameters:
            parser.error(f"--batch-size is for the restorers; {options.name} has a batch size of its own")
        if options.batch_size < 1:
            parser.error(f"--batch-size must be at least 1, got {options.batch_size}")
        chosen["batch_size"] = options.batch_size
    if options.data is not None:
        os.environ["COURSE_DATA"] = str(options.data)
    out = options.out or Path("runs") / options.name
    recipes[options.name](out=out, steps=options.steps, device=options.device, resume=options.resume, **chosen)
    return 0
