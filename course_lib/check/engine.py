"""From an answer to a result: find the exercise, run its tests, explain the first one that does not hold.

``check_result`` is what ``check``, ``use``, graders and tests all call. It runs every test of the exercise (each worth its
share of the points) inside the sandbox, and looks for the known mistake that fails the same way.
"""

import dis
import functools
import inspect
import linecache
import math
import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from course_lib.check import exercises, sandbox
from course_lib.check.authoring import Failed, Mistake, PropertyTest, show

NOT_ATTEMPTED, WRONG, PARTLY, PASSED = "not attempted", "wrong", "partly", "passed"
KINDS = ("implement", "predict", "repair", "investigate")
CODE = ("implement", "repair")  # the kinds whose answer is a function or a class


@dataclass(frozen=True)
class Exercise:
    """One exercise as its file states it."""

    id: str
    title: str
    kind: str
    notebook: str
    minutes: int
    difficulty: int  # 1 easy, 2 middling, 3 hard
    points: int
    hints: tuple[str, ...]
    reference: object
    tests: tuple[PropertyTest, ...]
    mistakes: tuple[Mistake, ...] = ()
    broken: object = None  # repair: what is handed out
    rubric: str = ""  # investigate: how a person judges the conclusion
    variants: tuple[dict[str, str], ...] = ()  # what the notebook says in variants 1, 2 …: {its own words: the words instead}
    broken_variants: tuple[object, ...] = ()  # repair: what is handed out in variants 1, 2 …

    @property
    def rungs(self) -> tuple[str, ...]:
        """The hints, and after them the place of the solution."""
        return (*self.hints, f"The solution is in solutions/{self.notebook}.ipynb, exercise {self.id}.")

    @property
    def name(self) -> str:
        """The name of the function or class asked for."""
        return getattr(self.reference, "__name__", "answer")

    def right_answer(self, case: "Case") -> object:
        """The reference: the function or class itself, or the value that ``reference(case)`` gives."""
        return self.reference if self.kind in CODE else self.reference(case)

    def handed_out(self, case: "Case") -> object:
        """Repair: the broken answer of the case's variant; the variants begin anew where there are no more."""
        return (self.broken, *self.broken_variants)[case.variant % (1 + len(self.broken_variants))]

    def words(self, variant: int) -> dict[str, str]:
        """What the notebook says instead in a variant, ``{its own words: the words instead}``; empty for variant 0."""
        return ({}, *self.variants)[variant % (1 + len(self.variants))]


@dataclass
class Case:
    """What varies between two runs of the same test: seed, variant, device.

    Every test gets a new one. Draw the test's inputs from it, so that hidden seeds in grading give other inputs.
    """

    seed: int = 0
    variant: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __post_init__(self) -> None:
        self._draws = torch.Generator().manual_seed(self.seed)

    def rand(self, *shape: int) -> Tensor:
        """Uniform numbers in [0, 1), float32."""
        return torch.rand(shape, generator=self._draws).to(self.device)

    def randn(self, *shape: int) -> Tensor:
        """Standard normal numbers, float32."""
        return torch.randn(shape, generator=self._draws).to(self.device)

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._draws))

    def generator(self) -> torch.Generator:
        """A new generator at the same start each time: one for the answer, one for the reference."""
        return torch.Generator(self.device).manual_seed(self.seed)


@dataclass(frozen=True)
class Failure:
    """Why a test does not hold, in words. An empty field is left out of the report."""

    property: str
    input: str = ""
    expected: str = ""
    got: str = ""
    cause: str = ""
    certain: bool = False  # the cause is known: no known mistake need be looked for


@dataclass(frozen=True)
class Property:
    """One line of the balance: what was tested, whether it holds, what it is worth."""

    name: str
    holds: bool
    points: int


@dataclass(frozen=True)
class Result:
    """What a check found. ``failure`` is the first test that does not hold."""

    id: str
    title: str
    status: str
    points: int
    max_points: int
    properties: tuple[Property, ...] = ()
    failure: Failure | None = None
    note: str = ""
    printed: str = ""

    @property
    def passed(self) -> tuple[str, ...]:
        """The names of the properties that hold."""
        return tuple(each.name for each in self.properties if each.holds)

    @property
    def message(self) -> str:
        """The failing property in one line; empty if there is none."""
        found = self.failure
        return " | ".join(filter(None, (found.property, found.input, found.expected, found.got, found.cause))) if found else self.note


