"""One file per family; each has a dict ``RECIPES``: name → function.

A recipe is called as `recipe(out=folder, steps=None, device="cpu", resume=False)`: it trains from the beginning, or from the checkpoint
in `out` with `resume`, and leaves `NAME.safetensors` and `NAME.json`, weights and card, in `out`.
"""

import importlib
import pkgutil
from collections.abc import Callable


def all_recipes() -> dict[str, Callable]:
    """Every recipe of every family.

    >>> "dcgan-mnist" in all_recipes()
    True
    """
    families = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return {name: recipe for family in families for name, recipe in getattr(family, "RECIPES", {}).items()}
