"""`dcgan-glyphs`, `dcgan-mnist`, `dcgan-fashion`: the 28-pixel DCGAN and its evaluation.

As published: the architecture of G, the non-saturating loss, Adam with β = (0.5, 0.999), weights from N(0, 0.02), real and fake
batches apart. Not as published, each for a reason that was measured on glyphs:

- D has no batch normalisation but the R1 penalty (Mescheder et al. 2018) with weight 1, added four times as heavy in every fourth
  step. With batch normalisation in D, what all fakes of a batch have in common hardly reaches D's verdict: G's
  background drifted from black to dark grey, D's loss fell to 0.01, and the FID rose from 30 at step 5,400 to 87 at step 20,000.
  After 4,000 steps the FID was 103 with batch normalisation at the published rate, 53 with spectral normalisation, 33 to 38 with R1 at
  weight 1 (after 3,000 steps 47, and 88 at weight 0.1; one seed each).
- The learning rate is 1e-3 instead of 2e-4 and falls linearly to zero over the second half, and the networks have half the width: minutes
  on a CPU need it, and narrow networks that start from such small weights bear it.

MNIST and Fashion-MNIST have a second part, in which D learns the labels and G does not (`SemiSupervisedDiscriminator`): the averaged G goes
on against a new D. It is there for the judge's confidence, which the first part leaves at 0.945 on MNIST (45,000 steps; 0.942 after 25,000)
and 0.873 on Fashion-MNIST (25,000), where real images have 0.989 and 0.929. By then D's loss is 1.36, and log 4 = 1.386 is that of a coin.

What did not help: shorter latents; latents nearer to the origin (z times 0.85, 0.75, 0.5: 0.947, 0.946, 0.922 on MNIST, 5000 samples, and
0.863, 0.850 on Fashion-MNIST); 1,700 more steps in which only the better half of each batch, by D's verdict, teaches G (MNIST: 0.942; Sinha
et al. 2020); a new D of 256,000 parameters in place of 109,000 without labels (against a G that stands still its loss is 1.386 after 500
steps, even without a penalty). A D that learns the labels beside, with a linear logit of its own, does see the difference (1.345 after 900
steps), but how sure a guess is is no linear function of its features: MNIST stayed at 0.946 in 750 steps. With the logit of the
semi-supervised D it was 0.954 after 250.

R1 has half the weight here. With a twentieth, and half the rate, confidence on Fashion-MNIST was highest after 2,250 steps and the FID rose
all the while: D learns its images by heart. So a second new D takes over there: after 5,000 steps against the first, confidence was 0.897
and the FID 3.4, after 1,500 more against the second 0.912 and 2.5. On MNIST it is 0.961 after 3,000 steps. The price is the FID, 3.4 and
2.3 before, 4.7 and 2.5 at the end, and on Fashion-MNIST recall, 0.91 before and 0.85 at the end.

What ships is the average of G's weights over the last steps. A run also keeps a *history* of the part without labels for the time machine:
samples from fixed latents and the FID at steps spaced logarithmically, and both losses all along.
"""

import copy
import math
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_lib import data, zoo
from course_lib.device import autocast_dtype
from course_lib.files import atomic_write
from course_lib.losses import r1
from course_lib.metrics.features import FeatureScore, fid, inception_score, memorisation, precision_recall
from course_lib.models import DCGANDiscriminator, DCGANGenerator, SemiSupervisedDiscriminator
from course_lib.train import checkpoint
from course_lib.train.batches import Batches
from course_lib.train.gan_loop import gan
from course_lib.train.recipes.adversarial import run
from course_lib.train.recipes.classifier import SOURCES, hardware, real_images
from course_lib.train.semi_supervised_gan_loop import semi_supervised_gan

STEPS = {"glyphs": 40_000, "mnist": 25_000, "fashion": 25_000}
_GLYPHS = 120_000  # to train on
_GENERATOR = {"size": 28, "latent_dim": 64, "features": 32, "channels": 1}
_DISCRIMINATOR = {"size": 28, "features": 32, "channels": 1, "norm": "none"}
_LEARNING_RATE = 1e-3
_R1, _R1_EVERY = 1.0, 4
STEPS_WITH_LABELS = {"mnist": (3000,), "fashion": (5000, 1500)}  # against each new D; no more than without labels
_DISCRIMINATOR_WITH_LABELS = {"classes": 10, "features": 32}
_R1_WITH_LABELS = 0.5
_FIRST, _RATIO = 10, 3000 ** (1 / 14)  # of the snapshots' steps
_BLOCK = 100  # steps over which the recorded losses are averaged
_FID_SAMPLES = 2000  # of a snapshot


