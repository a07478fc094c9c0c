"""The training of a conditional GAN: `for report in train.conditional_gan(G, D, batches, steps=1000): …`.

The loop of `course_lib.train.gan_loop` with a condition c beside every image. A batch is (x, labels) or (x, labels, factors). G draws one
fake for each condition of the batch, and D judges *pairs*:

    D's step:  real (x, c) against fake (G(z, c), c)          G's step:  (G(z, c), c) is to pass for real

Three slips take the condition out of the game and raise no error: a D that does not see c, a c drawn anew when a fake is shown to D, and
images paired with other images' labels. The first is another D, the second a subclass with another `claim`, the third other batches.

References
----------
M. Mirza and S. Osindero, "Conditional generative adversarial nets", 2014, eq. 2. With an auxiliary classifier: A. Odena, C. Olah and
J. Shlens, "Conditional image synthesis with auxiliary classifier GANs", ICML 2017, eqs. 2 and 3.
"""

import torch
from torch import Tensor

from course_lib.losses import clip_weights
from course_lib.train.gan_loop import GanTraining, Report, frozen

Conditions = tuple[Tensor, ...]  # (labels,) or (labels, factors)


def _verdict(output: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Logits and −log P(c|x), whether or not D gives the second."""
    return output if isinstance(output, tuple) else (output, torch.zeros_like(output))


class ConditionalGanTraining(GanTraining):
    """A conditional generator and discriminator in training. Iterate to train; each iteration is one step of G and yields a `Report`.

    Parameters
    ----------
    G
        `G(z, *c)`: latents (n, latent_dim) and conditions to samples; has the attribute `latent_dim`.
    D
        `D(x, *c)`: samples and conditions to logits (n,). A D with an auxiliary classifier returns (logits, −log P(c|x)), (n,) each;
        the mean of the second is added to both players' losses, on real and on fake samples alike.
    batches
        An endless iterator of tuples: real samples in the range of G's output ([-1, 1] for images), and their conditions, which are passed
        on as they are.
    **settings
        As for `GanTraining`.

    Notes
    -----
    A penalty is one on the logit as a function of the sample, with the condition held fast.

    Examples
    --------
    >>> from course_lib.models import ConcatDiscriminator, ConcatGenerator
    >>> from course_lib.train import Batches
    >>> batches = Batches(torch.zeros(8, 1, 28, 28), torch.arange(8), batch_size=4)
    >>> G, D = ConcatGenerator(features=2), ConcatDiscriminator(features=2)
    >>> for report in conditional_gan(G, D, batches, steps=3):
    ...     pass
    >>> report.step, report.samples.shape
    (3, torch.Size([4, 1, 28, 28]))
    """

    def step(self) -> Report:
        """One step of the training: D's, as often as asked for, then G's."""
        self.set_learning_rate()
        for _ in range(self.discriminator_steps - 1):
            self.step_discriminator()
        real, *c = next(self.batches)
        fake = self.generate(*c)
        loss_d, real_logit, fake_logit = self.step_discriminator(real, fake.detach(), tuple(c))
        loss_g = self.step_generator(fake, tuple(c))
        if self.ema is not None:
            self.ema.update(self.G)
        self.step_number += 1
        return Report(self.step_number, loss_d, loss_g, real_logit, fake_logit, fake.detach())

    def step_discriminator(
        self, real: Tensor | None = None, fake: Tensor | None = None, c: Conditions = ()
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One step of D on real and fake samples of the same conditions (drawn where not given); G stays as it is, to the last bit.

        Returns D's loss and its mean logits on the real and on the fake batch, from before the step.
        """
        if real is None:
            real, *c = next(self.batches)
        if fake is None:
            with torch.no_grad(), frozen(self.G):
                fake = self.generate(*c)
        real_logits, real_surprise = self.judge(real, *c)
        fake_logits, fake_surprise = self.judge(fake, *self.claim(*c))
        loss = self.loss.discriminator(real_logits, fake_logits) + real_surprise + fake_surprise
        if self.penalty is not None and self.step_number % self.penalty_every == 0:
            loss = loss + self.penalty_every * self.penalty(lambda x: _verdict(self.D(x, *c))[0], real, fake, self.generator)
        self.optimiser_d.zero_grad()
        loss.backward()
        self.optimiser_d.step()
        if self.clip is not None:
            clip_weights(self.D, self.clip)
        return loss.detach(), real_logits.detach().mean(), fake_logits.detach().mean()

    def step_generator(self, fake: Tensor | None = None, c: Conditions = ()) -> Tensor:
        """One step of G on fakes that carry their graph, with their conditions (drawn where not given); D stays as it is.

        Returns G's loss.
        """
        if fake is None:
            _, *c = next(self.batches)
            fake = self.generate(*c)
        with frozen(self.D):
            logits, surprise = self.judge(fake, *self.claim(*c))
            loss = self.loss.generator(logits) + surprise
            self.optimiser_g.zero_grad()
            loss.backward()
            self.optimiser_g.step()
        return loss.detach()

    def claim(self, *c: Tensor) -> Conditions:
        """What D is told that the fakes are of: the conditions that they were made from. Override it to see what another claim does."""
        return c

    def generate(self, *c: Tensor) -> Tensor:
        """One sample of G in its present mode for each condition, from fresh latents, with its graph."""
        z = torch.randn(len(c[0]), self.G.latent_dim, generator=self.generator, device=self.device)
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            return self.G(z, *c).float()

    def judge(self, x: Tensor, *c: Tensor) -> tuple[Tensor, Tensor]:
        """D's logits on pairs of samples (augmented first where the training says so) and conditions, and the mean loss of its classifier,
        0 for a D without one."""
        if self.augment is not None:
            x = self.augment(x, generator=self.generator)
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            logits, surprise = _verdict(self.D(x, *c))
        return logits.float(), surprise.float().mean()


conditional_gan = ConditionalGanTraining
