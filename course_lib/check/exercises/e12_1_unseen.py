"""12.1 implement: the part of an image that a reduction does not see."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, mistake, property_test
from course_lib.resample import resize_weights

TITLE = "Find what a reduction does not see"
KIND = "implement"
NOTEBOOK = "12_super_resolution"
MINUTES = 12
DIFFICULTY = 2
POINTS = 7

HINTS = (
    "Take the image that the reduction knows of x: of all images with the same y, the one with the smallest squares. What is left of x?",
    "With W⁺ the pseudo-inverse, the reduction y = V x Hᵀ knows V⁺ (V x Hᵀ) (H⁺)ᵀ of x (c, h, w); V is (h/s, h), H is (w/s, w). "
    "The unseen part is x minus that. torch.linalg.pinv, and .mT for a transpose.",
    """
    reduce x: rows from the left, columns (transposed) from the right
    enlarge the result with the two pseudo-inverses in the same way
    take it away from x
    """,
)


def unseen(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The part of x (c, h, w) that rows @ x @ columns.mT does not see: x minus its projection."""
    y = rows @ x @ columns.mT
    return x - torch.linalg.pinv(rows) @ y @ torch.linalg.pinv(columns).mT


reference = unseen


def variant(inverse=torch.linalg.pinv, seen=False):
    """The same with another matrix in place of the pseudo-inverse, or the other part."""

    def other(x, rows, columns):
        known = inverse(rows) @ (rows @ x @ columns.mT) @ inverse(columns).mT
        return known if seen else x - known

    return other


def adjoint(matrix):
    return matrix.mT


def scaled_adjoint(matrix):
    return matrix.mT * (matrix.shape[1] / matrix.shape[0])


def repeated(matrix):
    factor = matrix.shape[1] // matrix.shape[0]
    return torch.eye(matrix.shape[0]).to(matrix).repeat_interleave(factor, dim=0)


def rows_only(x, rows, columns):
    return x - torch.linalg.pinv(rows) @ rows @ x


def neither(x, rows, columns):
    left, right = (torch.eye(m.shape[1]).to(m) - torch.linalg.pinv(m) @ m for m in (rows, columns))
    return left @ x @ right.mT


MISTAKES = (
    mistake(variant(seen=True), "That is the part that the reduction knows; asked is the rest of x."),
    mistake(variant(adjoint), "You enlarge with the transposes. They are not inverses: even a grey image does not come back with them."),
    mistake(variant(scaled_adjoint), "s times the transpose gives a grey image back, but reduces to y only nearly. The pseudo-inverse does so exactly."),
    mistake(variant(repeated), "Repeated pixels reduce to something near y, not to y: a trace of x stays visible."),
    mistake(rows_only, "Only the rows: detail that the columns' reduction would hide is still counted as seen."),
    mistake(neither, "That hides from the rows and from the columns at once. To be lost in one of the two passes is enough."),
)  # fmt: skip


def matrix(length, scale, case):
    """The reduction of one axis by imresize, (length // scale, length), float64."""
    weights, indices = resize_weights(length, length // scale)
    dense = torch.zeros(length // scale, length, dtype=torch.float64).scatter_add_(1, indices, weights)
    return dense.to(case.device)


@property_test("shape")
def keeps_the_shape(answer, case):
    expect_shape(answer(case.rand(3, 8, 12).double(), matrix(8, 2, case), matrix(12, 2, case)), (3, 8, 12))


@property_test("nothing of it arrives")
def reduces_to_nothing(answer, case):
    x, rows, columns = case.rand(1, 12, 16).double(), matrix(12, 4, case), matrix(16, 4, case)
    got = answer(x, rows, columns)
    expect_shape(got, x.shape)
    expect_close(rows @ got @ columns.mT, torch.zeros(1, 3, 4), tol=1e-9, input="a random image, scale 4; your part of it, made small")


@property_test("one cell by hand", points=3)
def one_cell(answer, case):
    x = torch.tensor([[[0.1, 0.2], [0.3, 0.6]]], dtype=torch.float64, device=case.device)
    mean = torch.full((1, 2), 0.5, dtype=torch.float64, device=case.device)
    expected = torch.tensor([[[-0.2, -0.1], [0.0, 0.3]]])
    expect_close(answer(x, mean, mean), expected, tol=1e-6, input="a cell of 0.1, 0.2, 0.3, 0.6, made small by its mean, 0.3")


@property_test("all that can be lost")
def nothing_is_held_back(answer, case):
    x, rows, columns = case.rand(1, 8, 8).double(), matrix(8, 2, case), matrix(8, 4, case)
    got = answer(x, rows, columns)
    expect_shape(got, x.shape)
    product = ((x - got) * got).sum().item()
    expect_close(product, 0.0, tol=1e-9, input="a random image; the sum of (x - your part) · your part, 0 for a projection")


@property_test("against the reference", points=4)
def agrees_with_the_reference(answer, case):
    for height, width, scale in ((12, 8, 2), (9, 15, 3), (16, 8, 4)):
        x, rows, columns = case.rand(3, height, width).double(), matrix(height, scale, case), matrix(width, scale, case)
        expect_close(answer(x, rows, columns), unseen(x, rows, columns), tol=1e-9)
