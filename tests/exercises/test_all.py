"""Every exercise, found by its file name, keeps the promises of its kind.

An exercise ``course_lib/check/exercises/eNN_K_slug.py`` needs one test file of the same name in ``tests/exercises/wrong``,
with the answers that must be rejected: ``WRONG = {"what the message must say": answer, ...}``.
"""

import importlib.util
import inspect
import re
import sys
import time
from pathlib import Path

import pytest
import torch

from course_lib.check import Case, check_result, load, report
from course_lib.check.engine import CODE, NOT_ATTEMPTED, PASSED, WRONG
from course_lib.check.exercises import ids, module_name

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here"))]
every_exercise = pytest.mark.parametrize("id", ids())
every_exercise_in_code = pytest.mark.parametrize("id", [id for id in ids() if load(id).kind in CODE])


def wrong_answers(id: str) -> dict:
    """The prepared wrong answers, from the file beside this one."""
    stem = module_name(id).rsplit(".", 1)[-1]
    file = Path(__file__).parent / "wrong" / f"{stem}.py"
    if not file.is_file():
        pytest.fail(f"exercise {id} has no wrong answers: write tests/exercises/wrong/{stem}.py")
    spec = importlib.util.spec_from_file_location(f"wrong_{stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WRONG


def text(result) -> str:
    return report.plain(*report.describe(result))


def scaled(value: object, factor: float) -> object:
    """The same value with every number times ``factor``."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value * factor
    if isinstance(value, float | int) and not isinstance(value, bool):
        return value * factor
    if isinstance(value, tuple | list):
        return type(value)(scaled(each, factor) for each in value)
    if isinstance(value, dict):
        return {key: scaled(each, factor) for key, each in value.items()}
    return value


def slightly_wrong(exercise, reference: object) -> object:
    """The reference, but what it gives back is off by 1 % (5 % for measurements)."""
    if inspect.isclass(reference):
        method = "forward" if hasattr(reference, "forward") else "__call__"
        right = getattr(reference, method)
        return type(reference.__name__, (reference,), {method: lambda self, *args, **kwargs: scaled(right(self, *args, **kwargs), 1.01)})
    if exercise.kind in CODE:
        return lambda *args, **kwargs: scaled(reference(*args, **kwargs), 1.01)
    return scaled(reference, 1.05 if exercise.kind == "investigate" else 1.01)


def stub_of(exercise) -> object:
    """What the notebook hands out."""

    def not_written(*args, **kwargs):
        raise NotImplementedError

    if exercise.kind == "repair":
        return exercise.broken
    if exercise.kind == "implement":
        if inspect.isclass(exercise.reference):
            return type(exercise.name, exercise.reference.__bases__, {"__init__": not_written})
        return not_written
    right = exercise.right_answer(Case())
    return dict.fromkeys(right, ...) if isinstance(right, dict) else ...


@every_exercise
def test_the_file_is_complete(id):
    exercise = load(id)
    assert exercise.title
    assert not exercise.title.endswith(".")
    assert exercise.notebook.startswith(id[:2] + "_")
    assert 1 <= exercise.minutes <= 60
    assert exercise.difficulty in (1, 2, 3)
    assert exercise.points == sum(test.points for test in exercise.tests) > 0
    assert len({test.name for test in exercise.tests}) == len(exercise.tests)
    assert len({known.message for known in exercise.mistakes}) == len(exercise.mistakes)
    if exercise.kind in CODE:
        assert exercise.name != "reference", "name it as the notebook does: def brighten(...) and below it reference = brighten"
        assert any("reference" in test.name for test in exercise.tests), "hard-coded answers are only caught on random input"


@every_exercise
@pytest.mark.parametrize("device", DEVICES)
def test_the_reference_passes(id, device):
    exercise = load(id)
    for seed in range(4):
        for variant in range(3):
            answer = exercise.right_answer(Case(seed, variant))
            result = check_result(id, answer, seed=seed, variant=variant, device=device, seconds=60)
            assert result.status == PASSED, text(result)
            assert result.points == result.max_points


@every_exercise
def test_the_stub_is_not_attempted(id):
    for answer in (stub_of(load(id)), ..., None):
        result = check_result(id, answer)
        assert (result.status, result.points) == (NOT_ATTEMPTED, 0), text(result)


@every_exercise
def test_wrong_answers_are_rejected_each_with_its_own_message(id):
    wrong = wrong_answers(id)
    assert len(wrong) >= 3
    messages = {}
    for fragment, answer in wrong.items():
        result = check_result(id, answer)
        assert result.status not in (PASSED, NOT_ATTEMPTED), f"this wrong answer is {result.status}: {fragment}"
        assert result.points < result.max_points
        assert fragment in result.message, f"{fragment!r} is not in:\n{text(result)}"
        assert result.message not in messages.values()
        messages[fragment] = result.message
    for fragment in messages:
        told = [other for other, message in messages.items() if fragment in message]
        assert told == [fragment], f"{fragment!r} is also told to {told}"


@every_exercise
def test_a_slightly_wrong_answer_fails(id):
    exercise = load(id)
    if isinstance(exercise.right_answer(Case()), str | bool):
        return  # there is no slightly wrong word
    result = check_result(id, slightly_wrong(exercise, exercise.right_answer(Case())))
    assert result.status not in (PASSED, NOT_ATTEMPTED), text(result)


@every_exercise_in_code
def test_idle_answers_earn_no_point(id):
    if inspect.isclass(load(id).reference):
        return
    for idle in (lambda *args: args[0], lambda *args: torch.zeros_like(args[0]) if isinstance(args[0], torch.Tensor) else 0.0):
        result = check_result(id, idle)
        assert (result.status, result.points) == (WRONG, 0), text(result)


@every_exercise
def test_hints_lead_to_the_solution_without_giving_it_away(id):
    exercise = load(id)
    assert len(exercise.rungs) >= 3
    assert f"solutions/{exercise.notebook}.ipynb" in exercise.rungs[-1]
    if exercise.kind not in CODE:
        return
    body = inspect.getsource(exercise.reference).split('"""')[-1].splitlines()  # what follows signature and docstring
    lines = [squeezed(line) for line in body if len(squeezed(line)) > 12]
    for rung in (*exercise.rungs[:-2], exercise.rungs[-1]):
        for line in lines:
            assert line not in squeezed(rung), f"this hint holds a line of the solution: {line}"


def squeezed(line: str) -> str:
    return re.sub(r"\s+", "", line).removeprefix("return")


def loops(*args, **kwargs):
    while True:
        pass


def sleeps(*args, **kwargs):
    time.sleep(1e9)


def leaves(*args, **kwargs):
    exit()


def leaves_by_sys(*args, **kwargs):
    sys.exit(0)


@every_exercise_in_code
@pytest.mark.parametrize(
    ("answer", "told"),
    [(loops, "endless loop"), (sleeps, "still running"), (leaves, "end the whole notebook"), (leaves_by_sys, "end the whole notebook")],
    ids=["endless loop", "sleep", "exit()", "sys.exit()"],
)
def test_code_that_does_not_come_back_ends_in_a_message(id, answer, told):
    exercise = load(id)
    if inspect.isclass(exercise.reference):
        answer = type(exercise.name, exercise.reference.__bases__, {"__init__": answer})
    result = check_result(id, answer, seconds=0.3)
    assert (result.status, result.points) == (WRONG, 0), text(result)
    assert told in result.message


def test_every_file_of_wrong_answers_belongs_to_an_exercise():
    files = {file.stem for file in (Path(__file__).parent / "wrong").glob("*.py")}
    assert files == {module_name(id).rsplit(".", 1)[-1] for id in ids()}
