"""Conditional GANs: is it the class asked for, is it varied, do slant and thickness arrive; three ways of conditioning side by side."""

import numpy as np

from course_lib import zoo
from course_lib.train.recipes.conditional_gan import RECIPES, evaluate
from course_lib.train.recipes.conditioning import FEATURES, STEPS

_SOURCES = {"mnist": "mnist", "fashion": "fashion"}  # the others draw characters


def cgan() -> list[dict]:
    """Conditional GANs of 28×28 pixels

    Conditions of unseen images, the classes equally often or nearly so. Accuracy: share of 10,000 samples that an independent classifier,
    never seen by the GAN, takes for the class asked for; beside it the same for real unseen images. FID by the features of the course's
    own classifier of that data set, n = 10,000, with its floor (training images in place of samples): comparable with nothing else.
    Intra-FID: the mean over the classes, about 1000 samples a class, with its floor. Diversity: mean distance between two samples of a
    class over that between two real images of it, in pixels' L2, mean over the classes. Slant and thickness: correlation of asked and
    measured within the classes; in brackets on real images, whose factors are known. Projection, concatenation and auxiliary
    classifier share data, seed, steps, widths and rate.
    """
    rows = []
    for name in RECIPES:
        if name not in zoo.list():
            rows.append({"method": name, "values": {}, "note": "not yet trained"})
            continue
        about = zoo.card(name)
        m = evaluate(zoo.load(name), _SOURCES.get(name.removeprefix("cgan-"), "characters"))
        values = {
            "accuracy": m["accuracy"],
            "real": m["accuracy_real"],
            "smallest class": m["smallest_accuracy"],
            "FID": m["fid"]["value"],
            "floor": m["fid"]["floor"],
            "intra-FID": m["intra_fid"]["value"],
            "its floor": m["intra_fid"]["floor"],
            "diversity": m["diversity"],
        }
        for factor, found in m.get("factors", {}).items():
            values |= {factor: found["correlation"], f"({factor})": found["real"]}
        note = f"{about['conditioning']}, {about['steps']} steps, seed {about['seed']}; {m['judge']}; features {m['fid']['features']}"
        rows.append({"method": name, "values": values, "note": note})
    return rows


def conditioning() -> list[dict]:
    """Three ways of conditioning at equal steps

    The task and the figures of the table before, read from the history that `python -m course_lib train conditioning-glyphs` has written.
    Projection (with conditional batch normalisation in G), concatenation and auxiliary classifier share data, batches, seed, steps,
    widths, rate and penalty; the networks are half as wide as those that ship, and the steps are few.
    """
    with np.load(zoo.HISTORIES / "conditioning-glyphs.npz") as file:
        history = dict(file)
    columns = {
        "accuracy": "accuracy",
        "real": "accuracy_real",
        "smallest class": "smallest_accuracy",
        "FID": "fid",
        "floor": "fid_floor",
        "intra-FID": "intra_fid",
        "its floor": "intra_fid_floor",
        "diversity": "diversity",
        "slant": "slant",
        "thickness": "thickness",
    }
    rows = []
    for row, (variant, seed) in enumerate(zip(history["variant"], history["seed"], strict=True)):
        values = {column: history[key][row].item() for column, key in columns.items()}
        rows.append({"method": str(variant), "values": values, "note": f"{STEPS} steps, {FEATURES} features, seed {seed}"})
    return rows


TABLES = {"cgan": cgan, "conditioning": conditioning}
