"""The denoise bench without a browser: the noises, the numbers, the drawing, what is kept, and the wiring of the controls."""

import datetime
import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import classical, data, degrade, images, metrics, models, plots, zoo
from course_lib.widgets import DenoiseBench
from course_lib.widgets import denoise_bench as bench
from course_lib.widgets.denoise_bench import METHODS, NETWORKS, NOISES, State, describe, measure, render, restore, restored, static_sheet

QUICK = ("observed", "gaussian filter", "median filter")


def forget():
    for cache in (bench.clean, bench._observed, bench._estimate, bench._network):
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
def all_there(zoo_with):
    zoo_with(*NETWORKS)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


def panel(png: bytes, row: int, column: int) -> np.ndarray:
    top, left = bench.ROWS[row], bench.COLUMNS[column]
    return pixels(png)[top : top + bench.PANEL, left : left + bench.PANEL]


def grey(x: torch.Tensor) -> np.ndarray:
    return images.to_uint8(x)[0].numpy()


def upload(widget, content: bytes, name: str) -> None:
    """What the browser does when somebody chooses a file."""
    now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    entry = {"name": name, "type": "image/png", "size": len(content), "content": memoryview(content), "last_modified": now}
    widget.upload.value = (entry,)


# ------------------------------------------------------------------------------------------------------------ which methods


@pytest.mark.parametrize("there", [(), ("ffdnet-gray",), NETWORKS])
def test_what_is_trained_is_offered_and_what_is_missing_is_said(zoo_with, there):
    zoo_with(*there)
    gone = [name for name in NETWORKS if name not in there]
    assert [m for m in bench.available() if m in NETWORKS] == [m for m in METHODS if m in there]
    assert set(bench.available()) >= {"observed", "gaussian filter", "median filter", "nl-means", "bm3d"}
    assert set(State().methods) <= set(bench.available())
    assert len(set(State().methods)) == 4
    assert any(m in NETWORKS for m in State().methods) == bool(there)
    words = bench.missing_words()
    assert [name for name in NETWORKS if name in words] == gone
    assert ("Not yet trained" in words) == bool(gone)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"photo": "lena"}, ValueError, "photo: got 'lena', expected one of astronaut"),
        ({"photo": 3}, TypeError, "photo: got int"),
        ({"noise": "rust"}, ValueError, "noise: got 'rust', expected one of gaussian noise"),
        ({"level": -1}, ValueError, "level: got -1, expected 0 to 100 for gaussian noise"),
        ({"level": "25"}, TypeError, "level: got str, expected a number"),
        ({"level": float("nan")}, ValueError, "level: got nan"),
        ({"methods": ()}, ValueError, "choose something for a panel"),
        ({"methods": QUICK + QUICK}, ValueError, "expected a tuple of 1 to 4 names"),
        ({"methods": ("magic",)}, ValueError, "methods: got 'magic', expected some of observed"),
        ({"methods": ("bias-free",)}, ValueError, "there are no weights 'bias-free' yet; python -m course_lib train bias-free makes them"),
        ({"part": (0, 200)}, ValueError, "part: got"),
        ({"part": (0.0, 0)}, ValueError, "part: got"),
        ({"zoom": (0, 60, 36)}, ValueError, "inside 72x72"),
        ({"zoom": (0, 0, 20)}, ValueError, "size in"),
        ({"zoom": (0, 230, 36), "part": None}, ValueError, "inside 256x256"),
        ({"seed": -1}, ValueError, "seed: got -1"),
    ],
)
def test_bad_states_are_refused(zoo_with, wrong, error, message):
    zoo_with("dncnn-s25")
    with pytest.raises(error, match=message):
        State(**wrong)


# ------------------------------------------------------------------------------------------------------------------- noises


def test_every_noise_is_the_librarys_and_the_part_is_cut_from_the_noisy_whole():
    x = data.photo("camera", size=256, grey=True)
    operators = {
        "gaussian noise": degrade.GaussianNoise(30),
        "poisson noise": degrade.PoissonNoise(30),
        "impulse noise": degrade.ImpulseNoise(0.3),
    }
    for noise, operator in operators.items():
        y = operator(x, torch.Generator().manual_seed(4))
        state = State(noise=noise, level=30, methods=("observed",), part=(8, 100), seed=4)
        assert torch.equal(restored(state)["observed"], y[:, 8:80, 100:172])
        assert torch.equal(restored(state)["clean"], x[:, 8:80, 100:172])


