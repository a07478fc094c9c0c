"""`cgan-glyphs`, `cgan-mnist`, `cgan-fashion`: the conditional GAN by conditional batch normalisation in G and projection in D; and, to be
compared with the first, `cgan-glyphs-concat` (concatenation in both) and `cgan-glyphs-acgan` (concatenation in G, an auxiliary classifier
in D).

Glyphs are digits and small letters, 36 classes, conditioned on the slant and the thickness as well; MNIST and Fashion-MNIST on the class
alone. Loss, optimiser, R1 penalty, rate, widths and averaging are those of `dcgan-glyphs`, for the reasons given there; all three ways of
conditioning share them. The projection discriminator was changed once after a trial: with h summed over the 4×4 map, from weights of
N(0, 0.02), 6 % of the samples of glyphs were of the class asked for after 750 steps, and 35 % as it is now (one seed; 3 % is chance).

Ten classes need fewer steps than 36. The weights of Fashion-MNIST were trained for 2,500 steps, after which the judge named 87.1 % of the
samples as asked, and then for 2,500 more from the whole learning rate again.
"""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import data, models, zoo
from course_lib.device import autocast_dtype
from course_lib.losses import r1
from course_lib.metrics.conditional import intra_class_fid, within_class_correlation, within_class_diversity
from course_lib.metrics.features import FeatureScore, fid
from course_lib.train.batches import Batches
from course_lib.train.conditional_gan_loop import ConditionalGanTraining, conditional_gan
from course_lib.train.recipes.adversarial import run
from course_lib.train.recipes.classifier import CHARACTERS, SOURCES, accuracy, characters, hardware, real_images
from course_lib.train.recipes.dcgan import outputs

PLAYERS = {
    "projection": (models.ConditionalNormGenerator, models.ProjectionDiscriminator),
    "concat": (models.ConcatGenerator, models.ConcatDiscriminator),
    "acgan": (models.ConcatGenerator, models.AuxiliaryClassifierDiscriminator),
}
FACTORS = {name: data.glyphs.RANGES[name] for name in ("slant", "thickness")}
STEPS = {"characters": 27_000, "mnist": 4000, "fashion": 5000}
_GLYPHS = 120_000  # to train on
_LATENT_DIM, _FEATURES = 64, 32
_LEARNING_RATE = 1e-3
_R1, _R1_EVERY = 1.0, 4
_SAVE_EVERY = 500  # steps between two checkpoints and two lines of the log


def conditions(source: str) -> dict:
    """What the networks of a source are told about their conditions.

    >>> conditions("mnist")
    {'classes': 10, 'factors': None}
    """
    return {"classes": len(CHARACTERS), "factors": FACTORS} if source == "characters" else {"classes": 10, "factors": None}


def images_and_conditions(source: str, *, train: bool) -> tuple[Tensor, Tensor] | tuple[Tensor, Tensor, Tensor]:
    """Images in [0, 1] with their labels, and for characters with slant and thickness: to train on, or such as the GAN never sees."""
    if source != "characters":
        return real_images(source, train=train)
    drawn = data.glyphs.dataset(_GLYPHS, classes=CHARACTERS, seed=2) if train else characters(train=False)
    return drawn.images, drawn.labels, torch.stack([drawn.factors[name] for name in FACTORS], dim=1)


def evaluate(G: nn.Module, source: str, n: int = 10_000, seed: int = 1234) -> dict:
    """Judge a conditional generator of 28×28 images against real images that it has not seen, which lend it their conditions.

    Parameters
    ----------
    G
        A generator with `sample(labels, generator, factors)` → images in [0, 1], in eval mode.
    source
        ``"characters"``, ``"mnist"`` or ``"fashion"``: names the data, the feature network and the judge.
    n
        Samples for accuracy and FID. Within the classes all unseen images are used, and as many samples and training images.
    seed
        Of the latents.

    Returns
    -------
    dict
        `accuracy`: share of samples that the independent classifier `judge` takes for the class asked for, with `accuracy_real`, the
        same for the unseen images, and the class in which it is `smallest_accuracy`; `fid` with its `features`, `n`, `floor` (training
        images in place of samples) and `ceiling` (uniform noise); `intra_fid`, the mean over the classes, with its floor and the number of
        samples of the smallest class; `diversity`, mean over the classes of `within_class_diversity` in pixels, with the floor of training
        images and the smallest; for characters `factors`: the within-class correlation of each factor asked for and measured, on
        samples and, as `real`, on the unseen images.
    """
    device = next(G.parameters()).device
    features, judge = zoo.load(f"features-{source}", device), zoo.load(f"judge-{source}", device)
    unseen, labels, *factors = images_and_conditions(source, train=False)
    train, train_labels, *_ = images_and_conditions(source, train=True)
    generator = torch.Generator().manual_seed(seed)
    fake = G.sample(labels, generator, *factors).cpu()
    counts = labels.bincount()
    twins = torch.cat([(train_labels == label).nonzero().squeeze(1)[:count] for label, count in enumerate(counts.tolist())])
    train, train_labels = train[twins], train_labels[twins]
    mixed = torch.randperm(len(train), generator=generator)
    train, train_labels = train[mixed], train_labels[mixed]
    noise = torch.rand(unseen[:n].shape, generator=generator)

    guessed = outputs(judge, fake[:n]).argmax(1)
    by_class = (guessed == labels[:n]).double()
    of_class = [by_class[labels[:n] == label].mean().item() for label in range(len(counts))]
    fake_features, real_features, train_features = (outputs(features, x, "features") for x in (fake, unseen, train))
    score = FeatureScore(
        value=fid(fake_features[:n], real_features[:n]).item(),
        features=f"features-{source} ({fake_features.shape[1]})",
        n=len(guessed),
        floor=fid(train_features[:n], real_features[:n]).item(),
        ceiling=fid(outputs(features, noise, "features"), real_features[:n]).item(),
    )
    pixels = unseen.flatten(1)
    diversity = within_class_diversity(fake.flatten(1), pixels, labels, labels)
    metrics = {
        "samples": len(guessed),
        "judge": f"judge-{source}",
        "accuracy": by_class.mean().item(),
        "accuracy_real": accuracy(judge, unseen[:n], labels[:n]),
        "smallest_accuracy": min(of_class),
        "smallest_accuracy_class": of_class.index(min(of_class)),
        "accuracy_of_class": [round(share, 4) for share in of_class],
        "fid": {
            "value": score.value,
            "features": score.features,
            "n": score.n,
            "floor": score.floor,
            "ceiling": score.ceiling,
            "text": str(score),
        },
        "intra_fid": {
            "value": intra_class_fid(fake_features, real_features, labels, labels).mean().item(),
            "floor": intra_class_fid(train_features, real_features, train_labels, labels).mean().item(),
            "n": counts.min().item(),
        },
        "diversity": diversity.mean().item(),
        "diversity_smallest": diversity.min().item(),
        "diversity_floor": within_class_diversity(train.flatten(1), pixels, train_labels, labels).mean().item(),
    }
    if factors:
        found, real = data.glyphs.measure(fake), data.glyphs.measure(unseen)
        metrics["factors"] = {
            name: {
                "correlation": within_class_correlation(asked, found[name], labels).item(),
                "real": within_class_correlation(asked, real[name], labels).item(),
            }
            for name, asked in zip(FACTORS, factors[0].T, strict=True)
        }
    return metrics


