"""The bench: the right numbers, the same noise for everybody, nothing left behind."""

import math

import pytest
import torch
from torch import nn

from course_lib import metrics
from course_lib.degrade import Downsample, GaussianNoise
from course_lib.evaluate import Table, restoration
from course_lib.resample import imresize


@pytest.fixture
def images(generator):
    smooth = torch.linspace(0.2, 0.8, 48).expand(1, 40, 48)
    return [("ramp", smooth.clone()), ("colour", torch.rand(3, 48, 48, generator=generator)), ("flat", torch.full((1, 40, 40), 0.5))]


def identity(y):
    return y


def test_a_known_error_gives_the_known_decibels(images):
    table = restoration(lambda y: y + 0.1, None, images[:1] + images[2:], quantise=False)
    assert [row["psnr"] for row in table.rows] == pytest.approx([20.0, 20.0], abs=1e-4)
    assert table.mean["psnr"] == pytest.approx(20.0, abs=1e-4)
    assert [row["image"] for row in table.rows] == ["ramp", "flat"]


def test_the_numbers_are_those_of_the_metrics(images):
    table = restoration(identity, GaussianNoise(25), images, metrics=("mse", "psnr", "ssim"), crop=3, luma=True, quantise=False)
    seen = []
    restoration(lambda y: seen.append(y) or y, GaussianNoise(25), images)
    for row, y, (name, x) in zip(table.rows, seen, images, strict=True):
        assert row["image"] == name
        for metric in ("mse", "psnr", "ssim"):
            assert row[metric] == pytest.approx(float(getattr(metrics, metric)(y[0], x, crop=3, luma=True)), rel=1e-6)


def test_the_restorer_gets_a_batch_of_one_and_may_return_either_shape(images):
    shapes = []

    def restorer(y):
        shapes.append(tuple(y.shape))
        return y[0]

    table = restoration(restorer, GaussianNoise(10), images)
    assert shapes == [(1, 1, 40, 48), (1, 3, 48, 48), (1, 1, 40, 40)]
    assert table.rows == restoration(identity, GaussianNoise(10), images).rows


def test_a_restorer_may_change_the_size_back(images):
    table = restoration(lambda y: imresize(y, 2), Downsample(2), images[:1], crop=2)
    assert table.mean["psnr"] > 45


def test_noise_depends_on_seed_and_index_only(images):
    def observed(images, restorer=identity, **options):
        seen = []
        restoration(lambda y: seen.append(y.clone()) or restorer(y), GaussianNoise(25), images, **options)
        return seen

    first = observed(images)
    assert all(torch.equal(a, b) for a, b in zip(first, observed(images, lambda y: torch.rand_like(y)), strict=True))
    # another image 0 does not change what image 1 meets
    other = observed([("other", torch.zeros(1, 40, 64)), *images[1:]])
    assert torch.equal(other[1], first[1])
    assert not torch.equal(observed(images, seed=1)[0], first[0])
    # two images get different noise, also image 1 of seed 0 and image 0 of seed 1
    flat = images[2][1]
    a, b = observed([("a", flat), ("b", flat)])
    assert not torch.equal(a, b)
    assert not torch.equal(observed([("a", flat)], seed=1)[0], b)


def test_quantise_clips_and_rounds_half_up():
    x = torch.full((1, 16, 16), 100 / 255)
    off = restoration(lambda y: y + 0.4 / 255, None, [("x", x)], metrics=("mse",), quantise=False)
    on = restoration(lambda y: y + 0.4 / 255, None, [("x", x)], metrics=("mse",))
    assert off.mean["mse"] == pytest.approx((0.4 / 255) ** 2, rel=1e-3)
    assert on.mean["mse"] < 1e-12
    half = restoration(lambda y: torch.full_like(y, 100.5 / 255), None, [("x", x)], metrics=("mse",))
    assert half.mean["mse"] == pytest.approx((1 / 255) ** 2, rel=1e-3)  # 100.5 becomes 101, not the even 100
    white = restoration(lambda y: y + 3, None, [("white", torch.ones(1, 16, 16))])
    assert white.mean["psnr"] == math.inf


