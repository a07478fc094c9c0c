"""03.1 implement: the 28-pixel generator of DCGAN from its table of layers."""

import torch
from torch import Tensor, nn

from course_lib.check.authoring import expect, expect_close, expect_range, expect_shape, mistake, property_test

TITLE = "Build the generator"
KIND = "implement"
NOTEBOOK = "03_dcgan"
MINUTES = 15
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Four transposed convolutions. Which of them are followed by batch normalisation and ReLU, and what follows the last one?",
    "A latent (n, latent_dim) is a map of 1×1 pixels with latent_dim channels: (n, latent_dim, 1, 1). Transposed convolutions of "
    "(kernel, stride, padding) (4, 1, 0), (3, 2, 1), (4, 2, 1), (4, 2, 1) make 4, 7, 14 and 28 pixels of it.",
    """
    widths: latent_dim, 4 times features, 2 times features, features, 1
    three times: transposed convolution without bias, batch normalisation, ReLU
    then the last transposed convolution, without bias, and tanh
    then go through all modules: normal weights of standard deviation 0.02, around 0 or, in batch normalisation, around 1
    forward: give z two more axes of length 1
    """,
)


class Generator(nn.Module):
    """Latents (n, latent_dim) to images (n, 1, 28, 28) in [-1, 1]."""

    def __init__(self, latent_dim: int = 64, features: int = 32):
        super().__init__()
        f = features
        self.latent_dim = latent_dim
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(latent_dim, 4 * f, 4, 1, 0, bias=False), nn.BatchNorm2d(4 * f), nn.ReLU(),
            nn.ConvTranspose2d(4 * f, 2 * f, 3, 2, 1, bias=False), nn.BatchNorm2d(2 * f), nn.ReLU(),
            nn.ConvTranspose2d(2 * f, f, 4, 2, 1, bias=False), nn.BatchNorm2d(f), nn.ReLU(),
            nn.ConvTranspose2d(f, 1, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip
        for module in self.modules():
            if isinstance(module, nn.ConvTranspose2d):
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None])


reference = Generator


def variant(*, kernels=(4, 3, 4, 4), bias=False, norm_at_output=False, hidden=nn.ReLU, last=nn.Tanh, spread=0.02, scale=1.0):
    """The generator with one thing done otherwise."""

    class Other(nn.Module):
        def __init__(self, latent_dim=64, features=32):
            super().__init__()
            self.latent_dim = latent_dim
            widths = (latent_dim, 4 * features, 2 * features, features, 1)
            layers = []
            for k, kernel in enumerate(kernels):
                inner = k < 3
                layers.append(nn.ConvTranspose2d(widths[k], widths[k + 1], kernel, 1 if k == 0 else 2, 0 if k == 0 else 1, bias=bias))
                if inner or norm_at_output:
                    layers.append(nn.BatchNorm2d(widths[k + 1]))
                layers.append(hidden() if inner else last())
            self.layers = nn.Sequential(*layers)
            for module in self.modules():
                if isinstance(module, nn.ConvTranspose2d) and spread:
                    nn.init.normal_(module.weight, 0.0, spread)
                elif isinstance(module, nn.BatchNorm2d) and scale is not None:
                    nn.init.normal_(module.weight, scale, 0.02)

        def forward(self, z):
            return self.layers(z[:, :, None, None])

    return Other


class Leaky(nn.LeakyReLU):
    """D's activation."""

    def __init__(self):
        super().__init__(0.2)


MISTAKES = (
    mistake(
        variant(kernels=(4, 4, 4, 4)), "Kernel 4 doubles a map: 4, 8, 16, 32 pixels. To come to 28, the step from 4 to 7 has a kernel of 3."
    ),
    mistake(variant(bias=True), "A bias before batch normalisation is subtracted again at once: bias=False, in the last layer too."),
    mistake(
        variant(norm_at_output=True), "Batch normalisation at the output forces every batch to one mean and one contrast: leave it out."
    ),
    mistake(variant(last=nn.Sigmoid), "A sigmoid gives [0, 1]. GAN code works in [-1, 1], the range of tanh."),
    mistake(variant(last=nn.Identity), "Nothing bounds the output: tanh comes last."),
    mistake(
        variant(spread=0), "These are PyTorch's own initial weights; as published they come from N(0, 0.02), 0.02 being the deviation."
    ),
    mistake(variant(spread=0.02**0.5), "You took 0.02 for the variance; it is the standard deviation."),
    mistake(variant(scale=0.0), "Batch normalisation's weight starts around 1: around 0 it would erase the maps."),
    mistake(variant(scale=None), "Batch normalisation's weight is exactly 1 here: it starts from N(1, 0.02) as published."),
    mistake(variant(hidden=Leaky), "LeakyReLU is D's activation; G has ReLU in its hidden layers."),
)

LATENT, FEATURES = 10, 8


def build(answer, case, latent_dim=LATENT, features=FEATURES):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case.seed)
        return answer(latent_dim, features).to(case.device)


@property_test("shape")
def images_of_28_pixels(answer, case):
    got = build(answer, case)(case.randn(3, LATENT))
    expect_shape(got, (3, 1, 28, 28), input="z of shape (3, 10), Generator(latent_dim=10, features=8)")


@property_test("parameters", points=2)
def as_many_as_in_the_table(answer, case):
    count = sum(p.numel() for p in build(answer, case).parameters())
    expected = sum(p.numel() for p in Generator(LATENT, FEATURES).parameters())
    expect_close(count, expected, tol=0, input="the number of parameters of Generator(latent_dim=10, features=8)")


@property_test("range", points=1)
def the_range_of_tanh(answer, case):
    G = build(answer, case)
    with torch.no_grad():
        for parameter in G.parameters():
            parameter.mul_(8)
        got = G(case.randn(16, LATENT))
    expect_range(got, -1, 1, input="a generator whose weights were multiplied by 8")
    expect(got.min() < -0.5, expected="values below -0.5 as well", got=got, input="a generator whose weights were multiplied by 8")


@property_test("initial weights", points=2)
def small_weights(answer, case):
    G = build(answer, case, 32, 32)
    kernels = torch.cat([p.detach().flatten() for p in G.parameters() if p.ndim == 4])
    expect_close(kernels.std().item(), 0.02, tol=0.001, input="the standard deviation of all kernels")
    expect_close(kernels.mean().item(), 0.0, tol=0.001, input="the mean of all kernels")
    norms = torch.cat([m.weight.detach() for m in G.modules() if isinstance(m, nn.BatchNorm2d)])
    expect_close(norms.mean().item(), 1.0, tol=0.01, input="the mean of batch normalisation's weights")
    expect_close(norms.std().item(), 0.02, tol=0.006, input="the standard deviation of batch normalisation's weights")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    mine, other = build(answer, case), build(Generator, case)
    shapes, wanted = ([tuple(p.shape) for p in net.parameters()] for net in (mine, other))
    cause = "Make the layers in the order in which they are used: kernel, weight and shift of its batch normalisation, next kernel, …"
    expect(shapes == wanted, expected=f"parameters of shapes {wanted}", got=shapes, cause=cause)
    with torch.no_grad():
        for p, q in zip(mine.parameters(), other.parameters(), strict=True):
            q.copy_(0.3 * case.randn(*q.shape))
            p.copy_(q)
        z = case.randn(6, LATENT)
        expect_close(mine(z), other(z), tol=1e-4, input="both with the same weights, in training mode")
