"""Answers to 04.7 that must be rejected: what the message must say -> the answer."""

import math

WRONG = {
    "all are equally frequent": 3,
    "in nats; the score is exp": 1.5 * math.log(2),
    "in bits; the score is 2": 1.5,
    "never below 1": 2**-1.5,
    "the full score": 10,
    "exp of a KL in bits": math.exp(1.5),
}