def test_correlated_noise_has_its_sigma_up_to_the_border_and_neighbours_alike():
    zero = torch.zeros(1, 256, 256)
    n = torch.cat([NOISES["correlated noise"].apply(zero, 25, torch.Generator().manual_seed(k)) for k in range(8)]) * 255
    assert float(n.std()) == pytest.approx(25, rel=0.02)
    assert float(n[:, 0].std()) == pytest.approx(25, rel=0.1)  # 2,048 values, every fourth or so by itself
    one, four = (float((n[:, :, k:] * n[:, :, :-k]).mean() / n.square().mean()) for k in (1, 6))
    assert one == pytest.approx(np.exp(-1 / 4), abs=0.03)  # of two pixels one apart, noise blurred with a Gaussian of one pixel
    assert abs(four) < 0.03


def test_methods_are_told_sigma_or_the_root_mean_square(all_there):
    assert bench.told_sigma(State(level=40)) == 40
    assert bench.told_sigma(State(noise="correlated noise", level=40)) == 40
    x, state = data.photo("camera", size=256, grey=True), State(noise="poisson noise", level=20)
    assert bench.told_sigma(state) == pytest.approx(255 * float((x / 20).mean().sqrt()), rel=0.02)
    assert f"told {bench.told_sigma(state):.0f} grey levels, the root mean square" in describe(state)
    assert "told" not in describe(State())


# ------------------------------------------------------------------------------------------------------------------ numbers


def test_each_method_is_the_librarys(all_there):
    y = degrade.GaussianNoise(30)(data.photo("coins", size=64, grey=True), torch.Generator().manual_seed(0))
    expected = {
        "observed": y,
        "gaussian filter": classical.gaussian_filter(y, 30**0.5 / 5),
        "median filter": classical.median_filter(y, 3),
        "nl-means": classical.nl_means(y, 30),
        "bm3d": classical.bm3d(y, 30),
        "ffdnet-gray": small_network("ffdnet-gray")(y[None], 30)[0],
        **{name: small_network(name)(y[None])[0] for name in NETWORKS if name != "ffdnet-gray"},
    }
    assert set(expected) == set(METHODS) == set(bench.available())
    for method, estimate in expected.items():
        assert torch.allclose(restore(method, y, 30), estimate, atol=1e-5), method


def test_the_numbers_are_those_of_the_estimates_and_are_shown(all_there):
    state = State("coins", "poisson noise", 40, ("observed", "median filter", "dncnn-blind", "ffdnet-gray"))
    images_, values = restored(state), measure(state)
    assert list(images_) == ["clean", *state.methods]
    for method in state.methods:
        assert values[method] == pytest.approx(float(metrics.psnr(images_[method], images_["clean"])), abs=1e-9)
        assert f"{METHODS[method]} {values[method]:.2f} dB" in describe(state)
    best = max(values, key=values.get)
    assert f"{METHODS[best]} {values[best]:.2f} dB (best)" in describe(state)
    assert describe(state).count("(best)") == 1


def test_restored_hands_out_copies(all_there):
    state = State(methods=("observed",))
    given = restored(state)
    kept = {name: image.clone() for name, image in given.items()}
    for image in given.values():
        image.zero_()
    assert all(torch.equal(image, kept[name]) for name, image in restored(state).items())


def test_no_noise_is_infinite_and_said_so(all_there):
    assert "Observed y ∞ dB" in describe(State(level=0, methods=("observed",)))
    assert "NL-means ∞ dB" in describe(State(level=0, methods=("observed", "nl-means")))


def test_the_zoom_and_the_panels_compute_nothing_anew(all_there, monkeypatch):
    computed = []
    original = bench.restore
    monkeypatch.setattr(bench, "restore", lambda method, y, sigma: computed.append(method) or original(method, y, sigma))
    methods = ("observed", "gaussian filter", "dncnn-s25")
    render(State(methods=methods))
    assert sorted(computed) == sorted(methods)
    for change in ({"zoom": (0, 0, 18)}, {"methods": methods[::-1]}, {"methods": methods[:1]}):
        render(State(**{"methods": methods} | change))
        describe(State(**{"methods": methods} | change))
    assert len(computed) == 3
    for change in ({"level": 26}, {"seed": 1}, {"part": (0, 0)}, {"photo": "moon"}, {"noise": "correlated noise"}):
        render(State(**{"methods": ("observed",)} | change))
    assert len(computed) == 8


