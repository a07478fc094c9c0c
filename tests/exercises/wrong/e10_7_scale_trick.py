"""Answers to 10.7 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e10_7_scale_trick import AT_10, AT_50, BELOW, findings

WRONG = {
    "exchanged the two gains": findings(AT_10, AT_50),
    "minus the PSNR without": findings(-AT_50, -AT_10),
    "scaled the wrong way": findings(-1.91, -6.12),
    "Those are PSNRs": findings(23.69, 32.49),
    "The sign: below BM3D": findings(AT_50, AT_10, -BELOW),
    "without the trick lies below": findings(AT_50, AT_10, 6.07),
    "what is left of the trick": findings(AT_50, AT_10, BELOW, AT_50),
    "at least eight words": {**findings(), "conclusion": "It does not fit."},
}
