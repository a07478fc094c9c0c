"""Whatever a submission does, its exercise ends in time with a result or a reason, and the next one is graded as if nothing had been."""

import json
import socket
import subprocess
import sys
import threading

import pytest

from course_lib.classroom import sandbox
from course_lib.classroom.sandbox import Sandbox, asks_the_checker

GOOD = "def brighten(image, amount):\n    return (image + amount).clamp(0, 1)"
linux_only = pytest.mark.skipif(not sandbox.FORKS, reason="limits on memory and processes are set on Linux")


@pytest.fixture(scope="module")
def box():
    box = Sandbox()
    yield box
    box.close()


@pytest.fixture
def graded(box):
    """Grade exercise 00.1 from the sources of its cells; where that did harm, a right answer comes after it, which must not notice."""
    replies = []

    def graded(*cells, **changes):
        job = {"id": "00.1", "variant": 0, "answer": "brighten", "given": f"cell {len(cells)}", "files": [], "hide": []}
        job |= {"cells": [[f"cell {n}", source] for n, source in enumerate(cells, 1)], "cell_seconds": 5, "check_seconds": 5, "memory": 500}
        replies.append(box.run(job | changes, seed=1357908642))
        return replies[-1]

    yield graded
    if replies and (replies[-1]["end"] or replies[-1]["visible"]["flags"]):
        after = graded(GOOD)
        assert after["end"] == ""
        assert after["visible"]["points"] == 6


def test_a_right_answer_passes_on_visible_and_hidden_inputs(graded):
    reply = graded("import torch", GOOD)
    assert (reply["visible"]["status"], reply["visible"]["points"], reply["visible"]["flags"], reply["end"]) == ("passed", 6, [], "")
    assert len(reply["hidden"]["holds"]) == len(reply["visible"]["properties"]) == 7


def test_a_wrong_answer_is_explained(graded):
    seen = graded("def brighten(image, amount):\n    return image + amount")["visible"]
    assert (seen["status"], seen["points"], seen["failing"]) == ("partly", 2, "range")
    assert ["Likely cause", "You did not limit the result to [0, 1]."] in seen["lines"]


@pytest.mark.parametrize(
    ("cell", "flag", "told"),
    [
        ("while True: pass", "out of time", "still running"),
        ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "out of time", "still running"),
        ("while True: print('again' * 100)", "out of time", "still running"),
        ("import time\ntime.sleep(1e6)", "out of time", "still running"),
        pytest.param("kept = []\nwhile True: kept.append(bytearray(10**7))", "out of memory", "MemoryError", marks=linux_only),
        pytest.param("import torch\nx = torch.ones(10**11)", "out of memory", "can't allocate memory", marks=linux_only),
        ("import socket\nsocket.create_connection(('localhost', 80))", "tried the network", "no access to the network"),
        ("open('/srv/secret.txt')", "tried files outside its folder", "no access to files outside its folder"),
        ("import os\nos.listdir('/home')", "tried files outside its folder", "no access to files"),
        ("open('/tmp/left_behind.txt', 'w')", "tried files outside its folder", "no access to files"),
        ("import subprocess\nsubprocess.run(['ls'])", "tried other programs", "no access to other programs"),
        ("import os\nos.fork()", "tried other programs", "no access to other programs"),
        ("exit()", None, "asked Python to end"),
        ("input()", None, "InputAsked"),
        (
            "def brighten(image, amount)\n    return image",
            None,
            "SyntaxError: expected ':', line 1 of the cell: `def brighten(image, amount)`",
        ),
        ("1 / 0", None, "ZeroDivisionError"),
        ("def f(): return f()\nf()", None, "RecursionError"),
        ("from course_lib.check import nothing", None, "ImportError"),
    ],
)
def test_a_cell_that_does_harm_ends_with_a_reason(graded, cell, flag, told):
    seen = graded(cell, cell_seconds=2 if flag == "out of time" else 30)["visible"]
    assert (seen["status"], seen["points"]) == ("wrong", 0)
    assert seen["flags"] == ([flag] if flag else [])
    assert told in seen["errors"]["cell 1"]
    assert len(seen["printed"].get("cell 1", "")) <= 2002