# ------------------------------------------------------------------------------------------------------------------ picture


def test_render_is_pure(all_there):
    state = State("coins", level=30, methods=("observed", "gaussian filter", "bias-free"))
    first = render(state)
    render(State("coins", level=40, methods=("observed",)))
    forget()
    assert render(state) == first


@pytest.mark.parametrize(
    "other",
    [{"level": 26}, {"seed": 1}, {"photo": "moon"}, {"noise": "correlated noise"}, {"part": (0, 84)}, {"part": None},
     {"zoom": (0, 14, 36)}, {"zoom": (22, 14, 18)}, {"methods": QUICK[::-1]}, {"methods": QUICK[:2]}],
)  # fmt: skip
def test_every_part_of_the_state_shows(all_there, other):
    assert render(State(**{"methods": QUICK} | other)) != render(State(methods=QUICK))


def test_the_panels_hold_the_estimates_pixel_by_pixel(all_there):
    state = State("coins", methods=QUICK, zoom=(10, 20, 24))
    picture = render(state)
    for column, image in enumerate(restored(state).values()):
        expected = grey(image)
        frame = np.zeros((72, 72), bool)
        frame[10:34, 20:44] = True
        shown = panel(picture, 0, column)[::2, ::2, 0]
        assert np.array_equal(shown[~frame], expected[~frame])
        zoomed = panel(picture, 1, column)
        for offset in (0, 5):
            assert np.array_equal(zoomed[offset::6, offset::6, 0], expected[10:34, 20:44])
    assert (panel(picture, 1, 4) == 255).all()  # three methods: the fifth column is empty


def test_of_the_whole_the_zoom_is_exact_too(all_there):
    state = State("coins", methods=("observed",), part=None, zoom=(200, 220, 36))
    assert np.array_equal(panel(render(state), 1, 1)[::4, ::4, 0], grey(restored(state)["observed"])[200:236, 220:256])
    assert "rows 200 to 235, columns 220 to 255" in describe(state)


def test_times_are_only_there_when_given_and_what_is_not_ready_says_so(all_there):
    state = State(methods=("observed", "median filter", "bm3d"))
    seconds = {"observed": 0.0, "median filter": 0.0123, "bm3d": None}
    words = describe(state, seconds)
    assert f"Median filter {measure(state)['median filter']:.2f} dB in 12 ms" in words
    assert "BM3D working…" in words
    assert "(best)" not in words  # before all are there, none is
    assert " ms" not in describe(state)
    picture = render(state, seconds)
    assert picture != render(state)
    middle = panel(picture, 1, 3)[:40]
    assert (middle == 255).all()
    assert "in 1.5 s" in describe(state, {"observed": 0.0, "median filter": 1.52, "bm3d": 3.0})


def test_text_stays_within_its_column(all_there):
    for method in METHODS:
        canvas = pixels(render(State(methods=(method, "observed")), {method: 9.99, "observed": 0.0}))
        for column in bench.COLUMNS[:3]:
            assert (canvas[: bench.TITLE - 1, column + bench.PANEL : column + bench.PANEL + bench.GAP] == 255).all(), method


def test_colour_becomes_grey_and_uploaded_bytes_are_a_photograph(all_there):
    x = torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(0))
    state = State(images.png_bytes(x), methods=("observed",), part=None, level=0)
    assert torch.allclose(restored(state)["clean"], images.to_grey(x), atol=1 / 255)
    assert describe(state).startswith("Your photograph in grey, the whole")
    with pytest.raises(ValueError, match="got an image of 8x8 pixels, expected 256x256"):
        render(State(images.png_bytes(torch.rand(1, 8, 8)), methods=("observed",)))


# ------------------------------------------------------------------------------------------------------------------- widget


@pytest.fixture
def widget(all_there):
    return DenoiseBench()


def state_of(widget) -> State:
    return widget._read()


def show_only(widget, *methods: str) -> None:
    with widget.one_update():
        for panel_, method in zip(widget.panels, (*methods, None, None, None, None), strict=False):
            panel_.value = method


