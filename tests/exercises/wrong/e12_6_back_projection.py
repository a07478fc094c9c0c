"""Answers to 12.6 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e12_6_back_projection import only_the_correction, variant

WRONG = {
    "must become brighter": variant(sign=-1),
    "from the first estimate in every step": variant(anew=False),
    "One correction": variant(once=True),
    "replaces x̂ by the enlarged y": variant(outside=True),
    "Half a correction": variant(gain=0.5),
    "A clamp in every step": variant(clamp=True),
    "sum of the corrections": only_the_correction,
}
