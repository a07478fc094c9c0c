"""Answers to 02.1 that must be rejected: what the message must say -> the answer."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import logsigmoid, softplus

WRONG = {
    "trained to be caught": lambda t: bce(t, torch.zeros_like(t)),
    "saturating loss": lambda t: torch.log(1 - torch.sigmoid(t)).mean() if t.max() < 1.5 and t.min() >= -50 else -softplus(t).mean(),
    "The sign is turned": lambda t: logsigmoid(t).mean(),
    "applied twice": lambda t: bce(torch.sigmoid(t), torch.ones_like(t)),
    "not the sum": lambda t: bce(t, torch.ones_like(t), reduction="sum"),
    "take the mean.": lambda t: bce(t, torch.ones_like(t), reduction="none"),
    "Right on paper": lambda t: -torch.sigmoid(t).log().mean(),
    "caps the loss": lambda t: -(torch.sigmoid(t) + 1e-8).log().mean(),
}
