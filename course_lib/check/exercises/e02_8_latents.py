"""02.8 repair: a training whose losses are perfect and whose latents are not."""

import torch
from torch import nn

from course_lib.check.authoring import expect, expect_close, mistake, property_test
from course_lib.check.exercises.e02_7_gan_step import gan_step

TITLE = "Repair the training"
KIND = "repair"
NOTEBOOK = "02_gan_theory"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "The losses cannot tell you. Write down every z that G is given: are any two the same? What are their mean and their "
    "standard deviation?",
    "Each batch needs its own z of shape (len(real), latent_dim) from N(0, 1), the distribution that G will be sampled with, "
    "and the same seed must give the same run.",
    """
    keep the z of all rounds in a list, and compare the first with the second: they must differ
    what starts the random numbers anew belongs before the loop
    mean and standard deviation of all of them: 0 and 1, not 1/2 and 0.29
    """,
)


def broken(G, D, optimiser_G, optimiser_D, batches, seed):
    """What is handed out: the same latents in every round, and uniform ones."""
    curve = []
    for real in batches:
        source = torch.Generator().manual_seed(seed)  # so that a run can be repeated
        z = torch.rand(len(real), G.latent_dim, generator=source).to(real.device)
        curve.append(gan_step(G, D, optimiser_G, optimiser_D, real, z))
    return curve


def train_players(G, D, optimiser_G, optimiser_D, batches, seed: int) -> list[tuple[float, float]]:
    """One step of the game for each batch; both losses of each."""
    curve = []
    source = torch.Generator().manual_seed(seed)
    for real in batches:
        z = torch.randn(len(real), G.latent_dim, generator=source).to(real.device)
        curve.append(gan_step(G, D, optimiser_G, optimiser_D, real, z))
    return curve


reference = train_players


def variant(draw=torch.randn, *, begin="once", rows=None):
    """The training with one thing done otherwise."""

    def training(G, D, optimiser_G, optimiser_D, batches, seed):
        source = torch.Generator()
        if begin == "once":
            source.manual_seed(seed)
        elif begin == "never":
            source.seed()
        losses, fixed = [], None
        for real in batches:
            if begin == "each":
                source.manual_seed(seed)
            z = draw(rows or len(real), G.latent_dim, generator=source).to(real.device).expand(len(real), -1)
            if begin == "fixed":
                fixed = z if fixed is None else fixed
                z = fixed[: len(real)]
            losses.append(gan_step(G, D, optimiser_G, optimiser_D, real, z))
        return losses

    return training


def centred_uniform(*shape, generator):
    return 2 * torch.rand(*shape, generator=generator) - 1


MISTAKES = (
    mistake(
        variant(begin="each"),
        "Normal now, but every round still begins at the same seed and gives G the same z again: make the generator once, before the loop.",
    ),
    mistake(
        variant(torch.rand), "Fresh now, but still uniform on [0, 1]: G will be sampled with z ~ N(0, 1), so it must be trained with it."
    ),
    mistake(variant(centred_uniform), "Uniform on [-1, 1] has the right mean, but it is not N(0, 1)."),
    mistake(variant(rows=1), "One z for the whole batch: every sample of it is the same point."),
)


class Watched(nn.Module):
    """A generator that writes down what it is given."""

    def __init__(self, case):
        super().__init__()
        self.latent_dim, self.seen = 4, []
        self.layer = nn.Linear(4, 1)
        for parameter in self.parameters():
            parameter.data = 0.5 * case.randn(*parameter.shape)

    def forward(self, z):
        self.seen.append(z.detach().clone())
        return self.layer(z)


class Judge(nn.Module):
    """A discriminator with one unit."""

    def __init__(self, case):
        super().__init__()
        self.layer = nn.Linear(1, 1)
        for parameter in self.parameters():
            parameter.data = 0.5 * case.randn(*parameter.shape)

    def forward(self, x):
        return self.layer(x).squeeze(1)


def run(answer, case, rounds=6, size=64, rate=0.1):
    """One training of new players on new data; the players, the data and the losses."""
    G, D = Watched(case), Judge(case)
    optimisers = torch.optim.SGD(G.parameters(), rate), torch.optim.SGD(D.parameters(), rate)
    batches = [0.3 + 0.2 * case.randn(size, 1) for _ in range(rounds)]
    losses = answer(G, D, *optimisers, batches, 3) if answer else []
    expect(not answer or (isinstance(losses, list) and len(losses) == rounds), expected=f"a list of {rounds} pairs of losses", got=losses)
    return G, D, optimisers, batches, losses


def once_more(case):
    """A case that draws the same numbers again."""
    return type(case)(case.seed, case.variant, case.device)


@property_test("losses")
def a_list(answer, case):
    run(answer, case)


@property_test("N(0, 1)", points=2)
def normal(answer, case):
    # 2000 rows of 4: mean and spread are sure to 0.05, also where an answer repeats them
    z = torch.cat(run(answer, case, rounds=2, size=1000)[0].seen)
    expect_close(z.mean().item(), 0.0, tol=0.1, input="the mean of all z that G was given")
    expect_close(z.std().item(), 1.0, tol=0.1, input="the standard deviation of all z that G was given")


@property_test("rows differ", points=1)
def rows_differ(answer, case):
    z = run(answer, case, rounds=1, size=16)[0].seen[0]
    expect_close(len(z.unique(dim=0)), 16, tol=0, input="how many different rows z has in one batch of 16")


@property_test("fresh every round", points=2)
def fresh(answer, case):
    seen = run(answer, case)[0].seen
    same = sum(torch.equal(a, b) for k, a in enumerate(seen) for b in seen[:k])
    expect_close(same, 0, tol=0, input="how many pairs of the six rounds got the same z")


@property_test("repeatable", points=1)
def repeatable(answer, case):
    one, other = run(answer, case)[0].seen, run(answer, once_more(case))[0].seen
    cause = "Fresh latents, but the seed is not used: two runs with the same seed must be the same."
    expect(
        all(map(torch.equal, one, other)),
        expected="the same latents for the same seed",
        got=False,
        input="two runs with seed = 3",
        cause=cause,
    )


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    mine, _, _, _, losses = run(answer, case)
    G, D, optimisers, batches, _ = run(None, once_more(case))
    # with the latents that the answer drew: there is more than one right way to draw them
    expected = [gan_step(G, D, *optimisers, real, z) for real, z in zip(batches, mine.seen, strict=True)]
    expect_close(torch.tensor(losses), torch.tensor(expected), tol=1e-4, input="the losses of six rounds")
