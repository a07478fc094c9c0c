"""What the recipes that compare share: run after run, each kept as soon as it has ended, and a history that holds them all.

A comparison leaves a *history*, `NAME.npz`, and no weights.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from course_lib.files import atomic_write
from course_lib.train import checkpoint


def compare(name: str, runs: Iterable[tuple[str, int]], run: Callable[[str, int], dict], out: str | Path, resume: bool) -> None:
    """Do every run, and write the history `NAME.npz` to `out` after each.

    Parameters
    ----------
    name
        Of the recipe.
    runs
        (variant, seed), in the order in which they are run.
    run
        Trains a variant with a seed; returns numbers and tensors, of the same names and shapes for every run.
    out
        Folder of the history and of what each run has returned.
    resume
        Do not repeat the runs that have ended.
    """
    out, ended = Path(out), {}
    out.mkdir(parents=True, exist_ok=True)
    for number, (variant, seed) in enumerate(runs):
        file = out / f"run-{number:02}.safetensors"
        if not (resume and file.is_file()):
            checkpoint.save(file, run(variant, seed))
        ended[variant, seed] = checkpoint.load(file)
        write_history(out / f"{name}.npz", ended)


def write_history(path: Path, runs: dict) -> None:
    """One file, readable without pickle, with a row for each run in every array.

    `variant` and `seed` name the run; what was measured along the steps has shape (runs, t); the other entries of a run are (runs, …).
    """
    arrays = {key: np.stack([np.asarray(found[key]) for found in runs.values()]) for key in next(iter(runs.values()))}
    with atomic_write(path) as temporary:
        np.savez_compressed(
            temporary,
            variant=np.array([variant for variant, _ in runs]),
            seed=np.array([seed for _, seed in runs], dtype=np.int32),
            **{key: array if array.dtype == np.uint8 else array.astype(np.float32) for key, array in arrays.items()},
        )
