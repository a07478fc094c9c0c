"""The training loop: what a step changes and what it must not, under every loss and for every architecture; exact resume."""

import contextlib
import copy
import itertools

import pytest
import torch
from torch import nn

from course_lib import losses
from course_lib.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from course_lib.train import Batches, GanTraining, checkpoint, frozen, gan

LOSSES = {
    "minimax": losses.MINIMAX,
    "non-saturating": losses.NON_SATURATING,
    "lsgan": losses.LSGAN,
    "hinge": losses.HINGE,
    "wasserstein": losses.WASSERSTEIN,
}
ARCHITECTURES = {
    "mlp 1-D": lambda: (MLPGenerator(1, 4, 8, 2), MLPDiscriminator(1, 8, 2), (1,)),
    "mlp 2-D": lambda: (MLPGenerator(2, 4, 8, 2), MLPDiscriminator(2, 8, 2), (2,)),
    **{
        f"dcgan {size} {norm}": lambda size=size, norm=norm: (
            DCGANGenerator(size, 4, 2, 1),
            DCGANDiscriminator(size, 2, 1, norm),
            (1, size, size),
        )
        for size, norm in [(28, "batch"), (28, "spectral"), (28, "none"), (32, "batch"), (64, "batch"), (64, "spectral")]
    },
}


def make(architecture: str = "dcgan 28 batch", *, batch_size: int = 4, seed: int = 0, **settings) -> GanTraining:
    torch.manual_seed(seed)
    G, D, shape = ARCHITECTURES[architecture]()
    data = torch.rand(16, *shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return gan(G, D, Batches(data, batch_size=batch_size, seed=seed), **{"steps": 10, "seed": seed} | settings)


def snapshot(net: nn.Module) -> dict:
    return copy.deepcopy(dict(net.state_dict()))


def identical(before: dict, net: nn.Module) -> bool:
    """To the last bit: parameters, running statistics, power iterations."""
    return all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def changed(before: dict, net: nn.Module) -> set[str]:
    return {name for name, parameter in net.named_parameters() if not torch.equal(parameter, before[name])}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_step_trains_one_player_and_leaves_the_other_bit_identical(architecture, loss):
    training = make(architecture, loss=LOSSES[loss])
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
@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if not name.endswith("batch")])
def test_penalties_train_d_only(architecture, penalty):
    training, without = make(architecture, penalty=penalty), make(architecture)
    before = snapshot(training.G)
    loss_with, loss_without = training.step_discriminator()[0], without.step_discriminator()[0]
    assert loss_with >= loss_without  # at the first step D is nearly flat, and r1 nearly nothing
    assert identical(before, training.G)
    assert any(not torch.equal(p, q) for p, q in zip(training.D.parameters(), without.D.parameters(), strict=True))


def test_a_lazy_penalty_comes_seldom_and_heavy():
    calls = []

    def penalty(D, real, fake, generator):
        calls.append(training.step_number)
        return sum(parameter.sum() for parameter in D.parameters())  # gradient 1 in every parameter

    training = make("mlp 2-D", penalty=penalty, penalty_every=4)
    plain = make("mlp 2-D")
    assert training.step().loss_d - plain.step().loss_d == pytest.approx(
        4 * sum(p.sum().item() for p in make("mlp 2-D").D.parameters()), abs=1e-4
    )
    for _ in itertools.islice(training, 8):
        pass
    assert calls == [0, 4, 8]


def test_clipping_follows_every_step_of_d():
    training = make("dcgan 28 none", loss=losses.WASSERSTEIN, clip=0.01, discriminator_steps=3)
    for _ in itertools.islice(training, 2):
        assert max(p.abs().max() for p in training.D.parameters()) <= 0.01


@pytest.mark.parametrize("discriminator_steps", [1, 2, 5])
def test_d_takes_the_steps_it_was_promised(discriminator_steps):
    training = make(discriminator_steps=discriminator_steps)
    counts = {"d": 0, "g": 0}
    for key, optimiser in (("d", training.optimiser_d), ("g", training.optimiser_g)):
        optimiser.register_step_post_hook(lambda *_, key=key: counts.update({key: counts[key] + 1}))
    for report in itertools.islice(training, 3):
        assert counts == {"d": discriminator_steps * report.step, "g": report.step}
    assert training.batches.position == 3 * discriminator_steps


