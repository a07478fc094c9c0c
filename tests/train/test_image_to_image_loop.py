"""Pix2pix and CycleGAN: what a step changes and what it must not, the losses written out, the switches, exact resume."""

import copy
import itertools

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss

from course_lib.data import scenes
from course_lib.models import PatchDiscriminator, ResnetGenerator, UNet
from course_lib.train import Batches, ImagePool, Unpaired, checkpoint, cycle_gan, pix2pix


def make_paired(*, seed: int = 0, condition_channels: int = 3, dropout: float = 0.5, batch_size: int = 4, **settings):
    torch.manual_seed(seed)
    G, D = UNet(depth=5, features=2, dropout=dropout), PatchDiscriminator(1, features=2, condition_channels=condition_channels)
    c, x = (2 * images - 1 for images in scenes.pairs(8, size=32, seed=seed))
    return pix2pix(G, D, Batches(x, c, batch_size=batch_size, seed=seed), **{"steps": 8, "seed": seed} | settings)


def make_unpaired(*, seed: int = 0, size: int = 32, **settings):
    torch.manual_seed(seed)
    G, F = (ResnetGenerator(blocks=1, features=2) for _ in range(2))
    D_x, D_y = (PatchDiscriminator(1, features=2, condition_channels=0, norm="instance") for _ in range(2))
    day, night, _ = scenes.domains(6, size=size, seed=seed)
    batches = Unpaired(Batches(2 * day - 1, batch_size=2, seed=seed), Batches(2 * night - 1, batch_size=2, seed=seed + 1))
    return cycle_gan(G, F, D_x, D_y, batches, **{"steps": 8, "seed": seed} | settings)


def snapshot(net: nn.Module) -> dict:
    return copy.deepcopy(dict(net.state_dict()))


def identical(before: dict, net: nn.Module) -> bool:
    return all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def changed(before: dict, net: nn.Module) -> set[str]:
    return {name for name, parameter in net.named_parameters() if not torch.equal(parameter, before[name])}


def names(net: nn.Module) -> set[str]:
    return {name for name, _ in net.named_parameters()}


@pytest.mark.parametrize("make", [make_paired, make_unpaired])
def test_a_step_trains_one_player_and_leaves_the_other_bit_identical(make):
    training = make()
    G, D = training.G, training.D
    before_g, before_d = snapshot(G), snapshot(D)
    training.step_discriminator()
    assert identical(before_g, G)
    assert changed(before_d, D) == names(D)
    assert all(p.grad is None for p in G.parameters())
    before_d = snapshot(D)
    training.step_generator()
    assert identical(before_d, D)
    assert changed(before_g, G) == names(G)
    assert all(p.requires_grad for p in [*G.parameters(), *D.parameters()])


def test_one_step_of_pix2pix_is_the_paper_written_out():
    """Eqs. 1, 3 and 4 with plain Adam: the same losses, the same weights."""
    training = make_paired(l1_weight=7, gan_weight=2, dropout=0)
    G, D, batches = copy.deepcopy(training.G), copy.deepcopy(training.D), copy.deepcopy(training.batches)
    adam_g, adam_d = (torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (G, D))

    def bce(logits, truth):
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, truth))

    for _ in range(3):
        x, c = next(batches)
        fake = G(c)
        loss_d = bce(D(x, c), 1) + bce(D(fake.detach(), c), 0)
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        l1 = l1_loss(fake, x)
        loss_g = 7 * l1 + 2 * bce(D(fake, c), 1)
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        report = training.step()
        assert report.loss_d.item() == pytest.approx(loss_d.item(), rel=1e-4)
        assert report.loss_g.item() == pytest.approx(loss_g.item(), rel=1e-4)
        assert report.l1.item() == pytest.approx(l1.item(), rel=1e-4)
        assert torch.allclose(report.samples, fake, atol=1e-4)
    for ours, plain in zip(training.G.parameters(), G.parameters(), strict=True):
        assert torch.allclose(ours, plain, atol=2e-5)


def test_the_first_loss_is_that_of_a_grey_picture():
    """Before it has learned anything G draws mid-grey: worse than the mean picture, and no worse than that."""
    training = make_paired()
    x, _ = training.batches.tensors
    report = training.step()
    assert report.l1.item() == pytest.approx(x.abs().mean().item(), rel=0.15)
    assert (x - x.mean(0)).abs().mean() < report.l1
    assert report.loss_d.item() == pytest.approx(2 * 0.6931, rel=0.1)


