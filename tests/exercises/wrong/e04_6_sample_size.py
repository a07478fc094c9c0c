"""Answers to 04.6 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e04_6_sample_size import FIRST, findings

right = findings()

WRONG = {
    "the first part alone": right | {"fid 100": FIRST["fid"][0]},
    "have changed places.": right | {"fid 400": right["kid 400"]},
    "to itself": right | {"fid 1600": 0.0},
    "a bias of c/1600": right | {"fid without end": right["fid 1600"]},
    "counts four times": right | {"fid without end": (4 * right["fid 400"] - right["fid 1600"]) / 3},
    "what one would wish for": right | {"fid without end": 0.0},
    "nothing there yet": right | {"kid 1600": ...},
    "comparing two published FIDs": right | {"conclusion": "It depends on n."},
}
