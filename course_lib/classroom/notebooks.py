"""From the solved notebooks to the learner's: build, check, execute.

``solutions/NN_name.ipynb`` is the single source and is edited in JupyterLab; ``notebooks/NN_name.ipynb`` is generated from it. In a code
cell ::

    def psnr(x, reference):
        \"\"\"What is to be written.\"\"\"
        ### BEGIN SOLUTION
        mse = ((x - reference) ** 2).mean()
        return -10 * mse.log10()
        ### END SOLUTION

becomes a function that raises ``NotImplementedError("your turn")``. Lines that start with ``### STUB`` right after the end marker replace
the solution instead; outside a function they are required, because a cell below may need the name::

    ### BEGIN SOLUTION
    prediction = 20.17
    ### END SOLUTION
    ### STUB prediction = ...  # your number, in dB

In a Markdown cell the markers are ``<!-- BEGIN SOLUTION -->`` and ``<!-- END SOLUTION -->``; what stands between becomes *Your conclusion
here.*
"""

import argparse
import ast
import asyncio
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_lib.classroom import lint
from course_lib.classroom.lint import Problem
from course_lib.files import atomic_write

BEGIN, END, STUB = "### BEGIN SOLUTION", "### END SOLUTION", "### STUB"
BEGIN_TEXT, END_TEXT, STUB_TEXT = "<!-- BEGIN SOLUTION -->", "<!-- END SOLUTION -->", "*Your conclusion here.*"
NOT_DONE = 'raise NotImplementedError("your turn")'
MAX_BYTES = 600_000
SECRET_LENGTH = 15  # shorter solution lines ("return x", "y = A(x)") are anybody's and say nothing


class NotebookError(ValueError):
    """A notebook that cannot be built or executed; the message names the notebook, the cell and the line."""


# --------------------------------------------------------------------------------------------------------------- files


def find_root(start: Path | None = None) -> Path:
    """The checkout: the nearest folder from `start` upwards that holds ``solutions/`` and ``course_lib/``, else the package's own."""
    start = Path.cwd() if start is None else Path(start).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "solutions").is_dir() and (folder / "course_lib").is_dir():
            return folder
    raise FileNotFoundError(f"no checkout of the course at {start} or above it: go to the folder that holds solutions/ and course_lib/")


def numbered(folder: Path, only: Iterable[str] = ()) -> list[Path]:
    """The notebooks in `folder` in order, without a learner's ``.mine-1`` copies; `only` picks by number or by start of the name."""
    paths = [p for p in sorted(folder.glob("[0-9][0-9]_*.ipynb")) if ".mine-" not in p.name]
    only = list(only)
    for wanted in only:
        if not any(p.name.startswith(wanted) for p in paths):
            have = ", ".join(p.stem for p in paths) or "none"
            raise FileNotFoundError(f"no notebook {wanted!r} in {folder} (there: {have})")
    return [p for p in paths if not only or any(p.name.startswith(wanted) for wanted in only)]


