"""The bench: any restorer, any degradation, any images, one table."""

import html
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib import metrics as _metrics
from course_lib.degrade import Degradation
from course_lib.images import require_image

COLUMNS = {"mse": ("MSE", "{:.3e}"), "psnr": ("PSNR (dB)", "{:.2f}"), "ssim": ("SSIM", "{:.4f}"), "ms_ssim": ("MS-SSIM", "{:.4f}")}


@dataclass(frozen=True)
class Table:
    """Results per image and their mean; prints as aligned text, in notebooks as an HTML table.

    Attributes
    ----------
    metrics : tuple of str
        The columns.
    rows : list of dict
        One for each image: ``{"image": name, "psnr": …, "ssim": …}``.
    seconds : list of float
        How long the restorer took for each image. Kept out of the printed table, which is the same in every run.

    Examples
    --------
    >>> table = Table(("psnr",), [{"image": "a", "psnr": 30.0}, {"image": "b", "psnr": 31.0}])
    >>> table.mean["psnr"]
    30.5
    >>> table
    image  PSNR (dB)
    a          30.00
    b          31.00
    mean       30.50
    """

    metrics: tuple[str, ...]
    rows: list[dict[str, str | float]]
    seconds: list[float] = field(default_factory=list)

    @property
    def mean(self) -> dict[str, float]:
        """The mean of each metric over the images; for PSNR the mean of the decibels, as in papers, not the PSNR of the mean error."""
        return {metric: math.fsum(row[metric] for row in self.rows) / len(self.rows) for metric in self.metrics}

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
        lines = [[cell.rjust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
        names = [row[0].ljust(widths[0]) for row in cells]
        return "\n".join("  ".join([name, *line[1:]]) for name, line in zip(names, lines, strict=True))

    def to_markdown(self) -> str:
        """The table in Markdown."""
        header, *body = [[cell.replace("|", "\\|") for cell in row] for row in self._cells()]
        lines = [header, ["---", *["---:"] * len(self.metrics)], *body]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _repr_html_(self) -> str:
        header, *body, mean = [[html.escape(cell) for cell in row] for row in self._cells()]
        lines = [f"<tr>{''.join(f'<th>{cell}</th>' for cell in header)}</tr>"]
        lines += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body]
        lines += [f"<tr>{''.join(f'<td><b>{cell}</b></td>' for cell in mean)}</tr>"]
        return "<table>\n" + "\n".join(lines) + "\n</table>"

    def _cells(self) -> list[list[str]]:
        lines = [*self.rows, {"image": "mean", **self.mean}]
        header = ["image", *(COLUMNS[metric][0] for metric in self.metrics)]
        return [header, *([str(line["image"]), *(COLUMNS[metric][1].format(line[metric]) for metric in self.metrics)] for line in lines)]


def restoration(
    restorer: Callable[[Tensor], Tensor],
    degradation: Degradation | None,
    images: Sequence[tuple[str, Float[Tensor, "_ _ _"]]],
    metrics: Sequence[str] = ("psnr", "ssim"),
    *,
    seed: int = 0,
    crop: int = 0,
    luma: bool = False,
    quantise: bool = True,
) -> Table:
    """Degrade each image, restore it, and measure how close the restoration comes to the clean image.

    Parameters
    ----------
    restorer : callable
        Takes the observed image as a batch of one, shape (1, c, h, w), and returns the estimate x̂ with the shape of the clean image,
        (1, c, H, W) or (c, H, W). An ``nn.Module`` is run in eval mode, without gradients, on the device where its weights are.
    degradation : Degradation or None
        Makes y from x; with ``None`` the restorer gets x itself.
    images : list of (str, Tensor of shape (c, H, W))
        Names and clean images, as ``data.images`` returns them.
    metrics : sequence of {"mse", "psnr", "ssim", "ms_ssim"}
        What to measure.
    seed : int
        The noise of image number i depends on ``seed`` and i only: neither on the restorer nor on the images before it, so two
        restorers meet the same noise.
    crop : int
        Pixels left out at each border when measuring; super-resolution papers take the scale.
    luma : bool
        Measure on the BT.601 luma of colour images, as super-resolution papers do.
    quantise : bool
        Clip the estimate to [0, 1] and round it to 8 bits first, as an image file would and as papers do.

    Returns
    -------
    Table
        ``.rows``, ``.mean``, ``.seconds``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, or the restorer returns no image of the clean image's shape.

    Examples
    --------
    >>> from course_lib.degrade import GaussianNoise
    >>> x = torch.full((1, 64, 64), 0.5)
    >>> table = restoration(lambda y: y, GaussianNoise(25), [("flat", x)], quantise=False)
    >>> abs(table.mean["psnr"] - 20.17) < 0.2
    True
    """
    _require_arguments(restorer, degradation, images, metrics, seed)
    from tqdm import tqdm

    rows, seconds = [], []
    with torch.no_grad(), _EvalMode(restorer) as home:
        # the bar appears only where somebody would begin to wonder, and leaves nothing behind
        for index, (name, x) in enumerate(tqdm(images, desc="restoration", unit="image", delay=3, leave=False)):
            y = x if degradation is None else degradation(x, _generator(seed, index))
            y = y[None] if home is None else y[None].to(home)
            start = time.perf_counter()
            estimate = restorer(y)
            if isinstance(estimate, Tensor) and estimate.is_cuda:
                torch.cuda.synchronize(estimate.device)
            seconds.append(time.perf_counter() - start)

            estimate = _require_estimate(estimate, x, name)
            if quantise:
                estimate = (estimate.clamp(0, 1) * 255 + 0.5).floor() / 255
            values = {metric: float(getattr(_metrics, metric)(estimate, x, crop=crop, luma=luma)) for metric in metrics}
            rows.append({"image": name, **values})
    return Table(tuple(metrics), rows, seconds)


class _EvalMode:
    """Network layers that behave differently in training (batch norm, dropout) behave as in use, and are put back afterwards."""

    def __init__(self, restorer: Callable):
        self.network = restorer if isinstance(restorer, nn.Module) else None

    def __enter__(self) -> torch.device | None:
        if self.network is None:
            return None
        self.modes = [(module, module.training) for module in self.network.modules()]
        self.network.eval()
        return next((parameter.device for parameter in self.network.parameters()), None)

    def __exit__(self, *_) -> None:
        if self.network is not None:
            for module, training in self.modes:
                module.training = training


def _generator(seed: int, index: int) -> torch.Generator:
    # seed + index would give image 1 of seed 0 the noise of image 0 of seed 1
    mixed = int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(mixed % 2**63)


def _require_estimate(estimate: Tensor, x: Tensor, name: str) -> Tensor:
    if not isinstance(estimate, Tensor):
        raise TypeError(f"restorer returned {type(estimate).__name__} for image {name!r}, expected a tensor of shape {(1, *x.shape)}")
    if tuple(estimate.shape) not in ((1, *x.shape), tuple(x.shape)):
        raise ValueError(f"restorer returned shape {tuple(estimate.shape)} for image {name!r}, expected the clean image's {(1, *x.shape)}")
    require_image(estimate, f"the restorer's output for image {name!r}")
    return estimate.reshape(x.shape).to(x)


def _require_arguments(restorer, degradation, images, metrics, seed) -> None:
    if not callable(restorer):
        raise TypeError(f"restorer must be a callable image -> image, got {type(restorer).__name__}")
    if degradation is not None and not isinstance(degradation, Degradation):
        raise TypeError(f"degradation must be one such as GaussianNoise(25), or None; got {type(degradation).__name__}: {degradation!r}")
    if isinstance(metrics, str) or not isinstance(metrics, Sequence):
        raise TypeError(f"metrics must be a sequence of names, as in ('psnr', 'ssim'); got {metrics!r}")
    if not metrics or not all(metric in COLUMNS for metric in metrics):
        raise ValueError(f"metrics must be one or more of {', '.join(COLUMNS)}; got {metrics!r}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be an int, got {type(seed).__name__}: {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {seed}")
    if isinstance(images, Tensor) or not isinstance(images, Sequence):
        raise TypeError(f"images must be a list of (name, image), as data.images returns it; got {type(images).__name__}")
    if len(images) == 0:
        raise ValueError("images is empty: there is nothing to measure")
    for position, pair in enumerate(images):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
            raise TypeError(f"images[{position}] must be a pair (name, image), got {type(pair).__name__}")
        require_image(pair[1], f"images[{position}] ({pair[0]!r})")
        if pair[1].ndim != 3:
            raise ValueError(f"images[{position}] ({pair[0]!r}): got shape {tuple(pair[1].shape)}, expected one image (c, h, w)")
