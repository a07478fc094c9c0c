"""06.4 implement: what the generator of pix2pix minimises."""

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, softplus

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_shape, mistake, property_test

TITLE = "The generator's loss of pix2pix"
KIND = "implement"
NOTEBOOK = "06_image_to_image"
MINUTES = 10
DIFFICULTY = 1
POINTS = 10

HINTS = (
    "G wants D to take its picture for real, on every patch. With the label *real*, what is the cross-entropy of one logit? And why the mean of "
    "the pixels' differences, not their sum?",
    "L = mean over the map of −log σ(l) + λ · mean over images, channels and pixels of |fake − real|. −log σ(l) = log(1 + exp(−l)), which "
    "PyTorch computes without overflow: look up softplus, or binary_cross_entropy_with_logits with ones.",
    """
    for each logit: softplus of minus the logit; the mean of all
    for each pixel and channel: the absolute difference; the mean of all
    the first plus the weight times the second
    """,
)


def pix2pix_generator_loss(fake_logits: Tensor, fake: Tensor, real: Tensor, l1_weight: float = 100) -> Tensor:
    """G's loss, a number: the mean of -log σ(logit), plus the weighted mean absolute difference."""
    adversarial = softplus(-fake_logits).mean()
    return adversarial + l1_weight * (fake - real).abs().mean()


reference = pix2pix_generator_loss


def variant(adversarial=lambda logits: softplus(-logits).mean(), distance=lambda e: e.abs().mean(), total=lambda a, d, w: a + w * d):
    """The loss with one thing done otherwise."""

    def loss(fake_logits, fake, real, l1_weight=100):
        return total(adversarial(fake_logits), distance(fake - real), l1_weight)

    return loss


sum_of_differences = variant(distance=lambda e: e.abs().sum())
sum_per_image = variant(distance=lambda e: e.abs().sum(dim=(1, 2, 3)).mean())
squares = variant(distance=lambda e: e.square().mean())
no_absolute_value = variant(distance=lambda e: e.mean())
weight_on_D = variant(total=lambda a, d, w: w * a + d)
weight_fixed = variant(total=lambda a, d, w: a + 100 * d)
no_weight = variant(total=lambda a, d, w: a + d)
subtracted = variant(total=lambda a, d, w: a - w * d)
label_fake = variant(lambda logits: softplus(logits).mean())
saturating = variant(lambda logits: -softplus(logits).mean())
mean_logit = variant(lambda logits: softplus(-logits.mean()))
sum_of_logits = variant(lambda logits: softplus(-logits).sum())
least_squares = variant(lambda logits: (logits - 1).square().mean())
twice_sigmoid = variant(lambda logits: softplus(-torch.sigmoid(logits)).mean())
overflows = variant(lambda logits: -torch.log(torch.sigmoid(logits)).mean())
as_probabilities = variant(lambda logits: binary_cross_entropy(logits.clamp(0, 1), torch.ones_like(logits)))
raw_logits = variant(lambda logits: -logits.mean())
one_an_image = variant(lambda logits: softplus(-logits).mean(dim=(1, 2, 3)), lambda e: e.abs().mean(dim=(1, 2, 3)))


def plain_number(fake_logits, fake, real, l1_weight=100):
    return pix2pix_generator_loss(fake_logits, fake, real, l1_weight).item()


def detached(fake_logits, fake, real, l1_weight=100):
    return pix2pix_generator_loss(fake_logits, fake.detach(), real, l1_weight)


MISTAKES = (
    mistake(sum_of_differences, "The sum of the differences: it is 3 · h · w · n times as large as their mean, and D is never heard. λ = 100 belongs to the mean."),
    mistake(sum_per_image, "Summed over each image, then averaged over the batch: 3 · h · w times too large. The mean runs over pixels and channels, too."),
    mistake(squares, "You square the differences. Pix2pix takes their absolute value: the squared error blurs more."),
    mistake(no_absolute_value, "Without the absolute value differences of both signs cancel, and the best picture is infinitely dark."),
    mistake(weight_on_D, "λ stands before the wrong term: it is the weight of the L1 distance."),
    mistake(no_weight, "λ is left out: then the pixels weigh a hundredth of what they should."),
    mistake(weight_fixed, "100 is the default; take the weight that is handed in."),
    mistake(subtracted, "The sign of the L1 term: G would be paid for being far from the target."),
    mistake(label_fake, "That is the cross-entropy with the label *fake*: G would be trained to be caught."),
    mistake(saturating, "log(1 − D) saturates where D is sure. Asked is the non-saturating loss, −log D."),
    mistake(mean_logit, "You average the logits first. Each patch has a loss of its own: the mean comes last, or one good patch pays for a bad one."),
    mistake(sum_of_logits, "The sum over the map: the larger the image, the more D would weigh. Take the mean."),
    mistake(least_squares, "That is the least-squares loss, CycleGAN's. Here it is −log σ(l)."),
    mistake(twice_sigmoid, "A sigmoid too many: what comes in are logits, and the loss that you call applies one itself."),
    mistake(as_probabilities, "You take the logits for probabilities: they run over all numbers."),
    mistake(overflows, "log(sigmoid(l)) is log 0 for a logit of −200. softplus(−l) is the same, and stays finite."),
    mistake(raw_logits, "−l itself is the loss of a Wasserstein critic. Here it is −log σ(l)."),
    mistake(one_an_image, "One number for each image; the loss is their mean."),
    mistake(detached, "fake was cut from the graph, so that the L1 term teaches nothing."),
)  # fmt: skip


