"""03.6 implement: interpolation along a great circle."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "Interpolate along a great circle"
KIND = "implement"
NOTEBOOK = "03_dcgan"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Two arrows from the origin, with an angle between them. After a third of the way, how many degrees are behind you?",
    "With ω the angle between a and b: z(t) = (sin((1 − t) ω) · a + sin(t ω) · b) / sin ω. t has shape (k,), the result (k, latent_dim).",
    """
    ω = arc cosine of: inner product of a and b over the product of their lengths
    t as a column, so that each row of the result has its own t
    weight of a, weight of b, both divided by the sine of ω
    """,
)


def great_circle(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points between a and b, both (latent_dim,), at the shares t (k,) of the angle; (k, latent_dim)."""
    omega = torch.acos((a @ b) / (a.norm() * b.norm()))
    t = t[:, None]
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


reference = great_circle


def straight(a, b, t):
    return (1 - t[:, None]) * a + t[:, None] * b


def pushed_out(a, b, t):
    z = straight(a, b, t)
    return z / z.norm(dim=1, keepdim=True) * a.norm()


def not_normalised(a, b, t):
    omega, t = torch.acos((a @ b).clamp(-1, 1)), t[:, None]
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def backwards(a, b, t):
    return great_circle(b, a, t)


def undivided(a, b, t):
    omega, t = torch.acos((a @ b) / (a.norm() * b.norm())), t[:, None]
    return torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b


def in_degrees(a, b, t):
    omega, t = torch.rad2deg(torch.acos((a @ b) / (a.norm() * b.norm()))), t[:, None]
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


MISTAKES = (
    mistake(straight, "That is the straight line: its middle is nearer to the origin than its ends."),
    mistake(pushed_out, "A straight line pushed out to the sphere: right length, but the angle does not grow evenly with t."),
    mistake(not_normalised, "The cosine of the angle is the inner product of *unit* vectors: divide by both lengths."),
    mistake(backwards, "t = 0 must give a; yours begins at b."),
    mistake(undivided, "The division by sin ω is missing: t = 0 does not give a."),
    mistake(in_degrees, "torch.sin takes radians, and torch.acos gives them: no conversion to degrees."),
)


def pair(case, *vectors):
    return tuple(torch.tensor(vector, device=case.device) for vector in vectors)


@property_test("shape")
def rows(answer, case):
    expect_shape(answer(case.randn(5), case.randn(5), torch.linspace(0, 1, 7, device=case.device)), (7, 5))


@property_test("ends", points=1)
def ends(answer, case):
    a, b, t = pair(case, [2.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 1.0])
    expect_close(answer(a, b, t), torch.stack([a, b]), tol=1e-5, input="a = (2, 0, 0), b = (0, 1, 2), t = (0, 1)")


@property_test("a third of a right angle", points=2)
def a_right_angle(answer, case):
    a, b, t = pair(case, [3.0, 0.0], [0.0, 3.0], [1 / 3, 2 / 3])
    expected = 3 * torch.tensor([[0.75**0.5, 0.5], [0.5, 0.75**0.5]])
    expect_close(answer(a, b, t), expected, tol=1e-5, input="a = (3, 0), b = (0, 3), t = (1/3, 2/3): 30 and 60 degrees")


@property_test("length", points=2)
def constant_length(answer, case):
    a, b = case.randn(40), case.randn(40)
    b = b * a.norm() / b.norm()
    lengths = answer(a, b, torch.linspace(0, 1, 9, device=case.device)).norm(dim=1)
    expect_close(lengths, a.norm().expand(9), tol=1e-3, input="the lengths on the way between two vectors of equal length")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    a, b, t = case.randn(64), 1.3 * case.randn(64), case.rand(5)
    got = answer(a, b, t)
    expect(isinstance(got, Tensor), expected="a tensor", got=got)
    expect_close(got, great_circle(a, b, t), tol=1e-4)
