"""`ablation-scenes`: what each part of pix2pix does, everything else equal.

The task and the networks are those of `pix2pix-scenes`, with fewer steps. One thing is changed at a time: a term of the loss, the skips,
the patch that D sees, whether D sees the label map. The three losses are run with three seeds each (of weights, batches and dropout).
Nothing is tuned for any variant: the comparison says what a part does here and after so many steps.

The recipe leaves a *history*, no weights: for each run the figures of `image_to_image.evaluate_scenes` and some translations.
"""

from functools import lru_cache, partial
from pathlib import Path

import torch
from torch import Tensor

from course_lib.data import scenes
from course_lib.models import PatchDiscriminator, UNet
from course_lib.train.batches import Batches
from course_lib.train.image_to_image_loop import Pix2PixTraining, pix2pix
from course_lib.train.recipes import image_to_image
from course_lib.train.recipes.comparison import compare

STEPS = 800  # of a run
SHOWN = 8  # unseen scenes whose translations are kept as pictures, the same for every run

# generator, discriminator: arguments that differ; the rest goes to train.pix2pix
VARIANTS = {
    "L1 + cGAN": {},
    "L1": {"gan_weight": 0},
    "cGAN": {"l1_weight": 0},
    "L1 + cGAN, no skips": {"generator": {"skips": False}},
    "L1 + cGAN, patch of 1": {"discriminator": {"layers": 0}},
    "L1 + cGAN, patch of 16": {"discriminator": {"layers": 1}},
    "L1 + cGAN, patch of 70": {"discriminator": {"layers": 3}},
    "L1 + GAN, D does not see the map": {"discriminator": {"condition_channels": 0}},
    "GAN, D does not see the map": {"discriminator": {"condition_channels": 0}, "l1_weight": 0},
}

# (variant, seed), in the order in which they are run
RUNS = (
    *((variant, 0) for variant in VARIANTS),
    *((variant, seed) for seed in (1, 2) for variant in ("L1 + cGAN", "L1", "cGAN")),
)


@lru_cache(maxsize=1)
def _pairs(n: int) -> tuple[Tensor, Tensor]:
    return tuple(images.mul_(2).sub_(1) for images in scenes.pairs(n))  # the border: GAN code works in [-1, 1]


def ablation_training(variant: str, seed: int = 0, steps: int = STEPS, device: torch.device | str = "cpu") -> Pix2PixTraining:
    """One variant, ready to iterate; `training.ema.model` is the averaged translator.

    Parameters
    ----------
    variant
        One of `VARIANTS`.
    seed
        Of the weights, the batches and the dropout: variants of the same seed see the same batches.
    steps
        Steps of G.
    device
        Where to train.
    """
    recipe, settings = image_to_image.PIX2PIX["pix2pix-scenes"], dict(VARIANTS[variant])
    generator, discriminator = (getattr(recipe, player) | settings.pop(player, {}) for player in ("generator", "discriminator"))
    c, x = _pairs(image_to_image._SCENES)
    torch.manual_seed(seed)
    G = UNet(**generator).to(device, memory_format=torch.channels_last)
    D = PatchDiscriminator(**discriminator).to(device, memory_format=torch.channels_last)
    batches = Batches(x, c, batch_size=recipe.batch_size, seed=seed, device=device)
    return pix2pix(G, D, batches, **image_to_image.settings(recipe, steps, device, seed), **settings)


def run(variant: str, seed: int, steps: int, device: torch.device | str = "cpu") -> dict:
    """Train one variant and measure it at the end.

    Returns
    -------
    dict
        `psnr`, `l1`, `pixel_accuracy`, `iou`, `patch_distance` on unseen scenes, for the averaged translator; the same for the references
        of `evaluate_scenes`, as `expected_psnr` and so on; `pictures`, (SHOWN, 3, 64, 64) in 8 bits, and their `labels`.

    Raises
    ------
    RuntimeError
        If a loss is no longer finite.
    """
    training = ablation_training(variant, seed, steps, device)
    for report in training:
        if report.step % 100 == 0 or report.step == steps:
            if not torch.isfinite(report.loss_g + report.loss_d):
                raise RuntimeError(f"{variant}, seed {seed}: the losses are not finite at step {report.step}")
            print(f"{variant}, seed {seed}: step {report.step}/{steps}, D {report.loss_d:.3f}, L1 {report.l1:.4f}", flush=True)
    G = training.ema.model
    found = image_to_image.evaluate_scenes(G)
    labels = scenes.draw(SHOWN, seed=image_to_image._UNSEEN_SEED)
    pictures = G.translate(scenes.to_rgb(labels)).cpu()
    names = ("psnr", "l1", "pixel_accuracy", "iou")
    figures = {name: found[name] for name in names} | {"patch_distance": found["patch_distance"]["value"]}
    for key in ("expected", "other_noise"):
        reference = found["references"][key]
        figures |= {f"{key}_{name}": reference[name] for name in names}
        figures |= {f"{key}_patch_distance": reference["patch_distance"]["value"]}
    print(f"{variant}, seed {seed}: {figures}", flush=True)
    return {**figures, "pictures": (255 * pictures).round().to(torch.uint8), "labels": labels.to(torch.uint8)}


def train(name: str, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Do every run; write the history to `out`."""
    compare(name, RUNS, lambda variant, seed: run(variant, seed, steps or STEPS, device), out, resume)


RECIPES = {"ablation-scenes": partial(train, "ablation-scenes")}
