"""02.7 repair: a step of the game in which the discriminator's loss trains the generator too."""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_lib.check.authoring import expect, expect_close, mistake, property_test

TITLE = "Repair the step"
KIND = "repair"
NOTEBOOK = "02_gan_theory"
MINUTES = 10
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "After D's half of the step, before G's: what is stored in the .grad of G's parameters? What should be?",
    "G's gradient must be that of G's loss alone, ∂(-E log D(G(z)))/∂θ, against the D that has just moved. Every other number "
    "in .grad at that moment is wrong.",
    """
    put a print of the norm of G's gradients between D's half and G's half: it must be zero or None
    D's loss has a path back into G, through the fakes: cut it for D's loss, keep it for G's
    what is cut needs no retained graph any more
    """,
)


def broken(G, D, optimiser_G, optimiser_D, real, z):
    """What is handed out: the gradient of D's loss runs on into G."""
    optimiser_D.zero_grad()
    optimiser_G.zero_grad()
    fake = G(z)
    loss_D = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    loss_D.backward(retain_graph=True)
    optimiser_D.step()
    loss_G = softplus(-D(fake)).mean()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


def gan_step(G, D, optimiser_G, optimiser_D, real: Tensor, z: Tensor) -> tuple[float, float]:
    """One step of D, then one of G against the new D; both losses, each from before its player moves."""
    optimiser_D.zero_grad()
    optimiser_G.zero_grad()
    fake = G(z)
    loss_D = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
    loss_D.backward()
    optimiser_D.step()
    loss_G = softplus(-D(fake)).mean()
    loss_G.backward()
    optimiser_G.step()
    return loss_D.item(), loss_G.item()


reference = gan_step


def variant(*, for_D=lambda fake: fake.detach(), for_G=lambda fake: fake, clear_D=True, clear_G=True, sign=-1, at_once=False, twice=False):
    """The step with one thing done otherwise."""

    def step(G, D, optimiser_G, optimiser_D, real, z):
        if clear_D:
            optimiser_D.zero_grad()
        if clear_G:
            optimiser_G.zero_grad()
        fake = G(z)
        loss_D = softplus(-D(real)).mean() + softplus(D(for_D(fake))).mean()
        loss_D.backward(retain_graph=True)
        if not at_once:
            optimiser_D.step()
        loss_G = softplus(sign * D(for_G(fake))).mean()
        if at_once:
            gradients = [p.grad.clone() for p in D.parameters()]
        loss_G.backward()
        if at_once:
            for p, g in zip(D.parameters(), gradients, strict=True):
                p.grad = g
            optimiser_D.step()
        (optimiser_D if twice else optimiser_G).step()
        return loss_D.item(), loss_G.item()

    return step


def detached(fake):
    return fake.detach()


def as_it_is(fake):
    return fake


MISTAKES = (
    mistake(variant(for_G=detached), "The fakes are detached for both players now: nothing reaches G, and it stands still."),
    mistake(
        variant(for_D=as_it_is, for_G=detached),
        "You detached the fakes in G's loss and not in D's: G is now moved by D's loss only, and helps D.",
    ),
    mistake(
        variant(clear_D=False),
        "G's backward pass leaves gradients in D too, and without optimiser_D.zero_grad() D's next step takes them along.",
    ),
    mistake(variant(clear_G=False), "Without optimiser_G.zero_grad() the gradients of all earlier steps add up in G."),
    mistake(variant(sign=1), "G's loss has the label fake now: G learns to be caught."),
    mistake(
        variant(at_once=True), "Right gradients, but both before either moves: algorithm 1 judges the fakes by the D that has just stepped."
    ),
    mistake(variant(twice=True), "In G's half it is D that steps. G never moves."),
)


class Player(nn.Module):
    """A small network of either player."""

    def __init__(self, case, inputs: int, outputs: int):
        super().__init__()
        self.one, self.two = nn.Linear(inputs, 6), nn.Linear(6, outputs)
        self.latent_dim, self.squeeze = inputs, outputs == 1
        for parameter in self.parameters():
            parameter.data = 0.6 * case.randn(*parameter.shape)

    def forward(self, x):
        y = self.two(torch.tanh(self.one(x)))
        return y.squeeze(1) if self.squeeze else y


def game(case, rate_G=0.3, rate_D=0.3):
    G, D = Player(case, 3, 2), Player(case, 2, 1)
    return G, D, torch.optim.SGD(G.parameters(), rate_G), torch.optim.SGD(D.parameters(), rate_D)


def twins(case, **rates):
    """Two games that are equal in every number."""
    first = game(case, **rates)
    second = game(case, **rates)
    for mine, other in zip(first[:2], second[:2], strict=True):
        other.load_state_dict(mine.state_dict())
    return first, second


def flat(network: nn.Module, gradient: bool = False) -> Tensor:
    parts = [(torch.zeros_like(p) if p.grad is None else p.grad) if gradient else p.detach() for p in network.parameters()]
    return torch.cat([part.flatten() for part in parts])


@property_test("losses")
def two_numbers(answer, case):
    got = answer(*game(case), case.randn(5, 2), case.randn(5, 3))
    expect(isinstance(got, tuple) and len(got) == 2, expected="two numbers: D's loss and G's loss", got=got)


@property_test("G's gradient is that of G's loss", points=3)
def only_its_own_gradient(answer, case):
    mine, other = twins(case, rate_G=0.0)
    real, z = case.randn(5, 2), case.randn(5, 3)
    answer(*mine, real, z)
    gan_step(*other, real, z)
    expect_close(
        flat(mine[0], gradient=True),
        flat(other[0], gradient=True),
        tol=1e-4,
        input="the gradient in G's parameters after one step, against that of its own loss",
    )


@property_test("two steps in a row", points=3)
def nothing_is_left_over(answer, case):
    mine, other = twins(case)
    for _ in range(2):
        real, z = case.randn(5, 2), case.randn(5, 3)
        answer(*mine, real, z)
        gan_step(*other, real, z)
    expect_close(flat(mine[1]), flat(other[1]), tol=1e-4, input="D's parameters after two steps")
    expect_close(flat(mine[0]), flat(other[0]), tol=1e-4, input="G's parameters after two steps")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    mine, other = twins(case)
    real, z = case.randn(8, 2), case.randn(8, 3)
    for got, expected in zip(answer(*mine, real, z), gan_step(*other, real, z), strict=True):
        expect_close(got, expected, tol=1e-4)
    for mine_player, other_player in zip(mine[:2], other[:2], strict=True):
        expect_close(flat(mine_player), flat(other_player), tol=1e-4)
