"""Answers to 05.2 that must be rejected: what the message must say -> the answer."""

import math

from course_lib.check.exercises.e05_2_claim_anew import LOSS

WRONG = {
    "D knows nothing": 2 * math.log(2),
    "That is V": -LOSS,
    "not always sure": 0.0,
    "in the shared region": math.log(2),
    "the others cost nothing": math.log(3 / 2) + math.log(3),
    "what the real samples cost": math.log(3 / 2),
    "four classes": math.log(5 / 4) + math.log(5) / 4,
    "In bits": LOSS / math.log(2),
}
