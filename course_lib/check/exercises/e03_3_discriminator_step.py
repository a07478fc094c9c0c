"""03.3 repair: a step of D in which real and fake share one batch, and with it one batch normalisation."""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_lib.check.authoring import expect, expect_close, mistake, property_test

TITLE = "Repair D's step"
KIND = "repair"
NOTEBOOK = "03_dcgan"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Keep the real batch and change the fakes. Do D's logits on the real images stay the same, to the last digit?",
    "Batch normalisation subtracts the mean of the batch that goes through D. Two batches of shape (n, c, h, w), each through D on its "
    "own, have a mean each.",
    """
    one pass of D for the real images, another for the fakes, cut off from G
    the loss is the sum of two means, as before
    zero the gradients, go back once, step once
    """,
)


def broken(D, optimiser_D, real, fake):
    """What is handed out: one pass for both."""
    optimiser_D.zero_grad()
    logits = D(torch.cat([real, fake.detach()]))
    real_logits, fake_logits = logits.split([len(real), len(fake)])
    loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
    loss.backward()
    optimiser_D.step()
    return loss.item()


def discriminator_step(D, optimiser_D, real: Tensor, fake: Tensor) -> float:
    """One step of D on a real and a fake batch; its loss from before the step."""
    optimiser_D.zero_grad()
    loss = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
    loss.backward()
    optimiser_D.step()
    return loss.item()


reference = discriminator_step


def variant(*, mode="train", cut=True, clear=True, sign=1.0, halves=False, weight=1.0, steps=1):
    """The step with one thing done otherwise."""

    def step(D, optimiser_D, real, fake):
        if clear:
            optimiser_D.zero_grad()
        if mode == "eval":
            D.eval()
        fakes = fake.detach() if cut else fake
        if halves:
            k = len(real) // 2
            first, second = D(torch.cat([real[:k], fakes[:k]])), D(torch.cat([real[k:], fakes[k:]]))
            real_logits, fake_logits = torch.cat([first[:k], second[: len(real) - k]]), torch.cat([first[k:], second[len(real) - k :]])
        else:
            real_logits, fake_logits = D(real), D(fakes)
        loss = weight * (softplus(-sign * real_logits).mean() + softplus(sign * fake_logits).mean())
        loss.backward()
        for _ in range(steps):
            optimiser_D.step()
        D.train()
        return loss.item()

    return step


def two_steps(D, optimiser_D, real, fake):
    """One step for each half of the loss."""
    total = 0.0
    for x, sign in ((real, -1), (fake.detach(), 1)):
        optimiser_D.zero_grad()
        loss = softplus(sign * D(x)).mean()
        loss.backward()
        optimiser_D.step()
        total += loss.item()
    return total


MISTAKES = (
    mistake(
        variant(mode="eval"), "In eval mode nothing depends on the batch, but D then trains against running statistics that stand still."
    ),
    mistake(variant(cut=False), "Apart now, but the fakes are not cut off from G: .detach() them, or G gets a gradient from D's loss."),
    mistake(variant(clear=False), "Without optimiser_D.zero_grad() the last gradients, G's half of the round included, are added."),
    mistake(variant(sign=-1.0), "The labels are swapped: D learns to call the fakes real."),
    mistake(variant(halves=True), "Two passes, but each of them still holds real and fake images."),
    mistake(variant(weight=0.5), "That is half of the loss of the paper: the two means are added, not averaged."),
    mistake(two_steps, "Two steps of the optimiser: the fakes meet another D than the real images. Add the two losses, then step once."),
)


class Judge(nn.Module):
    """A small D with batch normalisation that writes down what it is given."""

    def __init__(self, case):
        super().__init__()
        self.one, self.norm, self.two = nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 1)
        self.seen = []
        for parameter in self.parameters():
            parameter.data = 0.5 * case.randn(*parameter.shape)
        self.to(case.device)

    def forward(self, x):
        self.seen.append(x.detach().clone())
        return self.two(torch.tanh(self.norm(self.one(x.flatten(1))))).squeeze(1)


def twins(case, rate=0.3):
    first, second = Judge(case), Judge(case)
    second.load_state_dict(first.state_dict())
    return [(D, torch.optim.SGD(D.parameters(), rate)) for D in (first, second)]


def batches(case, n=6):
    """Positive reals and negative fakes, so that they can be told apart in what D was given."""
    return 0.1 + case.rand(n, 1, 2, 2), -0.1 - case.rand(n, 1, 2, 2)


@property_test("loss")
def a_number(answer, case):
    (D, optimiser), _ = twins(case)
    got = answer(D, optimiser, *batches(case))
    expect(isinstance(got, float), expected="the loss, as a Python number", got=got)


@property_test("a batch of one kind", points=3)
def never_mixed(answer, case):
    (D, optimiser), _ = twins(case)
    answer(D, optimiser, *batches(case))
    mixed = sum(bool((x > 0).any() and (x < 0).any()) for x in D.seen)
    expect_close(mixed, 0, tol=0, input="how many of the batches that D was given hold real (positive) and fake (negative) images at once")
    expect(len(D.seen) >= 2, expected="D to be given two batches", got=len(D.seen))


@property_test("G stays out of it", points=1)
def no_way_back(answer, case):
    (D, optimiser), _ = twins(case)
    before = [p.detach().clone() for p in D.parameters()]
    real, fake = batches(case)
    weight = torch.ones((), device=case.device, requires_grad=True)
    answer(D, optimiser, real, weight * fake)
    expect(weight.grad is None or not weight.grad.any(), expected="no gradient in G", got=weight.grad, input="fakes that G has made")
    moved = any(not torch.equal(p.detach(), old) for p, old in zip(D.parameters(), before, strict=True))
    expect(moved, expected="D to have moved", got="the same weights as before")


@property_test("running statistics", points=1)
def statistics_follow(answer, case):
    mine, other = twins(case)
    real, fake = batches(case)
    answer(*mine, real, fake)
    discriminator_step(*other, real, fake)
    got, expected = sorted(mine[0].norm.running_var.tolist()), sorted(other[0].norm.running_var.tolist())
    expect_close(
        torch.tensor(got), torch.tensor(expected), tol=2e-2, input="D's running variances after a step (either order of the passes)"
    )
    expect(int(mine[0].norm.num_batches_tracked) >= 2, expected="two batches counted by D's batch normalisation",
           got=int(mine[0].norm.num_batches_tracked))  # fmt: skip


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    mine, other = twins(case)
    for _ in range(2):
        real, fake = batches(case)
        expect_close(answer(*mine, real, fake), discriminator_step(*other, real, fake), tol=1e-4, input="D's loss")
    for p, q in zip(mine[0].parameters(), other[0].parameters(), strict=True):
        expect_close(p.detach(), q.detach(), tol=1e-4, input="D's parameters after two steps")
