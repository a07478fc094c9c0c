"""What each cure does for one small GAN on glyphs, at equal steps: the table of the history that ships with notebook 04."""

import numpy as np

from course_lib import zoo
from course_lib.train.recipes.stability import SAMPLES


def stability_glyphs() -> list[dict]:
    """The cures on one small image task

    Read from the history that `python -m course_lib train stability-glyphs` has written: DCGAN with 16 features on 20,000 glyphs (the rows
    "500 images": on 500), batches of 64, Adam 1e-3 with β = (0.5, 0.999), one step of D to one of G for every method, nothing tuned. FID
    by features-glyphs against unseen glyphs, n = 2000, of G and of the average of its weights; KID, precision and recall (k = 5) of the
    average; background: mean of the two top rows of G's images, 0 is black. Means over the seeds.
    """
    with np.load(zoo.HISTORIES / "stability-glyphs.npz") as file:
        history = dict(file)
    rows = []
    for variant in dict.fromkeys(history["variant"].tolist()):
        runs = np.flatnonzero(history["variant"] == variant)

        def mean(key: str, runs=runs) -> float:
            values = history[key][runs]
            return float((values if values.ndim == 1 else values[:, -1]).mean())

        rows.append(
            {
                "method": variant,
                "values": {
                    "FID": mean("fid"),
                    "FID of the average": mean("fid_ema"),
                    "KID": mean("kid"),
                    "precision": mean("precision"),
                    "recall": mean("recall"),
                    "background": mean("background"),
                },
                "note": f"{len(runs)} seed{'s' * (len(runs) > 1)}, {int(history['step'][0, -1])} steps, n = {SAMPLES}",
            }
        )
    return rows


TABLES = {"stability-glyphs": stability_glyphs}
