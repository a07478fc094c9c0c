"""The training of image-to-image translators: `for report in train.pix2pix(G, D, batches, steps=1000): …`, and `train.cycle_gan`.

*Pix2pix* has pairs: the image to translate, c, and the one that should come of it, x. It is the conditional GAN with an image for a
condition, and one more term that ties G to the pair:

    D's step:  real (x, c) against fake (G(c), c)          G's step:  (G(c), c) is to pass for real, + λ · |x − G(c)|

*CycleGAN* has no pairs: images x of one kind and y of another. G makes a y of an x, F an x of a y, each against a discriminator of its own;
and whoever goes there and back must arrive where they started:

    adversarial   D_y on G(x), D_x on F(y), by least squares
    cycle         λ · (|F(G(x)) − x| + |G(F(y)) − y|)
    identity      λ_id · (|G(y) − y| + |F(x) − x|)

Nothing in these terms says which y belongs to an x: a G that swaps two things and an F that swaps them back have the same loss.

All images are in [-1, 1] here, and |·| is the mean over pixels and channels.

References
----------
P. Isola, J.-Y. Zhu, T. Zhou and A. A. Efros, "Image-to-image translation with conditional adversarial networks", CVPR 2017, eqs. 1 to 4.
J.-Y. Zhu, T. Park, P. Isola and A. A. Efros, "Unpaired image-to-image translation using cycle-consistent adversarial networks", ICCV 2017,
eqs. 1 to 3, section 4 (least squares, image pool) and section 5.2 (identity).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from course_lib.losses import LSGAN
from course_lib.train.batches import Batches
from course_lib.train.conditional_gan_loop import ConditionalGanTraining, Conditions
from course_lib.train.gan_loop import GanTraining, Report, frozen

Images = Float[Tensor, "n c h w"]


def _nothing(like: Tensor) -> Tensor:
    return torch.zeros((), device=like.device)


# ---------------------------------------------------------------------------------------------------------------------------------- pix2pix


@dataclass(frozen=True)
class PairedReport(Report):
    """A `Report` with one number more.

    Attributes
    ----------
    l1
        |x − G(c)|, not multiplied by λ.
    """

    l1: Tensor


class Pix2PixTraining(ConditionalGanTraining):
    """A translator in training on pairs. Iterate to train; each iteration is one step of G and yields a `PairedReport`.

    Parameters
    ----------
    G
        `G(c)`: images to images, as `UNet`; noise is its own affair.
    D
        `D(x, c)`: an image and what it was made from to logits, one or a map of them, as `PatchDiscriminator`.
    batches
        An endless iterator of pairs (x, c), the wanted image first.
    l1_weight
        λ; 100 as published. With 0 only D teaches G.
    gan_weight
        Weight of the adversarial term in G's loss; 1 as published. With 0 there is no D: it is neither asked nor trained.
    **settings
        As for `GanTraining`. An `augment` would see x and not c: it may change colours, but must not move anything.

    Raises
    ------
    ValueError
        If a weight is negative, or both are 0.

    Notes
    -----
    The authors halve D's loss to slow D down. With Adam this changes next to nothing: a step does not depend on the scale of the loss.

    Examples
    --------
    >>> from course_lib.models import PatchDiscriminator, UNet
    >>> x, c = torch.zeros(2, 8, 3, 32, 32)
    >>> G, D = UNet(depth=5, features=2), PatchDiscriminator(1, features=2)
    >>> for report in pix2pix(G, D, Batches(x, c, batch_size=4), steps=2):
    ...     pass
    >>> report.step, report.samples.shape, bool(report.l1 < 0.2)
    (2, torch.Size([4, 3, 32, 32]), True)
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        batches: Iterator[tuple[Tensor, Tensor]],
        *,
        l1_weight: float | int = 100,
        gan_weight: float | int = 1,
        **settings,
    ):
        if min(l1_weight, gan_weight) < 0 or l1_weight == gan_weight == 0:
            raise ValueError(f"l1_weight and gan_weight must be at least 0, and not both 0; got {l1_weight} and {gan_weight}")
        super().__init__(G, D, batches, **settings)
        self.l1_weight, self.gan_weight = l1_weight, gan_weight

    def step(self) -> PairedReport:
        """One step of the training: D's, as often as asked for, then G's."""
        self.set_learning_rate()
        if self.gan_weight:
            for _ in range(self.discriminator_steps - 1):
                self.step_discriminator()
        real, c = next(self.batches)
        fake = self.generate(c)
        if self.gan_weight:
            loss_d, real_logit, fake_logit = self.step_discriminator(real, fake.detach(), (c,))
        else:
            loss_d = real_logit = fake_logit = _nothing(fake)
        loss_g, l1 = self.step_generator(fake, (c,), real)
        if self.ema is not None:
            self.ema.update(self.G)
        self.step_number += 1
        return PairedReport(self.step_number, loss_d, loss_g, real_logit, fake_logit, fake.detach(), l1)

    def step_generator(self, fake: Tensor | None = None, c: Conditions = (), real: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """One step of G on fakes that carry their graph, with what they were made from and what they should be (drawn where not given);
        D stays as it is.

        Returns G's loss and its L1 distance.
        """
        if fake is None:
            real, *c = next(self.batches)
            fake = self.generate(*c)
        l1 = l1_loss(fake, real)
        loss = self.l1_weight * l1
        with frozen(self.D):
            if self.gan_weight:
                logits, _ = self.judge(fake, *self.claim(*c))
                loss = loss + self.gan_weight * self.loss.generator(logits)
            self.optimiser_g.zero_grad()
            loss.backward()
            self.optimiser_g.step()
        return loss.detach(), l1.detach()

    def generate(self, *c: Images) -> Float[Tensor, "n d h w"]:
        """G's translation of each image in its present mode, with its graph."""
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            return self.G(*c).float()


# --------------------------------------------------------------------------------------------------------------------------------- CycleGAN


class Unpaired:
    """Endless batches of two kinds of images, drawn apart: the i-th of one has nothing to do with the i-th of the other.

    Parameters
    ----------
    first, second
        `Batches` of one tensor each and of the same batch size. Give them different seeds.

    Raises
    ------
    ValueError
        If the batch sizes differ, or the seeds agree.

    Examples
    --------
    >>> batches = Unpaired(Batches(torch.zeros(8, 1), batch_size=2, seed=0), Batches(torch.ones(6, 1), batch_size=2, seed=1))
    >>> x, y = next(batches)
    >>> x.flatten().tolist(), y.flatten().tolist(), batches.position
    ([0.0, 0.0], [1.0, 1.0], 1)
    """

    def __init__(self, first: Batches, second: Batches):
        if first.batch_size != second.batch_size:
            raise ValueError(f"first and second must have the same batch size; got {first.batch_size} and {second.batch_size}")
        if first.seed == second.seed:
            raise ValueError(f"first and second must have different seeds, or they are shuffled alike; got {first.seed} for both")
        self.first, self.second, self.batch_size = first, second, first.batch_size

    @property
    def position(self) -> int:
        """The number of batches handed out; set it to resume."""
        return self.first.position

    @position.setter
    def position(self, position: int) -> None:
        self.first.position = self.second.position = position

    def __iter__(self):
        return self

    def __next__(self) -> tuple[Tensor, Tensor]:
        return next(self.first), next(self.second)


class ImagePool:
    """Fakes of the past, so that D does not forget them: half of what D is shown comes from the pool.

    Parameters
    ----------
    size
        How many images it holds; 50 as published. With 0 every image passes through.

    References
    ----------
    A. Shrivastava et al., "Learning from simulated and unsupervised images through adversarial training", CVPR 2017, section 2.3.

    Examples
    --------
    >>> pool, g = ImagePool(2), torch.Generator().manual_seed(0)
    >>> pool.exchange(torch.zeros(2, 1), g).flatten().tolist()  # fills it
    [0.0, 0.0]
    >>> shown = [pool.exchange(torch.ones(1, 1), g).item() for _ in range(20)]
    >>> shown.count(0.0)  # the two of the beginning have been shown once more each
    2
    """

    def __init__(self, size: int = 50):
        if size < 0:
            raise ValueError(f"size must be at least 0, got {size}")
        self.size = size
        self.images: Tensor | None = None

    def exchange(self, images: Float[Tensor, "n *image"], generator: torch.Generator | None = None) -> Float[Tensor, "n *image"]:
        """The images, each swapped with chance ½ for one of the pool, whose place it takes. A pool that is not full yet keeps a copy."""
        if self.size == 0:
            return images
        shown = []
        for image in images.detach().contiguous().split(1):  # contiguous: as a checkpoint gives them back
            held = 0 if self.images is None else len(self.images)
            if held < self.size:
                self.images = image.clone() if held == 0 else torch.cat([self.images, image])
            elif torch.rand((), generator=generator, device=image.device) < 0.5:
                place = torch.randint(self.size, (1,), generator=generator, device=image.device)
                image, self.images[place] = self.images[place], image
            shown.append(image)
        return torch.cat(shown)


@dataclass(frozen=True)
class UnpairedReport(Report):
    """A `Report` with two numbers more. Losses are sums over both directions, logits their means; `samples` are G's, y made of x.

    Attributes
    ----------
    cycle
        |F(G(x)) − x| + |G(F(y)) − y|, not multiplied by λ.
    identity
        |G(y) − y| + |F(x) − x|, not multiplied by its weight; 0 where that is 0.
    """

    cycle: Tensor
    identity: Tensor


class CycleGanTraining(GanTraining):
    """Two translators and their discriminators in training without pairs. Iterate to train; each iteration yields an `UnpairedReport`.

    Parameters
    ----------
    G, F
        Images to images: G makes a y of an x, F an x of a y.
    D_x, D_y
        Images to logits, one or a map of them: is it a true x, a true y?
    batches
        An endless iterator of (x, y) that do not belong together, as `Unpaired`.
    cycle_weight
        λ; 10 as published.
    identity_weight
        λ_id; 5 in the authors' code, where it keeps colours. With 0 it is not computed.
    pool_size
        Of the pools of past fakes for D_x and D_y.
    steps, learning_rate, decay_steps, ema_decay, autocast, seed
        As for `GanTraining`.

    Attributes
    ----------
    G, D
        Both translators, as ``training.G["G"]`` and ``["F"]``, and both discriminators, as ``training.D["x"]`` and ``["y"]``; each two
        share one optimiser. So too ``training.ema.model["G"]``.

    Raises
    ------
    ValueError
        If a weight is negative.

    Notes
    -----
    D is trained first, as in the other loops; the authors' code begins with G. The loss is that of least squares, with G's part
    (D(G(x)) − 1)² without the ½ of `lsgan_generator`: λ is measured against that.

    Examples
    --------
    >>> from course_lib.models import PatchDiscriminator, ResnetGenerator
    >>> batches = Unpaired(*(Batches(torch.zeros(4, 3, 16, 16), batch_size=1, seed=seed) for seed in (0, 1)))
    >>> G, F = (ResnetGenerator(blocks=1, features=2) for _ in range(2))
    >>> D_x, D_y = (PatchDiscriminator(1, 2, condition_channels=0, norm="instance") for _ in range(2))
    >>> for report in cycle_gan(G, F, D_x, D_y, batches, steps=2):
    ...     pass
    >>> report.step, report.samples.shape
    (2, torch.Size([1, 3, 16, 16]))
    """

    def __init__(
        self,
        G: nn.Module,
        F: nn.Module,
        D_x: nn.Module,
        D_y: nn.Module,
        batches: Iterator[tuple[Tensor, Tensor]],
        *,
        cycle_weight: float | int = 10,
        identity_weight: float | int = 5,
        pool_size: int = 50,
        steps: int,
        learning_rate: float = 2e-4,
        decay_steps: int = 0,
        ema_decay: float | None = None,
        autocast: torch.dtype | None = None,
        seed: int = 0,
    ):
        if min(cycle_weight, identity_weight) < 0:
            raise ValueError(f"cycle_weight and identity_weight must be at least 0; got {cycle_weight} and {identity_weight}")
        super().__init__(
            nn.ModuleDict({"G": G, "F": F}),
            nn.ModuleDict({"x": D_x, "y": D_y}),
            batches,
            loss=LSGAN,
            steps=steps,
            learning_rate=learning_rate,
            decay_steps=decay_steps,
            ema_decay=ema_decay,
            autocast=autocast,
            seed=seed,
        )
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.pools = {"x": ImagePool(pool_size), "y": ImagePool(pool_size)}

    def step(self) -> UnpairedReport:
        """One step of the training: both discriminators', then both translators'."""
        self.set_learning_rate()
        real = next(self.batches)
        fake = self.generate(*real)
        loss_d, real_logit, fake_logit = self.step_discriminator(real, tuple(image.detach() for image in fake))
        loss_g, cycle, identity = self.step_generator(fake, real)
        if self.ema is not None:
            self.ema.update(self.G)
        self.step_number += 1
        return UnpairedReport(self.step_number, loss_d, loss_g, real_logit, fake_logit, fake[1].detach(), cycle, identity)

    def step_discriminator(
        self, real: tuple[Tensor, Tensor] | None = None, fake: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One step of D_x and D_y on real (x, y) and on fake ones of the pools (drawn where not given); G and F stay as they are.

        Returns the sum of their losses, and their mean logits on the real and on the fake batch, from before the step.
        """
        if real is None:
            real = next(self.batches)
        if fake is None:
            with torch.no_grad(), frozen(self.G):
                fake = self.generate(*real)
        loss, real_logits, fake_logits = 0.0, [], []
        for kind, true, made in zip(("x", "y"), real, fake, strict=True):
            real_logits.append(self.judge(true, kind))
            fake_logits.append(self.judge(self.pools[kind].exchange(made, self.generator), kind))
            loss = loss + self.loss.discriminator(real_logits[-1], fake_logits[-1])
        self.optimiser_d.zero_grad()
        loss.backward()
        self.optimiser_d.step()
        return loss.detach(), *(torch.stack([part.detach().mean() for part in logits]).mean() for logits in (real_logits, fake_logits))

    def step_generator(
        self, fake: tuple[Tensor, Tensor] | None = None, real: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One step of G and F on fake (x, y) that carry their graph, made of the real ones (drawn where not given); D stays as it is.

        Returns their loss and its parts, cycle and identity, before they are weighted.
        """
        if fake is None:
            real = next(self.batches)
            fake = self.generate(*real)
        (x, y), (fake_x, fake_y) = real, fake
        with frozen(self.D):
            adversarial = sum(2 * self.loss.generator(self.judge(made, kind)) for kind, made in (("x", fake_x), ("y", fake_y)))
            cycle = l1_loss(self.translate("F", fake_y), x) + l1_loss(self.translate("G", fake_x), y)
            identity = _nothing(x)
            if self.identity_weight:
                identity = l1_loss(self.translate("G", y), y) + l1_loss(self.translate("F", x), x)
            loss = adversarial + self.cycle_weight * cycle + self.identity_weight * identity
            self.optimiser_g.zero_grad()
            loss.backward()
            self.optimiser_g.step()
        return loss.detach(), cycle.detach(), identity.detach()

    def translate(self, which: str, images: Images) -> Float[Tensor, "n d h w"]:
        """What G or F make of images, with its graph."""
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            return self.G[which](images).float()

    def generate(self, x: Images, y: Float[Tensor, "n d h w"]) -> tuple[Images, Float[Tensor, "n d h w"]]:
        """The fakes (F(y), G(x)), in the order (x, y), with their graphs."""
        return self.translate("F", y), self.translate("G", x)

    def judge(self, images: Tensor, kind: str) -> Tensor:
        """The logits of D_x or D_y."""
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            return self.D[kind](images).float()

    def state(self) -> dict:
        """Everything that the next step depends on, the pools among it."""
        return super().state() | {"pools": {kind: pool.images for kind, pool in self.pools.items()}}

    def restore(self, state: dict) -> None:
        """Continue from a state, as `GanTraining.restore`."""
        super().restore(state)
        for kind, images in state["pools"].items():
            self.pools[kind].images = None if images is None else images.to(self.device, copy=True)


pix2pix = Pix2PixTraining
cycle_gan = CycleGanTraining
