"""Answers to 12.3 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e12_3_repair_pair import full_range, pil_bicubic, torch_bicubic, variant
from course_lib.images import from_uint8, to_uint8
from course_lib.resample import imresize

WRONG = {
    "whatever the scale": variant(reduce=torch_bicubic),
    "rounds once, not twice": variant(reduce=lambda x, size: torch_bicubic(x, size, antialias=True)),
    "no twin of MATLAB's": variant(reduce=pil_bicubic),
    "y is not rounded to 8 bits": variant(reduce=lambda x, size: imresize(x, size=size)),
    "between the two passes as well": variant(reduce=lambda x, size: from_uint8(to_uint8(imresize(x, size=size)))),
    "not cropped": variant(crop=lambda x, scale: x),
    "8-bit files": variant(bits=lambda x: x),
    "runs from 0 to 255": variant(full_range),
    "the small image first": variant(swapped=True),
}