@pytest.mark.parametrize(
    ("inside", "flag", "told"),
    [
        ("while True: pass", "out of time", "still running"),
        pytest.param("kept = []\n    while True: kept.append(bytearray(10**7))", "out of memory", "MemoryError", marks=linux_only),
        ("open('/etc/../srv/secret.txt')", "tried files outside its folder", "PermissionError"),
    ],
)
def test_a_function_that_does_harm_ends_with_a_reason(graded, inside, flag, told):
    cell = f"def brighten(image, amount):\n    {inside}\n    return image"
    seen = graded(cell, check_seconds=2 if flag == "out of time" else 30)["visible"]
    assert (seen["points"], seen["flags"]) == (0, [flag])
    assert any(label == "Got" and told in text for label, text in seen["lines"])


@linux_only
@pytest.mark.parametrize(
    ("harm", "end"),
    [
        ("os._exit(3)", "ended with code 3"),
        ("os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("ctypes.string_at(0)", "killed by signal 11"),
    ],
)
def test_a_killed_kernel_costs_that_exercise_alone(graded, harm, end):
    for cell in (f"import ctypes, os\n{harm}", f"import ctypes, os\ndef brighten(image, amount):\n    {harm}"):
        reply = graded(cell)
        assert (reply["visible"], reply["hidden"], reply["end"]) == (None, None, end)


def test_one_call_into_compiled_code_that_does_not_come_back_is_killed(graded):
    reply = graded("sum(range(10**13))", cell_seconds=1, check_seconds=0.5)
    assert reply["visible"] is None
    assert reply["end"] == "out of time"


@linux_only
@pytest.mark.parametrize("forged", ['{"end": ""}', '{"visible": 5}', "[1]", "no JSON"])
def test_what_is_written_into_the_pipe_is_no_result_and_is_not_taken_for_the_next_ones(graded, forged):
    line = (forged + "\n").encode()
    reply = graded(f"import os\nfor n in range(3, 40):\n    try:\n        os.write(n, {line!r})\n    except OSError: pass")
    assert (reply["visible"], reply["hidden"], reply["end"]) == (None, None, "sent what is no result")


def test_a_killed_server_is_started_again(graded, box):
    box._server.kill()
    box._server.wait()
    assert graded(GOOD)["visible"]["points"] == 6


def test_the_librarys_own_answer_is_found(graded):
    for cell in (
        "from course_lib.check import load\nbrighten = load('00.1').reference",
        "from course_lib.check import use\nbrighten = use('00.1', None)",
    ):
        assert graded(cell)["visible"]["flags"] == ["the library's own answer"]


@pytest.mark.parametrize(
    "change",
    [
        "from course_lib.check import authoring\nauthoring.expect_close = lambda *a, **k: None",
        "from course_lib.check.exercises import e00_1_brighten as e\ne.expect_close = lambda *a, **k: None",
        "from course_lib.check import engine\nengine._run_test.__code__ = (lambda *a: None).__code__",
    ],
)
def test_a_changed_checker_is_found(graded, change):
    reply = graded(f"{change}\ndef brighten(image, amount):\n    return image")
    assert reply["visible"] is None or "changed the checker" in reply["visible"]["flags"]


def test_other_use_of_the_checker_is_noticed_before_anything_runs():
    assert asks_the_checker("import course_lib.check.engine")
    assert asks_the_checker("from course_lib.check.exercises import e00_1_brighten")
    assert not asks_the_checker("from course_lib.check import check, hint, use\nfrom course_lib.classroom import doctor")
    assert not asks_the_checker("def broken(")


def test_a_missing_name_is_told_from_a_missing_answer(graded):
    seen = graded("def lighten(image, amount):\n    return (image + amount).clamp(0, 1)")["visible"]
    assert (seen["status"], seen["failing"]) == ("wrong", "the name")
    assert ["Got", "lighten"] in seen["lines"]
    assert graded("# nothing yet")["visible"]["status"] == "not attempted"


def test_the_hidden_seed_is_not_there_while_anything_is_said(graded):
    snoop = """import gc, sys
def found():
    frame, text = sys._getframe(), ""
    while frame:
        text += repr(list(frame.f_locals.items()))
        frame = frame.f_back
    return text + "".join(str(each) for each in gc.get_objects() if isinstance(each, dict) and "seed" in each)
words = found()
def brighten(image, amount):
    print(*("13579" + str(8642 + 0 * 1).rjust(5, "0") in text for text in (words, found())))
    return image"""
    seen = graded(snoop)["visible"]
    assert ["It printed", "False False"] in seen["lines"]


def test_files_of_the_submission_go_along_and_the_folder_is_its_own(graded, tmp_path):
    (tmp_path / "amount.txt").write_text("0.25")
    cell = "open('made.txt', 'w').write('x')\nprint(open('amount.txt').read())\n" + GOOD
    seen = graded(cell, files=[str(tmp_path / "amount.txt")])["visible"]
    assert (seen["points"], seen["printed"]) == (6, {"cell 1": "0.25\n"})
    again = graded("import os\nprint(os.listdir('.'))\n" + GOOD)["visible"]
    assert again["printed"] == {"cell 1": "[]\n"}


def test_where_nothing_is_forked_one_python_grades_one_exercise(tmp_path):
    job = {"id": "00.1", "variant": 0, "answer": "brighten", "given": "a", "files": [], "hide": [], "folder": str(tmp_path)}
    job |= {"cells": [["a", "open('/srv/secret.txt')"], ["b", GOOD]], "cell_seconds": 20, "check_seconds": 20, "memory": 500}
    code = "from course_lib.classroom import sandbox; sandbox.FORKS = False; sandbox.serve()"
    lines = json.dumps(job) + "\n" + json.dumps({"seed": 1357908642}) + "\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], input=lines, env=sandbox._environment(), capture_output=True, text=True, timeout=600
    )
    ready, visible, hidden, end = map(json.loads, done.stdout.splitlines())
    assert (visible["visible"]["points"], visible["visible"]["flags"]) == (6, ["tried files outside its folder"])
    assert len(hidden["hidden"]["holds"]) == 7
    assert (ready, end) == ({"ready": True}, {"end": ""})


