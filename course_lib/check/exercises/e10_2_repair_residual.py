"""10.2 repair: a residual network that learns one sign and is used with the other."""

from torch import Tensor, nn

from course_lib.check.authoring import expect, expect_close, expect_shape, mistake, property_test

TITLE = "Repair the residual"
KIND = "repair"
NOTEBOOK = "10_cnn_denoisers"
MINUTES = 8
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Suppose that the body is perfect: it returns exactly the noise n = y - x. What must the loss be, and what must forward return?",
    "n̂ = body(y) is the guess of n = y - x, all of shape (n, c, h, w). The loss is E (n̂ - n)², and x̂ = y - n̂: so the loss is also E (x̂ - x)².",
    """
    make a body that returns a fixed tensor n, and y = x plus that tensor
    the loss of it must be 0; what it returns must be x
    one of the two fails: look what the body is compared with
    """,
)


class broken(nn.Module):  # noqa: N801 - the engine's name for what is handed out
    """What is handed out: the target is x - y, the noise with the other sign."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def loss(self, y, x):
        return (self.body(y) - (x - y)).square().mean()

    def forward(self, y):
        return y - self.body(y)


class ResidualDenoiser(nn.Module):
    """A body that guesses the noise; the estimate is what is left."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def loss(self, y: Tensor, x: Tensor) -> Tensor:
        return (self.body(y) - (y - x)).square().mean()

    def forward(self, y: Tensor) -> Tensor:
        return y - self.body(y)


reference = ResidualDenoiser


def variant(target=lambda y, x: y - x, use=lambda y, n: y - n, size=lambda e: e.square().mean()):
    """The denoiser with one thing done otherwise."""

    class Other(nn.Module):
        def __init__(self, body):
            super().__init__()
            self.body = body

        def loss(self, y, x):
            return size(self.body(y) - target(y, x))

        def forward(self, y):
            return use(y, self.body(y))

    return Other


MISTAKES = (
    mistake(
        variant(lambda y, x: x - y, lambda y, n: y + n),
        "Loss and use agree now, and it would work. But the body learns minus the noise; it is to guess the noise n = y - x.",
    ),
    mistake(variant(use=lambda y, n: y + n), "The loss is right now, but forward adds the noise instead of taking it away."),
    mistake(variant(lambda y, x: x), "The body is compared with the clean image; forward then subtracts an image from the image."),
    mistake(
        variant(lambda y, x: x, lambda y, n: n), "That is a network without residual learning: it guesses x itself. Here the body is to guess n."
    ),
    mistake(variant(use=lambda y, n: n), "forward returns the noise; the image is what is left after subtracting it."),
    mistake(variant(size=lambda e: e.square().sum()), "The sum of the squares instead of their mean: the loss would grow with patch and batch."),
    mistake(variant(size=lambda e: e.abs().mean()), "That is the mean absolute error; the loss is the mean of the squares."),
    mistake(variant(use=lambda y, n: (y - n).clamp(0, 1)), "forward clips. The loss does not, and the last rounding belongs to the file, not to the network."),
    mistake(variant(lambda y, x: y), "The body is compared with the noisy image: that teaches it the identity, and what is left is nothing."),
)  # fmt: skip


class Knows(nn.Module):
    """A perfect body: it returns the noise that it was given."""

    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, y):
        return self.n


@property_test("shape")
def image_to_image(answer, case):
    expect_shape(answer(nn.Conv2d(1, 1, 3, padding=1).to(case.device))(case.rand(2, 1, 5, 6)), (2, 1, 5, 6))


@property_test("a body that knows the noise: the loss", points=2)
def nothing_to_learn(answer, case):
    x, n = 0.4 + 0.2 * case.rand(2, 1, 4, 4), 0.1 * case.randn(2, 1, 4, 4)
    expect_close(answer(Knows(n)).loss(x + n, x), 0.0, tol=1e-6, input="a body that returns exactly n = y - x; the loss")


@property_test("a body that knows the noise: the estimate", points=2)
def nothing_left(answer, case):
    x, n = 0.4 + 0.2 * case.rand(2, 1, 4, 4), 0.1 * case.randn(2, 1, 4, 4)
    expect_close(answer(Knows(n))(x + n), x, tol=1e-6, input="a body that returns exactly n = y - x; what forward makes of y = x + n")


@property_test("the loss is the error of the estimate", points=2)
def loss_and_use_agree(answer, case):
    body = nn.Conv2d(1, 1, 3, padding=1).to(case.device)
    y, x = 3 * case.randn(2, 1, 6, 6), case.rand(2, 1, 6, 6)
    net = answer(body)
    got, error = net.loss(y, x), (net(y) - x).square().mean()
    expect(isinstance(got, Tensor) and got.ndim == 0, expected="one number", got=got)
    expect_close((got - error).item(), 0.0, tol=1e-4, input="any body: the loss minus the mean squared error of what forward returns")


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    body = nn.Conv2d(3, 3, 3, padding=1).to(case.device)
    y, x = 2 * case.randn(2, 3, 6, 6), case.rand(2, 3, 6, 6)
    expect_close(answer(body)(y), ResidualDenoiser(body)(y), tol=1e-5)
    got, expected = answer(body).loss(y, x), ResidualDenoiser(body).loss(y, x)
    expect(isinstance(got, Tensor), expected="a tensor", got=got)
    expect_close(got.item(), expected.item(), tol=1e-4)
