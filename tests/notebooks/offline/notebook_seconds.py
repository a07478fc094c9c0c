"""A pytest plugin for nbval: what each notebook costs, and a failure where it costs more than it may.

A notebook may take 60 s on two cores (or as much as ``course.seconds`` in its metadata says, at most 90). Wall time says little on a busy
machine, so the limit is held against the kernel's CPU time: two cores deliver twice the limit. The wall time is only printed.
"""

import time

import psutil
import pytest

CORES = 2
USUAL, MOST = 60, 90
BEGAN = pytest.StashKey[float]()


def cpu_seconds(kernel) -> float:
    """User and system time of a running kernel and what it started."""
    process = psutil.Process(kernel.km.provisioner.process.pid)
    return sum(sum(p.cpu_times()[:4]) for p in (process, *process.children(recursive=True)))


def pytest_runtest_setup(item):
    if _is_cell(item):
        item.parent.stash.setdefault(BEGAN, time.perf_counter())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    last = _is_cell(item) and (nextitem is None or nextitem.parent is not item.parent)
    spent = None
    if last:
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
    if spent is not None and spent > CORES * limit:
        pytest.fail(
            f"{item.path.name} took {spent:.0f} s of CPU time; two cores give {CORES * limit} s in the {limit} s it may take", pytrace=False
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
