"""Answers to 01.3 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "price of twice the MSE": -3.01,
    "wrong sign": 6.02,
    "not twice": 3.01,
    "how much it changes": -20.17,
    "asked is the change": 14.15,
    "a factor becomes a difference": -10.086,
    "the base 10": -1.386,
    "text: 'six'": "six",
}
