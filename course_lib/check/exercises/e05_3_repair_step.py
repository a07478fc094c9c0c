"""05.3 repair: a round in which the real images are shown with the classes of the fakes."""

import torch
from torch import Tensor, nn

from course_lib import losses
from course_lib.check.authoring import expect, expect_close, mistake, property_test

TITLE = "Repair the conditional step"
KIND = "repair"
NOTEBOOK = "05_conditional_gan"
MINUTES = 10
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Give the real samples values that tell their class. With which class does D see each of them? And each fake: made for which, shown with which?",
    "D gets three batches of pairs (n, …), (n,): real images with their own labels; fakes with the labels that G got for them, in D's step and in G's.",
    """
    real samples go to D with the labels that came with them
    fakes go to D with those that went into G, whatever their order
    so one name cannot stand for both, if they differ
    """,
)


def finish(G, D, optimiser_G, optimiser_D, loss_D, fake, labels):
    """What the notebook's version does after the first lines, and is right."""
    optimiser_D.zero_grad()
    loss_D.backward()
    optimiser_D.step()
    loss_G = losses.non_saturating_generator(D(fake, labels))
    optimiser_G.zero_grad()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


def broken(G, D, optimiser_G, optimiser_D, real, labels, z):
    """What is handed out: the real images are shown with the labels of the fakes."""
    c = labels.flip(0)
    fake = G(z, c)
    loss_D = losses.minimax_discriminator(D(real, c), D(fake.detach(), c))
    return finish(G, D, optimiser_G, optimiser_D, loss_D, fake, c)


def conditional_step(G, D, optimiser_G, optimiser_D, real: Tensor, labels: Tensor, z: Tensor) -> tuple[float, float]:
    """One step of D, then one of G against the new D; both losses, each from before its player moves."""
    c = labels.flip(0)
    fake = G(z, c)
    loss_D = losses.minimax_discriminator(D(real, labels), D(fake.detach(), c))
    return finish(G, D, optimiser_G, optimiser_D, loss_D, fake, c)


reference = conditional_step


def variant(*, real="own", fakes="made for", in_G="made for", made_for="own"):
    """The step with one thing done otherwise: with which labels each batch is shown, and for which the fakes are made."""

    def step(G, D, optimiser_G, optimiser_D, images, labels, z):
        made = labels.flip(0) if made_for == "reversed" else labels
        shown = {"own": labels, "made for": made, "reversed": labels.flip(0), "rotated": labels.roll(1), "none": torch.zeros_like(labels)}
        fake = G(z, made)
        loss_D = losses.minimax_discriminator(D(images, shown[real]), D(fake.detach(), shown[fakes]))
        return finish(G, D, optimiser_G, optimiser_D, loss_D, fake, shown[in_G])

    return step


def saturating(G, D, optimiser_G, optimiser_D, real, labels, z):
    fake = G(z, labels)
    loss_D = losses.minimax_discriminator(D(real, labels), D(fake.detach(), labels))
    optimiser_D.zero_grad()
    loss_D.backward()
    optimiser_D.step()
    loss_G = losses.minimax_generator(D(fake, labels))
    optimiser_G.zero_grad()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


def in_one_batch(G, D, optimiser_G, optimiser_D, real, labels, z):
    fake = G(z, labels)
    logits = D(torch.cat([real, fake.detach()]), torch.cat([labels, labels]))
    return finish(G, D, optimiser_G, optimiser_D, losses.minimax_discriminator(*logits.split(len(real))), fake, labels)


MISTAKES = (
    mistake(variant(fakes="reversed"), "The real pairs are right now. But the fakes are shown with other labels than those that G made them for."),
    mistake(variant(in_G="reversed"), "D's step is right. In G's step the fakes are shown with other labels than those they were made for."),
    mistake(variant(made_for="reversed", fakes="own", in_G="own"), "G still gets the labels in reverse, and D judges its samples by the others."),
    mistake(variant(real="none", fakes="none", in_G="none"), "Now D is told the same class for all: a D that does not see c."),
    mistake(variant(made_for="reversed", in_G="own"), "D's step is right; G's step shows the fakes with the real images' labels, for which they were not made."),
    mistake(variant(real="rotated"), "The real images are shown with their neighbours' labels."),
    mistake(saturating, "The pairs are right; but you changed G's loss, which is -log D."),
)  # fmt: skip