def snapshot_steps(steps: int) -> list[int]:
    """0, then from 10 in equal ratios while they are less than `steps`, and `steps` itself.

    >>> snapshot_steps(20_000)
    [0, 10, 18, 31, 56, 99, 175, 309, 548, 970, 1719, 3045, 5395, 9558, 16934, 20000]
    """
    within = (round(_FIRST * _RATIO**i) for i in range(50))
    return sorted({0, steps, *(step for step in within if step < steps)})


@torch.no_grad()
def outputs(network: nn.Module, images: Tensor, method: str = "forward") -> Tensor:
    """A network's outputs for many images, in parts, on the CPU."""
    device = next(network.parameters()).device
    return torch.cat([getattr(network, method)(part.to(device)).cpu() for part in images.split(500)])


def evaluate(G: nn.Module, source: str, n: int = 10_000, seed: int = 1234) -> dict:
    """Judge a generator of 28×28 images against real images that it has not seen.

    Parameters
    ----------
    G
        A generator with `sample(n, generator)` → images in [0, 1], in eval mode.
    source
        ``"glyphs"``, ``"mnist"`` or ``"fashion"``: names the data, the feature network and the judge.
    n
        Samples for the shares of the classes and for FID; half as many for precision and recall. The nearest neighbours of
        half as many samples are looked up among n training and n unseen images.
    seed
        Of the latents.

    Returns
    -------
    dict
        `smallest_class_share` and `class_shares` (by the judge), `confidence` (the judge's mean largest probability), `fid` with
        its `features`, `n`, `floor` (training images in place of samples) and `ceiling` (uniform noise), `fid_share_of_ceiling`,
        `precision`, `recall`, `inception_score`, and `neighbour_ratio`: distance to the nearest training image over that to the
        nearest unseen one, in pixels' L2.
    """
    device = next(G.parameters()).device
    features_name = f"features-{source}"
    features, judge = zoo.load(features_name, device), zoo.load(f"judge-{source}", device)
    generator = torch.Generator().manual_seed(seed)
    fake = G.sample(n, generator).cpu()
    train, unseen = (real_images(source, train=split)[0] for split in (True, False))
    train = train[torch.randperm(len(train), generator=generator)[:n]]
    unseen = unseen[torch.randperm(len(unseen), generator=generator)[:n]]
    noise = torch.rand(unseen.shape, generator=generator)
    probabilities = outputs(judge, fake).softmax(1)
    shares = probabilities.argmax(1).bincount(minlength=10) / n
    fake_features, real_features = outputs(features, fake, "features"), outputs(features, unseen, "features")
    score = FeatureScore(
        value=fid(fake_features, real_features).item(),
        features=f"{features_name} ({fake_features.shape[1]})",
        n=n,
        floor=fid(outputs(features, train, "features"), real_features).item(),
        ceiling=fid(outputs(features, noise, "features"), real_features).item(),
    )
    half = n // 2
    precision, recall = precision_recall(fake_features[:half], real_features[:half])
    ratio, to_train, to_unseen = memorisation(fake[:half].flatten(1), train.flatten(1), unseen.flatten(1))
    return {
        "samples": n,
        "class_shares": [round(share, 4) for share in shares.tolist()],
        "smallest_class_share": shares.min().item(),
        "confidence": probabilities.amax(1).mean().item(),
        "fid": {
            "value": score.value,
            "features": score.features,
            "n": n,
            "floor": score.floor,
            "ceiling": score.ceiling,
            "text": str(score),
        },
        "fid_share_of_ceiling": score.value / score.ceiling,
        "precision": precision.item(),
        "recall": recall.item(),
        "precision_recall_samples": half,
        "inception_score": inception_score(outputs(judge, fake)).item(),
        "neighbour_ratio": ratio.item(),
        "neighbour_to_train": to_train.item(),
        "neighbour_to_unseen": to_unseen.item(),
        "neighbour_images": n,
    }


