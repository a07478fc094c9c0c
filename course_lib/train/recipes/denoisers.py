"""The denoisers at published size, and four ways to train one network: with clean images, with noisy pairs, with noisy images only.

Published: DnCNN has depth 17 for one noise level (patches of 40) and 20 for a range of them (patches of 50, sigma in [0, 55]), on 400
grey images of 180×180 (Train400); FFDNet takes patches of 70 (grey) or 50 (colour) and sigma in [0, 75], on more images than
are used here. Batches of 128, noise drawn anew in every step and never clipped.

Not as published: every network begins as nearly the identity (see `models.dncnn`, `models.ffdnet`); the learning rate rises over 100
steps and falls along half a cosine from 1e-3 to nothing, from 2e-3 where there is batch normalisation (after 150 steps of 32 patches at
σ = 25 the loss was 0.0041 at 1e-3 and 0.0030 at 3e-3; that of the noisy image is 0.0096); the convolutions compute in bfloat16; what
ships is the average of the weights over the last steps; colour networks are trained on BSDS500's train and test folders. The last 20
images are held out and never trained on: they say how far a training has come. The benchmark sets are looked at once, at the end.

Several processes: ``accelerate launch --multi_gpu --num_processes N -m course_lib train NAME`` (on CPUs as well). Every process takes its
share of each batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import data, evaluate, models, zoo
from course_lib.degrade import GaussianNoise
from course_lib.device import autocast_dtype
from course_lib.losses import Task, noise2noise, noise2void, supervised, supervised_range, sure
from course_lib.train.patches import Patches
from course_lib.train.recipes.classifier import hardware
from course_lib.train.recipes.restorers import HELD_OUT, accelerator, command, run
from course_lib.train.restorer_loop import restorer

_SAVE_EVERY = 100  # steps


@dataclass(frozen=True)
class Recipe:
    """What is trained on what."""

    model: str
    arguments: dict
    task: Task
    patch_size: int
    steps: int
    sigmas: tuple[int, ...]  # at which it is measured, in grey levels
    batch_size: int = 128
    learning_rate: float = 1e-3
    autocast: bool = True

    @property
    def colour(self) -> bool:
        return self.arguments.get("channels", 1) == 3


_DNCNN, _BLIND = {"channels": 1, "depth": 17, "features": 64}, {"depth": 20, "features": 64}
# one network for the comparison of the ways to learn: small enough for a laptop, without batch normalisation
_SMALL = {"channels": 1, "depth": 10, "features": 48, "norm": "none"}
_same = partial(Recipe, "DnCNN", _SMALL, patch_size=64, steps=6_000, sigmas=(25,), batch_size=16)

DENOISERS = {
    "dncnn-s15": Recipe("DnCNN", _DNCNN, supervised(GaussianNoise(15)), 40, 80_000, (15,), learning_rate=2e-3),
    "dncnn-s25": Recipe("DnCNN", _DNCNN, supervised(GaussianNoise(25)), 40, 80_000, (25,), learning_rate=2e-3),
    "dncnn-s50": Recipe("DnCNN", _DNCNN, supervised(GaussianNoise(50)), 40, 80_000, (50,), learning_rate=2e-3),
    "dncnn-blind": Recipe("DnCNN", {"channels": 1, **_BLIND}, supervised_range(0, 55), 50, 80_000, (15, 25, 50), learning_rate=2e-3),
    "dncnn-blind-color": Recipe("DnCNN", {"channels": 3, **_BLIND}, supervised_range(0, 55), 50, 80_000, (15, 25, 50), learning_rate=2e-3),
    "ffdnet-gray": Recipe("FFDNet", {"channels": 1}, supervised_range(0, 75, told=True), 70, 100_000, (15, 25, 50)),
    "ffdnet-color": Recipe(
        "FFDNet", {"channels": 3, "depth": 12, "features": 96}, supervised_range(0, 75, told=True), 50, 100_000, (15, 25, 50)
    ),
    "bias-free": Recipe("DnCNN", {**_DNCNN, "norm": "none", "bias": False}, supervised_range(0, 55), 50, 80_000, (15, 25, 50)),
    "n2c": _same(task=supervised(GaussianNoise(25))),
    "n2n": _same(task=noise2noise(GaussianNoise(25))),
    "n2v": _same(task=noise2void(GaussianNoise(25))),
    "sure": _same(task=sure(25), autocast=False),  # a difference quotient of two outputs has no digits to lose
}


def training_images(colour: bool) -> tuple[list[Tensor], list[tuple[str, Tensor]]]:
    """Images to train on, and the held-out ones with their names."""
    if colour:
        pairs = data.images("BSDS500/train", "rgb") + data.images("BSDS500/test", "rgb")
    else:
        pairs = data.images("Train400", "grey")
    return [image for _, image in pairs[:-HELD_OUT]], pairs[-HELD_OUT:]


def denoiser(network: nn.Module, sigma: float | int) -> Callable[[Tensor], Tensor]:
    """The network as image → image; an FFDNet is told sigma."""
    return (lambda y: network(y, sigma)) if isinstance(network, models.FFDNet) else network


def psnr_at(network: nn.Module, sigma: int, images: list[tuple[str, Tensor]]) -> float:
    """Mean PSNR in dB on images with Gaussian noise (seed 0, not clipped), after rounding to 8 bits."""
    device = next(network.parameters()).device
    table = evaluate.restoration(lambda y: denoiser(network, sigma)(y.to(device)).cpu(), GaussianNoise(sigma), images, ("psnr",), seed=0)
    return table.mean["psnr"]


def train_denoiser(
    name: str, *, out: str | Path, steps: int | None = None, batch_size: int | None = None, device: str = "cpu", resume: bool = False
) -> None:
    """Train one denoiser; write weights and card to `out`."""
    recipe, out, seed = DENOISERS[name], Path(out), 0
    out.mkdir(parents=True, exist_ok=True)
    steps, batch_size = steps or recipe.steps, batch_size or recipe.batch_size
    processes = accelerator(device)
    device = str(processes.device) if processes else device
    torch.manual_seed(seed)
    network = getattr(models, recipe.model)(**recipe.arguments).to(device, memory_format=torch.channels_last)
    images, held_out = training_images(recipe.colour)
    patches = Patches(images, recipe.patch_size, batch_size, seed=seed, device=device)
    training = restorer(
        network,
        patches,
        recipe.task,
        steps=steps,
        learning_rate=recipe.learning_rate,
        autocast=autocast_dtype(device) if recipe.autocast else None,
        seed=seed,
        accelerator=processes,
    )
    middle = recipe.sigmas[len(recipe.sigmas) // 2]
    done = run(name, training, out=out, look=lambda net: psnr_at(net, middle, held_out), save_every=_SAVE_EVERY, resume=resume)
    if done is None:
        return
    facts = {
        "command": command(name, steps, batch_size, recipe.batch_size),
        "data": f"{'BSDS500 train + test' if recipe.colour else 'Train400'}, {len(images)} images, the last {HELD_OUT} held out",
        "steps": steps,
        "batch": f"{batch_size} patches of {recipe.patch_size}×{recipe.patch_size}",
        "seed": seed,
        "hardware": hardware(device),
        "wall_time_s": round(done["seconds"]),
    }
    zoo.save(out, name, training.ema.model, recipe.arguments, facts)
    network = zoo.load(name, device, folder=out)  # as rounded for storing: the card speaks of what ships
    metrics = {"held_out_psnr": {str(sigma): psnr_at(network, sigma, held_out) for sigma in recipe.sigmas}}
    if not recipe.colour and (data.data_folder() / "Set12").is_dir():
        metrics["Set12_psnr"] = {str(sigma): psnr_at(network, sigma, data.images("Set12", "grey")) for sigma in recipe.sigmas}
    zoo.save(out, name, training.ema.model, recipe.arguments, {**facts, "metrics": metrics})
    print(name, metrics, flush=True)


RECIPES = {name: partial(train_denoiser, name) for name in DENOISERS}
