"""Answers to 01.4 that must be rejected: what the message must say -> the answer."""

import torch


def doubled(y):
    return y.repeat_interleave(2, -2).repeat_interleave(2, -1)


def corner(y):
    x = torch.zeros(*y.shape[:-2], 2 * y.shape[-2], 2 * y.shape[-1], dtype=y.dtype)
    x[..., ::2, ::2] = y
    return x


WRONG = {
    "That is the enlarged image": doubled,
    "is ¼, not ½": lambda y: doubled(y) / 2,
    "not the corner alone": corner,
    "You tiled": lambda y: torch.cat([torch.cat([y, y], -1)] * 2, -2) / 4,
    "That is A itself": lambda y: torch.nn.functional.avg_pool2d(y, 2),
    "shape (1, 4, 3)": lambda y: y.repeat_interleave(2, -2) / 4,
}
