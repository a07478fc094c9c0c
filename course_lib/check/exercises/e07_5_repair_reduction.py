"""07.5 repair: binary cross-entropy averaged over the pixels, and a posterior that collapses for it."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_type, mistake, property_test
from course_lib.check.exercises.e07_1_kl import kl_standard_normal
from course_lib.check.exercises.e07_2_reparameterise import reparameterise
from course_lib.check.exercises.e07_4_elbo_terms import Fixed, plain, random_model, signature, train_tiny

TITLE = "Repair the loss of half a nat"
KIND = "repair"
NOTEBOOK = "07_vae"
MINUTES = 8
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Take a decoder that knows nothing: all its logits are 0. What is the distortion of 4 pixels in nats, and what of 8? What does the function say?",
    "log p(x|z) is a sum over the pixels of one image. The mean is right over *images* only: from (n, 1, h, w) to (n,) by a sum, from (n,) to one number by a mean.",
    """
    the cross-entropy with a reduction that does not divide by the number of pixels
    divide by the number of images, once
    the rate as it is: summed over the latents, mean over the images
    """,
)


def broken(model, x, generator):
    """What is handed out: the default reduction of the cross-entropy."""
    mu, logvar = model.encode(x)
    logits = model.decode(reparameterise(mu, logvar, generator))
    distortion = binary_cross_entropy_with_logits(logits, x)
    return distortion + kl_standard_normal(mu, logvar).sum(1).mean()


def vae_loss(model: nn.Module, x: Tensor, generator: torch.Generator) -> Tensor:
    """Mean negative ELBO of a batch, in nats per image."""
    mu, logvar = model.encode(x)
    logits = model.decode(reparameterise(mu, logvar, generator))
    distortion = binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return distortion + kl_standard_normal(mu, logvar).sum(1).mean()


reference = vae_loss


def variant(reduce, rate=lambda r, x: r.sum(1).mean()):
    """The loss with other ways to reduce its two terms."""

    def loss(model, x, generator):
        mu, logvar = model.encode(x)
        each = binary_cross_entropy_with_logits(model.decode(reparameterise(mu, logvar, generator)), x, reduction="none")
        return reduce(each) + rate(kl_standard_normal(mu, logvar), x)

    return loss


def right(each):
    return each.flatten(1).sum(1).mean()


MISTAKES = (
    mistake(variant(lambda e: e.sum()), "The whole batch is summed now: twice as many images give twice the distortion, and the rate, which is a mean over images, loses its weight."),
    mistake(variant(lambda e: e.sum(-1).mean()), "Summed over the columns only: rows are still averaged, and β is the number of rows."),
    mistake(variant(lambda e: e.flatten(1).sum(1).mean() / 2), "Half of it: binary cross-entropy has no factor ½, which belongs to the squared error of a Gaussian."),
    mistake(
        variant(lambda e: e.mean(), lambda r, x: r.sum(1).mean() / x[0].numel()),
        "Both terms are divided by the number of pixels: the ratio is right now, but asked are nats per image.",
    ),
    mistake(variant(right, lambda r, x: r.mean()), "The distortion is right. The rate is averaged over the latents now, a hidden β of one over their number."),
    mistake(variant(right, lambda r, x: r.sum()), "The distortion is right. The rate is summed over the batch now; it is a mean over images."),
    mistake(variant(right, lambda r, x: 0 * r.sum()), "The rate has gone. Without it this is an autoencoder."),
)  # fmt: skip


@property_test("one number", points=1)
def a_scalar_with_a_gradient(answer, case):
    model = random_model(case)
    got = answer(model, (case.rand(5, 1, 2, 2) > 0.5).float(), case.generator())
    expect_type(got, Tensor)
    expect(got.ndim == 0, expected="one number for the batch", got=tuple(got.shape))
    expect_gradient(got, reaches={"mu": model.mu, "logvar": model.logvar, "the decoder": model.weight})


@property_test("twice the pixels", points=2)
def pixels_add_up(answer, case):
    for pixels, nats in ((4, 2.772589), (8, 5.545177)):
        model = Fixed(torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(2, 4)).to(case.device)
        x = (case.rand(6, 1, 2, 2) > 0.5).float()
        if pixels == 8:
            model.decode = lambda z: torch.zeros(len(z), 1, 4, 2, device=z.device) + 0 * z.sum()
            x = torch.cat([x, 1 - x], dim=2)
        expect_close(
            plain(answer(model, x, case.generator())),
            nats,
            tol=1e-3,
            input=f"logits of 0 for {pixels} pixels, q(z|x) the prior: {pixels} log 2 nats",
        )


@property_test("twice the images", points=1)
def images_do_not(answer, case):
    model = Fixed(case.randn(1, 3), torch.full((1, 3), -40.0), case.randn(3, 4)).to(case.device)
    x = (case.rand(5, 1, 2, 2) > 0.5).float()
    once = plain(answer(model, x, case.generator()))
    expect_type(once, Tensor)
    expect(once > 30, expected="a loss in which the rate, about 59 nats, is counted", got=once)
    expect_close(plain(answer(model, torch.cat([x, x]), case.generator())), float(once), tol=1e-3, input="the same batch twice over")


@property_test("a short training", points=2)
def codes_are_used(answer, case):
    expect(
        answer(random_model(case), (case.rand(5, 1, 2, 2) > 0.5).float(), case.generator()).requires_grad,
        expected="a loss with a gradient",
        got="a plain number",
    )
    found = signature(train_tiny(lambda model, x, generator, step: answer.raw(model, x, generator), steps=100))
    expect(found["active"] >= 3, expected="at least 3 active units of 8", got=found["active"], input="100 steps on 8×8 digits with this loss",
           cause="Posterior collapse: every latent has fallen back to the prior, because the rate outweighs the distortion.")  # fmt: skip
    total = found["distortion"] + found["rate"]
    expect(total < 26, expected="a negative ELBO below 26 nats", got=total, input="100 steps on 8×8 digits with this loss")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    model, x = random_model(case), (case.rand(7, 1, 2, 2) > 0.5).float()
    wanted = vae_loss(model, x, case.generator())
    expect_close(plain(answer(model, x, case.generator())), float(wanted.detach()), tol=1e-3)
