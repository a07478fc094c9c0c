"""The classroom: what it costs to grade a class, and whether that grows."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NAME = "01_images_noise_and_metrics"
CLASS = 200
STAGES = (50, 100, 200)
WRONG = {  # synthetic mistakes, each in a share of the class: cell, and what is written there instead of the solution
    2: ("ex-2-code", "def add_noise(x, sigma, generator):\n    return x + sigma * torch.randn(x.shape, generator=generator)"),
    3: ("ex-3-code", "change_in_db = -3.01"),
    5: ("ex-5-code", "def psnr(estimate, reference)\n    return 0"),
    7: ("ex-6-code", "def ssim_window(x, y):\n    raise NotImplementedError"),
    11: ("ex-1-code", "raise RuntimeError('not today')"),
}


def grading_200() -> list[dict]:
    """Grading a class of 200

    Seconds for each submission of notebook 01 (eight exercises: autograde, feedback, gradebook), the processor pinned to two cores, and
    the memory held at its peak so far by the grading process and by its server together (their own peaks, shared pages counted twice).
    *CPU s* is the processor time of all processes: what other programs on the machine do is not in it.
    200 synthetic submissions: the solution, with a wrong, broken or missing answer in every second, third, fifth, seventh and eleventh
    one. Start and class report are not in the seconds per submission; *all* is the whole run with them.
    """
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "course"
        _run(sys.executable, "-m", "course_lib", "release", course, "--notebooks", "01", cwd=ROOT)
        _run(Path(sys.executable).parent / "nbgrader", "generate_assignment", NAME, cwd=course)
        _submissions(course)
        if not hasattr(os, "sched_setaffinity"):
            return _measured(course)
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(cores)[:2])
        try:
            return _measured(course)
        finally:
            os.sched_setaffinity(0, cores)


def _run(*command: object, cwd: Path) -> None:
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    subprocess.run([str(part) for part in command], cwd=cwd, env=environment, check=True, capture_output=True)


def _submissions(course: Path) -> None:
    released = (course / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    solved = nbformat.read(course / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    sources = {
        cell.id: re.sub(r"^[ \t]*### .*\n?", "", cell.source, flags=re.MULTILINE) for cell in solved.cells if "SOLUTION" in cell.source
    }
    for number in range(1, CLASS + 1):
        nb = nbformat.reads(released, as_version=4)
        written = sources | dict(change for every, change in WRONG.items() if number % every == 0)
        for cell in nb.cells:
            cell.source = written.get(cell.id, cell.source)
        target = course / "submitted" / f"learner-{number:03}" / NAME
        target.mkdir(parents=True)
        nbformat.write(nb, target / f"{NAME}.ipynb")


def _measured(course: Path) -> list[dict]:
    """Grade in this process, with a look at the clock and at the memory after each submission."""
    from course_lib.classroom import grade, report, steps

    start = time.perf_counter()
    ends, works, peaks = [], [], []

    def after(_line: str) -> None:
        ends.append(time.perf_counter())
        both = os.getpid(), steps.sandbox()._server.pid
        works.append(sum(map(_cpu_seconds, both)))
        peaks.append(sum(map(_peak_mib, both)))

    rows = grade.grade(course, say=after)
    report.write_report(course)
    whole = time.perf_counter() - start
    if len(ends) != CLASS or any(row.status == "not graded" for row in rows):
        raise RuntimeError("not every submission was graded; see grade.log")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    found = []
    for until in STAGES:
        seconds, work = ((values[until - 1] - values[0]) / (until - 1) for values in (ends, works))
        values = {"s per submission": seconds, "CPU s per submission": work, "peak MiB": round(peaks[until - 1])}
        found.append({"method": f"first {until} of {CLASS} submissions", "values": values, "note": ""})
    slowest = max(b - a for a, b in zip(ends, ends[1:], strict=False))
    found[-1]["values"] |= {"slowest, s": slowest, "all, min": whole / 60}
    found[-1]["note"] = f"{len({row.exercise for row in rows})} rows each; load of the machine at the end {load:.1f}"
    return found


def _cpu_seconds(process: int) -> float:
    """Processor time of a process and of its children that have ended (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _peak_mib(process: int) -> float:
    """Peak resident memory of a process (Linux)."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1]) / 1024


TABLES = {"grading-200": grading_200}
