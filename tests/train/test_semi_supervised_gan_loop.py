"""The loop in which labels teach D and not G: what each step changes, what each loss holds, exact resume."""

import copy

import pytest
import torch
from torch.nn.functional import cross_entropy, softplus

from course_lib import losses
from course_lib.models import DCGANGenerator, SemiSupervisedDiscriminator
from course_lib.train import Batches, SemiSupervisedGanTraining, checkpoint, semi_supervised_gan


def make(labels=None, **settings) -> SemiSupervisedGanTraining:
    torch.manual_seed(0)
    G, D = DCGANGenerator(28, latent_dim=4, features=2, channels=1), SemiSupervisedDiscriminator(classes=3, features=2)
    x = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
    labels = torch.arange(16) % 3 if labels is None else labels
    return semi_supervised_gan(G, D, Batches(x, labels, batch_size=8), **{"steps": 6, "ema_decay": 0.9} | settings)


def weights(net) -> dict:
    return copy.deepcopy(dict(net.state_dict()))


def same(a: dict, b: dict) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("penalty", [None, losses.r1(0.5)], ids=["no penalty", "r1"])
@pytest.mark.parametrize("loss", ["MINIMAX", "NON_SATURATING", "LSGAN", "HINGE", "WASSERSTEIN"])
def test_each_step_changes_one_player(loss, penalty):
    training = make(loss=getattr(losses, loss), penalty=penalty)
    G, D = weights(training.G), weights(training.D)
    training.step_discriminator()
    assert same(G, training.G.state_dict())
    assert all(not torch.equal(D[name], p) for name, p in training.D.named_parameters())
    D = weights(training.D)
    training.step_generator()
    assert same(D, training.D.state_dict())
    assert all(not torch.equal(G[name], p) for name, p in training.G.named_parameters())


def test_the_losses_are_their_formulas():
    """D: both sides of the game and the cross entropy of the real half, to 1e-6; G: its side alone."""
    training = make()
    x, labels = next(copy.deepcopy(training.batches))
    fake = training.generate(labels).detach()
    with torch.no_grad():
        expected = softplus(-training.D(x)).mean() + softplus(training.D(fake)).mean()
        classified = cross_entropy(training.D.class_logits(x), labels)
    loss, real_logit, _ = training.step_discriminator(x, fake, (labels,))
    assert classified > 0.5
    assert loss.item() == pytest.approx((expected + classified).item(), rel=1e-6)
    with torch.no_grad():
        expected = softplus(-training.D(fake)).mean()
    assert training.step_generator(fake.requires_grad_(), (labels,)).item() == pytest.approx(expected.item(), rel=1e-6)


def test_labels_teach_d_and_not_g():
    """With other labels D's step is another one; G's step against one and the same D is not."""
    one, other = make(), make(labels=(torch.arange(16) + 1) % 3)
    for training in (one, other):
        training.step_generator()
    assert same(one.G.state_dict(), other.G.state_dict())
    for training in (one, other):
        training.step_discriminator()
    assert not torch.equal(one.D.classifier.weight, other.D.classifier.weight)


def test_d_learns_the_classes():
    """Images of three grey levels, 60 steps: D names nearly all of them, where chance would be a third."""
    torch.manual_seed(0)
    labels = torch.arange(96) % 3
    x = (labels.float() * 0.8 - 0.8).view(-1, 1, 1, 1) + 0.1 * torch.randn(96, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    G, D = DCGANGenerator(28, latent_dim=4, features=2, channels=1), SemiSupervisedDiscriminator(classes=3, features=4)
    for _ in semi_supervised_gan(G, D, Batches(x, labels, batch_size=32), steps=60, learning_rate=5e-3):
        pass
    assert (D.class_logits(x).argmax(1) == labels).float().mean() > 0.9


def test_a_resumed_run_is_the_whole_run(tmp_path):
    whole = make(penalty=losses.r1(0.5), penalty_every=2)
    for _ in whole:
        pass
    half = make(penalty=losses.r1(0.5), penalty_every=2)
    for report in half:
        if report.step == 3:
            break
    checkpoint.save(tmp_path / "c.safetensors", half.state())
    resumed = make(penalty=losses.r1(0.5), penalty_every=2)
    resumed.restore(checkpoint.load(tmp_path / "c.safetensors"))
    for _ in resumed:
        pass
    assert same(whole.G.state_dict(), resumed.G.state_dict())
    assert same(whole.D.state_dict(), resumed.D.state_dict())
    assert same(whole.ema.model.state_dict(), resumed.ema.model.state_dict())
