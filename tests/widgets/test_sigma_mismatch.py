"""The sigma mismatch without a browser: numbers, curves, what is kept, the drawing, and the wiring of the controls."""

import datetime
import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import classical, data, degrade, images, metrics, models, plots, zoo
from course_lib.widgets import SigmaMismatch, denoise_bench
from course_lib.widgets import sigma_mismatch as mismatch
from course_lib.widgets.denoise_bench import NETWORKS
from course_lib.widgets.sigma_mismatch import NOT_TOLD, SIGMAS, TOLD, State, curves, describe, measure, render, restored, static_sheet


def forget():
    for cache in (mismatch._observed, mismatch._estimate, mismatch._observed_psnr, denoise_bench._network):
        cache.cache_clear()


def small_network(name: str) -> torch.nn.Module:
    """What stands in for trained weights: the right kind of network, tiny, always the same."""
    torch.manual_seed(NETWORKS.index(name))
    network = models.FFDNet(depth=3, features=8) if name == "ffdnet-gray" else models.DnCNN(depth=3, features=4, norm="none")
    return network.eval().requires_grad_(False)


@pytest.fixture
def zoo_with(monkeypatch):
    """Call it with the names of the weights that shall be there."""

    def only(*names: str) -> None:
        monkeypatch.setattr(zoo, "list", lambda: names)
        monkeypatch.setattr(zoo, "load", small_network)

    forget()
    yield only
    forget()


@pytest.fixture
def quick(zoo_with, monkeypatch):
    """All networks, and in place of BM3D something that is as quick as they are: a Gaussian filter as wide as it is told."""
    zoo_with(*NETWORKS)
    monkeypatch.setattr(classical, "bm3d", lambda y, sigma: classical.gaussian_filter(y, sigma / 25))


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def panel(png: bytes, column: int) -> np.ndarray:
    left = mismatch.COLUMNS[column]
    return pixels(png)[mismatch.TITLE : mismatch.TITLE + mismatch.PANEL, left : left + mismatch.PANEL]


# -------------------------------------------------------------------------------------------------------------------- state


@pytest.mark.parametrize("there", [(), ("dncnn-s25",), NETWORKS])
def test_what_is_trained_is_offered(zoo_with, there):
    zoo_with(*there)
    assert set(mismatch.shown_methods()) == {"nl-means", "bm3d", *there}
    assert State().method == ("ffdnet-gray" if "ffdnet-gray" in there else "bm3d")
    assert set(TOLD) | set(NOT_TOLD) == {"nl-means", "bm3d", *NETWORKS}


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"photo": "lena"}, ValueError, "photo: got 'lena', expected one of astronaut"),
        ({"photo": 3}, TypeError, "photo: got int"),
        ({"true_sigma": 26}, ValueError, "true_sigma: got 26, expected one of 5, 10"),
        ({"assumed_sigma": 25.0}, ValueError, "assumed_sigma: got 25.0"),
        ({"method": "observed"}, ValueError, "method: got 'observed', expected one of ffdnet-gray"),
        ({"method": "bias-free"}, ValueError, "there are no weights 'bias-free' yet"),
        ({"axis": "time"}, ValueError, "axis: got 'time', expected one of assumed, true"),
        ({"part": None}, ValueError, "part: got None"),
        ({"part": (0, 200)}, ValueError, "part: got"),
        ({"seed": 1.0}, ValueError, "seed: got 1.0"),
    ],
)
def test_bad_states_are_refused(zoo_with, wrong, error, message):
    zoo_with()
    with pytest.raises(error, match=message):
        State(**wrong)


# ------------------------------------------------------------------------------------------------------------------ numbers


