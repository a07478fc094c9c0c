"""05.6 repair: a projection whose inner products are added up over the batch."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "Repair the projection"
KIND = "repair"
NOTEBOOK = "05_conditional_gan"
MINUTES = 8
DIFFICULTY = 1
POINTS = 9

HINTS = (
    "Two images, two labels. Change only the second label: may the first logit move? Which line lets it?",
    "V[labels] and h are (n, d). An inner product *for each image* is a sum over d alone, and leaves (n,).",
    """
    the features, summed over the pixels: (n, d)
    their product with w: one number an image
    row by row the product of the label's row of V with the features, summed along the row
    """,
)


def broken(maps, labels, w, V):
    """What is handed out: .sum() over everything."""
    h = maps.sum(dim=(2, 3))
    return h @ w + (V[labels] * h).sum()


def projection_logit(maps: Tensor, labels: Tensor, w: Tensor, V: Tensor) -> Tensor:
    """⟨w, h⟩ + ⟨V_c, h⟩ for each image, (n,); maps (n, d, h, w), labels (n,), w (d,), V (classes, d)."""
    h = maps.sum(dim=(2, 3))
    return h @ w + (V[labels] * h).sum(dim=1)


reference = projection_logit


def variant(pool=torch.Tensor.sum, *, w_too=True, along=1, mean=False, told=True):
    """The logit with one thing done otherwise."""

    def logit(maps, labels, w, V):
        h = pool(maps, dim=(2, 3))
        product = V[labels] * h
        agreement = product.mean(dim=along) if mean else product.sum(dim=along)
        return (h @ w if w_too else 0) + (agreement if told else 0)

    return logit


def matrix(maps, labels, w, V):
    h = maps.sum(dim=(2, 3))
    return h @ w + (V[labels] @ h.T).sum(dim=0)


def of_all_classes(maps, labels, w, V):
    h = maps.sum(dim=(2, 3))
    return h @ w + (h @ V.T).sum(dim=1)


def mean_of_the_batch(maps, labels, w, V):
    h = maps.sum(dim=(2, 3))
    return h @ w + (V[labels] * h).sum(dim=1).mean()


def largest(maps, labels, w, V):
    h = maps.sum(dim=(2, 3))
    return h @ w + (h @ V.T).amax(dim=1)


MISTAKES = (
    mistake(mean_of_the_batch, "Divided by the number of images it is smaller, but still one number for the whole batch."),
    mistake(matrix, "V[labels] @ h.T pairs every label with every image; only the diagonal belongs together."),
    mistake(of_all_classes, "That adds the agreement with every class. Only the row of the image's own label counts."),
    mistake(largest, "That is the best agreement with any class; asked is the one with the class that D was told."),
    mistake(variant(told=False), "The class plays no part any more: this D does not see c."),
    mistake(variant(w_too=False), "The first summand, ⟨w, h⟩, is gone: nothing says how real the image is."),
    mistake(variant(mean=True), "The mean over d is the inner product divided by d."),
    mistake(variant(torch.Tensor.mean), "The maps are to be summed over their pixels, not averaged."),
)


def inputs(case, n=3, d=4, classes=5):
    labels = torch.tensor([k % classes for k in (4, 0, 2, 1, 3)][:n], device=case.device)
    return case.randn(n, d, 2, 3), labels, case.randn(d), case.randn(classes, d)


@property_test("shape")
def one_an_image(answer, case):
    expect_shape(answer(*inputs(case)), (3,))


@property_test("by hand", points=2)
def by_hand(answer, case):
    maps = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=case.device)[:, :, None, None].expand(2, 2, 1, 2) / 2
    w, V = torch.tensor([1.0, 0.0], device=case.device), torch.tensor([[0.0, 1.0], [10.0, 0.0]], device=case.device)
    given = "two images with h = (1, 2) and (3, 4), labels 0 and 1, w = (1, 0), V = ((0, 1), (10, 0))"
    expect_close(answer(maps, torch.tensor([0, 1], device=case.device), w, V), torch.tensor([3.0, 33.0]), tol=1e-5, input=given)


@property_test("no neighbours", points=3)
def no_neighbours(answer, case):
    maps, labels, w, V = inputs(case)
    other = labels.clone()
    other[1] = (labels[1] + 1) % 5
    before, after = answer(maps, labels, w, V), answer(maps, other, w, V)
    expect_shape(after, (3,))
    moved = ((after - before).abs() > 1e-4).tolist()
    given = "three images; the class told of the second is changed: which logits move"
    expect(moved == [False, True, False], expected="[False, True, False]", got=moved, input=given)


@property_test("against the reference", points=4)
def agrees_with_the_reference(answer, case):
    given = inputs(case, n=5, d=16)
    expect_close(answer(*given), projection_logit(*given), tol=1e-3, input="five images, d = 16")
    alone = (given[0][:1], given[1][:1], *given[2:])
    expect_close(answer(*alone), projection_logit(*alone), tol=1e-3, input="one image")
