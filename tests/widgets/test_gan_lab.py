"""The GAN lab: the moves, what is measured, the picture, and the controls."""

import dataclasses
import io
import math

import ipywidgets as widgets
import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import losses, plots
from course_lib.data import toys
from course_lib.widgets import gan_lab
from course_lib.widgets.gan_lab import LOSSES, STARTS, GanLab, Lab, describe, render, static_sheet


def weights(network: torch.nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> list[bool]:
    return [torch.equal(x, y) for x, y in zip(a, b, strict=True)]


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


# ------------------------------------------------------------------------------------------------------------------ the game


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_moves_its_own_player_and_leaves_the_other_bit_identical(loss):
    lab = Lab("scratch", loss)
    G, D = weights(lab.training.G), weights(lab.training.D)
    lab.step_discriminator()
    assert all(same(G, weights(lab.training.G)))
    # a Wasserstein loss does not see the last bias: it adds the same to real and fake
    assert sum(same(D, weights(lab.training.D))) <= (1 if loss == "wgan-gp" else 0)
    D = weights(lab.training.D)
    lab.step_generator()
    assert all(same(D, weights(lab.training.D)))
    assert not any(same(G, weights(lab.training.G)))
    assert (lab.steps_d, lab.steps_g, lab.last) == (1, 1, "G")


def test_looking_changes_nothing():
    one, other = Lab("trained"), Lab("trained")
    for _ in range(3):
        one.step_both()
        render(one.view())
        describe(one.view())
        other.step_both()
    assert all(same(weights(one.training.G), weights(other.training.G)))
    assert all(same(weights(one.training.D), weights(other.training.D)))


def test_both_is_as_many_steps_of_d_as_the_method_asks_for():
    for loss, steps in (("non-saturating", 1), ("wgan-gp", 5)):
        lab = Lab("scratch", loss)
        lab.step_both(2)
        assert (lab.steps_d, lab.steps_g) == (2 * steps, 2)


def test_the_lab_leaves_the_notebooks_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    Lab("ahead").step_both()
    assert torch.equal(torch.rand(3), expected)


def test_the_measured_losses_and_gradients_are_those_of_the_definition():
    for loss in ("non-saturating", "saturating"):
        lab = Lab("collapsed", loss)
        view = lab.view()
        G, D = lab.training.G, lab.training.D
        with torch.no_grad():
            real, fake = D(lab._real).double().sigmoid(), D(G(lab._z)).double().sigmoid()
        assert view.loss_d == pytest.approx((-real.log().mean() - (1 - fake).log().mean()).item(), abs=1e-5)
        expected = -fake.log().mean() if loss == "non-saturating" else (1 - fake).log().mean()
        assert view.loss_g == pytest.approx(expected.item(), abs=1e-5)
        # one sample's pull by finite differences
        x = torch.from_numpy(view.fake[:1]).double()
        double = Lab("collapsed", loss).training.D.double()
        slope = [
            (LOSSES[loss].loss.generator(double(x + h)) - LOSSES[loss].loss.generator(double(x - h))).item() / 2e-5
            for h in (torch.tensor([[1e-5, 0.0]]).double(), torch.tensor([[0.0, 1e-5]]).double())
        ]
        assert -view.pull[0] == pytest.approx(slope, abs=1e-4)


def test_the_starts_are_what_they_are_called():
    views = {start: Lab(start).view() for start in STARTS}
    assert views["trained"].modes == 8
    assert views["trained"].high_quality > 0.6
    assert views["trained"].reverse_kl < 0.05
    assert views["collapsed"].modes == 1
    assert views["collapsed"].high_quality > 0.85
    assert views["collapsed"].reverse_kl == pytest.approx(math.log(8), abs=1e-3)
    assert views["ahead"].loss_d < 0.01
    assert views["scratch"].loss_d == pytest.approx(2 * math.log(2), abs=0.05)


def test_d_far_ahead_the_saturating_gradient_is_gone_and_the_other_is_not():
    assert Lab("ahead", "non-saturating").view().gradient > 1000 * Lab("ahead", "saturating").view().gradient


def test_the_plane_is_drawn_the_right_way_up():
    """A D that says real on the right is blue on the right; one that says real at the top is blue at the top."""
    for direction, darker in (((9.0, 0.0), (0, -1)), ((0.0, 9.0), (0, 0))):
        lab = Lab()
        lab.training.D.forward = lambda x, direction=direction: x @ torch.tensor(direction)
        heat = lab.view().heat
        corner = heat[darker]
        assert corner > 0.99
        assert heat[-1, 0] < 0.01
    points = gan_lab._pixels(np.array([[0.0, 0.0], [1.7, 1.7]]), 101)
    assert points == pytest.approx(np.array([[50.0, 50.0], [100.0, 0.0]]))


def test_shades_of_the_plane():
    assert LOSSES["non-saturating"].shade(torch.tensor([0.0])).item() == 0.5
    assert LOSSES["lsgan"].shade(torch.tensor([-1.0, 0.3, 2.0])).tolist() == pytest.approx([0, 0.3, 1])
    assert LOSSES["wgan-gp"].shade(torch.tensor([-3.0, 1.0, 5.0])).tolist() == [0, 0.5, 1]
    assert LOSSES["wgan-gp"].shade(torch.zeros(2)).tolist() == [0, 0]
    red, white, blue = gan_lab._colours(np.array([[0.0, 0.5, 1.0]]))[0].astype(int)
    assert red[0] > red[2] + 40
    assert blue[2] > blue[0] + 40
    assert white.min() > 230


def test_the_shares_are_counted_by_nearest_mode():
    lab = Lab()
    lab.training.G.forward = lambda z: toys.ring_centres(8, 1.0)[torch.arange(len(z)) % 2]
    view = lab.view()
    assert view.share.tolist() == [0.5, 0.5, 0, 0, 0, 0, 0, 0]
    assert (view.modes, view.high_quality) == (2, 1.0)


def test_the_shipped_starts_are_small():
    sizes = [gan_lab._start_file(start).stat().st_size for start in ("trained", "collapsed")]
    assert sum(sizes) <= 100_000


def test_starts_are_written_as_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Lab, "step_both", lambda self, n: None)
    gan_lab.make_starts(tmp_path)
    monkeypatch.setattr(gan_lab, "_start_file", lambda start: tmp_path / f"gan_lab_{start}.safetensors")
    gan_lab._start_weights.cache_clear()
    try:
        assert all(same(weights(Lab("trained", seed=1).training.G), weights(Lab("scratch", seed=0).training.G)))
    finally:
        gan_lab._start_weights.cache_clear()