def read(path: Path) -> NotebookNode:
    """A notebook from disk, refused where cells have no ids (they would get new ones at every reading)."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        has_ids = raw["nbformat"] == 4 and all("id" in cell for cell in raw["cells"])
    except (ValueError, KeyError, TypeError) as error:
        raise NotebookError(f"{path} is not a notebook ({error}): restore it from git") from None
    if not has_ids:
        version = f"{raw['nbformat']}.{raw.get('nbformat_minor')}"
        raise NotebookError(f"{path} has cells without ids (nbformat {version}): save it in JupyterLab 4")
    return nbformat.from_dict({**raw, "cells": [_joined(cell) for cell in raw["cells"]]})


def _joined(cell: dict) -> dict:
    """A cell with its multi-line strings, which the file format keeps as lists of lines, as strings."""

    def join(value):
        return "".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value

    cell = {**cell, "source": join(cell["source"])}
    for output in cell.get("outputs", []):
        if "text" in output:
            output["text"] = join(output["text"])
        if "data" in output:
            output["data"] = {mime: value if mime.endswith("json") else join(value) for mime, value in output["data"].items()}
    return cell


def as_text(nb: NotebookNode) -> str:
    """The notebook as it is written to disk (JupyterLab's own layout, so that saving there changes nothing)."""
    return nbformat.writes(nb, version=4)


def write(nb: NotebookNode, path: Path) -> None:
    """Write `nb` so that a reader never sees half a file."""
    text = as_text(nb)
    with atomic_write(path) as temporary:
        Path(temporary).write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")


def digest(nb: NotebookNode) -> str:
    """A fingerprint of what a person writes in a notebook: kinds and sources of the cells, not outputs, counts or metadata."""
    return hashlib.sha256(json.dumps([[cell.cell_type, cell.source] for cell in nb.cells]).encode()).hexdigest()


# ---------------------------------------------------------------------------------------------------- solution → stub

_LOOSE_CODE = re.compile(r"^\s*#+\s*(BEGIN|END)[\s_]*SOLUTION", re.IGNORECASE)
_LOOSE_TEXT = re.compile(r"<!--\s*(BEGIN|END)[\s_]*SOLUTION", re.IGNORECASE)


@dataclass
class Split:
    """One cell taken apart: what the learner gets, what stays secret, what was public in the solved cell."""

    source: str
    secret: list[str]
    public: list[str]


def split(source: str, kind: str, where: str) -> Split:
    """Replace every solution in a cell by its stub.

    Parameters
    ----------
    source : str
        The solved cell.
    kind : {"code", "markdown", "raw"}
        The kind of the cell.
    where : str
        Notebook and cell, for messages.

    Raises
    ------
    NotebookError
        Markers unbalanced, nested, misspelt or around nothing; a stub missing or in the wrong place; a cell that is not Python.

    Examples
    --------
    >>> print(split("### BEGIN SOLUTION\\nx = 3\\n### END SOLUTION\\n### STUB x = ...", "code", "example").source)
    x = ...
    """
    begin, end, loose = (BEGIN, END, _LOOSE_CODE) if kind == "code" else (BEGIN_TEXT, END_TEXT, _LOOSE_TEXT)
    lines = source.split("\n")
    out, secret, public = [], [], []
    opened: int | None = None
    i = 0
    while i < len(lines):
        line, number = lines[i], i + 1
        word = line.strip()
        if word == begin:
            if opened is not None:
                raise NotebookError(f"{where}, line {number}: {begin!r} inside the solution begun at line {opened + 1}: end that one first")
            opened = i
        elif word == end:
            if opened is None:
                raise NotebookError(f"{where}, line {number}: {end!r} without a {begin!r} before it")
            inside = lines[opened + 1 : i]
            if not any(part.strip() for part in inside):
                raise NotebookError(f"{where}, line {number}: nothing between {begin!r} and {end!r}")
            secret += inside
            indent = lines[opened][: len(lines[opened]) - len(lines[opened].lstrip())]
            stub = []
            while kind == "code" and i + 1 < len(lines) and lines[i + 1].strip().startswith(STUB):
                i += 1
                stub.append((indent + lines[i].strip()[len(STUB) :].removeprefix(" ")).rstrip())
            if kind != "code":
                stub = [indent + STUB_TEXT]
            elif not stub:
                if not _inside_function(source, opened + 1, where):
                    message = f"a solution outside a function needs a stub: write '{STUB} name = ...' right after {end!r}"
                    raise NotebookError(f"{where}, line {number}: {message}")
                stub = [indent + NOT_DONE]
            out += stub
            opened = None
        elif loose.search(line):
            advice = f"write {begin!r} or {end!r}, alone on its line"
            raise NotebookError(f"{where}, line {number}: {word!r} looks like a marker but is not one: {advice}")
        elif kind == "code" and word.startswith(STUB):
            raise NotebookError(f"{where}, line {number}: a {STUB!r} line belongs right after {end!r}")
        elif opened is None:
            out.append(line)
            public.append(line)
        i += 1
    if opened is not None:
        raise NotebookError(f"{where}, line {opened + 1}: {begin!r} without {end!r}")
    if kind == "code" and secret:
        try:
            ast.parse(lint.without_magics("\n".join(out)))
        except SyntaxError as error:
            message = f"what the learner would get is not Python ({error.msg}, line {error.lineno}): mend the stub"
            raise NotebookError(f"{where}: {message}") from None
    return Split("\n".join(out), secret, public)


def _inside_function(source: str, line: int, where: str) -> bool:
    try:
        tree = ast.parse(lint.without_magics(source))
    except SyntaxError as error:
        raise NotebookError(f"{where}, line {error.lineno}: not Python: {error.msg}") from None
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(node.lineno < line <= node.end_lineno for node in functions)


@dataclass
class Built:
    """A solved notebook taken apart."""

    notebook: NotebookNode
    secret: list[tuple[int, str]]  # (cell number, line)
    public: list[str]


def learner_version(solved: NotebookNode, name: str) -> Built:
    """The notebook that a learner gets: stubs for solutions, no outputs, no traces of a run, the cell ids kept."""
    cells, secret, public = [], [], []
    for number, cell in enumerate(solved.cells, 1):
        part = split(cell.source, cell.cell_type, f"{name}, cell {number}")
        secret += [(number, line) for line in part.secret]
        public += part.public
        fresh = NotebookNode(cell_type=cell.cell_type, id=cell.id, metadata=_lasting(cell.metadata), source=part.source)
        if "attachments" in cell:
            fresh.attachments = deepcopy(cell.attachments)
        if cell.cell_type == "code":
            fresh |= {"execution_count": None, "outputs": []}
        cells.append(fresh)
    nb = NotebookNode(cells=cells, metadata=_plain_metadata(), nbformat=4, nbformat_minor=5)
    nb.metadata.course = {"source": f"solutions/{name}", "sha256": digest(nb)}
    return Built(nb, secret, public)


def _lasting(metadata: dict) -> NotebookNode:
    """Of a cell's metadata, what its author meant (tags, hidden code), without what a run or a front end left there."""
    keep = NotebookNode()
    if metadata.get("tags"):
        keep.tags = list(metadata["tags"])
    if metadata.get("jupyter", {}).get("source_hidden"):
        keep.jupyter = {"source_hidden": True}
    return keep


def _plain_metadata() -> NotebookNode:
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})


