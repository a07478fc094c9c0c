"""Answers to 02.3 that must be rejected: what the message must say -> the answer."""

import math

WRONG = {
    "agree everywhere": 2 * math.log(2),
    "which D maximises": -math.log(2),
    "on the data *and*": 0.5 * math.log(2),
    "costs something": 0.0,
    "in bits": 1.0,
    "not of base 10": math.log10(2),
    "share of the overlap": 0.5,
    "text: 'log 2'": "log 2",
}
