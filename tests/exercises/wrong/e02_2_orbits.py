"""Answers to 02.2 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e02_2_orbits import distance, findings

WRONG = {
    "before either player moves": findings(together=distance(0.0)),
    "the end of 300 rounds": findings(together=distance(0.0, True, rounds=300)),
    "You took the last row": findings(with_spread=distance(0.5, rounds=300)),
    "a spread of 1": findings(with_spread=distance(1.0)),
    "a weight of 1": findings(with_R1=distance(0.0, r1_weight=1.0)),
    "one thing at a time": findings(with_R1=distance(0.5, r1_weight=0.2)),
    "Say which games settle": findings() | {"conclusion": "R1 is good."},
    "nothing there yet": findings() | {"in turn": ...},
}
