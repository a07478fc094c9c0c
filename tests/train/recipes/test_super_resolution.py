"""The recipes of super-resolution: sizes, pairs, exact resume, starts, an honest card; with tiny networks and images."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib import data, images, metrics, models, train, zoo
from course_lib.resample import imresize
from course_lib.train import checkpoint
from course_lib.train.recipes import denoisers, super_resolution

TINY = {
    "SRCNN": {"features": [4, 3]},
    "FSRCNN": {"features": 4, "shrunk": 3, "depth": 1},
    "ESPCN": {"features": 4},
    "MSRResNet": {"features": 4, "blocks": 1},
}


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Every recipe with its own kind of network, but small; and an empty zoo."""

    def training_pairs(scale, colour):
        generator = torch.Generator().manual_seed(0)
        channels = 3 if colour else 1
        pairs = []
        for height, width in ((16, 20), (5, 20), (18, 16), (17, 17)):
            high = torch.rand(channels, scale * height, scale * width, generator=generator)
            pairs.append(super_resolution.pair(high, scale, colour))
        return pairs[:-1], pairs[-1:]

    small = {
        name: replace(r, arguments={**r.arguments, **TINY[r.model]}, patch_size=6, batch_size=4)
        for name, r in super_resolution.SUPER_RESOLUTION.items()
    }
    monkeypatch.setattr(super_resolution, "SUPER_RESOLUTION", small)
    monkeypatch.setattr(super_resolution, "training_pairs", training_pairs)
    monkeypatch.setattr(super_resolution, "_SAVE_EVERY", 2)
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path / "zoo")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    return small


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *((f"srcnn-955-x{scale}", 57_281) for scale in (2, 3, 4)),
        *((f"fsrcnn-x{scale}", 12_809) for scale in (2, 3, 4)),
        *zip(("espcn-x2", "espcn-x3", "espcn-x4"), (21_284, 22_729, 24_752), strict=True),
        ("srresnet-x4", 1_517_571),
        ("srresnet-small-x4", 152_912),
    ],
)
def test_the_networks_have_the_published_size(name, parameters):
    recipe = super_resolution.SUPER_RESOLUTION[name]
    network = getattr(models, recipe.model)(**recipe.arguments)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    assert network.scale == recipe.scale == int(name[-1])


@pytest.mark.parametrize("name", super_resolution.SUPER_RESOLUTION)
def test_every_recipe_runs_and_leaves_weights_and_card(name, tiny, tmp_path):
    super_resolution.RECIPES[name](out=tmp_path / "run", steps=3)
    card, network = zoo.card(name, tmp_path / "run"), zoo.load(name, folder=tmp_path / "run")
    recipe = tiny[name]
    assert type(network).__name__ == card["model"] == recipe.model
    assert card["command"] == f"python -m course_lib train {name} --steps 3"
    assert card["batch"] == "4 patches of 6×6 at low resolution"
    assert "2 images, RGB" in card["data"] if recipe.colour else "2 images, luma" in card["data"]  # one is smaller than a patch
    assert card["start"] == "random weights"
    assert list(card["metrics"]) == ["held_out_psnr"]
    _, held_out = super_resolution.training_pairs(recipe.scale, recipe.colour)
    assert card["metrics"]["held_out_psnr"] == {f"x{recipe.scale}": super_resolution.quality(network, held_out)["psnr"]}


def test_an_interrupted_run_ends_with_the_same_weights(tiny, tmp_path, monkeypatch):
    super_resolution.train_super_resolution("fsrcnn-x3", out=tmp_path / "whole", steps=5)
    save = checkpoint.save

    def stop_after(path, state):
        save(path, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after)
    with pytest.raises(KeyboardInterrupt):
        super_resolution.train_super_resolution("fsrcnn-x3", out=tmp_path / "halves", steps=5)
    monkeypatch.setattr(checkpoint, "save", save)
    assert checkpoint.load(tmp_path / "halves" / "checkpoint.safetensors")["training"]["step"] == 2
    super_resolution.train_super_resolution("fsrcnn-x3", out=tmp_path / "halves", steps=5, resume=True)
    whole, halves = (zoo.card("fsrcnn-x3", tmp_path / run) for run in ("whole", "halves"))
    assert whole["sha256"] == halves["sha256"]
    assert whole["metrics"] == halves["metrics"]


def test_other_scales_start_from_the_layers_of_three(tiny, tmp_path):
    three, two = tmp_path / "three", tmp_path / "two"
    super_resolution.train_super_resolution("fsrcnn-x3", out=three, steps=2)
    source = zoo.load("fsrcnn-x3", folder=three)
    network = models.FSRCNN(2, **TINY["FSRCNN"])
    last = network.enlarge.weight.clone()
    assert super_resolution.begin(network, None, three) == "random weights"
    assert super_resolution.begin(network, "fsrcnn-x3", None) == "random weights"  # the zoo is empty
    said = super_resolution.begin(network, "fsrcnn-x3", three)
    for key, value in network.layers.state_dict().items():
        assert torch.equal(value, source.layers.state_dict()[key])
    assert torch.equal(network.enlarge.weight, last)
    assert said == f"the layers of fsrcnn-x3 (sha256 {zoo.card('fsrcnn-x3', three)['sha256'][:12]}), but for the last"
    super_resolution.train_super_resolution("fsrcnn-x2", out=two, steps=2, start=three)
    super_resolution.train_super_resolution("fsrcnn-x2", out=two, steps=2, resume=True)  # and remembers
    assert zoo.card("fsrcnn-x2", two)["start"] == said


