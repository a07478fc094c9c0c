"""A real JupyterLab on a copy of the notebooks, and a real browser to use it with."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "browser-test"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def quietly(command: list[str], seconds: float, **extra: str) -> str:
    """Run a command within `seconds`; what went wrong, empty where nothing did."""
    try:
        done = subprocess.run(command, env={**os.environ, **extra}, capture_output=True, text=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{' '.join(command[:3])}: {type(error).__name__}"
    return "" if done.returncode == 0 else f"{' '.join(command[:3])}: {' '.join((done.stderr or done.stdout).split())[:200]}"


def browsers(own: str, reasons: list[str]) -> Iterator[str]:
    """Paths of browsers to try: those that are here, then those that can be fetched; `reasons` collects why one cannot.

    Parameters
    ----------
    own : str
        Where Playwright keeps the Chromium that it downloads.
    reasons : list of str
        Is added to.
    """
    here = [path for name in NAMES if (path := shutil.which(name))] + [path for path in (MAC, own) if os.path.exists(path)]
    yield from here
    if not here:
        reasons.append(f"none of {', '.join(NAMES)} on PATH")
    if not os.path.exists(own):
        problem = quietly([sys.executable, "-m", "playwright", "install", "chromium"], 180)
        if os.path.exists(own):
            yield own
        reasons.append(problem or "playwright install: the browser does not start")
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        reasons.append("apt-get: only for root on Debian and Ubuntu")
    elif problem := quietly(["apt-get", "update"], 120) or quietly(
        ["apt-get", "install", "-y", "--no-install-recommends", "chromium"], 400, DEBIAN_FRONTEND="noninteractive"
    ):
        reasons.append(problem)
    elif path := shutil.which("chromium"):
        yield path


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium or Chrome; where none can be had, the test is skipped and says why."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as driver:
        reasons: list[str] = []
        for path in browsers(driver.chromium.executable_path, reasons):
            try:
                started = driver.chromium.launch(executable_path=path, args=FLAGS + ["--no-sandbox"] * is_root, timeout=60_000)
            except playwright.Error as error:
                reasons.append(f"{path} does not start: {str(error).strip().splitlines()[0]}")
                continue
            yield started
            started.close()
            return
        pytest.skip("no browser could be had: " + "; ".join(reasons))


@pytest.fixture
def page(browser):
    """A fresh window, wide enough for a widget's row of controls."""
    window = browser.new_page(viewport={"width": 1300, "height": 1000})
    window.set_default_timeout(60_000)
    yield window
    window.close()


@pytest.fixture
def jupyterlab(tmp_path) -> Iterator[str]:
    """The address of a JupyterLab that shows a copy of the notebooks, so that the checkout stays as it is."""
    course = tmp_path / "course"
    shutil.copytree(ROOT / "notebooks", course / "notebooks", ignore=shutil.ignore_patterns("*.mine-*", ".ipynb_checkpoints"))
    settings = tmp_path / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    every_cell = {"windowingMode": "none"}  # cells off the screen are on the page too, so that they can be counted
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps(every_cell))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("MPLBACKEND", None)
    flags = [
        "--no-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={course}",
    ]
    log = open(tmp_path / "lab.log", "w+")  # noqa: SIM115
    server = subprocess.Popen(
        [sys.executable, "-m", "course_lib", "lab", *flags],
        cwd=course,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=5).close()
                break
            except OSError:
                printed = (tmp_path / "lab.log").read_text()
                assert server.poll() is None, f"JupyterLab ended:\n{printed}"
                assert time.monotonic() < deadline, f"JupyterLab does not answer:\n{printed}"
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()  # JupyterLab shuts its kernels down
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()
