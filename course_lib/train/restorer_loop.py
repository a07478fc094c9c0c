"""The training of a restorer, as iteration: `for report in train.restorer(network, patches, task, steps=1000): …`.

A step cuts a batch of clean patches, lets the task spoil them anew, and moves the network down the gradient of the task's loss. What is
around it (progress bar, checkpoint, validation) consumes the reports from outside.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib.losses.denoising import Task
from course_lib.train.checkpoint import optimiser_state
from course_lib.train.ema import Ema


@dataclass(frozen=True)
class RestorerReport:
    """What one step did.

    Attributes
    ----------
    step
        The number of this step, from 1.
    loss
        Of the batch, a 0-d tensor: reading it waits for the device, carrying it along does not.
    learning_rate
        That the step was taken with.
    """

    step: int
    loss: Tensor
    learning_rate: float


class RestorerTraining:
    """A restorer in training. Iterate to train; each iteration is one step.

    Parameters
    ----------
    network
        Images to images. Is trained in place.
    patches
        An endless iterator of clean batches with a `position`, as `Patches`.
    task
        What goes in and what is compared, as `losses.supervised(GaussianNoise(25))`.
    steps
        How many steps iteration goes up to, counted from the beginning of the training, also after a resume. The learning rate
        depends on it.
    learning_rate
        Adam's, at its highest: it rises over `warm_up` steps and falls along half a cosine to nothing.
    warm_up
        Steps.
    cycles
        How many times it falls, each time in as many steps, beginning at its highest again (Loshchilov and Hutter, ICLR 2017).
    gradient_clip
        The gradient is shortened to this norm where it is longer.
    ema_decay
        `ema.model` is the averaged network; that is the one to use.
    autocast
        The type of the convolutions, as `torch.bfloat16`; None computes in the weights' own type. The loss stays in float32.
    seed
        Of all randomness in the task.
    accelerator
        An `accelerate.Accelerator`, to train on several processes: each draws the whole batch, takes its share, and the gradients
        are averaged. So the loss curve is that of one process with the same batch; but batch normalisation sees only its own share.

    Examples
    --------
    >>> from course_lib.degrade import GaussianNoise
    >>> from course_lib.losses import supervised
    >>> from course_lib.models import DnCNN
    >>> from course_lib.train import Patches, restorer
    >>> patches = Patches([torch.rand(1, 32, 32)], patch_size=8, batch_size=2)
    >>> for report in restorer(DnCNN(depth=3, features=4), patches, supervised(GaussianNoise(25)), steps=3):
    ...     pass
    >>> report.step
    3
    """

    def __init__(
        self,
        network: nn.Module,
        patches: Iterator[Tensor],
        task: Task,
        *,
        steps: int,
        learning_rate: float = 1e-3,
        warm_up: int = 100,
        cycles: int = 1,
        gradient_clip: float = 1.0,
        ema_decay: float = 0.999,
        autocast: torch.dtype | None = None,
        seed: int = 0,
        accelerator=None,
    ):
        if accelerator is not None and patches.batch_size % accelerator.num_processes:
            raise ValueError(f"batch_size must be a multiple of the {accelerator.num_processes} processes, got {patches.batch_size}")
        if steps < 1 or warm_up < 0:
            raise ValueError(f"steps must be at least 1 and warm_up not negative, got {steps} and {warm_up}")
        if cycles < 1 or steps % cycles:
            raise ValueError(f"cycles must be at least 1 and divide the {steps} steps, got {cycles}")
        self.network, self.patches, self.task, self.steps = network.train(), patches, task, steps
        self.learning_rate, self.warm_up, self.cycle, self.gradient_clip = learning_rate, warm_up, steps // cycles, gradient_clip
        self.device = next(network.parameters()).device
        self.autocast, self.accelerator = autocast, accelerator
        self.optimiser = torch.optim.Adam(network.parameters(), learning_rate, fused=True)
        self.ema = Ema(network, ema_decay)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.step_number = 0
        # with several processes, the copy that averages gradients; the same weights
        self._parallel = network if accelerator is None else accelerator.prepare_model(network)

    def __iter__(self) -> Iterator[RestorerReport]:
        while self.step_number < self.steps:
            yield self.step()

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        rise = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        return self.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * (step % self.cycle) / self.cycle))

    def step(self) -> RestorerReport:
        """Take one step."""
        rate = self.rate(self.step_number)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        x = next(self.patches).to(self.device)
        drawn = self.task.draw(x, self.generator)
        if self.accelerator is not None:
            share = slice(self.accelerator.process_index, None, self.accelerator.num_processes)
            drawn = tuple(tensor[share] for tensor in drawn)
        loss = self.task.loss(self._apply, *drawn)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.gradient_clip)
        self.optimiser.step()
        self.ema.update(self.network)
        self.step_number += 1
        loss = loss.detach()
        if self.accelerator is not None:
            loss = self.accelerator.reduce(loss, "mean")
        return RestorerReport(self.step_number, loss, rate)

    def _apply(self, y: Tensor, *rest: Tensor) -> Tensor:
        if self.autocast is None:
            return self._parallel(y, *rest)
        with torch.autocast(self.device.type, self.autocast):
            return self._parallel(y, *rest).float()

    def state(self) -> dict:
        """All that a resumed training needs, for `checkpoint.save`."""
        return {
            "step": self.step_number,
            "steps": self.steps,
            "network": dict(self.network.state_dict()),
            "optimiser": self.optimiser.state_dict(),
            "ema": dict(self.ema.model.state_dict()),
            "ema_updates": self.ema.updates,
            "position": self.patches.position,
            "generator": self.generator.get_state(),
        }

    def restore(self, state: dict) -> None:
        """Go on from a state: on the same CPU, the weights at the end are those of an uninterrupted run, bit for bit.

        Raises
        ------
        ValueError
            If the state belongs to a training of another length, or of another network.
        """
        if state["steps"] != self.steps:
            raise ValueError(
                f"steps: the training was begun for {state['steps']} steps, and its learning rate depends on that; got {self.steps}. Say "
                f"{state['steps']}, or begin again"
            )
        try:
            self.network.load_state_dict(state["network"])
            self.ema.model.load_state_dict(state["ema"])
        except RuntimeError as error:
            raise ValueError(f"state belongs to another network: {error}") from error
        self.optimiser.load_state_dict(optimiser_state(self.optimiser, state["optimiser"]))
        self.ema.updates, self.step_number = state["ema_updates"], state["step"]
        self.patches.position = state["position"]
        self.generator.set_state(state["generator"])


restorer = RestorerTraining
