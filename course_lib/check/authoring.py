"""Everything that an exercise file imports: how to declare a test, a known mistake, and what is expected.

A test is a small function of ``(answer, case)`` that calls the answer as a learner would and states what it expects::

    @property_test("range", points=1)
    def stays_in_range(answer, case):
        expect_range(answer(torch.tensor([[[0.2, 0.9]]]), 0.3), 0, 1)

The engine adds the input of the last call to the message of a failed test, and looks whether one of the exercise's known
mistakes fails the same test with the same value: then its diagnosis is the likely cause.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

FEW = 8  # so many numbers of a tensor are shown, no more


class Failed(Exception):  # noqa: N818 - a test's verdict, not an error
    """The verdict of a test that does not hold, in words, with the value it was found on."""

    def __init__(self, expected: str, got: str, *, value: object, input: str = "", cause: str = "", certain: bool = False):
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got, self.value, self.input, self.cause, self.certain = expected, got, value, input, cause, certain


class PropertyTest(NamedTuple):
    """One test of an exercise: the property's name, its share of the points, the function."""

    name: str
    points: int
    function: Callable

    def __call__(self, answer: object, case: object) -> object:
        return self.function(answer, case)


class Mistake(NamedTuple):
    """A wrong answer that people give, and what to tell them."""

    answer: object
    message: str


def property_test(name: str, points: int = 0) -> Callable[[Callable], PropertyTest]:
    """Mark a function of ``(answer, case)`` as a test of the property ``name``, worth ``points``.

    Give points to the tests that an idle answer (zeros, or the input itself) does not pass; the others are free.
    """
    return lambda function: PropertyTest(name, points, function)


def mistake(answer: object, message: str) -> Mistake:
    """A wrong answer with its diagnosis. ``answer`` is what a learner would hand in: a function, a class, a number, a dict.

    Examples
    --------
    >>> mistake(lambda image, amount: image + amount, "You did not clamp the result.").message
    'You did not clamp the result.'
    """
    return Mistake(answer, message)


def expect(holds: object, *, expected: str, got: object, input: str = "", cause: str = "") -> None:
    """The general expectation: ``holds`` must be true; ``expected`` says in words what was wanted."""
    if not bool(holds):
        raise Failed(expected, show(got), value=got, input=input, cause=cause)