# --------------------------------------------------------------------------------------------------------------- build


def worked_in(path: Path) -> bool:
    """True where somebody has changed a cell of the generated notebook since it was built (a mere run does not count)."""
    try:
        nb = read(path)
    except NotebookError:
        return True  # not ours to judge: keep it
    return nb.metadata.get("course", {}).get("sha256") != digest(nb)


def move_aside(path: Path) -> Path:
    """Rename ``NN_x.ipynb`` to the first free ``NN_x.mine-1.ipynb``, ``.mine-2`` …; never replaces a file."""
    number = 1
    while True:
        kept = path.with_name(f"{path.stem}.mine-{number}{path.suffix}")
        try:
            os.link(path, kept)  # unlike rename, fails where the name is taken
        except FileExistsError:
            number += 1
            continue
        except OSError:  # a file system without hard links
            if kept.exists():
                number += 1
                continue
            return path.rename(kept)
        path.unlink()
        return kept


def build(root: Path, only: Iterable[str] = (), force: bool = False, say=print) -> list[Problem]:
    """Write ``notebooks/`` from ``solutions/``; a notebook that a learner has worked in is left alone, or moved aside with `force`."""
    problems = []
    for source in numbered(root / "solutions", only):
        try:
            nb = learner_version(read(source), source.name).notebook
        except NotebookError as error:
            problems.append(Problem(str(error)))
            continue
        target = root / "notebooks" / source.name
        target.parent.mkdir(exist_ok=True)
        if target.exists():
            if target.read_text(encoding="utf-8") == as_text(nb).rstrip("\n") + "\n":
                say(f"  same     notebooks/{source.name}")
                continue
            if worked_in(target):
                if not force:
                    advice = "--force moves it aside to .mine-1.ipynb and then builds; nothing is lost"
                    problems.append(Problem(f"notebooks/{source.name} has been worked in: not overwritten ({advice})"))
                    continue
                say(f"  kept     notebooks/{move_aside(target).name}   (was {source.name})")
        write(nb, target)
        say(f"  built    notebooks/{source.name}")
    return problems


# --------------------------------------------------------------------------------------------------------------- check