def test_the_estimates_are_the_librarys(zoo_with):
    zoo_with(*NETWORKS)
    x = data.photo("coins", size=256, grey=True)
    y = degrade.GaussianNoise(40)(x, torch.Generator().manual_seed(3))[:, 4:76, 8:80].contiguous()
    x = x[:, 4:76, 8:80]
    for method, estimate, truth in (
        ("nl-means", classical.nl_means(y, 15), classical.nl_means(y, 40)),
        ("bm3d", classical.bm3d(y, 15), classical.bm3d(y, 40)),
        ("ffdnet-gray", small_network("ffdnet-gray")(y[None], 15)[0], small_network("ffdnet-gray")(y[None], 40)[0]),
        ("bias-free", small_network("bias-free")(y[None])[0], classical.bm3d(y, 40)),
    ):
        state = State("coins", 40, 15, method, part=(4, 8), seed=3)
        given = restored(state)
        assert torch.equal(given["clean"], x)
        assert torch.equal(given["observed"], y)
        assert torch.allclose(given["estimate"], estimate, atol=1e-5)
        assert torch.allclose(given["told the truth"], truth, atol=1e-5)
        assert torch.allclose(given["error"], estimate - x, atol=1e-5)
        values = measure(state)
        assert values["psnr"] == pytest.approx(float(metrics.psnr(estimate, x)), abs=1e-3)
        assert values["truth"] == pytest.approx(float(metrics.psnr(truth, x)), abs=1e-3)
        assert values["observed"] == pytest.approx(float(metrics.psnr(y, x)), abs=1e-6)


def test_the_error_is_taken_apart(quick, monkeypatch):
    """An estimate with a third of the noise left and a known other error: both are found, for noise and stripes have nothing in common."""
    stripes = 0.04 * (-1) ** torch.arange(72).expand(1, 72, 72)

    def third(method, y, sigma):
        x = data.photo("camera", size=256, grey=True)[:, 28:100, 84:156]
        return x + (y - x) / 3 + stripes

    monkeypatch.setattr(mismatch, "restore", third)
    values = measure(State(true_sigma=25, method="bm3d"))
    assert values["noise_left"] == pytest.approx(1 / 3, abs=0.01)  # 5,184 values of noise: their mean product with stripes is near 0
    assert values["detail_lost"] == pytest.approx(0.04 * 255, rel=0.01)


def test_too_little_leaves_noise_and_too_much_loses_detail(zoo_with):
    zoo_with()
    little, right, much = (measure(State(assumed_sigma=sigma, method="nl-means")) for sigma in (10, 25, 100))
    assert little["noise_left"] > 0.8 > 0.5 > right["noise_left"] > much["noise_left"]
    assert little["detail_lost"] < right["detail_lost"] < much["detail_lost"]
    assert right["psnr"] > max(little["psnr"], much["psnr"]) + 3
    assert right["psnr"] == right["truth"]


def test_a_method_that_is_told_is_best_at_the_truth(zoo_with):
    zoo_with()
    for true in (15, 50):
        values = curves(State(true_sigma=true), ["nl-means"])["nl-means"]
        assert abs(SIGMAS.index(true) - values.index(max(values))) <= 1


def test_the_curves_are_the_psnr_at_each_point(quick):
    for method in mismatch.shown_methods():
        line = curves(State(true_sigma=40, method=method))[method]
        assert len(line) == len(SIGMAS)
        for sigma in (5, 40, 100):
            assert line[SIGMAS.index(sigma)] == measure(State(true_sigma=40, assumed_sigma=sigma, method=method))["psnr"]
        assert (len(set(line)) == 1) == (method in NOT_TOLD)


def test_over_the_true_sigma_the_curves_are_gains(quick):
    for method in ("ffdnet-gray", "dncnn-s25"):
        line = curves(State(assumed_sigma=15, method=method, axis="true"), [method])[method]
        for sigma in (5, 65):
            values = measure(State(true_sigma=sigma, assumed_sigma=15, method=method))
            assert line[SIGMAS.index(sigma)] == pytest.approx(values["psnr"] - values["observed"], abs=1e-9)
        assert len(set(line)) > 1


def test_a_curve_is_computed_once_for_each_true_sigma(quick, monkeypatch):
    computed = []
    original = mismatch.restore
    monkeypatch.setattr(mismatch, "restore", lambda method, y, sigma: computed.append((method, sigma)) or original(method, y, sigma))
    render(State(method="bm3d"))
    each = len(TOLD) * len(SIGMAS) + len(NOT_TOLD)  # what is not told has one estimate
    assert len(computed) == len(set(computed)) == each
    for sigma in SIGMAS:
        render(State(assumed_sigma=sigma, method="bm3d"))
        describe(State(assumed_sigma=sigma, method="ffdnet-gray"))
    assert len(computed) == each
    render(State(true_sigma=30))
    assert len(computed) == 2 * each


