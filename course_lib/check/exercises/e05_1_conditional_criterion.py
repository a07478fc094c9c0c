"""05.1 implement: what G minimises against the best D that sees the condition."""

import math

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, mistake, property_test

TITLE = "The criterion of the conditional game"
KIND = "implement"
NOTEBOOK = "05_conditional_gan"
MINUTES = 10
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "For one class this is the criterion of notebook 02. How do the classes come together: which classes does a batch hold how often?",
    "C(G) = Σ_c p(c) Σ_x [p log(p/(p + q)) + q log(q/(p + q))] with p = p_data[c], q = p_G[c]; 0 · log 0 is 0, which torch.xlogy knows.",
    """
    total: both tables added, cell by cell
    data's part: p log p minus p log total; the generator's part likewise
    sum over the cells: one number a class
    weigh these by the prior, and sum
    """,
)


def conditional_criterion(prior: Tensor, p_data: Tensor, p_G: Tensor) -> Tensor:
    """C(G), a number, for p(c) (classes,) and the rows p(x|c), p_G(x|c), (classes, cells) each."""
    total = p_data + p_G
    data_term = torch.xlogy(p_data, p_data) - torch.xlogy(p_data, total)
    generator_term = torch.xlogy(p_G, p_G) - torch.xlogy(p_G, total)
    return (prior * (data_term + generator_term).sum(dim=1)).sum()


reference = conditional_criterion


def of_rows(p: Tensor, q: Tensor) -> Tensor:
    """The criterion of each row, (classes,)."""
    one = torch.ones(1, dtype=p.dtype, device=p.device)
    return torch.stack([conditional_criterion(one, *rows) for rows in zip(p[:, None], q[:, None], strict=True)])


def classes_alike(prior, p_data, p_G):
    return of_rows(p_data, p_G).mean()


def classes_added(prior, p_data, p_G):
    return of_rows(p_data, p_G).sum()


def of_the_mixtures(prior, p_data, p_G):
    weights = prior[:, None]
    return conditional_criterion(prior.sum()[None], (weights * p_data).sum(0, keepdim=True), (weights * p_G).sum(0, keepdim=True))


def only_the_divergence(prior, p_data, p_G):
    return conditional_criterion(prior, p_data, p_G) + math.log(4)


def once_the_divergence(prior, p_data, p_G):
    return (conditional_criterion(prior, p_data, p_G) - math.log(4)) / 2


def one_half(prior, p_data, p_G):
    return (prior * (torch.xlogy(p_data, p_data) - torch.xlogy(p_data, p_data + p_G)).sum(1)).sum()


def naive(prior, p_data, p_G):
    D = p_data / (p_data + p_G)
    return (prior * (p_data * D.log() + p_G * (1 - D).log()).sum(1)).sum()


def loss_of_D(prior, p_data, p_G):
    return -conditional_criterion(prior, p_data, p_G)


def one_a_class(prior, p_data, p_G):
    return prior * of_rows(p_data, p_G)


MISTAKES = (
    mistake(classes_alike, "You average over the classes as if they were equally frequent: weigh them by the prior."),
    mistake(classes_added, "You add up the classes: weigh each by its prior, which sums to 1."),
    mistake(
        of_the_mixtures, "You mix the classes first, then compare: that is the criterion of a D that does not see c. Compare row by row."
    ),
    mistake(only_the_divergence, "That is 2 Σ p(c) JSD, zero at best. C(G) is -log 4 at best."),
    mistake(once_the_divergence, "There are *two* JSD in C(G) beside -log 4."),
    mistake(one_half, "Only the data's half: the generator's samples have a term of their own."),
    mistake(naive, "0 · log 0 gives NaN where a cell is empty on one side: torch.xlogy(p, p) is 0 there."),
    mistake(loss_of_D, "That is D's loss, which is -C(G)."),
    mistake(one_a_class, "One number for each class; C(G) is their sum."),
)


def table(case, *shape):
    p = case.rand(*shape).double() + 0.05
    return p / p.sum(-1, keepdim=True)


def small(case, rows):
    return torch.tensor(rows, dtype=torch.float64, device=case.device)


@property_test("one number")
def a_number(answer, case):
    expect_shape(answer(small(case, [0.5, 0.5]), small(case, [[0.2, 0.8]] * 2), small(case, [[0.6, 0.4]] * 2)), ())


@property_test("equal in every class", points=1)
def equal(answer, case):
    p = table(case, 3, 6)
    expect_close(answer(small(case, [0.2, 0.3, 0.5]), p, p), -math.log(4), tol=1e-6, input="p_G = p_data: -log 4")


@property_test("classes exchanged", points=2)
def exchanged(answer, case):
    p = small(case, [[1.0, 0.0], [0.0, 1.0]])
    expect_close(answer(small(case, [0.5, 0.5]), p, p.flip(0)), 0.0, tol=1e-6, input="two classes, one cell each; G draws the other class")


@property_test("uneven classes", points=2)
def uneven(answer, case):
    p, q = small(case, [[1.0, 0.0], [0.0, 1.0]]), small(case, [[1.0, 0.0], [1.0, 0.0]])
    got = answer(small(case, [0.9, 0.1]), p, q)
    expect_close(
        got, -0.9 * math.log(4), tol=1e-6, input="p(c) = 0.9, 0.1; the first class is right, the second shares no cell with the data"
    )


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    prior, p, q = table(case, 5), table(case, 5, 12), table(case, 5, 12)
    expect_close(answer(prior, p, q), conditional_criterion(prior, p, q), tol=1e-6, input="five classes on twelve cells, uneven")
    p = torch.where(p < p.mean(), 0, p)
    p = p / p.sum(1, keepdim=True)
    expect_close(answer(prior, p, q), conditional_criterion(prior, p, q), tol=1e-6, input="the same with empty cells")
