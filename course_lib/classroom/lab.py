"""JupyterLab on notebook 00, on a desk, in a container as root, or on a server without a screen."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from course_lib.classroom.notebooks import find_root

START = "notebooks/00_start_here.ipynb"
CONFIG = Path(__file__).parent / "jupyter"  # switches the news pop-up off


def headless(environment: Mapping[str, str], system: str = sys.platform) -> bool:
    """True where no browser can open: a Linux without a screen, or a session over SSH."""
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return True
    return system.startswith("linux") and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def flags(given: list[str], root: Path, environment: Mapping[str, str], is_root: bool) -> list[str]:
    """JupyterLab's flags: ours wherever the caller has not given his own, then the caller's.

    Parameters
    ----------
    given : list of str
        What the caller asked for (``make lab LAB_ARGS="--port=9000"``).
    root : Path
        The folder that the file browser shows.
    environment : mapping
        ``os.environ``.
    is_root : bool
        Runs as the super-user, as in most containers.

    Examples
    --------
    >>> flags(["--ip=0.0.0.0", "--no-browser"], Path("/course"), {}, is_root=True)
    ['--ServerApp.root_dir=/course', '--LabApp.default_url=/lab', '--allow-root', '--ip=0.0.0.0', '--no-browser']
    """
    names = {flag.lstrip("-").partition("=")[0].rpartition(".")[2].replace("-", "_") for flag in given if flag.startswith("-")}
    out = []
    if "ip" not in names:
        out.append("--ServerApp.ip=127.0.0.1")  # this machine only; the token stays on
    if not names & {"root_dir", "notebook_dir"}:
        out.append(f"--ServerApp.root_dir={root}")
    if "default_url" not in names:
        out.append(f"--LabApp.default_url=/lab/tree/{START}" if (root / START).is_file() else "--LabApp.default_url=/lab")
    if is_root and "allow_root" not in names:
        out.append("--allow-root")
    if headless(environment) and not names & {"no_browser", "open_browser", "browser"}:
        out.append("--no-browser")
    return out + given


def main(argv: list[str] | None = None) -> int:
    """``python -m course_lib lab [flags of jupyter lab]``: replaces this process by JupyterLab."""
    argv = list(argv or [])
    if argv and argv[0] in ("-h", "--help"):
        print("usage: python -m course_lib lab [flags of 'jupyter lab', such as --port=9000]")
        return 0
    try:
        root = find_root()
    except FileNotFoundError:
        root = Path.cwd()
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = flags(argv, root, os.environ, is_root)
    environment = dict(os.environ, JUPYTER_PREFER_ENV_PATH="1")  # this environment's kernel before one from the home folder
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [str(CONFIG), os.environ.get("JUPYTER_CONFIG_PATH")]))
    command = [sys.executable, "-m", "jupyterlab", *arguments]
    print("Opening the course in JupyterLab. Stop it with Ctrl-C, twice.")
    if "--no-browser" in arguments:
        print("No browser opens here: open the address with ?token=… below. Is this machine a server? Then first, on your own machine,")
        print("  ssh -L 8888:127.0.0.1:8888 NAME-OF-THE-SERVER     (with the port of the address)")
    print("$", shlex.join(command), flush=True)
    if os.name == "posix":
        os.execve(command[0], command, environment)  # signals reach JupyterLab itself
    return subprocess.call(command, env=environment)
