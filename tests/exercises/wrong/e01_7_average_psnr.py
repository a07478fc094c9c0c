"""Answers to 01.7 that must be rejected: what the message must say -> the answer."""

import torch


def of_each(a, b, peak=1.0):
    return 10 * torch.log10(peak**2 / (a - b).square().mean(dim=(1, 2, 3)))


WRONG = {
    "average the decibels": lambda a, b: -10 * torch.log10((a - b).square().mean()),
    "still depends on the data": lambda a, b: of_each(a, b, b.max()).mean(),
    "peak of each image": lambda a, b: of_each(a, b, b.amax(dim=(1, 2, 3))).mean(),
    "the average of them": of_each,
    "not 255": lambda a, b: of_each(a, b, 255.0).mean(),
    "shape (1,)": lambda a, b: of_each(a, b).mean()[None],
}
