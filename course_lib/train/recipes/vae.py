"""The VAEs: `vae-mnist`, `iwae5-mnist`, `iwae50-mnist`, `vae-glyphs`, `vae-glyphs-factors`, `vae-glyphs-2d`, `cvae-mnist`,
`conv-vae-fashion`.

The first three follow Burda et al. (ICLR 2016): one stochastic layer of 50, tanh layers of 200, Adam with ε = 1e-4, all 60,000 training
images of MNIST, binarised anew for every batch (a pixel is 1 with its grey value as the probability), no early stop. Not as published:
batches of 100 instead of 20, a learning rate that falls along a cosine from 3e-3 instead of in eight stages from 1e-3, and fewer than the
3280 epochs. After 8000 steps the NLL of a VAE was 100.6 from 1e-3, 96.9 from 2e-3 and 95.3 from 3e-3 (one seed).

The others are convolutional. Glyphs and Fashion-MNIST stay grey, under the discretised logistic likelihood with a learned width. The
conditional VAE's MNIST is binary again, and its β is 4: it is there to draw the class asked for, and with β = 1 more of its samples from
the prior are no clear digit. After 1500 steps an independent classifier recognised 78 % of the samples with β = 2, 86 % with β = 4,
and 74 % with β = 1 even after 2500. Its bound and NLL are the worse for it.

`vae-glyphs-factors` is there to have its factors read off by a linear probe, and has 64 latents and β = 1/4 for that; its samples from the
prior are poor. In `vae-glyphs`, with β = 1, 14 of 32 latents are in use and the probe's R² of the scale stops at 0.88: where a glyph's
size lies on the latents' axes differs from font to font and from digit to digit, and a plane through so few axes cannot follow eighty
such offsets.

The networks compute in bfloat16, which is four times as quick on processors that have it; likelihood, rate and bound are in float32, and
so is every figure on a card.
"""

import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import data, zoo
from course_lib.device import autocast_dtype
from course_lib.losses import elbo, iwae_bound
from course_lib.metrics import active_units, factor_of_latent, linear_probe, mig, negative_log_likelihood
from course_lib.models import MLPVAE, ConditionalVAE, ConvVAE
from course_lib.train import checkpoint
from course_lib.train.batches import Batches
from course_lib.train.recipes.classifier import accuracy, hardware
from course_lib.train.recipes.dcgan import evaluate as evaluate_samples

_SAVE_EVERY = 500  # steps between two checkpoints and two lines of the log
_LOOKS = 10  # quick estimates of the NLL in the course of a training


class Bfloat16(nn.Module):
    """A VAE with networks in bfloat16, where the processor has it; the Gaussian of z, the likelihood and the bound stay in float32.

    The rate's slope in logvar, (exp(logvar) − 1)/2, would lose all its digits in bfloat16 where a latent is near the prior.
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        device = next(model.parameters()).device
        self.model, self.device_type, self.dtype = model, device.type, autocast_dtype(device)

    def encode(self, x: Tensor, *labels: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(self.device_type, self.dtype, enabled=self.dtype is not None):
            mu, logvar = self.model.encode(x, *labels)
        return mu.float(), logvar.float()

    def decode(self, z: Tensor, *labels: Tensor) -> Tensor:
        with torch.autocast(self.device_type, self.dtype, enabled=self.dtype is not None):
            return self.model.decode(z, *labels).float()

    def log_likelihood(self, x: Tensor, parameters: Tensor) -> Tensor:
        return self.model.log_likelihood(x, parameters)


def binarise(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Zeros and ones from bytes: a pixel of grey level v is 1 with probability v/255.

    >>> binarise(torch.tensor([0, 255], dtype=torch.uint8))
    tensor([0., 1.])
    """
    threshold = torch.empty_like(x).random_(0, 255, generator=generator)  # 0 to 254, each equally likely
    return (x > threshold).float()


