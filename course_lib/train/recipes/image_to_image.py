"""Translators from image to image: `pix2pix-scenes`, `pix2pix-facades`, `pix2pix-colour` from pairs, and `cyclegan-scenes` without them.

- `pix2pix-scenes`: label map → picture, 64 pixels, scenes painted by a known rule (`data.scenes`).
- `pix2pix-facades`: label map → photograph, 128 pixels, from ``$COURSE_DATA/facades`` (``train``, ``val``, ``test``; photograph left,
  labels right). Trained on train and val, judged on test.
- `pix2pix-colour`: luma → chroma, 128 pixels, on BSDS500's train and test folders without the last 20 images, which are held out; judged on
  these and on the bundled photographs.
- `cyclegan-scenes`: day → night and, as `cyclegan-scenes-back`, night → day, 64 pixels, from the same scenes in another order. The hidden
  pairing measures the error. The same generator trained on the pairs with an L1 loss alone, `cyclegan-scenes-paired`, says what is
  within its reach.

As published: architectures, losses and their weights, Adam with β₁ = 0.5, weights from N(0, 0.02), crops and mirroring of the facades, and
CycleGAN's batches of one. Not as published, so that a CPU core needs minutes: smaller images and narrower networks; for pix2pix batches of
2 or 4 images in place of one, so that batch normalisation has statistics to use in eval mode; a higher learning rate, which falls to zero
over the second half; fewer steps; and what ships is the average of G's weights over the last of them. For 64 pixels D's receptive field is
34 pixels, for 128 it is 70.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from course_lib import data, metrics, models, zoo
from course_lib.data import scenes
from course_lib.device import autocast_dtype
from course_lib.metrics import mean_iou, patch_distance, pixel_accuracy
from course_lib.models import colourise, luma_and_chroma
from course_lib.resample import imresize
from course_lib.train.batches import Batches
from course_lib.train.image_to_image_loop import Unpaired, cycle_gan, pix2pix
from course_lib.train.recipes.adversarial import run
from course_lib.train.recipes.classifier import hardware

Images = Float[Tensor, "n c h w"]

HELD_OUT = 20  # of BSDS500's test folder
PHOTOGRAPHS = ("astronaut", "chelsea", "china", "coffee", "flower", "rocket")  # bundled ones with natural colours
_SCENES, _UNSEEN, _UNSEEN_SEED = 4000, 500, 1_000_001  # to train on; to judge by
_SIZE = 128  # of facades and photographs
_SAVE_EVERY = 200  # steps between two checkpoints and two lines of the log
_SEED = 0


@dataclass(frozen=True)
class Recipe:
    """What is trained: G's and D's arguments, steps, and the weights of the two terms."""

    generator: dict
    discriminator: dict
    steps: int
    batch_size: int
    learning_rate: float = 5e-4
    l1_weight: float | int = 100
    gan_weight: float | int = 1


PIX2PIX = {
    "pix2pix-scenes": Recipe({"depth": 6, "features": 24, "max_features": 96}, {"layers": 2, "features": 16}, 6000, 4, 1e-3),
    "pix2pix-facades": Recipe({"depth": 7, "features": 24, "max_features": 96}, {"layers": 3, "features": 16}, 4500, 2),
    "pix2pix-colour": Recipe(
        {"input_channels": 1, "output_channels": 2, "depth": 7, "features": 24, "max_features": 96},
        {"layers": 3, "features": 16, "channels": 2, "condition_channels": 1},
        3500,
        2,
    ),
}
CYCLE_GAN = Recipe({"blocks": 3, "features": 16}, {"layers": 2, "features": 16, "condition_channels": 0, "norm": "instance"}, 4500, 1)


# ------------------------------------------------------------------------------------------------------------------------------- the data


class Crops:
    """Endless batches of random square crops in [-1, 1], half of them mirrored; nothing is turned, for houses stand upright.

    Batch number b is a function of (seed, b) alone: `position` is all there is to remember.

    Parameters
    ----------
    images
        Each (c, h, w) in [0, 1], of any size and number of channels.
    size
        Side of the crops in pixels.
    split
        Makes (x, c) of a batch of crops in [0, 1].
    batch_size, seed
        As for `Batches`.

    Examples
    --------
    >>> crops = Crops([torch.rand(6, 20, 24)], 16, lambda image: image.split(3, dim=1), batch_size=2)
    >>> x, c = next(crops)
    >>> x.shape, bool(x.min() < 0), crops.position
    (torch.Size([2, 3, 16, 16]), True, 1)
    """

    def __init__(
        self,
        images: Sequence[Float[Tensor, "c _ _"]],
        size: int,
        split: Callable[[Tensor], tuple[Tensor, Tensor]],
        batch_size: int,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ):
        self.images = [(image.clamp(0, 1) * 255).round().to(torch.uint8) for image in images]
        self.size, self.split, self.batch_size, self.seed, self.device, self.position = size, split, batch_size, seed, device, 0

    def __iter__(self):
        return self

    def __next__(self) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.position)
        self.position += 1
        crops = []
        for which in torch.randint(len(self.images), (self.batch_size,), generator=generator).tolist():
            image = self.images[which]
            top, left = (int(torch.randint(side - self.size + 1, (), generator=generator)) for side in image.shape[-2:])
            crop = image[:, top : top + self.size, left : left + self.size]
            crops.append(crop.flip(-1) if torch.rand((), generator=generator) < 0.5 else crop)
        x, c = self.split(torch.stack(crops).to(self.device).float() / 255)
        return x * 2 - 1, c * 2 - 1  # the border: GAN code works in [-1, 1]


def facades(folder: str, size: int) -> tuple[Float[Tensor, "n 3 {size} {size}"], Float[Tensor, "n 3 {size} {size}"]]:
    """Photographs and label maps of one folder of ``facades``, made small; the maps cleaned of JPEG's mixed colours, and by the nearest
    pixel, which mixes none."""
    pairs = [image.chunk(2, dim=2) for _, image in data.images(f"facades/{folder}", "rgb")]
    photographs = torch.stack([imresize(left, size=(size, size)).clamp(0, 1) for left, _ in pairs])
    maps = (data.facades.to_rgb(data.facades.cleaned(right[None]))[0] for _, right in pairs)
    return photographs, torch.stack([imresize(each, size=(size, size), method="nearest") for each in maps])


def colour_images(size: int) -> tuple[list[Tensor], Float[Tensor, "n 3 {size} {size}"]]:
    """BSDS500 with shorter sides of 9/8 `size` to train on, and the middle squares of the held-out images."""
    images = [image for folder in ("BSDS500/train", "BSDS500/test") for _, image in data.images(folder, "rgb")]
    side = size * 9 // 8
    small = [imresize(image, scale=side / min(image.shape[-2:])).clamp(0, 1) for image in images]
    return small[:-HELD_OUT], torch.stack([_middle(image, size) for image in small[-HELD_OUT:]])


def _middle(image: Tensor, size: int) -> Tensor:
    top, left = ((side - size) // 2 for side in image.shape[-2:])
    return image[:, top : top + size, left : left + size]


# ------------------------------------------------------------------------------------------------------------------------------ the judging


def realism(made: Images, real: Images, others: Images, patch_size: int = 8) -> dict:
    """`patch_distance` of made pictures from real ones, beside that of `others`, which are real too, and that of uniform noise."""
    noise = torch.rand(real.shape, generator=torch.Generator().manual_seed(0))
    return {
        "value": patch_distance(made, real, patch_size).item(),
        "floor": patch_distance(others, real, patch_size).item(),
        "ceiling": patch_distance(noise, real, patch_size).item(),
        "patch_size": patch_size,
        "n": len(real),
    }


def closeness(made: Images, real: Images) -> dict:
    """Mean PSNR in dB and mean absolute error, in [0, 1], of pictures from the true ones."""
    return {"psnr": metrics.psnr(made, real).mean().item(), "l1": (made - real).abs().mean().item()}


def agreement(pictures: Images, labels: Int64[Tensor, "n h w"], light: str = "day") -> dict:
    """What `scenes.read` finds in pictures, against the maps they should show."""
    found = scenes.read(pictures, light)
    return {"pixel_accuracy": pixel_accuracy(found, labels).item(), "iou": mean_iou(found, labels).item()}


def evaluate_scenes(G: nn.Module) -> dict:
    """Judge a translator of label maps on scenes that it has not seen.

    Parameters
    ----------
    G
        `G.translate(maps)` → pictures, in eval mode.

    Returns
    -------
    dict
        `psnr` and `l1` against the painted pictures, `pixel_accuracy` and `iou` of the classes that `scenes.read` finds in them,
        `patch_distance` (floor: the same maps painted with other noise). As `references` the same for `expected`, the mean of all pictures
        of a map, which has the smallest error that can be, and for `other_noise`, another picture of the same map, which is what a perfect
        sampler would draw; and PSNR and L1 of the mean of training pictures, `mean_picture`.
    """
    labels = scenes.draw(_UNSEEN, seed=_UNSEEN_SEED)
    real, other = (scenes.render(labels, seed=seed) for seed in (_UNSEEN_SEED, _UNSEEN_SEED + 1))

    def judged(pictures: Tensor) -> dict:
        return closeness(pictures, real) | agreement(pictures, labels) | {"patch_distance": realism(pictures, real, other)}

    made, expected = G.translate(scenes.to_rgb(labels)).cpu(), scenes.render(labels, texture=0)
    mean = scenes.pairs(_UNSEEN)[1].mean(0).expand_as(real)
    return {
        "samples": _UNSEEN,
        **judged(made),
        "references": {"expected": judged(expected), "other_noise": judged(other), "mean_picture": closeness(mean, real)},
    }


def evaluate_facades(G: nn.Module) -> dict:
    """Judge a translator of facades on the test folder: PSNR, L1 and patch distance (floor: training photographs), beside PSNR and L1 of
    the mean training photograph."""
    (real, maps), (train, _) = (facades(folder, _SIZE) for folder in ("test", "train"))
    made = G.translate(maps).cpu()
    return {
        "samples": len(real),
        **closeness(made, real),
        "patch_distance": realism(made, real, train[: len(real)]),
        "references": {"mean_picture": closeness(train.mean(0).expand_as(real), real)},
    }


def evaluate_colour(G: nn.Module) -> dict:
    """Judge a colouriser on the held-out images and on the bundled photographs.

    Returns
    -------
    dict
        For `held_out` and for `photographs` each: `psnr` and `l1` in RGB; `colourfulness`, the chroma's root mean square distance from grey
        over that of the true chroma (an L1 loss alone gives too little); and `grey`, PSNR and L1 of the image without colour. For the
        held-out ones `patch_distance` too, on patches of chroma (floor: training images).
    """
    train, held_out = colour_images(_SIZE)
    photographs = torch.stack([data.photo(name, _SIZE) for name in PHOTOGRAPHS])
    results = {"samples": len(held_out) + len(photographs)}
    for name, real in (("held_out", held_out), ("photographs", photographs)):
        made = colourise(G, real).cpu()
        y, chroma = luma_and_chroma(real)
        chroma_made = luma_and_chroma(made)[1]
        results[name] = {
            **closeness(made, real),
            "colourfulness": ((chroma_made - 128 / 255).square().mean() / (chroma - 128 / 255).square().mean()).sqrt().item(),
            "grey": closeness(_without_colour(y), real),
        }
        if name == "held_out":
            others = torch.stack([luma_and_chroma(_middle(image, _SIZE)[None])[1][0] for image in train[: len(real)]])
            results[name]["patch_distance"] = realism(chroma_made, chroma, others)
    return results


def _without_colour(y: Tensor) -> Tensor:
    return ((y * 255 - 16) / 219).clamp(0, 1).expand(-1, 3, -1, -1)


def evaluate_day_and_night(G: nn.Module, F: nn.Module, paired: nn.Module) -> dict:
    """Judge two translators by the hidden pairing of scenes that they have not seen.

    Parameters
    ----------
    G, F
        Day to night and night to day: `translate(pictures)`.
    paired
        Day to night, trained on the pairs.

    Returns
    -------
    dict
        `night` (of day) and `day` (of night): PSNR, L1, pixel accuracy and IoU of the classes that `scenes.read` finds, patch distance;
        `cycle`: L1 of day → night → day. As `references` for `night`: `paired`, and what nobody has to learn, the day picture itself
        (`unchanged`) and the mean night (`mean_picture`).
    """
    labels = scenes.draw(_UNSEEN, seed=_UNSEEN_SEED)
    real = {light: scenes.render(labels, light, _UNSEEN_SEED) for light in ("day", "night")}
    other = {light: scenes.render(labels, light, _UNSEEN_SEED + 1) for light in real}

    def judged(pictures: Tensor, light: str) -> dict:
        found = closeness(pictures, real[light]) | agreement(pictures, labels, light)
        return found | {"patch_distance": realism(pictures, real[light], other[light])}

    night, day = G.translate(real["day"]).cpu(), F.translate(real["night"]).cpu()
    _, nights, _ = scenes.domains(_UNSEEN)
    return {
        "samples": _UNSEEN,
        "night": judged(night, "night"),
        "day": judged(day, "day"),
        "cycle": (F.translate(night.clamp(0, 1)).cpu() - real["day"]).abs().mean().item(),
        "references": {
            "paired": judged(paired.translate(real["day"]).cpu(), "night"),
            "unchanged": closeness(real["day"], real["night"]),
            "mean_picture": closeness(nights.mean(0).expand_as(real["night"]), real["night"]),
        },
    }


# ---------------------------------------------------------------------------------------------------------------------------- the training


def paired_task(name: str, batch_size: int, device: torch.device | str) -> tuple[str, Batches | Crops, Callable[[nn.Module], float]]:
    """The data of one pix2pix recipe: what the card says of them, batches (x, c) to train on, a translator's PSNR on unseen pairs."""
    if name == "pix2pix-scenes":
        c, x = (images.mul_(2).sub_(1) for images in scenes.pairs(_SCENES))  # the border: GAN code works in [-1, 1]
        maps, pictures = scenes.pairs(50, seed=_UNSEEN_SEED)
        about, batches = f"{_SCENES} scenes painted with seed 0", Batches(x, c, batch_size=batch_size, seed=_SEED, device=device)
    elif name == "pix2pix-facades":
        train = [torch.cat(pair) for folder in ("train", "val") for pair in zip(*facades(folder, _SIZE * 286 // 256), strict=True)]
        pictures, maps = facades("test", _SIZE)
        batches = Crops(train, _SIZE, lambda crops: crops.split(3, dim=1), batch_size, _SEED, device)
        about = f"facades train + val, {len(train)} pairs"
    else:
        train, pictures = colour_images(_SIZE)
        batches = Crops(train, _SIZE, lambda crops: luma_and_chroma(crops)[::-1], batch_size, _SEED, device)
        about = f"BSDS500 train + test without its last {HELD_OUT}: {len(train)} images"
        return about, batches, lambda G: closeness(colourise(G, pictures).cpu(), pictures)["psnr"]
    return about, batches, lambda G: closeness(G.translate(maps).cpu(), pictures)["psnr"]


EVALUATE = {"pix2pix-scenes": evaluate_scenes, "pix2pix-facades": evaluate_facades, "pix2pix-colour": evaluate_colour}


def train_pix2pix(name: str, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Train one translator on pairs; write weights and card to `out`."""
    recipe, out = PIX2PIX[name], Path(out)
    out.mkdir(parents=True, exist_ok=True)
    steps = steps or recipe.steps
    torch.manual_seed(_SEED)
    G = models.UNet(**recipe.generator).to(device, memory_format=torch.channels_last)
    D = models.PatchDiscriminator(**recipe.discriminator).to(device, memory_format=torch.channels_last)
    about, batches, look = paired_task(name, recipe.batch_size, device)
    training = pix2pix(G, D, batches, l1_weight=recipe.l1_weight, gan_weight=recipe.gan_weight, **settings(recipe, steps, device))
    seconds = run(
        name,
        training,
        out / "checkpoint.safetensors",
        save_every=_SAVE_EVERY,
        resume=resume,
        look=lambda: f"unseen {look(training.ema.model):.2f} dB",
        third="l1",
    )
    facts = {
        "command": f"python -m course_lib train {name}",
        "data": about,
        "weights": {"l1": recipe.l1_weight, "gan": recipe.gan_weight},
        "discriminator": recipe.discriminator | {"receptive_field": models.receptive_field(D)},
        **_facts(recipe, steps, device, seconds),
    }
    zoo.save(out, name, training.ema.model, recipe.generator, facts)
    judged = EVALUATE[name](zoo.load(name, device, folder=out))  # as rounded for storing: the card speaks of what ships
    zoo.save(out, name, training.ema.model, recipe.generator, {**facts, "metrics": judged})
    print(name, judged, flush=True)


def train_cycle_gan(*, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Train both translators between day and night without pairs, then one with; write three sets of weights and their cards to `out`."""
    name, recipe, out = "cyclegan-scenes", CYCLE_GAN, Path(out)
    back, paired = f"{name}-back", f"{name}-paired"
    out.mkdir(parents=True, exist_ok=True)
    steps = steps or recipe.steps
    day, night, partner = scenes.domains(_SCENES)
    day, night = (images.mul_(2).sub_(1) for images in (day, night))  # the border: GAN code works in [-1, 1]
    unseen = [scenes.render(scenes.draw(50, seed=_UNSEEN_SEED), light, _UNSEEN_SEED) for light in ("day", "night")]
    common, seconds = settings(recipe, steps, device), {}

    def look(network: nn.Module) -> str:
        return f"unseen {closeness(network.translate(unseen[0]).cpu(), unseen[1])['psnr']:.2f} dB"

    def generator() -> nn.Module:
        return models.ResnetGenerator(**recipe.generator).to(device, memory_format=torch.channels_last)

    def discriminator() -> nn.Module:
        return models.PatchDiscriminator(**recipe.discriminator).to(device, memory_format=torch.channels_last)

    def batches(*images: Tensor, seed: int = _SEED) -> Batches:
        return Batches(*images, batch_size=recipe.batch_size, seed=seed, device=device)

    torch.manual_seed(_SEED)
    unpaired = Unpaired(batches(day), batches(night, seed=_SEED + 1))
    training = cycle_gan(generator(), generator(), discriminator(), discriminator(), unpaired, **common)
    seconds[name] = seconds[back] = run(
        name,
        training,
        out / "checkpoint.safetensors",
        save_every=_SAVE_EVERY,
        resume=resume,
        look=lambda: look(training.ema.model["G"]),
        third="cycle",
    )
    torch.manual_seed(_SEED)
    with_pairs = pix2pix(generator(), models.PatchDiscriminator(0, 1), batches(night[partner], day), gan_weight=0, **common)  # no D
    seconds[paired] = run(
        paired,
        with_pairs,
        out / "paired" / "checkpoint.safetensors",
        save_every=_SAVE_EVERY,
        resume=resume,
        look=lambda: look(with_pairs.ema.model),
        third="l1",
    )

    networks = {name: training.ema.model["G"], back: training.ema.model["F"], paired: with_pairs.ema.model}
    unpaired_facts = {
        "weights": {"cycle": training.cycle_weight, "identity": training.identity_weight},
        "discriminator": recipe.discriminator,
    }
    facts = {
        key: {
            "command": f"python -m course_lib train {name}",
            "data": f"{_SCENES} scenes painted with seed 0 by day and by night, " + ("paired" if key == paired else "in different orders"),
            "direction": "night to day" if key == back else "day to night",
            **({"weights": {"l1": with_pairs.l1_weight, "gan": 0}} if key == paired else unpaired_facts),
            **_facts(recipe, steps, device, seconds[key]),
        }
        for key in networks
    }
    for key, network in networks.items():
        zoo.save(out, key, network, recipe.generator, facts[key])
    found = evaluate_day_and_night(*(zoo.load(key, device, folder=out) for key in networks))
    for key, network in networks.items():
        zoo.save(out, key, network, recipe.generator, {**facts[key], "metrics": found})
    print(name, found, flush=True)


def settings(recipe: Recipe, steps: int, device: torch.device | str, seed: int = _SEED) -> dict:
    """What all these trainings have in common."""
    return {
        "steps": steps,
        "learning_rate": recipe.learning_rate,
        "decay_steps": steps // 2,
        "ema_decay": 0.999,
        "autocast": autocast_dtype(device),
        "seed": seed,
    }


def _facts(recipe: Recipe, steps: int, device: torch.device | str, seconds: float) -> dict:
    return {
        "steps": steps,
        "batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "seed": _SEED,
        "hardware": hardware(device),
        "wall_time_s": round(seconds),
    }


RECIPES = {**{name: partial(train_pix2pix, name) for name in PIX2PIX}, "cyclegan-scenes": train_cycle_gan}
