"""Answers to 10.3 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e10_3_repair_validation import variant

WRONG = {
    "stays in eval mode": variant(after="eval"),
    "in any case": variant(after="train"),
    "normalised by its own mean": variant(mode="train", one_by_one=True),
    "another one in every call": variant(seed=None),
    "average the decibels": variant(pooled=True),
    "another and easier problem": variant(clip=True),
    "48.13 dB": variant(peak=255.0),
    "Too late": variant(mode="train", after="eval"),
}
