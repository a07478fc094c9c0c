"""The numbers that exercise 07.9 asks for are measured, not remembered: the notebook's small VAE is trained anew."""

import pytest
import torch

from course_lib import data, models, train
from course_lib.check.exercises import e07_9_binarised as exercise
from course_lib.check.exercises.e07_4_elbo_terms import elbo_terms


def small_vae(steps=2000, learning_rate=3e-3):
    images = data.digits("glyphs").images
    torch.manual_seed(0)
    model = models.MLPVAE(latent_dim=50, mean_image=images.mean(0))
    source, batches = torch.Generator().manual_seed(0), train.Batches(images, batch_size=50, seed=0)
    optimiser = torch.optim.Adam(model.parameters(), learning_rate)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = learning_rate * (1 - step / steps)
        distortion, rate = elbo_terms(model, torch.bernoulli(next(batches), generator=source), source)
        optimiser.zero_grad()
        (distortion + rate.sum(1)).mean().backward()
        optimiser.step()
    return model


def test_the_three_numbers():
    model, x = small_vae(), exercise.grey_images()
    ways = {"drawn": lambda g: torch.bernoulli(x, generator=g), "threshold": lambda g: (x > 0.5).float(), "grey": lambda g: x}
    for way, prepare in ways.items():
        source = torch.Generator().manual_seed(0)
        with torch.no_grad():
            distortion, rate = elbo_terms(model, prepare(source), source)
        assert (distortion + rate.sum(1)).mean().item() == pytest.approx(exercise.MEASURED[way], abs=1.5), way
        assert rate.sum(1).mean().item() == pytest.approx(exercise.RATE, abs=2), way
    assert exercise.MEASURED["drawn"] > exercise.floor() + 20
