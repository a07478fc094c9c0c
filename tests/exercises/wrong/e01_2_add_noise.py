"""Answers to 01.2 that must be rejected: what the message must say -> the answer."""

import torch


def right(x, sigma, generator):
    return x + torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device) * sigma / 255


def shared(x, sigma, generator):
    return x + torch.randn(x.shape[-3:], generator=generator, dtype=x.dtype, device=x.device) * sigma / 255


def uniform(x, sigma, generator):
    return x + torch.rand(x.shape, generator=generator, dtype=x.dtype, device=x.device) * sigma / 255


WRONG = {
    "sigma is in grey levels": lambda x, sigma, generator: right(x, 255 * sigma, generator),
    "You clipped": lambda x, sigma, generator: right(x, sigma, generator).clamp(0, 1),
    "Every image of the batch": shared,
    "never negative": uniform,
    "do not come from the generator": lambda x, sigma, generator: x + torch.randn_like(x) * sigma / 255,
    "generator of your own": lambda x, sigma, generator: right(x, sigma, torch.Generator().manual_seed(0)),
    "noise alone": lambda x, sigma, generator: right(x, sigma, generator) - x,
    "add_noise takes (x, sigma)": lambda x, sigma: x,
}
