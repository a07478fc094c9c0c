"""Answers to 08.1 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "noise of one is not the noise of the other": 0,
    "variance of one noise": 625,
    "not 2 sigma²": 50,
    "the typical difference": 35.36,
    "You squared 2 sigma": 2500,
    "sum over 49 pixels": 61250.0,
    "scale from 0 to 1": 0.01922,
    "text: '1250'": "1250",
}
