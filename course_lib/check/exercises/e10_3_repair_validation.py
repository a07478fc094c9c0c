"""10.3 repair: a validation in training mode."""

import torch
from torch import Tensor, nn

from course_lib.check.authoring import expect, expect_close, mistake, property_test

TITLE = "Repair the validation"
KIND = "repair"
NOTEBOOK = "10_cnn_denoisers"
MINUTES = 10
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Validate one image alone, and the same image among others. May its estimate change? And compare the network's buffers before and after.",
    "In eval mode x̂ of an image (1, c, h, w) does not depend on the other n - 1 of the batch. torch.no_grad() does not switch modes.",
    """
    remember whether the network was training
    switch to eval mode; observe with the noise of seed 0; estimate without gradients
    switch back to the mode it was in
    the PSNR of each image, then their mean, as a Python number
    """,
)


def broken(network, images, sigma):
    """What is handed out: no gradients, but still training mode."""
    generator = torch.Generator().manual_seed(0)
    y = images + sigma / 255 * torch.randn(images.shape, generator=generator)
    with torch.no_grad():
        estimate = network(y)
    mse = (estimate - images).square().mean(dim=(1, 2, 3))
    return (10 * torch.log10(1 / mse)).mean().item()


def validate(network: nn.Module, images: Tensor, sigma: float) -> float:
    """Mean PSNR in dB on images (n, c, h, w) with noise of seed 0. Leaves the network as it found it."""
    generator = torch.Generator().manual_seed(0)
    y = images + sigma / 255 * torch.randn(images.shape, generator=generator)
    was_training = network.training
    network.eval()
    with torch.no_grad():
        estimate = network(y)
    network.train(was_training)
    mse = (estimate - images).square().mean(dim=(1, 2, 3))
    return (10 * torch.log10(1 / mse)).mean().item()


reference = validate


def variant(*, mode="eval", after="as before", seed=0, pooled=False, one_by_one=False, clip=False, peak=1.0):
    """The validation with one thing done otherwise."""

    def other(network, images, sigma):
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        y = images + sigma / 255 * torch.randn(images.shape, generator=generator)
        y = y.clamp(0, 1) if clip else y
        before = network.training
        network.train(mode == "train")
        with torch.no_grad():
            estimate = torch.cat([network(each[None]) for each in y]) if one_by_one else network(y)
        network.train({"as before": before, "train": True, "eval": False}[after])
        mse = (estimate - images).square().mean(dim=(1, 2, 3))
        return (10 * torch.log10(peak**2 / (mse.mean() if pooled else mse))).mean().item()

    return other


MISTAKES = (
    mistake(variant(after="eval"), "The network stays in eval mode: from here on it trains with running statistics that stand still. Put back the mode that it was in."),
    mistake(variant(after="train"), "You call .train() in any case. A network that came in eval mode must leave in eval mode."),
    mistake(variant(mode="train", one_by_one=True), "One image at a time, but in training mode: each image is now normalised by its own mean."),
    mistake(variant(seed=None), "The noise is another one in every call, so that two validations cannot be compared: seed 0 is wanted."),
    mistake(variant(pooled=True), "That is the PSNR of the mean error; average the decibels of the images."),
    mistake(variant(clip=True), "The noise is clipped: another and easier problem."),
    mistake(variant(peak=255.0), "The peak of an image in [0, 1] is 1; with 255 every network gains 48.13 dB."),
    mistake(variant(mode="train", after="eval"), "Too late: the estimate is made before the network is in eval mode."),
)  # fmt: skip


def network(case, training=True):
    """A small network with batch normalisation and running statistics that no batch has."""
    net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 1, 1))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(0.4 * case.randn(*parameter.shape))
        net[1].weight.copy_(0.5 + case.rand(3))
        net[1].running_mean.copy_(0.3 * case.randn(3))
        net[1].running_var.copy_(0.2 + case.rand(3))
    return net.to(case.device).train(training)


def images(case):
    return torch.stack([scale * case.rand(1, 8, 8) for scale in (1.0, 0.3, 0.1)])


@property_test("a number")
def one_number(answer, case):
    got = answer(network(case), images(case), 25)
    expect(isinstance(got, float), expected="the mean PSNR, as a Python number", got=got)


@property_test("each image by itself", points=3)
def no_company(answer, case):
    net, batch = network(case, training=True), images(case)
    scores = torch.tensor([answer(net, torch.stack([batch[0], other]), 0) for other in (batch[1], torch.ones_like(batch[1]))])
    alone = torch.tensor([answer(net, other[None], 0) for other in (batch[1], torch.ones_like(batch[1]))])
    expect(bool((scores != 0).all()), expected="a PSNR", got=scores)
    given = "image A together with B, then with C, no noise; what the mean says of A, given what B and C score alone"
    first = 2 * scores - alone  # the PSNR of A, twice
    expect_close(first[0].item(), first[1].item(), tol=1e-2, input=given, cause="The other image changes the score of A: batch statistics.")


@property_test("nothing is learned", points=2)
def buffers_stay(answer, case):
    net = network(case, training=True)
    before = net[1].running_mean.clone()
    score = answer(net, images(case), 25)
    expect(isinstance(score, float) and score != 0.0, expected="a PSNR", got=score)
    moved = (net[1].running_mean - before).abs().max().item()
    expect_close(moved, 0.0, tol=1e-7, input="the running means of a network, before and after a validation; the largest change")


@property_test("the mode it was in", points=2)
def mode_put_back(answer, case):
    for training in (True, False):
        net = network(case, training)
        score = answer(net, images(case), 25)
        expect(isinstance(score, float) and score != 0.0, expected="a PSNR", got=score)
        name = "training" if training else "eval"
        wanted = f"all parts in {name} mode afterwards"
        expect(all(m.training is training for m in net.modules()), expected=wanted, got="the other mode", input=f"a network in {name} mode")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    net, batch = network(case, training=False), images(case)
    for sigma in (25, 50):
        expect_close(answer(net, batch, sigma), validate(net, batch, sigma), tol=1e-3, input=f"three images, sigma = {sigma}")
