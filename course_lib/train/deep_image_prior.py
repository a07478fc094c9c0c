"""Deep Image Prior, as iteration: `for report in DeepImagePrior(y, network, steps=2400): …`.

One observed image y, one untrained network f_θ, one fixed input z of noise:

    minimise over θ   ‖f_θ(z + small noise) − y‖²,        x̂ = f_θ(z) at the *right step*

Nothing is learned from other images. Carried on for long enough the network shows y itself, noise included; on the way there it passes
by the clean image, because noise takes it longer. Where to stop cannot be read off the loss, which only falls.

References
----------
D. Ulyanov, A. Vedaldi and V. Lempitsky, "Deep image prior", CVPR 2018, sections 2 and 3; settings as in the authors' denoising notebook.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss


@dataclass(frozen=True)
class PriorReport:
    """What one step did.

    Attributes
    ----------
    step
        The number of this step, from 1.
    loss
        Mean squared distance of the estimate from y, a 0-d tensor.
    estimate
        The network's output in this step, shape (c, h, w).
    average
        The exponential average of all outputs so far, shape (c, h, w).
    went_back
        Whether the step found that the fit had collapsed, and took the weights of an earlier step.
    """

    step: int
    loss: Tensor
    estimate: Tensor
    average: Tensor
    went_back: bool = False


class DeepImagePrior:
    """Fit a network to one noisy image. Iterate; each iteration is one step.

    Parameters
    ----------
    y
        The observed image, on the network's device.
    network
        From a tensor (1, `network.input_depth`, h, w) to an image (1, c, h, w), as `SkipNetwork`. Is trained in place.
    steps
        How many steps iteration goes up to. The last step is not the best one.
    learning_rate
        Adam's; 0.01 as published.
    input_noise
        Standard deviation of the noise added to z anew in every step; 1/30 as published. It slows the fitting of the noise down.
    decay
        β of the averaged output, x̄ ← β x̄ + (1 − β) x̂; 0.99 as published.
    check_every
        Steps between two looks at the fit. Adam at this rate sometimes throws the network far off; where the fit is more than 5 dB worse
        than at the last look, the weights of that look are taken back.
    seed
        Of z and of its noise; the network's own weights are the caller's.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from course_lib.models import SkipNetwork
    >>> y = torch.rand(1, 16, 16)
    >>> for report in DeepImagePrior(y, SkipNetwork(features=4, levels=2), steps=3):
    ...     pass
    >>> report.step, report.average.shape
    (3, torch.Size([1, 16, 16]))
    """

    def __init__(
        self,
        y: Float[Tensor, "c h w"],
        network: nn.Module,
        *,
        steps: int,
        learning_rate: float | int = 0.01,
        input_noise: float | int = 1 / 30,
        decay: float | int = 0.99,
        check_every: int = 100,
        seed: int = 0,
    ):
        if steps < 1 or check_every < 1:
            raise ValueError(f"steps and check_every must be at least 1, got {steps} and {check_every}")
        if not learning_rate > 0 or not input_noise >= 0 or not 0 <= decay < 1:
            raise ValueError(
                f"learning_rate must be positive, input_noise not negative and decay in [0, 1); got {learning_rate}, {input_noise}, {decay}"
            )
        self.y, self.network, self.steps = y, network.train(), steps
        self.input_noise, self.decay, self.check_every = input_noise, decay, check_every
        self.optimiser = torch.optim.Adam(network.parameters(), learning_rate)
        self.generator = torch.Generator(y.device).manual_seed(seed)
        shape = (1, network.input_depth, *y.shape[-2:])
        self.z = 0.1 * torch.rand(shape, generator=self.generator, device=y.device)  # uniform in [0, 0.1], as published
        self.step_number, self.average = 0, None
        self._kept, self._kept_fit = copy.deepcopy(network.state_dict()), -float("inf")

    def __iter__(self) -> Iterator[PriorReport]:
        while self.step_number < self.steps:
            yield self.step()

    def step(self) -> PriorReport:
        """Take one step."""
        noise = torch.randn(self.z.shape, generator=self.generator, device=self.z.device)
        estimate = self.network(self.z + self.input_noise * noise)[0]
        loss = mse_loss(estimate, self.y)
        self.optimiser.zero_grad()
        loss.backward()
        went_back = self.step_number % self.check_every == 0 and self._look(-10 * torch.log10(loss).item())
        if not went_back:
            self.optimiser.step()
        self.step_number += 1
        estimate = estimate.detach()
        self.average = estimate if self.average is None else self.decay * self.average + (1 - self.decay) * estimate
        return PriorReport(self.step_number, loss.detach(), estimate, self.average, went_back)

    def _look(self, fit: float) -> bool:
        # of the weights before this step's update, which the fit belongs to
        if fit < self._kept_fit - 5:
            self.network.load_state_dict(self._kept)
            return True
        self._kept, self._kept_fit = copy.deepcopy(self.network.state_dict()), fit
        return False
