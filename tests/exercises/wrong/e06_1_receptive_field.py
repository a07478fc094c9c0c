"""Answers to 06.1 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e06_1_receptive_field import (
    added_up,
    area,
    as_a_float,
    distance,
    from_the_front,
    from_zero,
    last_stride_only,
    multiplied,
    own_stride,
    product,
    whole_kernels,
    without_strides,
)

WRONG = {
    "begin at the output": from_the_front,
    "left the strides out": without_strides,
    "have r − 1 gaps": product,
    "a whole kernel, k cells": whole_kernels,
    "behind a stride a kernel counts for more": added_up,
    "by k − s cells": multiplied,
    "how far neighbouring outputs lie apart": distance,
    "the layers *before* it": own_stride,
    "of all earlier layers multiply": last_stride_only,
    "with a side of 0": from_zero,
    "not a float": as_a_float,
    "asked is its side": area,
}