@pytest.mark.parametrize(("weights", "d_trains"), [({"gan_weight": 0.0}, False), ({"l1_weight": 0.0}, True), ({}, True)])
def test_either_term_can_be_switched_off(weights, d_trains):
    training, asked = make_paired(**weights), []
    before = snapshot(training.D)
    training.D.register_forward_pre_hook(lambda *_: asked.append(1))
    report = training.step()
    assert len(asked) == (3 if d_trains else 0)
    assert identical(before, training.D) is not d_trains
    if not d_trains:
        assert report.loss_g.item() == pytest.approx(100 * report.l1.item())
        assert report.loss_d == report.real_logit == 0
    if weights.get("l1_weight") == 0:
        assert 0 < report.loss_g < 5  # the adversarial term alone, near log 2


def test_d_judges_what_belongs_together():
    """Real x beside its own c, and the fake beside the c that it was made from."""
    training, seen, made_from = make_paired(), [], []
    training.D.register_forward_pre_hook(lambda _, inputs: seen.append([image.detach().clone() for image in inputs]))
    training.G.register_forward_pre_hook(lambda _, inputs: made_from.append(inputs[0].clone()))
    report = training.step()
    (real, beside_real), (fake, beside_fake), (again, beside_again) = seen
    x, c = training.batches.tensors
    for image, condition in zip(real, beside_real, strict=True):
        row = (x - image).abs().flatten(1).sum(1).argmin()
        assert torch.equal(x[row], image)
        assert torch.equal(c[row], condition)
    assert torch.equal(fake, report.samples)
    assert torch.equal(again, report.samples)
    assert all(torch.equal(beside, made_from[0]) for beside in (beside_fake, beside_again, beside_real))


def test_without_l1_only_a_d_that_sees_the_condition_ties_g_to_it():
    """What D says of a picture under two conditions differs only if it sees them, and so does the gradient that reaches G."""
    for channels, tied in ((3, True), (0, False)):
        training = make_paired(condition_channels=channels, l1_weight=0)
        x, c = training.batches.tensors
        fake = x[:2].clone().requires_grad_()
        gradients = [
            torch.autograd.grad(training.loss.generator(training.judge(fake, condition)[0]), fake)[0] for condition in (c[:2], c[2:4])
        ]
        assert torch.equal(*gradients) is not tied


def test_one_step_of_cycle_gan_is_the_paper_written_out():
    training = make_unpaired(cycle_weight=3, identity_weight=2, pool_size=0)
    G, D, batches = copy.deepcopy(training.G), copy.deepcopy(training.D), copy.deepcopy(training.batches)
    adam_g, adam_d = (torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (G, D))
    there, back = G["G"], G["F"]
    for _ in range(3):
        x, y = next(batches)
        fake_x, fake_y = back(y), there(x)
        loss_d = 0
        for judge, real, fake in ((D["x"], x, fake_x.detach()), (D["y"], y, fake_y.detach())):
            loss_d = loss_d + ((judge(real) - 1) ** 2).mean() / 2 + (judge(fake) ** 2).mean() / 2
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        cycle = l1_loss(back(fake_y), x) + l1_loss(there(fake_x), y)
        identity = l1_loss(there(y), y) + l1_loss(back(x), x)
        loss_g = ((D["x"](fake_x) - 1) ** 2).mean() + ((D["y"](fake_y) - 1) ** 2).mean() + 3 * cycle + 2 * identity
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        report = training.step()
        for ours, plain in (("loss_d", loss_d), ("cycle", cycle), ("identity", identity), ("loss_g", loss_g)):
            assert getattr(report, ours).item() == pytest.approx(plain.item(), rel=1e-4)
        assert torch.allclose(report.samples, fake_y, atol=1e-4)
    plain = dict(G.named_parameters())
    for name, ours in training.G.named_parameters():
        if name.endswith("weight"):  # a bias before instance normalisation has no gradient but rounding, which Adam takes for a sign
            assert torch.allclose(ours, plain[name], atol=1e-4), name


def test_without_its_weight_the_identity_is_not_computed():
    training, calls = make_unpaired(identity_weight=0), []
    training.G["G"].register_forward_pre_hook(lambda *_: calls.append(1))
    assert training.step().identity == 0
    assert len(calls) == 2  # x → y, and back from the fake x


def test_a_cycle_does_not_know_which_y_belongs_to_an_x():
    """G and F that both negate the picture have cycle loss 0: what they get wrong only the hidden pairing shows."""

    class Negative(nn.Module):
        def __init__(self):
            super().__init__()
            self.sign = nn.Parameter(torch.tensor(-1.0))

        def forward(self, c):
            return self.sign * c

    training = make_unpaired()
    training = cycle_gan(Negative(), Negative(), training.D["x"], training.D["y"], training.batches, steps=1)
    report = training.step()
    assert report.cycle == 0
    assert report.identity > 0.5


