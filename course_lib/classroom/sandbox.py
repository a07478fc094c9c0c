"""Learners' code behind a wall: a process of its own for each exercise, with limits, and without network where the system allows it.

A server process imports torch and the course once; for each exercise it forks a child that runs the needed cells and the checks, and it
ends that child when its time is over. Where forking is unsafe (macOS) or unknown (Windows) a new Python is started for each exercise:
slower by the seconds of its imports, otherwise the same. The hidden seed is handed to the child after everything that may be shown to the
learner has been said.

What is guaranteed where:

=====================  ===============================  ===========================  ===========================
what a submission does Linux                            macOS                        Windows
=====================  ===============================  ===========================  ===========================
endless loop, sleep    stopped, then killed             stopped, then killed         stopped, then killed
crash, killed kernel   costs that one exercise          costs that one exercise      costs that one exercise
memory without end     MemoryError at the limit         **no limit**                 **no limit**
processor time         limited (RLIMIT_CPU)             limited (RLIMIT_CPU)         by the clock only
files it writes        64 MiB each, its own folder (*)  64 MiB each, own folder (*)  own folder (*)
endless printing       2000 characters are kept         2000 characters are kept     2000 characters are kept
network                none: own network namespace (†)  refused by Python (*)        refused by Python (*)
other files            course folders are empty to it   refused by Python (*)        refused by Python (*)
                       (†); others by Python (*)
other processes        die with it (†); refused by      refused by Python (*)        refused by Python (*)
                       Python (*)
=====================  ===============================  ===========================  ===========================

(†) where the system lets users make namespaces: ``unshare --user --net --pid --mount true`` ends without an error. Many containers and some
distributions forbid it; then what is marked (*) holds instead. (*) An audit hook of Python refuses and reports; code that means harm can go
around it through compiled code. ``python -m course_lib grade`` says at its start which of the two holds.

Not guaranteed anywhere: checks and answer live in one process, so a learner who studies the checker can forge a result. Answers taken from
the library and a changed checker are found and earn nothing; other use of the checker is reported.
"""

import ast
import contextlib
import ctypes
import functools
import gc
import json
import linecache
import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

FORKS = sys.platform == "linux"
START = 600.0  # seconds that the server may take for its imports
LOST = "the grading process was lost"
GRACE = 5.0  # seconds after the limits before a child is killed
MAX_REPLY = 1 << 20  # bytes that a child may send
MAX_FILES = 20 << 20  # bytes of a submission's other files that go along
NEW_USER, NEW_MOUNT, NEW_PID, NEW_NET = 0x10000000, 0x00020000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE, MS_BIND = 0x4000, 1 << 18, 0x1000
PR_SET_PDEATHSIG = 1


# ------------------------------------------------------------------------------------------------------------ the grader's side


class Sandbox:
    """The grader's end: hands exercises to the server, which is started when first needed and again when it is lost."""

    def __init__(self) -> None:
        self._server: subprocess.Popen | None = None
        self._replies: queue.Queue = queue.Queue()

    def run(self, job: dict, seed: int) -> dict:
        """Grade one exercise of one submission; never raises because of what the submission does.

        Parameters
        ----------
        job : dict
            ``id`` of the exercise, ``variant``, ``answer`` (its name), ``cells`` (pairs of name and source, in order), ``given`` (the name
            of the cell that should give the answer), ``cell_seconds``, ``check_seconds``, ``memory`` (MiB), ``files`` (that go along),
            ``hide`` (files and folders that are empty to it).
        seed : int
            The hidden one.

        Returns
        -------
        dict
            ``visible`` (what the check says on the inputs a learner can see) and ``hidden`` (which properties hold on others), each None
            where the child did not come so far; ``end``: how it ended, empty where it did as it should; ``seconds``.
        """
        with tempfile.TemporaryDirectory(prefix="graded-", ignore_cleanup_errors=True) as folder:
            return self._run({**job, "folder": os.path.realpath(folder)}, seed)

    def _run(self, job: dict, seed: int) -> dict:
        reply = {"visible": None, "hidden": None, "end": ""}
        started = time.monotonic()
        try:
            self._start()
            started = time.monotonic()
            self._send(job)
            deadline = started + _seconds(job) + GRACE
            while True:
                got = self._replies.get(timeout=max(deadline - time.monotonic(), 0.01))
                reply.update(got)
                if "visible" in got:
                    self._send({"seed": seed})
                if "end" in got:
                    break
        except queue.Empty:
            reply["end"] = "out of time"
            self.close()
        except OSError:
            reply["end"] = LOST
        if not FORKS or reply["end"] == LOST:
            self.close()
        return {**reply, "seconds": time.monotonic() - started}

    def close(self) -> None:
        """End the server and all it has started."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            for pipe in (self._server.stdin, self._server.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()
        self._server = None

    def _start(self) -> None:
        if self._server is not None and self._server.poll() is None:
            return
        self.close()
        self._replies = queue.Queue()
        command = [sys.executable, "-P", "-m", "course_lib.classroom.sandbox"]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(), cwd=tempfile.gettempdir()
        )
        threading.Thread(target=_read_replies, args=(self._server.stdout, self._replies), daemon=True).start()
        if "ready" not in self._replies.get(timeout=START):
            raise OSError("the server of the sandbox did not start")

    def _send(self, message: dict) -> None:
        self._server.stdin.write(json.dumps(message).encode() + b"\n")
        self._server.stdin.flush()


def _seconds(job: dict) -> float | int:
    """After which a child is killed: its own limits, and a little more for stopping what does not want to."""
    return job["cell_seconds"] + 2 * job["check_seconds"] + GRACE


def _environment() -> dict[str, str]:
    """Of the server: this very course, whatever the current folder; one thread; no GPU; nothing that makes checks raise."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    fixed = {"PYTHONPATH": path, "MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "", "PYTHONHASHSEED": "0", "COURSE_PROGRESS": "off"}
    inherited = {name: value for name, value in os.environ.items() if name not in ("COURSE_STRICT", "COURSE_EXPECT")}
    return {**inherited, **one_thread, **fixed}


