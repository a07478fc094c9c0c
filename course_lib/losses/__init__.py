"""What networks minimise: adversarial losses, penalties on the discriminator, augmentation inside the game."""

from course_lib.losses.adversarial import (
    HINGE,
    LSGAN,
    MINIMAX,
    NON_SATURATING,
    WASSERSTEIN,
    GanLoss,
    hinge_discriminator,
    lsgan_discriminator,
    lsgan_generator,
    minimax_discriminator,
    minimax_generator,
    non_saturating_generator,
    wasserstein_discriminator,
    wasserstein_generator,
)
from course_lib.losses.augment import diff_augment
from course_lib.losses.penalties import clip_weights, input_gradient, r1, wgan_gp
from course_lib.losses.theory import generator_criterion, jensen_shannon, kl_divergence, optimal_discriminator, value

__all__ = [
    "HINGE",
    "LSGAN",
    "MINIMAX",
    "NON_SATURATING",
    "WASSERSTEIN",
    "GanLoss",
    "clip_weights",
    "diff_augment",
    "generator_criterion",
    "hinge_discriminator",
    "input_gradient",
    "jensen_shannon",
    "kl_divergence",
    "lsgan_discriminator",
    "lsgan_generator",
    "minimax_discriminator",
    "minimax_generator",
    "non_saturating_generator",
    "optimal_discriminator",
    "r1",
    "value",
    "wasserstein_discriminator",
    "wasserstein_generator",
    "wgan_gp",
]
