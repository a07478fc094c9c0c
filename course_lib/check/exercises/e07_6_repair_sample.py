"""07.6 repair: the sample is drawn, and the decoder gets the mean."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_type, mistake, property_test
from course_lib.check.exercises.e07_1_kl import kl_standard_normal
from course_lib.check.exercises.e07_2_reparameterise import reparameterise
from course_lib.check.exercises.e07_4_elbo_terms import Fixed, plain, random_model, signature, train_tiny

TITLE = "Repair the fearless decoder"
KIND = "repair"
NOTEBOOK = "07_vae"
MINUTES = 8
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Call it twice, with generators of different seeds. What does the loss of a VAE do, and what does this one?",
    "Follow z from where it is drawn: which lines use it? The distortion is an expectation over z ~ q(z|x), so the decoder must see σ at work.",
    """
    encode, draw z
    decode the sample, for training and for evaluation alike
    the rest stays as it is
    """,
)


def broken(model, x, generator):
    """What is handed out: a sample while evaluating, the mean while training."""
    mu, logvar = model.encode(x)
    z = mu if model.training else reparameterise(mu, logvar, generator)
    distortion = binary_cross_entropy_with_logits(model.decode(z), x, reduction="sum") / len(x)
    return distortion + kl_standard_normal(mu, logvar).sum(1).mean()


def vae_loss(model: nn.Module, x: Tensor, generator: torch.Generator) -> Tensor:
    """Mean negative ELBO of a batch, in nats per image; the same in training and in eval mode."""
    mu, logvar = model.encode(x)
    z = reparameterise(mu, logvar, generator)
    distortion = binary_cross_entropy_with_logits(model.decode(z), x, reduction="sum") / len(x)
    return distortion + kl_standard_normal(mu, logvar).sum(1).mean()


reference = vae_loss


def variant(draw, rate=lambda r: r.sum(1).mean()):
    """The loss with another way to draw."""

    def loss(model, x, generator):
        mu, logvar = model.encode(x)
        logits = model.decode(draw(model, mu, logvar, generator))
        return binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x) + rate(kl_standard_normal(mu, logvar))

    return loss


def exchanged(model, mu, logvar, generator):
    z = reparameterise(mu, logvar, generator)
    return z if model.training else mu


def cut_off(model, mu, logvar, generator):
    return reparameterise(mu, logvar, generator).detach()


def always_mean(model, mu, logvar, generator):
    return mu


def variance_for_spread(model, mu, logvar, generator):
    return reparameterise(mu, 2 * logvar, generator)


def unit_spread(model, mu, logvar, generator):
    return reparameterise(mu, torch.zeros_like(logvar), generator)


def mean_of_two(model, mu, logvar, generator):
    return (reparameterise(mu, logvar, generator) + reparameterise(mu, logvar, generator)) / 2


MISTAKES = (
    mistake(variant(exchanged), "Exchanged: now the training is right, and in eval mode the decoder gets the mean, so that a test figure would be too good."),
    mistake(variant(cut_off), "The sample is cut off from the encoder: .sample() and .detach() do that. Draw as in exercise 07.2."),
    mistake(variant(always_mean), "The mean in both modes: now the evaluation is wrong as well."),
    mistake(variant(variance_for_spread), "That noise has the spread exp(logvar), the variance; σ is exp(logvar/2)."),
    mistake(variant(unit_spread), "That noise has the spread 1 for every image and latent. The encoder says how wide: σ = exp(logvar/2)."),
    mistake(variant(mean_of_two), "The mean of two samples is no sample: its variance is halved. One sample; or two distortions, averaged."),
    mistake(
        variant(lambda model, mu, logvar, generator: reparameterise(mu, logvar, generator), rate=lambda r: 0 * r.sum()),
        "The sample is right; the rate has gone.",
    ),
)  # fmt: skip


def ones(case, n):
    return torch.ones(n, 1, 2, 2, device=case.device)


@property_test("one number")
def a_scalar(answer, case):
    got = answer(random_model(case), ones(case, 3), case.generator())
    expect_type(got, Tensor)
    expect(got.ndim == 0, expected="one number for the batch", got=tuple(got.shape))


@property_test("other noise, other loss", points=2)
def noise_matters(answer, case):
    model = Fixed(torch.zeros(1, 2), torch.zeros(1, 2), torch.ones(2, 4)).to(case.device)
    seeds = (case.seed + 1, case.seed + 2)
    losses = [plain(answer(model, ones(case, 1), torch.Generator(case.device).manual_seed(seed))) for seed in seeds]
    different = abs(float(losses[0]) - float(losses[1])) > 1e-4
    expect(different, expected="two values for two seeds", got=losses[0], input="a model in training mode, with generators of two seeds")


@property_test("eval mode", points=1)
def evaluates_with_a_sample(answer, case):
    model, x = random_model(case).eval(), (case.rand(7, 1, 2, 2) > 0.5).float()
    wanted = float(vae_loss(model, x, case.generator()).detach())
    expect_close(plain(answer(model, x, case.generator())), wanted, tol=1e-3, input="a model in eval mode")


@property_test("gradient", points=1)
def sigma_feels_the_distortion(answer, case):
    model = Fixed(torch.zeros(1, 2), torch.zeros(1, 2), torch.ones(2, 4)).to(case.device)
    loss = answer(model, ones(case, 4), case.generator())
    expect_gradient(
        loss, reaches={"logvar": model.logvar}, input="q(z|x) the prior, where the rate has no gradient: the distortion's must reach logvar"
    )


@property_test("a short training", points=2)
def codes_bear_noise(answer, case):
    expect(
        answer(random_model(case), ones(case, 2), case.generator()).requires_grad, expected="a loss with a gradient", got="a plain number"
    )
    found = signature(train_tiny(lambda model, x, generator, step: answer.raw(model, x, generator), steps=100))
    gap = found["distortion"] - found["distortion_of_mean"]
    expect(gap < 8, expected="the distortion of a sample within 8 nats of that of the mean", got=gap, input="100 steps on 8×8 digits with this loss",
           cause="The decoder has never met a sample: it reads codes so finely that their own noise, σ, destroys them.")  # fmt: skip
    total = found["distortion"] + found["rate"]
    expect(total < 26, expected="a negative ELBO below 26 nats", got=total, input="100 steps on 8×8 digits with this loss")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    model, x = random_model(case), (case.rand(7, 1, 2, 2) > 0.5).float()
    wanted = float(vae_loss(model, x, case.generator()).detach())
    expect_close(plain(answer(model, x, case.generator())), wanted, tol=1e-3, input="a model in training mode")
