"""The condition c that both players of a conditional GAN are given: a class, and numbers beside it.

In min over G, max over D of E log D(x|c) + E log(1 − D(G(z|c)|c)), the condition c goes with the image x, or with the latents z, into
*both* players. `Condition` turns what a caller says (class numbers, factors in their own units) into one row of numbers per image:

    c = (0, …, 0, 1, 0, …, 0,  factors standardised)        `classes` numbers, then one for each factor

A row of class weights in place of a class number lies *between* classes: half a 3 and half an 8.

References
----------
M. Mirza and S. Osindero, "Conditional generative adversarial nets", 2014, eq. 2. For conditions that are numbers instead of classes:
X. Ding, Y. Wang, Z. Xu, W. J. Welch and Z. J. Wang, "CcGAN: continuous conditional generative adversarial networks for image generation",
ICLR 2021.
"""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import one_hot

Labels = Int64[Tensor, " n"] | Float[Tensor, "n classes"]
Factors = Float[Tensor, "n factors"] | None
Ranges = dict[str, tuple[float, float] | list[float]]  # JSON, where a network's arguments are kept, knows lists only


class Condition(nn.Module):
    """Classes and factors to rows of numbers.

    Parameters
    ----------
    classes
        How many classes; labels are 0 to classes − 1.
    factors
        Name → (lowest, highest) value in the training data, in the units in which callers will say them. A factor spread evenly over its
        range is standardised to mean 0 and standard deviation 1. None or empty: the condition is the class alone.

    Attributes
    ----------
    length
        Numbers in a row.

    Raises
    ------
    ValueError
        If there is no class, or a range is empty.

    Examples
    --------
    >>> condition = Condition(3, {"slant": (-0.35, 0.35)})
    >>> condition(torch.tensor([2]), torch.tensor([[0.35]]), n=1)
    tensor([[0.0000, 0.0000, 1.0000, 1.7321]])
    """

    def __init__(self, classes: int, factors: Ranges | None = None):
        super().__init__()
        if classes < 1:
            raise ValueError(f"classes must be at least 1, got {classes}")
        self.classes = classes
        self.factors = {name: (float(low), float(high)) for name, (low, high) in (factors or {}).items()}
        for name, (low, high) in self.factors.items():
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(f"factors[{name!r}] must be a range (lowest, highest), got ({low:g}, {high:g})")
        self.length = classes + len(self.factors)
        low, high = torch.tensor(list(self.factors.values())).reshape(-1, 2).T
        # they follow from the arguments, so they are not stored with the weights
        self.register_buffer("middle", (low + high) / 2, persistent=False)
        self.register_buffer("deviation", (high - low) / math.sqrt(12), persistent=False)  # of the uniform distribution

    def forward(self, labels: Labels, factors: Factors = None, *, n: int) -> Float[Tensor, "n length"]:
        """One row for each of n images.

        Parameters
        ----------
        labels
            Class numbers, or rows of class weights that sum to 1.
        factors
            (n, number of factors), in the order and the units of the ranges.
        n
            How many images there are.

        Raises
        ------
        TypeError, ValueError
            If labels or factors are of the wrong type, number or range.
        """
        rows = self._rows(labels, n)
        if not self.factors:
            if factors is not None:
                raise ValueError(f"factors must be left out: this network's condition is the class alone; got {_describe(factors)}")
            return rows
        wanted = f"({n}, {len(self.factors)}), the columns {', '.join(self.factors)}"
        if not isinstance(factors, Tensor) or not factors.is_floating_point():
            raise (ValueError if factors is None else TypeError)(
                f"factors must be a floating-point tensor of shape {wanted}; got {_describe(factors)}"
            )
        if factors.shape != (n, len(self.factors)):
            raise ValueError(f"factors must be of shape {wanted}; got {_describe(factors)}")
        if not factors.isfinite().all():
            raise ValueError(f"factors must be finite numbers, of shape {wanted}; got NaN or infinity")
        return torch.cat([rows, (factors - self.middle) / self.deviation], dim=1)

    def _rows(self, labels: Tensor, n: int) -> Tensor:
        if not isinstance(labels, Tensor) or not (labels.dtype == torch.int64 or labels.is_floating_point()):
            raise TypeError(
                f"labels must be an int64 tensor of class numbers, or a floating-point tensor of class weights (n, {self.classes}); got "
                f"{_describe(labels)}; use torch.tensor([…])"
            )
        if labels.is_floating_point():
            if labels.shape != (n, self.classes):
                raise ValueError(
                    f"labels must hold {self.classes} class weights for each of the {n} images, shape ({n}, {self.classes}); got "
                    f"{_describe(labels)}"
                )
            if not ((labels.sum(1) - 1).abs() < 1e-3).all():  # NaN fails too
                raise ValueError("labels: the class weights of an image must sum to 1; divide each row by its sum")
            return labels
        if labels.shape != (n,):
            raise ValueError(f"labels must hold one class for each of the {n} images, shape ({n},); got {_describe(labels)}")
        if n and not (labels.min() >= 0 and labels.max() < self.classes):
            raise ValueError(f"labels must be from 0 to {self.classes - 1}, got {labels.min()} to {labels.max()}")
        return one_hot(labels, self.classes).to(self.middle.dtype)


