"""From image to image: what each part of pix2pix does, the translators that ship, and the error that CycleGAN's hidden pairing shows."""

import numpy as np

from course_lib import zoo
from course_lib.train.recipes.image_to_image import PIX2PIX
from course_lib.train.recipes.translation_ablation import VARIANTS

_FIGURES = {"pixel accuracy": "pixel_accuracy", "IoU": "iou", "PSNR": "psnr", "L1": "l1", "patch distance": "patch_distance"}
_CYCLE_GAN = {"unpaired": "cyclegan-scenes", "paired, L1 alone": "cyclegan-scenes-paired"}


def pix2pix_ablation() -> list[dict]:
    """What each part of pix2pix does

    See published.json.
    """
    with np.load(zoo.HISTORIES / "ablation-scenes.npz") as file:
        history = dict(file)
    rows = []
    for variant in VARIANTS:
        mine = history["variant"] == variant
        values = {column: history[key][mine].mean().item() for column, key in _FIGURES.items()}
        spread = ", ".join(f"{history[key][mine].min():.3g} to {history[key][mine].max():.3g}" for key in ("psnr", "patch_distance"))
        seeds = f"{mine.sum()} seeds: PSNR and patch distance {spread}" if mine.sum() > 1 else "1 seed"
        rows.append({"method": variant, "values": values, "note": seeds})
    for key, text in (("expected", "the mean of all pictures of a map"), ("other_noise", "another picture of the same map")):
        rows.append({"method": text, "values": {column: history[f"{key}_{name}"][0].item() for column, name in _FIGURES.items()}})
    return rows


def translators() -> list[dict]:
    """Translators that ship

    On images that were not trained on: 500 scenes painted by a known rule (64 pixels), the test folder of the facades (128), 20 photographs
    of BSDS500 and the bundled ones (128; colour from luma). PSNR in dB and mean absolute error in RGB against the one true picture; beside
    them the PSNR of what nobody has to learn: the mean training picture, or the grey image. Patch distance: Fréchet distance of patches of
    8×8 pixels (of chroma for the colours), with its floor (other real pictures) and its ceiling (uniform noise). Colourfulness: root mean
    square of the chroma over that of the true one. From the cards of the weights. No published number is comparable.
    """
    rows = []
    for name in PIX2PIX:
        if name not in zoo.list():
            rows.append({"method": name, "values": {}, "note": "not yet trained"})
            continue
        about = zoo.card(name)
        m = about["metrics"]
        note = f"{about['steps']} steps of {about['batch_size']}, seed {about['seed']}, {about['hardware']}"
        if name != "pix2pix-colour":
            rows.append({"method": name, "values": _translated(m, m["references"]["mean_picture"]["psnr"]), "note": note})
            continue
        for part in ("held_out", "photographs"):
            values = _translated(m[part], m[part]["grey"]["psnr"]) | {"colourfulness": m[part]["colourfulness"]}
            rows.append({"method": f"{name}, {part.replace('_', ' ')}", "values": values, "note": note})
    return rows


def _translated(m: dict, nothing_learned: float) -> dict:
    values = {"PSNR": m["psnr"], "L1": m["l1"], "nothing learned": nothing_learned}
    if "patch_distance" in m:
        distance = m["patch_distance"]
        values |= {"patch distance": distance["value"], "floor": distance["floor"], "ceiling": distance["ceiling"]}
    return values


def cyclegan() -> list[dict]:
    """From day to night without pairs

    500 unseen scenes of 64 pixels, painted by a known rule by day and by night: the hidden pairing measures the error of a translator that
    was trained without it. PSNR and mean absolute error against the same scene by night; pixel accuracy and IoU of the classes that
    `scenes.read` finds in the pictures; patch distance with its floor (the same scenes with other noise). The upper bound is the same
    generator trained on the pairs. The day picture itself and the mean night are what nobody has to learn. From the card.
    """
    if "cyclegan-scenes" not in zoo.list():
        return [{"method": name, "values": {}, "note": "not yet trained"} for name in _CYCLE_GAN]
    about = zoo.card("cyclegan-scenes")
    m, rows = about["metrics"], []
    found = {"unpaired": m["night"], "unpaired, night to day": m["day"], "paired, L1 alone": m["references"]["paired"]}
    for name, judged in found.items():
        values = {column: judged[key] for column, key in _FIGURES.items() if key != "patch_distance"}
        values |= {"patch distance": judged["patch_distance"]["value"], "floor": judged["patch_distance"]["floor"]}
        rows.append({"method": name, "values": values, "note": f"{about['steps']} steps of {about['batch_size']}, seed {about['seed']}"})
    for key, text in (("unchanged", "the day picture, unchanged"), ("mean_picture", "the mean night")):
        judged = m["references"][key]
        rows.append({"method": text, "values": {"PSNR": judged["psnr"], "L1": judged["l1"]}})
    return rows


TABLES = {"pix2pix-ablation": pix2pix_ablation, "image-to-image": translators, "cyclegan": cyclegan}