def _read_replies(pipe: object, replies: queue.Queue) -> None:
    with contextlib.suppress(ValueError, OSError):  # closed
        for line in pipe:
            replies.put(json.loads(line))
    replies.put({"end": LOST})


# ------------------------------------------------------------------------------------------------------------------ the server


def serve() -> None:
    """Take exercises from standard input until it ends."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nobody else writes there
    warm_up()
    out.write(_line({"ready": True}))
    from course_lib import data

    for line in sys.stdin.buffer:
        job = json.loads(line)
        folder = Path(job["folder"])
        _bring(job["files"], folder)
        if FORKS:
            if any('digits("glyphs"' in source for _, source in job["cells"]):  # seconds to draw, and kept: once for all
                data.digits("glyphs"), data.digits("glyphs", train=False)
            _in_child(job, folder, out)
        else:
            _here(job, folder, out)


def warm_up() -> None:
    """Import what the notebooks import, once for all."""
    import matplotlib.font_manager
    import matplotlib.pyplot
    import scipy.ndimage  # noqa: F401
    import skimage.data  # noqa: F401
    import torch

    import course_lib.check.report  # noqa: F401
    from course_lib import classical, data, degrade, losses, metrics, models, plots, train, widgets, zoo  # noqa: F401

    torch.set_num_threads(1)
    matplotlib.font_manager.findfont("DejaVu Sans")
    data.photo("astronaut", size=16)
    plots.show = lambda *args, **kwargs: None  # nobody looks, and drawing is slow
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight]).step()  # the first optimiser imports for seconds
    gc.collect()
    gc.freeze()  # the collector of a child would copy all these pages


def _bring(files: list[str], folder: Path) -> None:
    room = MAX_FILES
    for name in files:
        size = os.path.getsize(name)
        if size <= room:
            room -= size
            shutil.copy(name, folder / os.path.basename(name))


def _line(message: dict) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _here(job: dict, folder: Path, out: object) -> None:
    """Without a fork: this process is the child, and this is its only exercise."""
    confine(job, folder)
    perform(job, lambda message: out.write(_line(message)), lambda: json.loads(sys.stdin.buffer.readline())["seed"])
    out.write(_line({"end": ""}))
    os._exit(0)


def _in_child(job: dict, folder: Path, out: object) -> None:
    from_child, to_server = os.pipe()
    for_child, to_child = os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        with contextlib.suppress(BaseException):
            os.close(from_child), os.close(to_child), out.close()
            code = _child(job, folder, to_server, for_child)
        os._exit(code)
    os.close(to_server), os.close(for_child)
    deadline = time.monotonic() + _seconds(job)
    received, lines, end = b"", 0, ""
    while True:
        if not select.select([from_child], [], [], max(deadline - time.monotonic(), 0))[0]:
            end = "out of time"
            break
        piece = os.read(from_child, 65536)
        received += piece
        if not piece or len(received) > MAX_REPLY:
            break
        while b"\n" in received and lines < 2 and not end:
            line, _, received = received.partition(b"\n")
            if not _is_reply(line, ("visible", "hidden")[lines]):
                end = "sent what is no result"
                break
            lines += 1
            out.write(line + b"\n")
            if lines == 1:
                with contextlib.suppress(OSError):
                    os.write(to_child, sys.stdin.buffer.readline())
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(from_child), os.close(to_child)
    code = os.waitstatus_to_exitcode(status)
    if lines < 2 and not end:
        end = f"killed by signal {-code if code < 0 else code - 128}" if code < 0 or code > 128 else f"ended with code {code}"
    out.write(_line({"end": end}))


def _is_reply(line: bytes, name: str) -> bool:
    """Is this the result that is waited for? A submission may have written to the pipe."""
    with contextlib.suppress(ValueError, RecursionError):
        message = json.loads(line)
        return isinstance(message, dict) and set(message) == {name} and isinstance(message[name], dict)
    return False


def _child(job: dict, folder: Path, to_server: int, for_child: int) -> int:
    """In the fork: own group, own namespaces, then the work, in the first process of the PID namespace (with it all others there end)."""
    os.setsid()
    sys.stdin.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    if enter_namespaces(job["hide"]):
        first = os.fork()
        if first:
            return _exit_code(first)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # it dies with the process that waits for it
    confine(job, folder)
    perform(
        job,
        lambda message: os.write(to_server, _line(message)),
        lambda: json.loads(os.read(for_child, 4096))["seed"],
    )
    return 0


def _exit_code(child: int) -> int:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


# ---------------------------------------------------------------------------------------------------------------- the walls


def enter_namespaces(hide: list[str]) -> bool:
    """New user, network, process and mount namespaces for the children of this process; False where the system forbids it.

    The folders and files of ``hide`` are empty from then on. Only for a process with one thread.
    """
    if not FORKS:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(NEW_USER | NEW_NET | NEW_PID | NEW_MOUNT) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    except OSError:
        return False
    libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    for path in hide:
        if os.path.isdir(path):
            libc.mount(b"tmpfs", os.fsencode(path), b"tmpfs", 0, b"size=4k")
        elif os.path.exists(path):
            libc.mount(b"/dev/null", os.fsencode(path), None, MS_BIND, None)
    return True


@functools.cache
def namespaces_allowed() -> bool:
    """Whether this system lets a user make the namespaces that cut off network, processes and course folders."""
    if not FORKS:
        return False
    test = "from course_lib.classroom.sandbox import enter_namespaces; raise SystemExit(not enter_namespaces([]))"
    return subprocess.run([sys.executable, "-c", test], capture_output=True, env=_environment()).returncode == 0


def confine(job: dict, folder: Path) -> None:
    """Limits on memory, processor time and file sizes; the audit hook; the folder to work in."""
    os.chdir(folder)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder), MPLCONFIGDIR=str(folder))
    tempfile.tempdir = str(folder)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    with contextlib.suppress(ImportError):
        import resource

        _limit(resource.RLIMIT_CPU, int(_seconds(job)) + 1)
        _limit(resource.RLIMIT_FSIZE, 64 << 20)
        _limit(resource.RLIMIT_CORE, 0)
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            room = pages * resource.getpagesize() + (job["memory"] << 20)
            _limit(resource.RLIMIT_AS, room, reserve=256 << 20)  # the reserve is for saying what happened
    sys.addaudithook(Guard(folder, job["hide"]))


def _limit(what: int, value: int, reserve: int = 0) -> None:
    import resource

    _, most = resource.getrlimit(what)
    soft, hard = (size if most == resource.RLIM_INFINITY else min(size, most) for size in (value, value + reserve))
    resource.setrlimit(what, (soft, hard))


def _free_reserve() -> None:
    """Lift the soft memory limit up to the hard one."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