def load(id: str) -> Exercise:
    """The exercise ``id`` from its file.

    Raises
    ------
    ValueError
        If there is no such exercise, or its file lacks something; the message says what.

    Examples
    --------
    >>> load("00.1").kind
    'implement'
    """
    return read(exercises.load(id), id)


def read(module: ModuleType, id: str) -> Exercise:
    """The exercise that a module states: constants in capitals, ``reference``, tests in the order of the file."""
    wanted = ["TITLE", "KIND", "NOTEBOOK", "MINUTES", "DIFFICULTY", "POINTS", "HINTS", "reference"]
    wanted += {"repair": ["broken"], "investigate": ["RUBRIC"]}.get(getattr(module, "KIND", None), [])
    missing = [name for name in wanted if not hasattr(module, name)]
    if missing:
        raise ValueError(f"the file of exercise {id} lacks {', '.join(missing)}.")
    if module.KIND not in KINDS:
        raise ValueError(f"the file of exercise {id} has KIND = {module.KIND!r}; it must be one of {', '.join(KINDS)}.")
    tests = tuple(each for each in vars(module).values() if isinstance(each, PropertyTest))
    if not tests or sum(test.points for test in tests) != module.POINTS:
        raise ValueError(f"the tests of exercise {id} give {sum(test.points for test in tests)} points, but POINTS = {module.POINTS}.")
    return Exercise(
        id,
        module.TITLE,
        module.KIND,
        module.NOTEBOOK,
        module.MINUTES,
        module.DIFFICULTY,
        module.POINTS,
        tuple(textwrap.dedent(hint).strip() for hint in module.HINTS),
        module.reference,
        tests,
        tuple(getattr(module, "MISTAKES", ())),
        getattr(module, "broken", None),
        textwrap.dedent(getattr(module, "RUBRIC", "")).strip(),
        tuple(getattr(module, "VARIANTS", ())),
        tuple(getattr(module, "BROKEN_VARIANTS", ())),
    )


def check_result(
    id: str, answer: object, seed: int = 0, variant: int = 0, seconds: float | int = 10, device: str | torch.device = "cpu"
) -> Result:
    """Run the tests of an exercise on an answer.

    Parameters
    ----------
    id : str
        Such as ``"02.1"``.
    answer : object
        A function or class (implement, repair), a number or text (predict), a dict or text (investigate).
    seed : int
        Of the tests' random inputs; grading uses others than the learner sees.
    variant : int
        Which variant of the exercise's constants, for exercises that have variants.
    seconds : float
        Time limit of all tests together.
    device : str or torch.device
        Where the tests' inputs live.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        Only if there is no such exercise or its file is incomplete; never because of the answer.

    Examples
    --------
    >>> check_result("00.2", 0.7).status
    'passed'
    >>> check_result("00.2", ...).status
    'not attempted'
    """
    return grade(load(id), answer, seed, variant, seconds, device)


def grade(
    exercise: Exercise, answer: object, seed: int = 0, variant: int = 0, seconds: float | int = 10, device: str | torch.device = "cpu"
) -> Result:
    """``check_result`` for an exercise at hand."""
    blank = functools.partial(Result, exercise.id, exercise.title, max_points=exercise.points)
    if _is_stub(answer):
        return blank(NOT_ATTEMPTED, 0, note=_WHAT_TO_DO[exercise.kind])
    wrong_thing = _wrong_thing(exercise, answer)
    if wrong_thing:
        return blank(WRONG, 0, failure=wrong_thing)

    new_case = functools.partial(Case, seed, variant, torch.device(device))
    trials = _run_tests(exercise, answer, new_case, seconds)
    points = sum(trial.test.points for trial in trials if trial.holds)
    failing = [trial for trial in trials if not trial.holds]
    if not points and any(trial.is_stub for trial in failing):
        return blank(NOT_ATTEMPTED, 0, note=_WHAT_TO_DO[exercise.kind])
    failure = failing[0].failure if failing else None
    status = PASSED if not failing else PARTLY if points else WRONG
    note = ""
    if exercise.kind == "repair" and failing and _is_untouched(exercise, trials, new_case):
        status, points, note = NOT_ATTEMPTED, 0, _WHAT_TO_DO["repair"]
    elif failing and not failure.certain:
        failure = replace(failure, cause=_diagnose(exercise, failing, new_case) or failure.cause)
    elif status == PASSED and exercise.kind == "investigate":
        note = "The measured numbers hold. Compare your conclusion with the one in the solution: only a person can judge it."
    if failure and exercise.kind == "predict":
        failure = replace(failure, expected="")  # the expected value would be the answer
    changed = next((trial.changed for trial in trials if trial.changed), "")
    if changed and not (failure and "in place" in failure.cause):
        note = " ".join(filter(None, (note, f"Note: your function changes the {changed} it is given; its caller may still need it.")))
    properties = tuple(Property(trial.test.name, trial.holds, trial.test.points) for trial in trials)
    printed = "" if status == PASSED else next((trial.printed for trial in failing if trial.printed), "")
    return blank(status, points, properties=properties, failure=failure, note=note, printed=printed)


