"""Answers to 09.4 that must be rejected: what the message must say -> the answer."""

import torch


def add_up(values, positions, shape):
    image = torch.zeros(shape)
    for value, (i, j) in zip(values, positions.tolist(), strict=True):
        image[i : i + value.shape[0], j : j + value.shape[1]] += value
    return image


def solve(blocks, positions, weights, window, shape, over=None):
    w = weights[:, None, None] * window
    return add_up(w * blocks, positions, shape) / add_up(w if over is None else over.expand_as(w), positions, shape)


def last_wins(blocks, positions, weights, window, shape):
    image = torch.zeros(shape)
    for block, (i, j) in zip(blocks, positions.tolist(), strict=True):
        image[i : i + len(block), j : j + len(block)] = block
    return image


WRONG = {
    "The weights are not used": lambda b, p, w, k, s: solve(b, p, torch.ones_like(w), k, s),
    "The window is not used": lambda b, p, w, k, s: solve(b, p, w, torch.ones_like(k), s),
    "did not divide": lambda b, p, w, k, s: add_up(w[:, None, None] * k * b, p, s),
    "You divided by the number of blocks": lambda b, p, w, k, s: solve(b, p, w, k, s, over=torch.ones_like(k)),
    "rims get too dark": lambda b, p, w, k, s: solve(b, p, w, k, s, over=w[:, None, None] * torch.ones_like(k)),
    "The weights are missing below the line": lambda b, p, w, k, s: solve(b, p, w, k, s, over=k),
    "a large weight must count more": lambda b, p, w, k, s: solve(b, p, 1 / w, k, s),
    "applied twice": lambda b, p, w, k, s: solve(b, p, w, k * k, s),
    "overwrites": last_wins,
}
