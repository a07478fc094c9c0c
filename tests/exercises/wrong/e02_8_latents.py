"""Answers to 02.8 that must be rejected: what the message must say -> the answer."""

import torch

from course_lib.check.exercises.e02_7_gan_step import gan_step


def training(draw):
    """draw(round, rows, columns, seed) gives z."""

    def run(G, D, optimiser_G, optimiser_D, batches, seed):
        return [
            gan_step(G, D, optimiser_G, optimiser_D, real, draw(k, len(real), G.latent_dim, seed).to(real.device))
            for k, real in enumerate(batches)
        ]

    return run


def source(seed):
    return torch.Generator().manual_seed(seed)


def uniform(G, D, optimiser_G, optimiser_D, batches, seed):
    draws = source(seed)
    return [
        gan_step(G, D, optimiser_G, optimiser_D, real, torch.rand(len(real), G.latent_dim, generator=draws).to(real.device))
        for real in batches
    ]


def centred(G, D, optimiser_G, optimiser_D, batches, seed):
    draws = source(seed)
    return [
        gan_step(G, D, optimiser_G, optimiser_D, real, torch.rand(len(real), G.latent_dim, generator=draws).mul(2).sub(1).to(real.device))
        for real in batches
    ]


def one_row(G, D, optimiser_G, optimiser_D, batches, seed):
    draws = source(seed)
    return [
        gan_step(G, D, optimiser_G, optimiser_D, real, torch.randn(1, G.latent_dim, generator=draws).expand(len(real), -1).to(real.device))
        for real in batches
    ]


WRONG = {
    "before the loop": training(lambda k, rows, columns, seed: torch.randn(rows, columns, generator=source(seed))),
    "still uniform": uniform,
    "not N(0, 1)": centred,
    "the seed is not used": training(lambda k, rows, columns, seed: torch.randn(rows, columns, generator=source(torch.seed() % 2**31))),
    "the same point": one_row,
    "a list of 6": lambda G, D, optimiser_G, optimiser_D, batches, seed: [(1.386, 0.693)],
}
