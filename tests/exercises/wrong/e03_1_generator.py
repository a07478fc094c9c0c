"""Answers to 03.1 that must be rejected: what the message must say -> the answer."""

from torch import nn

from course_lib.check.exercises.e03_1_generator import Leaky, variant


class NoReshape(nn.Module):
    """z goes into the first layer as it is."""

    def __init__(self, latent_dim=64, features=32):
        super().__init__()
        self.layer = nn.Linear(latent_dim, 28 * 28)

    def forward(self, z):
        return self.layer(z).tanh()


WRONG = {
    "the step from 4 to 7": variant(kernels=(4, 4, 4, 4)),
    "is subtracted again at once": variant(bias=True),
    "Batch normalisation at the output": variant(norm_at_output=True),
    "A sigmoid gives [0, 1]": variant(last=nn.Sigmoid),
    "Nothing bounds the output": variant(last=nn.Identity),
    "PyTorch's own initial weights": variant(spread=0),
    "0.02 for the variance": variant(spread=0.02**0.5),
    "would erase the maps": variant(scale=0.0),
    "exactly 1 here": variant(scale=None),
    "LeakyReLU is D's activation": variant(hidden=Leaky),
    "shape (3, 784)": NoReshape,
}
