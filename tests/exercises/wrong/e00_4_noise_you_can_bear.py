"""Answers to 00.4 that must be rejected: what the message must say -> the answer."""

RIGHT = {"psnr_10": 28.1, "psnr_25": 20.2, "psnr_50": 14.2, "details_gone": 35, "conclusion": "Fine text goes first, strong edges stay."}

WRONG = {
    "did you clip": RIGHT | {"psnr_10": 28.3, "psnr_25": 20.6, "psnr_50": 14.9},
    "10 log10": RIGHT | {"psnr_10": 14.065, "psnr_25": 10.086, "psnr_50": 7.076},
    "mean squared errors": RIGHT | {"psnr_10": 0.001538, "psnr_25": 0.009612, "psnr_50": 0.03845},
    "not 25 / 255": RIGHT | {"psnr_10": 76.26, "psnr_25": 68.3, "psnr_50": 62.28},
    "nothing there yet": RIGHT | {"psnr_50": ...},
    "details_gone above 0": RIGHT | {"details_gone": 0},
    "five words": RIGHT | {"conclusion": "Bad."},
    "the dict of findings": [28.1, 20.2, 14.2],
}
