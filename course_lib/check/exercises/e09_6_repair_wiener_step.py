"""09.6 repair: a second step whose pilot is the noisy image, and whose groups all count the same."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, expect_unchanged, mistake, property_test
from course_lib.classical import dct_matrix, haar_matrix

TITLE = "Repair the second step"
KIND = "repair"
NOTEBOOK = "09_bm3d"
MINUTES = 12
DIFFICULTY = 3
POINTS = 8

HINTS = (
    "Call it twice with the same y and two different pilots. Then: a stack full of fine detail and an almost empty one, both covering one pixel. Which estimate has less noise?",
    "W = P² / (P² + σ²) with P the spectrum of the *pilot's* blocks; each group counts with 1 / ΣW², the inverse of the noise that it kept.",
    """
    follow the pilot through the code: where is it cut into blocks, and where are those blocks used?
    the power must come from the transformed blocks of the pilot
    look at the weight: it is the same for every group; it should be small where the gains are large
    """,
)


def second_step(y, pilot, groups, sigma, T, H, *, of_pilot=True, weigh=lambda gain: 1 / gain.square().sum(), filtered="noisy", divide=True):
    """The step with a switch for each mistake."""
    n = len(T)
    top, bottom = torch.zeros_like(y), torch.zeros_like(y)
    for corners in groups.tolist():
        noisy, basic = (torch.stack([image[i : i + n, j : j + n] for i, j in corners]) for image in (y, pilot))
        spectra = [torch.einsum("jk,kuv->juv", H, T @ blocks @ T.T) for blocks in (noisy, basic)]
        power = spectra[1 if of_pilot else 0].square()
        gain = power / (power + (sigma / 255) ** 2)
        estimates = T.T @ torch.einsum("jk,juv->kuv", H, gain * spectra[0 if filtered == "noisy" else 1]) @ T
        weight = weigh(gain)
        for (i, j), block in zip(corners, estimates, strict=True):
            top[i : i + n, j : j + n] += weight * block
            bottom[i : i + n, j : j + n] += weight if divide else 1
    return top / bottom


def broken(y: Tensor, pilot: Tensor, groups: Tensor, sigma: float, T: Tensor, H: Tensor) -> Tensor:
    """What is handed out: the noisy spectrum judges itself, and every group has the same weight."""
    n = len(T)
    top, bottom = torch.zeros_like(y), torch.zeros_like(y)
    for corners in groups.tolist():
        noisy, basic = (torch.stack([image[i : i + n, j : j + n] for i, j in corners]) for image in (y, pilot))
        spectrum = torch.einsum("jk,kuv->juv", H, T @ noisy @ T.T)
        power = spectrum.square()
        gain = power / (power + (sigma / 255) ** 2)
        estimates = T.T @ torch.einsum("jk,juv->kuv", H, gain * spectrum) @ T
        weight = 1 / len(corners)
        for (i, j), block in zip(corners, estimates, strict=True):
            top[i : i + n, j : j + n] += weight * block
            bottom[i : i + n, j : j + n] += weight
    return top / bottom


def wiener_step(y: Tensor, pilot: Tensor, groups: Tensor, sigma: float, T: Tensor, H: Tensor) -> Tensor:
    """Both mended."""
    n = len(T)
    top, bottom = torch.zeros_like(y), torch.zeros_like(y)
    for corners in groups.tolist():
        noisy, basic = (torch.stack([image[i : i + n, j : j + n] for i, j in corners]) for image in (y, pilot))
        spectrum = torch.einsum("jk,kuv->juv", H, T @ noisy @ T.T)
        power = torch.einsum("jk,kuv->juv", H, T @ basic @ T.T).square()
        gain = power / (power + (sigma / 255) ** 2)
        estimates = T.T @ torch.einsum("jk,juv->kuv", H, gain * spectrum) @ T
        weight = 1 / gain.square().sum()
        for (i, j), block in zip(corners, estimates, strict=True):
            top[i : i + n, j : j + n] += weight * block
            bottom[i : i + n, j : j + n] += weight
    return top / bottom


reference = wiener_step


def with_mistake(**switch):
    def answer(y, pilot, groups, sigma, T, H):
        return second_step(y, pilot, groups, sigma, T, H, **switch)

    return answer


MISTAKES = (
    mistake(
        with_mistake(weigh=lambda gain: 1.0),
        "The pilot is used now. But every group still counts the same, whether it kept one coefficient's noise or a thousand's.",
    ),
    mistake(
        with_mistake(of_pilot=False),
        "The weights are right now. But the gain still comes from the noisy spectrum: change the pilot, and nothing happens.",
    ),
    mistake(
        with_mistake(weigh=lambda gain: gain.square().sum()),
        "Your weight grows with the noise that a group kept; it must fall: one over the sum.",
    ),
    mistake(
        with_mistake(weigh=lambda gain: 1 / gain.sum()),
        "The noise that remains has the power σ²ΣW²: square the gains before you sum them.",
    ),
    mistake(
        with_mistake(filtered="pilot"),
        "Now the pilot is filtered as well. It only gives the gain; what is filtered is y, or its detail is lost for good.",
    ),
    mistake(
        with_mistake(divide=False),
        "The weights stand above the line and not below it: the brightness changes.",
    ),
    mistake(
        lambda y, pilot, groups, sigma, T, H: second_step(pilot, y, groups, sigma, T, H),
        "You exchanged y and the pilot.",
    ),
)


def matrices(case, blocks, size):
    return (matrix.float().to(case.device) for matrix in (dct_matrix(size), haar_matrix(blocks)))


@property_test("type")
def gives_a_tensor(answer, case):
    y = case.rand(2, 2)
    expect_type(answer(y, y, torch.zeros(1, 1, 2, dtype=torch.int64, device=case.device), 25, *matrices(case, 1, 2)), Tensor)


@property_test("shape")
def keeps_the_shape(answer, case):
    groups = torch.tensor([[[0, 0], [0, 1]], [[1, 0], [1, 1]]], device=case.device)
    expect_shape(answer(case.rand(3, 3), case.rand(3, 3), groups, 25, *matrices(case, 2, 2)), (3, 3))


@property_test("a flat pilot", points=3)
def follows_the_pilot(answer, case):
    y = torch.tensor([[0.2, 0.8], [0.6, 0.4]], device=case.device)
    pilot = torch.full((2, 2), 0.5, device=case.device)  # one coefficient, 2 · 0.5 = 1; sigma = 0.5: gain 1 / 1.25
    got = answer(y, pilot, torch.zeros(1, 1, 2, dtype=torch.int64, device=case.device), 127.5, *matrices(case, 1, 2))
    expect_close(
        got, torch.full((2, 2), 0.4), input="one block, y = 0.2, 0.8, 0.6, 0.4, a pilot of 0.5 everywhere, sigma = 127.5, which is 0.5"
    )


@property_test("two groups, one pixel", points=2)
def weighs_by_the_noise_kept(answer, case):
    y = torch.tensor([[0.2, 0.6, 0.2], [0.2, 0.6, 0.2]], device=case.device)
    pilot = torch.tensor([[0.5, 0.5, 99.0], [0.5, 0.5, -40.0]], device=case.device)  # flat in columns 0-1, wild in columns 1-2
    groups = torch.tensor([[[0, 0]], [[0, 1]]], device=case.device)
    arguments = (y, pilot, groups, 12.75, *matrices(case, 1, 2))
    words = "two groups of one block, a flat pilot for the left one and a wild one for the right; they share the middle column"
    expect_close(answer(*arguments), reference(*arguments), tol=1e-4, input=words)


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    corners = [(i, j) for i in (0, 2, 4) for j in (0, 2, 4)]
    groups = torch.tensor([[corner, ((corner[0] + 1) % 5, corner[1])] for corner in corners], device=case.device)
    pilot = case.rand(8, 8)
    y = pilot + 0.1 * case.randn(8, 8)
    expect_close(answer(y, pilot, groups, 25, *matrices(case, 2, 4)), reference(y, pilot, groups, 25, *matrices(case, 2, 4)), tol=1e-4)
    expect_unchanged(answer)