class Recorder(nn.Module):
    """A player on numbers that writes down what it is given. As G it marks a sample by its label: z + 10 · label."""

    def __init__(self, is_G: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.is_G, self.given = is_G, []

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        self.given.append((x.detach().clone(), labels.clone()))
        if self.is_G:
            return x * self.weight + 10.0 * labels[:, None]
        return self.weight * (0.01 * x.sum(1) + 0.1 * labels)


def game(case, same_z=False):
    """Two recorders, their optimisers, and a batch whose images tell their class: 1000 + 10 · label.

    With one z for all it does not matter in which order the labels of the fakes come.
    """
    G, D = (Recorder(is_G).to(case.device) for is_G in (True, False))
    labels = torch.tensor([0, 1, 2, 3, 2], device=case.device)
    real = 1000 + 10.0 * labels[:, None] + case.rand(5, 1)
    z = case.rand(1, 1).expand(5, 1).clone() if same_z else case.rand(5, 1)
    optimisers = [torch.optim.SGD(player.parameters(), 0.1) for player in (G, D)]
    return G, D, *optimisers, real, labels, z


def batches_shown(answer, case):
    """The pairs that D got, apart: real ones, and fakes in the order of its calls; each as (class that x was made for, class told)."""
    G, D, *rest = game(case)
    answer(G, D, *rest)
    made = [((x[:, 0] % 1000 / 10).floor().long(), told) for x, told in D.given]
    is_real = [bool((x > 500).all()) for x, _ in D.given]
    mixed = any(bool((x > 500).any()) and not bool((x > 500).all()) for x, _ in D.given)
    expect(not mixed, expected="batches of one kind", got="a batch that mixes real and fake", cause="Give D real and fake apart.")
    real, fake = ([pair for pair, is_one in zip(made, is_real, strict=True) if is_one is wanted] for wanted in (True, False))
    expect(len(real) == 1, expected="one real batch", got=f"{len(real)} real batches")
    expect(len(fake) == 2, expected="two batches of fakes, one in each player's step", got=f"{len(fake)} batches of fakes")
    return real, fake


def expect_paired(pairs, where):
    for made, told in pairs:
        expect(
            made.tolist() == told.tolist(), expected=f"{made.tolist()} told", got=told.tolist(), input=f"{where} of classes {made.tolist()}"
        )


@property_test("real pairs", points=3)
def real_pairs(answer, case):
    real, _ = batches_shown(answer, case)
    expect_paired(real, "real images")


@property_test("fake pairs in D's step", points=1)
def fake_pairs_for_D(answer, case):
    _, fake = batches_shown(answer, case)
    expect_paired(fake[:1], "fakes, in D's step,")


@property_test("fake pairs in G's step", points=1)
def fake_pairs_for_G(answer, case):
    _, fake = batches_shown(answer, case)
    expect_paired(fake[1:], "fakes, in G's step,")


@property_test("G's own")
def G_moves_by_its_own_loss(answer, case):
    G, D, optimiser_G, optimiser_D, real, labels, z = game(case, same_z=True)
    answer(G, D, optimiser_G, optimiser_D, real, labels, z)
    moved = G.weight.item()
    logits = D.weight.detach() * (0.01 * (z[:, 0] + 10 * labels) + 0.1 * labels)
    slope = (-(1 - torch.sigmoid(logits)) * 0.01 * D.weight.detach() * z[:, 0]).mean().item()
    expect_close(moved, 1 - 0.1 * slope, tol=1e-5, input="G's weight after a step of rate 0.1 from 1")


@property_test("against the reference", points=4)
def agrees_with_the_reference(answer, case):
    mine = game(case, same_z=True)
    got = answer(*mine)
    other = [Recorder(is_G).to(case.device) for is_G in (True, False)]
    optimisers = [torch.optim.SGD(player.parameters(), 0.1) for player in other]
    expected = conditional_step(*other, *optimisers, *mine[4:])
    expect(isinstance(got, tuple | list) and len(got) == 2, expected="both losses", got=got)
    expect_close(got[0], expected[0], tol=1e-5, input="D's loss")
    expect_close(got[1], expected[1], tol=1e-5, input="G's loss")
    for name, player, right in zip("GD", mine, other, strict=False):
        expect_close(player.weight.detach(), right.weight.detach(), tol=1e-5, input=f"{name}'s weight after the round")
