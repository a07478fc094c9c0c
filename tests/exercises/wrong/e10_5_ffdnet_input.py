"""Answers to 10.5 that must be rejected: what the message must say -> the answer."""

from torch.nn.functional import avg_pool2d, max_pool2d, pixel_unshuffle

from course_lib.check.exercises.e10_5_ffdnet_input import by_position, halves, variant

WRONG = {
    "divide the levels by 255": variant(level=lambda s: avg_pool2d(s, 2)),
    "largest level": variant(level=lambda s: max_pool2d(s / 255, 2)),
    "upper left level": variant(level=lambda s: s[:, :, ::2, ::2] / 255),
    "not the variance": variant(level=lambda s: (avg_pool2d(s, 2) / 255).square()),
    "The map comes last": variant(first=True),
    "belong together": variant(by_position),
    "tears the picture apart": variant(halves),
    "Rows and columns": variant(lambda y: pixel_unshuffle(y.transpose(2, 3), 2).transpose(2, 3)),
    "That is pooling": variant(lambda y: avg_pool2d(y, 2).repeat_interleave(4, dim=1)),
}
