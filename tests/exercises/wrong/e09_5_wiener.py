"""Answers to 09.5 that must be rejected: what the message must say -> the answer."""


def gain(p, sigma):
    return p**2 / (p**2 + (sigma / 255) ** 2)


def both(W, S):
    return W * S, 1 / (W**2).sum()


WRONG = {
    "vouches for itself": lambda S, P, sigma: both(gain(S, sigma), S),
    "divide by 255": lambda S, P, sigma: both(gain(P, 255 * sigma), S),
    "(σ/255) squared": lambda S, P, sigma: both(P**2 / (P**2 + sigma / 255), S),
    "compares powers": lambda S, P, sigma: both(P.abs() / (P.abs() + sigma / 255), S),
    "the part to remove": lambda S, P, sigma: both(1 - gain(P, sigma), S),
    "You shrank the pilot": lambda S, P, sigma: (gain(P, sigma) * P, both(gain(P, sigma), S)[1]),
    "You returned the factor": lambda S, P, sigma: (gain(P, sigma), both(gain(P, sigma), S)[1]),
    "squared in the weight": lambda S, P, sigma: (gain(P, sigma) * S, 1 / gain(P, sigma).sum()),
    "one over ΣW²": lambda S, P, sigma: (gain(P, sigma) * S, (gain(P, sigma) ** 2).sum()),
    "not a mean": lambda S, P, sigma: (gain(P, sigma) * S, 1 / (gain(P, sigma) ** 2).mean()),
    "Return two things": lambda S, P, sigma: gain(P, sigma) * S,
}
