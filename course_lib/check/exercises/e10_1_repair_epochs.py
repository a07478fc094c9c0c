"""10.1 repair: the noise of a training, drawn once and clipped."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "Repair the training noise"
KIND = "repair"
NOTEBOOK = "10_cnn_denoisers"
MINUTES = 8
DIFFICULTY = 1
POINTS = 8

HINTS = (
    "Feed a black image through two epochs. What must the two observations have in common? How many of their pixels must be below 0?",
    "y[e] = images + n[e], with n[e] ~ N(0, (sigma/255)²) drawn for each epoch e, and nothing else done to it. Shape (epochs, n, c, h, w).",
    """
    for every epoch: a tensor of normal numbers of the images' shape, from the generator
    scale it by sigma, in units of the image; add it to the images
    stack the epochs along a new first axis; no clamp anywhere
    """,
)


def broken(images, sigma, epochs, generator):
    """What is handed out: one noise for all epochs, and a clamp."""
    noise = sigma / 255 * torch.randn(images.shape, generator=generator)
    y = (images + noise).clamp(0, 1)
    return torch.stack([y for _ in range(epochs)])


def noisy_epochs(images: Tensor, sigma: float, epochs: int, generator: torch.Generator) -> Tensor:
    """The observations of every epoch, (epochs, n, c, h, w): the same images, the noise anew."""
    fresh = [torch.randn(images.shape, generator=generator) for _ in range(epochs)]
    return images + sigma / 255 * torch.stack(fresh)


reference = noisy_epochs


def variant(noise=torch.randn, *, anew=True, clamp=False, scale=1 / 255, own=False, quantise=False):
    """The observations with one thing done otherwise."""

    def observe(images, sigma, epochs, generator):
        source = None if own else generator
        drawn = [noise(images.shape, generator=source) for _ in range(epochs)]
        y = images + scale * sigma * torch.stack(drawn if anew else [drawn[0]] * epochs)
        y = (255 * y).round() / 255 if quantise else y
        return y.clamp(0, 1) if clamp else y

    return observe


def one_for_the_batch(images, sigma, epochs, generator):
    noise = torch.stack([torch.randn(images[:1].shape, generator=generator) for _ in range(epochs)])
    return images + sigma / 255 * noise


def centred(shape, generator=None):
    return torch.rand(shape, generator=generator) * 12**0.5 - 3**0.5


MISTAKES = (
    mistake(variant(anew=False), "Not clipped any more. But the noise is drawn before the loop, once: every epoch shows the same noisy images, and the network learns them by heart."),
    mistake(variant(clamp=True), "Anew in every epoch now. But .clamp(0, 1) stayed: in dark and bright places the noise is no longer Gaussian, nor of mean zero."),
    mistake(variant(scale=1.0), "sigma is in grey levels of 255, the images in [0, 1]: divide by 255."),
    mistake(variant(torch.rand), "torch.rand is uniform on [0, 1): such noise has a mean, and brightens the image."),
    mistake(variant(centred), "Right mean, right spread, but not normal: torch.randn is wanted."),
    mistake(variant(own=True), "The noise does not come from the generator, so the same seed does not give the same training."),
    mistake(one_for_the_batch, "All images of an epoch share one noise; each needs its own."),
    mistake(variant(quantise=True), "You round to 8 bits. A camera does; the benchmarks of this field do not."),
)  # fmt: skip


@property_test("shape")
def epochs_first(answer, case):
    expect_shape(answer(case.rand(4, 1, 4, 4), 25, 3, case.generator()), (3, 4, 1, 4, 4))


@property_test("anew in every epoch", points=2)
def never_twice(answer, case):
    images = torch.full((2, 1, 16, 16), 0.5, device=case.device)
    y = answer(images, 25, 2, case.generator())
    expect_shape(y, (2, 2, 1, 16, 16))
    same = (y[0] == y[1]).float().mean().item()
    expect_close(same, 0.0, tol=0.2, input="two epochs of the same grey images, sigma = 25; the share of pixels that are equal in both")


@property_test("not clipped", points=2)
def below_zero(answer, case):
    y = answer(torch.zeros(4, 1, 32, 32, device=case.device), 25, 2, case.generator())
    expect_shape(y, (2, 4, 1, 32, 32))
    expect_close((y < 0).float().mean().item(), 0.5, tol=0.05, input="black images, sigma = 25; the share of pixels below 0")


@property_test("mean and spread", points=1)
def mean_and_spread(answer, case):
    y = answer(torch.full((4, 1, 32, 32), 0.5, device=case.device), 25, 2, case.generator())
    expect_close(y.mean().item(), 0.5, tol=0.01, input="grey images of 0.5, sigma = 25; the mean of the observations")
    expect_close(255 * y.std().item(), 25.0, tol=1.0, input="grey images of 0.5, sigma = 25; their spread in grey levels")


@property_test("to each image its own", points=1)
def images_differ(answer, case):
    y = answer(torch.full((2, 1, 16, 16), 0.5, device=case.device), 25, 1, case.generator())
    expect_shape(y, (1, 2, 1, 16, 16))
    same = (y[:, 0] == y[:, 1]).float().mean().item()
    expect_close(same, 0.0, tol=0.2, input="two equal images in one epoch; the share of pixels that are equal in both observations")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    images = case.rand(2, 3, 8, 8)
    expected = noisy_epochs(images, 15, 3, case.generator())
    expect_close(answer(images, 15, 3, case.generator()), expected, tol=1e-5, input="two images, sigma = 15, three epochs, a given seed")
    again = answer(images, 15, 3, case.generator())
    expect(bool((again == answer(images, 15, 3, case.generator())).all()), expected="the same for the same seed", got=again)