def fit(
    name: str,
    model: nn.Module,
    batches: Batches,
    objective: Callable[[nn.Module, Tensor | tuple[Tensor, ...], torch.Generator], Tensor],
    *,
    steps: int,
    learning_rate: float,
    out: Path,
    look: Callable[[nn.Module], str],
    epsilon: float = 1e-8,
    warm_up: int = 0,
    resume: bool = False,
    seed: int = 0,
) -> tuple[list[list[int | float]], float]:
    """Maximise an objective with Adam and a learning rate that falls along half a cosine to nothing.

    Parameters
    ----------
    name
        For the log.
    model
        Is trained in place.
    batches
        Bytes in memory, perhaps with labels.
    objective
        `objective(network, batch, generator)` → one value an image, in nats; larger is better. `network` is the model in bfloat16.
    steps, learning_rate, seed
        As usual.
    out
        Folder of the checkpoint.
    look
        Measures the unfinished model ten times in a training; what it returns is logged.
    epsilon
        Adam's.
    warm_up
        Steps over which the learning rate rises from nothing.
    resume
        Continue from the checkpoint, if there is one: on the same CPU the weights at the end are those of an uninterrupted run, bit for
        bit.

    Returns
    -------
    log : list
        (step, mean objective since the last entry) every 500 steps.
    seconds : float
        Of training, over all interruptions.
    """
    device = next(model.parameters()).device
    network = Bfloat16(model)
    optimiser = torch.optim.Adam(model.parameters(), learning_rate, eps=epsilon, fused=True)
    generator = torch.Generator(device).manual_seed(seed)
    file, log, seconds = out / "checkpoint.safetensors", [], 0.0
    out.mkdir(parents=True, exist_ok=True)
    if resume and file.is_file():
        state = checkpoint.load(file)
        if state["steps"] != steps:
            raise ValueError(
                f"steps: the run in {out} was begun for {state['steps']} steps, and its learning rate depends on that; got {steps}. Say "
                f"--steps {state['steps']}, or begin again without --resume"
            )
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(checkpoint.optimiser_state(optimiser, state["optimiser"]))
        generator.set_state(state["generator"])
        batches.position, log, seconds = state["position"], state["log"], state["seconds"]
    start = time.monotonic() - seconds
    block = torch.zeros((), device=device)
    model.train()
    while batches.position < steps:
        share = 0.5 * (1 + math.cos(math.pi * batches.position / steps)) * min(1.0, (batches.position + 1) / (warm_up + 1))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * share
        loss = -objective(network, next(batches), generator).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        block -= loss.detach()
        step = batches.position
        if step % _SAVE_EVERY == 0 or step == steps:
            mean = block.item() / (step - (log[-1][0] if log else 0))
            block.zero_()
            if not math.isfinite(mean):
                raise RuntimeError(f"{name}: the objective is not finite at step {step}; begin again with another seed")
            log.append([step, mean])
            looked = step * _LOOKS // steps > (step - _SAVE_EVERY) * _LOOKS // steps or step == steps
            seen = f", {look(model.eval())}" if looked else ""
            model.train()
            seconds = time.monotonic() - start
            print(f"{name}: step {step}/{steps}, {seconds:.0f} s, objective {mean:.2f}{seen}", flush=True)
            state = {
                "steps": steps,
                "model": dict(model.state_dict()),
                "optimiser": optimiser.state_dict(),
                "generator": generator.get_state(),
                "position": step,
                "log": log,
                "seconds": seconds,
            }
            checkpoint.save(file, state)
    model.eval()
    return log, seconds


def in_bytes(source: str, train: bool) -> tuple[Tensor, Tensor]:
    """A published split as bytes, a quarter of the memory, with its labels."""
    chosen = data.digits(source, train=train)
    return _bytes(chosen.images), chosen.labels


def _bytes(images: Tensor) -> Tensor:
    return (images * 255).round().to(torch.uint8)


def binary_test_set(seed: int = 5) -> tuple[Tensor, Tensor]:
    """MNIST's 10,000 test images, binarised once with the given seed, so that every model answers for the same pixels; and their labels."""
    images, labels = in_bytes("mnist", train=False)
    return binarise(images, torch.Generator().manual_seed(seed)), labels


