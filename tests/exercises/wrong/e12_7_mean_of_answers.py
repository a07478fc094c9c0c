"""Answers to 12.7 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "Only the answers' share": 3.0103,
    "error in grey levels": 6.0206,
    "is for roots": 2.49877,
    "the ratio of the mean squares": 1.33333,
    "The sign": -1.24939,
    "single answer": 0,
    "what is left of the error": 1.76091,
}
