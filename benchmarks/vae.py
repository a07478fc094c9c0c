"""VAEs: likelihood of MNIST in the two forms that must never be compared, what glyph latents say about the factors, classes on demand."""

import tempfile
from pathlib import Path

import numpy as np
import torch

from course_lib import zoo
from course_lib.data import data_folder
from course_lib.metrics import negative_log_likelihood
from course_lib.train.recipes import vae

_SWEEP_STEPS = 1500


def vae_nll() -> list[dict]:
    """MNIST, negative log-likelihood

    Nats per image, 5000 importance samples, all 10,000 test images, one stochastic layer of 50, tanh layers of 200. Dynamic: training
    images are binarised anew for every batch, test images once, at random with their grey values as probabilities. ELBO: its negative by
    one sample an image, on the same images. Active: latents with Var E[z|x] above 0.01. Ours computes the test in float32 on the shipped
    weights, at the end of the training; its figures are on the cards.
    """
    rows = []
    for name, method in (("vae-mnist", "VAE, k = 1"), ("iwae5-mnist", "IWAE, k = 5"), ("iwae50-mnist", "IWAE, k = 50")):
        if name not in zoo.list():
            continue
        about = zoo.card(name)
        measured = about["metrics"]
        values = {"dynamic": measured["nll"], "-ELBO": measured["negative_elbo"], "active": measured["active_units"]}
        trained = f"{about['epochs']:.0f} epochs, batches of {about['batch_size']}, seed {about['seed']}, {about['hardware']}"
        rows.append({"method": method, "values": values, "note": f"{trained}; standard error {measured['nll_standard_error']:.2f}"})
    return rows


def vae_nll_static() -> list[dict]:
    """MNIST, negative log-likelihood of static binarisations

    Nats per image, 1000 importance samples, the first 2000 test images; the models are the ones trained on *dynamic* binarisation, the
    test images are binary once for all. `drawn`: our own random draw (seed 6). `file`: binarized_mnist.npz of the benchmark folder, not
    confirmed to be the file of Larochelle and Murray that published static figures are about. `thresholded`: white where brighter than
    0.5, which has less entropy. None of these columns may be compared with another, or with a model trained on a static set.
    """
    grey = vae.in_bytes("mnist", train=False)[0][:2000]
    packed = np.load(data_folder() / "binarized_mnist.npz")["test"][:2000]
    sets = {
        "drawn": vae.binarise(grey, torch.Generator().manual_seed(6)),
        "file": torch.from_numpy(np.unpackbits(packed, axis=1)).float().view(-1, 1, 28, 28),
        "thresholded": (grey > 127).float(),
    }
    rows = []
    for name in ("vae-mnist", "iwae5-mnist", "iwae50-mnist"):
        if name in zoo.list():
            model, generator = zoo.load(name), torch.Generator().manual_seed(1234)
            nll = {form: negative_log_likelihood(model, x, samples=1000, generator=generator) for form, x in sets.items()}
            rows.append({"method": name, "values": {form: values.mean().item() for form, values in nll.items()}})
    return rows


def vae_glyphs() -> list[dict]:
    """What the latents of a VAE say about the factors of glyphs

    R² of a linear probe of each factor (fitted on 5000 glyphs, measured on another 5000; training fonts, unseen images), their smallest,
    and the mutual information gap (20 bins). In the first rows the shipped weights; then a sweep of β, every model trained from the same
    seed for 1500 steps. Rate and distortion: nats per image.
    """
    rows = []
    for name in (name for name in ("vae-glyphs", "vae-glyphs-factors") if name in zoo.list()):
        about = zoo.card(name)
        note = f"{about['steps']} steps, seed {about['seed']}"
        rows.append({"method": f"{name}, β = {about['beta']:g}", "values": _glyph_values(zoo.load(name)), "note": note})
    for beta in (0.25, 1.0, 4.0):
        with tempfile.TemporaryDirectory() as folder:
            arguments = vae.GLYPH_MODELS["vae-glyphs"]
            model, _, _ = vae.fit_glyphs(f"β = {beta:g}", arguments, beta=beta, steps=_SWEEP_STEPS, out=Path(folder))
        rows.append({"method": f"β = {beta:g}", "values": _glyph_values(model), "note": f"{_SWEEP_STEPS} steps, seed 0"})
    return rows


def _glyph_values(model: torch.nn.Module) -> dict:
    factors = vae.evaluate_factors(model)
    images = vae.data.glyphs.dataset(2000, train=True, seed=1).images
    bound = vae.evaluate_bound(model, images, samples=1)
    return {
        "smallest R²": min(factors["probe_r2"].values()),
        **{f"R² {name}": value for name, value in factors["probe_r2"].items()},
        "MIG": factors["mig"],
        "active": bound["active_units"],
        "rate": bound["rate"],
        "distortion": bound["distortion"],
    }


def cvae_accuracy() -> list[dict]:
    """Conditional VAE on MNIST, class accuracy

    Share of 10,000 samples, 1000 of each class, that an independent classifier (`judge-mnist`) takes for the class asked for. The mean of
    p(x|z, label) is judged, for z from the prior. Five sets of latents.
    """
    model, judge = zoo.load("cvae-mnist"), zoo.load("judge-mnist")
    scores = torch.tensor([vae.class_accuracy(model, judge, seed=seed) for seed in range(5)])
    return [{"method": "cvae-mnist", "values": {"accuracy": scores.mean().item(), "spread": scores.std().item()}, "note": "5 seeds"}]


TABLES = {"vae-nll": vae_nll, "vae-nll-static": vae_nll_static, "vae-glyphs": vae_glyphs, "cvae-accuracy": cvae_accuracy}