def expect_type(got: object, kind: type | tuple[type, ...], *, input: str = "", cause: str = "") -> None:
    """The answer gives back an instance of ``kind`` (a type, or a tuple of types)."""
    if not isinstance(got, kind):
        wanted = " or ".join(_a(each) for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise Failed(wanted, f"{_a(type(got))}: {show(got)}", value=type(got), input=input, cause=cause)


def expect_shape(got: object, shape: Sequence[int], *, input: str = "", cause: str = "") -> None:
    """A tensor of exactly this shape."""
    expect_type(got, Tensor, input=input, cause=cause)
    if tuple(got.shape) != tuple(shape):
        raise Failed(f"shape {tuple(shape)}", f"shape {tuple(got.shape)}", value=tuple(got.shape), input=input, cause=cause)


def expect_dtype(got: object, like: Tensor, *, input: str = "", cause: str = "") -> None:
    """A tensor of the same dtype, on the same device as ``like``."""
    expect_type(got, Tensor, input=input, cause=cause)
    if (got.dtype, got.device) != (like.dtype, like.device):
        wanted, came = (f"{_dtype(each)} on {each.device}" for each in (like, got))
        raise Failed(wanted, came, value=(got.dtype, got.device), input=input, cause=cause)


def expect_range(got: object, low: float | int, high: float | int, *, input: str = "", cause: str = "") -> None:
    """A tensor whose values all lie in [low, high]; NaN does not."""
    expect_type(got, Tensor, input=input, cause=cause)
    if not bool(((got >= low) & (got <= high)).all()):
        raise Failed(f"every value from {low:g} to {high:g}", show(got), value=got, input=input, cause=cause)


def expect_close(got: object, expected: object, tol: float | int = 1e-5, *, input: str = "", cause: str = "") -> None:
    """Numbers or tensors equal to ``tol`` (absolute, largest difference); a tensor must have the shape of ``expected``.

    Examples
    --------
    >>> expect_close(0.7, 0.70000001)
    >>> expect_close(torch.tensor([0.3, 0.4]), torch.tensor([0.3, 0.5]))
    Traceback (most recent call last):
    course_lib.check.authoring.Failed: expected tensor (2): 0.3, 0.5, got tensor (2): 0.3, 0.4
    """
    if isinstance(expected, Tensor) and expected.ndim:
        expect_shape(got, expected.shape, input=input, cause=cause)
        difference = (got.detach().cpu().double() - expected.detach().cpu().double()).abs()
    else:
        if not _is_number(got):
            cause = cause or "A number is wanted here."
            raise Failed(show(expected), f"{_a(type(got))}: {show(got)}", value=type(got), input=input, cause=cause)
        difference = torch.tensor(abs(float(got) - float(expected)), dtype=torch.float64)
    if bool((difference <= tol).all()):  # a NaN is not
        return
    if not cause and math.isnan(difference.sum().item()) and not math.isnan(_sum(expected)):
        cause = "NaN (not a number): something like 0/0, log(0) or the root of a negative number came up on the way."
    raise Failed(*_beside(expected, got, difference, tol), value=got, input=input, cause=cause)


def expect_gradient(
    value: object,
    *,
    reaches: Mapping[str, Tensor | nn.Module] | None = None,
    stops_at: Mapping[str, Tensor | nn.Module] | None = None,
    input: str = "",
    cause: str = "",
) -> None:
    """The gradient of ``value`` (summed) is non-zero in all of ``reaches`` and zero or absent in all of ``stops_at``.

    Parameters
    ----------
    value : Tensor
        What the answer gave back, of any shape.
    reaches, stops_at : mapping of name to Tensor or Module
        Tensors that require a gradient; a module stands for its parameters, each of which is looked at.
    """
    expect_type(value, Tensor, input=input, cause=cause)
    reaches, stops_at = _tensors(reaches or {}), _tensors(stops_at or {})
    everything = {**reaches, **stops_at}
    if value.requires_grad:
        gradients = torch.autograd.grad(value.sum(), list(everything.values()), allow_unused=True, retain_graph=True)
    else:
        gradients = [None] * len(everything)
    moved = {name for name, gradient in zip(everything, gradients, strict=True) if gradient is not None and bool((gradient != 0).any())}
    missing = [name for name in reaches if name not in moved]
    leaking = [name for name in stops_at if name in moved]
    if missing:
        cut = "The result has no gradient at all: .item(), .detach(), .data, NumPy or torch.no_grad() cut it off."
        cut = "" if value.requires_grad else cut
        got = f"no gradient in {', '.join(missing[:3])}"
        raise Failed(f"a gradient that reaches {', '.join(list(reaches)[:3])}", got, value=tuple(missing), input=input, cause=cause or cut)
    if leaking:
        cut = f"Something is missing that cuts the gradient off from {leaking[0]}, such as .detach() or torch.no_grad()."
        got = f"a gradient in {', '.join(leaking[:3])}"
        raise Failed(f"no gradient in {', '.join(list(stops_at)[:3])}", got, value=tuple(leaking), input=input, cause=cause or cut)


def expect_unchanged(answer: object) -> None:
    """None of the calls so far in this test changed a tensor that was handed in."""
    changed = answer.changed
    if changed:
        cause = "+=, *=, an assignment to a part, and names that end in _ such as clamp_ work in place, on the caller's own tensor."
        raise Failed("the input as it was", f"{changed[0]} changed by the call", value=tuple(changed), cause=cause)


def expect_entry(answer: object, key: str, kind: type | tuple[type, ...] = (int, float)) -> object:
    """The entry ``key`` of a dict of findings, filled in and of the right type; returns it."""
    expect_type(answer, dict, cause="Hand in the dict of findings that the exercise asks for.")
    if key not in answer or answer[key] is ... or answer[key] is None:
        raise Failed(f"an entry {key!r}", "nothing there yet", value=key, cause="Fill in every entry, and leave the names as they are.")
    entry = answer[key]
    if not isinstance(entry, kind) and not (kind == (int, float) and _is_number(entry)):
        wanted = " or ".join(_a(each) for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise Failed(f"{wanted} under {key!r}", f"{_a(type(entry))}: {show(entry)}", value=type(entry))
    return float(entry) if kind == (int, float) else entry


def show(value: object, digits: int = 4) -> str:
    """A value in a few characters: shape and the first numbers of a tensor, never a raw dump.

    Examples
    --------
    >>> show(torch.tensor([[0.25, 1.0]]))
    'tensor (1, 2): 0.25, 1'
    >>> show(torch.zeros(3, 8, 8))
    'tensor (3, 8, 8): 0, 0, 0, … (min 0, max 0, mean 0)'
    """
    if isinstance(value, np.ndarray):
        return "array" + show(torch.from_numpy(np.ascontiguousarray(value)), digits)[6:] if value.dtype.kind in "fiub" else "an array"
    if isinstance(value, Tensor):
        return _show_tensor(value.detach().cpu(), digits)
    if isinstance(value, bool | np.bool_ | int | np.integer) or value is None:
        return str(value)
    if isinstance(value, float | np.floating):
        return f"{float(value):.{digits}g}"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:60] + "…")
    if isinstance(value, dict):
        inside = [f"{show(key)}: {show(entry, digits)}" for key, entry in list(value.items())[:FEW]]
        return "{" + ", ".join(inside) + (", …" if len(value) > FEW else "") + "}"
    if isinstance(value, tuple | list):
        inside = ", ".join([show(entry, digits) for entry in value[:FEW]] + (["…"] if len(value) > FEW else []))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    if value is ...:
        return "..."
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    return _a(type(value))


