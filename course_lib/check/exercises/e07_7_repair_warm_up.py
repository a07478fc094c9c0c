"""07.7 repair: a warm-up of the rate that never comes, and a rate averaged over the latents."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_type, mistake, property_test
from course_lib.check.exercises.e07_4_elbo_terms import CODES, elbo_terms, signature, train_tiny

TITLE = "Repair the warm-up"
KIND = "repair"
NOTEBOOK = "07_vae"
MINUTES = 10
DIFFICULTY = 3
POINTS = 10

HINTS = (
    "Put in numbers. What is β at step 0, at half of the warm-up, one step before its end? And what does a rate of 1 nat in each of 5 latents add to the loss?",
    "β rises from 0 to 1 in a straight line over warm_up steps, and stays 1. The rate of an image is the sum over its latents: (n, d) to (n,).",
    """
    divide step by warm_up as real numbers, not more than 1
    the rate of each image: the sum over the latents
    distortion plus β times that, and then the mean over the images
    """,
)


def broken(distortion, rate, step, warm_up):
    """What is handed out: a division without remainder, and a mean over latents."""
    beta = min(1, step // warm_up)
    return distortion.mean() + beta * rate.mean()


def warm_up_loss(distortion: Tensor, rate: Tensor, step: int, warm_up: int) -> Tensor:
    """Mean of distortion + β · rate, β rising from 0 to 1 over the first warm_up steps; distortion (n,), rate (n, d)."""
    beta = min(1.0, step / warm_up)
    return (distortion + beta * rate.sum(1)).mean()


reference = warm_up_loss


def variant(beta=lambda s, w: min(1.0, s / w), rate=lambda r: r.sum(1).mean(), weigh_both=False):
    """The loss with another schedule or another reduction."""

    def loss(distortion, rates, step, warm_up):
        b = beta(step, warm_up)
        return (b if weigh_both else 1.0) * distortion.mean() + b * rate(rates)

    return loss


MISTAKES = (
    mistake(variant(beta=lambda s, w: min(1, s // w)), "The latents are summed now. But // drops the remainder: β is 0 until the last step of the warm-up, then jumps to 1."),
    mistake(variant(rate=lambda r: r.mean()), "β rises now. But the rate is averaged over the latents, so β never gets beyond one over their number."),
    mistake(variant(beta=lambda s, w: s / w), "β does not stop at 1: after the warm-up it goes on rising, and the latents collapse late in training."),
    mistake(variant(rate=lambda r: r.sum()), "The rate is summed over the batch as well; it is a mean over images."),
    mistake(variant(beta=lambda s, w: 1 - min(1.0, s / w)), "β falls from 1 to 0: the other way round."),
    mistake(variant(beta=lambda s, w: 1.0), "β is 1 from the first step. That is the ELBO, but no warm-up, which is what the function is for."),
    mistake(variant(weigh_both=True), "β multiplies the distortion too: that only makes the steps small at the beginning."),
    mistake(variant(beta=lambda s, w: min(1.0, (s + 1) / w)), "β is one step ahead: at step 0 it must be 0."),
)  # fmt: skip


@property_test("one number")
def a_scalar(answer, case):
    got = answer(case.rand(4), case.rand(4, 3), 1, 4)
    expect_type(got, Tensor)
    expect(got.ndim == 0, expected="one number for the batch", got=tuple(got.shape))


@property_test("half-way", points=3)
def straight_line(answer, case):
    nothing, one = torch.zeros(2, device=case.device), torch.ones(2, 1, device=case.device)
    for step, beta in ((5, 0.5), (9, 0.9), (1, 0.1)):
        expect_close(
            answer(nothing, one, step, 10),
            beta,
            tol=1e-5,
            input=f"no distortion, a rate of 1 nat in one latent, step {step} of a warm-up of 10",
        )


@property_test("its two ends", points=2)
def ends(answer, case):
    nothing, one = torch.zeros(2, device=case.device), torch.ones(2, 1, device=case.device)
    for step, beta in ((10, 1.0), (35, 1.0)):
        expect_close(
            answer(nothing + 2, one, step, 10),
            2 + beta,
            tol=1e-5,
            input=f"a distortion of 2, a rate of 1 nat, step {step} of a warm-up of 10",
        )
    expect_close(answer(nothing + 2, one, 0, 10), 2.0, tol=1e-5, input="a distortion of 2, a rate of 1 nat, step 0 of a warm-up of 10")


@property_test("latents add up, images do not", points=2)
def reductions(answer, case):
    got = answer(torch.zeros(4, device=case.device), torch.ones(4, 5, device=case.device), 10, 10)
    expect_close(got, 5.0, tol=1e-5, input="four images, a rate of 1 nat in each of five latents, after the warm-up")


@property_test("a short training", points=1)
def prior_is_met(answer, case):
    def loss(model, x, generator, step):
        return answer.raw(*elbo_terms(model, x, generator), step, 100)

    expect_type(answer(case.rand(2), case.rand(2, CODES), 1, 2), Tensor)
    found = signature(train_tiny(loss, steps=101))
    total = found["distortion"] + found["rate"]
    expect(total < 28, expected="a negative ELBO below 28 nats", got=total, input="a warm-up of 100 steps on 8×8 digits with this loss",
           cause="The rate has not been held down: the codes lie far from the prior, where samples of the prior never come.")  # fmt: skip
    expect(found["spread"] < 1.25, expected="codes that spread like the prior, by 1 to 1.25", got=found["spread"])


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    distortion, rate = 90 * case.rand(6), 3 * case.rand(6, 4)
    for step in (0, 3, 20):
        expect_close(
            answer(distortion, rate, step, 8),
            float(warm_up_loss(distortion, rate, step, 8)),
            tol=1e-3,
            input=f"step {step} of a warm-up of 8",
        )
