"""The broken losses of 07.5 to 07.7 do what notebook 07 says of them: a loss that looks better, and a worse model."""

import pytest
import torch

from course_lib.check.exercises import e07_5_repair_reduction as reduction
from course_lib.check.exercises import e07_6_repair_sample as sample
from course_lib.check.exercises import e07_7_repair_warm_up as warm_up
from course_lib.check.exercises.e07_4_elbo_terms import elbo_terms, signature, train_tiny

STEPS = 250


def run(loss):
    """The mean training loss over the last 50 steps, and the signature of the model."""
    losses = []

    def remember(model, x, generator, step):
        value = loss(model, x, generator, step)
        losses.append(value.item())
        return value

    model = train_tiny(remember, STEPS)
    return sum(losses[-50:]) / 50, signature(model)


@pytest.fixture(scope="module")
def right():
    return run(lambda model, x, generator, step: sample.vae_loss(model, x, generator))


def negative_elbo(found):
    return found["distortion"] + found["rate"]


def test_the_right_loss_is_the_negative_elbo_of_its_model(right):
    loss, found = right
    assert loss == pytest.approx(negative_elbo(found), abs=0.7)
    assert found["active"] >= 6
    assert found["spread"] == pytest.approx(1.0, abs=0.1)


def test_a_mean_over_pixels_collapses_the_posterior(right):
    loss, found = run(lambda model, x, generator, step: reduction.broken(model, x, generator))
    assert loss < 0.6 < right[0]
    assert found["active"] == 0
    assert found["rate"] < 0.01
    assert negative_elbo(found) > negative_elbo(right[1]) + 2


def test_a_decoder_that_sees_the_mean_cannot_bear_a_sample(right):
    loss, found = run(lambda model, x, generator, step: sample.broken(model, x, generator))
    assert loss < right[0] - 4
    assert found["distortion"] > found["distortion_of_mean"] + 30
    assert found["rate"] < 1


def test_a_rate_that_never_comes_leaves_the_prior(right):
    loss, found = run(lambda model, x, generator, step: warm_up.broken(*elbo_terms(model, x, generator), step, STEPS))
    assert loss < right[0] - 4
    assert found["spread"] > 1.5
    assert found["rate"] > 30
    assert negative_elbo(found) > negative_elbo(right[1]) + 20


def test_a_rate_averaged_over_latents_is_a_small_beta(right):
    loss, found = run(lambda model, x, generator, step: (lambda d, r: d.mean() + r.mean())(*elbo_terms(model, x, generator)))
    assert loss < right[0] - 4
    assert loss == pytest.approx(found["distortion"] + found["rate"] / 8, abs=1)
    assert negative_elbo(found) > negative_elbo(right[1]) + 2


def test_a_training_is_repeatable():
    first, second = (train_tiny(lambda m, x, g, s: sample.vae_loss(m, x, g), 5).encoder[1].weight for _ in range(2))
    assert torch.equal(first, second)
