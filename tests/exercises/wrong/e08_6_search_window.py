"""Answers to 08.6 that must be rejected: what the message must say -> the answer."""

SENTENCE = "A larger window only helps where h lets few wrong patches in."
RIGHT = {"best at h = 15": 41, "best at h = 25": 13, "lost": 0.96, "conclusion": SENTENCE}

WRONG = {
    "exchanged the two strengths": RIGHT | {"best at h = 15": 13, "best at h = 25": 41},
    "print the five numbers": RIGHT | {"best at h = 25": 41},
    "print two digits": RIGHT | {"best at h = 15": 21},
    "here a smaller one": RIGHT | {"best at h = 25": 21},
    "comes close": RIGHT | {"best at h = 25": 9},
    "one of the sizes": RIGHT | {"best at h = 25": 31},
    "without a sign": RIGHT | {"lost": -0.96},
    "about what 21 loses": RIGHT | {"lost": 0.2},
    "a difference of two": RIGHT | {"lost": 30.09},
    "nothing there yet": RIGHT | {"lost": ...},
    "eight words": RIGHT | {"conclusion": "It depends."},
}
