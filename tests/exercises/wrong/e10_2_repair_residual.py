"""Answers to 10.2 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e10_2_repair_residual import variant

WRONG = {
    "learns minus the noise": variant(lambda y, x: x - y, lambda y, n: y + n),
    "adds the noise": variant(use=lambda y, n: y + n),
    "subtracts an image": variant(lambda y, x: x),
    "without residual learning": variant(lambda y, x: x, lambda y, n: n),
    "forward returns the noise": variant(use=lambda y, n: n),
    "sum of the squares": variant(size=lambda e: e.square().sum()),
    "mean absolute error": variant(size=lambda e: e.abs().mean()),
    "forward clips": variant(use=lambda y, n: (y - n).clamp(0, 1)),
}