_WHAT_TO_DO = {
    "implement": "Write your code in place of `raise NotImplementedError`, run that cell, then run this check again.",
    "predict": "Put your prediction in place of `...`, before you run the cell that shows the answer, then run this check.",
    "repair": "It still does exactly what the version handed out does. Find the line that makes the property below fail, mend it.",
    "investigate": "Measure, put your findings in place of `...`, then run this check again.",
}


# --- running -------------------------------------------------------------------------------------------------------


class Answer:
    """The learner's function as the tests see it: it gets copies of its inputs, and the last call is remembered."""

    def __init__(self, raw: Callable, name: str):
        self.raw = raw
        self.name = name
        self.changed: list[str] = []
        self._last_call: tuple = ()

    def __call__(self, *args: object, **kwargs: object) -> object:
        self._last_call = args, kwargs
        given = _clone((args, kwargs))
        try:
            got = self.raw(*given[0], **given[1])
        except TypeError:
            if not self._can_be_called():
                expected, got = f"a call like {self.call()}", f"{self.name} takes {_parameters(self.raw)}"
                raise Failed(expected, got, value=TypeError, cause="Parameters are missing, or too many.", certain=True) from None
            raise
        if got is None:
            cause = "The function ended without giving anything back. Did you forget `return`?"
            raise Failed("a result", "None", value=None, cause=cause, certain=True)
        names = [name for name, _ in self._arguments(args, kwargs)]
        before, after = [*args, *kwargs.values()], [*given[0], *given[1].values()]
        self.changed += [name for name, old, new in zip(names, before, after, strict=True) if not _same_contents(old, new)]
        return got

    def __getattr__(self, name: str) -> object:
        return getattr(self.raw, name)

    def call(self) -> str:
        """The last call, in the words of a learner: ``brighten(image = tensor (1, 1, 2): 0.2, 0.9, amount = 0.3)``."""
        if not self._last_call:
            return ""
        given = [f"{name} = {show(value)}" if name else show(value) for name, value in self._arguments(*self._last_call)]
        return f"{self.name}({', '.join(given)})"

    def _arguments(self, args: tuple, kwargs: dict) -> list[tuple[str, object]]:
        try:
            known = list(inspect.signature(self.raw).parameters.values())
        except (TypeError, ValueError):  # a builtin
            known = []
        names = [parameter.name for parameter in known if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)]
        names += [""] * len(args)
        return [*zip(names, args, strict=False), *kwargs.items()]

    def _can_be_called(self) -> bool:
        try:
            inspect.signature(self.raw).bind(*self._last_call[0], **self._last_call[1])
        except TypeError:
            return False
        except ValueError:
            pass
        return True


@dataclass(frozen=True)
class Trial:
    """One test, run on one answer."""

    test: PropertyTest
    failure: Failure | None = None
    value: object = None  # what the test failed on
    is_stub: bool = False
    changed: str = ""
    printed: str = ""
    stopped: bool = False

    @property
    def holds(self) -> bool:
        return self.failure is None


def _run_tests(exercise: Exercise, answer: object, new_case: Callable[[], Case], seconds: float | int) -> list[Trial]:
    trials: list[Trial] = []
    end = time.monotonic() + seconds
    for test in exercise.tests:
        if trials and trials[-1].stopped:
            trials.append(Trial(test, Failure(test.name, got="not run"), stopped=True))
        else:
            trials.append(_run_test(exercise, test, answer, new_case(), end - time.monotonic(), seconds))
    return trials


