"""Answers to 12.8 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e12_8_lens import AT_04, AT_24, AT_BEST, BEST, findings

WRONG = {
    "enlargement alone scores best": findings(0.8, 0.51),
    "A gain is the network's score minus": findings(BEST, -AT_BEST, -AT_04, -AT_24),
    "You exchanged": findings(BEST, AT_BEST, AT_24, AT_04),
    "Those are scores": findings(BEST, 27.71, 23.83, 24.29),
    "behind the same lens": findings(BEST, 1.02, -2.86, -2.40),
    "corners of the cells": findings(2.0, 0.23, -2.11, 0.18),
    "at least eight words": {**findings(), "conclusion": "It believes in bicubic."},
}
