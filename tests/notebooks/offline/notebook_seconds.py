"""A pytest plugin for nbval: what each notebook costs, and a failure where it costs more than it may.

A notebook may take 60 s on two cores (or as much as ``course.seconds`` in its metadata says, at most 90). Wall time says little on a busy
machine, so the limit is held against the kernel's CPU time: two cores deliver twice the limit. The wall time is only printed.

CPU time says little on a slow machine, so the limit is that of a usual laptop core: where the cores multiply matrices more slowly, it is as
many times longer, up to four times.
"""

import statistics
import time

import numpy as np
import psutil
import pytest

CORES = 2
USUAL_RATE = 60e9  # products and sums in float32 that a laptop core does in a second
USUAL, MOST = 60, 90
BEGAN = pytest.StashKey[float]()


def cpu_seconds(kernel) -> float:
    """User and system time of a running kernel and what it started."""
    process = psutil.Process(kernel.km.provisioner.process.pid)
    return sum(sum(p.cpu_times()[:4]) for p in (process, *process.children(recursive=True)))


def slowness() -> float:
    """How many times slower than a usual core this one is just now, from 1 to 4."""
    matrix, seconds = np.ones((512, 512), dtype=np.float32), []
    for _ in range(15):
        began = time.process_time()
        matrix @ matrix
        seconds.append(time.process_time() - began)
    rate = 2 * 512**3 / statistics.median(seconds)
    return min(max(1.0, USUAL_RATE / rate), 4.0)


def pytest_runtest_setup(item):
    if _is_cell(item):
        item.parent.stash.setdefault(BEGAN, time.perf_counter())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    last = _is_cell(item) and (nextitem is None or nextitem.parent is not item.parent)
    spent, slower = None, 1.0
    if last:
        slower = slowness()
        wall = time.perf_counter() - item.parent.stash[BEGAN]
        limit = min(item.parent.nb.metadata.get("course", {}).get("seconds", USUAL), MOST)
        try:
            spent = cpu_seconds(item.parent.kernel)
        except (psutil.Error, AttributeError):
            pass  # the kernel is gone: nbval has failed the cell that killed it
        else:
            name = "/".join(item.path.parts[-2:])
            item.user_properties.append(("notebook_seconds", [name, round(spent, 1), round(wall, 1), limit]))
    result = yield
    if spent is not None and spent > CORES * limit * slower:
        pytest.fail(
            f"{item.path.name} took {spent:.0f} s of CPU time; two cores give {CORES * limit} s in the {limit} s it may take, and this "
            f"machine was allowed {slower:.1f} times as much",
            pytrace=False,
        )
    return result


def _is_cell(item) -> bool:
    return type(item.parent).__name__ == "IPyNbFile"


def pytest_terminal_summary(terminalreporter):
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "teardown"
        for key, value in report.user_properties
        if key == "notebook_seconds"
    ]
    if rows:
        terminalreporter.section("seconds a notebook")
    for name, spent, wall, limit in sorted(rows):
        remark = "" if spent <= limit else f"   more than {limit} s on one core: make it lighter"
        terminalreporter.write_line(f"{name:<60} CPU {spent:6.1f}   wall {wall:6.1f}   limit {limit}{remark}")
