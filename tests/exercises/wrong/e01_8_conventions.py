"""Answers to 01.8 that must be rejected: what the message must say -> the answer."""

SENTENCE = "The largest error is fifteen times what separates two good papers."
RIGHT = {"A": "torch", "B": "grey", "C": "RGB", "largest": 1.46, "conclusion": SENTENCE}

WRONG = {
    "lie close together": RIGHT | {"B": "RGB", "C": "grey"},
    "a few hundredths": RIGHT | {"A": "border"},
    "about a hundredth": RIGHT | {"A": "unrounded"},
    "one of the names": RIGHT | {"A": "PIL"},
    "makes the number worse": RIGHT | {"largest": 0.74},
    "far it lies from": RIGHT | {"largest": 27.87},
    "nothing there yet": RIGHT | {"C": ...},
    "eight words": RIGHT | {"conclusion": "A lot."},
}
