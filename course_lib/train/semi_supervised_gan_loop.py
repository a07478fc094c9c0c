"""The training of an unconditional G by a D that knows the classes: `for report in train.semi_supervised_gan(G, D, batches, steps=9): …`.

The labels are D's alone. D learns to classify the real images of a batch while it tells them from the fakes; G draws from latents and
is taught by the logit of real against fake, as without labels.

References
----------
T. Salimans et al., "Improved techniques for training GANs", NeurIPS 2016, section 5.
"""

from torch import Tensor

from course_lib.train.conditional_gan_loop import ConditionalGanTraining
from course_lib.train.gan_loop import GanTraining


class SemiSupervisedGanTraining(ConditionalGanTraining):
    """A generator without conditions and a discriminator with class logits in training. Iterate to train.

    Parameters
    ----------
    G
        Latents (n, latent_dim) to samples; has the attribute `latent_dim`.
    D
        `D(x)`: samples to logits (n,); `D(x, labels)`: the same and −log P(label|x), (n,) each, as `SemiSupervisedDiscriminator`.
    batches
        An endless iterator of (x, labels), x in the range of G's output.
    **settings
        As for `GanTraining`.

    Examples
    --------
    >>> import torch
    >>> from course_lib.models import DCGANGenerator, SemiSupervisedDiscriminator
    >>> from course_lib.train import Batches
    >>> batches = Batches(torch.zeros(8, 1, 28, 28), torch.arange(8), batch_size=4)
    >>> G, D = DCGANGenerator(28, features=2, channels=1), SemiSupervisedDiscriminator(features=2)
    >>> for report in semi_supervised_gan(G, D, batches, steps=3):
    ...     pass
    >>> report.step, report.samples.shape
    (3, torch.Size([4, 1, 28, 28]))
    """

    def claim(self, labels: Tensor) -> tuple[()]:
        """Nothing: a fake is of no class."""
        return ()

    def generate(self, labels: Tensor) -> Tensor:
        """As many samples as there are labels, from fresh latents, with their graph."""
        return GanTraining.generate(self, len(labels))


semi_supervised_gan = SemiSupervisedGanTraining
