"""Whatever a learner's code does, it ends in an outcome and leaves nothing behind."""

import builtins
import io
import random
import signal
import sys
import threading
import time

import numpy as np
import pytest
import torch

from course_lib.check import sandbox
from course_lib.check.sandbox import TimeIsUp, own_lines, run

posix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer on this system")


@pytest.fixture(params=[pytest.param("alarm", marks=posix), "thread"])
def clock(request, monkeypatch):
    """Both ways to limit the time."""
    monkeypatch.setattr(sandbox, "_alarm_works_here", lambda: request.param == "alarm")
    monkeypatch.setattr(sandbox, "GRACE", 0.3)
    return request.param


def endless():
    while True:
        pass


def endless_and_deaf():
    while True:
        try:
            sum(range(100))
        except:  # noqa: E722
            pass


def endless_and_deaf_in_a_sleep():
    while True:
        try:
            time.sleep(0.01)
        except:  # noqa: E722
            pass


def endless_and_deaf_twice():
    while True:
        try:
            while True:
                try:
                    time.sleep(0.005)
                except:  # noqa: E722
                    pass
        except:  # noqa: E722
            pass


def endless_and_always_finally():
    while True:
        try:
            time.sleep(0.005)
        finally:
            continue  # noqa: B012


def endless_printing():
    while True:
        print("all work and no play")


def endless_but_caught():
    try:
        endless()
    except BaseException:
        return "I go on"
    return ""


@pytest.mark.parametrize(
    "function",
    [
        endless,
        endless_and_deaf,
        endless_and_deaf_in_a_sleep,
        endless_and_deaf_twice,
        endless_and_always_finally,
        endless_printing,
        endless_but_caught,
    ],
)
def test_endless_code_is_stopped(clock, function):
    outcome = run(function, seconds=0.1)
    assert outcome.timed_out
    assert not outcome.left_behind
    assert isinstance(outcome.error, TimeIsUp) or outcome.error is None
    assert threading.active_count() == 1 or clock == "thread"
    assert run(lambda: "the next one works", seconds=5).value == "the next one works"


@posix
def test_a_long_sleep_is_interrupted_on_the_main_thread():
    outcome = run(lambda: time.sleep(1e6), seconds=0.1)
    assert outcome.timed_out
    assert isinstance(outcome.error, TimeIsUp)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_sleeping_worker_thread_is_left_behind_and_said_so(monkeypatch):
    monkeypatch.setattr(sandbox, "_alarm_works_here", lambda: False)
    monkeypatch.setattr(sandbox, "GRACE", 0.1)
    outcome = run(lambda: time.sleep(3), seconds=0.05)
    assert outcome.timed_out
    assert outcome.left_behind
    assert run(lambda: 1, seconds=5).value == 1


def test_outside_the_main_thread_a_worker_is_used():
    found = []
    thread = threading.Thread(target=lambda: found.append((sandbox._alarm_works_here(), run(endless, seconds=0.1))))
    thread.start()
    thread.join()
    assert found[0][0] is False
    assert found[0][1].timed_out


@posix
def test_the_alarm_of_somebody_else_is_given_back():
    rung = []
    old = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        assert run(endless, seconds=0.05).timed_out
        assert not rung
        time.sleep(0.5)
        assert rung == [True]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@posix
def test_the_trace_function_of_a_debugger_is_given_back():
    def mine(*args):
        return None

    old = sys.gettrace()
    sys.settrace(mine)
    try:
        run(endless_and_deaf, seconds=0.05)
        assert sys.gettrace() is mine
    finally:
        sys.settrace(old)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda: exit(), SystemExit),
        (lambda: quit(), SystemExit),
        (lambda: sys.exit(1), SystemExit),
        (lambda: (_ for _ in ()).throw(KeyboardInterrupt), KeyboardInterrupt),
        (lambda: input("name?"), sandbox.InputAsked),
        (lambda: 1 / 0, ZeroDivisionError),
    ],
    ids=["exit", "quit", "sys.exit", "KeyboardInterrupt", "input", "ZeroDivisionError"],
)
def test_leaving_asking_and_failing_end_in_an_outcome(clock, function, error):
    outcome = run(function, seconds=5)
    assert isinstance(outcome.error, error)
    assert not outcome.timed_out
    assert not sys.stdin.closed


def test_exit_does_not_close_the_callers_standard_input(clock, monkeypatch):
    mine = io.StringIO("text")
    monkeypatch.setattr(sys, "stdin", mine)
    run(lambda: exit(), seconds=5)
    assert sys.stdin is mine
    assert mine.read() == "text"


def test_endless_recursion_is_an_error(clock):
    def again(n):
        return again(n + 1)

    assert isinstance(run(lambda: again(0), seconds=5).error, RecursionError)


def test_output_is_captured_and_capped(clock, capsys):
    outcome = run(lambda: (print("hello"), print("warning", file=sys.stderr)), seconds=5)
    assert outcome.printed == "hello\nwarning\n"
    long = run(lambda: [print("x" * 1000) for _ in range(1000)], seconds=5).printed
    assert len(long) == sandbox.PRINT_LIMIT + 2
    assert long.endswith(" …")
    print("still here")
    assert capsys.readouterr().out == "still here\n"


def test_global_state_is_restored(clock):
    def disturb():
        torch.manual_seed(7)
        np.random.seed(7)  # noqa: NPY002
        random.seed(7)
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        builtins.input = print
        sys.stdout = None

    torch.manual_seed(1), np.random.seed(1), random.seed(1)  # noqa: NPY002
    wanted = torch.rand(1).item(), np.random.rand(), random.random()  # noqa: NPY002
    torch.manual_seed(1), np.random.seed(1), random.seed(1)  # noqa: NPY002
    before = builtins.input, sys.stdout
    assert run(disturb, seconds=5).error is None
    assert (torch.rand(1).item(), np.random.rand(), random.random()) == wanted  # noqa: NPY002
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert (builtins.input, sys.stdout) == before


def test_gradients_work_inside_although_the_caller_has_switched_them_off(clock):
    with torch.no_grad():
        assert run(torch.is_grad_enabled, seconds=5).value is True
        assert not torch.is_grad_enabled()


def test_figures_are_closed_and_show_does_nothing(clock):
    import matplotlib.pyplot as plt

    mine = plt.figure()
    show = plt.show

    def draws():
        plt.figure()
        plt.plot([1, 2])
        plt.show()

    outcome = run(draws, seconds=30)
    assert outcome.error is None
    assert outcome.printed == ""  # Agg warns when it is asked to show
    assert plt.get_fignums() == [mine.number]
    assert plt.show is show
    plt.close(mine)


def test_own_lines_are_the_learners_only():
    def mine():
        return torch.zeros(2) + torch.zeros(3)

    def calls_a_library():
        return list(map(random.shuffle, [1]))

    (*_, (frame, _)) = own_lines(run(mine, seconds=5).error.__traceback__)
    assert frame.f_code.co_name == "mine"
    (*_, (frame, _)) = own_lines(run(calls_a_library, seconds=5).error.__traceback__)
    assert frame.f_code.co_name == "calls_a_library"