def test_an_srcnn_starts_from_all_the_layers_of_another(tiny, tmp_path):
    """It sees enlarged images at every scale, so none of its layers is left out."""
    super_resolution.train_super_resolution("srcnn-955-x3", out=tmp_path, steps=2)
    network = models.SRCNN(2, **TINY["SRCNN"])
    said = super_resolution.begin(network, "srcnn-955-x3", tmp_path)
    expected = zoo.load("srcnn-955-x3", folder=tmp_path).state_dict()
    assert all(torch.equal(value, expected[key]) for key, value in network.state_dict().items())
    assert said == f"the layers of srcnn-955-x3 (sha256 {zoo.card('srcnn-955-x3', tmp_path)['sha256'][:12]})"


def test_only_other_scales_start_from_another_network():
    starts = {name: recipe.start for name, recipe in super_resolution.SUPER_RESOLUTION.items() if recipe.start}
    assert starts == {f"{family}-x{scale}": f"{family}-x3" for family in ("srcnn-955", "fsrcnn", "espcn") for scale in (2, 4)}


def test_another_batch_size_is_written_on_the_card_and_not_resumed(tiny, tmp_path):
    assert train.main(["espcn-x3", "--steps", "2", "--batch-size", "2", "--out", str(tmp_path)]) == 0
    card = zoo.card("espcn-x3", tmp_path)
    assert card["command"] == "python -m course_lib train espcn-x3 --steps 2 --batch-size 2"
    assert card["batch"] == "2 patches of 6×6 at low resolution"
    with pytest.raises(ValueError, match="begun with 2 patches in a batch; got 4"):
        super_resolution.train_super_resolution("espcn-x3", out=tmp_path, steps=2, resume=True)


@pytest.mark.parametrize("loss", ["l1", "mse"])
def test_the_loss_compares_the_output_with_the_high_resolution_patch(loss):
    task, batch = super_resolution.paired(loss), train.Pair(torch.rand(2, 1, 3, 3), torch.rand(2, 1, 6, 6))
    network = nn.Upsample(scale_factor=2)
    error = network(batch.low) - batch.high
    expected = error.abs().mean() if loss == "l1" else error.square().mean()
    assert task.loss(network, *task.draw(batch, None)).item() == pytest.approx(expected.item(), rel=1e-6)


def test_quality_is_what_the_papers_measure():
    class Up(nn.Upsample):
        scale = 2

        def parameters(self, recurse=True):
            return iter([torch.zeros(1)])

    image = data.photo("astronaut", size=64)[:, 10:47, 5:54]
    low, high = super_resolution.pair(image, 2, True)
    assert high.shape == (3, 36, 48)
    found = super_resolution.quality(Up(scale_factor=2), [(low, high), (low, high)])
    estimate = images.from_uint8(low).repeat_interleave(2, 1).repeat_interleave(2, 2)
    y, x = (images.luma(t)[:, 2:-2, 2:-2].double() for t in (estimate, images.from_uint8(high)))
    assert found["psnr"] == pytest.approx(-10 * (y - x).square().mean().log10().item(), abs=1e-4)
    assert found["ssim"] == pytest.approx(metrics.ssim(y, x).item(), abs=1e-5)


def test_a_pair_of_luminance_is_that_of_the_rounded_luma():
    image = data.photo("astronaut", size=64)[:, :35, :40]
    low, high = super_resolution.pair(image, 3, False)
    assert torch.equal(high, images.to_uint8(images.luma(image)[:, :33, :39]))
    assert torch.equal(low, images.to_uint8(imresize(images.from_uint8(high), 1 / 3, quantise=True)))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_low_resolution_images_are_the_benchmarks_own(scale, course_data):
    published = data.images(f"Set5/LR_bicubic/X{scale}", "rgb")
    for (_, image), (_, low) in zip(data.images("Set5", "rgb"), published, strict=True):
        assert torch.equal(super_resolution.pair(image, scale, True)[0], images.to_uint8(low))


def test_the_last_twenty_of_test_are_held_out(monkeypatch):
    sizes = {"T91": 3, "BSDS500/train": 2, "BSDS500/test": 25}
    order = []

    def folder(name, mode):
        assert mode == "rgb"
        start = len(order)
        order.extend(f"{name}/{i}" for i in range(sizes[name]))
        return [(key, torch.full((3, 5, 7), (start + i) / 51)) for i, key in enumerate(order[start:])]

    monkeypatch.setattr(data, "images", folder)
    pairs, held_out = super_resolution.training_pairs(2, True)
    assert [int(low[0, 0, 0]) for low, _ in held_out] == [5 * number for number in range(10, 30)]
    assert order[10:] == [f"BSDS500/test/{i}" for i in range(5, 25)]
    assert len(pairs) == 10
    assert denoisers.HELD_OUT == 20


def test_the_held_out_images_are_those_of_the_colour_denoisers(course_data):
    _, held_out = denoisers.training_images(True)
    names = [name for name, _ in held_out]
    assert names == [path.stem for path in sorted((course_data / "BSDS500" / "test").iterdir())][-20:]