def evaluate_bound(model: nn.Module, x: Tensor, labels: Tensor | None = None, *, samples: int, seed: int = 1234) -> dict:
    """NLL by importance sampling, −ELBO with its two halves, and active units of a VAE on unseen images; nats per image."""
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    with torch.no_grad():
        pieces = x.to(device).split(500)
        given = [None] * len(pieces) if labels is None else labels.to(device).split(500)
        parts = [elbo(model, part, labels=label, generator=generator) for part, label in zip(pieces, given, strict=True)]
    nll = negative_log_likelihood(model, x, labels=labels, samples=samples, generator=generator)
    return {
        "nll": nll.mean().item(),
        "nll_standard_error": (nll.std() / len(nll) ** 0.5).item(),
        "nll_samples": samples,
        "test_images": len(x),
        "negative_elbo": -torch.cat([part.value for part in parts]).mean().item(),
        "distortion": torch.cat([part.distortion for part in parts]).mean().item(),
        "rate": torch.cat([part.rate for part in parts]).sum(1).mean().item(),
        "active_units": active_units(model, x, labels=labels),
    }


def _facts(name: str, about: str, batches: Batches, steps: int, seed: int, device: str, seconds: float) -> dict:
    return {
        "command": f"python -m course_lib train {name}",
        "data": about,
        "steps": steps,
        "epochs": round(steps / batches.per_epoch, 1),
        "batch_size": batches.batch_size,
        "seed": seed,
        "hardware": hardware(device),
        "wall_time_s": round(seconds),
    }


# importance samples → steps
_MNIST_STEPS = {1: 400_000, 5: 150_000, 50: 60_000}


