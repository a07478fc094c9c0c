"""The training of a GAN, as iteration: `for report in train.gan(G, D, batches, steps=1000): …`.

One step is algorithm 1 of the paper: D takes a step (or several) on a batch of real and a batch of fake samples, then G takes one
against the new D. Everything around it (progress bar, plot, checkpoint, early stop) consumes the reports from outside; see
`course_lib.train.consumers`.

References
----------
I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, algorithm 1.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib.losses import NON_SATURATING, GanLoss, clip_weights
from course_lib.train.checkpoint import optimiser_state
from course_lib.train.ema import Ema


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """The network as a fixed function: no gradients for its parameters, and no update of batch normalisation's running statistics.

    A gradient still passes *through* it. In training mode it goes on to normalise with the batch's own statistics.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    norms = [layer for layer in network.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.track_running_stats]
    try:
        for parameter in parameters:
            parameter.requires_grad_(False)
        for layer in norms:
            layer.track_running_stats = False
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
        for layer in norms:
            layer.track_running_stats = True


@dataclass(frozen=True)
class Report:
    """What one step did. The numbers are 0-d tensors: reading one waits for the device, carrying it along does not.

    Attributes
    ----------
    step
        The number of this step, from 1.
    loss_d, loss_g
        Both players' losses; D's includes its penalty.
    real_logit, fake_logit
        D's mean output on the real and on the fake batch, before D's step.
    samples
        The fake batch, from G before its step, as G returns it.
    """

    step: int
    loss_d: Tensor
    loss_g: Tensor
    real_logit: Tensor
    fake_logit: Tensor
    samples: Tensor


