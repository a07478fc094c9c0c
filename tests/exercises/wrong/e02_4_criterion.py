"""Answers to 02.4 that must be rejected: what the message must say -> the answer."""

import math

import torch

from course_lib.losses import generator_criterion, jensen_shannon


def with_nan(p, q):
    D = p / (p + q)
    return (p * D.log()).sum() + (q * (1 - D).log()).sum()


def data_only(p, q):
    return torch.xlogy(p, p / (p + q).clamp_min(1e-30)).sum()


WRONG = {
    "0 in the limit": with_nan,
    "without the - log 4": lambda p, q: 2 * jensen_shannon(p, q),
    "counts twice": lambda p, q: jensen_shannon(p, q) - math.log(4),
    "logarithms of probabilities are negative": lambda p, q: -generator_criterion(p, q),
    "second expectation is missing": data_only,
    "not divided by the number": lambda p, q: generator_criterion(p, q) / p.numel(),
    "shape (3": lambda p, q: torch.xlogy(p, p) + torch.xlogy(q, q) if len(p) == 3 else torch.zeros(3),
}