@pytest.mark.bad_input
def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="start: got 'new', expected one of scratch"):
        Lab("new")
    with pytest.raises(ValueError, match="loss: got 'l2', expected one of non-saturating"):
        Lab("scratch", "l2")


# ---------------------------------------------------------------------------------------------------------- picture and words


def test_the_same_view_is_the_same_picture_and_a_move_is_another():
    lab = Lab("collapsed")
    first = render(lab.view())
    assert first == render(Lab("collapsed").view())
    lab.step_discriminator()
    assert render(lab.view()) != first
    assert pixels(first).shape == (gan_lab.HEIGHT, gan_lab.WIDTH, 3)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("start", STARTS)
def test_every_start_under_every_loss_can_be_drawn_and_nothing_is_cut_off(start, loss):
    canvas = pixels(render(Lab(start, loss).view()))
    assert (canvas[:, -2:] == 255).all()
    assert (canvas[-2:] == 255).all()


def test_a_pull_is_an_arrow_and_no_pull_is_none():
    view = Lab("ahead").view()
    nothing = dataclasses.replace(view, pull=np.zeros_like(view.pull))
    plane = (slice(gan_lab.TOP, gan_lab.TOP + gan_lab.PLANE), slice(gan_lab.MARGIN, gan_lab.MARGIN + gan_lab.PLANE))
    ink = [(pixels(render(v))[plane].max(axis=2) < 30).sum() for v in (view, nothing)]
    assert ink[0] > ink[1] + 1000


