"""An exponential moving average of a network's weights: a generator that has stopped orbiting.

The players of a GAN circle their equilibrium, and the current G is wherever the last batches have pushed it. Averaging the
*weights* over the last steps lands nearer to the centre of the orbit. The averaged copy is never trained on; it is for sampling
and evaluation.

References
----------
Y. Yazıcı et al., "The unusual effectiveness of averaging in GAN training", ICLR 2019, eq. 4.
"""

import copy

import torch
from torch import nn


class Ema:
    """The averaged copy of a network, in eval mode, as `.model`.

    Parameters
    ----------
    network
        The network to follow.
    decay
        β in w̄ ← β w̄ + (1 - β) w; the average reaches about 1/(1 - β) steps back. During the first steps (1 + t)/(10 + t) is used where
        that is smaller, so that the initial weights are forgotten at once.

    Raises
    ------
    ValueError
        If `decay` is not in [0, 1).

    Examples
    --------
    >>> net = nn.Linear(1, 1, bias=False)
    >>> ema = Ema(net, decay=0.5)
    >>> _ = nn.init.ones_(net.weight), nn.init.zeros_(ema.model.weight)
    >>> ema.update(net)  # β is (1 + 1)/(10 + 1) at the first step
    >>> round(ema.model.weight.item(), 4)
    0.8182
    """

    def __init__(self, network: nn.Module, decay: float = 0.999):
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and less than 1, got {decay}")
        self.model = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.updates = decay, 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present weights. Batch normalisation's running statistics are averaged with them."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        average, current = self.model.state_dict(), network.state_dict()
        names = [name for name, value in average.items() if value.is_floating_point()]
        torch._foreach_lerp_([average[name] for name in names], [current[name] for name in names], 1 - decay)
        for name in average.keys() - set(names):  # counters
            average[name].copy_(current[name])
