"""Is this machine ready for the course? One line for each thing that can be wrong, and for each that is, what to do.

Nothing is imported at the top that may be missing or broken: the doctor has to speak on a sick machine. What is in order is said without
paths and without figures that change by the minute, because notebook 00 stores the report; what is not in order is said in full.
"""

import html
import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30
ENOUGH = 2 * GIB  # of disk and of memory, for the heaviest notebook
SYMBOLS = {"ok": "✓", "warning": "!", "failed": "✗"}
UPGRADE = f"{sys.executable} -m pip install --upgrade"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    status: str  # "ok", "warning" or "failed"
    detail: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{SYMBOLS[self.status]} {self.status:<8} {self.name:<12} {self.detail}"
        return line + (f"\n{'':24}→ {self.advice}" if self.advice else "")


class Report(list):
    """A list of findings that prints one a line and shows as a table in a notebook."""

    @property
    def ready(self) -> bool:
        """True where nothing failed."""
        return all(finding.status != "failed" for finding in self)

    def __str__(self) -> str:
        return "\n".join([*map(str, self), self.verdict()])

    __repr__ = __str__

    def verdict(self) -> str:
        """The report in one sentence."""
        failed, warned = (sum(finding.status == status for finding in self) for status in ("failed", "warning"))
        if failed:
            return f"{failed} of {len(self)} failed: do what the arrows say, then run this again."
        return f"Ready: {len(self)} looked at" + (f", {warned} with a warning." if warned else ", nothing wrong.")

    def _repr_html_(self) -> str:
        rows = []
        for finding in self:
            advice = f"<br>→ {html.escape(finding.advice)}" if finding.advice else ""
            weight = "normal" if finding.status == "ok" else "bold"
            rows.append(
                f'<tr><td style="text-align:left;font-weight:{weight};white-space:nowrap">{SYMBOLS[finding.status]} {finding.status}</td>'
                f'<th scope="row" style="text-align:left">{html.escape(finding.name)}</th>'
                f'<td style="text-align:left">{html.escape(finding.detail)}{advice}</td></tr>'
            )
        return f"<table><caption>{html.escape(self.verdict())}</caption>{''.join(rows)}</table>"


def report() -> Report:
    """Look at everything; never raises, a check that breaks is itself a finding.

    Examples
    --------
    >>> {finding.status for finding in report()} <= {"ok", "warning", "failed"}
    True
    """
    findings = Report()
    for name, look in CHECKS.items():
        try:
            findings += look(name)
        except Exception as error:  # a broken package may raise anything
            advice = f"a package that this needs is missing or broken: in the course's folder, {sys.executable} -m pip install -e ."
            findings.append(Finding(name, "failed", f"{type(error).__name__}: {error}", advice))
    return findings


# ------------------------------------------------------------------------------------------------------ what is looked at


def _python(name: str) -> list[Finding]:
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if tuple(map(int, platform.python_version_tuple()[:2])) < (3, 11):
        return [Finding(name, "failed", detail, "the course needs Python 3.11 or newer: install one, then 'make lab PYTHON=python3.12'")]
    if sys.maxsize < 2**32:
        return [Finding(name, "failed", detail, "this is a 32-bit Python, for which there is no torch: install a 64-bit one")]
    return [Finding(name, "ok", detail)]


def requirements() -> list[str]:
    """What pyproject.toml asks for, as the installed package knows it; read from the checkout where the package is not installed."""
    try:
        wanted = importlib.metadata.requires("course_lib") or []
    except importlib.metadata.PackageNotFoundError:
        import tomllib

        with open(Path(__file__).resolve().parents[2] / "pyproject.toml", "rb") as file:
            wanted = tomllib.load(file)["project"]["dependencies"]
    return [line for line in wanted if "extra ==" not in line]


def _packages(name: str) -> list[Finding]:
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in requirements()]
    findings = []
    for requirement in wanted:
        upgrade = f'{UPGRADE} "{requirement}"'
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(name, "failed", f"{requirement.name} is not installed", upgrade))
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            findings.append(
                Finding(name, "failed", f"{requirement.name} {version} is installed, {requirement.specifier} is needed", upgrade)
            )
    return findings or [Finding(name, "ok", f"{len(wanted)} of {len(wanted)} installed, none too old")]


def _torch(name: str) -> list[Finding]:
    together = f"{UPGRADE} --force-reinstall torch torchvision   (together: each torchvision fits one torch)"
    try:
        import torch
        import torchvision
        from torchvision.ops import nms

        detail = f"torch {torch.__version__} with torchvision {torchvision.__version__}"
        kept = nms(torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9]]), torch.tensor([0.5, 0.9]), 0.5)  # calls compiled code
    except Exception as error:
        versions = " with ".join(f"{package} {_version(package)}" for package in ("torch", "torchvision"))
        return [
            Finding(
                name, "failed", f"{versions}: {type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}", together
            )
        ]
    if kept.tolist() != [1]:
        return [Finding(name, "failed", f"{detail}: torchvision computes nonsense ({kept.tolist()} for [1])", together)]
    return [Finding(name, "ok", detail)]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(missing)"


