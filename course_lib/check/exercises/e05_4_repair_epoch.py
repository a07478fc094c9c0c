"""05.4 repair: a shuffle that tears images and factors apart, and a mirror that makes their labels false."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "Repair the epoch"
KIND = "repair"
NOTEBOOK = "05_conditional_gan"
MINUTES = 8
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Take an image out of the new order. Which row of the old set is it, pixel by pixel? Do its label and its factors come from the same row?",
    "One permutation (n,) for all three. And after any change of an image, what c says of it must still be true: is a mirrored b a b?",
    """
    draw one order from the generator
    index all three tensors by it
    leave the images as they are
    """,
)


def broken(images, labels, factors, generator):
    """What is handed out: half of the images mirrored, the factors in an order of their own."""
    order = torch.randperm(len(images), generator=generator)
    mirrored = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
    images = torch.where(mirrored, images.flip(-1), images)
    return images[order], labels[order], factors[torch.randperm(len(images), generator=generator)]


def epoch(images: Tensor, labels: Tensor, factors: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The data set in a new order: images (n, 1, h, w), labels (n,), factors (n, 2)."""
    order = torch.randperm(len(images), generator=generator)
    return images[order], labels[order], factors[order]


reference = epoch


def variant(*, mirror=None, factors_own=False, labels_own=False, unshuffled=False, seeded=False, sorted_too=False, lost=False):
    """The epoch with one thing done otherwise."""

    def other(images, labels, factors, generator):
        n = len(images)
        source = torch.Generator().manual_seed(0) if seeded else generator
        order = torch.arange(n) if unshuffled else torch.randperm(n, generator=source)
        order = order[: n - n % 4] if lost else order
        again = order.flip(0)
        if mirror:
            half = torch.rand(n, 1, 1, 1, generator=source) < 0.5
            images = torch.where(half, images.flip(-1), images)
            if mirror == "slant turned":
                factors = torch.where(half[:, 0, 0], factors * torch.tensor([-1.0, 1.0]), factors)
        return images[order], labels[again if labels_own else order], factors[again if factors_own else order]

    return other


def with_repetition(images, labels, factors, generator):
    order = torch.randint(len(images), (len(images),), generator=generator)
    return images[order], labels[order], factors[order]


MISTAKES = (
    mistake(variant(factors_own=True), "No mirror any more. But images and factors still go through different permutations."),
    mistake(variant(mirror="as it was"), "One order for all now. But half of the images are still mirrored, and c says the same of them as before."),
    mistake(variant(mirror="slant turned"), "With the slant's sign changed the factor is true again. The class is not: a mirrored b is a d, and a mirrored 3 nothing."),
    mistake(variant(labels_own=True), "Now the labels have an order of their own."),
    mistake(variant(unshuffled=True), "The order is the old one: nothing is shuffled."),
    mistake(variant(seeded=True), "A generator made inside gives every epoch the same order: use the one that is handed in."),
    mistake(variant(lost=True), "Some rows are gone: the new order must hold each row once."),
    mistake(with_repetition, "Drawn with repetition: some rows come twice, others never. torch.randperm has each once."),
)  # fmt: skip


def data_set(case, n=14):
    """Rows that tell each other apart: an image without symmetry, a label, and factors, all of which hold the row's number."""
    number = torch.arange(n, device=case.device)
    images = case.rand(n, 1, 4, 4)
    return images, number.clone(), torch.stack([number + 0.25, -number - 0.5], dim=1).float()


def rows_of(got, images):
    """For each image handed back its row in the set, or -1; expects three tensors of equal length."""
    expect(isinstance(got, tuple | list) and len(got) == 3, expected="images, labels and factors", got=got)
    same = (got[0].flatten(1)[:, None] == images.flatten(1)).all(dim=2)
    return torch.where(same.any(1), same.float().argmax(1), -1)


@property_test("shapes")
def shapes(answer, case):
    images, labels, factors = data_set(case)
    got = answer(images, labels, factors, torch.Generator().manual_seed(case.seed))
    expect(isinstance(got, tuple | list) and len(got) == 3, expected="images, labels and factors", got=got)
    for part, like in zip(got, (images, labels, factors), strict=True):
        expect_shape(part, like.shape)


@property_test("images as they were", points=2)
def untouched(answer, case):
    images, labels, factors = data_set(case)
    rows = rows_of(answer(images, labels, factors, torch.Generator().manual_seed(case.seed)), images)
    expect_close((rows < 0).sum().item(), 0, tol=0, input="how many of the images handed back are no image of the set")
    expect(rows.tolist() != list(range(len(rows))), expected="another order", got="the order of the set")


@property_test("what belongs together", points=3)
def together(answer, case):
    images, labels, factors = data_set(case)
    got = answer(images, labels, factors, torch.Generator().manual_seed(case.seed))
    _, new_labels, new_factors = got
    rows = new_labels
    expect_close(new_factors, factors[rows], tol=0, input="the factors, beside labels that are the numbers of the rows")
    known = rows_of(got, images)
    expect(
        bool((known[known >= 0] == rows[known >= 0]).all()),
        expected="each image beside its own label",
        got=rows,
        input="labels that are the rows",
    )


@property_test("each once", points=1)
def each_once(answer, case):
    images, labels, factors = data_set(case)
    got = answer(images, labels, factors, torch.Generator().manual_seed(case.seed))
    expect_close(rows_of(got, images).sort().values, labels, tol=0, input="the rows found, in order")


@property_test("new orders", points=1)
def new_orders(answer, case):
    images, labels, factors = data_set(case)
    generator = torch.Generator().manual_seed(case.seed)
    first, second = (rows_of(answer(images, labels, factors, generator), images) for _ in range(2))
    expect(first.min() >= 0 and first.tolist() != second.tolist(), expected="two epochs in different orders", got=second)


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    images, labels, factors = data_set(case)
    factors = factors * case.rand(1).item()
    got = answer(images, labels, factors, torch.Generator().manual_seed(case.seed))
    rows = rows_of(got, images)
    expect(rows.min() >= 0, expected="images of the set", got=rows)
    for name, part, whole in zip(("images", "labels", "factors"), got, (images, labels, factors), strict=True):
        expect_close(part, whole[rows], tol=0, input=f"{name} of the rows {rows[:4].tolist()} …")
