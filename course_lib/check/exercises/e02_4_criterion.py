"""02.4 implement: what the game is worth against the best discriminator."""

import math

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, mistake, property_test

TITLE = "The generator's criterion"
KIND = "implement"
NOTEBOOK = "02_gan_theory"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "What is D* in a cell where only the data have mass? What must that cell add to the sum, and what does 0 · log 0 give in "
    "floating point?",
    "C = Σ p log(p / (p + q)) + Σ q log(q / (p + q)), two (cells,) tensors in, one number out. torch.xlogy(a, b) is a · log "
    "b, and 0 where a is 0.",
    """
    total = the two probabilities added, cell by cell
    first sum: over the cells, p times the logarithm of p / total; nothing where p is 0
    second sum: the same with q
    where total is 0 the quotient is 0/0: put a 1 in place of total there, or split the logarithm of the quotient in two
    """,
)


def criterion(p_data: Tensor, p_G: Tensor) -> Tensor:
    """C(G) = E_data log D* + E_G log(1 - D*), on a grid of cells."""
    total = p_data + p_G
    data_term = torch.xlogy(p_data, p_data) - torch.xlogy(p_data, total)
    generator_term = torch.xlogy(p_G, p_G) - torch.xlogy(p_G, total)
    return (data_term + generator_term).sum()


reference = criterion


def naive(p, q):
    D = p / (p + q)
    return (p * torch.log(D) + q * torch.log(1 - D)).sum()


def kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def jsd(p, q):
    return 0.5 * kl(p, (p + q) / 2) + 0.5 * kl(q, (p + q) / 2)


MISTAKES = (
    mistake(
        naive,
        "Cells where one of the two has no mass give 0 · log 0, which is NaN in floating point and 0 in the limit: torch.xlogy knows.",
    ),
    mistake(lambda p, q: 2 * jsd(p, q), "That is 2 JSD, without the - log 4: for equal distributions D* is 1/2 and the value - log 4."),
    mistake(lambda p, q: jsd(p, q) - math.log(4), "The JSD counts twice: - log 4 + 2 JSD."),
    mistake(lambda p, q: -criterion(p, q), "The sign: D* maximises E log D + E log(1 - D), and logarithms of probabilities are negative."),
    mistake(lambda p, q: (torch.xlogy(p, p) - torch.xlogy(p, p + q)).sum(), "The second expectation is missing: E_G log(1 - D*)."),
    mistake(
        lambda p, q: criterion(p, q) / len(p),
        "An expectation on the grid is the sum of probability times value; it is not divided by the number of cells.",
    ),
    mistake(
        lambda p, q: (torch.xlogy(p, p) - torch.xlogy(p, p + q)).sum() + (torch.xlogy(p, q) - torch.xlogy(p, p + q)).sum(),
        "Both expectations run over the data; the second, of log(1 - D*), runs over G's samples.",
    ),
)


def distributions(case, cells=40):
    p, q = case.rand(cells), case.rand(cells)
    p[:10], q[-10:] = 0, 0
    p[20], q[20] = 0, 0
    return p / p.sum(), q / q.sum()


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(*(d + 1e-3 for d in distributions(case))), Tensor)


@property_test("shape")
def one_number(answer, case):
    p = torch.full((4,), 0.25, device=case.device)
    expect_shape(answer(p, p.flip(0)), ())


@property_test("equal distributions", points=1)
def minus_log_four(answer, case):
    p = torch.tensor([0.5, 0.3, 0.2], device=case.device)
    expect_close(answer(p, p.clone()), -math.log(4), tol=1e-5)


@property_test("by hand", points=2)
def by_hand(answer, case):
    p = torch.tensor([0.75, 0.25], device=case.device)
    # D* = 3/4 and 1/4: 2 (0.75 log 0.75 + 0.25 log 0.25)
    expect_close(answer(p, p.flip(0)), 2 * (0.75 * math.log(0.75) + 0.25 * math.log(0.25)), tol=1e-5)


@property_test("empty cells", points=2)
def nothing_in_common(answer, case):
    p = torch.tensor([1.0, 0.0, 0.0], device=case.device)
    expect_close(answer(p, p.flip(0)), 0.0, tol=1e-6, input="all data in the first of three cells, all samples in the last")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    p, q = distributions(case)
    expect_close(answer(p, q), float(criterion(p, q)), tol=1e-4)
