"""04.8 repair: three scores of a generator, all of them plausible and wrong."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, mistake, property_test
from course_lib.metrics.features import inception_score, precision_recall

TITLE = "Repair the report card"
KIND = "repair"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 10
DIFFICULTY = 2
POINTS = 10

HINTS = (
    "Write down what each network is given: its lowest and highest value, for the real images and for the samples. Then try two clouds whose "
    "precision and recall you know. What does inception_score take?",
    "Images of G are in [−1, 1], the networks want [0, 1]. precision_recall(fake, real) gives precision first. inception_score takes logits: "
    "it applies the softmax itself.",
    """
    bring G's images to the range of the real ones before any network sees them
    the order of the two clouds: samples first, real images second
    hand the judge's outputs over as they are
    """,
)


def broken(G, real, z, feature_net, judge):
    """What is handed out: the wrong range, changed places, and a softmax too many."""
    images = G(z)
    precision, recall = precision_recall(feature_net(real), feature_net(images))
    return inception_score(judge(images).softmax(1)), precision, recall


def report_card(G, real: Tensor, z: Tensor, feature_net, judge) -> tuple[Tensor, Tensor, Tensor]:
    """Inception Score, precision and recall of G's images for the latents z."""
    images = (G(z) + 1) / 2
    precision, recall = precision_recall(feature_net(images), feature_net(real))
    return inception_score(judge(images)), precision, recall


reference = report_card


def to_image_range(x):
    return (x + 1) / 2


def as_it_is(x):
    return x


def variant(*, fakes=to_image_range, reals=as_it_is, for_judge=as_it_is, swapped=False, softmax=False):
    """The report card with one thing done otherwise."""

    def card(G, real, z, feature_net, judge):
        images = fakes(G(z))
        clouds = feature_net(images), feature_net(reals(real))
        precision, recall = precision_recall(*(reversed(clouds) if swapped else clouds))
        outputs = judge(for_judge(images))
        return inception_score(outputs.softmax(1) if softmax else outputs), precision, recall

    return card


MISTAKES = (
    mistake(
        variant(fakes=as_it_is), "The samples are still in [-1, 1], and the real images in [0, 1]: half of a digit's pixels are negative."
    ),
    mistake(variant(swapped=True), "Precision and recall have changed places: the samples are the first argument of precision_recall."),
    mistake(
        variant(softmax=True),
        "The judge's logits go through the softmax twice, once by you, once in inception_score: the score is far too low.",
    ),
    mistake(
        variant(reals=lambda x: 2 * x - 1, fakes=as_it_is),
        "Both are in [-1, 1] now: alike, but the networks were trained on [0, 1]. Change G's images, not the real ones.",
    ),
    mistake(variant(reals=to_image_range), "The real images are in [0, 1] already: only G's images are to be changed."),
    mistake(
        lambda G, real, z, f, j: report_card(G, real, z, f, j)[1:],
        "The Inception Score, precision and recall are asked for, three numbers.",
    ),
)


class Watched:
    """A stand-in for a network that writes down what it was given."""

    def __init__(self, function):
        self.function, self.seen = function, []

    def __call__(self, x):
        self.seen.append(x.detach().clone())
        return self.function(x)

    features = __call__


def setting(case, spread=1.0):
    """A generator of flat images in [-1, 1], real ones in [0, 1], and two watched networks that look at six of their pixels."""
    real = case.rand(40, 1, 4, 4)
    z = spread * (2 * case.rand(40, 16) - 1)
    matrix = 12 * case.randn(6, 5)
    network = Watched(lambda x: x.flatten(1)[:, :2])
    judge = Watched(lambda x: x.flatten(1)[:, :6] @ matrix)
    return (lambda z: z.view(-1, 1, 4, 4)), real, z, network, judge


@property_test("three numbers")
def three(answer, case):
    got = answer(*setting(case))
    expect(isinstance(got, tuple) and len(got) == 3, expected="three numbers: Inception Score, precision, recall", got=got)


@property_test("what the networks are given", points=4)
def ranges(answer, case):
    G, real, z, network, judge = setting(case)
    answer(G, real, z, network, judge)
    images = (G(z) + 1) / 2
    lowest = [x.min() for x in judge.seen] + sorted((x.min() for x in network.seen), key=float)
    wanted = [images.min(), *sorted((images.min(), real.min()), key=float)]
    told = "the lowest pixel that the judge was given, then the feature net, batch by batch; samples in [-1, 1], real images in [0, 1]"
    expect_close(torch.stack(lowest), torch.stack(wanted), tol=1e-4, input=told)


@property_test("precision and recall", points=3)
def tight_cluster(answer, case):
    G, real, z, network, judge = setting(case, spread=0.05)
    _, precision, recall = answer(G, real, z, network, judge)
    told = "samples in a small cluster in the middle of the real images"
    expect_close(precision, 1.0, tol=1e-4, input=told + ": precision")
    expect(float(recall) < 0.5, expected="a recall below 0.5", got=recall, input=told)


@property_test("Inception Score", points=2)
def sure_judge(answer, case):
    def judge(x):
        return 40 * torch.eye(4, device=x.device)[torch.arange(len(x), device=x.device) % 4]

    G, real, z, network, _ = setting(case)
    expect_close(answer(G, real, z, network, judge)[0], 4.0, tol=1e-3, input="a judge that is sure of four classes, equally often")


@property_test("against the reference", points=1)
def agrees_with_the_reference(answer, case):
    G, real, z, network, judge = setting(case)
    for got, expected in zip(answer(G, real, z, network, judge), report_card(G, real, z, network, judge), strict=True):
        expect_close(got, expected.item(), tol=1e-3)
