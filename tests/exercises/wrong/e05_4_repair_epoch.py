"""Answers to 05.4 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e05_4_repair_epoch import variant, with_repetition

WRONG = {
    "different permutations": variant(factors_own=True),
    "still mirrored": variant(mirror="as it was"),
    "With the slant's sign changed": variant(mirror="slant turned"),
    "the labels have an order of their own": variant(labels_own=True),
    "nothing is shuffled": variant(unshuffled=True),
    "every epoch the same order": variant(seeded=True),
    "Some rows are gone": variant(lost=True),
    "Drawn with repetition": with_repetition,
}
