"""Exercises that answer: ``check`` what you wrote, climb the ladder of ``hint``, go on with ``use``.

    check("02.1", generator_loss)                     # not attempted, wrong, partly or passed, and why
    hint("02.1")                                      # the next hint
    generator_loss = use("02.1", generator_loss)      # yours if it passes, else the library's

None of the three ever raises in a learner's hands. Two environment variables make checks raise, for automatic runs:
``COURSE_STRICT=1`` unless the check passes (the solutions), ``COURSE_EXPECT=not-attempted`` unless the check says just that
(the generated notebooks). Graders call ``check_result``, which returns a ``Result`` and shows nothing.
"""

import os

from course_lib.check import record, report
from course_lib.check.engine import NOT_ATTEMPTED, PASSED, Case, Exercise, Result, check_result, load

__all__ = ["Case", "CheckNotPassed", "Exercise", "Result", "check", "check_result", "hint", "load", "use"]


class CheckNotPassed(AssertionError):
    """In an automatic run a check did not say what it must."""


def check(id: str, answer: object = ..., variant: int = 0) -> None:
    """Say whether an answer is right, and if not, why.

    Parameters
    ----------
    id : str
        The exercise, such as ``"02.1"``.
    answer : object
        What you wrote: the function or class itself, the number you predict, or your findings.
    variant : int
        Of the exercise, where a teacher has handed out another than the one in the course's own notebooks.

    Examples
    --------
    >>> check("00.2", ...)
    ○ 00.2 Predict the mean of a negative: not attempted
      Put your prediction in place of `...`, before you run the cell that shows the answer, then run this check.
      Stuck? hint("00.2")
    """
    result = _result(id, answer, variant)
    if result is not None:
        report.display(*report.describe(result), report.COLOUR[result.status])
        if result.status == PASSED and (trouble := record.remember(id)):
            report.display("? Your progress", [("", trouble)])
    _enforce(id, result)


def hint(id: str) -> None:
    """Show the next hint of an exercise; the last one says where the solution is."""
    try:
        exercise = load(id)
    except Exception as error:
        _cannot(error)
        return
    rung = min(_hints_seen.get(id, 0), len(exercise.rungs) - 1)
    _hints_seen[id] = rung + 1
    report.display(f"Hint {rung + 1} of {len(exercise.rungs)} for {id} {exercise.title}", [("", exercise.rungs[rung])])


_hints_seen: dict[str, int] = {}


def use(id: str, answer: object = ..., variant: int = 0) -> object:
    """Your answer if it passes, else the library's, so that the rest of the notebook works either way; says which."""
    result = _result(id, answer, variant)
    if result is None:
        _enforce(id, result)
        return answer
    exercise = load(id)
    what = exercise.name if exercise.kind in ("implement", "repair") else "answer"
    if result.status == PASSED:
        report.display(f"{id}: your own {what} is used from here on.", [], report.COLOUR[PASSED])
        return answer
    report.display(f"{id}: the library's {what} is used from here on (yours: {result.status}).", [])
    if os.environ.get("COURSE_STRICT", "0") not in ("", "0"):
        _enforce(id, result)
    return exercise.right_answer(Case(variant=variant))


def _result(id: str, answer: object, variant: int) -> Result | None:
    """The result, or None after saying why there is none."""
    try:
        return check_result(id, answer, seed=variant, variant=variant)
    except Exception as error:
        _cannot(error)
        return None


def _cannot(error: Exception) -> None:
    text = " ".join(str(error).split())
    report.display("? This cannot be checked", [("", text[:1].upper() + text[1:] or type(error).__name__)])


def _enforce(id: str, result: Result | None) -> None:
    """In an automatic run: raise unless the check says what it must."""
    wanted = os.environ.get("COURSE_EXPECT", "").replace("-", " ")
    if not wanted and os.environ.get("COURSE_STRICT", "0") not in ("", "0"):
        wanted = PASSED
    status = result.status if result else "unknown"
    if wanted and status != wanted:
        why = f": {result.message}" if result and status != NOT_ATTEMPTED else ""
        raise CheckNotPassed(f"{id} must be {wanted}, but is {status}{why}")