def train_mnist(k: int, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Train the MLP VAE (k = 1) or IWAE of k samples on MNIST with dynamic binarisation; write weights and card to `out`."""
    out, name, seed = Path(out), "vae-mnist" if k == 1 else f"iwae{k}-mnist", 0
    steps = steps or _MNIST_STEPS[k]
    torch.manual_seed(seed)
    images = in_bytes("mnist", train=True)[0]
    model = MLPVAE(mean_image=images.float().mean(0) / 255).to(device)
    batches = Batches(images, batch_size=100, seed=seed, device=device)
    unseen, _ = binary_test_set()

    def objective(network: nn.Module, x: Tensor, generator: torch.Generator) -> Tensor:
        x = binarise(x, generator)
        return elbo(network, x, generator=generator).value if k == 1 else iwae_bound(network, x, k, generator=generator)

    def look(model: nn.Module) -> str:
        quick = negative_log_likelihood(model, unseen[:500], samples=100, generator=torch.Generator(device).manual_seed(0))
        return f"NLL(500 images, 100 samples) {quick.mean():.2f}"

    common = {"steps": steps, "out": out, "look": look, "resume": resume, "seed": seed}
    log, seconds = fit(name, model, batches, objective, learning_rate=3e-3, epsilon=1e-4, **common)
    facts = _facts(name, "mnist, 60,000 images, binarised anew for every batch", batches, steps, seed, device, seconds)
    facts["importance_samples"] = k
    zoo.save(out, name, model, {}, facts)
    metrics = evaluate_bound(zoo.load(name, device, folder=out), unseen, samples=5000)  # as rounded: the card speaks of what ships
    metrics |= {"training_bound": log[-1][1], "binarisation": "dynamic; the test images sampled once, seed 5"}
    zoo.save(out, name, model, {}, {**facts, "metrics": metrics})
    print(name, metrics, flush=True)


FACTORS = ("slant", "thickness", "shift_x", "shift_y", "scale")
_GLYPHS = 60_000  # to train on
_UNSEEN_GLYPHS = 10_000
GLYPH_MODELS = {
    "vae-glyphs": {"latent_dim": 32, "features": 16, "likelihood": "discretised_logistic"},
    "vae-glyphs-factors": {"latent_dim": 64, "features": 16, "likelihood": "discretised_logistic"},
    "vae-glyphs-2d": {"latent_dim": 2, "features": 16, "likelihood": "discretised_logistic"},
}
_GLYPH_BETA = {"vae-glyphs": 1.0, "vae-glyphs-factors": 0.25, "vae-glyphs-2d": 1.0}
_GLYPH_STEPS = {"vae-glyphs": 20_000, "vae-glyphs-factors": 5_000, "vae-glyphs-2d": 6_000}


def encode(model: nn.Module, images: Tensor) -> Tensor:
    """The means of q(z|x) of many images, on the CPU."""
    device = next(model.parameters()).device
    with torch.no_grad():
        return torch.cat([model.encode(part.to(device))[0].cpu() for part in images.split(500)])


def evaluate_factors(model: nn.Module, n: int = _UNSEEN_GLYPHS) -> dict:
    """What the latents say about the true factors of n glyphs that the model has not seen.

    `probe_r2` and `mig` are of glyphs in the training fonts; `probe_r2_test_split` is of the published test split, whose fonts and pairs
    of slant and thickness never occurred in training, by a probe fitted on one half of that split.
    """
    unseen, test = data.glyphs.dataset(n, train=True, seed=1), data.glyphs.dataset(n, train=False)
    latents, factors = encode(model, unseen.images), {name: unseen.factors[name] for name in FACTORS}
    moved = factor_of_latent(latents, factors)
    return {
        "probe_r2": linear_probe(latents, factors),
        "probe_r2_test_split": linear_probe(encode(model, test.images), {name: test.factors[name] for name in FACTORS}),
        "mig": mig(latents, factors),
        "factor_of_latent": [[name, round(share, 4)] for name, share in moved],
        "factor_images": n,
    }


def fit_glyphs(
    name: str, arguments: dict, *, beta: float = 1.0, steps: int, out: Path, device: str = "cpu", resume: bool = False, seed: int = 0
) -> tuple[ConvVAE, Batches, float]:
    """Train a ConvVAE on glyphs; returns it with its batches and the seconds that it took. The benchmark's sweep of β calls this too."""
    torch.manual_seed(seed)
    model = ConvVAE(**arguments).to(device)
    batches = Batches(_bytes(data.glyphs.dataset(_GLYPHS, seed=2).images), batch_size=64, seed=seed, device=device)
    unseen = data.glyphs.dataset(2000, train=True, seed=1)

    def objective(network: nn.Module, x: Tensor, generator: torch.Generator) -> Tensor:
        return elbo(network, x.float() / 255, beta=beta, generator=generator).value

    def look(model: nn.Module) -> str:
        r2 = linear_probe(encode(model, unseen.images), {name: unseen.factors[name] for name in FACTORS})
        return "R² " + ", ".join(f"{name} {value:.3f}" for name, value in r2.items())

    common = {"steps": steps, "out": out, "look": look, "resume": resume, "seed": seed}
    _, seconds = fit(name, model, batches, objective, learning_rate=2e-3, warm_up=200, **common)
    return model, batches, seconds


def train_glyphs(name: str, *, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Train a convolutional VAE on grey glyphs; write weights and card to `out`."""
    out, seed, arguments = Path(out), 0, GLYPH_MODELS[name]
    steps, beta = steps or _GLYPH_STEPS[name], _GLYPH_BETA[name]
    model, batches, seconds = fit_glyphs(name, arguments, beta=beta, steps=steps, out=out, device=device, resume=resume, seed=seed)
    facts = _facts(name, f"glyphs, {_GLYPHS} drawn with seed 2", batches, steps, seed, device, seconds)
    facts["beta"] = beta
    zoo.save(out, name, model, arguments, facts)
    stored = zoo.load(name, device, folder=out)  # as rounded for storing: the card speaks of what ships
    unseen = data.glyphs.dataset(1000, train=True, seed=1).images
    metrics = evaluate_bound(stored, unseen, samples=100) | evaluate_factors(stored) | {"samples": evaluate_samples(stored, "glyphs")}
    zoo.save(out, name, model, arguments, {**facts, "metrics": metrics})
    print(name, metrics, flush=True)


_CVAE = {"latent_dim": 16, "features": 16}
_CVAE_BETA, _CVAE_STEPS = 4.0, 15_000


def class_accuracy(model: nn.Module, judge: nn.Module, n: int = 10_000, seed: int = 1234) -> float:
    """Share of samples that an independent classifier takes for the class asked for, the classes equally often."""
    labels = torch.arange(n) % model.classes
    return accuracy(judge, model.sample(labels, torch.Generator().manual_seed(seed)).cpu(), labels)


def train_conditional(*, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Train the conditional VAE on MNIST with dynamic binarisation; write weights and card to `out`."""
    out, name, seed = Path(out), "cvae-mnist", 0
    steps = steps or _CVAE_STEPS
    torch.manual_seed(seed)
    model = ConditionalVAE(**_CVAE).to(device)
    batches = Batches(*in_bytes("mnist", train=True), batch_size=64, seed=seed, device=device)
    unseen, labels = binary_test_set()
    judge = zoo.load("judge-mnist", device)

    def objective(network: nn.Module, batch: tuple[Tensor, Tensor], generator: torch.Generator) -> Tensor:
        x, labels = batch
        return elbo(network, binarise(x, generator), beta=_CVAE_BETA, labels=labels, generator=generator).value

    def look(model: nn.Module) -> str:
        return f"class accuracy of 2000 samples {class_accuracy(model, judge, 2000):.4f}"

    common = {"steps": steps, "out": out, "look": look, "resume": resume, "seed": seed}
    _, seconds = fit(name, model, batches, objective, learning_rate=2e-3, warm_up=200, **common)
    facts = _facts(name, "mnist, 60,000 images with labels, binarised anew for every batch", batches, steps, seed, device, seconds)
    facts["beta"] = _CVAE_BETA
    zoo.save(out, name, model, _CVAE, facts)
    stored = zoo.load(name, device, folder=out)
    metrics = {"class_accuracy": class_accuracy(stored, judge), "class_accuracy_samples": 10_000, "judge": "judge-mnist"}
    metrics |= evaluate_bound(stored, unseen[:1000], labels[:1000], samples=500)
    zoo.save(out, name, model, _CVAE, {**facts, "metrics": metrics})
    print(name, metrics, flush=True)


_FASHION = {"latent_dim": 32, "features": 16, "likelihood": "discretised_logistic"}
_FASHION_STEPS = 12_000


def train_fashion(*, out: str | Path, steps: int | None = None, device: str = "cpu", resume: bool = False) -> None:
    """Train a convolutional VAE on Fashion-MNIST, in grey; write weights and card to `out`."""
    out, name, seed = Path(out), "conv-vae-fashion", 0
    steps = steps or _FASHION_STEPS
    torch.manual_seed(seed)
    model = ConvVAE(**_FASHION).to(device)
    batches = Batches(in_bytes("fashion-mnist", train=True)[0], batch_size=64, seed=seed, device=device)
    unseen = data.digits("fashion-mnist", train=False).images

    def objective(network: nn.Module, x: Tensor, generator: torch.Generator) -> Tensor:
        return elbo(network, x.float() / 255, generator=generator).value

    def look(model: nn.Module) -> str:
        quick = negative_log_likelihood(model, unseen[:500], samples=10, generator=torch.Generator(device).manual_seed(0))
        return f"NLL(500 images, 10 samples) {quick.mean() / (28 * 28 * math.log(2)):.3f} bits a pixel"

    common = {"steps": steps, "out": out, "look": look, "resume": resume, "seed": seed}
    _, seconds = fit(name, model, batches, objective, learning_rate=2e-3, warm_up=200, **common)
    facts = _facts(name, "fashion-mnist, 60,000 grey images", batches, steps, seed, device, seconds)
    zoo.save(out, name, model, _FASHION, facts)
    stored = zoo.load(name, device, folder=out)
    metrics = evaluate_bound(stored, unseen[:1000], samples=100) | {"samples": evaluate_samples(stored, "fashion")}
    metrics["nll_bits_per_pixel"] = metrics["nll"] / (28 * 28 * math.log(2))
    zoo.save(out, name, model, _FASHION, {**facts, "metrics": metrics})
    print(name, metrics, flush=True)


RECIPES = {
    **{name: partial(train_mnist, k) for name, k in (("vae-mnist", 1), ("iwae5-mnist", 5), ("iwae50-mnist", 50))},
    **{name: partial(train_glyphs, name) for name in GLYPH_MODELS},
    "cvae-mnist": train_conditional,
    "conv-vae-fashion": train_fashion,
}