def check(root: Path, only: Iterable[str] = ()) -> list[Problem]:
    """Everything that is wrong with the notebooks of a checkout: markers, lint, sync, leaks, stored outputs."""
    everything = numbered(root / "solutions")
    problems, built, solved = [], {}, {}
    for source in everything:
        try:
            solved[source.name] = read(source)
            built[source.name] = learner_version(solved[source.name], source.name)
        except NotebookError as error:
            problems.append(Problem(str(error)))
    public = [line for parts in built.values() for line in parts.public]
    for source in numbered(root / "solutions", only):
        name = source.name
        if name not in built:
            continue
        problems += lint.lint(solved[name], name, folder=source.parent)
        problems += stored_form(solved[name], source)
        problems += lint.links(built[name].notebook, f"notebooks/{name}", root / "notebooks")
        target = root / "notebooks" / name
        if not target.exists():
            problems.append(Problem(f"notebooks/{name} is missing: run 'make notebooks'"))
            continue
        try:
            learner = read(target)
        except NotebookError as error:
            problems.append(Problem(str(error)))
            continue
        problems += leaks(built[name].secret, public, learner, name)
        if target.read_text(encoding="utf-8") != as_text(built[name].notebook).rstrip("\n") + "\n":
            if worked_in(target):
                advice = "copy the change to solutions/ if it was meant for everybody, then 'python -m course_lib notebooks build --force'"
                problems.append(Problem(f"notebooks/{name} was edited by hand: {advice}"))
            else:
                problems.append(Problem(f"notebooks/{name} is not what solutions/{name} gives: run 'make notebooks'"))
    if not list(only):
        names = {source.name for source in everything}
        for orphan in numbered(root / "notebooks"):
            if orphan.name not in names:
                problems.append(Problem(f"notebooks/{orphan.name} has no source solutions/{orphan.name}: delete it or rename it"))
    return problems


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def leaks(secret: list[tuple[int, str]], public: list[str], learner: NotebookNode, name: str) -> list[Problem]:
    """Solution lines that a learner can read, spaces ignored, in any source, output or metadata of the learner's notebook.

    Lines shorter than 15 characters and lines that also stand outside every solution (`public`) tell nothing and are left out.
    """
    shown = {_squeezed(line) for line in public}
    cells = enumerate(learner.cells, 1)
    places = [(f"cell {number}", _squeezed(cell.source + _strings(cell.get("outputs", [])))) for number, cell in cells]
    places.append(("the metadata", _squeezed(_strings([learner.metadata, *(cell.metadata for cell in learner.cells)]))))
    problems = []
    for number, line in secret:
        key = _squeezed(line)
        if len(key) < SECRET_LENGTH or key in shown:
            continue
        for place, text in places:
            if key in text:
                advice = f"take it out of solutions/{name}, or write the public line differently, and build again"
                message = f"shows a line of the solution of cell {number}: {line.strip()!r} ({advice})"
                problems.append(Problem(f"notebooks/{name}, {place}: {message}"))
    return problems


def _strings(value) -> str:
    """All text in a nested value, in one string."""
    if isinstance(value, str):
        return value + "\n"
    if isinstance(value, dict):
        return "".join(_strings(v) for v in value.values())
    return "".join(_strings(v) for v in value) if isinstance(value, list) else ""


def stored_form(nb: NotebookNode, path: Path) -> list[Problem]:
    """What is wrong with a solved notebook as it is stored: not executed since it was edited, errors, too big, left-overs of a run."""
    name, problems = path.name, []
    if nb.metadata.get("course", {}).get("executed") != digest(nb):
        problems.append(Problem(f"solutions/{name} was edited since it was last executed: run 'make solutions ONLY={name[:2]}'"))
        return problems
    if (size := path.stat().st_size) > MAX_BYTES:
        problems.append(Problem(f"solutions/{name} has {size / 1000:.0f} kB, at most {MAX_BYTES / 1000:.0f}: {HEAVY}"))
    if "widgets" in nb.metadata:
        problems.append(Problem(f"solutions/{name} holds widget state, which GitHub cannot show: run 'make solutions ONLY={name[:2]}'"))
    for number, cell in enumerate(nb.cells, 1):
        if "execution" in cell.metadata:
            problems.append(Problem(f"solutions/{name}, cell {number}: holds execution times: run 'make solutions ONLY={name[:2]}'"))
        if cell.cell_type == "code":
            problems += unstable(cell.outputs, f"solutions/{name}, cell {number}")
    return problems


HEAVY = "store figures as JPEG or palette PNG at dpi <= 80, or show fewer"

# ------------------------------------------------------------------------------------------------------------- execute

