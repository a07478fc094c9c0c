"""The label reaches encoder and decoder, and the bound learns p(x|label)."""

import pytest
import torch

from course_lib.losses import elbo, iwae_bound
from course_lib.metrics import active_units, negative_log_likelihood
from course_lib.models import ConditionalVAE


@pytest.fixture
def model():
    torch.manual_seed(0)
    return ConditionalVAE(classes=3, latent_dim=4, features=2, hidden=8)


def test_the_label_reaches_both_networks(model, generator):
    x, z = torch.rand(2, 1, 28, 28, generator=generator).round(), torch.randn(2, 4, generator=generator)
    a, b = torch.tensor([0, 0]), torch.tensor([0, 2])
    assert torch.equal(model.encode(x, a)[0][0], model.encode(x, b)[0][0])
    assert not torch.equal(model.encode(x, a)[0][1], model.encode(x, b)[0][1])
    assert torch.equal(model.decode(z, a)[0], model.decode(z, b)[0])
    assert not torch.equal(model.decode(z, a)[1], model.decode(z, b)[1])


def test_several_z_for_each_image_keep_their_labels(model, generator):
    z, labels = torch.randn(5, 2, 4, generator=generator), torch.tensor([1, 2])
    assert torch.allclose(model.decode(z, labels)[3], model.decode(z[3], labels), atol=1e-6)


def test_samples_are_of_the_labels_asked_for(model):
    labels = torch.arange(600) % 3
    samples = model.sample(labels, torch.Generator().manual_seed(1))
    z = torch.randn(600, 4, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(samples, model.mean(model.decode(z, labels)), atol=1e-6)


def test_bounds_take_labels(model, generator):
    x, labels = torch.rand(3, 1, 28, 28, generator=generator).round(), torch.tensor([2, 0, 1])
    value = elbo(model, x, labels=labels, generator=torch.Generator().manual_seed(0)).value
    out = model(x, labels, torch.Generator().manual_seed(0))
    by_hand = model.log_likelihood(x, out.parameters) - (out.mu**2 + out.logvar.exp() - 1 - out.logvar).sum(1) / 2
    assert torch.allclose(value, by_hand, rtol=1e-5)
    assert iwae_bound(model, x, 4, labels=labels).shape == (3,)
    nll = negative_log_likelihood(model, x, labels=labels, samples=20)
    assert nll.shape == (3,)
    assert active_units(model, x, labels=labels) <= 4


def test_it_learns_to_draw_the_class_asked_for():
    """Three images, one a class: whatever z is drawn, a sample is its label's image."""
    torch.manual_seed(0)
    labels = torch.arange(30) % 3
    x = torch.zeros(30, 1, 28, 28)
    for label in range(3):
        x[labels == label, :, 8 * label : 8 * label + 8] = 1
    model = ConditionalVAE(classes=3, latent_dim=4, features=4, hidden=16)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(150):
        value = elbo(model, x, labels=labels, beta=20.0).value  # z is dear: what the label can say, it does
        optimiser.zero_grad()
        (-value.mean()).backward()
        optimiser.step()
    samples = model.sample(labels, torch.Generator().manual_seed(0))
    assert (samples.round() == x).float().mean() > 0.98


@pytest.mark.bad_input
def test_labels_that_are_none(model):
    x = torch.zeros(2, 1, 28, 28)
    with pytest.raises(TypeError, match="labels must be an int64 tensor of class numbers, got torch.float32"):
        model.encode(x, torch.zeros(2))
    with pytest.raises(ValueError, match=r"one class for each of the 2 images, shape \(2,\); got shape \(3,\)"):
        model.encode(x, torch.tensor([0, 1, 2]))
    with pytest.raises(ValueError, match="labels must be from 0 to 2, got 0 to 3"):
        model.decode(torch.zeros(2, 4), torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="classes must be at least 1, got 0"):
        ConditionalVAE(classes=0)
