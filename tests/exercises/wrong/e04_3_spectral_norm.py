"""Answers to 04.3 that must be rejected: what the message must say -> the answer."""

import torch


def iteration(sigma=lambda W, u, v: u @ W @ v, unit_v=True, begin=lambda u: u, give=lambda first, u: u):
    def normalised(weight, u, iterations):
        W, first = weight.flatten(1), u
        u = begin(u)
        with torch.no_grad():
            for _ in range(iterations):
                v = W.t() @ u
                if unit_v:
                    v = v / v.norm()
                u = torch.nn.functional.normalize(W @ v, dim=0)
        return weight / sigma(W, u, v), give(first, u)

    return normalised


WRONG = {
    "Frobenius norm": iteration(lambda W, u, v: W.norm()),
    "the longest row": iteration(lambda W, u, v: W.norm(dim=1).max()),
    "the largest entry": iteration(lambda W, u, v: W.abs().max()),
    "v must have length 1": iteration(unit_v=False),
    "a u of your own": iteration(begin=torch.ones_like),
    "that was handed in": iteration(give=lambda first, u: first),
    "a constant here to the gradient": iteration(lambda W, u, v: (u @ W @ v).item()),
    "two tensors": lambda weight, u, iterations: iteration()(weight, u, iterations)[0],
}
