"""Answers to 09.2 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "one direction": 3.55,
    "That is one block": 0.4438,
    "one coefficient of each block": 0.111,
    "That is the share": 0.0069339,
    "Few, but not none": 0,
    "that are removed": 1016.9,
    "no factor of 2": 14.2,
    "no right to survive": 1,
    "text: 'seven'": "seven",
}
