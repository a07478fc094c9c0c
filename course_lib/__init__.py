"""Making and mending images: the library behind the course.

Five floors, and imports only go down:

5. ``check`` ``widgets`` ``classroom``: the teaching side
4. ``zoo`` ``evaluate`` ``train``: models, data and metrics put to work
3. ``models`` ``classical`` ``losses``: the methods, one a file
2. ``data`` ``degrade`` ``metrics`` ``plots``: where images come from, how they break, how to judge and show them
1. ``images`` ``resample`` ``device`` ``files``: tensors, ranges, colour, resizing, seeds, devices

Sub-modules are imported on first use (``course_lib.metrics.psnr(…)`` works after ``import course_lib``), so the import itself costs
next to nothing.
"""

import importlib

__version__ = "0.1.0"

_MODULES = {
    *("images", "resample", "device", "files"),
    *("data", "degrade", "metrics", "plots"),
    *("models", "classical", "losses"),
    *("zoo", "evaluate", "train"),
    *("check", "widgets", "classroom"),
}


def __getattr__(name: str):
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_MODULES | set(globals()))
