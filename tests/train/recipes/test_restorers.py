"""The run that the restorers' recipes share. Resuming, batch sizes and cards are tested with the recipes."""

import pytest
import torch

from course_lib.degrade import GaussianNoise
from course_lib.losses import supervised
from course_lib.models import DnCNN
from course_lib.train import Patches, checkpoint, restorer
from course_lib.train.recipes import restorers


def training(steps=40):
    torch.manual_seed(0)
    patches = Patches([torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(1))], patch_size=8, batch_size=2)
    return restorer(DnCNN(depth=3, features=4), patches, supervised(GaussianNoise(25)), steps=steps)


def test_it_looks_twenty_times_and_keeps_what_it_is_told_to(tmp_path):
    def look(network):
        looks.append(network)
        return 30.0

    looks = []
    done = restorers.run("n", training(), out=tmp_path, look=look, save_every=1, resume=False, kept={"a": "b"})
    assert len(looks) == restorers.LOOKS
    assert done["a"] == "b"
    saved = checkpoint.load(tmp_path / "checkpoint.safetensors")
    assert (saved["a"], saved["training"]["step"], len(saved["log"])) == ("b", 40, 40)
    again = restorers.run("n", training(), out=tmp_path, look=look, save_every=1, resume=True, kept={"a": "c"})
    assert again == {"seconds": saved["seconds"], "a": "b"}  # as it was when the run began


def test_a_loss_that_is_not_finite_ends_the_run_and_is_not_saved(tmp_path):
    run = training()
    with torch.no_grad():
        next(iter(run.network.parameters())).fill_(float("nan"))
    with pytest.raises(RuntimeError, match="n: the loss is not finite at step 5; begin again"):
        restorers.run("n", run, out=tmp_path, look=lambda net: 30.0, save_every=5, resume=False)
    assert not list(tmp_path.iterdir())