def _accelerator(name: str) -> list[Finding]:
    import torch

    if torch.cuda.is_available():
        findings = []
        for index in range(torch.cuda.device_count()):
            detail = (
                f"cuda:{index} {torch.cuda.get_device_name(index)}, {torch.cuda.get_device_properties(index).total_memory / GIB:.0f} GiB"
            )
            try:
                works = torch.ones(8, device=f"cuda:{index}").sum().item() == 8
            except RuntimeError as error:
                works, detail = False, f"{detail}: {str(error).splitlines()[0]}"
            advice = "" if works else "this torch cannot use it: update the driver; until then set CUDA_VISIBLE_DEVICES= to work on the CPU"
            findings.append(Finding(name, "ok" if works else "warning", detail, advice))
        return findings
    if torch.backends.mps.is_available():
        return [Finding(name, "ok", "Apple GPU (MPS)")]
    if shutil.which("nvidia-smi") and os.environ.get("CUDA_VISIBLE_DEVICES") != "":
        detail = f"an NVIDIA driver is here, but torch {torch.__version__} finds no GPU: notebooks run on the CPU"
        return [
            Finding(name, "warning", detail, "run nvidia-smi: where it lists a GPU, the driver is older than this torch wants; update it")
        ]
    return [Finding(name, "ok", "no GPU: not needed, all notebooks run on the CPU")]


def _threads(name: str) -> list[Finding]:
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = torch.get_num_threads()
    detail = f"torch uses {threads} of {cores} CPU cores"
    if threads > cores:
        return [Finding(name, "warning", detail, f"more threads than cores slow everything down: set OMP_NUM_THREADS={cores}")]
    return [Finding(name, "ok", detail)]


def _disk(name: str) -> list[Finding]:
    free = shutil.disk_usage(folder()).free
    if free < ENOUGH:
        return [Finding(name, "warning", f"{free / GIB:.1f} GiB free at {folder()}", "downloads and training runs may not fit: make room")]
    return [Finding(name, "ok", f"more than {ENOUGH / GIB:.0f} GiB free")]


def _memory(name: str) -> list[Finding]:
    import psutil

    free = psutil.virtual_memory().available
    limit, used = (_number(Path("/sys/fs/cgroup") / file) for file in ("memory.max", "memory.current"))  # a container's own limit
    if limit is not None and used is not None:
        free = min(free, limit - used)
    if free < ENOUGH:
        advice = "close other programs and other notebooks' kernels (Kernel > Shut Down All Kernels)"
        return [Finding(name, "warning", f"{free / GIB:.1f} GiB free", advice)]
    return [Finding(name, "ok", f"more than {ENOUGH / GIB:.0f} GiB free")]


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _fonts(name: str) -> list[Finding]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import findfont

    path = findfont("DejaVu Sans", fallback_to_default=False)
    canvas = FigureCanvasAgg(Figure(figsize=(1, 1)))
    canvas.figure.text(0.1, 0.5, r"σ $\hat x$")
    canvas.draw()
    if min(bytes(canvas.buffer_rgba())) == 255:
        return [Finding(name, "failed", f"{path} draws nothing", f"{UPGRADE} --force-reinstall matplotlib")]
    return [Finding(name, "ok", "DejaVu Sans, text and formulas are drawn")]


def folder() -> Path:
    """Where the learner's notebooks lie, else where this was started."""
    from course_lib.classroom.notebooks import find_root

    try:
        root = find_root()
    except FileNotFoundError:
        return Path.cwd()
    return root / "notebooks" if (root / "notebooks").is_dir() else root


def _write_access(name: str) -> list[Finding]:
    try:
        with tempfile.TemporaryFile(dir=folder()) as file:
            file.write(b"course")
    except OSError as error:
        advice = "your notebooks could not be saved: copy the course to a folder of your own, or mend the permissions"
        return [Finding(name, "failed", f"cannot write in {folder()} ({error.strerror})", advice)]
    return [Finding(name, "ok", "notebooks can be saved")]


def _photographs(name: str) -> list[Finding]:
    from course_lib import data

    names = data.photo_names()
    data.photo(names[0])
    return [Finding(name, "ok", f"{len(names)} come with the installation; nothing needs to be downloaded")]


def _data_folder(name: str) -> list[Finding]:
    value = os.environ.get("COURSE_DATA", "")
    if not value:
        return [Finding(name, "ok", "COURSE_DATA is not set: not needed; the notebooks use what is installed")]
    if not Path(value).is_dir():
        return [Finding(name, "failed", f"COURSE_DATA={value} is not a folder", "correct the path, or unset COURSE_DATA")]
    found = sorted(entry.name for entry in Path(value).iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not found:
        advice = "one folder for each data set is expected in it (Set5, Set12, MNIST, …); or unset COURSE_DATA"
        return [Finding(name, "warning", f"COURSE_DATA={value} is empty", advice)]
    return [Finding(name, "ok", f"COURSE_DATA={value}: {', '.join(found)}")]


CHECKS: dict[str, Callable[[str], list[Finding]]] = {
    "Python": _python,
    "packages": _packages,
    "torch": _torch,
    "GPU": _accelerator,
    "threads": _threads,
    "disk": _disk,
    "memory": _memory,
    "fonts": _fonts,
    "writing": _write_access,
    "photographs": _photographs,
    "data": _data_folder,
}


def main(argv: list[str] | None = None) -> int:
    """``python -m course_lib doctor``: print the report; 1 where something failed."""
    if argv:
        print("usage: python -m course_lib doctor", file=sys.stderr)
        return 0 if argv[0] in ("-h", "--help") else 2
    found = report()
    text = f"Python is {sys.executable}\nNotebooks lie in {folder()}\n{found}"
    encoding = sys.stdout.encoding or "ascii"
    print(text.encode(encoding, "replace").decode(encoding))  # a terminal that has no ✓ shows a question mark, not an error
    return 0 if found.ready else 1
