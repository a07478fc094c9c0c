"""The exercises, one file each: ``eNN_K_slug.py`` is exercise K of notebook NN. A file put here is found; nothing to register.

A new exercise is a copy of the nearest of ``e00_1`` (implement), ``e00_2`` (predict), ``e00_3`` (repair) and ``e00_4``
(investigate), together with ``tests/exercises/wrong/<same name>.py``, the answers that it must reject. A file states TITLE, KIND,
NOTEBOOK, MINUTES, DIFFICULTY (1 to 3), POINTS, HINTS (question, formula and shapes, pseudo-code), ``reference`` (for predict and
investigate a function of the case that gives the right value), MISTAKES, and the tests in the order in which they are told; a repair also
``broken``, an investigation RUBRIC.
"""

import difflib
import importlib
import pkgutil
import re


def ids() -> list[str]:
    """The ids of all exercises in order, from the file names alone.

    Examples
    --------
    >>> ids()[:2]
    ['00.1', '00.2']
    """
    return list(_modules())


def module_name(id: str) -> str:
    """The dotted name of the file of exercise ``id``.

    Raises
    ------
    ValueError
        If there is no such exercise; the message lists the nearest ids.
    """
    modules = _modules()
    if not isinstance(id, str) or id not in modules:
        raise ValueError(_unknown(id, list(modules)))
    return f"{__name__}.{modules[id]}"


def load(id: str) -> object:
    """The module of exercise ``id``, imported."""
    return importlib.import_module(module_name(id))


def _modules() -> dict[str, str]:
    found = {}
    for entry in pkgutil.iter_modules(__path__):
        name = re.fullmatch(r"e(\d\d)_(\d+)_\w+", entry.name)
        if name:
            id = f"{name[1]}.{name[2]}"
            if id in found:
                raise ImportError(f"exercise {id} has two files: {found[id]}.py and {entry.name}.py. Rename one.")
            found[id] = entry.name
    return dict(sorted(found.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


def _unknown(id: object, known: list[str]) -> str:
    if not isinstance(id, str):
        return f'an exercise is named by text such as "{known[0]}"; got a {type(id).__name__}.'
    notebook = id.strip().split(".")[0].zfill(2)
    near = [each for each in known if each.startswith(notebook + ".")] or difflib.get_close_matches(id, known, n=5, cutoff=0.3)
    near = [each for each in known if each in near]
    return f'there is no exercise "{id[:20]}". ' + (f"Near it: {', '.join(near)}." if near else f"There are: {known[0]} to {known[-1]}.")
