"""Answers to 12.5 that must be rejected: what the message must say -> the answer."""

from torch.nn.functional import pixel_unshuffle

from course_lib.check.exercises.e12_5_repair_shuffle import variant, viewed

WRONG = {
    "colours get mixed": variant(channel_last=True),
    "column by column": variant(order=(0, 1, 4, 3, 5, 2)),
    "whole images side by side": variant(order=(0, 1, 2, 4, 3, 5)),
    "lies on its side": variant(order=(0, 1, 5, 2, 4, 3)),
    "A reshape alone": viewed,
    "the way back": lambda maps, scale: pixel_unshuffle(maps, scale),
    "mirrored": lambda maps, scale: variant()(maps, scale).flip(-1),
}
