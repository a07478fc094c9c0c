"""06.3 repair: a U-Net whose decoder sees its own map twice, and the encoder's never."""

import torch
from torch import Tensor, nn

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_shape, mistake, property_test

TITLE = "Repair the skips"
KIND = "repair"
NOTEBOOK = "06_image_to_image"
MINUTES = 12
DIFFICULTY = 2
POINTS = 10

HINTS = (
    "Let the innermost layer of the encoder return zeros, and change the image. Does the output change? By which way could it?",
    "With three levels of maps e₁, e₂, e₃ = code, d₁ = up₁(e₃), d₂ = up₂([d₁, e₂]), x̂ = up₃([d₂, e₁]): the last map that was kept is needed first. "
    "[·, ·] doubles the channels, and so does [d₁, d₁]; shapes say nothing here.",
    """
    keep every map of the encoder; the innermost one only goes on
    for each further layer of the decoder:
        take the deepest map that is left, which has the resolution of the decoder's own
        lay the two side by side, the decoder's own first
    """,
)


def broken(down, up, c):
    """What is handed out: the decoder's own map beside itself."""
    x, maps = c, []
    for layer in down:
        x = layer(x)
        maps.append(x)
    x = up[0](x)
    for layer in up[1:]:
        x = layer(torch.cat([x, x], dim=1))
    return x


def unet_forward(down: list[nn.Module], up: list[nn.Module], c: Tensor) -> Tensor:
    """c through the encoder and the decoder, whose layers get the encoder's map of their resolution beside their own."""
    x, maps = c, []
    for layer in down:
        x = layer(x)
        maps.append(x)
    maps.pop()
    x = up[0](x)
    for layer in up[1:]:
        x = layer(torch.cat([x, maps.pop()], dim=1))
    return x


reference = unet_forward


def joined(join, keep=lambda x: x):
    """The U-Net with another way to bring the decoder's map and the encoder's together: join(own, skip, is it the last layer?)."""

    def forward(down, up, c):
        x, maps = c, []
        for layer in down:
            x = layer(x)
            maps.append(keep(x))
        x = up[0](x)
        for layer, skip in zip(up[1:], maps[-2::-1], strict=True):
            x = layer(join(x, skip, layer is up[-1]))
        return x

    return forward


def side_by_side(*maps):
    return torch.cat(maps, dim=1)


encoder_first = joined(lambda x, skip, last: side_by_side(skip, x))
only_the_outermost = joined(lambda x, skip, last: side_by_side(x, skip if last else x))
only_the_inner = joined(lambda x, skip, last: side_by_side(x, x if last else skip))
zeros_beside = joined(lambda x, skip, last: side_by_side(x, torch.zeros_like(x)))
skip_twice = joined(lambda x, skip, last: side_by_side(skip, skip))
added = joined(lambda x, skip, last: side_by_side(x + skip, x + skip))
without_gradient = joined(lambda x, skip, last: side_by_side(x, skip), keep=torch.Tensor.detach)
averaged = joined(lambda x, skip, last: side_by_side(x, (x + skip) / 2))


def from_the_outside(down, up, c):
    x, maps = c, []
    for layer in down:
        x = layer(x)
        maps.append(x)
    x = up[0](x)
    for layer, skip in zip(up[1:], maps, strict=False):
        x = layer(torch.cat([x, skip], dim=1))
    return x


MISTAKES = (
    mistake(encoder_first, "Both maps are there. But the decoder's own comes first: a layer trained for the one order is lost in the other."),
    mistake(only_the_outermost, "The outermost skip is right. The layers further in still get their own map twice."),
    mistake(only_the_inner, "The inner skips are right. The last layer, which needs the finest map most, still gets its own twice."),
    mistake(without_gradient, "The values are right. But the encoder's maps were cut from the graph: through the skips nothing is learned."),
    mistake(zeros_beside, "Zeros beside the map are no skip: the encoder's maps were kept, and are not used."),
    mistake(skip_twice, "Now the encoder's map comes twice, and what the decoder made of the code is thrown away."),
    mistake(added, "You add the two maps, as a residual block does. A U-Net lays them side by side, and the next layer decides what to do with them."),
    mistake(averaged, "Half of the decoder's map is mixed into the skip; the encoder's map goes in as it is."),
)  # fmt: skip


