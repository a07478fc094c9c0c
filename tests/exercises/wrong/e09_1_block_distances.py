"""Answers to 09.1 that must be rejected: what the message must say -> the answer."""

import torch


def differences(y, row, column, size):
    blocks = y.unfold(0, size, 1).unfold(1, size, 1)
    return 255 * (blocks - y[row : row + size, column : column + size])


def right(y, row, column, size):
    return (differences(y, row, column, size) ** 2).mean((2, 3))


def around_the_middle(y, row, column, size):
    return right(y, max(row - size // 2, 0), max(column - size // 2, 0), size)


WRONG = {
    "on the scale from 0 to 1": lambda *a: right(*a) / 255**2,
    "before it is squared": lambda *a: right(*a) / 255,
    "You summed over the block": lambda *a: right(*a) * a[3] ** 2,
    "No root": lambda *a: torch.sqrt(right(*a)),
    "absolute differences": lambda *a: differences(*a).abs().mean((2, 3)),
    "must not cancel": lambda *a: differences(*a).mean((2, 3)) ** 2,
    "exchanged row and column": lambda y, row, column, size: right(y, column, row, size),
    "not its middle": around_the_middle,
    "moved by a whole block": lambda *a: right(*a)[:: a[3], :: a[3]],
    "averaged over the positions": lambda *a: (differences(*a) ** 2).mean((0, 1)),
}