def test_the_words_hold_the_numbers():
    lab = Lab("collapsed")
    view = lab.view()
    words = describe(view)
    assert f"D loss {view.loss_d:.3f}, G loss {view.loss_g:.3f}" in words
    assert "1 of 8 modes" in words
    assert "moved" not in words
    lab.step_generator()
    assert "after 0 steps of D and 1 of G. G moved last." in describe(lab.view())
    assert gan_lab._number(-0.0001234) == "-1e-04"
    assert gan_lab._number(0.0) == "0.000"


def test_the_sheet_is_a_figure_with_its_description():
    figure = static_sheet()
    assert isinstance(figure, plots.Figure)
    assert figure.alt_text.count("D loss") == 4
    assert pixels(plots.figure_bytes(figure)).shape[1] <= 760


# ---------------------------------------------------------------------------------------------------------------- the widget


@pytest.fixture
def widget():
    return GanLab("collapsed")


def test_the_buttons_move_their_player_and_draw_once(widget, monkeypatch):
    drawn = []
    monkeypatch.setattr(widget, "_render", lambda view: drawn.append((view.steps_d, view.steps_g)) or b"")
    widget.step_d.click()
    widget.step_g.click()
    widget.both.click()
    widget.amount.value = 5
    widget.step_d.click()
    assert drawn == [(1, 0), (1, 1), (2, 2), (7, 2)]


def test_the_picture_and_the_words_follow(widget):
    before = bytes(widget.picture.value)
    widget.both.click()
    assert bytes(widget.picture.value) == render(widget.lab.view()) != before
    assert "after 1 step of D and 1 of G" in widget.numbers.value
    assert widget.message.value == ""


def test_the_player_moves_both_and_its_stop_does_not(widget):
    widget.play.value = 1
    widget.play.value = 2
    assert (widget.lab.steps_d, widget.lab.steps_g) == (2, 2)
    widget.play.value = 0
    assert widget.lab.steps_g == 2
    assert widget.play.max <= 1000  # it ends by itself


def test_another_loss_keeps_the_networks_and_begins_the_curve_anew(widget):
    widget.both.click()
    G = weights(widget.lab.training.G)
    widget.loss.value = "wgan-gp"
    assert all(same(G, weights(widget.lab.training.G)))
    assert widget.lab.training.loss is losses.WASSERSTEIN
    assert widget.lab.training.penalty is not None
    assert len(widget.lab.history) == 1
    widget.loss.value = "saturating"
    assert widget.lab.training.penalty is None


def test_another_start_and_start_again_begin_anew_with_the_chosen_loss(widget):
    first = bytes(widget.picture.value)
    widget.both.click()
    widget.again.click()
    assert bytes(widget.picture.value) == first
    widget.loss.value = "lsgan"
    widget.start.value = "trained"
    assert bytes(widget.picture.value) == render(Lab("trained", "lsgan").view())
    assert widget.lab.steps_d == 0


def test_a_game_that_ran_away_is_a_message(widget):
    with torch.no_grad():
        next(widget.lab.training.D.parameters()).fill_(math.nan)
    before = bytes(widget.picture.value)
    widget.step_g.click()
    assert "left the range of numbers" in widget.message.value
    assert bytes(widget.picture.value) == before
    widget.again.click()
    assert widget.message.value == ""


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:2] for control in row.children if not isinstance(control, widgets.Label)]
    assert len(controls) == 8
    assert controls[-1] is widget.play  # its buttons show symbols only: the label in front of it says what it plays
    assert "Play" in widget.children[1].children[-2].value
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False
    for button in (widget.step_d, widget.step_g, widget.both, widget.again):
        assert button.tooltip
