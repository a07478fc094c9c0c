"""Answers to 03.4 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "along one axis": 1.5,
    "That is kernel 3": 4.0,
    "2 does not divide 5": 1.0,
    "smallest over the largest": 4 / 9,
    "divide it by the smallest": 9.0,
    "the mean coverage": 6.25,
    "text: '9/4'": "9/4",
}
