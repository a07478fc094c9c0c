"""Answers to 04.2 that must be rejected: what the message must say -> the answer."""

import torch


def penalty(shape, *, create_graph=True, finish=lambda g: (g.flatten(1).norm(dim=1) - 1).square().mean(), detach=True, mix=True):
    def one(D, real, fake, generator):
        t = torch.rand(shape(real), generator=generator, device=real.device)
        fake = fake.detach() if detach else fake
        x = fake + t * (real - fake) if mix else fake.clone()
        x = x if x.requires_grad else x.requires_grad_(True)
        (g,) = torch.autograd.grad(D(x).sum(), x, create_graph=create_graph)
        return finish(g)

    return one


def rows(real):
    return (len(real), *[1] * (real.ndim - 1))


WRONG = {
    "do not feel": penalty(rows, create_graph=False),
    "one number for the whole batch": penalty(lambda real: (1,)),
    "leaves the segment": penalty(lambda real: real.shape),
    "the fakes themselves": penalty(rows, mix=False),
    "over the whole batch at once": penalty(rows, finish=lambda g: (g.norm() - 1) ** 2),
    "with its root": penalty(rows, finish=lambda g: (g.square().flatten(1).sum(1) - 1).square().mean()),
    "not the sum": penalty(rows, finish=lambda g: (g.flatten(1).norm(dim=1) - 1).square().sum()),
    "must not reach G": penalty(rows, detach=False),
}
