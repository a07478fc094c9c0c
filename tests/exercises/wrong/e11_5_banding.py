"""Answers to 11.5 that must be rejected: what the message must say -> the answer."""

SENTENCE = "A shared offset breaks the independence between pixels, not the one between shots."
RIGHT = {"worst": "SURE", "lost by pairs": 0.02, "lost by blind": 4.31, "conclusion": SENTENCE}

WRONG = {
    "another one suffers more": RIGHT | {"worst": "single shots, blind"},
    "among the best": RIGHT | {"worst": "pairs of shots"},
    "or nearly": RIGHT | {"worst": "clean images"},
    "one of the names": RIGHT | {"worst": "Stein"},
    "without a sign": RIGHT | {"lost by blind": -4.31},
    "exchanged the two losses": RIGHT | {"lost by pairs": 4.31, "lost by blind": 0.02},
    "the score itself": RIGHT | {"lost by blind": 21.53},
    "what SURE loses": RIGHT | {"lost by blind": 6.08},
    "on *white* noise": RIGHT | {"lost by blind": 0.72},
    "against the noisy image": RIGHT | {"lost by blind": 1.19},
    "nothing there yet": RIGHT | {"lost by pairs": ...},
    "eight words": RIGHT | {"conclusion": "It breaks."},
}
