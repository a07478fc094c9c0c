"""11.6 repair: a Deep Image Prior that is stopped by its training loss."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_type, mistake, property_test

TITLE = "Repair the early stopping"
KIND = "repair"
NOTEBOOK = "11_learning_without_clean_images"
MINUTES = 8
DIFFICULTY = 2
POINTS = 7

HINTS = (
    "How far is the clean image itself from y, on average over the pixels? And what is an estimate that comes closer to y than that made of?",
    "E‖x − y‖² per pixel is s² with s = sigma / 255. The first step with losses[i] ≤ s²; steps[-1] if there is none. Returns a step, not an index.",
    """
    go through steps and losses together, in order
    at the first loss that is at most the variance of the noise, on the scale of the image: that step is the answer
    nothing found: the last step
    """,
)


def broken(steps: list[int], losses: Tensor, sigma: float | int) -> int:
    """What is handed out: the step with the lowest training loss."""
    return steps[int(losses.argmin())]


def stopping_step(steps: list[int], losses: Tensor, sigma: float | int) -> int:
    """The first step that comes as close to y as the clean image is."""
    for step, loss in zip(steps, losses, strict=True):
        if loss <= (sigma / 255) ** 2:
            return step
    return steps[-1]


reference = stopping_step


def first(steps, holds, otherwise=-1):
    found = holds.nonzero().flatten().tolist()
    return steps[found[0] if found else otherwise]


def last_above(steps, losses, sigma):
    above = (losses > (sigma / 255) ** 2).nonzero().flatten().tolist()
    return steps[above[-1] if above else 0]


def index_of(steps, losses, sigma):
    return steps.index(stopping_step(steps, losses, sigma))


def one_before(steps, losses, sigma):
    return steps[max(0, steps.index(stopping_step(steps, losses, sigma)) - 1)]


MISTAKES = (
    mistake(
        lambda steps, losses, s: first(steps, losses <= (s / 255) ** 2, 0),
        "Right where σ² is reached. Where it never is, the last step is asked, not the first.",
    ),
    mistake(
        lambda steps, losses, s: first(steps, losses <= s / 255),
        "You compare a mean *squared* error with σ. The loss of the clean image is σ², on the scale from 0 to 1.",
    ),
    mistake(
        lambda steps, losses, s: first(steps, losses <= s**2),
        "The losses live on the scale from 0 to 1, sigma in grey levels: divide by 255 before you square.",
    ),
    mistake(
        lambda steps, losses, s: steps[int((losses - (s / 255) ** 2).abs().argmin())],
        "You took the loss nearest to σ², which may come later than the first one below it. A run cannot look ahead.",
    ),
    mistake(
        last_above,
        "You took the *last* step above σ². The loss trembles: the first step at or below it is asked.",
    ),
    mistake(index_of, "You returned the place in the list; asked is the step that stands there."),
    mistake(one_before, "That is one entry too early: the first loss that is at most σ² itself is asked."),
    mistake(
        lambda steps, losses, s: first(steps, losses <= 0.5 * (s / 255) ** 2),
        "You wait until the loss is below half of σ²: by then a good part of the noise has been learned.",
    ),
)


@property_test("type")
def gives_a_step(answer, case):
    expect_type(answer([10, 20], torch.tensor([0.5, 0.001]), 25), int)


@property_test("by hand", points=2)
def stops_at_the_noise(answer, case):
    losses = torch.tensor([0.25, 0.09, 0.05, 0.039, 0.0395, 0.03, 0.002])
    got = answer([10, 20, 30, 40, 50, 60, 70], losses, 51)
    expect_close(got, 40, input="losses 0.25, 0.09, 0.05, 0.039, 0.0395, 0.03, 0.002 after steps 10, 20 … 70, sigma = 51, so σ² = 0.04")


@property_test("a trembling loss", points=1)
def takes_the_first(answer, case):
    losses = torch.tensor([0.2, 0.038, 0.0402, 0.0399, 0.01])
    got = answer([1, 2, 3, 4, 5], losses, 51)
    expect_close(got, 2, input="losses 0.2, 0.038, 0.0402, 0.0399, 0.01 after steps 1 to 5, sigma = 51")


@property_test("not reached", points=1)
def goes_to_the_end(answer, case):
    got = answer([100, 200, 300], torch.tensor([0.9, 0.7, 0.8]), 25)
    expect_close(got, 300, input="losses 0.9, 0.7, 0.8 after steps 100, 200, 300, all above σ²")


@property_test("less noise, later stop", points=1)
def stops_later_for_less_noise(answer, case):
    steps, losses = list(range(5, 105, 5)), torch.linspace(0.02, 0.001, 20)
    early, late = answer(steps, losses, 30), answer(steps, losses, 15)
    expect(early < late, expected="an earlier stop for sigma = 30 than for sigma = 15", got=f"{early} and {late}")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    steps = [7 * i + 3 for i in range(60)]
    losses = torch.linspace(4, -5, 60).exp() * (1 + 0.2 * case.rand(60).cpu()) * (20 / 255) ** 2
    for sigma in (12, 20, 35):
        expect_close(
            answer(steps, losses, sigma), stopping_step(steps, losses, sigma), input=f"60 falling, trembling losses, sigma = {sigma}"
        )
