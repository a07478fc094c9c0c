"""02.2 investigate: what makes the game with one parameter settle?"""

from functools import lru_cache

import torch
from torch.nn.functional import softplus

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "Out, round, in"
KIND = "investigate"
NOTEBOOK = "02_gan_theory"
MINUTES = 12
DIFFICULTY = 2
POINTS = 6

HINTS = (
    "`play` gives the path, one row (θ, φ) a round. How far is a row from the equilibrium at (0, 0)?",
    "path = play(...); the distance after 100 rounds is the length of row 100: path[100].norm(). Four calls, four numbers.",
    """
    for each of the four games: call play with its settings, take row 100, print the length
    put the four lengths into the dict
    sort them: which are larger than 1, where it began, which stay near 1, which are far below?
    """,
)

RUBRIC = """
1 point: says that simultaneous steps leave the equilibrium and alternating ones circle it, so that here no loss of a single step
is at fault.
1 point: says that spread (or R1) adds what pure rotation lacks, a pull of D back to flat, and that this makes the orbit a spiral inwards.
"""

GAMES = {
    "together": {"spread": 0.0, "together": True},
    "in turn": {"spread": 0.0},
    "with spread": {"spread": 0.5},
    "with R1": {"spread": 0.0, "r1_weight": 0.2},
}


@lru_cache(maxsize=8)
def distance(spread: float, together: bool = False, r1_weight: float = 0.0, rounds: int = 100, rate: float = 0.2) -> float:
    """How far from (0, 0) the notebook's game is after so many rounds."""
    z = torch.distributions.Normal(0.0, 1.0).icdf((torch.arange(500) + 0.5) / 500)
    theta, phi = torch.tensor(1.0, requires_grad=True), torch.tensor(0.0, requires_grad=True)

    def value():
        return -softplus(-phi * spread * z).mean() - softplus(phi * (theta + spread * z)).mean() - r1_weight / 2 * phi**2

    for _ in range(rounds):
        up, down = torch.autograd.grad(value(), (phi, theta))
        with torch.no_grad():
            phi += rate * up
        if not together:
            (down,) = torch.autograd.grad(value(), theta)
        with torch.no_grad():
            theta -= rate * down
    return float(torch.stack([theta, phi]).detach().norm())


def findings(**changed: float) -> dict:
    measured = {name: distance(**game) for name, game in GAMES.items()} | {name.replace("_", " "): value for name, value in changed.items()}
    return measured | {
        "conclusion": "Steps at once spiral out, in turn they circle; spread or R1 pull D back to flat and the orbit closes."
    }


def reference(case):
    """The four distances after 100 rounds and a sentence."""
    return findings()


MISTAKES = (
    mistake(
        findings(together=distance(0.0)), "That is the game in turn; `together=True` computes both gradients before either player moves."
    ),
    mistake(findings(together=distance(0.0, True, rounds=300)), "That is the end of 300 rounds; asked is row 100."),
    mistake(findings(with_spread=distance(0.5, rounds=300)), "You took the last row, round 300; asked is round 100."),
    mistake(findings(with_spread=distance(1.0)), "That is a spread of 1; asked is 0.5."),
    mistake(findings(with_R1=distance(0.0, r1_weight=1.0)), "That is a weight of 1; asked is 0.2."),
    mistake(
        findings(with_R1=distance(0.5, r1_weight=0.2)), "Spread and R1 act together here. Change one thing at a time: spread=0 for R1."
    ),
)


def expect_distance(answer, name):
    expect_close(expect_entry(answer, name), distance(**GAMES[name]), tol=0.004, input=f"{name}, distance from (0, 0) after 100 rounds")


@property_test("together", points=1)
def out(answer, case):
    expect_distance(answer, "together")


@property_test("in turn", points=1)
def around(answer, case):
    expect_distance(answer, "in turn")


@property_test("with spread", points=1)
def spread_pulls_in(answer, case):
    expect_distance(answer, "with spread")


@property_test("with R1", points=2)
def r1_pulls_in(answer, case):
    expect_distance(answer, "with R1")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say which games settle, and what those have that the others lack.",
    )
