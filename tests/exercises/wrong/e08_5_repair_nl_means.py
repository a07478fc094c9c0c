"""Answers to 08.5 that must be rejected: what the message must say -> the answer."""

import torch


def filtered(y, sigma, h, weigh, extra=0.0, count=False):
    height, width = y.shape[-2:]
    wide = torch.nn.functional.pad(y, (3, 3, 3, 3), mode="reflect")
    patches = wide.unfold(1, 3, 1).unfold(2, 3, 1)  # (C, H + 4, W + 4, 3, 3)
    middle = patches[:, 2:-2, 2:-2]
    values, weights = [], []
    for k in range(25):
        there = patches[:, k // 5 : k // 5 + height, k % 5 : k % 5 + width]
        d2 = (there - middle).square().mean(dim=(0, 3, 4))
        weights.append(weigh((d2 * 255**2 - 2 * sigma**2) / h**2))
        values.append(there[..., 1, 1])
    w = torch.stack(weights)
    return (w[:, None] * torch.stack(values)).sum(0) / (25 if count else w.sum(0) + extra)


WRONG = {
    "drowns the others": lambda y, s, h: filtered(y, s, h, lambda e: torch.exp(-e)),
    "belongs to no pixel": lambda y, s, h: filtered(y, s, h, lambda e: torch.exp(-e.relu()), extra=1.0),
    "not by the number of positions": lambda y, s, h: filtered(y, s, h, lambda e: torch.exp(-e.relu()), count=True),
    "closer* than noise explains": lambda y, s, h: filtered(y, s, h, lambda e: torch.exp(-e.abs())),
    "keeps the wrong side": lambda y, s, h: filtered(y, s, h, lambda e: torch.exp((-e).relu())),
    "a box filter": lambda y, s, h: filtered(y, s, h, torch.ones_like),
}
