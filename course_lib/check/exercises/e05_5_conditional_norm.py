"""05.5 implement: batch normalisation whose scale and shift belong to the class."""

import torch
from torch import Tensor, nn

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "Conditional batch normalisation"
KIND = "implement"
NOTEBOOK = "05_conditional_gan"
MINUTES = 12
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Which part is the same for all classes, which is looked up? And what shape must a row of γ have to be multiplied with (n, channels, h, w)?",
    "h' = γ[labels] · ĥ + β[labels], γ and β (classes, channels), looked up (n, channels), with two axes of length 1 behind: (n, channels, 1, 1).",
    """
    in the constructor: a normalisation without scale and shift of its own (affine), then two nn.Parameter tables: ones, zeros
    in forward: normalise the maps, all classes together
    take the labels' rows of both tables, give them two more axes
    multiply, add
    """,
)


class ConditionalNorm(nn.Module):
    """Maps (n, channels, h, w) and classes (n,) to maps."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.normalise = nn.BatchNorm2d(channels, affine=False)
        self.gamma = nn.Parameter(torch.ones(classes, channels))
        self.beta = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.gamma[labels][:, :, None, None] * self.normalise(x) + self.beta[labels][:, :, None, None]


reference = ConditionalNorm


def variant(*, affine=False, gamma=1.0, beta=0.0, swapped=False, transposed=False, how="right", norm=nn.BatchNorm2d):
    """The layer with one thing done otherwise."""

    class Other(nn.Module):
        def __init__(self, channels, classes):
            super().__init__()
            self.normalise = norm(channels, affine=affine)
            tables = [torch.full((classes, channels), value) for value in (gamma, beta)]
            tables = [table.T.clone() if transposed else table for table in tables]
            first, second = (nn.Parameter(table) for table in (tables[::-1] if swapped else tables))
            self.first, self.second = first, second

        def forward(self, x, labels):
            scale, shift = (self.second, self.first) if swapped else (self.first, self.second)
            scale, shift = (scale.T, shift.T) if transposed else (scale, shift)
            if how == "by class":
                normalised = torch.empty_like(x)
                for label in labels.unique():
                    normalised[labels == label] = self.normalise(x[labels == label])
            else:
                normalised = self.normalise(x)
            if how == "first label":
                labels = labels[:1].expand(len(x))
            scale, shift = scale[labels][:, :, None, None], shift[labels][:, :, None, None]
            if how == "mean":
                scale, shift = scale.mean(0), shift.mean(0)
            if how == "shift first":
                return scale * (normalised + shift)
            return (1 + scale if how == "one more" else scale) * normalised + (0 if how == "no shift" else shift)

    return Other


MISTAKES = (
    mistake(variant(affine=True), "The BatchNorm2d has a γ and a β of its own, too: affine=False."),
    mistake(variant(gamma=0.0), "γ starts from 1; from 0 every map is erased, and so is its gradient."),
    mistake(variant(beta=1.0), "β starts from 0."),
    mistake(variant(swapped=True), "Your tables are there, but in the order β, γ; asked is γ first."),
    mistake(variant(transposed=True), "The tables are (channels, classes); asked is a row for each class: (classes, channels)."),
    mistake(variant(how="by class"), "You normalise each class by itself. μ and σ are those of the whole batch; only γ and β belong to the class."),
    mistake(variant(how="first label"), "All images get γ and β of the first label in the batch."),
    mistake(variant(how="mean"), "γ and β are averaged over the batch: each image has its own."),
    mistake(variant(how="shift first"), "β is added after the multiplication, not before."),
    mistake(variant(how="one more"), "γ multiplies; there is no 1 added to it, for it starts from 1."),
    mistake(variant(how="no shift"), "β is never added."),
    mistake(variant(norm=nn.InstanceNorm2d), "That normalises each image by itself (instance norm); batch normalisation takes μ and σ over the batch."),
)  # fmt: skip


def layer(answer, channels, classes, case, random=True):
    """The answer's layer; its tables filled from the case."""
    built = answer(channels, classes).to(case.device)
    tables = list(built.parameters())
    if random:
        with torch.no_grad():
            for table in tables:
                table.copy_(1 + case.randn(*table.shape))
    return built


