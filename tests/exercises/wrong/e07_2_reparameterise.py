"""Answers to 07.2 that must be rejected: what the message must say -> the answer."""

import torch

from course_lib.check.exercises import e07_2_reparameterise as exercise
from course_lib.check.exercises.e07_2_reparameterise import noise

WRONG = {
    "multiplies by the variance": lambda mu, logvar, generator: mu + noise(mu, generator) * logvar.exp(),
    "is a logarithm": lambda mu, logvar, generator: mu + noise(mu, generator) * logvar,
    "the mean, not a sample": lambda mu, logvar, generator: mu,
    "One noise for the whole batch": exercise.one_noise_for_all,
    "is cut off from mu": exercise.without_gradient,
    "reaches mu but not logvar": exercise.std_without_gradient,
    "uniform on [0, 1)": exercise.uniform,
    "does not come from the generator": exercise.own_noise,
    "a large variance must": lambda mu, logvar, generator: mu + noise(mu, generator) * torch.exp(-logvar / 2),
}
