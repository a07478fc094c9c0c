"""The conditional loop: what a step changes and what it must not, which pairs D is shown, exact resume, and that c is learned."""

import copy
import itertools

import pytest
import torch
from torch import nn

from course_lib import losses
from course_lib.models import (
    AuxiliaryClassifierDiscriminator,
    ConcatDiscriminator,
    ConcatGenerator,
    ConditionalNormGenerator,
    DCGANDiscriminator,
    ProjectionDiscriminator,
)
from course_lib.train import Batches, ConditionalGanTraining, checkpoint, conditional_gan, gan

LOSSES = {
    "minimax": losses.MINIMAX,
    "non-saturating": losses.NON_SATURATING,
    "lsgan": losses.LSGAN,
    "hinge": losses.HINGE,
    "wasserstein": losses.WASSERSTEIN,
}
RANGES = {"slant": (-0.4, 0.4), "thickness": (1.0, 3.0)}
PLAYERS = {
    "concat": (ConcatGenerator, ConcatDiscriminator),
    "projection": (ConditionalNormGenerator, ProjectionDiscriminator),
    "acgan": (ConcatGenerator, AuxiliaryClassifierDiscriminator),
}
CASES = [(kind, factors) for kind in PLAYERS for factors in (None, RANGES)]
IDS = [f"{kind}{'' if factors is None else ', factors'}" for kind, factors in CASES]


def make(
    kind: str = "projection", factors=RANGES, *, batch_size: int = 4, seed: int = 0, training=conditional_gan, **settings
) -> ConditionalGanTraining:
    torch.manual_seed(seed)
    G, D = (player(classes=3, factors=factors, features=2) for player in PLAYERS[kind])
    source = torch.Generator().manual_seed(seed)
    x = torch.rand(16, 1, 28, 28, generator=source) * 2 - 1
    c = [torch.arange(16) % 3] + ([] if factors is None else [torch.rand(16, 2, generator=source)])
    return training(G, D, Batches(x, *c, batch_size=batch_size, seed=seed), **{"steps": 10, "seed": seed} | settings)


def snapshot(net: nn.Module) -> dict:
    return copy.deepcopy(dict(net.state_dict()))


def identical(before: dict, net: nn.Module) -> bool:
    """To the last bit: parameters and running statistics."""
    return all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def changed(before: dict, net: nn.Module) -> set[str]:
    return {name for name, parameter in net.named_parameters() if not torch.equal(parameter, before[name])}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("kind", "factors"), CASES, ids=IDS)
def test_a_step_trains_one_player_and_leaves_the_other_bit_identical(kind, factors, loss):
    training = make(kind, factors, loss=LOSSES[loss])
    G, D = training.G, training.D
    before_g, before_d = snapshot(G), snapshot(D)
    training.step_discriminator()
    assert identical(before_g, G)
    assert changed(before_d, D) == {name for name, _ in D.named_parameters()} or loss in ("wasserstein", "hinge", "lsgan")
    assert changed(before_d, D)
    assert all(p.grad is None for p in G.parameters())
    before_d = snapshot(D)
    training.step_generator()
    assert identical(before_d, D)
    assert changed(before_g, G) == {name for name, _ in G.named_parameters()}
    assert all(p.requires_grad for p in [*G.parameters(), *D.parameters()])


@pytest.mark.parametrize("penalty", [losses.wgan_gp(), losses.r1()], ids=["wgan_gp", "r1"])
@pytest.mark.parametrize("kind", PLAYERS)
def test_penalties_train_d_only(kind, penalty):
    training, without = make(kind, penalty=penalty), make(kind)
    before = snapshot(training.G)
    loss_with, loss_without = training.step_discriminator()[0], without.step_discriminator()[0]
    assert loss_with >= loss_without  # at the first step D is nearly flat, and r1 nearly nothing
    assert identical(before, training.G)
    assert any(not torch.equal(p, q) for p, q in zip(training.D.parameters(), without.D.parameters(), strict=True))


@pytest.mark.parametrize("kind", PLAYERS)
def test_the_penalty_is_one_on_the_logit_with_the_condition_held_fast(kind):
    seen = []

    def penalty(D, real, fake, generator):
        seen.append((D(real), real))
        return D(real).sum() * 0

    training = make(kind, penalty=penalty, penalty_every=2)
    D = copy.deepcopy(training.D)
    x, labels, factors = next(copy.deepcopy(training.batches))
    training.step()
    logits, real = seen[0]
    expected = D(x, labels, factors)
    assert torch.equal(real, x)
    assert torch.equal(logits, expected[0] if isinstance(expected, tuple) else expected)
    training.step()
    assert len(seen) == 1  # lazily


def test_real_and_fake_go_through_d_apart_each_with_its_condition():
    training = make()
    pairs, batches = [], copy.deepcopy(training.batches)
    training.D.register_forward_pre_hook(lambda _, inputs: pairs.append(inputs))
    made_from = []
    training.G.register_forward_pre_hook(lambda _, inputs: made_from.append(inputs[1:]))
    report = training.step()
    x, labels, factors = next(batches)
    assert torch.equal(pairs[0][0], x)
    for image in (pairs[1][0], pairs[2][0]):
        assert torch.equal(image, report.samples)
    assert len(pairs) == 3
    for c in (*(pair[1:] for pair in pairs), made_from[0]):
        assert torch.equal(c[0], labels)
        assert torch.equal(c[1], factors)