def conditional_training(
    source: str, conditioning: str, steps: int, *, features: int, seed: int = 0, device: torch.device | str = "cpu"
) -> ConditionalGanTraining:
    """One training, ready to iterate; `training.ema.model` is the averaged generator.

    Parameters
    ----------
    source
        ``"characters"``, ``"mnist"`` or ``"fashion"``.
    conditioning
        One of `PLAYERS`.
    steps
        Steps of G.
    features
        Width of both networks.
    seed
        Of the weights, the batches and the latents.
    device
        Where to train.
    """
    torch.manual_seed(seed)
    generator, discriminator = PLAYERS[conditioning]
    G = generator(**conditions(source), latent_dim=_LATENT_DIM, features=features).to(device, memory_format=torch.channels_last)
    D = discriminator(**conditions(source), features=features).to(device, memory_format=torch.channels_last)
    images, *c = images_and_conditions(source, train=True)
    return conditional_gan(
        G,
        D,
        Batches(images * 2 - 1, *c, batch_size=64, seed=seed, device=device),  # the border: GAN code works in [-1, 1]
        steps=steps,
        penalty=r1(_R1),
        penalty_every=_R1_EVERY,
        learning_rate=_LEARNING_RATE,
        decay_steps=steps // 2,
        ema_decay=0.999,
        autocast=autocast_dtype(device),
        seed=seed,
    )


def train_conditional(
    name: str,
    source: str,
    conditioning: str = "projection",
    *,
    out: str | Path,
    steps: int | None = None,
    device: str = "cpu",
    resume: bool = False,
) -> None:
    """Train one conditional GAN; write weights and card to `out`."""
    out, seed = Path(out), 0
    out.mkdir(parents=True, exist_ok=True)
    steps = steps or STEPS[source]
    arguments = {**conditions(source), "latent_dim": _LATENT_DIM, "features": _FEATURES}
    training = conditional_training(source, conditioning, steps, features=_FEATURES, seed=seed, device=device)
    judge = zoo.load(f"judge-{source}", device)

    def look() -> str:
        labels = torch.arange(2000) % arguments["classes"]
        share = accuracy(judge, training.ema.model.sample(labels, torch.Generator().manual_seed(8)).cpu(), labels)
        return f"accuracy of 2000 samples {share:.4f}"

    seconds = run(name, training, out / "checkpoint.safetensors", save_every=_SAVE_EVERY, resume=resume, look=look)
    drawn = source == "characters"
    facts = {
        "command": f"python -m course_lib train {name}",
        "data": f"glyphs, {_GLYPHS} drawn with seed 2" if drawn else SOURCES[source],
        **({"characters": CHARACTERS} if drawn else {}),
        "conditioning": conditioning,
        "steps": steps,
        "batch_size": training.batches.batch_size,
        "seed": seed,
        "hardware": hardware(device),
        "wall_time_s": round(seconds),
    }
    zoo.save(out, name, training.ema.model, arguments, facts)
    metrics = evaluate(zoo.load(name, device, folder=out), source)  # as rounded for storing: the card speaks of what ships
    zoo.save(out, name, training.ema.model, arguments, {**facts, "metrics": metrics})
    print(name, metrics, flush=True)


RECIPES = {
    "cgan-glyphs": partial(train_conditional, "cgan-glyphs", "characters"),
    "cgan-glyphs-concat": partial(train_conditional, "cgan-glyphs-concat", "characters", "concat"),
    "cgan-glyphs-acgan": partial(train_conditional, "cgan-glyphs-acgan", "characters", "acgan"),
    "cgan-mnist": partial(train_conditional, "cgan-mnist", "mnist"),
    "cgan-fashion": partial(train_conditional, "cgan-fashion", "fashion"),
}