def test_it_begins_with_the_usual_methods_and_times(widget):
    assert state_of(widget) == State()
    text = widget.numbers.value
    for method in State().methods:
        assert METHODS[method] in text
    assert "working" not in text
    assert " in " in text
    assert widget.message.value == ""


def test_controls_move_picture_and_numbers(widget):
    show_only(widget, *QUICK)
    for control, value in (
        (widget.level, 40.0),
        (widget.down, 4),
        (widget.left, 0),
        (widget.photo, "moon"),
    ):
        before, words = bytes(widget.picture.value), widget.numbers.value
        control.value = value
        assert widget.message.value == ""
        assert bytes(widget.picture.value) != before
        assert widget.numbers.value != words
    assert state_of(widget) == State("moon", level=40, methods=QUICK, part=(28, 0), zoom=(4, 14, 36))
    widget.again.click()
    assert state_of(widget).seed == 1


@pytest.mark.parametrize("noise", NOISES)
def test_another_noise_brings_its_own_slider_and_draws_once(widget, noise, monkeypatch):
    drawn = []
    show_only(widget, "observed")
    monkeypatch.setattr(widget, "_render", lambda state: drawn.append(state) or b"")
    widget.noise.value = "impulse noise" if noise != "impulse noise" else "poisson noise"
    drawn.clear()
    widget.noise.value = noise
    kind = NOISES[noise]
    assert drawn == [State(noise=noise, methods=("observed",))]
    assert (widget.level.min, widget.level.max, widget.level.value) == (kind.low, kind.high, kind.start)
    assert widget.level.step == kind.step == 1
    assert widget.level.description.lower() == f"{kind.parameter}, {kind.unit}".lower()
    assert widget.message.value == ""


def test_the_whole_keeps_the_zoom_in_its_place(widget):
    show_only(widget, "observed", "gaussian filter")
    widget.whole.value = True
    state = state_of(widget)
    assert (state.part, state.zoom) == (None, (28 + 22, 84 + 14, 36))
    assert "the whole" in widget.numbers.value
    assert widget.top.disabled
    assert widget.level.continuous_update is False
    widget.across.value = 200
    widget.whole.value = False
    assert state_of(widget).zoom == (22, 36, 36)  # as near as the part allows
    assert (widget.down.max, widget.top.disabled, widget.level.continuous_update) == (36, False, True)
    assert widget.message.value == ""


def test_the_browser_never_hears_of_a_value_outside_its_range(widget, monkeypatch):
    """It would clip the value and send it back."""
    show_only(widget, "observed")
    heard = []
    for slider in (widget.level, widget.down, widget.across):

        def hear(key=None, slider=slider):
            heard.append((slider.min <= slider.value <= slider.max, {key} if isinstance(key, str) else set(key)))

        monkeypatch.setattr(slider, "send_state", hear)
    widget.noise.value = "poisson noise"
    widget.level.value = 200
    widget.noise.value = "impulse noise"
    widget.whole.value = True
    widget.across.value = 200
    widget.whole.value = False
    assert widget.message.value == ""
    assert len(heard) > 10
    assert all(inside for inside, _ in heard)
    # one thing at a time: where the range and the value come together, the browser may take the value first
    assert not any({"value", "max"} <= keys for _, keys in heard)


def test_the_zoom_changes_size_around_its_middle_and_stays_inside(widget):
    show_only(widget, "observed")
    widget.size.value = 18
    assert state_of(widget).zoom == (31, 23, 18)
    widget.down.value = 54
    widget.size.value = 36
    assert state_of(widget).zoom == (36, 14, 36)
    assert widget.message.value == ""


def test_slow_methods_come_after_the_quick_ones_and_say_that_they_work(widget, monkeypatch):
    show_only(widget, "bm3d", "observed", "median filter")
    seen = []
    widget.numbers.observe(lambda change: seen.append(change["new"]), "value")
    monkeypatch.setattr(bench, "PATIENCE", -1.0)  # as on a slow machine
    widget.level.value = 33
    assert "Median filter working…" in seen[1]
    assert "BM3D working…" in seen[2]
    assert "Median filter working…" not in seen[2]
    assert "working" not in seen[-1]
    assert "(best)" in seen[-1]
    seen.clear()
    monkeypatch.setattr(bench, "PATIENCE", 1e9)
    widget.level.value = 34
    assert len(seen) == 1


