"""05.8 predict: a slant twice as far as any in the training data."""

from functools import lru_cache

import torch

from course_lib import data, zoo
from course_lib.check.authoring import Failed, expect_type, mistake, property_test

TITLE = "Ask for more than it has seen"
KIND = "predict"
NOTEBOOK = "05_conditional_gan"
MINUTES = 5
DIFFICULTY = 2
POINTS = 1

HINTS = (
    "c scales and shifts maps that were learned. Can that lean a stem further than any it was ever shown? Must it stop at the very end of the range?",
    "The ReLUs behind γ(c) ĥ + β(c) go on growing when c does, the tanh at the end does not. So what comes changes beyond the range; by how much?",
    "two of the words claim that a network is exact where it was not trained; one that it fails at once; think of what is left",
)

WORDS = ("follows", "between", "stops", "returns", "collapses")


@lru_cache(maxsize=1)
def outcome() -> str:
    """What `cgan-glyphs` does, measured: one of `WORDS`."""
    G, judge, about = zoo.load("cgan-glyphs"), zoo.load("judge-characters"), zoo.card("cgan-glyphs")
    labels = torch.arange(360) % G.classes
    z = torch.randn(360, G.latent_dim, generator=torch.Generator().manual_seed(0))

    def drawn(slant: float) -> torch.Tensor:
        return G.sample(labels, z=z, factors=torch.tensor([[slant, 2.5]]).expand(360, -1))

    def real(slant: float) -> torch.Tensor:
        factors = {"slant": torch.full((360,), slant), "thickness": torch.full((360,), 2.5), "font": torch.arange(360) // 36 % 8}
        return data.glyphs.render(labels, factors, about["characters"])

    def leaning(draw, slant: float) -> float:
        return (data.glyphs.measure(draw(slant))["slant"] - data.glyphs.measure(draw(0.0))["slant"]).mean().item()

    with torch.no_grad():
        legible = (judge(drawn(0.7)).argmax(1) == labels).float().mean().item()
    far, edge, wanted = leaning(drawn, 0.7), leaning(drawn, 0.35), leaning(real, 0.7)
    if legible < 0.5:
        return "collapses"
    if far >= 0.9 * wanted:
        return "follows"
    if far > 1.1 * edge:
        return "between"
    return "stops" if far >= 0.9 * edge else "returns"


def reference(case):
    """Measured on the weights that ship."""
    return outcome()


MISTAKES = (
    mistake("follows", "Inside the range, yes. Outside nothing was learned: the cell below shows how much less comes than was asked for."),
    mistake("stops", "Nothing in G clips c: γ and β go on growing with it, and something more does come. Look at the cell below."),
    mistake("returns", "G has no reason to lean back: the factor enters linearly, and what it does at 0.35 it does further at 0.7."),
    mistake("collapses", "Later: the judge still names most of these. The picture below shows where it does collapse."),
)


@property_test("measured", points=1)
def the_outcome(answer, case):
    expect_type(answer, str, cause="One of the five words is wanted, in quotation marks.")
    said = answer.strip().lower()
    if said not in WORDS:
        raise Failed("one of the five words", repr(answer), value=said, cause="Choose one of: " + ", ".join(WORDS) + ".")
    if said != outcome():
        raise Failed("what was measured", repr(said), value=said)
