"""02.6 implement: modes reached, share of good samples, reverse KL."""

import math

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, mistake, property_test

TITLE = "Count what a generator covers"
KIND = "implement"
NOTEBOOK = "02_gan_theory"
MINUTES = 12
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Each sample has a nearest centre and a distance to it. Which of the three numbers needs the distance, which needs only "
    "the name of the centre?",
    "torch.cdist(samples, centres) is (n, k); its .min(dim=1) gives distance and index, both (n,). Then: count, mean, and Σ h "
    "log(h k) over the shares h.",
    """
    distance and mode of each sample from cdist and min
    good = distance within three sigma
    modes: how many different values mode takes where good holds
    high_quality: the mean of good, as a number from 0 to 1
    h = bincount of *all* modes, divided by n; reverse_kl = sum over the modes that occur of h times log(h times k)
    """,
)


def mode_coverage(samples: Tensor, centres: Tensor, sigma: float) -> tuple[int, float, float]:
    """(modes, high_quality, reverse_kl) as PacGAN defines them."""
    distance, mode = torch.cdist(samples, centres).min(dim=1)
    good = distance <= 3 * sigma
    share = torch.bincount(mode, minlength=len(centres)) / len(samples)
    reverse_kl = torch.xlogy(share, share * len(centres)).sum()
    return len(mode[good].unique()), good.float().mean().item(), reverse_kl.item()


reference = mode_coverage


def variant(radius=3.0, *, only_good=False, count_all=False, log=torch.log, percent=1.0):
    """The reference with one thing done otherwise."""

    def coverage(samples, centres, sigma):
        distance, mode = torch.cdist(samples, centres).min(dim=1)
        good = distance <= radius * sigma
        counted = mode[good] if only_good else mode
        share = torch.bincount(counted, minlength=len(centres)) / max(len(counted), 1)
        share = share[share > 0]
        return (
            len((mode if count_all else mode[good]).unique()),
            percent * good.float().mean().item(),
            (share * log(share * len(centres))).sum().item(),
        )

    return coverage


def squared(samples, centres, sigma):
    distance, mode = (samples[:, None] - centres).square().sum(-1).min(dim=1)
    good = distance <= 3 * sigma
    _, _, kl = mode_coverage(samples, centres, sigma)
    return len(mode[good].unique()), good.float().mean().item(), kl


def forward(samples, centres, sigma):
    modes, quality, _ = mode_coverage(samples, centres, sigma)
    share = torch.bincount(torch.cdist(samples, centres).argmin(1), minlength=len(centres)) / len(samples)
    return modes, quality, (-torch.log(share * len(centres)) / len(centres)).sum().item()


def entropy(samples, centres, sigma):
    modes, quality, kl = mode_coverage(samples, centres, sigma)
    return modes, quality, math.log(len(centres)) - kl


MISTAKES = (
    mistake(
        variant(count_all=True), "A mode that only far-off samples are nearest to is not reached: count modes among the samples within 3σ."
    ),
    mistake(variant(1.0), "The limit is three standard deviations, not one."),
    mistake(squared, "You compare the squared distance with 3σ: take the root first."),
    mistake(variant(percent=100.0), "The share of good samples is asked as a number from 0 to 1, not in per cent."),
    mistake(variant(only_good=True), "The histogram of the reverse KL counts all samples by nearest centre, good or not."),
    mistake(
        forward,
        "That is KL(uniform ‖ samples), which is infinite as soon as one mode is missing. The reverse one weighs by the samples' shares.",
    ),
    mistake(entropy, "That is the entropy of the histogram. The KL is 0 for an even histogram, and log k where one mode has everything."),
    mistake(variant(log=torch.log2), "The divergence is asked in nats: natural logarithm."),
)

LINE = [[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]]


def points(case, *xs):
    return torch.tensor([[x, 0.0] for x in xs], device=case.device)


def measured(answer, samples, centres, sigma):
    got = answer(samples, centres, sigma)
    expect(isinstance(got, tuple) and len(got) == 3, expected="three values: modes, high_quality, reverse_kl", got=got)
    return got


@property_test("high-quality share", points=2)
def quality(answer, case):
    centres = torch.tensor(LINE, device=case.device)
    _, got, _ = measured(answer, points(case, 0.0, 0.4, 1.4, 1.6, 2.5), centres, 0.5)
    expect_close(got, 0.6, tol=1e-4, input="samples 0, 0.4, 1.4, 1.6 and 2.5 from a mode, sigma = 0.5")


@property_test("modes", points=2)
def modes(answer, case):
    centres = torch.tensor(LINE, device=case.device)
    got, _, _ = measured(answer, points(case, 0.0, 0.1, 10.2, 24.0, 25.5), centres, 0.5)
    expect_close(got, 2, tol=1e-6, input="good samples at two of four modes; two stray ones are nearest to the others")


@property_test("reverse KL", points=2)
def divergence(answer, case):
    centres = torch.tensor(LINE, device=case.device)
    _, _, even = measured(answer, points(case, 0.0, 10.0, 20.0, 34.0), centres, 0.5)
    expect_close(even, 0.0, tol=1e-5, input="one sample nearest to each of four modes, one of them far off")
    _, _, one = measured(answer, points(case, 0.0, 0.1, 0.2), centres, 0.5)
    cause = "A mode with no sample gives 0 · log 0: leave it out, or use torch.xlogy."
    expect(not math.isnan(float(one)), expected="log 4 = 1.386", got=one, input="all samples at one of four modes", cause=cause)
    expect_close(one, math.log(4), tol=1e-5, input="all samples at one of four modes")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    angle = torch.arange(6, device=case.device) * (math.pi / 3)
    centres = torch.stack([angle.cos(), angle.sin()], dim=1)
    samples = centres[torch.arange(200, device=case.device) % 5] + 0.12 * case.randn(200, 2)
    for got, expected in zip(measured(answer, samples, centres, 0.05), mode_coverage(samples, centres, 0.05), strict=True):
        expect_close(got, expected, tol=1e-3)
