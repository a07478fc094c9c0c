"""01.2 implement: Gaussian noise as the field's benchmarks have it."""

import torch
from torch import Tensor

from course_lib.check.authoring import (
    expect,
    expect_close,
    expect_dtype,
    expect_shape,
    expect_type,
    expect_unchanged,
    mistake,
    property_test,
)

TITLE = "Add Gaussian noise"
KIND = "implement"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 5
DIFFICULTY = 1
POINTS = 6

HINTS = (
    "sigma is given in grey levels, of which white has 255. How large is it where white is 1?",
    "y = x + (sigma / 255) n with n ~ N(0, 1), one number for each pixel and channel: n has the shape of x.",
    """
    draw standard normal numbers in the shape of x from the generator (torch.randn takes generator=…)
    scale them from grey levels to the range of x
    add; do not limit the result to [0, 1]
    """,
)


def add_noise(x: Tensor, sigma: float | int, generator: torch.Generator) -> Tensor:
    """x plus noise of ``sigma`` grey levels, drawn from ``generator``."""
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    return x + noise * sigma / 255


reference = add_noise


def uniform(x, sigma, generator):
    noise = torch.rand(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    return x + (2 * noise - 1) * 3**0.5 * sigma / 255


def only_up(x, sigma, generator):
    return x + torch.rand(x.shape, generator=generator, dtype=x.dtype, device=x.device) * sigma / 255


def same_for_all(x, sigma, generator):
    noise = torch.randn(x.shape[-3:], generator=generator, dtype=x.dtype, device=x.device)
    return x + noise * sigma / 255


def grey_noise(x, sigma, generator):
    shape = (*x.shape[:-3], 1, *x.shape[-2:])
    return x + torch.randn(shape, generator=generator, dtype=x.dtype, device=x.device) * sigma / 255


def own_seed(x, sigma, generator):
    return reference(x, sigma, torch.Generator(x.device).manual_seed(0))


MISTAKES = (
    mistake(
        lambda x, sigma, generator: reference(x, sigma * 255, generator),
        "sigma is in grey levels, and the image lives in [0, 1]: divide by 255.",
    ),
    mistake(
        lambda x, sigma, generator: reference(x, sigma, generator).clamp(0, 1),
        "You clipped. The benchmarks do not: clipped noise scores 0.4 dB too high.",
    ),
    mistake(
        lambda x, sigma, generator: reference(x, sigma**2 / 255, generator), "You used the variance where the standard deviation belongs."
    ),
    mistake(uniform, "Your noise is uniform (torch.rand); Gaussian noise comes from torch.randn."),
    mistake(only_up, "torch.rand gives numbers from 0 to 1: never negative, and not Gaussian. Use torch.randn."),
    mistake(same_for_all, "Every image of the batch gets the same noise: draw numbers in the shape of the whole x."),
    mistake(grey_noise, "Every channel gets the same noise: draw numbers in the shape of x, channels included."),
    mistake(
        lambda x, sigma, generator: x + torch.randn_like(x) * sigma / 255, "The numbers do not come from the generator that was handed in."
    ),
    mistake(own_seed, "You seed a generator of your own: two calls in a row then give the same noise."),
    mistake(lambda x, sigma, generator: reference(x, sigma, generator) - x, "You returned the noise alone; add it to x."),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(torch.full((1, 2, 2), 0.5, device=case.device), 10, case.generator()), Tensor)


@property_test("shape, dtype and device")
def keeps_its_form(answer, case):
    x = case.rand(2, 3, 4, 5).double()
    got = answer(x, 10, case.generator())
    expect_shape(got, (2, 3, 4, 5))
    expect_dtype(got, like=x)


@property_test("no noise, no change")
def nothing_at_sigma_zero(answer, case):
    x = case.rand(1, 2, 2)
    expect_close(answer(x, 0, case.generator()), x)


@property_test("size of the noise", points=1)
def has_the_right_size(answer, case):
    x = torch.full((1, 128, 128), 0.5, device=case.device)
    noise = answer(x, 25, case.generator()) - x
    cause = "Its standard deviation must be 25 / 255 = 0.098, its mean 0."
    expect_close(noise.std(), 25 / 255, tol=0.004, cause=cause)
    expect_close(noise.mean(), 0.0, tol=0.004, cause=cause)


@property_test("not clipped", points=1)
def leaves_the_range(answer, case):
    x = torch.ones(1, 64, 64, device=case.device)
    got = answer(x, 25, case.generator())
    expect(got.max() > 1, expected="values above 1 where the image is white", got=got.max(), input="a white image, sigma = 25")


@property_test("every pixel by itself", points=2)
def is_independent(answer, case):
    x = torch.zeros(2, 3, 32, 32, device=case.device)
    noise = answer(x, 50, case.generator())
    for name, other in (
        ("the two images of a batch", noise[1]),
        ("two channels", noise[0].roll(1, 0)),
        ("neighbouring pixels", noise[0].roll(1, -1)),
    ):
        correlation = torch.corrcoef(torch.stack([noise[0].flatten(), other.flatten()]))[0, 1]
        expect_close(correlation, 0.0, tol=0.1, input=f"the correlation of {name}")


@property_test("against the reference", points=2)
def uses_the_generator(answer, case):
    x = case.rand(1, 8, 8)
    first, again = answer(x, 25, case.generator()), answer(x, 25, case.generator())
    expect_close(again, first, input="twice the same seed", cause="The numbers do not come from the generator that was handed in.")
    expect_close((first - x).std(), (reference(x, 25, case.generator()) - x).std(), tol=0.02)
    generator = case.generator()
    one, two = answer(x, 25, generator), answer(x, 25, generator)
    expect((one - two).abs().max() > 1e-3, expected="new noise at the second call with the same generator", got=two - one)
    expect_unchanged(answer)