def test_no_method_at_all_is_a_message_and_the_picture_stays(widget):
    show_only(widget, "observed")
    before = bytes(widget.picture.value)
    widget.panels[0].value = None
    assert "choose something for a panel" in widget.message.value
    assert bytes(widget.picture.value) == before
    widget.panels[2].value = "median filter"
    assert widget.message.value == ""


def test_damaged_weights_are_a_message_and_the_widget_goes_on(zoo_with, monkeypatch):
    zoo_with("ffdnet-gray")
    widget = DenoiseBench()
    show_only(widget, "observed")

    def broken(name):
        raise ValueError(f"name: {name}.safetensors is damaged; install the course again")

    forget()
    monkeypatch.setattr(zoo, "load", broken)
    widget.panels[1].value = "ffdnet-gray"
    assert "ffdnet-gray.safetensors is damaged" in widget.message.value
    assert "Traceback" not in widget.message.value
    widget.panels[1].value = "gaussian filter"
    assert widget.message.value == ""


def test_missing_networks_are_named_and_not_offered(zoo_with):
    zoo_with("dncnn-s25")
    widget = DenoiseBench()
    assert "dncnn-blind, ffdnet-gray, bias-free" in widget.children[5].value
    for panel_ in widget.panels:
        assert [value for _, value in panel_.options] == [None, *bench.available()]


def test_an_upload_becomes_the_photograph(widget):
    show_only(widget, "observed")
    content = images.png_bytes(torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(0)))
    upload(widget, content, "cat.png")
    assert widget.message.value == ""
    assert widget.photo.label == "yours: cat.png"
    assert state_of(widget).photo == bench.fit_upload(content)
    assert widget.upload.value == ()
    before = bytes(widget.picture.value)
    upload(widget, b"\x89PNG this is not", "holiday.png")
    assert "holiday.png cannot be read as an image" in widget.message.value
    assert bytes(widget.picture.value) == before


def test_it_begins_with_an_image_or_a_photographs_name(all_there):
    x = torch.rand(3, 300, 256, generator=torch.Generator().manual_seed(0))
    shown = restored(state_of(DenoiseBench(x)))["clean"]
    expected = images.to_grey(x)[:, 22:278][:, 28:100, 84:156]
    assert torch.allclose(shown, expected, atol=1.01 / 255)
    assert state_of(DenoiseBench("moon")).photo == "moon"


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (torch.rand(2, 1, 64, 64), ValueError, "take one of the batch"),
        (torch.rand(1, 64, 64) * 2, ValueError, "expected a clean image in"),
        (torch.rand(1, 64, 64) - 0.5, ValueError, "expected a clean image in"),
        (torch.rand(1, 64, 64) * 255, ValueError, "image"),
        (torch.rand(5, 64, 64), ValueError, "image"),
        (torch.full((1, 64, 64), float("nan")), ValueError, "image"),
        (torch.rand(1, 8, 64), ValueError, "image"),
        (np.zeros((64, 64)), TypeError, "image"),
        ("lena", ValueError, "photo: got 'lena'"),
    ],
)
def test_bad_images_are_refused(zoo_with, image, error, message):
    zoo_with()
    with pytest.raises(error, match=message):
        DenoiseBench(image)


def test_every_control_has_a_name_and_can_be_reached(widget):
    controls = [control for row in widget.children[:5] for control in row.children]
    assert len(controls) == 15
    for control in controls:
        assert control.description.strip()
        assert control.tabbable is not False
    for control in (widget.upload, widget.again, widget.whole):
        assert control.tooltip  # a button without one says "null" to screen readers


# -------------------------------------------------------------------------------------------------------------------- sheet


def test_the_sheet_has_a_row_for_each_state_and_its_numbers(all_there):
    states = [State("coins", methods=QUICK), State("coins", "impulse noise", methods=QUICK)]
    figure = static_sheet(states)
    assert isinstance(figure, plots.Figure)
    assert figure.alt_text == " ".join(describe(state) for state in states)
    canvas = pixels(plots.figure_bytes(figure))
    assert canvas.shape[1] <= 760
    first = grey(restored(states[0])["clean"])[22, 14]
    assert (canvas[18, 128] == first).all()


def test_by_default_every_noise_is_on_the_sheet(zoo_with):
    zoo_with()
    for kind in NOISES.values():
        assert kind.title in static_sheet().alt_text


@pytest.mark.bad_input
def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="states: got none"):
        static_sheet([])
