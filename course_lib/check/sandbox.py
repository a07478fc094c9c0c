"""Run a learner's code so that whatever it does ends in an answer: time limit, captured output, restored state.

What is contained: endless loops (also those that swallow every exception), sleeps, endless recursion, ``exit()``,
``sys.exit()``, ``KeyboardInterrupt``, ``input()``, endless printing, figures and displays, changes of the global random
state, of the grad mode and of the default dtype.

What cannot be contained inside one process: ``os._exit()``, a crash of compiled code, memory without end, and one single
call into compiled code that does not come back (``sum(range(10**12))``): Python looks at the clock only between two of its own
instructions. Grading runs submissions in a process of their own for that reason.
"""

import contextlib
import ctypes
import io
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import no_type_check

import numpy as np
import torch

PRINT_LIMIT = 2000  # characters of a learner's output that are kept
AGAIN = 0.01  # seconds between two attempts to stop code that does not let itself be stopped
GRACE = 2.0  # seconds during which a worker thread is asked to stop before it is left behind


@no_type_check  # here and below: a wrapper around these functions would stand among the frames that they look at
class TimeIsUp(BaseException):
    """Raised inside the learner's code when its time is over; no ``except Exception`` catches it.

    A bare ``except:`` does. An instance that was caught and dropped therefore sets the stopper of its thread off once more.
    """

    def __del__(self) -> None:
        stopper = _stoppers.get(threading.get_ident())
        if stopper is not None:
            stopper.go(sys._getframe(1))


class InputAsked(Exception):  # noqa: N818 - it is told to the learner, not raised at anybody
    """Raised instead of waiting for the keyboard."""


@dataclass(frozen=True)
class Outcome:
    """What became of one run: a value, or an error, or no end within the time; and what was printed."""

    value: object = None
    error: BaseException | None = None
    timed_out: bool = False
    left_behind: bool = False  # a worker thread that could not be stopped goes on in the background
    printed: str = ""


def run(function: Callable[[], object], seconds: float | int) -> Outcome:
    """Call ``function()`` for at most ``seconds``; never raises.

    On the main thread of a POSIX system the clock is an interval timer; elsewhere (Windows, other threads) the call
    moves to a worker thread.

    Parameters
    ----------
    function : callable without arguments
        The code to run.
    seconds : float
        Time limit.

    Returns
    -------
    Outcome
        Value or error, whether time ran out, and what was printed (at most ``PRINT_LIMIT`` characters).

    Examples
    --------
    >>> run(lambda: 1 + 1, seconds=5).value
    2
    >>> type(run(lambda: 1 / 0, seconds=5).error).__name__
    'ZeroDivisionError'
    """
    printed = Capture(PRINT_LIMIT)
    with undisturbed(printed):
        outcome = (run_with_alarm if _alarm_works_here() else run_in_thread)(function, max(seconds, AGAIN))
    return Outcome(outcome.value, outcome.error, outcome.timed_out, outcome.left_behind, printed.text())


def _alarm_works_here() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@no_type_check
class Stopper:
    """Raises ``TimeIsUp`` in the next line of the code that runs above the frame in which it was made, as often as it takes."""

    def __init__(self) -> None:
        self.base = sys._getframe(1)
        self.running = True

    def go(self, frame: FrameType | None) -> None:
        """Trace ``frame`` and its callers: the next line of any of them raises."""
        while frame is not None and frame is not self.base:
            frame.f_trace = self.trace
            frame = frame.f_back
        sys.settrace(self.trace)

    def trace(self, frame: FrameType, event: str, argument: object) -> object:
        """The trace function. Python removes it each time it raises."""
        if not self.running or frame.f_code.co_filename == __file__:
            return None
        if event == "line":
            raise TimeIsUp
        return self.trace


_stoppers: dict[int, Stopper] = {}  # of each thread whose time is up


@no_type_check
def run_with_alarm(function: Callable[[], object], seconds: float | int) -> Outcome:
    """Time limit by SIGALRM, which interrupts sleeps too. POSIX, main thread only."""
    value, error, rings = None, None, 0
    stopper = Stopper()

    def ring(number: int, frame: FrameType | None) -> None:
        nonlocal rings
        if stopper.running:
            rings += 1
            _stoppers[threading.get_ident()] = stopper
            stopper.go(frame)
            raise TimeIsUp

    old_tracer = sys.gettrace()
    old_handler = signal.signal(signal.SIGALRM, ring)
    started = time.monotonic()
    old_delay, old_interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            value = function()
            stopper.running = False
        except BaseException as caught:
            stopper.running = False
            error = caught
    except BaseException as caught:  # the alarm rang between the end of the function and `running = False`
        stopper.running = False
        error = caught
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old_handler)
    _stoppers.pop(threading.get_ident(), None)
    sys.settrace(old_tracer)
    if old_delay:  # somebody else was waiting for an alarm: give it back
        signal.setitimer(signal.ITIMER_REAL, max(old_delay - (time.monotonic() - started), AGAIN), old_interval)
    return Outcome(value, error, timed_out=rings > 0)