_BAR = re.compile(r"\d+%\|.*\|\s*[\d.]+\w?/[\d.]+\w?|\d+\w?it \[\d\d:\d\d|\[\d\d:\d\d(:\d\d)?<|\d(it/s|s/it)\b")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}\b|\b0x[0-9a-fA-F]{8,}\b")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_NO_WIDGET = "[A control stands here when the notebook runs in JupyterLab.]"


def settled(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs without what differs from run to run: progress bars go, widgets leave a line of text, pieces of one stream are joined."""
    out: list[NotebookNode] = []
    for output in deepcopy(outputs):
        if output.output_type == "stream":
            if out and out[-1].output_type == "stream" and out[-1].name == output.name:
                out[-1].text += output.text
            else:
                out.append(output)
            continue
        output.metadata = NotebookNode()
        if _WIDGET in output.get("data", {}):
            data = {mime: value for mime, value in output.data.items() if mime not in (_WIDGET, "text/plain")}
            output.data = NotebookNode(data or {"text/plain": _NO_WIDGET})
        if output.output_type == "execute_result":
            output.execution_count = None  # set again when the cells are numbered
        out.append(output)
    for output in out:
        if output.output_type == "stream":
            output.text = "".join(_written(output.text))
    out = [output for output in out if output.output_type != "stream" or output.text.strip()]
    return out


def _written(text: str) -> Iterator[str]:
    """The lines that remain on a terminal: after a carriage return the line is written anew; progress bars are left out."""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        body = line.rstrip("\r\n").rsplit("\r", 1)[-1]
        wiped = "\r" in line and not body.strip()
        if not wiped and not _BAR.search(body) and "building the font cache" not in body:
            yield body + "\n" * line.endswith("\n")


def unstable(outputs: list[NotebookNode], where: str) -> list[Problem]:
    """Outputs that may not be stored: errors, text on stderr, memory addresses (other at every run), paths of this machine."""
    problems = []
    for output in outputs:
        if output.output_type == "error":
            problems.append(Problem(f"{where}: {output.ename}: {output.evalue}"))
        elif output.output_type == "stream" and output.name == "stderr":
            problems.append(Problem(f"{where}: writes to stderr: {output.text.strip()[-300:]!r} (mend the cause, or print it)"))
            continue
        text = output.get("text", "") + "".join(value for mime, value in output.get("data", {}).items() if mime.startswith("text/"))
        if found := _ADDRESS.search(text):
            advice = "another at every run: print the value, not the object"
            problems.append(Problem(f"{where}: shows a memory address ({found.group()}), {advice}"))
        if found := _private_path(text):
            problems.append(Problem(f"{where}: shows a path of this machine ({found}): print the file's name, not its path"))
    return problems


def _private_path(text: str) -> str | None:
    """A folder in `text` that is this machine's business, None where there is none."""
    if found := re.search(r"(?<![\w.])(/home/\w+|/Users/\w+|/(?:root|tmp)/|[A-Z]:\\Users\\\w+)", text):
        return found.group()
    ours = (str(Path(__file__).resolve().parents[2]), sys.prefix, str(Path.home()))
    return next((path for path in ours if len(path) > 1 and re.search(re.escape(path) + r"(?!\w)", text)), None)


def execute(root: Path, only: Iterable[str] = (), say=print) -> list[Problem]:
    """Run the notebooks of ``solutions/`` from top to bottom and store their outputs; one that fails stays as it was."""
    problems = []
    for path in numbered(root / "solutions", only):
        found = execute_one(path, say=say)
        problems += found
        say(f"  {'FAILED ' if found else 'done   '} solutions/{path.name}")
    return problems


def execute_one(path: Path, say=print) -> list[Problem]:
    """Run one solved notebook in its own folder (where JupyterLab would start its kernel) and store it; two runs give the same file.

    The kernel is this Python, on the CPU with one thread and without ``$COURSE_DATA``: what is stored is what everybody gets, and nothing
    of a benchmark set is stored. ``COURSE_STRICT=1`` makes a check that does not pass stop the run.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    try:
        nb = read(path)
        learner_version(nb, path.name)  # markers first: a notebook that cannot be built is not worth a run
    except NotebookError as error:
        return [Problem(str(error))]
    environment = {**os.environ, "COURSE_STRICT": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "CUDA_VISIBLE_DEVICES": ""}
    environment.pop("MPLBACKEND", None)  # a backend chosen for tests would hide every figure
    environment.pop("COURSE_DATA", None)
    started = {}

    def on_start(cell, cell_index):
        started[cell_index] = time.perf_counter()

    def on_end(cell, cell_index, execute_reply):
        seconds = time.perf_counter() - started[cell_index]
        say(f"    {path.name[:2]}  cell {cell_index + 1:3d}/{len(nb.cells)}  {seconds:6.1f} s  {_first_line(cell.source)}")

    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        nb,
        kernel_manager_class=_kernel_manager_class(),
        timeout=600,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=on_start,
        on_cell_executed=on_end,
    )
    if sys.platform == "win32":
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    begun = time.perf_counter()
    try:
        client.execute(env=environment)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        number = max(started, default=0) + 1
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        return [Problem(f"solutions/{path.name}, cell {number} ({_first_line(nb.cells[number - 1].source)}): {text}")]
    say(f"    {path.name[:2]}  {time.perf_counter() - begun:.1f} s in all")

    problems = []
    for model in client.widget_state.values():  # an error inside a widget's callback does not fail its cell
        for output in model.get("outputs") or []:
            if output.get("output_type") == "error":
                problems.append(Problem(f"solutions/{path.name}: an error inside a widget: {output.get('ename')}: {output.get('evalue')}"))
    count = 0
    for number, cell in enumerate(nb.cells, 1):
        cell.metadata = _lasting(cell.metadata)
        if cell.cell_type != "code":
            continue
        cell.outputs = settled(cell.outputs)
        problems += unstable(cell.outputs, f"solutions/{path.name}, cell {number}")
        if cell.source.strip():
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
    settings = {key: value for key, value in nb.metadata.get("course", {}).items() if key not in ("executed", "sha256", "source")}
    nb.metadata = _plain_metadata()
    nb.metadata.course = {**settings, "executed": digest(nb)}
    nb.nbformat_minor = 5
    if (size := len(as_text(nb).encode())) > MAX_BYTES:
        problems.append(Problem(f"solutions/{path.name} would have {size / 1000:.0f} kB, at most {MAX_BYTES / 1000:.0f}: {HEAVY}"))
    if not problems:
        write(nb, path)
    return problems


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return lines[0][:60] if lines else "(empty)"


def _kernel_manager_class() -> type:
    """Managers of kernels that run this very Python, whatever kernels called python3 the user has installed elsewhere."""
    from ipykernel.kernelspec import RESOURCES, get_kernel_dict
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class ThisPython(AsyncKernelManager):
        @property
        def kernel_spec(self):
            return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict(extra_arguments=["--log-level=ERROR"]))

    return ThisPython


# -------------------------------------------------------------------------------------------------------- command line


def main(argv: list[str] | None = None) -> int:
    """``python -m course_lib notebooks build|check|execute``; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib notebooks", description="solutions/ is the source, notebooks/ is generated."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="build|check|execute")
    for verb, text in (
        ("build", "write notebooks/ from solutions/"),
        ("check", "say what is wrong: markers, lint, sync, leaks, stored outputs"),
        ("execute", "run solutions/ and store the outputs"),
    ):
        sub = verbs.add_parser(verb, help=text, description=text)
        sub.add_argument("--only", nargs="+", default=[], metavar="NN", help="these notebooks only, by number")
        if verb == "build":
            sub.add_argument("--force", action="store_true", help="move a notebook that was worked in aside to .mine-1.ipynb, then build")
    options = parser.parse_args(argv)
    try:
        root = find_root()
        if options.verb == "build":
            problems = build(root, options.only, options.force)
        elif options.verb == "check":
            problems = check(root, options.only)
        else:
            problems = execute(root, options.only)
        count = len(numbered(root / "solutions", options.only))
    except FileNotFoundError as error:
        problems, count = [Problem(str(error))], 0
    for problem in problems:
        print(f"  problem  {problem}", file=sys.stderr)
    with suppress(BrokenPipeError):
        found = f"{count} notebook{'s' * (count != 1)}, {len(problems)} problem{'s' * (len(problems) != 1)}"
        print(f"notebooks {options.verb}: {found}", flush=True)
    return 1 if problems else 0
