"""``python -m course_lib``: one command for everything that is not a notebook."""

import difflib
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

COMMANDS = {
    "doctor": "is this machine ready? what to do where it is not",
    "lab": "open the course in JupyterLab",
    "train": "train a model by its recipe:  train NAME",
    "progress": "exercises passed in each notebook, and what comes next",
    "bench": "measure against published numbers (in a checkout)",
    "notebooks": "build, check or execute the notebooks (in a checkout)",
    "release": "write an nbgrader course for a class:  release DIR (in a checkout)",
    "grade": "grade the submissions of such a course:  grade DIR",
}
MODULES = {
    "doctor": "course_lib.classroom.doctor",
    "lab": "course_lib.classroom.lab",
    "train": "course_lib.train",
    "progress": "course_lib.classroom.progress",
    "notebooks": "course_lib.classroom.notebooks",
    "release": "course_lib.classroom.release",
    "grade": "course_lib.classroom.grade",
}
USAGE = (
    "usage: python -m course_lib COMMAND …\n\n"
    + "\n".join(f"  {name:<10} {what}" for name, what in COMMANDS.items())
    + "\n\npython -m course_lib COMMAND --help says more."
)


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code (2 for a command that does not exist)."""
    argv = sys.argv[1:] if argv is None else list(argv)
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if argv else 2
    command, *rest = argv
    if command not in COMMANDS:
        nearest = difflib.get_close_matches(command, COMMANDS, n=1, cutoff=0.5)
        print(f"python -m course_lib: no command {command!r}" + (f"; did you mean {nearest[0]!r}?" if nearest else ""), file=sys.stderr)
        print(USAGE, file=sys.stderr)
        return 2
    if command == "bench":
        return bench(rest)
    run = getattr(importlib.import_module(MODULES[command]), "main", None)
    if run is None:
        print(f"python -m course_lib {command}: not in this version of the course yet", file=sys.stderr)
        return 2
    return run(rest) or 0


def bench(argv: list[str]) -> int:
    """Run ``benchmarks/run.py`` of the checkout, from its root."""
    folders = (Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[1])
    root = next((folder for folder in folders if (folder / "benchmarks" / "run.py").is_file()), None)
    if root is None:
        message = "benchmarks/run.py is not here: the benchmarks come with a checkout of the course (git clone), not with the package"
        print(f"python -m course_lib bench: {message}", file=sys.stderr)
        return 2
    return subprocess.run([sys.executable, str(root / "benchmarks" / "run.py"), *argv], cwd=root).returncode


if __name__ == "__main__":
    sys.exit(main())
