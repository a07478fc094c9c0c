"""Answers to 12.4 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e12_4_repair_psnr import full_range, variant

WRONG = {
    "1.3 dB higher": variant(channel=full_range),
    "of R, G and B": variant(channel=lambda x: x),
    "green channel": variant(channel=lambda x: x[1:2]),
    "neither rounded nor clipped": variant(bits=lambda x: x),
    "not rounded to whole": variant(bits=lambda x: x.clamp(0, 1)),
    "no file holds": variant(bits=lambda x: (255 * x).round() / 255),
    "border is still measured": variant(crop=lambda s: 0),
    "You cut more": variant(crop=lambda s: 2 * s),
    "One pixel is cut": variant(crop=lambda s: 1),
    "20 log₁₀ is for the root": variant(decibels=20),
}
