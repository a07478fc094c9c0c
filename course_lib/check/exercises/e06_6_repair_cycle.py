"""06.6 repair: cycle and identity terms whose translators are asked for the wrong images."""

import torch
from torch import Tensor, nn

from course_lib.check.authoring import Failed, expect, expect_close, expect_gradient, expect_shape, mistake, property_test

TITLE = "Repair the cycle"
KIND = "repair"
NOTEBOOK = "06_image_to_image"
MINUTES = 12
DIFFICULTY = 2
POINTS = 12

HINTS = (
    "x are day pictures, G makes night of day, F day of night. Name the kind of each image between the brackets: is there one that gets a picture "
    "of the kind that it is to *make*, where it should get the other, or the other way round?",
    "cycle = |F(G(x)) − x| + |G(F(y)) − y|: the translator of your own kind comes first. identity = |G(y) − y| + |F(x) − x|: each is asked for what "
    "it is to make. All means over (n, 3, h, w).",
    """
    from x: there by G, back by F, beside x
    from y: there by F, back by G, beside y
    identity: a y into the one that makes y, beside that y; an x into the one that makes x, beside that x
    """,
)


def far(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference."""
    return (a - b).abs().mean()


def broken(G, F, x, y):
    """What is handed out: y goes round by G and F, and the identity term asks each for the other kind."""
    return far(F(G(x)), x) + far(F(G(y)), y), far(G(x), x) + far(F(y), y)


def broken_to_x(G, F, x, y):
    return far(G(F(x)), x) + far(G(F(y)), y), far(G(x), x) + far(F(y), y)


def broken_targets(G, F, x, y):
    return far(F(G(x)), y) + far(G(F(y)), x), far(G(x), x) + far(F(y), y)


BROKEN_VARIANTS = (broken_to_x, broken_targets)
HANDED_OUT = "cycle = (F(G(x)) - x).abs().mean() + (F(G(y)) - y).abs().mean()"
VARIANTS = (
    {HANDED_OUT: "cycle = (G(F(x)) - x).abs().mean() + (G(F(y)) - y).abs().mean()"},
    {HANDED_OUT: "cycle = (F(G(x)) - y).abs().mean() + (G(F(y)) - x).abs().mean()"},
)


def cycle_losses(G: nn.Module, F: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """(cycle, identity), both summed over the two directions; x and y (n, 3, h, w)."""
    cycle = (F(G(x)) - x).abs().mean() + (G(F(y)) - y).abs().mean()
    identity = (G(y) - y).abs().mean() + (F(x) - x).abs().mean()
    return cycle, identity


reference = cycle_losses


def variant(cycle=lambda G, F, x, y: far(F(G(x)), x) + far(G(F(y)), y), identity=lambda G, F, x, y: far(G(y), y) + far(F(x), x)):
    """The two terms with one of them done otherwise."""
    return lambda G, F, x, y: (cycle(G, F, x, y), identity(G, F, x, y))


only_the_cycle = variant(identity=lambda G, F, x, y: far(G(x), x) + far(F(y), y))
only_the_identity = variant(cycle=lambda G, F, x, y: far(F(G(x)), x) + far(F(G(y)), y))
other_way_round = variant(cycle=lambda G, F, x, y: far(G(F(x)), x) + far(F(G(y)), y))
one_cycle = variant(cycle=lambda G, F, x, y: far(F(G(x)), x))
only_back = variant(cycle=lambda G, F, x, y: far(G(F(y)), y))
half_identity = variant(identity=lambda G, F, x, y: far(G(y), y))
identity_of_F_wrong = variant(identity=lambda G, F, x, y: far(G(y), y) + far(F(y), y))
identity_of_G_wrong = variant(identity=lambda G, F, x, y: far(G(x), x) + far(F(x), x))
against_the_other = variant(identity=lambda G, F, x, y: far(G(x), y) + far(F(y), x))
mean_of_directions = variant(
    lambda G, F, x, y: (far(F(G(x)), x) + far(G(F(y)), y)) / 2, lambda G, F, x, y: (far(G(y), y) + far(F(x), x)) / 2
)
weighted = variant(lambda G, F, x, y: 10 * (far(F(G(x)), x) + far(G(F(y)), y)), lambda G, F, x, y: 5 * (far(G(y), y) + far(F(x), x)))
squares = variant(
    lambda G, F, x, y: (F(G(x)) - x).square().mean() + (G(F(y)) - y).square().mean(),
    lambda G, F, x, y: (G(y) - y).square().mean() + (F(x) - x).square().mean(),
)
sums = variant(
    lambda G, F, x, y: (F(G(x)) - x).abs().sum() + (G(F(y)) - y).abs().sum(),
    lambda G, F, x, y: (G(y) - y).abs().sum() + (F(x) - x).abs().sum(),
)
detached = variant(lambda G, F, x, y: far(F(G(x).detach()), x) + far(G(F(y).detach()), y))
between_fakes = variant(lambda G, F, x, y: far(G(x), y) + far(F(y), x))


def exchanged(G, F, x, y):
    return cycle_losses(G, F, x, y)[::-1]


def added(G, F, x, y):
    return sum(cycle_losses(G, F, x, y))


MISTAKES = (
    mistake(only_the_cycle, "The cycles are right. The identity term still asks G for an x, which it is to change."),
    mistake(only_the_identity, "The identity term is right. But one cycle still begins with the wrong translator: y must go to F first."),
    mistake(other_way_round, "Now both cycles begin with the wrong translator: what makes an x of a y cannot begin with an x."),
    mistake(broken_to_x, "y goes round the right way now, and x the wrong one; the identity term is as it was."),
    mistake(detached, "The values are right. But the first translator of each cycle was cut from the graph, and learns nothing from it."),
    mistake(one_cycle, "One of two cycles. Both directions count."),
    mistake(only_back, "The cycle from y is right; the one from x, which was right, is gone."),
    mistake(half_identity, "Half of the identity term: F is to leave an x as it is, too."),
    mistake(identity_of_F_wrong, "G is asked the right question; F, which makes an x, is still asked for a y."),
    mistake(identity_of_G_wrong, "F is asked the right question; G, which makes a y, is still asked for an x."),
    mistake(against_the_other, "That compares G(x) with y. The batches are unpaired: that y has nothing to do with this x."),
    mistake(between_fakes, "That compares G(x) with y, as if they were pairs. A cycle comes back to where it started."),
    mistake(mean_of_directions, "Half as much: the two directions are added up, not averaged."),
    mistake(weighted, "λ does not belong in here: both terms are asked for unweighted."),
    mistake(squares, "You square the differences; both terms are mean *absolute* differences."),
    mistake(sums, "The sums instead of the means: the terms would grow with image and batch."),
    mistake(exchanged, "The two terms have changed places: the cycle comes first."),
    mistake(added, "The two terms come back apart, (cycle, identity): each gets a weight of its own."),
)  # fmt: skip


class Scale(nn.Module):
    """A translator of two parameters that writes down the mean of each image that it is given: gain · image + shift."""

    def __init__(self, gain: float, shift: float, device: torch.device):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain, device=device))
        self.shift = nn.Parameter(torch.tensor(shift, device=device))
        self.given = []

    def forward(self, image: Tensor) -> Tensor:
        self.given += [round(mean, 3) for mean in image.detach().mean(dim=(1, 2, 3)).tolist()]
        return self.gain * image + self.shift


class Sign(nn.Module):
    """A perfect translator between pictures below 0 and pictures above: what is of its kind already stays."""

    def __init__(self, sign: int):
        super().__init__()
        self.sign = sign

    def forward(self, image: Tensor) -> Tensor:
        return self.sign * image.abs()


def terms(answer, *given):
    got = answer(*given)
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        expected="two numbers, (cycle, identity)",
        got=got,
        cause="Give them back apart: return cycle, identity.",
    )
    for term in got:
        expect_shape(term, ())
    return got


def constants(case):
    """G: 2 · image, F: 1 − image; x is 0.6 everywhere, y is 2."""
    G, F = Scale(2.0, 0.0, case.device), Scale(-1.0, 1.0, case.device)
    return G, F, *(torch.full((1, 3, 2, 2), value, device=case.device) for value in (0.6, 2.0))


BY_HAND = "G(image) = 2 · image, F(image) = 1 − image; x is 0.6 everywhere, y is 2: "


@property_test("two numbers")
def two_numbers(answer, case):
    terms(answer, *constants(case))


@property_test("perfect translators", points=2)
def perfect(answer, case):
    x, y = -0.1 - case.rand(2, 3, 4, 4), 0.1 + case.rand(2, 3, 4, 4)
    cycle, identity = terms(answer, Sign(1), Sign(-1), x, y)
    given = "x below 0, y above; G makes every pixel positive, F negative: "
    expect_close(cycle, 0.0, tol=1e-5, input=given + "cycle")
    expect_close(identity, 0.0, tol=1e-5, input=given + "identity")
    cycle, identity = terms(answer, Sign(-1), Sign(1), x, y)
    expect(cycle > 0.1, expected="above 0", got=cycle, input=given + "but G and F exchanged: cycle")


@property_test("the cycle by hand", points=2)
def cycle_by_hand(answer, case):
    cycle, _ = terms(answer, *constants(case))
    expect_close(cycle.detach(), 4.8, tol=1e-5, input=BY_HAND + "cycle")


@property_test("the identity by hand", points=2)
def identity_by_hand(answer, case):
    _, identity = terms(answer, *constants(case))
    expect_close(identity.detach(), 2.2, tol=1e-5, input=BY_HAND + "identity")


@property_test("who is asked for what", points=2)
def asked(answer, case):
    G, F, x, y = constants(case)
    terms(answer, G, F, x, y)
    for name, translator, kinds, right in (
        ("G", G, {0.6: "x", -1.0: "F(y)", 2.0: "y", 0.4: "F(x)"}, ["F(y)", "x", "y"]),
        ("F", F, {2.0: "y", 1.2: "G(x)", 0.6: "x", 4.0: "G(y)"}, ["G(x)", "x", "y"]),
    ):
        got = sorted({kinds.get(mean, "something else") for mean in translator.given})
        if got != right:
            raise Failed(", ".join(right), ", ".join(got) or "nothing", value=tuple(got), input=f"the images that {name} is given")


@property_test("gradient", points=1)
def gradient_reaches_both(answer, case):
    for name, which in (("cycle", 0), ("identity", 1)):
        G, F = Scale(0.7, 0.1, case.device), Scale(0.9, -0.2, case.device)
        x, y = case.rand(2, 3, 4, 4), case.rand(2, 3, 4, 4)
        got = terms(answer, G, F, x, y)[which]
        expect_gradient(got, reaches={"G": G, "F": F}, input=f"random images, {name}")
        mine = torch.autograd.grad(got, [G.gain, F.gain])
        right = torch.autograd.grad(cycle_losses(G, F, x, y)[which], [G.gain, F.gain])
        for player, slope, wanted in zip("GF", mine, right, strict=True):
            expect_close(slope, wanted, tol=1e-4, input=f"random images: the slope of {name} in the gain of {player}")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    G, F = (nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 3, 3, padding=1)).to(case.device) for _ in range(2))
    with torch.no_grad():
        for parameter in nn.ModuleList([G, F]).parameters():
            parameter.copy_(0.5 * case.randn(*parameter.shape))
    x, y = case.randn(2, 3, 6, 6), 1 + 2 * case.randn(2, 3, 6, 6)
    for name, mine, right in zip(("cycle", "identity"), terms(answer, G, F, x, y), cycle_losses(G, F, x, y), strict=True):
        expect_close(mine.detach(), right.detach(), tol=1e-4, input=f"two small random networks and random images, {name}")
