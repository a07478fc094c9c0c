"""Answers to 06.2 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e06_2_best_answer import said

WRONG = {
    "Halfway between": said(l2=0.55),
    "exchanged the probabilities": said(l2=0.62),
    "The upper value misses": said(l2=0.9),
    "The lower value misses": said(l2=0.2),
    "exchanged the two losses": said(l2=0.2, l1=0.48),
    "The mean is best for the squared error": said(l1=0.48),
    "had its minimum in the middle": said(l1=0.55),
    "at a = 0.9": said(l1=0.9),
    "smallest expected absolute error": said(l1=0.28),
    "smallest expected squared error": said(l2=0.1176),
    "the other value has its share": said(l2=0.36),
    "In per cent": said(l2=48),
    "nothing there yet": said(l1=...),
    "dict of findings": (0.48, 0.2),
}