def _describe(value) -> str:
    return f"{value.dtype} of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__


class ConditionalGenerator(nn.Module):
    """What every conditional generator here offers beside `forward(z, labels, factors)`: images on demand.

    Parameters
    ----------
    classes, factors
        As for `Condition`.
    latent_dim
        Length of z.
    """

    def __init__(self, classes: int, factors: Ranges | None, latent_dim: int):
        super().__init__()
        self.condition = Condition(classes, factors)
        self.classes, self.factors, self.latent_dim = classes, self.condition.factors, latent_dim

    def rows(self, z: Float[Tensor, "n latent_dim"], labels: Labels, factors: Factors) -> Float[Tensor, "n length"]:
        """The conditions that go with these latents, which are checked too."""
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z must be of shape (n, {self.latent_dim}), one row an image; got {_describe(z)}")
        return self.condition(labels, factors, n=len(z))

    @torch.no_grad()
    def sample(
        self,
        labels: Labels,
        generator: torch.Generator | None = None,
        factors: Factors = None,
        z: Float[Tensor, "n latent_dim"] | None = None,
    ) -> Float[Tensor, "n c h w"]:
        """One image in [0, 1] for each label. Call `.eval()` first, or a sample depends on its batch-mates through batch normalisation.

        Parameters
        ----------
        labels
            The classes wanted, (n,); or weights of all classes, (n, classes), each row with the sum 1.
        generator
            A generator on the CPU: the same seed gives the same latents on every device.
        factors
            (n, number of factors), in their own units. None draws each evenly from its range in training, after the latents.
        z
            The styles, (n, latent_dim). None draws them from N(0, I).

        Raises
        ------
        TypeError, ValueError
            If labels, factors or z are of the wrong type, number or range.
        """
        if not isinstance(labels, Tensor) or labels.ndim == 0 or len(labels) == 0:
            raise (ValueError if isinstance(labels, Tensor) else TypeError)(
                f"labels must be a tensor of one or more class numbers, as torch.tensor([3]); got {_describe(labels)}"
            )
        n, device = len(labels), next(self.parameters()).device
        if z is None:
            z = torch.randn(n, self.latent_dim, generator=generator)
        if factors is None and self.factors:
            low, high = torch.tensor(list(self.factors.values())).T
            factors = low + (high - low) * torch.rand(n, len(low), generator=generator)
        z, labels = z.to(device), labels.to(device)
        factors = factors if factors is None else factors.to(device)
        self.rows(z, labels, factors)  # lengths must agree before they are cut into parts
        parts = [slice(start, start + 500) for start in range(0, n, 500)]
        images = [self(z[part], labels[part], None if factors is None else factors[part]) for part in parts]
        return (torch.cat(images) + 1) / 2