class Recorder(nn.Module):
    """A layer that writes down what it is given."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer, self.given = layer, []

    def forward(self, x: Tensor) -> Tensor:
        self.given.append(x.detach().clone())
        return self.layer(x)


class Blocked(nn.Module):
    """A layer that lets nothing through: zeros of the right shape."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return 0 * self.layer(x)


def layers(case, depth=3, channels=3, width=2):
    """Encoder and decoder with random weights: strided convolutions, widths 2, 4, 8 …"""
    widths = [channels, *(width * 2**level for level in range(depth))]
    down = [nn.Conv2d(before, after, 4, 2, 1) for before, after in zip(widths[:-1], widths[1:], strict=True)]
    inputs = [widths[-1], *(2 * each for each in widths[-2:0:-1])]
    up = [nn.ConvTranspose2d(before, after, 4, 2, 1) for before, after in zip(inputs, widths[-2::-1], strict=True)]
    with torch.no_grad():
        for parameter in nn.ModuleList(down + up).parameters():
            parameter.copy_(0.3 * case.randn(*parameter.shape))
    return ([layer.to(case.device) for layer in each] for each in (down, up))


@property_test("shape")
def image_to_image(answer, case):
    down, up = layers(case)
    expect_shape(answer(down, up, case.rand(2, 3, 8, 16)), (2, 3, 8, 16))


@property_test("nothing through the code", points=3)
def code_blocked(answer, case):
    down, up = layers(case)
    down[-1] = Blocked(down[-1])
    c = case.rand(1, 3, 8, 8)
    outputs = [answer(down, up, image) for image in (c, 1 - c)]
    for output in outputs:
        expect_shape(output, (1, 3, 8, 8))
    change = (outputs[1] - outputs[0]).abs().max().item()
    given = "down[-1] returns zeros; c and its negative: the largest change of the output"
    cause = "All that the decoder gets comes through the code. With skips, the encoder's other maps reach it by ways of their own."
    expect(change > 1e-4, expected="more than 0", got=change, input=given, cause=cause)


def expect_beside(answer, case, place, name):
    """Decoder layer `place` (from the end) gets its predecessor's map first and the encoder's of the same resolution after it."""
    down, up = layers(case)
    c = case.rand(1, 3, 8, 8)
    maps = [c]
    for layer in down:
        maps.append(layer(maps[-1]).detach())
    up = [Recorder(layer) for layer in up]
    expect_shape(answer(down, up, c), (1, 3, 8, 8))
    layer, before = up[place], up[place - 1]
    expect(
        len(layer.given) == 1, expected=f"up[{place}] used once", got=f"used {len(layer.given)} times", input=f"three levels, up[{place}]"
    )
    own = before.layer(before.given[0]).detach()
    half = own.shape[1]
    given = f"three levels; what up[{place}], {name}, is given: "
    expect_shape(layer.given[0], (1, 2 * half, *own.shape[2:]), input=given)
    expect_close(
        layer.given[0][:, :half], own, tol=1e-5, input=given + "the first half of its channels, next to what the layer before made"
    )
    expect_close(
        layer.given[0][:, half:],
        maps[-place],
        tol=1e-5,
        input=given + "the second half of its channels, next to the encoder's map of that resolution",
    )


@property_test("the outermost skip", points=2)
def outermost(answer, case):
    expect_beside(answer, case, -1, "the last one")


@property_test("the inner skip", points=2)
def inner(answer, case):
    expect_beside(answer, case, -2, "the last but one")


@property_test("what the skips teach", points=1)
def gradient_through_the_skips(answer, case):
    down, up = layers(case)
    down[-1] = Blocked(down[-1])
    expect_gradient(
        answer(down, up, case.rand(1, 3, 8, 8)),
        reaches={"down[0]": down[0], "down[1]": down[1]},
        input="down[-1] returns zeros, three levels",
    )


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    for depth in (3, 4):
        down, up = layers(case, depth)
        c = case.randn(2, 3, 16, 16)
        expect_close(answer(down, up, c).detach(), unet_forward(down, up, c).detach(), tol=1e-4, input=f"{depth} levels, random weights")
