"""Answers to 05.7 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e05_7_perfect_acgan import ACCURACY, DATA, KEPT_1, KEPT_2, findings

WRONG = {
    "exchanged the two gaps": findings(KEPT_2, KEPT_1),
    "spreads of G's samples": findings(0.283, 0.422),
    "The other way round": findings(1 / KEPT_1, 1 / KEPT_2),
    "a neighbour on either side": findings(0.796, 0.925),
    "exchanged G's samples and the data": findings(accuracy=DATA, of_data=ACCURACY),
    "are for gap 2": findings(accuracy=0.996, of_data=0.970),
    "divide the sum by 3": findings(accuracy=3 * ACCURACY, of_data=3 * DATA),
    "In per cent": findings(accuracy=100 * ACCURACY, of_data=100 * DATA),
    "at least eight words": {**findings(), "conclusion": "The objective."},
}