class GanTraining:
    """A generator and a discriminator in training. Iterate to train; each iteration is one step of G and yields a `Report`.

    Parameters
    ----------
    G
        Latents (n, latent_dim) to samples; has the attribute `latent_dim`.
    D
        Samples to logits (n,).
    batches
        An endless iterator of real batches in the range of G's output: [-1, 1] for images. Each is put through D on its own, never mixed
        with fakes: batch normalisation in D would see different statistics.
    steps
        How many steps iteration goes up to, counted from the beginning of the training, also after a resume.
    loss
        Both players' losses.
    penalty
        A gradient penalty `penalty(D, real, fake, generator)`, added to D's loss.
    penalty_every
        Add it only in every so many-th step, that many times as heavy: nearly the same training for less work (Karras et al.,
        "Analyzing and improving the image quality of StyleGAN", CVPR 2020, section 3.1, "lazy regularization").
    clip
        Where given, every weight of D is put into [-clip, clip] after each of D's steps.
    augment
        `augment(images, generator=…)`, applied to whatever D sees, in both players' steps.
    discriminator_steps
        Steps of D to one of G.
    learning_rate, betas
        Adam's, for both players.
    decay_steps
        Over the last so many steps the learning rate falls linearly to zero, and both players come to rest; 0 keeps it constant.
    ema_decay
        Where given, `ema.model` is the averaged generator.
    autocast
        The type of the convolutions and matrix products inside the networks, as `torch.bfloat16`; None computes in the weights' own type.
        Losses and penalties stay in float32.
    seed
        Of the latents and of all randomness in penalty and augmentation.

    Notes
    -----
    The last batch of fakes that D sees in a step is the one that G's step uses, with its graph kept: the latents'
    distribution is the same as with fresh ones, and one pass through G is saved.

    Examples
    --------
    >>> from course_lib.models import MLPDiscriminator, MLPGenerator
    >>> from course_lib.train import Batches, gan
    >>> batches = Batches(torch.randn(64, 2), batch_size=16)
    >>> for report in gan(MLPGenerator(), MLPDiscriminator(), batches, steps=3):
    ...     pass
    >>> report.step, report.samples.shape
    (3, torch.Size([16, 2]))
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        batches: Iterator[Tensor],
        *,
        steps: int,
        loss: GanLoss = NON_SATURATING,
        penalty: Callable[..., Tensor] | None = None,
        penalty_every: int = 1,
        clip: float | None = None,
        augment: Callable[..., Tensor] | None = None,
        discriminator_steps: int = 1,
        learning_rate: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        decay_steps: int = 0,
        ema_decay: float | None = None,
        autocast: torch.dtype | None = None,
        seed: int = 0,
    ):
        if discriminator_steps < 1:
            raise ValueError(f"discriminator_steps must be at least 1, got {discriminator_steps}")
        if penalty_every < 1:
            raise ValueError(f"penalty_every must be at least 1, got {penalty_every}")
        self.G, self.D, self.batches, self.steps = G.train(), D.train(), batches, steps
        self.loss, self.penalty, self.clip, self.augment, self.discriminator_steps = loss, penalty, clip, augment, discriminator_steps
        self.penalty_every = penalty_every
        self.device = next(G.parameters()).device
        self.autocast = autocast
        self.learning_rate, self.decay_steps = learning_rate, decay_steps
        self.optimiser_g = torch.optim.Adam(G.parameters(), learning_rate, betas, fused=True)
        self.optimiser_d = torch.optim.Adam(D.parameters(), learning_rate, betas, fused=True)
        self.ema = Ema(G, ema_decay) if ema_decay is not None else None
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.step_number = 0

    def __iter__(self) -> Iterator[Report]:
        while self.step_number < self.steps:
            yield self.step()

    def step(self) -> Report:
        """One step of the training: D's, as often as asked for, then G's."""
        self.set_learning_rate()
        for _ in range(self.discriminator_steps - 1):
            self.step_discriminator()
        real = next(self.batches)
        fake = self.generate(len(real))
        loss_d, real_logit, fake_logit = self.step_discriminator(real, fake.detach())
        loss_g = self.step_generator(fake)
        if self.ema is not None:
            self.ema.update(self.G)
        self.step_number += 1
        return Report(self.step_number, loss_d, loss_g, real_logit, fake_logit, fake.detach())

    def set_learning_rate(self) -> None:
        """Both players' for the next step: the constant one, or on its way to zero."""
        if self.decay_steps:
            share = min(1.0, max(0, self.steps - self.step_number) / self.decay_steps)
            for group in (*self.optimiser_g.param_groups, *self.optimiser_d.param_groups):
                group["lr"] = share * self.learning_rate

    def step_discriminator(self, real: Tensor | None = None, fake: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """One step of D on a real and a fake batch (drawn where not given); G stays as it is, to the last bit.

        Returns D's loss and its mean logits on the real and on the fake batch, from before the step.
        """
        if real is None:
            real = next(self.batches)
        if fake is None:
            with torch.no_grad(), frozen(self.G):
                fake = self.generate(len(real))
        real_logits, fake_logits = self.judge(real), self.judge(fake)
        loss = self.loss.discriminator(real_logits, fake_logits)
        if self.penalty is not None and self.step_number % self.penalty_every == 0:
            loss = loss + self.penalty_every * self.penalty(self.D, real, fake, self.generator)
        self.optimiser_d.zero_grad()
        loss.backward()
        self.optimiser_d.step()
        if self.clip is not None:
            clip_weights(self.D, self.clip)
        return loss.detach(), real_logits.detach().mean(), fake_logits.detach().mean()

    def step_generator(self, fake: Tensor | None = None) -> Tensor:
        """One step of G on a batch of fakes that carries its graph (drawn where not given); D stays as it is. Returns G's loss."""
        if fake is None:
            fake = self.generate(self.batches.batch_size)
        # D is frozen: the gradient passes through it to the fakes, and none is computed for its own weights
        with frozen(self.D):
            loss = self.loss.generator(self.judge(fake))
            self.optimiser_g.zero_grad()
            loss.backward()
            self.optimiser_g.step()
        return loss.detach()

    def generate(self, n: int) -> Tensor:
        """n samples of G in its present mode, from fresh latents, with their graph."""
        z = torch.randn(n, self.G.latent_dim, generator=self.generator, device=self.device)
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            return self.G(z).float()

    def judge(self, x: Tensor) -> Tensor:
        """D's logits on a batch, which is augmented first where the training says so."""
        if self.augment is not None:
            x = self.augment(x, generator=self.generator)
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            return self.D(x).float()

    def state(self) -> dict:
        """Everything that the next step depends on, for `checkpoint.save`. The batches must have a `position`, as `train.Batches` has."""
        state = {
            "step": self.step_number,
            "G": dict(self.G.state_dict()),
            "D": dict(self.D.state_dict()),
            "optimiser_g": self.optimiser_g.state_dict(),
            "optimiser_d": self.optimiser_d.state_dict(),
            "position": self.batches.position,
            "generator": self.generator.get_state(),
            "torch_generator": torch.get_rng_state(),
        }
        if self.ema is not None:
            state |= {"ema": dict(self.ema.model.state_dict()), "ema_updates": self.ema.updates}
        return state

    def restore(self, state: dict) -> None:
        """Continue from a state: the steps that follow are, on the same CPU, bit for bit those of a run that was never interrupted.

        Raises
        ------
        ValueError
            If the state belongs to networks of other shapes.
        """
        try:
            self.G.load_state_dict(state["G"])
            self.D.load_state_dict(state["D"])
        except RuntimeError as error:
            raise ValueError(
                f"state: the checkpoint belongs to other networks; train with the settings it was begun with\n{error}"
            ) from error
        self.optimiser_g.load_state_dict(optimiser_state(self.optimiser_g, state["optimiser_g"]))
        self.optimiser_d.load_state_dict(optimiser_state(self.optimiser_d, state["optimiser_d"]))
        self.batches.position = state["position"]
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_generator"])
        if self.ema is not None:
            self.ema.model.load_state_dict(state["ema"])
            self.ema.updates = state["ema_updates"]
        self.step_number = state["step"]


gan = GanTraining