def _run_test(exercise: Exercise, test: PropertyTest, answer: object, case: Case, seconds: float | int, limit: float | int) -> Trial:
    subject = Answer(answer, exercise.name) if exercise.kind in CODE else answer

    def once() -> str:
        torch.manual_seed(case.seed)
        test(subject, case)
        return "holds"

    outcome = sandbox.run(once, seconds)
    calls = subject.call if isinstance(subject, Answer) else str
    changed = subject.changed[0] if isinstance(subject, Answer) and subject.changed else ""
    trial = functools.partial(Trial, test, changed=changed, printed=outcome.printed)
    error = outcome.error
    if outcome.timed_out:
        return trial(_out_of_time(test, calls(), error, limit, outcome.left_behind), stopped=True)
    if error is None:
        return trial()
    if isinstance(error, Failed):
        return trial(Failure(test.name, error.input or calls(), error.expected, error.got, error.cause, error.certain), error.value)
    return trial(_explain(test, calls(), error), value=type(error), is_stub=_is_stub_error(answer, error))


def _out_of_time(test: PropertyTest, call: str, error: BaseException | None, limit: float | int, left_behind: bool) -> Failure:
    where = _where(error) if error else ""
    cause = "An endless loop (does its condition ever become false?), a sleep, or far more work than the exercise needs."
    if left_behind:
        cause += " It could not be stopped and goes on in the background: restart the kernel when you have mended it."
    got = f"still running, stopped in {where}" if where else "still running"
    return Failure(test.name, call, f"an answer within {limit:g} seconds", got, cause, certain=True)


def _explain(test: PropertyTest, call: str, error: BaseException) -> Failure:
    """What an exception in the learner's code means."""
    where = _where(error)
    if isinstance(error, SystemExit):
        got, cause = "the code asked Python to end", "exit(), quit() and sys.exit() end the whole notebook. A function ends with `return`."
    elif isinstance(error, KeyboardInterrupt):
        got, cause = "the code was interrupted", "You pressed stop, or the code raises KeyboardInterrupt itself."
    elif isinstance(error, sandbox.InputAsked):
        got, cause = "the code waits for the keyboard", "input() has no place here: all that the function needs comes in by its parameters."
    elif isinstance(error, RecursionError):
        got, cause = "a recursion without end", "The function calls itself again and again: it needs a case that returns without a call."
    elif isinstance(error, NotImplementedError) and where:
        got, cause = "NotImplementedError", "A part of the code is still to be written."
    elif where:
        got, cause = _name_error(error), ""
    else:
        got, cause = f"something that the test cannot use ({_name_error(error)})", ""
    return Failure(test.name, call, "a result", f"{got}, {where}" if where else got, cause, certain=True)


def _where(error: BaseException) -> str:
    """The learner's own line: number and source."""
    frames = sandbox.own_lines(error.__traceback__)
    if not frames:
        return ""
    frame, line = frames[-1]
    filename = frame.f_code.co_filename
    source = linecache.getline(filename, line, frame.f_globals).strip()
    is_cell = re.search(r"ipykernel_\d+|^<", filename)
    place = "of the cell" if is_cell else "of " + filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = frame.f_code.co_name
    inside = "" if name.startswith("<") else f" in {name}"
    return f"line {line} {place}{inside}" + (f": `{source[:120]}`" if source else "")


def _name_error(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:  # a learner's exception may fail to say what it is
        text = ""
    text = text if len(text) <= 300 else text[:300] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


# --- known mistakes ------------------------------------------------------------------------------------------------


def _diagnose(exercise: Exercise, failing: list[Trial], new_case: Callable[[], Case]) -> str:
    """The message of the known mistake that fails as the answer does, or nothing.

    It must fail the first failing test with the same value. If that value is a shape or a type, which different mistakes
    share, it must fail all the others alike too. Of several the one that fails most tests alike is taken. The numbers among the known
    mistakes are those of variant 0.
    """
    if exercise.kind not in CODE and new_case().variant:
        return ""
    telling = isinstance(failing[0].value, Tensor | float | int) and not isinstance(failing[0].value, bool)
    needed = 1 if telling else len(failing)
    best, most = "", needed - 1
    for known in exercise.mistakes:
        alike = _fails_alike(known.answer, exercise, failing, new_case)
        if alike > most:
            best, most = known.message, alike
    return best


def _fails_alike(other: object, exercise: Exercise, failing: list[Trial], new_case: Callable[[], Case]) -> int:
    """How many of the failing tests ``other`` fails with the same value; 0 if not the first."""
    alike = 0
    for index, trial in enumerate(failing):
        if _fail_alike(_run_test(exercise, trial.test, other, new_case(), 10, 10), trial):
            alike += 1
        elif index == 0:
            return 0
    return alike


def _is_untouched(exercise: Exercise, trials: list[Trial], new_case: Callable[[], Case]) -> bool:
    """Does a repair still behave as what was handed out, in every test?"""
    handed_out = _run_tests(exercise, exercise.handed_out(new_case()), new_case, 10)
    return all(a.holds and b.holds or _fail_alike(a, b) for a, b in zip(trials, handed_out, strict=True))


def _fail_alike(one: Trial, other: Trial) -> bool:
    """Do both fail, at the same expectation and with the same value?"""
    if one.failure is None or other.failure is None:
        return False
    return one.failure.expected == other.failure.expected and _same_value(one.value, other.value)


def _same_value(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        a, b = a.detach().cpu(), b.detach().cpu()
        return a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-6, equal_nan=True)
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return False
    if isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-6)
    return type(a) is type(b) and (a is b or a == b)