@no_type_check
def run_in_thread(function: Callable[[], object], seconds: float | int) -> Outcome:
    """Time limit by a worker thread and an exception raised into it: Windows, and threads other than the main one."""
    value, error, stopper = None, None, None

    def work() -> None:
        nonlocal value, error, stopper
        stopper = Stopper()
        with contextlib.suppress(BaseException):  # a second TimeIsUp may arrive while the first is put down
            try:
                value = function()
                stopper.running = False
            except BaseException as caught:
                stopper.running = False
                error = caught

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    with contextlib.suppress(KeyboardInterrupt):  # the learner interrupts the kernel: time is up now
        worker.join(seconds)
    timed_out = worker.is_alive()
    give_up = time.monotonic() + GRACE
    while worker.is_alive() and time.monotonic() < give_up:
        if stopper is not None:
            _stoppers[worker.ident] = stopper
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident), ctypes.py_object(TimeIsUp))
        worker.join(AGAIN)
    _stoppers.pop(worker.ident, None)
    return Outcome(value, error, timed_out, left_behind=worker.is_alive())


class Capture(io.TextIOBase):
    """A standard output that keeps the beginning and forgets the rest."""

    def __init__(self, limit: int):
        self._kept: list[str] = []
        self._room = limit
        self._dropped = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._kept.append(text[: self._room])
        self._dropped = self._dropped or len(text) > self._room
        self._room -= min(len(text), self._room)
        if not self._kept[-1]:
            self._kept.pop()
        return len(text)

    def text(self) -> str:
        return "".join(self._kept) + (" …" if self._dropped else "")


@contextlib.contextmanager
def undisturbed(output: Capture) -> Iterator[None]:
    """Whatever the learner's code does to output, input, random state, grad mode or figures is undone at the end."""
    import builtins

    shell = _shell()
    pyplot = sys.modules.get("matplotlib.pyplot")
    figures = set(pyplot.get_fignums()) if pyplot else set()
    saved_streams = sys.stdout, sys.stderr, sys.stdin, builtins.input
    saved_random = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    saved_cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    saved_grad, saved_dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    with contextlib.ExitStack() as stack:
        if shell is not None:
            from IPython.utils.capture import capture_output

            stack.enter_context(capture_output(stdout=False, stderr=False, display=True))
            stack.enter_context(_replaced(shell, "ask_exit", _raise_exit))  # the notebook's exit() ends the kernel without an exception
        if pyplot is not None:
            stack.enter_context(_replaced(pyplot, "show", lambda *args, **kwargs: None))
        sys.stdout = sys.stderr = output
        sys.stdin = io.StringIO()  # exit() closes standard input before it raises
        builtins.input = _raise_input_asked
        torch.set_grad_enabled(True)
        try:
            yield
        finally:
            sys.stdout, sys.stderr, sys.stdin, builtins.input = saved_streams
            torch.set_grad_enabled(saved_grad)
            torch.set_default_dtype(saved_dtype)
            torch.set_rng_state(saved_random[0])
            np.random.set_state(saved_random[1])  # noqa: NPY002
            random.setstate(saved_random[2])
            if saved_cuda is not None:
                torch.cuda.set_rng_state_all(saved_cuda)
            pyplot = sys.modules.get("matplotlib.pyplot")
            for number in set(pyplot.get_fignums()) - figures if pyplot else ():
                pyplot.close(number)


def _shell() -> object | None:
    """The IPython shell we run in, if any; IPython is not imported for the question."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


@contextlib.contextmanager
def _replaced(owner: object, name: str, value: object) -> Iterator[None]:
    own = name in vars(owner)
    old = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, old)
        else:
            delattr(owner, name)


def _raise_exit(*args: object) -> None:
    raise SystemExit


def _raise_input_asked(*args: object, **kwargs: object) -> str:
    raise InputAsked("input() waits for the keyboard")


def own_lines(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    """The frames of a traceback that belong to the learner: neither the course, nor Python, nor an installed package."""
    found = []
    while traceback is not None:
        if not _is_library(traceback.tb_frame.f_code.co_filename):
            found.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def _is_library(filename: str) -> bool:
    name = filename.replace("\\", "/")
    return name.startswith((_COURSE, _PYTHON, "<frozen", "<@beartype")) or "/site-packages/" in name or "/dist-packages/" in name


_COURSE = __file__.replace("\\", "/").rsplit("/check/", 1)[0] + "/"
_PYTHON = contextlib.__file__.replace("\\", "/").rsplit("/", 1)[0] + "/"