class Guard:
    """The audit hook: refuses network, other programs and other people's files, and remembers that it did."""

    refused: list[str] = []  # noqa: RUF012 - one in a process

    def __init__(self, folder: Path, hide: list[str]):
        package = Path(__file__).resolve().parents[1]
        system = ["/usr", "/lib", "/lib64", "/etc", "/sys", "/opt", "/dev", "/System", "/Library"]
        system += ["/proc/self", "/proc/meminfo", "/proc/cpuinfo"]
        readable = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(package), os.environ.get("COURSE_DATA", ""), *sys.path]
        readable += [str(Path(name).parent) for name in (json.__file__, ctypes.__file__)]
        readable = [os.path.realpath(path) for path in readable if path]
        self.hidden = tuple(os.path.realpath(path) for path in hide)
        self.writable = (str(folder), os.path.realpath(os.devnull))
        self.readable = (*self.writable, *(path for path in {*readable, *system} if path != os.sep))

    def __call__(self, event: str, arguments: tuple) -> None:
        if event == "open":
            self._file(arguments[0], arguments[1], arguments[2])
        elif event in ("os.listdir", "os.scandir", "os.chdir"):
            self._file(arguments[0], "r", 0)
        elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod", "os.chown"):
            for name in arguments[: 2 if event in ("os.rename", "os.symlink", "os.link") else 1]:
                self._file(name, "w", 0)
        elif event.startswith("socket.") and event not in ("socket.gethostname",):
            self._refuse("the network")
        elif event in ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile"):
            self._refuse("other programs")
        elif event == "os.kill" and arguments[0] == os.getpid():
            os._exit(128 + int(arguments[1]))  # the first process of a namespace would not feel it
        elif event in ("os.kill", "os.killpg"):
            self._refuse("other processes")

    def _file(self, name: object, mode: object, flags: object) -> None:
        if not isinstance(name, str | bytes | os.PathLike):  # a number: opened before
            return
        path = os.path.realpath(os.fsdecode(name))
        write = (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))
        allowed = self.writable if write else self.readable
        if _inside(path, self.hidden) or not _inside(path, allowed):
            self._refuse("files outside its folder")

    def _refuse(self, what: str) -> None:
        if what not in self.refused:
            self.refused.append(what)
        raise PermissionError(f"graded code has no access to {what}")


