"""Answers to 01.5 that must be rejected: what the message must say -> the answer."""

import torch


def errors(a, b):
    return (a - b).square().mean(dim=(-3, -2, -1))


WRONG = {
    "48.13 dB too high": lambda a, b: 10 * torch.log10(255**2 / errors(a, b)),
    "The sign": lambda a, b: 10 * torch.log10(errors(a, b)),
    "20 log10 of the MSE": lambda a, b: -20 * torch.log10(errors(a, b)),
    "root of the MSE, and then": lambda a, b: -10 * torch.log10(errors(a, b).sqrt()),
    "natural logarithm": lambda a, b: -10 * torch.log(errors(a, b)),
    "bels, not decibels": lambda a, b: -torch.log10(errors(a, b)),
    "averaged over the batch": lambda a, b: -10 * torch.log10((a - b).square().mean()),
    "mean absolute error": lambda a, b: -10 * torch.log10((a - b).abs().mean(dim=(-3, -2, -1))),
    "You summed": lambda a, b: -10 * torch.log10((a - b).square().sum(dim=(-3, -2, -1))),
    "largest value of this image": lambda a, b: 10 * torch.log10(b.max() ** 2 / errors(a, b)),
    "caps the PSNR": lambda a, b: 10 * torch.log10(1 / (errors(a, b) + 1e-4)),
    "cut it off": lambda a, b: torch.tensor((-10 * torch.log10(errors(a, b))).tolist()),
}
