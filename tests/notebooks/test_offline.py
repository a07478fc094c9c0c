"""Notebooks are tested with the network cut off and their seconds counted: does the cutting cut, does the counting count?"""

import importlib.util
import itertools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

OFFLINE = Path(__file__).parent / "offline"
ELSEWHERE = "192.0.2.1"  # reserved for documentation: nobody answers there


def offline(code: str) -> subprocess.CompletedProcess:
    """Run `code` in a Python whose network is cut off."""
    environment = {**os.environ, "PYTHONPATH": str(OFFLINE)}
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "attempt",
    [
        f"socket.create_connection(('{ELSEWHERE}', 80), timeout=30)",
        f"socket.socket().connect(('{ELSEWHERE}', 80))",
        f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('{ELSEWHERE}', 53))",
        f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', 0, ('{ELSEWHERE}', 53))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
        "socket.getaddrinfo('example.org', 80)",
        "socket.gethostbyname('example.org')",
        "urllib.request.build_opener(urllib.request.ProxyHandler({})).open('http://example.org', timeout=30)",
    ],
)
def test_the_network_is_cut_off(attempt):
    done = offline(f"""
        import socket, urllib.request
        try:
            {attempt}
        except OSError as error:
            print(error)
    """)
    assert "the network is cut off in this test" in done.stdout, done.stdout + done.stderr


def test_connect_ex_gives_the_number_of_an_unreachable_network():
    import errno

    done = offline(f"import socket; print(socket.socket().connect_ex(('{ELSEWHERE}', 80)))")
    assert done.stdout == f"{errno.ENETUNREACH}\n"


def test_this_machine_is_reached():
    done = offline("""
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        for host in ("127.0.0.1", "localhost"):
            client = socket.create_connection((host, server.getsockname()[1]), timeout=10)
            server.accept()[0].sendall(b"hello")
            print(client.recv(5))
        left, right = socket.socketpair()
        left.sendall(b"pair")
        print(right.recv(4))
    """)
    assert done.stdout == "b'hello'\nb'hello'\nb'pair'\n", done.stderr


def load_plugin():
    specification = importlib.util.spec_from_file_location("notebook_seconds_tested", OFFLINE / "notebook_seconds.py")
    plugin = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(plugin)
    return plugin


def nbval(path: Path, *cells: str, **course) -> subprocess.CompletedProcess:
    """Run a notebook as ``make test`` does."""
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata={"course": course} if course else {}), path)
    flags = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=60", "-p", "notebook_seconds", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *flags, "--rootdir", str(path.parent), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(OFFLINE)}
    return subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.notebooks
def test_a_notebook_runs_without_the_network(tmp_path):
    reach = f"import socket\ntry:\n    socket.create_connection(('{ELSEWHERE}', 80), timeout=20)"
    reach += "\nexcept OSError as error:\n    why = str(error)"
    done = nbval(tmp_path / "98_x.ipynb", reach, "assert 'cut off in this test' in why")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert "98_x.ipynb" in done.stdout.partition("seconds a notebook")[2]


@pytest.mark.notebooks
def test_a_notebook_that_asks_for_the_network_fails(tmp_path):
    done = nbval(tmp_path / "98_x.ipynb", f"import socket\nsocket.create_connection(('{ELSEWHERE}', 80), timeout=20)")
    assert done.returncode == 1
    assert "the network is cut off in this test" in done.stdout


def test_a_slow_machine_may_take_longer_and_a_quick_one_no_less(monkeypatch):
    plugin = load_plugin()
    for rate, slower in ((120e9, 1), (60e9, 1), (20e9, 3), (1e9, 4)):
        clock = itertools.count(step=2 * 512**3 / rate)
        monkeypatch.setattr(plugin.time, "process_time", lambda clock=clock: next(clock))
        assert plugin.slowness() == pytest.approx(slower)


@pytest.mark.notebooks
@pytest.mark.parametrize(("seconds", "code"), [(0.1, 1), (60, 0)])
def test_a_notebook_over_its_limit_fails(tmp_path, seconds, code):
    spin = "import time\nend = time.process_time() + 1.5\nwhile time.process_time() < end:\n    pass"
    done = nbval(tmp_path / "98_x.ipynb", "x = 1", spin, seconds=seconds)
    assert done.returncode == code, done.stdout
    assert ("98_x.ipynb took" in done.stdout) == (code == 1)
    assert ("two cores give 0.2 s in the 0.1 s it may take" in done.stdout) == (code == 1)
