"""Answers to 11.1 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "cannot follow it": 64,
    "without any error": 625,
    "not they themselves": 1089,
    "two root mean squares": 33,
    "the root of it": 26.249,
    "counted the noise twice": 1314,
    "nothing is subtracted": 561,
    "scale of 255": 0.010596,
    "text: 'large'": "large",
}