def test_what_d_is_told_of_the_fakes_can_be_another_claim():
    class Anew(ConditionalGanTraining):
        def claim(self, labels):
            return ((labels + 1) % 3,)

    training, told = make(factors=None, training=Anew), []
    training.D.register_forward_pre_hook(lambda _, inputs: told.append(inputs[1]))
    labels = next(copy.deepcopy(training.batches))[1]
    training.step()
    assert torch.equal(told[0], labels)
    assert torch.equal(told[1], (labels + 1) % 3)
    assert torch.equal(told[2], told[1])


@pytest.mark.parametrize("factors", [None, RANGES])
def test_one_step_is_the_algorithm_written_out(factors):
    """Against plain code with plain Adam: the same losses, the same weights."""
    training = make("concat", factors)
    G, D, batches = (copy.deepcopy(part) for part in (training.G, training.D, training.batches))
    g = torch.Generator().manual_seed(0)
    adam_g, adam_d = (torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (G, D))
    bce = nn.BCEWithLogitsLoss()
    for _ in range(3):
        real, *c = next(batches)
        fake = G(torch.randn(4, 64, generator=g), *c)
        loss_d = bce(D(real, *c), torch.ones(4)) + bce(D(fake.detach(), *c), torch.zeros(4))
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        loss_g = bce(D(fake, *c), torch.ones(4))
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        report = training.step()
        assert report.loss_d.item() == pytest.approx(loss_d.item(), rel=1e-4)
        assert report.loss_g.item() == pytest.approx(loss_g.item(), rel=1e-4)
    for ours, plain in zip([*training.G.parameters(), *training.D.parameters()], [*G.parameters(), *D.parameters()], strict=True):
        assert torch.allclose(ours, plain, atol=2e-5)


def test_the_auxiliary_classifier_s_loss_is_paid_by_both_players():
    """L_C of the paper: on real and fake samples by D, on fakes by G."""
    training = make("acgan", autocast=None)
    D, G = copy.deepcopy(training.D), copy.deepcopy(training.G)
    real, *c = next(copy.deepcopy(training.batches))
    fake = G(torch.randn(4, 64, generator=torch.Generator().manual_seed(0)), *c)
    (real_logits, real_surprise), (fake_logits, fake_surprise) = D(real, *c), D(fake, *c)
    expected = losses.NON_SATURATING.discriminator(real_logits, fake_logits) + real_surprise.mean() + fake_surprise.mean()
    loss_d, _, _ = training.step_discriminator(real, fake.detach(), tuple(c))
    assert loss_d.item() == pytest.approx(expected.item(), rel=1e-5)
    logits, surprise = training.D(fake, *c)
    assert training.step_generator(training.G(torch.zeros(4, 64), *c), tuple(c)).item() > 0
    assert (losses.NON_SATURATING.generator(logits) + surprise.mean()).item() > losses.NON_SATURATING.generator(logits).item() + 0.5


def test_a_d_without_the_condition_is_the_unconditional_game():
    """Blind to c, the loop does to the last bit what the unconditional one does with the same samples."""

    class Blind(DCGANDiscriminator):
        def forward(self, x, labels):
            return super().forward(x)

    class Fixed(nn.Module):
        latent_dim = 64

        def __init__(self, G, labels):
            super().__init__()
            self.G, self.labels = G, labels

        def forward(self, z):
            return self.G(z, self.labels[: len(z)])

    torch.manual_seed(0)
    G, D = ConcatGenerator(3, features=2), Blind(28, 2, 1, "none")
    plain_d = DCGANDiscriminator(28, 2, 1, "none")
    plain_d.load_state_dict(D.state_dict())
    x, labels = torch.rand(4, 1, 28, 28), torch.ones(4, dtype=torch.int64)
    ours = conditional_gan(G, D, Batches(x, labels, batch_size=4), steps=3, penalty=losses.r1(), penalty_every=2, decay_steps=2)
    other = gan(
        Fixed(copy.deepcopy(G), labels), plain_d, Batches(x, batch_size=4), steps=3, penalty=losses.r1(), penalty_every=2, decay_steps=2
    )
    for a, b in zip(ours, other, strict=True):
        assert a.loss_d == b.loss_d
        assert a.loss_g == b.loss_g
        assert torch.equal(a.samples, b.samples)
    assert identical(snapshot(plain_d), D)


@pytest.mark.parametrize("discriminator_steps", [1, 3])
def test_d_takes_the_steps_it_was_promised(discriminator_steps):
    training = make(discriminator_steps=discriminator_steps)
    counts = {"d": 0, "g": 0}
    for key, optimiser in (("d", training.optimiser_d), ("g", training.optimiser_g)):
        optimiser.register_step_post_hook(lambda *_, key=key: counts.update({key: counts[key] + 1}))
    for report in itertools.islice(training, 2):
        assert counts == {"d": discriminator_steps * report.step, "g": report.step}
    assert training.batches.position == 2 * discriminator_steps