def test_networks_run_in_eval_mode_without_gradients_and_are_put_back(device):
    network = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1), nn.Dropout(0.5)).to(device)
    network[1].eval()  # frozen on purpose: must stay frozen
    before = {name: value.clone() for name, value in network.state_dict().items()}
    x = [("x", torch.rand(1, 16, 16))]
    assert restoration(network, None, x).rows == restoration(network, None, x).rows
    assert [network.training, network[0].training, network[1].training, network[2].training] == [True, True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())

    flags = []
    restoration(lambda y: flags.append(torch.is_grad_enabled()) or y, None, x)
    assert flags == [False]


def test_the_mode_is_put_back_after_an_error():
    network = nn.Conv2d(3, 3, 3)
    with pytest.raises(RuntimeError):
        restoration(network, None, [("grey", torch.rand(1, 16, 16))])
    assert network.training


def test_seconds_are_kept_apart(images):
    table = restoration(identity, None, images)
    assert len(table.seconds) == 3
    assert min(table.seconds) >= 0
    assert "second" not in repr(table) + table.to_markdown() + table._repr_html_()
    assert repr(table) == repr(restoration(identity, None, images))


def test_table_text_is_aligned_and_complete():
    table = Table(("psnr", "ssim"), [{"image": "a", "psnr": 9.876, "ssim": 0.5}, {"image": "a|long <name>", "psnr": 30.0, "ssim": 0.25}])
    assert repr(table).split("\n") == [
        "image          PSNR (dB)    SSIM",
        "a                   9.88  0.5000",
        "a|long <name>      30.00  0.2500",
        "mean               19.94  0.3750",
    ]
    assert table.to_markdown().split("\n") == [
        "| image | PSNR (dB) | SSIM |",
        "| --- | ---: | ---: |",
        "| a | 9.88 | 0.5000 |",
        "| a\\|long <name> | 30.00 | 0.2500 |",
        "| mean | 19.94 | 0.3750 |",
    ]
    page = table._repr_html_()
    assert "<td>a|long &lt;name&gt;</td>" in page
    assert "<td><b>19.94</b></td>" in page
    assert page.count("<tr>") == 4


def test_mean_is_of_decibels_not_of_errors():
    table = restoration(
        lambda y: y + torch.tensor([0.1, 0.01])[int(y.mean() > 0.6)],
        None,
        [(n, torch.full((1, 16, 16), v)) for n, v in (("a", 0.5), ("b", 0.7))],
        quantise=False,
    )
    assert table.mean["psnr"] == pytest.approx(30.0, abs=1e-3)


X = ("x", torch.rand(1, 16, 16))


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: restoration("bm3d", None, [X]), TypeError, "restorer must be a callable"),
        (lambda: restoration(identity, 25, [X]), TypeError, "degradation must be"),
        (lambda: restoration(identity, None, []), ValueError, "images is empty"),
        (lambda: restoration(identity, None, torch.rand(2, 1, 8, 8)), TypeError, "images must be a list"),
        (lambda: restoration(identity, None, [X[1]]), TypeError, r"images\[0\] must be a pair"),
        (lambda: restoration(identity, None, [X, ("batch", X[1][None])]), ValueError, r"images\[1\] \('batch'\)"),
        (lambda: restoration(identity, None, [("bytes", X[1].to(torch.uint8))]), TypeError, r"images\[0\] \('bytes'\)"),
        (lambda: restoration(identity, None, [X], metrics="psnr"), TypeError, "metrics"),
        (lambda: restoration(identity, None, [X], metrics=("lpips",)), ValueError, "metrics"),
        (lambda: restoration(identity, None, [X], metrics=()), ValueError, "metrics"),
        (lambda: restoration(identity, None, [X], seed=-1), ValueError, "seed"),
        (lambda: restoration(identity, None, [X], seed=0.5), TypeError, "seed"),
        (lambda: restoration(lambda y: None, None, [X]), TypeError, "restorer returned NoneType for image 'x'"),
        (lambda: restoration(lambda y: y[..., 1:], None, [X]), ValueError, "restorer returned shape"),
        (lambda: restoration(lambda y: y * math.nan, None, [X]), ValueError, "restorer's output for image 'x'"),
        (lambda: restoration(lambda y: y * 255, None, [X]), ValueError, "restorer's output for image 'x'"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
