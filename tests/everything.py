"""``make test``: every part of the tests, one after the other, and at the end what failed and what did not run, by name.

python tests/everything.py            all parts
python tests/everything.py ruff unit  some parts
"""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ARTEFACTS = ROOT / "artefacts"
BIN = Path(sys.executable).parent
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORKERS = ["-n", str(min(max(CORES, 2), 4)), "--dist", "loadfile"]
NBVAL = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120", "-p", "notebook_seconds", "-p", "no:cacheprovider"]
OFFLINE = {"PYTHONPATH": str(ROOT / "tests" / "notebooks" / "offline"), "CUDA_VISIBLE_DEVICES": ""}  # no network; the path of every learner


def notebooks(folder: str) -> list[str]:
    """The notebooks of a folder, without a learner's own copies."""
    return [f"{folder}/{path.name}" for path in sorted((ROOT / folder).glob("[0-9][0-9]_*.ipynb")) if ".mine-" not in path.name]


# name: (pytest arguments or another command, environment)
PARTS: dict[str, tuple[list[str], dict[str, str]]] = {
    "ruff": ([sys.executable, "-m", "ruff", "check", "."], {}),
    "imports": ([str(BIN / "lint-imports")], {}),
    "unit": (
        ["tests", "--ignore=tests/exercises", "-m", "not bad_input and not browser and not notebooks"]
        + ["--jaxtyping-packages=course_lib,beartype.beartype", *WORKERS],
        {},
    ),
    "bad input": (["tests", "--ignore=tests/exercises", "-m", "bad_input and not browser and not notebooks", *WORKERS], {}),
    "exercises": (["tests/exercises", *WORKERS], {}),
    "doctests": (["--doctest-modules", "course_lib", *WORKERS], {}),
    "notebooks": (["tests", "-m", "notebooks", *WORKERS], {}),
    "nbval solutions": ([*NBVAL, *WORKERS, *notebooks("solutions")], {"COURSE_STRICT": "1", **OFFLINE}),
    "nbval notebooks": ([*NBVAL, *WORKERS, *notebooks("notebooks")], {"COURSE_EXPECT": "not-attempted", **OFFLINE}),
    "browser": (["tests/browser", "-m", "browser"], {}),
}


@dataclass
class Outcome:
    """How one part went."""

    name: str
    code: int
    seconds: float
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)  # test, reason


def run(name: str) -> Outcome:
    """Run one part, its output going to the terminal."""
    arguments, extra = PARTS[name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **extra}
    environment.pop("MPLBACKEND", None)
    print(f"\n──── {name} " + "─" * (100 - len(name)), flush=True)
    started = time.perf_counter()
    if arguments[0].startswith(str(BIN)):  # not pytest
        code = subprocess.run(arguments, cwd=ROOT, env=environment).returncode
        return Outcome(name, code, time.perf_counter() - started, passed=int(code == 0), failed=[name] * (code != 0))
    if name.startswith("nbval") and not any(argument.endswith(".ipynb") for argument in arguments):
        return Outcome(name, 0, 0.0, skipped=[(name, "there are no notebooks")])
    report = ARTEFACTS / f"{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    outcome = Outcome(name, code, time.perf_counter() - started)
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            test = f"{case.get('classname')}::{case.get('name')}"
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                outcome.failed.append(test)
            elif skip is not None:
                outcome.skipped.append((test, skip.get("message", "")))
            else:
                outcome.passed += 1
    if code and not outcome.failed:
        outcome.failed.append(f"{name}: pytest ended with exit code {code}" + (" (no test found)" if code == 5 else ""))
    return outcome


def summary(outcomes: list[Outcome], seconds: float) -> str:
    """What a reader wants to know, the closing line as pytest writes it."""
    lines = ["", "═" * 106, "make test"]
    for part in outcomes:
        counts = (
            f"{part.passed} passed"
            + f", {len(part.skipped)} skipped" * bool(part.skipped)
            + f", {len(part.failed)} failed" * bool(part.failed)
        )
        lines.append(f"  {'FAILED' if part.failed else 'ok':<7} {part.name:<16} {part.seconds:7.1f} s   {counts}")
    reasons: dict[str, Counter] = {}
    for part in outcomes:
        for test, reason in part.skipped:
            reasons.setdefault(reason, Counter())[test.partition("[")[0]] += 1
    if reasons:
        lines.append("did not run")
    for reason, tests in reasons.items():
        lines.append(f"  because: {reason}")
        lines += [f"    {test}" + f"   ({times} cases)" * (times > 1) for test, times in tests.items()]
    failed = [test for part in outcomes for test in part.failed]
    if failed:
        lines += ["failed", *(f"  {test}" for test in failed)]
    counts = {
        "failed": len(failed),
        "passed": sum(part.passed for part in outcomes),
        "skipped": sum(len(part.skipped) for part in outcomes),
    }
    closing = f" {', '.join(f'{number} {word}' for word, number in counts.items() if number)} in {seconds:.2f}s "
    return "\n".join([*lines, closing.center(106, "=")])


def main(names: list[str]) -> int:
    """Run the parts called `names` (all where empty); 1 where one failed."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no part {unknown[0]!r}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    ARTEFACTS.mkdir(exist_ok=True)
    started = time.perf_counter()
    outcomes = []
    try:
        for name in names or PARTS:
            outcomes.append(run(name))
    except KeyboardInterrupt:
        outcomes.append(Outcome("stopped", 130, 0.0, failed=["stopped by Ctrl-C; the parts after it did not run"]))
    print(summary(outcomes, time.perf_counter() - started), flush=True)
    return int(any(part.failed for part in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
