"""Answers to 09.7 that must be rejected: what the message must say -> the answer."""

SENTENCE = "Rather too large, because leftover noise costs more than lost detail."
RIGHT = {"best": 25, "too small": 6.07, "too large": 0.94, "conclusion": SENTENCE}

WRONG = {
    "20 leaves noise": RIGHT | {"best": 20},
    "30 comes close": RIGHT | {"best": 30},
    "one of the values": RIGHT | {"best": 26},
    "exchanged the two losses": RIGHT | {"too small": 0.94, "too large": 6.07},
    "without a sign": RIGHT | {"too small": -6.07, "too large": -0.94},
    "Those are PSNRs": RIGHT | {"too small": 23.72, "too large": 28.85},
    "an assumed 20 loses": RIGHT | {"too small": 1.42},
    "an assumed 30 loses": RIGHT | {"too large": 0.35},
    "nothing there yet": RIGHT | {"too large": ...},
    "eight words": RIGHT | {"conclusion": "Too large."},
}
