"""04.4 repair: DiffAugment on the real images only."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_lib.check.authoring import expect, expect_close, mistake, property_test
from course_lib.check.exercises.e02_7_gan_step import flat, twins

TITLE = "Repair the augmented step"
KIND = "repair"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "List every batch that D is given in one round. How many are there, and which of them have been augmented?",
    "The game is between the augmented distributions: T(x) against T(G(z)), in D's step and in G's; G's gradient goes back through T.",
    """
    three batches go into D: the real one, the fakes in D's loss, the fakes in G's loss
    each of them passes through augment on its way, with draws of its own
    the fakes are detached before D's loss sees them, and only there
    """,
)


def broken(G, D, optimiser_G, optimiser_D, real, z, augment):
    """What is handed out: the fakes are not augmented, so G must learn the augmentation."""
    fake = G(z)
    loss_D = softplus(-D(augment(real))).mean() + softplus(D(fake.detach())).mean()
    optimiser_D.zero_grad()
    loss_D.backward()
    optimiser_D.step()
    loss_G = softplus(-D(fake)).mean()
    optimiser_G.zero_grad()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


def augmented_step(G, D, optimiser_G, optimiser_D, real: Tensor, z: Tensor, augment) -> tuple[float, float]:
    """One round in which D sees augmented samples only."""
    fake = G(z)
    loss_D = softplus(-D(augment(real))).mean() + softplus(D(augment(fake.detach()))).mean()
    optimiser_D.zero_grad()
    loss_D.backward()
    optimiser_D.step()
    loss_G = softplus(-D(augment(fake))).mean()
    optimiser_G.zero_grad()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


reference = augmented_step


def as_it_is(x, augment):
    return x


def augmented(x, augment):
    return augment(x)


def variant(*, real_to_D=augmented, fake_to_D=augmented, fake_to_G=augmented, detach=True):
    """The step with one thing done otherwise."""

    def step(G, D, optimiser_G, optimiser_D, real, z, augment):
        fake = G(z)
        fakes = fake.detach() if detach else fake
        loss_D = softplus(-D(real_to_D(real, augment))).mean() + softplus(D(fake_to_D(fakes, augment))).mean()
        optimiser_D.zero_grad()
        loss_D.backward(retain_graph=True)
        optimiser_D.step()
        loss_G = softplus(-D(fake_to_G(fake, augment))).mean()
        if detach:
            optimiser_G.zero_grad()
        loss_G.backward()
        optimiser_G.step()
        return loss_D.item(), loss_G.item()

    return step


MISTAKES = (
    mistake(
        variant(fake_to_G=as_it_is),
        "In D's step both are augmented now. In G's step D is asked about plain fakes, a kind of image it has never been trained on.",
    ),
    mistake(variant(fake_to_D=as_it_is), "G's step is augmented now, but D still tells augmented reals from plain fakes."),
    mistake(
        variant(real_to_D=as_it_is),
        "Now it is the real images that D sees plain: G is asked to undo the augmentation, which it cannot.",
    ),
    mistake(
        variant(real_to_D=as_it_is, fake_to_D=as_it_is, fake_to_G=as_it_is),
        "Nothing is augmented any more: that is the plain step, and D learns the few images by heart.",
    ),
    mistake(
        variant(fake_to_G=lambda x, augment: augment(x.detach()).requires_grad_(True)),
        "G's fakes are augmented, but cut off: no gradient comes back through the augmentation, and G stands still.",
    ),
    mistake(variant(detach=False), "D's loss must not reach G: detach the fakes in D's step, and clear G's gradients before its own."),
)


class Recorder:
    """An augmentation that can be recognised, x/2 + 3, and the list of all that it gave back."""

    def __init__(self):
        self.given = []

    def __call__(self, x, *args, **kwargs):
        y = 0.5 * x + 3
        self.given.append(y.detach())
        return y


@property_test("losses")
def two_numbers(answer, case):
    game, _ = twins(case)
    got = answer(*game, case.randn(5, 2), case.randn(5, 3), Recorder())
    expect(isinstance(got, tuple) and len(got) == 2, expected="two numbers: D's loss and G's loss", got=got)


@property_test("what D is given", points=4)
def only_augmented(answer, case):
    game, _ = twins(case)
    seen, augment = [], Recorder()
    game[1].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    answer(*game, case.randn(5, 2), case.randn(5, 3), augment)
    known = [any(x.shape == y.shape and torch.equal(x, y) for y in augment.given) for x in seen]
    told = "the batches that D was given in one round, in order: True where the batch came out of augment"
    expect(len(known) == 3 and all(known), expected="[True, True, True]", got=known, input=told)


@property_test("G's gradient passes through the augmentation", points=2)
def moves_G(answer, case):
    mine, other = twins(case)
    real, z = case.randn(6, 2), case.randn(6, 3)
    answer(*mine, real, z, Recorder())
    augmented_step(*other, real, z, Recorder())
    expect_close(flat(mine[0]), flat(other[0]), tol=1e-4, input="G's parameters after one step")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    mine, other = twins(case)
    for _ in range(2):
        real, z = case.randn(6, 2), case.randn(6, 3)
        for got, expected in zip(answer(*mine, real, z, Recorder()), augmented_step(*other, real, z, Recorder()), strict=True):
            expect_close(got, expected, tol=1e-4)
    for mine_player, other_player in zip(mine[:2], other[:2], strict=True):
        expect_close(flat(mine_player), flat(other_player), tol=1e-4, input="the parameters after two steps")