def test_real_and_fake_go_through_d_apart():
    """Batch normalisation in D must never see a mixed batch."""
    training = make()
    seen = []
    training.D.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
    report = training.step()
    real, fake, fake_again = seen
    assert {tuple(x.flatten().tolist()) for x in real} <= {tuple(x.flatten().tolist()) for x in training.batches.tensors[0]}
    assert torch.equal(fake, report.samples)
    assert torch.equal(fake_again, fake)


def test_one_step_is_the_algorithm_written_out():
    """Against plain code with plain Adam: the same losses, the same weights."""
    training = make("dcgan 28 batch")
    G, D, batches, g = (
        copy.deepcopy(training.G),
        copy.deepcopy(training.D),
        copy.deepcopy(training.batches),
        torch.Generator().manual_seed(0),
    )
    adam_g, adam_d = (torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (G, D))
    bce = nn.BCEWithLogitsLoss()
    for _ in range(3):
        real = next(batches)
        fake = G(torch.randn(4, 4, generator=g))
        loss_d = bce(D(real), torch.ones(4)) + bce(D(fake.detach()), torch.zeros(4))
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        loss_g = bce(D(fake), torch.ones(4))
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        report = training.step()
        assert report.loss_d.item() == pytest.approx(loss_d.item(), rel=1e-4)
        assert report.loss_g.item() == pytest.approx(loss_g.item(), rel=1e-4)
    for ours, plain in zip([*training.G.parameters(), *training.D.parameters()], [*G.parameters(), *D.parameters()], strict=True):
        assert torch.allclose(ours, plain, atol=2e-5)


def test_augmentation_is_applied_to_real_and_fake_in_both_steps():
    calls = []

    def augment(x, generator):
        calls.append((x.requires_grad, generator is training.generator))
        return 0.5 * x

    training = make(augment=augment)
    seen = []
    training.D.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].abs().max().item()))
    before = snapshot(training.G)
    training.step()
    assert calls == [(False, True), (False, True), (True, True)]  # real, fake, and fakes with their graph
    assert max(seen) <= 0.5
    assert changed(before, training.G)


def test_the_learning_rate_comes_to_rest():
    training, constant = make(decay_steps=4), make()
    rates = [(training.optimiser_g.param_groups[0]["lr"], training.optimiser_d.param_groups[0]["lr"]) for _ in training]
    expected = [2e-4] * 7 + [1.5e-4, 1e-4, 0.5e-4]
    assert [g for g, _ in rates] == [d for _, d in rates] == pytest.approx(expected)
    list(constant)
    assert constant.optimiser_g.param_groups[0]["lr"] == 2e-4


def test_the_average_follows_g():
    training = make(ema_decay=0.5)
    before = snapshot(training.ema.model)
    training.step()
    assert changed(before, training.ema.model)
    assert not training.ema.model.training


def test_frozen_passes_the_gradient_on_and_undoes_itself(generator):
    D = DCGANDiscriminator(28, 2, 1)
    next(D.parameters()).requires_grad_(False)
    before, x = snapshot(D), torch.randn(3, 1, 28, 28, generator=generator, requires_grad=True)
    with contextlib.suppress(KeyboardInterrupt), frozen(D):
        D(x).sum().backward()
        raise KeyboardInterrupt
    assert x.grad.abs().sum() > 0
    assert identical(before, D)
    assert [p.requires_grad for p in D.parameters()] == [False] + [True] * (len(list(D.parameters())) - 1)
    D(x)
    assert not identical(before, D)  # the running statistics move again


def test_iteration_counts_from_the_beginning_and_seeds_fix_everything():
    reports, again, other = list(make(steps=4)), list(make(steps=4)), list(make(steps=4, seed=1))
    assert [report.step for report in reports] == [1, 2, 3, 4]
    assert all(torch.equal(a.samples, b.samples) and a.loss_d == b.loss_d for a, b in zip(reports, again, strict=True))
    assert not torch.equal(reports[0].samples, other[0].samples)


