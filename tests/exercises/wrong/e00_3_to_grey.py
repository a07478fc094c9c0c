"""Answers to 00.3 that must be rejected: what the message must say -> the answer."""

import torch

WEIGHTS = torch.tensor([0.2989, 0.5870, 0.1140]).view(3, 1, 1)
BAD = torch.tensor([0.2989, 0.6870, 0.1140]).view(3, 1, 1)


def grey(image, weights):
    return (image * weights.to(image.device)).sum(dim=0, keepdim=True)


WRONG = {
    "divided by the sum": lambda image: grey(image, BAD / BAD.sum()),
    "hides the error": lambda image: grey(image, BAD).clamp(max=1),
    "plain mean": lambda image: image.mean(0, keepdim=True),
    "exchanged red and blue": lambda image: grey(image, WEIGHTS.flip(0)),
    "away from red": lambda image: grey(image, BAD - torch.tensor([0.1, 0, 0]).view(3, 1, 1)),
    "lost the channel axis": lambda image: grey(image, WEIGHTS)[0],
    "over the rows": lambda image: image.sum(1, keepdim=True),
    "do not sum to 1": lambda image: 0.9 * grey(image, WEIGHTS),
    "The size of tensor a": lambda image: (image * torch.ones(1, 7, 1)).sum(0, keepdim=True),
}
