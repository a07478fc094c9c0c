"""Answers to 11.3 that must be rejected: what the message must say -> the answer."""

import torch


def place(y, generator, itself=False):
    while True:
        down, right = torch.randint(-2, 3, (2,), generator=generator, device=y.device).tolist()
        if itself or (down, right) != (0, 0):
            return down, right


def blinded(y, mask, generator, itself=False):
    blind = y.clone()
    chosen = mask.expand_as(y)
    blind[chosen] = y.roll(place(y, generator, itself), (-2, -1))[chosen]
    return blind


def squares(network, y, mask, generator, itself=False):
    return (network(blinded(y, mask, generator, itself)) - y) ** 2


def mean_over(error, mask):
    return (error * mask).sum() / mask.expand_as(error).sum()


def shown_itself(network, y, mask, generator):
    return mean_over((network(y) - y) ** 2, mask)


def black_dots(network, y, mask, generator):
    return mean_over((network(y * ~mask) - y) ** 2, mask)


def moved(network, y, mask, generator):
    return mean_over((network(y.roll(place(y, generator), (-2, -1))) - y) ** 2, mask)


def against_blind(network, y, mask, generator):
    blind = blinded(y, mask, generator)
    return mean_over((network(blind) - blind) ** 2, mask)


WRONG = {
    "still looks at all pixels": lambda n, y, m, g: squares(n, y, m, g).mean(),
    "nothing is hidden at all": lambda n, y, m, g: mean_over(squares(n, y, m, g, itself=True), m),
    "exactly the wrong ones": lambda n, y, m, g: mean_over(squares(n, y, m, g), ~m),
    "how many are hidden": lambda n, y, m, g: (squares(n, y, m, g) * m).mean(),
    "return the sum": lambda n, y, m, g: (squares(n, y, m, g) * m).sum(),
    "a third of the hidden": lambda n, y, m, g: (squares(n, y, m, g) * m).sum() / m.sum(),
    "to guess what was hidden": against_blind,
    "look for black dots": black_dots,
    "is shown y itself": shown_itself,
    "moved the whole image": moved,
}
