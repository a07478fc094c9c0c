"""The flags JupyterLab is started with, and one real start."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from course_lib.classroom import lab

ROOT = Path(__file__).resolve().parents[2]
SCREEN = {"DISPLAY": ":0"}


def flags(*given, environment=SCREEN, is_root=False, root=Path("/course")):
    """The flags for a machine with a screen and an ordinary user, unless said otherwise."""
    return lab.flags(list(given), root, environment, is_root)


def test_bound_to_this_machine_and_the_token_left_on():
    assert flags() == ["--ServerApp.ip=127.0.0.1", "--ServerApp.root_dir=/course", "--LabApp.default_url=/lab"]


def test_notebook_00_opens_where_there_is_one(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").touch()
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in flags(root=tmp_path)


def test_root_in_a_container_is_allowed():
    assert "--allow-root" in flags(is_root=True)
    assert "--allow-root" not in flags(is_root=False)


@pytest.mark.parametrize(
    ("environment", "system", "expected"),
    [
        ({}, "linux", True),
        ({"DISPLAY": ":0"}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "1.2.3.4"}, "linux", True),
        ({}, "darwin", False),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", True),
        ({}, "win32", False),
    ],
)
def test_a_machine_without_a_screen(environment, system, expected):
    assert lab.headless(environment, system) is expected


def test_no_browser_is_tried_without_a_screen():
    assert "--no-browser" in flags(environment={"SSH_TTY": "/dev/pts/1"})
    assert "--no-browser" not in flags(environment=SCREEN) or sys.platform != "linux"


@pytest.mark.parametrize(
    ("given", "prefix"),
    [
        ("--ip=0.0.0.0", "--ServerApp.ip="),
        ("--ServerApp.ip=0.0.0.0", "--ServerApp.ip="),
        ("--notebook-dir=/elsewhere", "--ServerApp.root_dir="),
        ("--ServerApp.root_dir=/elsewhere", "--ServerApp.root_dir="),
        ("--LabApp.default_url=/lab/tree/x.ipynb", "--LabApp.default_url="),
        ("--ServerApp.default_url=/tree", "--LabApp.default_url="),
        ("--allow-root", "--allow-root"),
        ("--ServerApp.allow_root=True", "--allow-root"),
        ("--no-browser", "--no-browser"),
        ("--ServerApp.open_browser=False", "--no-browser"),
    ],
)
def test_what_the_caller_gives_is_not_given_twice(given, prefix):
    here = flags(given, is_root=True, environment={"SSH_TTY": "x"})
    assert here[-1] == given
    assert [flag for flag in here[:-1] if flag.startswith(prefix)] == []
    assert len(here) == 5


def test_the_news_are_off_by_a_file_that_ships_with_the_package():
    overrides = json.loads((lab.CONFIG / "labconfig" / "default_setting_overrides.json").read_text())
    assert overrides["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}


@pytest.mark.notebooks
def test_a_real_start_answers_with_the_token_only(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "HOME": str(tmp_path), "JUPYTER_TOKEN": "a-token", "JUPYTER_CONFIG_PATH": ""}
    log = open(tmp_path / "lab.log", "w+")  # noqa: SIM115
    server = subprocess.Popen(
        [sys.executable, "-m", "course_lib", "lab", f"--port={port}", "--no-browser", "--allow-root"],
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            assert server.poll() is None, (tmp_path / "lab.log").read_text()
            try:
                status = json.load(urllib.request.urlopen(f"{address}/api/status?token=a-token", timeout=5))
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail("no answer in two minutes:\n" + (tmp_path / "lab.log").read_text())
        assert status["kernels"] == 0
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{address}/api/status", timeout=10)
        settings = json.load(urllib.request.urlopen(f"{address}/lab/api/settings?token=a-token", timeout=30))["settings"]
        news = next(s for s in settings if s["id"] == "@jupyterlab/apputils-extension:notification")
        assert news["schema"]["properties"]["fetchNews"]["default"] == "false"
        printed = (tmp_path / "lab.log").read_text()
        start = "lab/tree/notebooks/00_start_here.ipynb" if (ROOT / lab.START).exists() else "lab"
        assert f"http://127.0.0.1:{port}/{start}" in printed
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
        log.close()