# --- what was handed in --------------------------------------------------------------------------------------------


def _is_stub(answer: object) -> bool:
    """Ellipsis, nothing, a dict of Ellipsis, a function without a body or a class without functions."""
    if answer is ... or answer is None or (isinstance(answer, str) and not answer.strip()):
        return True
    if isinstance(answer, dict):
        return all(_is_stub(entry) for entry in answer.values())
    if inspect.isclass(answer):
        return not any(inspect.isfunction(member) for member in vars(answer).values())
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    steps = [(step.opname, step.argval) for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP", "COPY_FREE_VARS")]
    return steps in ([("LOAD_CONST", None), ("RETURN_VALUE", None)], [("RETURN_CONST", None)])


def _is_stub_error(answer: object, error: BaseException) -> bool:
    """``raise NotImplementedError`` in the answer itself, not in something that it calls."""
    frames = sandbox.own_lines(error.__traceback__)
    if type(error) is not NotImplementedError or not frames:
        return False
    code = frames[-1][0].f_code
    if inspect.isclass(answer):
        return any(getattr(member, "__code__", None) is code for each in answer.__mro__ for member in vars(each).values())
    return getattr(inspect.unwrap(answer), "__code__", None) is code


def _wrong_thing(exercise: Exercise, answer: object) -> Failure | None:
    """An answer of another sort altogether than the exercise asks for."""
    if exercise.kind in CODE:
        sort = "class" if inspect.isclass(exercise.reference) else "function"
        if sort == "class" and not inspect.isclass(answer):
            cause = f'Hand in the class itself: check("{exercise.id}", {exercise.name}), not {exercise.name}(...).'
            return Failure("the answer", expected=f"the class {exercise.name}", got=show(answer), cause=cause)
        if not callable(answer):
            cause = f'Hand in the {sort} itself, without quotation marks or brackets: check("{exercise.id}", {exercise.name}).'
            return Failure("the answer", expected=f"the {sort} {exercise.name}", got=show(answer), cause=cause)
    elif callable(answer):
        cause = "This exercise asks for a value, not for a function."
        return Failure("the answer", expected="a value", got=show(answer), cause=cause)
    return None


def _parameters(function: Callable) -> str:
    try:
        names = [str(parameter) for parameter in inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return "other parameters"
    return f"({', '.join(names)})"


def _clone(given: object) -> object:
    """The same inputs, but tensors and arrays copied; a copied tensor stays connected to the original's gradient."""
    if isinstance(given, Tensor):
        return given.clone()
    if isinstance(given, np.ndarray):
        return given.copy()
    if isinstance(given, dict):
        return {key: _clone(entry) for key, entry in given.items()}
    if type(given) in (tuple, list):
        return type(given)(_clone(entry) for entry in given)
    return given


def _same_contents(old: object, new: object) -> bool:
    if isinstance(old, Tensor):
        old, new = old.detach(), new.detach()
        return old.shape == new.shape and old.dtype == new.dtype and torch.equal(torch.nan_to_num(old), torch.nan_to_num(new))
    if isinstance(old, np.ndarray):
        return old.shape == new.shape and np.array_equal(old, new, equal_nan=old.dtype.kind in "fc")
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(_same_contents(old[key], new[key]) for key in old)
    if type(old) in (tuple, list):
        return len(old) == len(new) and all(map(_same_contents, old, new))
    return True
