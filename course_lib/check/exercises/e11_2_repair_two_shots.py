"""11.2 repair: pairs for Noise2Noise that share their noise and are clipped."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_dtype, expect_shape, expect_type, mistake, property_test

TITLE = "Repair the two shots"
KIND = "repair"
NOTEBOOK = "11_learning_without_clean_images"
MINUTES = 8
DIFFICULTY = 1
POINTS = 7

HINTS = (
    "Take the two shots of a black image apart: what are their means, and how are their noises correlated?",
    "y = x + (sigma / 255) n and y' = x + (sigma / 255) n', with n, n' ~ N(0, 1) independent, both from the one generator, not limited.",
    """
    call it with a black image of 128 × 128: each mean must be near 0, not near 10 grey levels
    subtract the two shots: what must the standard deviation of the difference be?
    a generator goes on by itself from draw to draw; who starts it anew here?
    """,
)


def shots(x, sigma, first, second, after=lambda y: y):
    """Two shots with these noises."""
    return tuple(after(x + sigma / 255 * noise) for noise in (first, second))


def drawn(x, generator):
    return torch.randn(x.shape, generator=generator, device=x.device)


def again(x, generator):
    return drawn(x, torch.Generator(x.device).manual_seed(generator.initial_seed()))


def clip(y):
    return y.clamp(0, 1)


def broken(x: Tensor, sigma: float | int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """What is handed out: the same noise twice, and clipped."""
    return shots(x, sigma, again(x, generator), again(x, generator), clip)


def two_shots(x: Tensor, sigma: float | int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Both mended."""

    def shot():
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        return x + sigma / 255 * noise

    return shot(), shot()


reference = two_shots


def one_noise(x, sigma, generator):
    noise = drawn(x, generator)
    return shots(x, sigma, noise, noise)


def mirrored(x, sigma, generator):
    noise = drawn(x, generator)
    return shots(x, sigma, noise, -noise)


def noise_on_noise(x, sigma, generator):
    first = x + sigma / 255 * drawn(x, generator)
    return first, first + sigma / 255 * drawn(x, generator)


def clean_target(x, sigma, generator):
    return x + sigma / 255 * drawn(x, generator), x


def seeded(x, sigma, generator):
    return two_shots(x, sigma, torch.Generator(x.device).manual_seed(0))


MISTAKES = (
    mistake(seeded, "You seed a generator of your own: two calls in a row then give the same pair."),
    mistake(
        lambda x, s, g: shots(x, s, drawn(x, g), drawn(x, g), clip),
        "The noises are independent now. But both shots are still clipped: on a black image their mean is not 0.",
    ),
    mistake(
        lambda x, s, g: shots(x, s, again(x, g), again(x, g)),
        "Nothing is clipped now. But both shots still begin from the same seed, so their noises are equal, and the network learns to copy.",
    ),
    mistake(one_noise, "You draw once and use it for both shots: draw anew for each."),
    mistake(mirrored, "The second noise is the first with its sign changed. Independent means that one says nothing about the other."),
    mistake(noise_on_noise, "The second shot is the first with more noise: the first noise is in both. Each begins from the clean x."),
    mistake(clean_target, "The second of your shots is the clean image. Then this is training with clean images."),
    mistake(
        lambda x, s, g: tuple(y - y.mean() + x.mean() for y in shots(x, s, drawn(x, g), drawn(x, g), clip)),
        "Moving the mean back does not undo clipping: the dark pixels were raised, the others were not.",
    ),
)


def pair(answer, x, sigma, generator):
    """The two shots, after a look at whether they are two."""
    got = answer(x, sigma, generator)
    expect_type(got, (tuple, list))
    expect(len(got) == 2, expected="two shots", got=len(got))
    return got


@property_test("type")
def gives_two(answer, case):
    for shot in pair(answer, case.rand(1, 4, 4), 25, case.generator()):
        expect_type(shot, Tensor)


@property_test("shape, dtype and device")
def keeps_the_form(answer, case):
    x = case.rand(2, 3, 4, 5)
    for shot in pair(answer, x, 25, case.generator()):
        expect_shape(shot, (2, 3, 4, 5))
        expect_dtype(shot, like=x)


@property_test("independent noises", points=2)
def the_noises_are_independent(answer, case):
    x = torch.full((1, 64, 64), 0.5, device=case.device)
    noises = torch.stack([(shot - x).flatten() for shot in pair(answer, x, 10, case.generator())])
    one, two = noises.std(dim=1)
    expect(one > 0.01 and two > 0.01, expected="noise of 10 grey levels in both shots", got=torch.stack([255 * one, 255 * two]))
    expect_close(torch.corrcoef(noises)[0, 1], 0.0, tol=0.1, input="the correlation of the two noises, on a grey image, sigma = 10")


@property_test("mean zero", points=2)
def the_mean_is_zero_on_black(answer, case):
    x = torch.zeros(1, 128, 128, device=case.device)
    x[..., 64:] = 0.5
    for shot in pair(answer, x, 25, case.generator()):
        expect(shot.std() > 0, expected="an image with noise", got=shot)
        expect_close(255 * shot[..., :64].mean(), 0.0, tol=1.5, input="the mean of the black half of an image, in grey levels, sigma = 25")


@property_test("size of the noise", points=1)
def the_noise_has_its_size(answer, case):
    x = torch.full((1, 128, 128), 0.5, device=case.device)
    for shot in pair(answer, x, 25, case.generator()):
        expect_close(255 * (shot - x).std(), 25.0, tol=0.9, input="the standard deviation of a shot's noise, in grey levels, sigma = 25")
        expect_close(shot.mean(), 0.5, tol=0.0035, input="the mean of a shot of an image that is 0.5 everywhere")


@property_test("against the reference, with the generator", points=2)
def goes_on_with_the_generator(answer, case):
    x, generator = case.rand(1, 128, 128), case.generator()
    pairs = [pair(answer, x, 25, generator) for _ in range(2)]
    expect(
        (pairs[0][0] - pairs[1][0]).abs().max() > 1e-3,
        expected="another pair at the second call with the same generator",
        got=pairs[0][0] - pairs[1][0],
        cause="Something starts a generator anew at every call.",
    )
    first, second = two_shots(x, 25, case.generator())
    for one, two in pairs:
        expect_close(
            255 * (one - two).std(), 255 * (first - second).std(), tol=1.5, input="the standard deviation of first shot minus second"
        )
