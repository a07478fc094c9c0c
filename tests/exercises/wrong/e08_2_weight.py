"""Answers to 08.2 that must be rejected: what the message must say -> the answer."""

import torch


def w(d2, sigma, h, noises=2, factor=1):
    return torch.exp(-torch.relu(d2 - noises * (sigma / 255) ** 2) / (factor * (h / 255) ** 2))


WRONG = {
    "max(…, 0) is missing": lambda d2, sigma, h: torch.exp((2 * (sigma / 255) ** 2 - d2) / (h / 255) ** 2),
    "punished for its noise": lambda d2, sigma, h: w(d2, sigma, h, noises=0),
    "hold two noises": lambda d2, sigma, h: w(d2, sigma, h, noises=1),
    "divide both by 255": lambda d2, sigma, h: torch.exp(-torch.relu(d2 - 2 * sigma**2) / h**2),
    "h must be one too": lambda d2, sigma, h: torch.exp(-torch.relu(d2 - 2 * (sigma / 255) ** 2) / (h / 255)),
    "no 2 in front": lambda d2, sigma, h: w(d2, sigma, h, factor=2),
    "smaller weight": lambda d2, sigma, h: 1 / w(d2, sigma, h),
    "grows with the distance": lambda d2, sigma, h: 1 - w(d2, sigma, h),
    "normalised later": lambda d2, sigma, h: torch.softmax(w(d2, sigma, h).log().flatten(), 0).view(d2.shape),
    "shape (6,)": lambda d2, sigma, h: w(d2, sigma, h).flatten(),
}
