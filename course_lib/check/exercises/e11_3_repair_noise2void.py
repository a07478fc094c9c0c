"""11.3 repair: a Noise2Void step that teaches the identity."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, expect_gradient, expect_shape, expect_type, mistake, property_test

TITLE = "Repair the blind spot"
KIND = "repair"
NOTEBOOK = "11_learning_without_clean_images"
MINUTES = 10
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Which pixels may the loss look at? And among the places from which a hidden pixel's new value may come, is there one that must not be?",
    "Σ over hidden i of (f(blind)ᵢ − yᵢ)² divided by the number of hidden values; blindᵢ = y at i + (down, right) with (down, right) ≠ (0, 0).",
    """
    hand in a network that keeps what it is shown, and call it two hundred times with one generator: does a hidden pixel ever keep its value?
    hand in a network that returns zeros, and hide one pixel of known value: what must the loss be?
    draw the shift again while it is (0, 0), and average over the hidden pixels only (of all channels)
    """,
)


def shift(y, generator):
    return torch.randint(-2, 3, (2,), generator=generator, device=y.device).tolist()


def true_shift(y, generator):
    down, right = 0, 0
    while down == 0 and right == 0:
        down, right = shift(y, generator)
    return down, right


def step(network, y, mask, generator, draw=true_shift, loss=None, target=None):
    """A Noise2Void step with other draws, losses or targets."""
    blind = torch.where(mask, y.roll(tuple(draw(y, generator)), dims=(-2, -1)), y)
    error = (network(blind) - (blind if target == "blind" else y)).square()
    return hidden(error, mask) if loss is None else loss(error, mask)


def hidden(error, mask):
    return error[mask.expand_as(error)].mean()


def everywhere(error, mask):
    return error.mean()


def broken(network, y: Tensor, mask: Tensor, generator: torch.Generator) -> Tensor:
    """What is handed out: the shift may be none, and the loss looks at all pixels."""
    return step(network, y, mask, generator, shift, everywhere)


def noise2void_loss(network, y: Tensor, mask: Tensor, generator: torch.Generator) -> Tensor:
    """Both mended."""
    down, right = 0, 0
    while down == 0 and right == 0:
        down, right = torch.randint(-2, 3, (2,), generator=generator, device=y.device).tolist()
    neighbour = y.roll((down, right), dims=(-2, -1))
    blind = torch.where(mask, neighbour, y)
    error = (network(blind) - y).square()
    return error[mask.expand_as(y)].mean()


reference = noise2void_loss


def zeroed(network, y, mask, generator):
    blind = torch.where(mask, torch.zeros_like(y), y)
    return hidden((network(blind) - y).square(), mask)


def not_hidden(network, y, mask, generator):
    return hidden((network(y) - y).square(), mask)


def all_moved(network, y, mask, generator):
    return hidden((network(y.roll(true_shift(y, generator), dims=(-2, -1))) - y).square(), mask)


MISTAKES = (
    mistake(
        lambda n, y, m, g: step(n, y, m, g, true_shift, everywhere),
        "Hidden pixels are hidden now. But the loss still looks at all pixels, and most of them the network can see: it learns to pass them through.",
    ),
    mistake(
        lambda n, y, m, g: step(n, y, m, g, shift),
        "The loss looks at the hidden pixels now. But one draw in 25 shifts by (0, 0), and then nothing is hidden at all.",
    ),
    mistake(
        lambda n, y, m, g: step(n, y, m, g, loss=lambda e, m: hidden(e, ~m)),
        "The loss looks at the pixels that are *not* hidden: exactly the wrong ones.",
    ),
    mistake(
        lambda n, y, m, g: step(n, y, m, g, loss=lambda e, m: (e * m).mean()),
        "The sum is right, but you divide by the number of all pixels instead of the hidden ones: the loss depends on how many are hidden.",
    ),
    mistake(
        lambda n, y, m, g: step(n, y, m, g, loss=lambda e, m: (e * m).sum()),
        "You return the sum over the hidden pixels; the mean is wanted.",
    ),
    mistake(
        lambda n, y, m, g: step(n, y, m, g, loss=lambda e, m: (e * m).sum() / m.sum()),
        "The mask has one channel, the images may have three: you divide by a third of the hidden values.",
    ),
    mistake(
        lambda n, y, m, g: step(n, y, m, g, target="blind"),
        "The output is compared with the *blind* image. The network is to guess what was hidden: compare with y.",
    ),
    mistake(zeroed, "You set hidden pixels to 0. The network would learn to look for black dots, and meets none when it is used."),
    mistake(not_hidden, "The network is shown y itself: nothing is hidden."),
    mistake(all_moved, "You moved the whole image. Only the hidden pixels change; the others stay as they are."),
)


def image(case, *shape):
    """Values that are all different, so that a pixel can be recognised."""
    n = torch.Size(shape).numel()
    return (case.rand(n).argsort().float() + 1).reshape(shape) / n


def shown(answer, case, y, mask, calls=200):
    """What a network was shown in many calls."""
    seen, generator = [], case.generator()

    def network(blind):
        seen.append(blind.detach().clone())
        return blind * 0.5

    for _ in range(calls):
        answer(network, y, mask, generator)
    return torch.stack(seen)


def some(case, n, height, width):
    """A mask with at least one hidden pixel in each image, and one that is not."""
    mask = case.rand(n, 1, height, width) < 0.2
    mask[..., 2, 3], mask[..., 0, 0] = True, False
    return mask


@property_test("type and shape")
def gives_a_scalar(answer, case):
    got = answer(lambda blind: blind, image(case, 1, 1, 6, 6), some(case, 1, 6, 6), case.generator())
    expect_type(got, Tensor)
    expect_shape(got, ())


@property_test("a hidden pixel is hidden", points=2)
def never_shows_a_hidden_pixel(answer, case):
    y, mask = image(case, 1, 1, 9, 9), some(case, 1, 9, 9)
    kept = (shown(answer, case, y, mask)[:, mask] == y[mask]).any(dim=1).sum().item()
    expect(
        kept == 0,
        expected="hidden pixels that never show their own value, in 200 calls",
        got=kept,
        input="200 calls with a network that keeps what it is shown; counted are the calls in which a hidden pixel showed its own value",
        cause="Among the places from which the new value is taken is the pixel's own.",
    )


@property_test("the others stay", points=1)
def leaves_the_others(answer, case):
    y, mask = image(case, 2, 1, 9, 9), some(case, 2, 9, 9)
    seen = shown(answer, case, y, mask, calls=1)[0]
    expect_close(seen[~mask], y[~mask], tol=1e-6, input="the pixels that are not hidden, as the network was shown them")


@property_test("a value from nearby", points=1)
def takes_a_neighbour(answer, case):
    y, mask = image(case, 1, 1, 9, 9), torch.zeros(1, 1, 9, 9, dtype=torch.bool, device=case.device)
    mask[..., 4, 4] = True
    values = shown(answer, case, y, mask, calls=50)[:, 0, 0, 4, 4]
    far = [value.item() for value in values if not (y[..., 2:7, 2:7] == value).any()]
    expect(
        not far,
        expected="a value from at most two pixels away",
        got=far[0] if far else 0.0,
        input="one hidden pixel, in the middle of 9 × 9",
    )


@property_test("the loss, by hand", points=2)
def looks_at_the_hidden_ones(answer, case):
    y = torch.tensor([[[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]]], device=case.device)
    mask = y == y[0, 0, 0, 2]
    expect_close(
        answer(torch.zeros_like, y, mask, case.generator()),
        0.09,
        tol=1e-6,
        input="3 × 3 pixels, the one of value 0.3 hidden, a network that returns 0",
    )
    estimate = torch.zeros(1, 1, 3, 3, device=case.device, requires_grad=True)
    loss = answer(lambda blind: estimate, y, mask, case.generator())
    expect_gradient(loss, reaches={"the output": estimate})


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    y, mask = image(case, 2, 3, 8, 7), some(case, 2, 8, 7)
    estimate = case.rand(2, 3, 8, 7)

    def network(blind):
        return estimate + 0 * blind

    expected = noise2void_loss(network, y, mask, case.generator())
    expect_close(
        answer(network, y, mask, case.generator()), expected.item(), tol=1e-5, input="two colour images, and an output of random numbers"
    )
