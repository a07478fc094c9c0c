"""The latent map without a browser: the atlas, the words, the pure drawing, and the wiring of the controls."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import plots, zoo
from course_lib.models import MLPVAE
from course_lib.widgets import latent_map
from course_lib.widgets.latent_map import REACH, LatentMap, State, describe, load_atlas, nearest, render, static_sheet


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An untrained VAE of two latents, and one of three, which is no map."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for name, latent_dim in (("two", 2), ("three", 3)):
        zoo.save(folder, name, MLPVAE(latent_dim, hidden=16), {"latent_dim": latent_dim, "hidden": 16}, {})
    return folder


@pytest.fixture(scope="module")
def atlas(folder):
    return load_atlas("two", folder, 60)


@pytest.fixture
def widget(folder):
    return LatentMap("two", folder, 60)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def test_the_codes_are_the_encoders_means(atlas):
    binary = torch.bernoulli(atlas.images, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(atlas.codes, atlas.model.encode(binary)[0], atol=1e-6)
    assert atlas.images.shape == (60, 1, 28, 28)


def test_the_map_that_ships_holds_every_class():
    atlas = load_atlas(number=500)
    assert set(atlas.labels.tolist()) == set(range(10))
    assert (atlas.codes.abs() <= REACH).all(dim=1).float().mean() > 0.85
    assert 0.6 < atlas.codes.std() < 1.8  # about the prior's; where pixels are dear, the rate pulls less
    assert "×" in describe(State(atlas))


@pytest.mark.bad_input
def test_a_model_without_two_latents_is_refused(folder):
    with pytest.raises(ValueError, match="'three' has 3 latents, a map needs 2"):
        load_atlas("three", folder)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"atlas": "two"}, TypeError, "atlas: got str"),
        ({"z": (0.0,)}, TypeError, "expected two numbers"),
        ({"z": (0.0, 4.0)}, ValueError, "both from -3.5 to 3.5"),
        ({"z": (float("nan"), 0.0)}, ValueError, "both from -3.5 to 3.5"),
    ],
)
def test_bad_states_are_refused(atlas, wrong, error, message):
    with pytest.raises(error, match=message):
        State(**({"atlas": atlas} | wrong))


def test_the_nearest_glyph_is_the_one_whose_code_it_is(atlas):
    for k in (0, 7, 59):
        which, distance, classes = nearest(State(atlas, tuple(atlas.codes[k].tolist())))
        assert which == k
        assert distance < 1e-5
        assert sum(times for _, times in classes) == 10


def test_the_decoded_image_is_that_of_the_point(atlas):
    canvas = pixels(render(State(atlas, (0.5, -1.0))))
    side = 28 * latent_map.LARGE
    shown = canvas[latent_map.TOP : latent_map.TOP + side, latent_map.RIGHT : latent_map.RIGHT + side, 0]
    wanted = atlas.model.mean(atlas.model.decode(torch.tensor([[0.5, -1.0]])))[0, 0].detach().numpy()
    assert np.abs(shown[::8, ::8] / 255 - wanted).max() < 0.003
    assert canvas.shape == (latent_map.HEIGHT, latent_map.WIDTH, 3)


def test_the_cross_follows_the_point(atlas):
    def lines(z):
        canvas = pixels(render(State(atlas, z)))
        part = canvas[latent_map.TOP : latent_map.TOP + latent_map.MAP, latent_map.MARGIN : latent_map.MARGIN + latent_map.MAP]
        found = (part == latent_map.FRAME).all(2)
        return found.sum(0).argmax(), found.sum(1).argmax()

    (left, low), (right, high) = lines((-1.0, -1.0)), lines((2.0, 1.0))
    assert right - left == pytest.approx(3 / 7 * 479, abs=2)
    assert low - high == pytest.approx(2 / 7 * 479, abs=2)  # up is up


def test_the_same_state_gives_the_same_bytes(atlas):
    assert render(State(atlas, (0.1, 0.2))) == render(State(atlas, (0.1, 0.2)))
    assert render(State(atlas, (0.1, 0.2))) != render(State(atlas, (0.1, 0.3)))


def test_the_description_says_point_density_and_neighbours(atlas):
    text = describe(State(atlas, (1.0, 1.0)))
    assert text.startswith("two, z = (1.00, 1.00): prior density 37 % of that in the middle. Nearest test glyph: number ")
    assert text.endswith(".")


def test_every_control_redraws(widget):
    assert bytes(widget.picture.value) == render(State(widget.atlas, (0.0, 0.0)))
    widget.across.value = 1.5
    widget.up.value = -0.5
    assert bytes(widget.picture.value) == render(State(widget.atlas, (1.5, -0.5)))
    assert "z = (1.50, -0.50)" in widget.numbers.value
    assert widget.message.value == ""


def test_a_glyph_can_be_gone_to(widget):
    widget.glyph.value = 12
    assert widget.across.value == pytest.approx(float(widget.atlas.codes[12, 0]), abs=0.03)
    assert widget.up.value == pytest.approx(float(widget.atlas.codes[12, 1]), abs=0.03)
    assert f"z = ({widget.across.value:.2f}, {widget.up.value:.2f})" in widget.numbers.value


def test_the_middle_of_a_class_can_be_gone_to(widget):
    widget.middle.value = int(widget.atlas.labels[0])
    own = widget.atlas.codes[widget.atlas.labels == widget.middle.value].median(0).values
    assert widget.across.value == pytest.approx(float(own[0]), abs=0.03)
    widget.middle.value = -1
    assert widget.message.value == ""


def test_every_control_has_a_name_and_can_be_reached(widget):
    for control in (widget.across, widget.up, widget.glyph, widget.middle):
        assert control.description.strip()
        assert control.tabbable is not False


def test_the_sheet_decodes_a_grid(atlas):
    figure = static_sheet(atlas, side=4, reach=2.0)
    assert isinstance(figure, plots.Figure)
    assert "4x4 images" in figure.alt_text
    canvas = pixels(plots.figure_bytes(figure))
    corner = atlas.model.mean(atlas.model.decode(torch.tensor([[-2.0, 2.0]]))).detach().mean()
    assert canvas[24 : 24 + 84, 360 : 360 + 84, 0].mean() / 255 == pytest.approx(float(corner), abs=0.02)


@pytest.mark.bad_input
def test_a_sheet_of_one_image_is_refused(atlas):
    with pytest.raises(ValueError, match="side: got 1"):
        static_sheet(atlas, side=1)
