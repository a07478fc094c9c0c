"""03.5 investigate: latents drawn shorter or longer than in training, against precision and recall."""

from functools import lru_cache

import torch

from course_lib import data, zoo
from course_lib.check.authoring import expect, expect_close, expect_entry, property_test
from course_lib.metrics.features import precision_recall

TITLE = "Turn the latents' scale"
KIND = "investigate"
NOTEBOOK = "03_dcgan"
MINUTES = 10
DIFFICULTY = 2
POINTS = 6

HINTS = (
    "Which latents have never, or hardly ever, been seen in training: short ones, long ones, both? What does G owe you there?",
    "z = scale · randn(500, 64, generator=a generator of seed 0), images (G(z) + 1) / 2, then quality(images), for the three scales; "
    "the same seed each time.",
    """
    for each scale: a fresh generator of seed 0, z of shape (500, latent_dim), times the scale
    images across the border to [0, 1], without gradients
    precision and recall into the dict, rounded or not
    compare with scale 1: which of the two rises, which falls?
    """,
)

RUBRIC = """
1 point: says how recall, and how precision, change from short latents to long ones, with the numbers.
1 point: says that one of the two can be bought at the price of the other (or of the FID), so that a report must give both.
"""

SCALES, SAMPLES = (0.5, 1.0, 1.5), 500


@lru_cache(maxsize=1)
def unseen() -> torch.Tensor:
    """Features of the first 500 glyphs that nothing was trained on."""
    with torch.no_grad():
        return zoo.load("features-glyphs").features(data.glyphs.dataset(4000, seed=1).images[:SAMPLES])


@lru_cache(maxsize=8)
def measured(scale: float) -> tuple[float, float]:
    """Precision and recall of 500 samples of dcgan-glyphs for latents of this scale, against as many unseen glyphs."""
    G, features = zoo.load("dcgan-glyphs"), zoo.load("features-glyphs")
    z = scale * torch.randn(SAMPLES, G.latent_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        fake = features.features((G(z) + 1) / 2)
    precision, recall = precision_recall(fake, unseen())
    return precision.item(), recall.item()


def findings(scales: tuple[float, ...] = SCALES, factor: float = 1.0) -> dict:
    found = {}
    for name, scale in zip(SCALES, scales, strict=True):
        precision, recall = measured(scale)
        found |= {f"precision {name:g}": factor * precision, f"recall {name:g}": factor * recall}
    return found | {
        "conclusion": "Longer latents buy recall with precision, shorter ones lose both: one alone can be bought, so a report must give both."
    }


def reference(case):
    """Six numbers and a sentence."""
    return findings()


def expect_pair(answer, scale):
    for name, right, other in zip(("precision", "recall"), measured(scale), reversed(measured(scale)), strict=True):
        got = expect_entry(answer, f"{name} {scale:g}")
        cause = ""
        if abs(got - other) < 0.004 and abs(right - other) > 0.02:
            cause = "Precision and recall have changed places: quality(images) gives precision first."
        elif abs(got - 100 * right) < 2:
            cause = "That is in per cent; asked is a number from 0 to 1."
        elif scale != 1 and abs(got - dict(zip(("precision", "recall"), measured(1.0), strict=True))[name]) < 0.004:
            cause = f"That is the value for scale 1: is z multiplied by {scale:g} before G sees it?"
        elif scale != 1 and abs(got - dict(zip(("precision", "recall"), measured(1 / scale), strict=True))[name]) < 0.004:
            cause = f"That is the value for z divided by {scale:g}; multiply."
        expect_close(got, right, tol=0.02, input=f"{name} for latents {scale:g} times as long", cause=cause)


@property_test("half the length", points=2)
def short(answer, case):
    expect_pair(answer, 0.5)


@property_test("as trained", points=1)
def normal(answer, case):
    expect_pair(answer, 1.0)


@property_test("one and a half times the length", points=2)
def long(answer, case):
    expect_pair(answer, 1.5)


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say what short latents do to precision and to recall, and what follows for a report that gives only one of them.",
    )
