"""04.2 repair: a gradient penalty that is measured and has no effect."""

import torch
from torch import Tensor, nn

from course_lib.check.authoring import expect, expect_close, expect_gradient, mistake, property_test

TITLE = "Repair the gradient penalty"
KIND = "repair"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 10
DIFFICULTY = 2
POINTS = 10

HINTS = (
    "Two questions about the state. Call .backward() on the penalty alone: do D's parameters get a gradient? Write down the points that "
    "D is given: where on its segment does each of them lie?",
    "Points: t·x + (1 − t)·G(z) with one t for each sample, of shape (n, 1, …, 1). The penalty's gradient in D's parameters goes through "
    "∇D, so ∇D must itself carry a graph: torch.autograd.grad has an argument for it.",
    """
    draw t with the shape (n, 1, 1, …), as many ones as a sample has axes, so that it broadcasts over the sample
    ask autograd.grad for a gradient that can be differentiated again
    the norm of each sample's gradient, all its axes together; minus 1, squared, mean over the samples
    """,
)


def broken(D, real, fake, generator):
    """What is handed out: one t for the whole batch, and a gradient without a graph."""
    t = torch.rand(1, generator=generator, device=real.device)
    between = (t * real + (1 - t) * fake.detach()).requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(between).sum(), between)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def gradient_penalty(D, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """E (‖∇D(x̃)‖ − 1)² at random points between real and fake samples."""
    shape = (len(real),) + (1,) * (real.ndim - 1)
    t = torch.rand(shape, generator=generator, device=real.device)
    between = (t * real + (1 - t) * fake.detach()).requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


reference = gradient_penalty


def per_sample(real):
    return (len(real),) + (1,) * (real.ndim - 1)


def variant(*, shape=per_sample, graph=True, detach=True, at="between", finish=None):
    """The penalty with one thing done otherwise."""

    def penalty(D, real, fake, generator):
        t = torch.rand(shape(real), generator=generator, device=real.device)
        fakes = fake.detach() if detach else fake
        points = {"between": t * real + (1 - t) * fakes, "fake": fakes, "real": real}[at]
        if not points.requires_grad:
            points = points.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(D(points).sum(), points, create_graph=graph)
        if finish:
            return finish(gradient)
        return (gradient.flatten(1).norm(dim=1) - 1).square().mean()

    return penalty


MISTAKES = (
    mistake(
        variant(graph=False),
        "One t a sample now, but still without create_graph=True: the penalty is a number that D's parameters do not feel.",
    ),
    mistake(variant(shape=lambda real: (1,)), "The gradient has its graph now, but t is still one number for the whole batch."),
    mistake(
        variant(shape=lambda real: real.shape), "A t for every number of a sample leaves the segment between real and fake: one t a sample."
    ),
    mistake(variant(at="fake"), "The points are the fakes themselves; asked are points between real and fake."),
    mistake(variant(at="real"), "The points are the real samples: that is where R1 looks. Asked are points between real and fake."),
    mistake(
        variant(finish=lambda g: (g.norm() - 1).square()),
        "The norm is taken over the whole batch at once: each sample has a gradient, and a norm, of its own.",
    ),
    mistake(
        variant(finish=lambda g: (g.flatten(1).square().sum(1) - 1).square().mean()),
        "That is (‖∇D‖² − 1)²: the norm itself, with its root, belongs there.",
    ),
    mistake(
        variant(finish=lambda g: (g.flatten(1).norm(dim=1) - 1).square().sum()),
        "The mean over the batch is asked for, not the sum.",
    ),
    mistake(variant(detach=False), "A step of D must not reach G: detach the fakes."),
)


class Critic(nn.Module):
    """A small smooth critic that writes down the points it is given."""

    def __init__(self, case, inputs: int):
        super().__init__()
        self.one, self.two = nn.Linear(inputs, 8), nn.Linear(8, 1)
        self.seen = None
        for parameter in self.parameters():
            parameter.data = 0.7 * case.randn(*parameter.shape)

    def forward(self, x):
        self.seen = x.detach()
        return self.two(torch.tanh(self.one(x.flatten(1)))).squeeze(1)


def value(got):
    return got.detach() if isinstance(got, Tensor) else got


@property_test("linear critic", points=2)
def linear(answer, case):
    w = torch.tensor([3.0, 4.0], device=case.device)
    got = answer(lambda x: x @ w, case.randn(6, 2), case.randn(6, 2), case.generator())
    expect_close(value(got), 16.0, tol=1e-3, input="D(x) = 3 x₁ + 4 x₂, whose gradient has the norm 5 everywhere")


@property_test("where D is asked", points=3)
def points(answer, case):
    critic = Critic(case, 18)
    answer(critic, torch.ones(50, 2, 3, 3, device=case.device), torch.zeros(50, 2, 3, 3, device=case.device), case.generator())
    t = critic.seen.flatten(1)
    told = "real samples of ones and fakes of zeros, (50, 2, 3, 3): each point is then its t"
    inside = 0.02 < t.mean().item() < 0.98 and t.min().item() >= 0 and t.max().item() <= 1
    expect(inside, expected="t between 0 and 1", got=t[:4, 0], input=told)
    expect_close((t.amax(1) - t.amin(1)).max().item(), 0.0, tol=1e-5, input=told + "; the largest spread of t within one sample")
    expect_close(len(t[:, 0].unique()), 50, tol=0, input=told + "; how many different t there are")


@property_test("D feels the penalty", points=3)
def reaches_D(answer, case):
    critic = Critic(case, 3)
    fake = case.randn(5, 3).requires_grad_(True)
    got = answer(critic, case.randn(5, 3), fake, case.generator())
    expect_gradient(got, reaches={"D.one.weight": critic.one.weight, "D.two.weight": critic.two.weight}, stops_at={"the fakes": fake})


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    critic = Critic(case, 12)
    got = answer(critic, case.randn(7, 3, 2, 2), case.randn(7, 3, 2, 2), case.generator())
    x = critic.seen.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(x).sum(), x)
    expected = sum((row.norm() - 1) ** 2 for row in gradient) / len(gradient)
    expect_close(value(got), expected.item(), tol=1e-4, input="a small critic, at the points that it was given")
