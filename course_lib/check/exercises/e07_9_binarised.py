"""07.9 investigate: one model and one set of images, three ways to make pixels of grey values."""

from functools import lru_cache

import torch

from course_lib.check.authoring import expect, expect_close, expect_entry, property_test
from course_lib.data import glyphs

TITLE = "Three numbers for one model"
KIND = "investigate"
NOTEBOOK = "07_vae"
MINUTES = 10
DIFFICULTY = 2
POINTS = 5

HINTS = (
    "What would a perfect model, one that knows the grey image, still have to pay for each of the three inputs?",
    "distortion, rate = elbo_terms(vae, prepared, generator); then the mean over images of distortion + rate.sum(1). The floor needs no model: "
    "p = x clamped a little away from 0 and 1, then the entropy summed over pixels.",
    """
    for each of the three: a new generator of seed 0; prepare the 500 images; both terms without gradients; their sum, averaged
    the floor: minus p log p minus (1 - p) log(1 - p), summed over the pixels, averaged over the images
    compare the three numbers with each other, and the grey one with the floor
    """,
)

RUBRIC = """
1 point: says that most of "drawn" is the entropy of the drawing (about 78 of 118 nats), which no model can save, and that thresholding removes it.
1 point: says that no two of the three belong in one table: drawn and thresholded pixels are different data, and the grey number is no likelihood of grey images.
"""

IMAGES = 500
# Mean −ELBO and rate of the notebook's small VAE, measured by tests/exercises/test_binarised.py. Another machine's rounding makes another
# training, so the tolerance is wide; the three are tens of nats apart, or differ by what they are.
MEASURED = {"drawn": 117.7, "threshold": 91.5, "grey": 121.5}
RATE, TOLERANCE = 18.8, 4.0


@lru_cache(maxsize=1)
def grey_images() -> torch.Tensor:
    return glyphs.dataset(2000, seed=5).images[:IMAGES]


@lru_cache(maxsize=1)
def floor() -> float:
    p = grey_images().double().clamp(1e-7, 1 - 1e-7)
    return -(p * p.log() + (1 - p) * (1 - p).log()).flatten(1).sum(1).mean().item()


def findings(**changed: object) -> dict:
    found = MEASURED | {"floor": floor()}
    conclusion = "Most of drawn is coin tosses, which threshold does not have: two data sets, which do not belong in one table."
    return found | {"conclusion": conclusion} | changed


def reference(case):
    """Four numbers and a sentence."""
    return findings()


def expect_value(answer, way):
    got, right = expect_entry(answer, way), MEASURED[way]
    cause = ""
    if abs(got + right) < TOLERANCE:
        cause = "That is the ELBO; asked is minus the ELBO, distortion plus rate."
    elif abs(got - (right - RATE)) < TOLERANCE:
        cause = "That is the distortion alone, or the rate averaged over the latents; add the rate, summed over them."
    elif abs(got / IMAGES - right) < TOLERANCE:
        cause = "That is the sum over the images; asked is their mean."
    elif way != "threshold" and abs(got - MEASURED["threshold"]) < TOLERANCE:
        cause = "That is the value of the thresholded pixels."
    elif way == "threshold" and abs(got - MEASURED["drawn"]) < TOLERANCE + 2:
        cause = "That is about the value of the drawn pixels: is (x > 0.5).float() what the model was given?"
    expect_close(got, right, tol=TOLERANCE, input=f"mean −ELBO of {way!r}, in nats", cause=cause)


@property_test("drawn", points=1)
def drawn(answer, case):
    expect_value(answer, "drawn")


@property_test("threshold", points=1)
def threshold(answer, case):
    expect_value(answer, "threshold")


@property_test("grey", points=1)
def grey(answer, case):
    expect_value(answer, "grey")


@property_test("the floor of grey", points=1)
def least(answer, case):
    got = expect_entry(answer, "floor")
    cause = ""
    if abs(got + floor()) < 0.5:
        cause = "The entropy has a minus in front; a floor below zero cannot be."
    elif abs(got - floor() / 784) < 0.01:
        cause = "Sum over the pixels of an image; only the images are averaged."
    elif abs(got - floor() / 2) < 1:
        cause = "Both halves count: x log x and (1 − x) log(1 − x)."
    expect_close(got, floor(), tol=0.3, input="mean entropy of the grey images, in nats", cause=cause)


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say how much of the drawn number is the drawing itself, and which two of the numbers may be compared.",
    )