def test_the_pool_shows_the_past_to_d_and_holds_no_graph(generator):
    pool = ImagePool(50)
    shown = torch.cat([pool.exchange(torch.full((1, 1), float(i), requires_grad=True), generator) for i in range(2000)]).flatten()
    assert not shown.requires_grad
    assert torch.equal(shown[:50], torch.arange(50.0))
    age = torch.arange(2000.0)[1000:] - shown[1000:]
    assert (age == 0).double().mean().item() == pytest.approx(0.5, abs=0.05)
    assert age[age > 0].mean().item() == pytest.approx(100, rel=0.25)  # half the images enter; each stays for 50 entries
    assert len(pool.images) == 50
    assert torch.equal(ImagePool(0).exchange(torch.ones(3, 1)), torch.ones(3, 1))
    kept = ImagePool(4).exchange(torch.arange(3.0)[:, None])
    assert torch.equal(kept.flatten(), torch.arange(3.0))


def test_d_is_shown_fakes_of_the_pool_and_g_is_judged_by_its_own():
    training = make_unpaired(pool_size=2)
    training.step()
    assert {kind: len(pool.images) for kind, pool in training.pools.items()} == {"x": 2, "y": 2}
    for kind in training.pools:
        training.pools[kind].images = torch.full((2, 3, 32, 32), 7.0)
    seen = []
    training.D["y"].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
    fakes = [training.step().samples for _ in range(4)]
    assert any((image == 7).any() for image in seen[1::3])
    assert all(torch.equal(image, fake) for image, fake in zip(seen[2::3], fakes, strict=True))


def test_unpaired_batches_are_shuffled_apart():
    rows = torch.arange(40.0)[:, None]
    batches = Unpaired(Batches(rows, batch_size=20, seed=3), Batches(rows, batch_size=20, seed=4))
    x, y = next(batches)
    assert not torch.equal(x, y)
    following = next(batches)
    batches.position = 1
    assert all(torch.equal(a, b) for a, b in zip(following, next(batches), strict=True))


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (make_paired, {"ema_decay": 0.9, "decay_steps": 4}),
        (make_paired, {"gan_weight": 0.0}),
        (make_unpaired, {"ema_decay": 0.9, "decay_steps": 4, "pool_size": 3}),
    ],
)
@pytest.mark.parametrize("stop", [1, 5])
def test_a_resumed_run_ends_with_the_same_bits(make, settings, stop, tmp_path):
    whole = make(**settings)
    reference = list(whole)
    first = make(**settings)
    for _ in itertools.islice(first, stop):
        pass
    checkpoint.save(tmp_path / "c.safetensors", first.state())
    torch.manual_seed(999)
    second = make(**settings)
    second.step()
    second.restore(checkpoint.load(tmp_path / "c.safetensors"))
    rest = list(second)
    assert [report.step for report in rest] == list(range(stop + 1, 9))
    assert all(torch.equal(a.samples, b.samples) for a, b in zip(rest, reference[stop:], strict=True))
    assert identical(snapshot(whole.G), second.G)
    assert identical(snapshot(whole.D), second.D)
    if whole.ema is not None:
        assert identical(snapshot(whole.ema.model), second.ema.model)


def test_bfloat16_stays_inside_the_networks():
    for make in (make_paired, make_unpaired):
        report, plain = make(autocast=torch.bfloat16).step(), make().step()
        assert report.samples.dtype == report.loss_d.dtype == report.loss_g.dtype == torch.float32
        assert report.loss_g.item() == pytest.approx(plain.loss_g.item(), rel=0.02)
        assert report.loss_g != plain.loss_g


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="not both 0; got 0 and 0"):
        make_paired(l1_weight=0, gan_weight=0)
    with pytest.raises(ValueError, match="at least 0, and not both 0; got -1 and 1"):
        make_paired(l1_weight=-1)
    with pytest.raises(ValueError, match="cycle_weight and identity_weight must be at least 0; got -1 and 5"):
        make_unpaired(cycle_weight=-1)
    with pytest.raises(ValueError, match="size must be at least 0, got -1"):
        ImagePool(-1)
    rows = torch.zeros(8, 1)
    with pytest.raises(ValueError, match="same batch size; got 2 and 4"):
        Unpaired(Batches(rows, batch_size=2), Batches(rows, batch_size=4, seed=1))
    with pytest.raises(ValueError, match="different seeds, or they are shuffled alike; got 0 for both"):
        Unpaired(Batches(rows, batch_size=2), Batches(rows, batch_size=2))