@property_test("parameters", points=1)
def two_tables(answer, case):
    built = layer(answer, 3, 5, case, random=False)
    shapes = [tuple(p.shape) for p in built.parameters()]
    expect(
        shapes == [(5, 3), (5, 3)],
        expected="parameters of shapes [(5, 3), (5, 3)]",
        got=shapes,
        input="ConditionalNorm(channels=3, classes=5)",
    )
    gamma, beta = built.parameters()
    expect_close(gamma.detach(), torch.ones(5, 3), tol=0, input="γ at the start")
    expect_close(beta.detach(), torch.zeros(5, 3), tol=0, input="β at the start")


@property_test("at the start", points=1)
def plain_at_first(answer, case):
    x, labels = 3 + 2 * case.randn(6, 4, 5, 5), torch.tensor([0, 1, 2, 0, 1, 2], device=case.device)
    x = x + 4 * labels[:, None, None, None]
    got = layer(answer, 4, 3, case, random=False)(x, labels)
    expect_shape(got, (6, 4, 5, 5))
    expect_close(
        got.mean(dim=(0, 2, 3)).detach(), torch.zeros(4), tol=1e-4, input="the mean of each channel over the batch, γ = 1 and β = 0"
    )
    spread = got[labels == 0].mean().item()
    given = "images of class 0 that are darker than the others; their mean after normalising"
    expect(spread < -0.3, expected="they stay darker", got=spread, input=given)


@property_test("its own class", points=3)
def own_class(answer, case):
    built = layer(answer, 2, 3, case)
    x = case.randn(4, 2, 3, 3)
    one, other = (built(x, torch.tensor(labels, device=case.device)) for labels in ([0, 1, 2, 1], [0, 1, 0, 1]))
    expect_shape(one, (4, 2, 3, 3))
    moved = (one - other).abs().amax(dim=(1, 2, 3)) > 1e-4
    given = "labels (0, 1, 2, 1) and (0, 1, 0, 1): which of the four images change"
    expect(moved.tolist() == [False, False, True, False], expected="[False, False, True, False]", got=moved.tolist(), input=given)


@property_test("running averages", points=1)
def eval_mode(answer, case):
    built = layer(answer, 2, 3, case)
    labels = torch.tensor([0, 1, 2, 1], device=case.device)
    for _ in range(3):
        built(2 + case.randn(4, 2, 3, 3), labels)
    built.eval()
    x = case.randn(4, 2, 3, 3)
    alone, among = built(x[:1], labels[:1]), built(x, labels)[:1]
    expect_close(alone.detach(), among.detach(), tol=1e-5, input="in eval mode, an image alone and among others")


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    mine, right = answer(5, 4).to(case.device), ConditionalNorm(5, 4).to(case.device)
    tables = list(mine.parameters())
    expect(len(tables) == 2 and all(p.shape == (4, 5) for p in tables), expected="two tables (4, 5)", got=[tuple(p.shape) for p in tables])
    with torch.no_grad():
        for table, wanted in zip(tables, right.parameters(), strict=True):
            wanted.copy_(1 + 0.5 * case.randn(4, 5))
            table.copy_(wanted)
    x, labels = 1 + 2 * case.randn(7, 5, 4, 4), torch.tensor([3, 0, 1, 1, 2, 3, 0], device=case.device)
    expect_close(mine(x, labels).detach(), right(x, labels).detach(), tol=1e-4, input="seven images, γ and β the same in both")
    expect_close(mine.eval()(x, labels).detach(), right.eval()(x, labels).detach(), tol=1e-4, input="the same in eval mode")
