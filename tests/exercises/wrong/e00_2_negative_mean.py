"""Answers to 00.2 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "the mean of the image itself": 0.3,
    "the mean of -x": -0.3,
    "You added": 1.3,
    "scale from 0 to 255": 178.5,
    "a percentage": 70,
    "0.68": 0.68,
    "A number is wanted": "0.7",
    "a value, not": lambda: 0.7,
}
