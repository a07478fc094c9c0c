"""Answers to 08.3 that must be rejected: what the message must say -> the answer."""

import torch


def candidates(y, row, column, sigma, h, patch_size, search_window):
    """Values (N, C) and weights (N,) of the window, in another way than the reference has it."""
    r, reach = patch_size // 2, search_window // 2
    patches = y.unfold(1, patch_size, 1).unfold(2, patch_size, 1).permute(1, 2, 0, 3, 4)
    near = patches[row - reach - r : row + reach - r + 1, column - reach - r : column + reach - r + 1].flatten(0, 1)
    d2 = (near - patches[row - r, column - r]).square().flatten(1)
    return near[:, :, r, r], d2, near


def weights(d2, sigma, h):
    return torch.exp(-torch.relu(d2 - 2 * (sigma / 255) ** 2) / (h / 255) ** 2)


def right(y, row, column, sigma, h, p, s):
    values, d2, _ = candidates(y, row, column, sigma, h, p, s)
    w = weights(d2.mean(1), sigma, h)
    return values, w


def not_normalised(y, row, column, sigma, h, p=5, s=11):
    values, w = right(y, row, column, sigma, h, p, s)
    return (w[:, None] * values).mean(0)


def summed(y, row, column, sigma, h, p=5, s=11):
    values, d2, _ = candidates(y, row, column, sigma, h, p, s)
    w = weights(d2.sum(1), sigma, h)
    return (w[:, None] * values).sum(0) / w.sum()


def without_itself(y, row, column, sigma, h, p=5, s=11):
    values, w = right(y, row, column, sigma, h, p, s)
    w[len(w) // 2] = 0
    return (w[:, None] * values).sum(0) / w.sum()


def short_window(y, row, column, sigma, h, p=5, s=11):
    values, w = right(y, row, column, sigma, h, p, s)
    w = w.view(s, s)[:-1, :-1].flatten()
    values = values.view(s, s, -1)[:-1, :-1].flatten(0, 1)
    return (w[:, None] * values).sum(0) / w.sum()


def single_pixels(y, row, column, sigma, h, p=5, s=11):
    values, w = right(y, row, column, sigma, h, 1, s)
    return (w[:, None] * values).sum(0) / w.sum()


def surrounding(y, row, column, sigma, h, p=5, s=11):
    return right(y, row, column, sigma, h, p, s)[0].mean(0)


def patch_means(y, row, column, sigma, h, p=5, s=11):
    _, d2, near = candidates(y, row, column, sigma, h, p, s)
    w = weights(d2.mean(1), sigma, h)
    return (w[:, None] * near.mean(dim=(2, 3))).sum(0) / w.sum()


WRONG = {
    "not by the number of positions": not_normalised,
    "looks far away": summed,
    "pixel itself is left out": without_itself,
    "ends before b": short_window,
    "compare single pixels": single_pixels,
    "a box filter": surrounding,
    "noisy pixel itself": lambda y, row, column, sigma, h, p=5, s=11: y[:, row, column],
    "shape (3, 1, 1)": lambda y, row, column, sigma, h, p=5, s=11: y[:, row : row + 1, column : column + 1],
}
