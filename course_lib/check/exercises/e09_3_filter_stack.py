"""09.3 implement: collaborative filtering by a hard threshold."""

import torch
from torch import Tensor

from course_lib.check.authoring import (
    expect,
    expect_close,
    expect_dtype,
    expect_shape,
    expect_type,
    expect_unchanged,
    mistake,
    property_test,
)
from course_lib.classical import biorthogonal_matrix, haar_matrix

TITLE = "Filter a stack of blocks"
KIND = "implement"
NOTEBOOK = "09_bm3d"
MINUTES = 10
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "With a threshold of 0 nothing is removed. What must come back then, and what does that say about the way back?",
    "S_j = Σ_k H_jk T Z_k Tᵀ, keep |S| > threshold · sigma / 255, Z_k = T⁻¹ (Σ_j H_jk S_j) T⁻ᵀ. (K, n, n) in, (K, n, n) and a whole number out.",
    """
    T from the left and its transpose from the right, for all blocks at once; then mix the blocks with H
    a mask: magnitude above threshold times sigma, on the scale of the blocks; its sum is the second result
    mask the spectrum, mix back with the transpose of H
    the inverse matrix of T from the left, its transpose from the right
    """,
)


def spectrum_of(stack, T, H):
    return torch.einsum("jk,kuv->juv", H, T @ stack @ T.T)


def stack_of(spectrum, inverse, H):
    return inverse @ torch.einsum("jk,juv->kuv", H, spectrum) @ inverse.T


def filter_stack(stack: Tensor, sigma: float, threshold: float, T: Tensor, H: Tensor) -> tuple[Tensor, int]:
    """The filtered blocks, and how many coefficients survived."""
    spectrum = torch.einsum("jk,kuv->juv", H, T @ stack @ T.T)
    keep = spectrum.abs() > threshold * sigma / 255
    back = torch.linalg.inv(T)
    return back @ torch.einsum("jk,juv->kuv", H, spectrum * keep) @ back.T, int(keep.sum())


reference = filter_stack


def shrinking(shrink, *, invert=torch.linalg.inv, count=lambda keep: int(keep.sum())):
    """An answer that differs in how it shrinks, inverts T or counts."""

    def answer(stack, sigma, threshold, T, H):
        spectrum = spectrum_of(stack, T, H)
        shrunk, keep = shrink(spectrum, threshold, sigma)
        return stack_of(shrunk, invert(T), H), count(keep)

    return answer


def hard(spectrum, limit):
    keep = spectrum.abs() > limit
    return spectrum * keep, keep


def soft(spectrum, threshold, sigma):
    limit = threshold * sigma / 255
    keep = spectrum.abs() > limit
    return spectrum.sign() * (spectrum.abs() - limit).clamp(min=0), keep


def signed(spectrum, threshold, sigma):
    keep = spectrum > threshold * sigma / 255
    return spectrum * keep, keep


def removing_the_large(spectrum, threshold, sigma):
    keep = spectrum.abs() <= threshold * sigma / 255
    return spectrum * keep, keep


def one_by_one(stack, sigma, threshold, T, H):
    blocks, count = filter_stack(stack, sigma, threshold, T, torch.eye(len(stack), dtype=stack.dtype, device=stack.device))
    return blocks, count


def haar_twice(stack, sigma, threshold, T, H):
    shrunk, keep = hard(spectrum_of(stack, T, H), threshold * sigma / 255)
    back = torch.linalg.inv(T)
    return back @ torch.einsum("jk,kuv->juv", H, shrunk) @ back.T, int(keep.sum())


def half_a_transform(stack, sigma, threshold, T, H):
    shrunk, keep = hard(torch.einsum("jk,kuv->juv", H, T @ stack), threshold * sigma / 255)
    return torch.linalg.inv(T) @ torch.einsum("jk,juv->kuv", H, shrunk), int(keep.sum())


