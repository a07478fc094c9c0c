"""Answers to 06.7 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e06_7_zero_loss import said

WRONG = {
    "one best answer": said(a=1),
    "The first has four to choose from": said(a=4),
    "maps that send two colours to the same one": said(a=256),
    "24 for G times 24 for F": said(a=576),
    "make one pair, not two": said(a=48),
    "The right one counts": said(a=23),
    "also the odd ones": said(a=12),
    "is found out": said(b=24),
    "with the other or without it": said(b=2),
    "Two colours have the frequency 0.4": said(b=1),
    "both: and neither": said(b=3),
    "2! ways for a pair": said(b=16),
    "cannot exchange with each other": said(b=8),
    "in this order or that": said(b=6),
    "whatever G exchanges": said(c=24),
    "One is left": said(c=0),
    "without changing how often each occurs": said(c=2),
    "nothing there yet": said(c=...),
    "text: 'many'": said(a="many"),
}