def test_bfloat16_stays_inside_the_networks():
    report = make(autocast=torch.bfloat16).step()
    assert report.samples.dtype == report.loss_d.dtype == report.loss_g.dtype == torch.float32
    plain = make().step()
    assert report.loss_d.item() == pytest.approx(plain.loss_d.item(), rel=0.02)
    assert report.loss_d != plain.loss_d


@pytest.mark.parametrize(
    ("architecture", "settings"),
    [
        ("dcgan 28 batch", {"ema_decay": 0.9, "decay_steps": 7}),
        ("dcgan 28 spectral", {"loss": losses.HINGE, "discriminator_steps": 2, "augment": losses.diff_augment}),
        ("mlp 2-D", {"loss": losses.WASSERSTEIN, "penalty": losses.wgan_gp(0.1)}),
        ("dcgan 28 none", {"penalty": losses.r1(), "penalty_every": 3}),
    ],
)
@pytest.mark.parametrize("stop", [1, 5])
def test_a_resumed_run_ends_with_the_same_bits(architecture, settings, stop, tmp_path):
    whole = make(architecture, **settings)
    reference = list(whole)
    first = make(architecture, **settings)
    for _ in itertools.islice(first, stop):
        pass
    checkpoint.save(tmp_path / "c.safetensors", first.state())
    torch.manual_seed(999)  # a new process has other global state
    second = make(architecture, **settings)
    second.step()
    second.restore(checkpoint.load(tmp_path / "c.safetensors"))
    rest = list(second)
    assert [report.step for report in rest] == list(range(stop + 1, 11))
    assert all(torch.equal(a.samples, b.samples) for a, b in zip(rest, reference[stop:], strict=True))
    assert identical(snapshot(whole.G), second.G)
    assert identical(snapshot(whole.D), second.D)
    assert torch.equal(whole.generate(4), second.generate(4))
    if whole.ema is not None:
        assert identical(snapshot(whole.ema.model), second.ema.model)


def test_a_resumed_run_in_channels_last_ends_with_the_same_bits(tmp_path):
    """The optimiser's moments must follow the weights' memory layout: fused Adam walks both in memory order."""

    def training():
        torch.manual_seed(0)
        G, D = (net.to(memory_format=torch.channels_last) for net in (DCGANGenerator(28, 4, 4, 1), DCGANDiscriminator(28, 4, 1)))
        return gan(G, D, Batches(torch.zeros(8, 1, 28, 28), batch_size=4), steps=6)

    whole, first, second = training(), training(), training()
    list(whole)
    list(itertools.islice(first, 3))
    checkpoint.save(tmp_path / "c.safetensors", first.state())
    second.restore(checkpoint.load(tmp_path / "c.safetensors"))
    list(second)
    assert identical(snapshot(whole.G), second.G)
    assert identical(snapshot(whole.D), second.D)


def test_a_gan_learns_a_shifted_gaussian():
    """A training signal, not only moving parts: the mean of G's samples goes from 0 to 2."""
    torch.manual_seed(0)
    data = 2 + 0.5 * torch.randn(512, 1)
    training = gan(MLPGenerator(1, 4, 32, 2), MLPDiscriminator(1, 32, 2), Batches(data, batch_size=64), steps=400, learning_rate=2e-3)
    start = training.G.sample(500).mean().item()
    list(training)
    assert abs(start) < 0.6
    assert training.G.sample(500).mean().item() == pytest.approx(2, abs=0.5)


@pytest.mark.bad_input
def test_bad_input(tmp_path):
    with pytest.raises(ValueError, match="discriminator_steps must be at least 1, got 0"):
        make(discriminator_steps=0)
    with pytest.raises(ValueError, match="penalty_every must be at least 1, got 0"):
        make(penalty_every=0)
    other = make("dcgan 64 batch")
    with pytest.raises(ValueError, match="belongs to other networks"):
        make("dcgan 28 batch").restore(other.state())
