"""Answers to 12.1 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e12_1_unseen import adjoint, neither, repeated, rows_only, scaled_adjoint, variant

WRONG = {
    "the part that the reduction knows": variant(seen=True),
    "enlarge with the transposes": variant(adjoint),
    "s times the transpose": variant(scaled_adjoint),
    "Repeated pixels": variant(repeated),
    "Only the rows": rows_only,
    "lost in one of the two passes": neither,
}
