"""Answers to 11.4 that must be rejected: what the message must say -> the answer."""

import torch


def terms(f, y, sigma, b):
    x_hat = f(y)
    change = (f(y + 0.001 * b) - x_hat) / 0.001
    return ((x_hat - y) ** 2).mean(), (sigma / 255) ** 2, (b * change).mean()


def put_together(rule):
    return lambda f, y, sigma, b: rule(*terms(f, y, sigma, b))


def right(distance, variance, divergence):
    return distance - variance + 2 * variance * divergence


def own(f, y, sigma, b):
    return right(*terms(f, y, sigma, torch.randn(y.shape, generator=torch.Generator(y.device).manual_seed(0), device=y.device)))


def all_together(f, y, sigma, b):
    distance, variance, _ = terms(f, y, sigma, b)
    return right(distance, variance, (f(y + 0.001) - f(y)).mean() / 0.001)


def no_difference(f, y, sigma, b):
    distance, variance, _ = terms(f, y, sigma, b)
    return right(distance, variance, (b * f(y + 0.001 * b)).mean() / 0.001)


WRONG = {
    "the wrong sign": put_together(lambda d, v, div: d - v - 2 * v * div),
    "factor 2 is missing": put_together(lambda d, v, div: d - v + v * div),
    "not multiplied by the variance": put_together(lambda d, v, div: d - v + 2 * div),
    "is not subtracted": put_together(lambda d, v, div: d + 2 * v * div),
    "not added": put_together(lambda d, v, div: d + v + 2 * v * div),
    "Where is the divergence": put_together(lambda d, v, div: d - v),
    "where σ² belongs": put_together(lambda d, v, div: right(d, v**0.5, div)),
    "divide by 255": lambda f, y, s, b: put_together(right)(f, y, 255 * s, b),
    "is a quotient": put_together(lambda d, v, div: right(d, v, 0.001 * div)),
    "cut it off": put_together(lambda d, v, div: right(d, v, div).clamp(min=0)),
    "took sums": lambda f, y, s, b: put_together(right)(f, y, s, b) * y.numel(),
    "all pixels together": all_together,
    "must meet the *change*": no_difference,
    "of your own": own,
}
