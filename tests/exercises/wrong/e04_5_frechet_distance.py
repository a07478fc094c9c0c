"""Answers to 04.5 that must be rejected: what the message must say -> the answer."""

import torch


def distance(mean=lambda d: (d**2).sum(), root=None, times=2.0, n=False, outer=lambda x: x):
    def fid(fake, real):
        fake, real = fake.double(), real.double()
        a, b = (torch.cov(x.T, correction=0 if n else 1) for x in (fake, real))
        if root is None:
            inside = torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().sum()
        else:
            inside = root(a, b)
        return outer(mean(fake.mean(0) - real.mean(0)) + a.trace() + b.trace() - times * inside)

    return fid


WRONG = {
    "distance of the means is squared": distance(mean=lambda d: d.norm()),
    "not averaged": distance(mean=lambda d: (d**2).mean()),
    "taken twice": distance(times=1.0),
    "entry by entry": distance(root=lambda a, b: (a * b).clamp(min=0).sqrt().trace()),
    "root of each of its entries": distance(root=lambda a, b: (a @ b).clamp(min=0).sqrt().trace()),
    "root of the trace": distance(root=lambda a, b: (a @ b).trace().clamp(min=0).sqrt()),
    "but not its root": distance(root=lambda a, b: (a @ b).trace()),
    "divided by n here": distance(n=True),
    "no root of the whole": distance(outer=torch.sqrt),
    "clamp at 0": distance(root=lambda a, b: torch.linalg.eigvals(a @ b).real.sqrt().sum()),
}