# ------------------------------------------------------------------------------------------------------------------ picture


def test_render_is_pure(quick):
    first = render(State(true_sigma=30))
    render(State(true_sigma=50))
    forget()
    assert render(State(true_sigma=30)) == first


@pytest.mark.parametrize(
    "other",
    [{"true_sigma": 30}, {"assumed_sigma": 15}, {"method": "bm3d"}, {"method": "bias-free"}, {"axis": "true"}, {"part": (0, 0)},
     {"seed": 1}, {"photo": "moon"}],
)  # fmt: skip
def test_every_part_of_the_state_shows(quick, other):
    assert render(State(**other), ["ffdnet-gray"]) != render(State(), ["ffdnet-gray"])


def test_the_panels_hold_the_images_and_mid_grey_is_no_error(quick):
    state = State("coins")
    given, picture = restored(state), render(state, [])
    for column, name in enumerate(("clean", "observed", "told the truth", "estimate")):
        assert np.array_equal(panel(picture, column)[::2, ::2, 0], images.to_uint8(given[name])[0].numpy())
    shown = panel(picture, 4)[::2, ::2, 0].astype(float)
    expected = (0.5 + given["error"][0].numpy() * 255 / (2 * mismatch.ERROR_RANGE)) * 255
    assert np.abs(shown - np.clip(expected, 0, 255)).max() <= 0.51


def test_the_ring_is_at_the_present_point(quick):
    """Where the picture changes below the panels when only the assumed sigma does: at the old ring and the new one, and in numbers."""
    a, b = (pixels(render(State(assumed_sigma=sigma, method="dncnn-s25")))[mismatch.HEIGHT - 284 :] for sigma in (5, 100))
    changed = (a != b).any(axis=(0, 2))
    plot = slice(mismatch.MARGIN + 44, mismatch.WIDTH - mismatch.MARGIN - 232)
    columns = np.flatnonzero(changed[plot])
    assert columns.min() <= 12
    assert columns.max() >= plot.stop - plot.start - 16
    assert not changed[plot][40:-60].any()


def test_curves_that_are_not_ready_say_so(quick):
    state = State(method="bm3d")
    assert "The curves: working…" in describe(state, [])
    assert "Working: " in describe(state, ["bm3d"])
    assert "orking" not in describe(state)
    assert len({render(state, []), render(state, ["bm3d"]), render(state)}) == 3


def test_the_description_says_it_in_words_and_numbers(quick):
    for state, words in (
        (State(assumed_sigma=10, method="bm3d"), "BM3D told 10: "),
        (State(assumed_sigma=10, method="bm3d"), "too little, so it smooths too little"),
        (State(assumed_sigma=65, method="bm3d"), "too much, so it smooths too much"),
        (State(assumed_sigma=25, method="bm3d"), "BM3D told 25, the truth: "),
        (State(method="dncnn-s25"), "dncnn-s25 (made for 25) is not told a sigma: "),
        (State(method="dncnn-s25"), "Over assumed sigma from 5 to 100, dncnn-s25 stays at "),
        (State(method="dncnn-s25", axis="true"), "dB gained at"),
    ):
        values = measure(state)
        assert words in describe(state)
        assert f"{values['psnr']:.2f} dB" in describe(state)
        assert f"{values['noise_left']:.0%} of the noise is left" in describe(state)
        assert f"{values['detail_lost']:.1f} grey levels" in describe(state)
    line = curves(State(method="bm3d"), ["bm3d"])["bm3d"]
    best = f"is best with {max(line):.2f} dB at {SIGMAS[line.index(max(line))]}, and ends at {line[-1]:.2f}"
    assert best in describe(State(method="bm3d"))


# ------------------------------------------------------------------------------------------------------------------- widget


@pytest.fixture
def widget(quick):
    return SigmaMismatch()