@pytest.fixture
def namespaces():
    if not sandbox.namespaces_allowed():
        pytest.skip("this system lets users make no namespaces: network and folders are guarded by Python alone")


def test_compiled_code_finds_neither_network_nor_course_folders(graded, namespaces, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "seeds.txt").write_text("42")
    (tmp_path / "gradebook.db").write_text("42")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=server.accept, daemon=True).start()
        cell = f"""import ctypes, struct
libc = ctypes.CDLL(None)
def read(path):
    number = libc.open(path.encode(), 0)
    text = ctypes.create_string_buffer(9)
    return number, libc.read(number, text, 9)
print(libc.access({str(tmp_path / "source" / "seeds.txt")!r}.encode(), 0), read({str(tmp_path / "gradebook.db")!r})[1])
address = struct.pack("<H", 2) + struct.pack(">H", {server.getsockname()[1]}) + bytes([127, 0, 0, 1]) + bytes(8)
print(libc.connect(libc.socket(2, 1, 0), address, 16))"""
        hidden = [str(tmp_path / "source"), str(tmp_path / "gradebook.db")]
        assert graded(cell, hide=hidden)["visible"]["printed"] == {"cell 1": "-1 0\n-1\n"}
        assert graded(cell)["visible"]["printed"] == {"cell 1": "0 2\n-1\n"}, "the test itself can see them where nothing is hidden"