def train_dcgan(source: str, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Train one DCGAN; write weights, card and history to `out`."""
    out, name, seed = Path(out), f"dcgan-{source}", 0
    out.mkdir(parents=True, exist_ok=True)
    steps = steps or STEPS[source]
    torch.manual_seed(seed)
    G = DCGANGenerator(**_GENERATOR).to(device, memory_format=torch.channels_last)
    D = DCGANDiscriminator(**_DISCRIMINATOR).to(device, memory_format=torch.channels_last)
    drawn = source == "glyphs"
    images = data.glyphs.dataset(_GLYPHS, seed=2).images if drawn else real_images(source, train=True)[0]
    images = images * 2 - 1  # the border: GAN code works in [-1, 1]
    batches = Batches(images, batch_size=64, seed=seed, device=device)
    training = gan(
        G,
        D,
        batches,
        steps=steps,
        penalty=r1(_R1),
        penalty_every=_R1_EVERY,
        learning_rate=_LEARNING_RATE,
        decay_steps=steps // 2,
        ema_decay=0.999,
        autocast=autocast_dtype(device),
        seed=seed,
    )

    features_name = f"features-{source}"
    features = zoo.load(features_name, device)
    real_features = outputs(features, real_images(source, train=False)[0][:_FID_SAMPLES], "features")
    fixed = torch.randn(25, G.latent_dim, generator=torch.Generator().manual_seed(7))
    history = {"step": [], "samples": [], "fid": [], "loss_d": [], "loss_g": [], "real_logit": [], "fake_logit": [], "seconds": 0.0}

    def take_snapshot() -> None:
        averaged = training.ema.model
        with torch.no_grad():
            grid = ((averaged(fixed.to(device)) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()
        fake = averaged.sample(_FID_SAMPLES, torch.Generator().manual_seed(8)).cpu()
        history["step"].append(training.step_number)
        history["samples"].append(grid)
        history["fid"].append(fid(outputs(features, fake, "features"), real_features).item())
        print(f"{name}: step {training.step_number}/{steps}, FID({features_name}, n = {_FID_SAMPLES}) {history['fid'][-1]:.2f}", flush=True)

    file = out / "checkpoint.safetensors"
    if resume and file.is_file():
        saved = checkpoint.load(file)
        training.restore(saved["training"])
        history = saved["history"]
    if training.step_number < steps:
        for old in out.glob("with-labels-*.safetensors"):  # goes on from where another first part has ended
            old.unlink()
    start = time.monotonic() - history["seconds"]
    wanted = set(snapshot_steps(steps))
    if training.step_number == 0:
        take_snapshot()
    block = []
    for report in training:
        block.append(torch.stack([report.loss_d, report.loss_g, report.real_logit, report.fake_logit]))
        if report.step % _BLOCK == 0:
            means = torch.stack(block).mean(0).tolist()
            block.clear()
            if not all(map(math.isfinite, means)):
                raise RuntimeError(f"{name}: the losses are not finite at step {report.step}; begin again with another seed")
            for key, mean in zip(("loss_d", "loss_g", "real_logit", "fake_logit"), means, strict=True):
                history[key].append(mean)
        if report.step in wanted:
            take_snapshot()
        if report.step % (5 * _BLOCK) == 0 or report.step == steps:
            history["seconds"] = time.monotonic() - start
            checkpoint.save(file, {"training": training.state(), "history": history})
            if history["loss_d"]:
                print(f"{name}: step {report.step}, D {history['loss_d'][-1]:.3f}, G {history['loss_g'][-1]:.3f}", flush=True)

    write_history(out / f"{name}.npz", history)
    facts = {
        "command": f"python -m course_lib train {name}",
        "data": f"glyphs, {_GLYPHS} drawn with seed 2" if drawn else SOURCES[source],
        "steps": steps,
        "seed": seed,
        "hardware": hardware(device),
        "wall_time_s": round(history["seconds"]),
    }
    averaged = training.ema.model
    if source in STEPS_WITH_LABELS:
        further = [min(steps, each) for each in STEPS_WITH_LABELS[source]]
        averaged, seconds = with_labels(averaged, source, out=out, steps=further, device=device, resume=resume)
        facts |= {"steps_with_labels": further, "wall_time_s": round(history["seconds"] + seconds)}
    finish(averaged, source, out, facts)


def with_labels(
    G: nn.Module, source: str, *, out: Path, steps: Sequence[int], device: str = "cpu", resume: bool = False
) -> tuple[nn.Module, float]:
    """Train a G that is trained already further, against one new D after another, each of which learns the classes of the real images.

    Parameters
    ----------
    G
        The averaged generator; it is not changed.
    source
        ``"mnist"`` or ``"fashion"``.
    out
        The checkpoints are kept here.
    steps
        Steps of G against each D. Before them, D takes a sixth as many alone.
    device, resume
        As for a recipe.

    Returns
    -------
    tuple
        The averaged generator, and the seconds it took, without those of D alone.

    Raises
    ------
    ValueError
        With `resume`, if a checkpoint is of a part of another length.
    RuntimeError
        If a loss is no longer finite.
    """
    seconds = 0.0
    for part, each in enumerate(steps, start=1):
        file = out / f"with-labels-{part}.safetensors"
        G, more = _against_a_new_d(G, source, file, steps=each, device=device, resume=resume, seed=part - 1)
        seconds += more
    return G, seconds


def _against_a_new_d(G: nn.Module, source: str, file: Path, *, steps: int, device: str, resume: bool, seed: int) -> tuple[nn.Module, float]:
    """One part of `with_labels`."""
    torch.manual_seed(seed)
    D = SemiSupervisedDiscriminator(**_DISCRIMINATOR_WITH_LABELS).to(device, memory_format=torch.channels_last)
    images, labels = real_images(source, train=True)
    training = semi_supervised_gan(
        copy.deepcopy(G).requires_grad_(True),
        D,
        Batches(images * 2 - 1, labels, batch_size=64, seed=seed, device=device),
        steps=steps,
        penalty=r1(_R1_WITH_LABELS),
        penalty_every=_R1_EVERY,
        learning_rate=_LEARNING_RATE,
        decay_steps=steps // 2,
        ema_decay=0.999,
        autocast=autocast_dtype(device),
        seed=seed,
    )
    if not (resume and file.is_file()):
        # G is good and D knows nothing: what it would tell G in its first steps leads away from the data
        for step in range(steps // 6):
            training.step_number = step  # the penalty comes with every fourth
            training.step_discriminator()
        training.step_number = 0
    judge = zoo.load(f"judge-{source}", device)

    def look() -> str:
        fake = training.ema.model.sample(_FID_SAMPLES, torch.Generator().manual_seed(8))
        return f"confidence {outputs(judge, fake).softmax(1).amax(1).mean():.4f}"

    seconds = run(f"dcgan-{source}, with labels", training, file, save_every=5 * _BLOCK, resume=resume, look=look)
    return training.ema.model, seconds


def finish(G: nn.Module, source: str, out: Path, facts: dict) -> None:
    """Store weights and card in `out`, with the metrics of the weights as they are stored."""
    name = f"dcgan-{source}"
    zoo.save(out, name, G, _GENERATOR, facts)
    stored = zoo.load(name, next(G.parameters()).device, folder=out)  # as rounded for storing: the card speaks of what ships
    metrics = evaluate(stored, source)
    zoo.save(out, name, G, _GENERATOR, {**facts, "metrics": metrics})
    print(name, metrics, flush=True)


def write_history(path: Path, history: dict) -> None:
    """The time machine's file, readable without pickle.

    It holds `step` (T,), `samples` (T, 25, 28, 28) uint8, `fid` (T,) with n = 2000, and the means over each 100 steps of
    `loss_d`, `loss_g`, `real_logit`, `fake_logit`.
    """
    with atomic_write(path) as temporary:
        np.savez_compressed(
            temporary,
            step=np.array(history["step"], dtype=np.int32),
            samples=torch.stack(history["samples"]).squeeze(2).numpy(),
            block=np.int32(_BLOCK),
            **{key: np.array(history[key], dtype=np.float32) for key in ("fid", "loss_d", "loss_g", "real_logit", "fake_logit")},
        )


RECIPES = {f"dcgan-{source}": partial(train_dcgan, source) for source in SOURCES}
