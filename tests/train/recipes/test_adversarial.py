"""The run that adversarial recipes share, with a training that only counts: what is printed and saved, and that nothing is done twice."""

import re
from types import SimpleNamespace

import pytest
import torch

from course_lib.train import checkpoint
from course_lib.train.gan_loop import GanTraining
from course_lib.train.recipes import adversarial


class Counting(GanTraining):
    """Each step's losses are its number and twice that; `bad` is a step without a finite loss."""

    def __init__(self, steps: int, stop: int | None = None, bad: int | None = None):
        self.steps, self.stop, self.bad, self.step_number, self.done = steps, stop, bad, 0, []

    def __iter__(self):
        while self.step_number < self.steps:
            if self.step_number == self.stop:
                raise KeyboardInterrupt
            self.step_number += 1
            self.done.append(self.step_number)
            loss = torch.tensor(float("nan") if self.step_number == self.bad else float(self.step_number))
            yield SimpleNamespace(step=self.step_number, loss_d=loss, loss_g=2 * loss, cycle=loss / 100)

    def state(self) -> dict:
        return {"step": self.step_number}

    def restore(self, state: dict) -> None:
        self.step_number = state["step"]


def run(training, folder, resume=False, **more):
    return adversarial.run(
        "n", training, folder / "checkpoint.safetensors", save_every=4, resume=resume, **({"look": lambda: "seen"} | more)
    )


def test_each_line_has_the_mean_losses_since_the_line_before(tmp_path, capsys):
    seconds = run(Counting(10), tmp_path, third="cycle")
    lines = [re.sub(r" \d+ s,", "", line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "n: step 4/10, D 2.500, G 5.000, cycle 0.0250, seen",
        "n: step 8/10, D 6.500, G 13.000, cycle 0.0650, seen",
        "n: step 10/10, D 9.500, G 19.000, cycle 0.0950, seen",
    ]
    assert checkpoint.load(tmp_path / "checkpoint.safetensors")["seconds"] == pytest.approx(seconds)


def test_it_looks_ten_times(tmp_path, capsys):
    looks = iter(range(100))
    run(Counting(400), tmp_path, look=lambda: f"look {next(looks)}")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 100
    assert [line.split(",")[0] for line in lines if "look" in line] == [f"n: step {step}/400" for step in range(40, 401, 40)]


def test_a_resumed_run_repeats_no_step_that_was_saved(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(Counting(10, stop=6), tmp_path)
    again = Counting(10)
    run(again, tmp_path, resume=True)
    assert again.done == [5, 6, 7, 8, 9, 10]
    anew = Counting(10)
    run(anew, tmp_path, resume=False)
    assert anew.done == [*range(1, 11)]


def test_seconds_add_up_over_stops(tmp_path):
    checkpoint.save(tmp_path / "checkpoint.safetensors", {"steps": 10, "training": {"step": 8}, "seconds": 5000.0})
    assert run(Counting(10), tmp_path, resume=True) >= 5000


@pytest.mark.bad_input
def test_another_number_of_steps_cannot_be_resumed(tmp_path):
    run(Counting(10), tmp_path)
    with pytest.raises(ValueError, match=r"begun for 10 steps, and its learning rate depends on that; got 12. Say --steps 10"):
        run(Counting(12), tmp_path, resume=True)


def test_a_loss_that_is_not_finite_ends_the_run_and_is_not_saved(tmp_path):
    with pytest.raises(RuntimeError, match="n: the losses are not finite at step 8"):
        run(Counting(12, bad=6), tmp_path)
    assert checkpoint.load(tmp_path / "checkpoint.safetensors")["training"] == {"step": 4}
