"""The feature network and the judge."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from course_lib.models import FeatureClassifier, JudgeClassifier


@pytest.mark.parametrize("network", [FeatureClassifier, JudgeClassifier])
def test_it_fits_eight_images_and_the_gradient_reaches_every_parameter(network, generator):
    torch.manual_seed(0)
    net = network()
    x, y = torch.rand(8, 1, 28, 28, generator=generator), torch.arange(8)
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    for step in range(60):
        loss = cross_entropy(net(x), y)
        optimiser.zero_grad()
        loss.backward()
        if step == 0:
            assert all(p.grad.abs().sum() > 0 for p in net.parameters())
        optimiser.step()
    assert (net.train()(x).argmax(1) == y).float().mean() >= 0.75
    assert loss.item() < 1


@pytest.mark.parametrize("network", [FeatureClassifier, JudgeClassifier])
def test_in_eval_mode_an_image_is_judged_alone(network, generator):
    net = network().eval()
    x = torch.rand(5, 1, 28, 28, generator=generator)
    assert torch.allclose(net(x)[:1], net(x[:1]), atol=1e-5)


def test_features_are_the_input_of_the_last_layer(generator):
    net = FeatureClassifier().eval()
    x = torch.rand(3, 1, 28, 28, generator=generator)
    features = net.features(x)
    assert features.shape == (3, 64)
    assert features.min() >= 0
    assert torch.equal(net.head(features), net(x))
