"""`stability-glyphs`: what each cure does for one small GAN on one small image task, everything else equal.

The task: 20,000 glyphs of 28×28 pixels, or the first 500 of them for the two runs about small data. The players: DCGAN with 16 features
and 64 latents. For every variant: the same start, the same batches of 64, the same number of steps of both players (one of D to one of
G, also for the two critics, to which their authors give five), Adam with the same rate and β. Nothing is tuned for any variant: the
comparison says what a method does here, at this rate and after so many steps, not which is best when each is tuned. Some variants are run
a second time, with another seed.

The recipe leaves a *history*, no weights: FID of G and of the average of its weights all along, the level of the background, what D says of
training images and of unseen ones, and at the end samples and the other measures.
"""

import math
from functools import lru_cache, partial
from pathlib import Path

import torch
from torch import Tensor

from course_lib import losses, zoo
from course_lib.metrics.features import fid, kid, precision_recall
from course_lib.models import DCGANDiscriminator, DCGANGenerator
from course_lib.train.batches import Batches
from course_lib.train.gan_loop import GanTraining, frozen, gan
from course_lib.train.recipes.classifier import real_images
from course_lib.train.recipes.comparison import compare
from course_lib.train.recipes.dcgan import outputs

STEPS, EVERY = 2500, 500  # of a run; from one measurement to the next
SAMPLES = 2000  # of a measurement, and unseen images to compare them with
SHOWN = 20  # samples kept as pictures, from the same latents for every run
ALONG = ("step", "fid", "fid_ema", "background", "loss_d", "loss_g", "logit_train", "logit_unseen", "logit_fake")
_FEATURES, _LATENT_DIM, _BATCH_SIZE = 16, 64, 64
_ADAM = {"learning_rate": 1e-3, "betas": (0.5, 0.999)}

# norm: of D; images: how many to train on, all if not given; the rest goes to train.gan
VARIANTS = {
    "non-saturating, batch norm": {"norm": "batch"},
    "hinge, spectral norm": {"norm": "spectral", "loss": losses.HINGE},
    "WGAN-GP": {"norm": "none", "loss": losses.WASSERSTEIN, "penalty": losses.wgan_gp(10.0)},
    "non-saturating, R1": {"norm": "none", "penalty": losses.r1(1.0)},
    "LSGAN, batch norm": {"norm": "batch", "loss": losses.LSGAN},
    "WGAN, clipping": {"norm": "none", "loss": losses.WASSERSTEIN, "clip": 0.05},
    "500 images": {"norm": "spectral", "loss": losses.HINGE, "images": 500},
    "500 images, DiffAugment": {"norm": "spectral", "loss": losses.HINGE, "images": 500, "augment": losses.diff_augment},
    "non-saturating, no norm": {"norm": "none"},
}

# (variant, seed), in the order in which they are run
RUNS = (
    *((variant, 0) for variant in VARIANTS),
    ("non-saturating, batch norm", 1),
    ("non-saturating, R1", 1),
)


@lru_cache(maxsize=2)
def _glyphs(train: bool) -> Tensor:
    return real_images("glyphs", train)[0]


def stability_training(variant: str, seed: int = 0, steps: int = STEPS, device: torch.device | str = "cpu") -> GanTraining:
    """One variant, ready to iterate; `training.ema.model` is the averaged generator.

    Parameters
    ----------
    variant
        One of `VARIANTS`.
    seed
        Of the weights, the batches and the latents: variants of the same seed start from the same G and see the same batches.
    steps
        Steps of each player.
    device
        Where to train.
    """
    settings = dict(VARIANTS[variant])
    norm, images = settings.pop("norm"), _glyphs(True)[: settings.pop("images", None)]
    torch.manual_seed(seed)
    G = DCGANGenerator(28, _LATENT_DIM, _FEATURES, 1).to(device, memory_format=torch.channels_last)
    D = DCGANDiscriminator(28, _FEATURES, 1, norm).to(device, memory_format=torch.channels_last)
    batches = Batches(2 * images - 1, batch_size=_BATCH_SIZE, seed=seed, device=device)  # the border: GAN code works in [-1, 1]
    return gan(G, D, batches, steps=steps, ema_decay=0.998, seed=seed, **_ADAM, **settings)


@torch.no_grad()
def logits(D: torch.nn.Module, images: Tensor) -> float:
    """D's mean logit on images in [0, 1], in batches and in the mode of the training, and D left as it was."""
    device = next(D.parameters()).device
    with frozen(D):
        return torch.stack([D(2 * part.to(device) - 1).mean() for part in images.split(_BATCH_SIZE)]).mean().item()


def run(variant: str, seed: int, steps: int, device: torch.device | str = "cpu") -> dict:
    """Train one variant and measure it all along.

    Returns
    -------
    dict
        At each of the steps `step`: `fid` of G and `fid_ema` of its average, `background` (mean of the two top rows of G's images, 0 is
        black), `loss_d` and `loss_g` (means since the measurement before), `logit_train`, `logit_unseen` and `logit_fake` (what D says of
        500 images each). At the end, of the averaged G: `samples`, `confidence`, `precision`, `recall`, `kid`.
    """
    features, judge = zoo.load("features-glyphs", device), zoo.load("judge-glyphs", device)
    unseen = _glyphs(False)[:SAMPLES]
    real = outputs(features, unseen, "features")
    training = stability_training(variant, seed, steps, device)
    trained_on = (training.batches.tensors[0][:500].cpu() + 1) / 2
    found, block = {name: [] for name in ALONG}, []
    for report in training:
        block.append(torch.stack([report.loss_d, report.loss_g]))
        if report.step % EVERY and report.step != steps:
            continue
        loss_d, loss_g = torch.stack(block).mean(0).tolist()
        block.clear()
        if not math.isfinite(loss_d + loss_g):
            raise RuntimeError(f"{variant}, seed {seed}: the losses are not finite at step {report.step}")
        own, average = (net.sample(SAMPLES, torch.Generator().manual_seed(8)).cpu() for net in (training.G.eval(), training.ema.model))
        training.G.train()
        clouds = [outputs(features, images, "features") for images in (own, average)]
        distances = [fid(cloud, real).item() for cloud in clouds]
        said = [logits(training.D, images) for images in (trained_on, unseen[:500], own[:500])]
        numbers = (report.step, *distances, own[:, :, :2].mean().item(), loss_d, loss_g, *said)
        for name, number in zip(ALONG, numbers, strict=True):
            found[name].append(number)
        print(f"{variant}, seed {seed}: step {report.step}, FID {distances[0]:.1f}, of the average {distances[1]:.1f}", flush=True)
    precision, recall = precision_recall(clouds[1], real)
    return {
        **{name: torch.tensor(numbers, dtype=torch.float64) for name, numbers in found.items()},
        "samples": (255 * average[:SHOWN, 0]).round().to(torch.uint8),
        "confidence": outputs(judge, average).softmax(1).amax(1).mean().item(),
        "precision": precision.item(),
        "recall": recall.item(),
        "kid": kid(clouds[1], real).item(),
    }


def train(name: str, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Do every run; write the history to `out`."""
    compare(name, RUNS, lambda variant, seed: run(variant, seed, steps or STEPS, device), out, resume)


RECIPES = {"stability-glyphs": partial(train, "stability-glyphs")}