def _inside(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == top or path.startswith(top.rstrip(os.sep) + os.sep) for top in folders)


# ---------------------------------------------------------------------------------------------------------------- the work


def perform(job: dict, send: Callable[[dict], object], get_seed: Callable[[], int]) -> None:
    """Run the cells, then the checks: first on the inputs a learner can see, then on hidden ones."""
    from course_lib.check import engine
    from course_lib.check import sandbox as stopwatch

    exercise = engine.load(job["id"])
    before = _fingerprint(exercise)
    namespace = {"__name__": "__main__", "get_ipython": lambda: None}
    with contextlib.suppress(ImportError):
        from IPython.display import display

        namespace["display"] = display
    printed, errors = {}, {}
    end = time.monotonic() + job["cell_seconds"]
    for name, source in job["cells"]:
        outcome = stopwatch.run(functools.partial(_execute, source, name, namespace), end - time.monotonic())
        if outcome.printed:
            printed[name] = outcome.printed
        if outcome.timed_out:
            errors[name] = f"still running after {job['cell_seconds']:g} seconds" + _place(outcome.error, name)
        elif outcome.error is not None:
            errors[name] = _said(outcome.error) + _place(outcome.error, name)
            outcome.error.__traceback__ = None  # it holds what filled the memory
        del outcome
    report = {"printed": printed, "errors": errors, "flags": []}
    if job["answer"] in namespace:
        answer = namespace[job["answer"]]
        given = engine.grade(exercise, answer, job["variant"], job["variant"], job["check_seconds"])
    else:
        answer = None
        given = _without_answer(engine, exercise, job, errors, namespace)
    _free_reserve()
    flags = report["flags"]
    message = given.message + " ".join(errors.values())
    if exercise.kind in engine.CODE and _from_library(answer):
        flags.append("the library's own answer")
    if _fingerprint(exercise) != before:
        flags.append("changed the checker")
    if given.failure and given.failure.got.startswith("still running") or any("still running" in text for text in errors.values()):
        flags.append("out of time")
    if "MemoryError" in message or "can't allocate memory" in message or "not enough memory" in message:
        flags.append("out of memory")
    flags += [f"tried {what}" for what in Guard.refused]
    send({"visible": {**report, **_as_dict(given)}})
    if given.status == engine.NOT_ATTEMPTED or not given.points:
        send({"hidden": {"holds": [], "flags": []}})
        return
    again = engine.grade(exercise, answer, get_seed(), job["variant"], job["check_seconds"])
    changed = _fingerprint(exercise) != before and "changed the checker" not in flags
    more = [f"tried {what}" for what in Guard.refused if f"tried {what}" not in flags] + ["changed the checker"] * changed
    send({"hidden": {"holds": list(again.passed), "flags": more}})


