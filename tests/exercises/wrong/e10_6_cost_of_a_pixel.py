"""Answers to 10.6 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "ratio of the weights": 554112 / 484416,
    "how many positions are that": 2.28774,
    "the same number of layers": 4,
    "count them as they are": 4.53333,
    "other way round": 121104 / 554112,
    "FFDNet's number": 121104,
    "DnCNN's number": 554112,
    "taken twice": 18.302,
}