def test_the_sliders_move_picture_and_numbers(widget):
    assert bytes(widget.picture.value) == render(State())
    for control, value in ((widget.assumed_sigma, 65), (widget.true_sigma, 50), (widget.axis, "true"), (widget.method, "bias-free"),
                           (widget.top, 0), (widget.left, 4), (widget.photo, "moon")):  # fmt: skip
        before = bytes(widget.picture.value)
        control.value = value
        assert widget.message.value == ""
        assert bytes(widget.picture.value) != before
    state = State("moon", 50, 65, "bias-free", "true", (0, 4))
    assert bytes(widget.picture.value) == render(state)
    assert describe(state) in widget.numbers.value
    widget.again.click()
    assert bytes(widget.picture.value) == render(State("moon", 50, 65, "bias-free", "true", (0, 4), 1))


def test_the_panels_come_first_and_the_curves_follow(widget, monkeypatch):
    seen = []
    widget.numbers.observe(lambda change: seen.append(change["new"]), "value")
    monkeypatch.setattr(mismatch, "PATIENCE", -1.0)  # as on a slow machine
    widget.true_sigma.value = 40
    assert "The curves: working…" in seen[0]
    assert "Working: " in seen[1]
    assert "orking" not in seen[-1]
    assert len(seen) >= 3
    seen.clear()
    monkeypatch.setattr(mismatch, "PATIENCE", 1e9)
    widget.assumed_sigma.value = 5
    assert "orking" not in seen[-1]


def test_an_upload_becomes_the_photograph_and_a_damaged_one_a_message(widget):
    x = torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(0))

    def upload(content: bytes) -> None:
        now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        entry = {"name": "cat.png", "type": "image/png", "size": len(content), "content": memoryview(content), "last_modified": now}
        widget.upload.value = (entry,)

    upload(images.png_bytes(x))
    assert widget.message.value == ""
    assert widget.photo.label == "yours: cat.png"
    assert "Your photograph in grey" in widget.numbers.value
    before = bytes(widget.picture.value)
    upload(b"\x89PNG this is not")
    assert "cat.png cannot be read as an image" in widget.message.value
    assert bytes(widget.picture.value) == before


def test_damaged_weights_are_a_message_and_the_widget_goes_on(widget, monkeypatch):
    def broken(name):
        raise ValueError(f"name: {name}.safetensors is damaged; install the course again")

    forget()
    monkeypatch.setattr(zoo, "load", broken)
    before = bytes(widget.picture.value)
    widget.true_sigma.value = 50
    assert "safetensors is damaged" in widget.message.value
    assert bytes(widget.picture.value) == before
    monkeypatch.setattr(zoo, "load", small_network)
    widget.true_sigma.value = 65
    assert widget.message.value == ""


def test_missing_networks_are_named_and_not_offered(zoo_with, monkeypatch):
    zoo_with("dncnn-blind")
    monkeypatch.setattr(classical, "bm3d", lambda y, sigma: y)
    widget = SigmaMismatch("moon")
    assert widget.photo.value == "moon"
    assert [value for _, value in widget.method.options] == ["nl-means", "bm3d", "dncnn-blind"]
    assert "dncnn-s25, ffdnet-gray, bias-free" in widget.children[4].value


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("image", "error"),
    [(torch.rand(2, 1, 64, 64), ValueError), (torch.rand(1, 64, 64) * 2, ValueError), (torch.rand(1, 8, 8), ValueError), (3, TypeError)],
)
def test_bad_images_are_refused(zoo_with, image, error):
    zoo_with()
    with pytest.raises(error, match="image"):
        SigmaMismatch(image)


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:4] for control in row.children]
    assert len(controls) == 9
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False
    for control in (widget.upload, widget.again):
        assert control.tooltip


# -------------------------------------------------------------------------------------------------------------------- sheet


def test_the_sheet_has_a_row_for_each_state_and_the_curves(quick):
    states = [State("coins", assumed_sigma=sigma) for sigma in (10, 65)]
    figure = static_sheet(states)
    assert isinstance(figure, plots.Figure)
    assert figure.alt_text == " ".join(describe(state) for state in states)
    assert pixels(plots.figure_bytes(figure)).shape[1] <= 760
    assert "told 25, the truth" in static_sheet().alt_text


@pytest.mark.bad_input
def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="states: got none"):
        static_sheet([])
