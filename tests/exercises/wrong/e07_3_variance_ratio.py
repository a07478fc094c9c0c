"""Answers to 07.3 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "still has to be taken off": 8.5,
    "Divide by that of the other": 30.0,
    "asked is the other way round": 4 / 30,
    "not by 2": 15.0,
    "ratio of the standard deviations": 2.739,
    "which you have kept": 3.75,
    "not the variances": 1.0,
    "text: '30/4'": "30/4",
}