def _execute(source: str, name: str, namespace: dict) -> None:
    from course_lib.classroom.needed import plain

    filename = f"<cell {name}>"
    source = plain(source)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102 - in a process of its own


def _said(error: BaseException) -> str:
    try:
        text = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())[:300]
    except BaseException:  # a learner's exception may fail to say what it is
        text = ""
    if isinstance(error, SystemExit):
        return "the cell asked Python to end"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException | None, name: str) -> str:
    """The line of the cell, and what stands there."""
    filename, line = f"<cell {name}>", None
    if isinstance(error, SyntaxError) and error.filename == filename:
        line = error.lineno
    traceback = error.__traceback__ if error is not None else None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    if not line:
        return ""
    return f", line {line} of the cell: `{linecache.getline(filename, line).strip()[:120]}`"


def _without_answer(engine: object, exercise: object, job: dict, errors: dict, namespace: dict) -> object:
    """The result where no cell gives the answer's name."""
    name, given = job["answer"], job["given"]
    blank = functools.partial(engine.Result, exercise.id, exercise.title, points=0, max_points=exercise.points)
    if given in errors:
        failure = engine.Failure("the cell runs", got=errors[given], cause=f"Nothing called {name} comes out of it.", certain=True)
        return blank(status=engine.WRONG, failure=failure)
    from course_lib.classroom.needed import names

    source = dict(job["cells"]).get(given) or job.get("source_given", "")
    others = sorted(names(source).gives)
    if not others:
        return blank(status=engine.NOT_ATTEMPTED, note=f"Nothing called {name} is there.")
    failure = engine.Failure(
        "the name", expected=f"something called {name}", got=", ".join(others[:5]), cause="Keep the name that the exercise gives."
    )
    return blank(status=engine.WRONG, failure=failure)


def _as_dict(result: object) -> dict:
    from course_lib.check import report

    head, lines = report.describe(result)
    return {
        "title": result.title,
        "status": result.status,
        "points": result.points,
        "max_points": result.max_points,
        "properties": [[each.name, each.holds, each.points] for each in result.properties],
        "failing": result.failure.property if result.failure else "",
        "head": head,
        "lines": [line for line in lines if not line[1].startswith("Stuck?")],
        "colour": report.COLOUR[result.status],
    }


def _from_library(answer: object) -> bool:
    """Is this function or class a part of the course rather than the learner's?"""
    package = str(Path(__file__).resolve().parents[1]) + os.sep
    while hasattr(answer, "__wrapped__") or isinstance(answer, functools.partial):
        answer = answer.__wrapped__ if hasattr(answer, "__wrapped__") else answer.func
    if isinstance(answer, type):
        codes = [getattr(member, "__code__", None) for member in vars(answer).values()]
        return any(code and code.co_filename.startswith(package) for code in codes)
    code = getattr(answer, "__code__", None)
    return bool(code and code.co_filename.startswith(package))


def _fingerprint(exercise: object) -> list:
    """What a changed checker would show: the functions and classes of the engine and of the exercise."""
    from course_lib.check import authoring, engine, exercises, report
    from course_lib.check import sandbox as stopwatch

    found = []
    for owner in (exercises.load(exercise.id), engine, authoring, report, stopwatch, engine.Case, engine.Answer, authoring.Failed):
        found += [(name, id(value), id(getattr(value, "__code__", None))) for name, value in vars(owner).items() if callable(value)]
    found += [(test.name, id(test.function), id(test.function.__code__)) for test in exercise.tests]
    return [*found, id(exercise.reference), id(getattr(exercise.reference, "__code__", None))]


def asks_the_checker(source: str) -> bool:
    """Does a learner's cell reach for the parts of the course that know the answers?

    Examples
    --------
    >>> asks_the_checker("from course_lib.check import check, hint, use")
    False
    >>> asks_the_checker("from course_lib.check import load\\nf = load('00.1').reference")
    True
    """
    from course_lib.classroom.needed import plain

    try:
        tree = ast.parse(plain(source))
    except (SyntaxError, ValueError, RecursionError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("course_lib.check", "course_lib.classroom")):
            if node.module not in ("course_lib.check", "course_lib.classroom"):
                return True
            if not {alias.name for alias in node.names} <= {"check", "hint", "use", "doctor", "progress"}:
                return True
        if isinstance(node, ast.Import) and any(
            alias.name.startswith(("course_lib.check.", "course_lib.classroom.")) for alias in node.names
        ):
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("check_result", "right_answer"):
            return True
    return False


if __name__ == "__main__":
    serve()
