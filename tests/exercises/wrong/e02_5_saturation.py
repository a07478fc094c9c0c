"""Answers to 02.5 that must be rejected: what the message must say -> the answer."""

import math

WRONG = {
    "Upside down": 0.01 / 0.99,
    "Nearly: 1/D": 100,
    "ratio of the losses": math.log(0.01) / math.log(0.99),
    "the non-saturating loss itself": -math.log(0.01),
    "loss alone": 0.99,
    "Sizes are asked": -99,
}
