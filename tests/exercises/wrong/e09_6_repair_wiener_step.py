"""Answers to 09.6 that must be rejected: what the message must say -> the answer."""

import torch


def step(y, pilot, groups, sigma, T, H, judge="pilot", weigh=lambda W: 1 / (W**2).sum(), shrink="noisy", below=True):
    n, above, under = len(T), torch.zeros_like(y), torch.zeros_like(y)
    for corners in groups.tolist():
        spectrum = {}
        for name, image in (("noisy", y), ("pilot", pilot)):
            blocks = torch.stack([image[i : i + n, j : j + n] for i, j in corners])
            spectrum[name] = torch.tensordot(H, T @ blocks @ T.T, 1)
        W = spectrum[judge] ** 2 / (spectrum[judge] ** 2 + (sigma / 255) ** 2)
        blocks = T.T @ torch.tensordot(H.T, W * spectrum[shrink], 1) @ T
        for (i, j), block in zip(corners, blocks, strict=True):
            above[i : i + n, j : j + n] += weigh(W) * block
            under[i : i + n, j : j + n] += weigh(W) if below else 1
    return above / under


WRONG = {
    "every group still counts the same": lambda *a: step(*a, weigh=lambda W: 1),
    "change the pilot, and nothing happens": lambda *a: step(*a, judge="noisy"),
    "it must fall": lambda *a: step(*a, weigh=lambda W: (W**2).sum()),
    "square the gains": lambda *a: step(*a, weigh=lambda W: 1 / W.sum()),
    "the pilot is filtered as well": lambda *a: step(*a, shrink="pilot"),
    "the brightness changes": lambda *a: step(*a, below=False),
    "exchanged y and the pilot": lambda y, pilot, *a: step(pilot, y, *a),
}
