"""Answers to 08.4 that must be rejected: what the message must say -> the answer."""

import torch


def squares(a, b):
    return (a - b).pow(2).mean(0)


def box(maps, p):
    return maps.unfold(-2, p, 1).unfold(-2, p, 1)


WRONG = {
    "does not depend on the patch's size": lambda a, b, p: box(squares(a, b), p).sum((-2, -1)),
    "mean over them too": lambda a, b, p: box((a - b).pow(2).sum(0), p).mean((-2, -1)),
    "must not cancel": lambda a, b, p: box(a - b, p).mean((-2, -1)).pow(2).mean(0),
    "absolute differences": lambda a, b, p: box((a - b).abs().mean(0), p).mean((-2, -1)),
    "No root": lambda a, b, p: box(squares(a, b), p).mean((-2, -1)).sqrt(),
    "stride=1": lambda a, b, p: torch.nn.functional.avg_pool2d(squares(a, b)[None], p)[0],
    "A border was added": lambda a, b, p: torch.nn.functional.avg_pool2d(squares(a, b)[None], p, 1, p // 2)[0],
    "a map of two axes": lambda a, b, p: box(squares(a, b), p).mean((-2, -1))[None],
}
