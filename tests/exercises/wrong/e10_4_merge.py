"""Answers to 10.4 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e10_4_merge import variant

WRONG = {
    "divides by its root": variant(lambda n: n.weight / (n.running_var + n.eps)),
    "eps is missing": variant(lambda n: n.weight / n.running_var.sqrt()),
    "eps stands outside": variant(lambda n: n.weight / (n.running_var.sqrt() + n.eps)),
    "is missing in the scale": variant(lambda n: 1 / (n.running_var + n.eps).sqrt()),
    "scale the input channels": variant(axis=1),
    "own bias is lost": variant(bias=lambda b, n, s: n.bias - n.running_mean * s),
    "goes through the norm too": variant(bias=lambda b, n, s: n.bias + b - n.running_mean * s),
    "before the scaling": variant(bias=lambda b, n, s: n.bias + (b - n.running_mean)),
    "not added": variant(bias=lambda b, n, s: n.bias + (b + n.running_mean) * s),
    "own bias, is missing": variant(bias=lambda b, n, s: (b - n.running_mean) * s),
}
