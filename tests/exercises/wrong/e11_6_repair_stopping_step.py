"""Answers to 11.6 that must be rejected: what the message must say -> the answer."""


def search(steps, losses, holds, otherwise):
    return next((step for step, loss in zip(steps, losses.tolist(), strict=True) if holds(loss)), otherwise)


def level(sigma):
    return sigma**2 / 255**2


def nearest(steps, losses, sigma):
    return min(zip((losses - level(sigma)).abs().tolist(), steps, strict=True))[1]


def last_above(steps, losses, sigma):
    above = [step for step, loss in zip(steps, losses.tolist(), strict=True) if loss > level(sigma)]
    return above[-1] if above else steps[0]


def place(steps, losses, sigma):
    return search(range(len(steps)), losses, lambda loss: loss <= level(sigma), len(steps) - 1)


def before(steps, losses, sigma):
    return steps[max(0, place(steps, losses, sigma) - 1)]


WRONG = {
    "error with σ": lambda steps, losses, s: search(steps, losses, lambda loss: loss <= s / 255, steps[-1]),
    "before you square": lambda steps, losses, s: search(steps, losses, lambda loss: loss <= s**2, steps[-1]),
    "cannot look ahead": nearest,
    "*last* step above": last_above,
    "not the first": lambda steps, losses, s: search(steps, losses, lambda loss: loss <= level(s), steps[0]),
    "place in the list": place,
    "one entry too early": before,
    "half of σ²": lambda steps, losses, s: search(steps, losses, lambda loss: loss <= level(s) / 2, steps[-1]),
}
