"""10.4 implement: batch normalisation folded into the convolution before it."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "Fold batch normalisation away"
KIND = "implement"
NOTEBOOK = "10_cnn_denoisers"
MINUTES = 10
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "In eval mode μ and v are constants. What does batch normalisation do to one channel then: which number multiplies, which is added?",
    "γ (w∗a + b - μ)/√(v + ε) + β = (s w)∗a + s (b - μ) + β with s = γ/√(v + ε), one s for each output channel. "
    "Weight (o, i, 3, 3), s (o,), bias (o,).",
    """
    s from the norm's weight, running variance and eps, one number an output channel
    the weight: every kernel times the s of its output channel (two or three more axes of length 1)
    the bias: the convolution's own (or 0 if it has none) minus the running mean, times s, plus the norm's bias
    """,
)


def merge(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight (o, i, k, k) and bias (o,) of the one convolution that does what both do in eval mode."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    before = 0 if conv.bias is None else conv.bias
    return conv.weight * scale[:, None, None, None], norm.bias + (before - norm.running_mean) * scale


reference = merge


def variant(scale=lambda n: n.weight / (n.running_var + n.eps).sqrt(), axis=0, bias=lambda b, n, s: n.bias + (b - n.running_mean) * s):
    """The merge with one thing done otherwise."""

    def other(conv, norm):
        s = scale(norm)
        before = torch.zeros_like(norm.bias) if conv.bias is None else conv.bias
        return conv.weight * (s[:, None, None, None] if axis == 0 else s[None, :, None, None]), bias(before, norm, s)

    return other


MISTAKES = (
    mistake(variant(lambda n: n.weight / (n.running_var + n.eps)), "You divide by the variance; batch normalisation divides by its root."),
    mistake(variant(lambda n: n.weight / n.running_var.sqrt()), "eps is missing under the root. It is small, but a channel may be smaller."),
    mistake(variant(lambda n: n.weight / (n.running_var.sqrt() + n.eps)), "eps stands outside the root; it belongs to the variance, under it."),
    mistake(variant(lambda n: 1 / (n.running_var + n.eps).sqrt()), "γ, the norm's own weight, is missing in the scale."),
    mistake(variant(axis=1), "You scale the input channels. The norm comes after the convolution: it scales its output channels, the first axis."),
    mistake(variant(bias=lambda b, n, s: n.bias - n.running_mean * s), "The convolution's own bias is lost. DnCNN has none there, other networks do."),
    mistake(variant(bias=lambda b, n, s: n.bias + b - n.running_mean * s), "The convolution's bias goes through the norm too: it is scaled as well."),
    mistake(variant(bias=lambda b, n, s: n.bias + (b - n.running_mean)), "The mean is subtracted before the scaling, so it is scaled as well."),
    mistake(variant(bias=lambda b, n, s: n.bias + (b + n.running_mean) * s), "The mean is subtracted, not added."),
    mistake(variant(bias=lambda b, n, s: (b - n.running_mean) * s), "β, the norm's own bias, is missing."),
)  # fmt: skip


def pair(case, inputs=2, outputs=3, bias=False, eps=1e-4):
    """A convolution and a norm with numbers of their own."""
    conv, norm = nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias), nn.BatchNorm2d(outputs, eps=eps)
    with torch.no_grad():
        conv.weight.copy_(case.randn(*conv.weight.shape))
        if bias:
            conv.bias.copy_(1 + case.rand(outputs))
        norm.weight.copy_(0.5 + case.rand(outputs))
        norm.bias.copy_(case.randn(outputs))
        norm.running_mean.copy_(1 + case.rand(outputs))
        norm.running_var.copy_(0.5 + 2 * case.rand(outputs))
    return conv.to(case.device).eval(), norm.to(case.device).eval()


def both(answer, conv, norm):
    got = answer(conv, norm)
    expect(isinstance(got, tuple | list) and len(got) == 2, expected="two tensors: weight, bias", got=got)
    expect_shape(got[0], tuple(conv.weight.shape), input="the weight")
    expect_shape(got[1], (conv.out_channels,), input="the bias")
    return got


@property_test("shape")
def shapes(answer, case):
    both(answer, *pair(case, 3, 3))


@property_test("one channel by hand", points=2)
def by_hand(answer, case):
    conv, norm = pair(case, 1, 1, eps=0.0)
    with torch.no_grad():
        conv.weight.fill_(1.0)
        norm.weight.fill_(3.0), norm.bias.fill_(0.5), norm.running_mean.fill_(2.0), norm.running_var.fill_(4.0)
    weight, bias = both(answer, conv, norm)
    given = "a kernel of ones, γ = 3, β = 0.5, μ = 2, v = 4, ε = 0"
    expect_close(weight.flatten()[0].item(), 1.5, tol=1e-5, input=f"{given}; the weight")
    expect_close(bias[0].item(), -2.5, tol=1e-5, input=f"{given}; the bias")


@property_test("eps", points=1)
def of_a_quiet_channel(answer, case):
    conv, norm = pair(case, 1, 1, eps=0.09)
    with torch.no_grad():
        conv.weight.fill_(1.0)
        norm.weight.fill_(1.0), norm.running_var.fill_(0.16)
    weight, _ = both(answer, conv, norm)
    expect_close(weight.flatten()[0].item(), 2.0, tol=1e-5, input="a kernel of ones, γ = 1, v = 0.16, ε = 0.09; the weight")


@property_test("a convolution with a bias", points=1)
def with_a_bias(answer, case):
    conv, norm = pair(case, 1, 2, bias=True)
    _, bias = both(answer, conv, norm)
    expect_close(bias, merge(conv, norm)[1], tol=1e-4, input="a convolution that has a bias of its own; the new bias")


@property_test("the same function", points=2)
def does_the_same(answer, case):
    conv, norm = pair(case, 4, 5)
    a = case.randn(2, 4, 6, 6)
    weight, bias = both(answer, conv, norm)
    expect_close(conv2d(a, weight, bias, padding=1), norm(conv(a)), tol=1e-4, input="five channels: one convolution against both layers")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for inputs, outputs, bias in ((3, 3, False), (3, 3, True), (1, 4, True)):
        conv, norm = pair(case, inputs, outputs, bias)
        for got, expected in zip(both(answer, conv, norm), merge(conv, norm), strict=True):
            expect_close(got, expected, tol=1e-4)
