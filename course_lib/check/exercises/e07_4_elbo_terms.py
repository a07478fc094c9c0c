"""07.4 implement: distortion and rate, the two halves of the negative ELBO. The tiny VAE that 07.5 to 07.7 train lives here too."""

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_shape, expect_type, mistake, property_test
from course_lib.check.exercises.e07_1_kl import kl_standard_normal
from course_lib.check.exercises.e07_2_reparameterise import reparameterise

TITLE = "Distortion and rate"
KIND = "implement"
NOTEBOOK = "07_vae"
MINUTES = 10
DIFFICULTY = 2
POINTS = 10

HINTS = (
    "Which half of the ELBO asks how well x is explained by the sample, and which how far q(z|x) is from the prior? Which of them needs the sample?",
    "distortion (n,): minus log p(x|z), summed over all pixels of an image; of Bernoulli pixels with logits that is the binary cross-entropy. "
    "rate (n, d): kl_standard_normal(mu, logvar).",
    """
    encode x into mu and logvar
    draw one sample for each image with reparameterise, and decode it into logits
    binary cross-entropy with logits, not reduced, then summed over everything but the batch
    give back the distortion and the rate, in this order
    """,
)


def elbo_terms(model: nn.Module, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Distortion (n,) and rate (n, d) in nats, with one sample of z for each image."""
    mu, logvar = model.encode(x)
    logits = model.decode(reparameterise(mu, logvar, generator))
    distortion = binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
    return distortion, kl_standard_normal(mu, logvar)


reference = elbo_terms


def variant(*, reduce="sum", sample=True, prior=False, sign=1.0, sigmoid=False, swap=False, total=False):
    """The two terms with one thing done otherwise."""

    def terms(model, x, generator):
        mu, logvar = model.encode(x)
        z = reparameterise(mu, logvar, generator) if sample else mu
        if prior:
            z = reparameterise(torch.zeros_like(mu), torch.zeros_like(logvar), generator)
        logits = model.decode(z)
        logits = torch.sigmoid(logits) if sigmoid else logits
        each = sign * binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1)
        distortion, rate = each.sum(1) if reduce == "sum" else each.mean(1), kl_standard_normal(mu, logvar)
        rate = rate.sum(1) if total else rate
        return (rate, distortion) if swap else (distortion, rate)

    return terms


def squared_error(model, x, generator):
    mu, logvar = model.encode(x)
    p = torch.sigmoid(model.decode(reparameterise(mu, logvar, generator)))
    return (p - x).square().flatten(1).sum(1), kl_standard_normal(mu, logvar)


MISTAKES = (
    mistake(variant(reduce="mean"), "That is the mean over the pixels. log p(x|z) is a sum over pixels: divided by their number, the rate outweighs it that many times."),
    mistake(variant(sample=False), "The decoder was given mu, not a sample: this is the loss of an autoencoder, and the code may be as fine as it likes."),
    mistake(variant(prior=True), "The decoder was given a sample of the prior: it knows nothing about x. The sample comes from q(z|x)."),
    mistake(variant(sign=-1.0), "The sign of the distortion is turned: it is minus log p(x|z), which for binary pixels is never negative."),
    mistake(variant(sigmoid=True), "The sigmoid is applied twice: binary_cross_entropy_with_logits wants the logits as they are."),
    mistake(variant(total=True), "Leave the rate per dimension, (n, d); the loss will sum it, and you will want to see which dimensions are used."),
    mistake(variant(swap=True), "Distortion first, then rate."),
    mistake(squared_error, "That is a squared error. The pixels are 0 or 1 and the decoder gives logits: the likelihood is Bernoulli's."),
)  # fmt: skip


def plain(got: object) -> object:
    """A loss without its graph, so that it can become a number."""
    return got.detach() if isinstance(got, Tensor) else got


class Fixed(nn.Module):
    """A model whose code and decoder are given: encode ignores x, decode is linear, (n, d) -> (n, 1, 2, 2)."""

    def __init__(self, mu: Tensor, logvar: Tensor, weight: Tensor, bias: float = 0.0):
        super().__init__()
        self.mu, self.logvar, self.weight, self.bias = nn.Parameter(mu), nn.Parameter(logvar), nn.Parameter(weight), bias

    def encode(self, x):
        return self.mu.expand(len(x), -1), self.logvar.expand(len(x), -1)

    def decode(self, z):
        return (z @ self.weight + self.bias).unflatten(-1, (1, 2, 2))


def binary(case, n=5):
    return (case.rand(n, 1, 2, 2) > 0.5).float()


def random_model(case, d=3):
    return Fixed(case.randn(1, d), case.randn(1, d), case.randn(d, 4)).to(case.device)


@property_test("type")
def two_tensors(answer, case):
    got = answer(random_model(case), binary(case), case.generator())
    expect_type(got, tuple, cause="Give back two tensors: return distortion, rate")
    expect(len(got) == 2, expected="two tensors, distortion and rate", got=len(got))


@property_test("shapes")
def one_each(answer, case):
    distortion, rate = answer(random_model(case), binary(case), case.generator())
    expect_shape(distortion, (5,))
    expect_shape(rate, (5, 3))


@property_test("a decoder that knows nothing", points=2)
def plain_decoder(answer, case):
    model = Fixed(torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(2, 4)).to(case.device)
    distortion, rate = answer(model, binary(case, 3), case.generator())
    expect_shape(distortion, (3,))
    expect_close(distortion, torch.full((3,), 2.772589), tol=1e-4, input="logits of 0 for four pixels: four coins, 4 log 2 nats")
    expect_close(rate, torch.zeros(3, 2), tol=1e-5, input="mu = 0 and logvar = 0, which is the prior")


@property_test("a decoder that is right", points=1)
def sure_decoder(answer, case):
    x = torch.ones(2, 1, 2, 2, device=case.device)
    model = Fixed(torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(2, 4), bias=30.0).to(case.device)
    distortion, _ = answer(model, x, case.generator())
    expect_close(distortion, torch.zeros(2), tol=1e-3, input="logits of 30 where every pixel is 1")


@property_test("a sample of q", points=2)
def hears_of_the_variance(answer, case):
    model = Fixed(torch.zeros(1, 2), torch.zeros(1, 2), torch.ones(2, 4)).to(case.device)
    distortion, _ = answer(model, torch.ones(6, 1, 2, 2, device=case.device), case.generator())
    expect_shape(distortion, (6,))
    expect(distortion.std() > 0, expected="another sample, so another distortion, for each of six equal images", got=distortion)
    narrow = Fixed(torch.full((1, 2), 2.0), torch.full((1, 2), -30.0), torch.ones(2, 4)).to(case.device)
    distortion, _ = answer(narrow, torch.ones(2, 1, 2, 2, device=case.device), case.generator())
    expect_close(
        distortion, torch.full((2,), 0.0725997), tol=1e-3, input="mu = 2, hardly any variance, logits z₁ + z₂ = 4 where every pixel is 1"
    )


@property_test("gradient", points=2)
def reaches_both_halves(answer, case):
    model = random_model(case)
    distortion, rate = answer(model, binary(case), case.generator())
    expect_gradient(distortion, reaches={"mu": model.mu, "logvar": model.logvar, "the decoder": model.weight}, input="the distortion")
    expect_gradient(rate, reaches={"mu": model.mu, "logvar": model.logvar}, stops_at={"the decoder": model.weight}, input="the rate")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    model, x = random_model(case), binary(case)
    wanted = elbo_terms(model, x, case.generator())
    for name, got, right in zip(("distortion", "rate"), answer(model, x, case.generator()), wanted, strict=True):
        expect_close(got, right.detach(), tol=1e-3, input=name)


# ------------------------------------------------------------------------------------------- a tiny VAE for the exercises that follow

CODES = 8  # latent dimensions of the tiny VAE


class TinyVAE(nn.Module):
    """64 pixels, 8 latents, 64 hidden units on each side: trains in a second."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2 * CODES))
        self.decoder = nn.Sequential(nn.Linear(CODES, 64), nn.Tanh(), nn.Linear(64, 64))

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        return self.decoder(z).unflatten(-1, (1, 8, 8))


@lru_cache(maxsize=1)
def _digits() -> Tensor:
    from course_lib import data

    return data.digits("digits").images


def train_tiny(loss: Callable, steps: int = 250, seed: int = 0) -> TinyVAE:
    """Train on scikit-learn's 8×8 digits, binarised anew at every step; ``loss(model, x, generator, step)`` is one number."""
    digits, source = _digits(), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TinyVAE()
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    for step in range(steps):
        chosen = digits[torch.randint(len(digits), (100,), generator=source)]
        x = torch.bernoulli(chosen, generator=source)
        optimiser.zero_grad()
        loss(model, x, source, step).backward()
        optimiser.step()
    return model


@torch.no_grad()
def signature(model: nn.Module, seed: int = 1) -> dict[str, float]:
    """What a training has come to, on all training images: the true distortion and rate, those with z = mu, active units, spread of z."""
    source = torch.Generator().manual_seed(seed)
    x = torch.bernoulli(_digits(), generator=source)
    mu, logvar = model.encode(x)
    distortion, rate = elbo_terms(model, x, source)
    with_mean = binary_cross_entropy_with_logits(model.decode(mu), x, reduction="none").flatten(1).sum(1)
    return {
        "distortion": distortion.mean().item(),
        "rate": rate.sum(1).mean().item(),
        "distortion_of_mean": with_mean.mean().item(),
        "active": int((mu.var(0) > 0.01).sum()),
        "spread": (mu.var(0) + logvar.exp().mean(0)).sqrt().mean().item(),
    }