def test_clipping_augmentation_and_average_work_as_without_conditions():
    calls = []

    def augment(x, generator):
        calls.append(x.requires_grad)
        return 0.5 * x

    training = make("concat", clip=0.01, augment=augment, ema_decay=0.5)
    before, seen = snapshot(training.ema.model), []
    training.D.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].abs().max().item()))
    training.step()
    assert max(p.abs().max() for p in training.D.parameters()) <= 0.01
    assert calls == [False, False, True]  # real, fake, and fakes with their graph
    assert max(seen) <= 0.5
    assert changed(before, training.ema.model)


def test_bfloat16_stays_inside_the_networks():
    for kind in PLAYERS:
        report, plain = make(kind, autocast=torch.bfloat16).step(), make(kind).step()
        assert report.samples.dtype == report.loss_d.dtype == report.loss_g.dtype == torch.float32
        assert report.loss_d.item() == pytest.approx(plain.loss_d.item(), rel=0.02)
        assert not torch.equal(report.samples, plain.samples)


@pytest.mark.parametrize(
    ("kind", "factors", "settings"),
    [
        ("projection", RANGES, {"ema_decay": 0.9, "decay_steps": 7, "penalty": losses.r1(), "penalty_every": 3}),
        ("projection", None, {"autocast": torch.bfloat16, "ema_decay": 0.9}),
        ("concat", RANGES, {"loss": losses.HINGE, "discriminator_steps": 2, "augment": losses.diff_augment}),
        ("acgan", RANGES, {"penalty": losses.r1(), "penalty_every": 3}),
    ],
)
@pytest.mark.parametrize("stop", [1, 5])
def test_a_resumed_run_ends_with_the_same_bits(kind, factors, settings, stop, tmp_path):
    whole = make(kind, factors, **settings)
    reference = list(whole)
    first = make(kind, factors, **settings)
    for _ in itertools.islice(first, stop):
        pass
    checkpoint.save(tmp_path / "c.safetensors", first.state())
    torch.manual_seed(999)  # a new process has other global state
    second = make(kind, factors, **settings)
    second.step()
    second.restore(checkpoint.load(tmp_path / "c.safetensors"))
    rest = list(second)
    assert [report.step for report in rest] == list(range(stop + 1, 11))
    assert all(torch.equal(a.samples, b.samples) for a, b in zip(rest, reference[stop:], strict=True))
    assert identical(snapshot(whole.G), second.G)
    assert identical(snapshot(whole.D), second.D)
    if whole.ema is not None:
        assert identical(snapshot(whole.ema.model), second.ema.model)


def two_classes(n=64):
    """A bright upper or a bright lower half; no two images alike."""
    labels = torch.arange(n) % 2
    x = -1 + 0.2 * torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for label in range(2):
        x[labels == label, :, 14 * label : 14 * label + 14] += 1.8
    return x, labels


def share_right(G) -> float:
    """Of samples whose brighter half is the one asked for."""
    labels = torch.arange(200) % 2
    images = G.eval().sample(labels, torch.Generator().manual_seed(1))
    lower_is_brighter = images[:, :, 14:].mean((1, 2, 3)) > images[:, :, :14].mean((1, 2, 3))
    return (lower_is_brighter.long() == labels).float().mean().item()


def trained(kind: str, discriminator=None, seed: int = 0) -> float:
    torch.manual_seed(seed)
    generator_class, discriminator_class = PLAYERS[kind]
    D = discriminator or discriminator_class(classes=2, features=8)
    training = conditional_gan(
        generator_class(classes=2, latent_dim=4, features=8),
        D,
        Batches(*two_classes(), batch_size=16),
        steps=150,
        learning_rate=2e-3,
        penalty=losses.r1(0.1),
    )
    list(training)
    return share_right(training.G)


@pytest.mark.parametrize("kind", PLAYERS)
def test_it_learns_to_draw_the_class_asked_for(kind):
    """So short a game is a gamble: of five starts that differ in the fourth digit one may end with one class only, and which one differs
    between processors. A G that does not listen reaches 0.9 from no start."""
    assert any(trained(kind, seed=seed) > 0.9 for seed in range(4))


def test_without_the_condition_in_d_g_ignores_the_class():
    """Half of the samples are right by chance."""

    class Blind(DCGANDiscriminator):
        def forward(self, x, labels):
            return super().forward(x)

    assert 0.2 < trained("concat", Blind(28, 8, 1, "none")) < 0.8


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="discriminator_steps must be at least 1, got 0"):
        make(discriminator_steps=0)
    with pytest.raises(ValueError, match="belongs to other networks"):
        make("concat").restore(make("projection").state())
    training = make(factors=None)
    training.batches = Batches(torch.zeros(8, 1, 28, 28), torch.full((8,), 7), batch_size=4)
    with pytest.raises(ValueError, match="labels must be from 0 to 2, got 7 to 7"):
        training.step()