usual = lambda spectrum, threshold, sigma: hard(spectrum, threshold * sigma / 255)  # noqa: E731
MISTAKES = (
    mistake(shrinking(usual, invert=lambda T: T.T), "You took T.T for the inverse of T. bior1.5 is not orthogonal: torch.linalg.inv(T)."),
    mistake(
        shrinking(lambda spectrum, threshold, sigma: hard(spectrum, threshold * sigma)),
        "sigma is in grey levels and the stack in [0, 1]: divide the threshold by 255.",
    ),
    mistake(
        shrinking(lambda spectrum, threshold, sigma: hard(spectrum, threshold)),
        "Your threshold does not depend on sigma.",
    ),
    mistake(
        shrinking(lambda spectrum, threshold, sigma: hard(spectrum, threshold / 255)),
        "Your threshold does not depend on sigma: it is threshold · sigma, on the scale of the image.",
    ),
    mistake(shrinking(soft), "That is a soft threshold: it makes the survivors smaller too. A hard one leaves them as they are."),
    mistake(shrinking(signed), "Large negative coefficients count as well: compare the magnitude (abs)."),
    mistake(shrinking(removing_the_large), "You kept the small coefficients and removed the large ones."),
    mistake(shrinking(usual, count=lambda keep: int((~keep).sum())), "You counted the coefficients removed; asked are the survivors."),
    mistake(one_by_one, "You transformed the blocks one by one: H, along the stack, is missing."),
    mistake(haar_twice, "On the way back the stack needs the transpose of H, not H once more."),
    mistake(half_a_transform, "T works on the columns of a block only so far; its rows need T.T from the right."),
    mistake(
        lambda stack, sigma, threshold, T, H: (
            usual(spectrum_of(stack, T, H), threshold, sigma)[0],
            filter_stack(stack, sigma, threshold, T, H)[1],
        ),
        "You returned the spectrum; transform it back.",
    ),
    mistake(
        lambda *args: filter_stack(*args)[::-1],
        "Blocks first, number second.",
    ),
)


def matrices(case, blocks, size=8):
    return (matrix.float().to(case.device) for matrix in (biorthogonal_matrix(size), haar_matrix(blocks)))


def two_results(got):
    expect_type(got, tuple, cause="Return two things: `return blocks, number`.")
    expect(len(got) == 2, expected="two results: the blocks and the number of survivors", got=got)
    expect_type(got[0], Tensor)
    return got


@property_test("type")
def gives_blocks_and_a_number(answer, case):
    _, number = two_results(answer(case.rand(2, 8, 8), 25, 2.7, *matrices(case, 2)))
    expect_type(number, (int, float, Tensor))


@property_test("shape and dtype")
def keeps_the_shape(answer, case):
    stack = case.rand(4, 4, 4)
    blocks, _ = two_results(answer(stack, 25, 2.7, *matrices(case, 4, 4)))
    expect_shape(blocks, (4, 4, 4))
    expect_dtype(blocks, like=stack)


@property_test("nothing removed", points=2)
def returns_the_stack_at_threshold_zero(answer, case):
    stack = case.rand(4, 8, 8)
    blocks, number = two_results(answer(stack, 25, 0.0, *matrices(case, 4)))
    expect_close(blocks, stack, tol=1e-4, input="threshold 0: nothing is removed, so the stack must come back")
    expect_close(number, 256, tol=0.5, input="threshold 0, a stack of 4 blocks of 8 × 8: the number of survivors")


@property_test("by hand", points=3)
def a_flat_stack(answer, case):
    one = torch.tensor([[1.0, 1.0], [1.0, -1.0]], device=case.device) / 2**0.5
    level = torch.full((2, 2, 2), 0.1, device=case.device)
    level[1] = -0.3  # S has two coefficients: (0.1 - 0.3) · √2 = -0.283 and (0.1 + 0.3) · √2 = 0.566; 0.4 = 102 / 255 lies between
    blocks, number = two_results(answer(level, 51, 2.0, one, one))
    expected = torch.tensor([0.2, -0.2]).reshape(2, 1, 1).expand(2, 2, 2)
    case_in_words = "one flat block of 0.1 and one of -0.3; T and H the Haar transform of two; sigma 51, threshold 2"
    expect_close(blocks, expected, input=case_in_words)
    expect_close(number, 1, tol=0.1, input=f"{case_in_words}: the number of survivors")


@property_test("both signs", points=1)
def counts_both_signs(answer, case):
    stack = -case.rand(2, 8, 8)
    blocks, number = two_results(answer(stack, 25, 2.7, *matrices(case, 2)))
    expected, survivors = reference(stack, 25, 2.7, *matrices(case, 2))
    expect_close(number, survivors, tol=0.1, input="a stack of negative values: the number of survivors")
    expect_close(blocks, expected, tol=1e-4)


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    for blocks, size, sigma, threshold in ((16, 8, 25, 2.7), (1, 8, 10, 2.0), (4, 4, 50, 3.0)):
        stack = 0.5 + 0.2 * case.randn(blocks, size, size)
        arguments = (stack, sigma, threshold, *matrices(case, blocks, size))
        got, expected = two_results(answer(*arguments)), reference(*arguments)
        expect_close(got[0], expected[0], tol=1e-4)
        expect_close(got[1], expected[1], tol=0.1, input="the number of survivors")
    expect_unchanged(answer)
