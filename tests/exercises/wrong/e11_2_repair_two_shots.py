"""Answers to 11.2 that must be rejected: what the message must say -> the answer."""

import torch


def noise(x, sigma, generator):
    return torch.randn(x.shape, generator=generator, device=x.device) * sigma / 255


def only_clipping_left(x, sigma, generator):
    return (x + noise(x, sigma, generator)).clip(0, 1), (x + noise(x, sigma, generator)).clip(0, 1)


def only_the_seed_left(x, sigma, generator):
    def fresh():
        return torch.Generator(x.device).manual_seed(generator.initial_seed())

    return x + noise(x, sigma, fresh()), x + noise(x, sigma, fresh())


def once(x, sigma, generator):
    y = x + noise(x, sigma, generator)
    return y, y.clone()


def opposite(x, sigma, generator):
    n = noise(x, sigma, generator)
    return x + n, x - n


def piled(x, sigma, generator):
    y = x + noise(x, sigma, generator)
    return y, y + noise(x, sigma, generator)


def own_seed(x, sigma, generator):
    generator = torch.Generator(x.device).manual_seed(0)
    return x + noise(x, sigma, generator), x + noise(x, sigma, generator)


def one_of_them(x, sigma, generator):
    return x + noise(x, sigma, generator)


WRONG = {
    "still clipped": only_clipping_left,
    "still begin from the same seed": only_the_seed_left,
    "use it for both": once,
    "sign changed": opposite,
    "more noise": piled,
    "the clean image": lambda x, s, g: (x + noise(x, s, g), x),
    "of your own": own_seed,
    "a tuple or a list": one_of_them,
}
