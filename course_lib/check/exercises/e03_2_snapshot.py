"""03.2 repair: looking at G's samples must not change the training."""

import torch
from torch import Tensor, nn

from course_lib.check.authoring import expect, expect_close, expect_range, expect_shape, mistake, property_test

TITLE = "Repair the snapshot"
KIND = "repair"
NOTEBOOK = "03_dcgan"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Write down G's mode, its running statistics and whether the result carries a graph, before and after a snapshot. What has changed?",
    "G.training is True or False and must be the same afterwards; G.train takes either as its argument. The images are wanted without a graph.",
    """
    remember the mode
    eval mode, no gradients, images across the border to [0, 1]
    put the remembered mode back
    """,
)


def broken(G, z):
    """What is handed out: G stays in eval mode, and the graph is kept."""
    G.eval()
    return (G(z) + 1) / 2


def snapshot(G, z: Tensor) -> Tensor:
    """G's images in [0, 1] for given latents; G is left as it was found."""
    mode = G.training
    G.eval()
    with torch.no_grad():
        images = (G(z) + 1) / 2
    G.train(mode)
    return images


reference = snapshot


def always_train(G, z):
    G.eval()
    with torch.no_grad():
        images = (G(z) + 1) / 2
    G.train()
    return images


def in_training_mode(G, z):
    with torch.no_grad():
        return (G(z) + 1) / 2


def with_graph(G, z):
    mode = G.training
    G.eval()
    images = (G(z) + 1) / 2
    G.train(mode)
    return images


def without_graph_only(G, z):
    G.eval()
    with torch.no_grad():
        return (G(z) + 1) / 2


def not_moved(G, z):
    mode = G.training
    G.eval()
    with torch.no_grad():
        images = G(z)
    G.train(mode)
    return images


def clamped(G, z):
    return not_moved(G, z).clamp(0, 1)


MISTAKES = (
    mistake(
        always_train, "G.train() in any case: a G that was in eval mode, such as an average of weights, is in training mode afterwards."
    ),
    mistake(
        in_training_mode, "Without eval mode the images depend on their batch-mates, and looking at them moves G's running statistics."
    ),
    mistake(with_graph, "The mode is right; but every snapshot keeps the graph that made it, and the memory grows: torch.no_grad()."),
    mistake(
        without_graph_only, "The graph is gone; but G stays in eval mode, and trains on with running statistics instead of the batch's."
    ),
    mistake(not_moved, "These are G's own values in [-1, 1]. Pictures are in [0, 1]: add 1, halve."),
    mistake(clamped, "Clamping makes all of [-1, 0] black. The border is crossed by adding 1 and halving."),
)


class Drawer(nn.Module):
    """A small G with batch normalisation, whose statistics are not those of its next batch."""

    def __init__(self, case):
        super().__init__()
        self.layers = nn.Sequential(nn.ConvTranspose2d(3, 4, 4, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 3), nn.Tanh())
        for parameter in self.parameters():
            parameter.data = 0.8 * case.randn(*parameter.shape)
        last = self.layers[3]
        last.weight.data -= last.weight.data.mean()  # as many pixels below 0 as above
        last.bias.data.zero_()
        self.to(case.device)
        with torch.no_grad():
            self(2 * case.randn(20, 3) + 1)

    def forward(self, z):
        return self.layers(z[:, :, None, None])


@property_test("range", points=1)
def in_zero_to_one(answer, case):
    G = Drawer(case)
    got = answer(G, case.randn(32, 3))
    expect_range(got, 0, 1)
    black = (got == 0).float().mean().item()
    expect(black < 0.1, expected="hardly any pixel of exactly 0", got=black, input="the share of pixels that are exactly 0")


@property_test("G's mode", points=2)
def mode_is_kept(answer, case):
    for mode in (True, False):
        G = Drawer(case).train(mode)
        expect_shape(answer(G, case.randn(4, 3)), (4, 1, 2, 2))
        expect(G.training is mode and G.layers.training is mode, expected=f"G.training is {mode}", got=f"G.training is {G.training}",
               input=f"a G whose mode was G.train({mode})")  # fmt: skip


@property_test("G's state", points=2)
def state_is_kept(answer, case):
    G = Drawer(case)
    before = {key: value.clone() for key, value in G.state_dict().items()}
    got = answer(G, case.randn(4, 3))
    expect_shape(got, (4, 1, 2, 2))
    changed = [key for key, value in G.state_dict().items() if not torch.equal(value, before[key])]
    expect(not changed, expected="weights and running statistics to be the same bits as before", got=f"changed: {', '.join(changed)}")


@property_test("no graph", points=1)
def no_graph(answer, case):
    got = answer(Drawer(case), case.randn(4, 3))
    expect_shape(got, (4, 1, 2, 2))
    expect(not got.requires_grad, expected="images without a graph", got="images that still know how G made them")
    expect(got.max() > got.min(), expected="images that are not all the same", got=got)


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    G = Drawer(case)
    z = case.randn(5, 3)
    expected = snapshot(G, z)
    expect_close(answer(G, z), expected, tol=1e-5)
