"""02.1 implement: the generator's loss, from logits."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_lib.check.authoring import expect_close, expect_shape, expect_type, mistake, property_test

TITLE = "The generator's loss"
KIND = "implement"
NOTEBOOK = "02_gan_theory"
MINUTES = 5
DIFFICULTY = 1
POINTS = 6

HINTS = (
    "G wants its samples taken for real. Which label do they get in *G's* loss, and what is the loss where D is fooled completely?",
    "-E log D(G(z)), from logits of shape (N,) to one number. D = sigmoid(logit), and -log sigmoid(t) = log(1 + exp(-t)).",
    """
    turn the sign of every logit
    apply softplus, log(1 + exp(t)), which is exact for a t of any size
    take the mean over the batch
    """,
)


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-E log D(G(z)) from D's logits."""
    return softplus(-fake_logits).mean()


reference = generator_loss
MISTAKES = (
    mistake(
        lambda t: softplus(t).mean(),
        "That is the loss against the label *fake*: this G would be trained to be caught. G wants D to say real.",
    ),
    mistake(lambda t: -softplus(t).mean(), "That is the saturating loss, E log(1 - D(G(z))), of section 5. Asked is -E log D(G(z))."),
    mistake(lambda t: -softplus(-t).mean(), "The sign is turned: minimising this makes D surer that the samples are fake."),
    mistake(
        lambda t: softplus(-torch.sigmoid(t)).mean(),
        "The sigmoid is applied twice, once by you and once inside the log-sigmoid. Give the logits as they are.",
    ),
    mistake(lambda t: softplus(-t).sum(), "The mean over the batch is asked for, not the sum."),
    mistake(lambda t: softplus(-t), "One number for the batch is asked for; take the mean."),
    mistake(
        lambda t: -torch.log(torch.sigmoid(t)).mean(),
        "Right on paper. But the sigmoid of a very negative logit is 0 and its logarithm infinite: use softplus or logsigmoid.",
    ),
    mistake(
        lambda t: -torch.log(torch.sigmoid(t) + 1e-8).mean(),
        "The small number under the logarithm caps the loss, and where it acts the gradient is gone: use softplus.",
    ),
)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(case.randn(4)), Tensor)


@property_test("shape")
def one_number(answer, case):
    expect_shape(answer(case.randn(4)), ())


@property_test("at logit 1", points=2)
def golden(answer, case):
    expect_close(answer(torch.ones(4, device=case.device)), 0.31326, tol=1e-4, input="four logits of 1")


@property_test("any size of logit", points=1)
def does_not_overflow(answer, case):
    expect_close(answer(torch.full((2,), -200.0, device=case.device)), 200.0, tol=1e-3, input="two logits of -200: D is very sure")


@property_test("gradient", points=2)
def pulls_the_logits_up(answer, case):
    logits = torch.tensor([0.0, -200.0], device=case.device, requires_grad=True)
    (gradient,) = torch.autograd.grad(answer(logits), logits)
    expect_close(gradient, torch.tensor([-0.25, -0.5]), tol=1e-4, input="the gradient at the logits 0 and -200")


@property_test("against the reference", points=1)
def agrees_with_the_reference(answer, case):
    logits = 5 * case.randn(64)
    expect_close(answer(logits), float(generator_loss(logits)), tol=1e-4)
