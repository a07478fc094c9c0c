"""Answers to 09.8 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "if the three channels had the *same* noise": 25,
    "You divided by three": 8.333,
    "noise of the sum R + G + B": 43.3,
    "That is the variance": 208.33,
    "do not add": 75,
    "Right on the scale": 0.0566,
    "u = (R - B)/2": 17.678,
    "text: '14'": "14",
}