def _show_tensor(x: Tensor, digits: int) -> str:
    kind = "tensor" if x.dtype in (torch.float32, torch.float64) else f"tensor of {_dtype(x)}"
    if x.ndim == 0:
        return f"{kind} {_number(x.item(), digits)}"
    shape = "(" + ", ".join(str(n) for n in x.shape) + ")"
    if x.numel() == 0:
        return f"{kind} {shape}, empty"
    values = [_number(number, digits) for number in x.flatten()[:FEW].tolist()]
    if x.numel() <= FEW:
        return f"{kind} {shape}: {', '.join(values)}"
    if x.is_complex() or x.dtype == torch.bool:
        return f"{kind} {shape}: {', '.join(values[:3])}, …"
    low, high, mean = (_number(number, digits) for number in (x.min().item(), x.max().item(), x.double().mean().item()))
    return f"{kind} {shape}: {', '.join(values[:3])}, … (min {low}, max {high}, mean {mean})"


def _beside(expected: object, got: object, difference: Tensor, tol: float | int) -> tuple[str, str]:
    """Expected and got in words: whole if small, else where they differ most; with as many digits as it takes."""
    if difference.numel() > FEW:
        flat = torch.where(difference.isnan(), torch.inf, difference).flatten()
        place = [int(i) for i in np.unravel_index(int(flat.argmax()), tuple(difference.shape))]
        where = f"at {place}"
        many = f"({int((flat > tol).sum())} of {flat.numel()} values differ; here most)"
        expected, got = expected[tuple(place)].item(), got[tuple(place)].item()
    else:
        where, many = "", ""
    for digits in (4, 7, 12):
        left, right = show(expected, digits), show(got, digits)
        if left != right:
            break
    return " ".join(filter(None, (left, where))), " ".join(filter(None, (right, where, many)))


def _tensors(named: Mapping[str, Tensor | nn.Module]) -> dict[str, Tensor]:
    found = {}
    for name, each in named.items():
        if isinstance(each, nn.Module):
            found.update({f"{name}.{inner}": parameter for inner, parameter in each.named_parameters()})
        else:
            found[name] = each
    return found


def _number(number: object, digits: int) -> str:
    return f"{number:.{digits}g}" if isinstance(number, float) else str(number)


def _is_number(value: object) -> bool:
    if isinstance(value, Tensor):
        return value.numel() == 1 and value.dtype != torch.bool and not value.is_complex()
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _sum(value: object) -> float:
    return float(value.detach().double().sum()) if isinstance(value, Tensor) else float(value)


def _dtype(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _a(kind: type) -> str:
    name = {int: "whole number", float: "number", str: "text", Tensor: "tensor", bool: "True or False"}.get(kind, kind.__name__)
    return name if kind in (str, bool) else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
