"""Answers to 05.8 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "Inside the range, yes": "follows",
    "Nothing in G clips c": "stops",
    "no reason to lean back": "returns",
    "Later: the judge": "collapses",
    "Choose one of": "slant 0.7",
    "in quotation marks": 0.7,
}