def images(case, n=2, size=4):
    fake, real = (2 * case.rand(n, 3, size, size) - 1 for _ in range(2))
    return fake, real


def logits_of(case, *values):
    return torch.tensor(values, device=case.device).view(1, 1, 1, -1)


@property_test("one number")
def a_number(answer, case):
    cause = "The loss is a tensor with a graph, or nothing is learned: no .item()."
    expect_shape(answer(case.randn(2, 1, 3, 3), *images(case)), (), cause=cause)


@property_test("D alone", points=2)
def adversarial_by_hand(answer, case):
    same = images(case, n=1, size=2)[0]
    expect_close(answer(logits_of(case, 0.0), same, same), math.log(2), tol=1e-5, input="one logit, 0; fake = real")
    expected = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(1))) / 2
    expect_close(answer(logits_of(case, 2.0, -1.0), same, same), expected, tol=1e-5, input="two logits, 2 and −1; fake = real")


@property_test("L1 alone", points=2)
def distance_by_hand(answer, case):
    real = torch.zeros(1, 3, 1, 2, device=case.device)
    fake = real + torch.tensor([0.1, -0.3], device=case.device)
    given = "a logit of 50, whose loss is 0; two pixels that are off by 0.1 and −0.3 in all channels"
    expect_close(answer(logits_of(case, 50.0), fake, real), 20.0, tol=1e-3, input=given)
    expect_close(answer(logits_of(case, 50.0), fake, real, 7.0), 1.4, tol=1e-3, input=given + "; l1_weight = 7")


@property_test("finite", points=1)
def finite(answer, case):
    same = images(case, n=1, size=2)[0]
    expect_close(answer(logits_of(case, -200.0), same, same), 200.0, tol=1e-2, input="one logit, −200; fake = real")


@property_test("larger maps and images", points=1)
def size_does_not_matter(answer, case):
    logits, (fake, real) = case.randn(1, 1, 2, 2), images(case, n=1, size=2)
    small = answer(logits, fake, real)
    large = answer(logits.repeat(3, 1, 2, 2), *(image.repeat(3, 1, 4, 4) for image in (fake, real)))
    expect(isinstance(small, Tensor), expected="a tensor", got=small)
    expect(small.abs() > 1e-3, expected="a loss above 0", got=small, input="random logits and images")
    expect_close(large / small, 1.0, tol=1e-4, input="the same map and images laid out as tiles, three times: the new loss over the old")


@property_test("gradient", points=1)
def gradient_reaches_both(answer, case):
    logits, (fake, real) = case.randn(2, 1, 2, 2).requires_grad_(), images(case)
    fake.requires_grad_()
    got = answer(logits, fake, real)
    expect_gradient(got, reaches={"fake_logits": logits, "fake": fake})
    (slope,) = torch.autograd.grad(got, logits, retain_graph=True)
    expect(
        (slope < 0).all(),
        expected="below 0 everywhere: a higher logit is a lower loss",
        got=slope,
        input="the gradient in the logits",
        cause="G wants D to take every patch for real.",
    )


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    logits, (fake, real) = 3 * case.randn(2, 1, 6, 6), images(case, size=8)
    expect_close(answer(logits, fake, real), pix2pix_generator_loss(logits, fake, real), tol=1e-3, input="random logits and images")
    for weight in (0.0, 10.0):
        given = f"the same, l1_weight = {weight:g}"
        expect_close(answer(logits, fake, real, weight), pix2pix_generator_loss(logits, fake, real, weight), tol=1e-4, input=given)


@property_test("a picture that learns", points=1)
def learns(answer, case):
    real = (2 * case.rand(1, 3, 2, 2) - 1) * 0.8
    fake = torch.zeros_like(real).requires_grad_()
    optimiser = torch.optim.Adam([fake], 0.05)
    for _ in range(60):
        optimiser.zero_grad()
        loss = answer(fake.mean().view(1, 1, 1, 1), fake, real)
        loss.backward()
        optimiser.step()
    left = (fake - real).abs().mean().item()
    given = "a picture whose pixels are the parameters, from grey, after 60 steps of Adam: its mean distance to the target"
    expect(left < 0.05, expected="below 0.05", got=left, input=given)
