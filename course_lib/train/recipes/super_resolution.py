"""Super-resolution: SRCNN, FSRCNN, ESPCN on luminance, residual networks large and small; low-resolution images by MATLAB's bicubic.

Published: SRCNN and ESPCN on ImageNet, FSRCNN on T91 and General-100, the residual networks on ImageNet or DIV2K. Here: T91 and BSDS500's
train and test folders, without the last 20 images of test, which are held out and say how far a training has come. Set5 is looked at
after a training; that FSRCNN and ESPCN for ×3 have a second cycle was decided after such a look.

A pair is made once, from the whole image: x is its luma in 8 bits (or its RGB values), cropped to a multiple of the scale; y is x made
small and rounded to 8 bits, pixel for pixel as MATLAB does. That is also what the benchmark's low-resolution files are. The table of
another kernel is another table: a network knows the reduction that it was trained on and no other.

Not as published: the mean absolute error where the older papers have the squared one; weights that begin as an interpolation; Adam with a
learning rate that rises over 100 steps and falls along half a cosine to nothing, once or twice, where they have SGD with smaller steps for
the last layer; what ships is the average of the weights over the last steps. Measured on the held-out images, FSRCNN ×3, after equal time
(80 s of one CPU core): 27.47 dB from random weights by the squared error on patches of 24×24, 27.65 on 12×12 (more and cheaper steps),
27.87 with the first weights of today, 27.91 by the absolute error; the first of these had 27.91 after 18 minutes. FSRCNNs for ×2 and ×4
start from the one for ×3, all but the last layer, as in the paper, and so do, to save CPU, ESPCNs and SRCNNs, the latter with all layers;
where the weights for ×3 are not at hand a network starts from random ones. The card says which.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from course_lib import data, metrics, models, zoo
from course_lib.device import autocast_dtype
from course_lib.images import crop_to_multiple, from_uint8, luma, to_uint8
from course_lib.losses import Task
from course_lib.resample import imresize
from course_lib.train.patches import PairedPatches
from course_lib.train.recipes.classifier import hardware
from course_lib.train.recipes.restorers import HELD_OUT, accelerator, command, run
from course_lib.train.restorer_loop import restorer

_SAVE_EVERY = 250  # steps
_LOSSES = {"l1": l1_loss, "mse": mse_loss}


@dataclass(frozen=True)
class Recipe:
    """What is trained on what."""

    model: str
    arguments: dict
    patch_size: int  # at low resolution
    steps: int
    learning_rate: float = 1e-3
    batch_size: int = 16
    autocast: bool = False
    cycles: int = 1
    start: str | None = None  # the recipe whose layers it begins with

    @property
    def scale(self) -> int:
        return self.arguments["scale"]

    @property
    def colour(self) -> bool:
        return self.arguments.get("channels", 1) == 3


_SMALL = {"scale": 4, "channels": 1, "features": 32, "blocks": 8, "direct": True}

SUPER_RESOLUTION = {
    # 33×33 pixels at high resolution, where this network computes
    "srcnn-955-x3": Recipe("SRCNN", {"scale": 3}, 11, 30_000, 5e-4),
    "srcnn-955-x2": Recipe("SRCNN", {"scale": 2}, 16, 8_000, 5e-4, start="srcnn-955-x3"),
    "srcnn-955-x4": Recipe("SRCNN", {"scale": 4}, 8, 8_000, 5e-4, start="srcnn-955-x3"),
    "fsrcnn-x3": Recipe("FSRCNN", {"scale": 3}, 12, 160_000, 2e-3, cycles=2),
    **{f"fsrcnn-x{s}": Recipe("FSRCNN", {"scale": s}, 12, 40_000, 2e-3, start="fsrcnn-x3") for s in (2, 4)},
    "espcn-x3": Recipe("ESPCN", {"scale": 3}, 12, 200_000, cycles=2),
    **{f"espcn-x{s}": Recipe("ESPCN", {"scale": s}, 12, 50_000, start="espcn-x3") for s in (2, 4)},
    # published: high-resolution patches of 128, batches of 16, 1,000,000 steps in four restarts
    "srresnet-x4": Recipe("MSRResNet", {"scale": 4, "channels": 3}, 32, 80_000, 4e-4, 32, autocast=True),
    # a tenth of the weights and no layer at the high resolution: for one CPU core
    "srresnet-small-x4": Recipe("MSRResNet", _SMALL, 24, 40_000, 1e-3, 16, autocast=True),
}


def paired(loss: str) -> Task:
    """Compare the network's output for the low-resolution patch with the high-resolution one.

    >>> from course_lib.train import Pair
    >>> task, pair = paired("l1"), Pair(torch.zeros(1, 1, 2, 2), torch.full((1, 1, 4, 4), 0.25))
    >>> task.loss(lambda y: torch.zeros(1, 1, 4, 4), *task.draw(pair, None)).item()
    0.25
    """
    distance = _LOSSES[loss]
    return Task(lambda pair, generator: (pair.low, pair.high), lambda network, y, x: distance(network(y), x))


def pair(image: Tensor, scale: int, colour: bool) -> tuple[UInt8[Tensor, "c h w"], UInt8[Tensor, "c h2 w2"]]:
    """y and x as bytes: x cropped to a multiple of the scale, its luma unless `colour`; y made small as MATLAB does.

    >>> low, high = pair(torch.rand(3, 13, 10), 3, colour=False)
    >>> low.shape, high.shape
    (torch.Size([1, 4, 3]), torch.Size([1, 12, 9]))
    """
    x = crop_to_multiple(image if colour else luma(image), scale)
    high = to_uint8(x)
    size = x.shape[-2] // scale, x.shape[-1] // scale
    return to_uint8(imresize(from_uint8(high), size=size, quantise=True)), high


def training_pairs(scale: int, colour: bool) -> tuple[list[tuple[Tensor, Tensor]], list[tuple[Tensor, Tensor]]]:
    """Pairs (y, x) to train on, and the held-out ones."""
    pairs = []
    for folder in ("T91", "BSDS500/train", "BSDS500/test"):
        pairs += [pair(image, scale, colour) for _, image in data.images(folder, "rgb")]
    return pairs[:-HELD_OUT], pairs[-HELD_OUT:]


@torch.no_grad()
def quality(network: nn.Module, pairs: Sequence[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Mean PSNR in dB and SSIM as in the papers: on Y, output rounded to 8 bits, `scale` pixels of border left out.

    Parameters
    ----------
    network
        In eval mode.
    pairs
        (y, x) as `pair` makes them: 8-bit luma for a network with one channel, RGB for one with three.
    """
    device, scores = next(network.parameters()).device, []
    for low, high in pairs:
        estimate = from_uint8(to_uint8(network(from_uint8(low)[None].to(device))[0].float().cpu()))
        reference = from_uint8(high)
        scores.append([getattr(metrics, name)(estimate, reference, crop=network.scale, luma=True) for name in ("psnr", "ssim")])
    psnr, ssim = torch.tensor(scores, dtype=torch.float64).mean(0).tolist()
    return {"psnr": psnr, "ssim": ssim}


def train_super_resolution(
    name: str,
    *,
    out: str | Path,
    steps: int | None = None,
    batch_size: int | None = None,
    device: str = "cpu",
    resume: bool = False,
    start: str | Path | None = None,
) -> None:
    """Train one network; write weights and card to `out`.

    `start` is the folder of the weights to begin with, for a recipe that does; if None, the zoo's are taken, if they are there.
    """
    recipe, out, seed = SUPER_RESOLUTION[name], Path(out), 0
    out.mkdir(parents=True, exist_ok=True)
    steps, batch_size = steps or recipe.steps, batch_size or recipe.batch_size
    processes = accelerator(device)
    device = str(processes.device) if processes else device
    torch.manual_seed(seed)
    network = getattr(models, recipe.model)(**recipe.arguments)
    begun = begin(network, recipe.start, start)
    network = network.to(device, memory_format=torch.channels_last)
    pairs, held_out = training_pairs(recipe.scale, recipe.colour)
    pairs = [one for one in pairs if min(one[0].shape[-2:]) >= recipe.patch_size]
    patches = PairedPatches(pairs, recipe.scale, recipe.patch_size, batch_size, seed=seed, device=device)
    training = restorer(
        network,
        patches,
        paired("l1"),
        steps=steps,
        learning_rate=recipe.learning_rate,
        cycles=recipe.cycles if steps == recipe.steps else 1,
        autocast=autocast_dtype(device) if recipe.autocast else None,
        seed=seed,
        accelerator=processes,
    )
    done = run(
        name,
        training,
        out=out,
        look=lambda net: quality(net, held_out)["psnr"],
        save_every=_SAVE_EVERY,
        resume=resume,
        kept={"start": begun},
    )
    if done is None:
        return
    facts = {
        "command": command(name, steps, batch_size, recipe.batch_size),
        "data": f"T91 and BSDS500 train + test without its last {HELD_OUT}, which are held out: {len(pairs)} images, "
        f"{'RGB' if recipe.colour else 'luma'}, bicubic as MATLAB's, 8 bits",
        "start": done["start"],
        "steps": steps,
        "batch": f"{batch_size} patches of {recipe.patch_size}×{recipe.patch_size} at low resolution",
        "loss": "l1",
        "seed": seed,
        "hardware": hardware(device),
        "wall_time_s": round(done["seconds"]),
    }
    # half precision would cost the small networks, which predict grey levels and not corrections, some of their digits
    save = partial(zoo.save, out, name, training.ema.model, recipe.arguments, dtype=torch.float16 if recipe.colour else torch.float32)
    save(facts)
    network = zoo.load(name, device, folder=out)  # as rounded for storing: the card speaks of what ships
    key = f"x{recipe.scale}"
    results = {"held_out_psnr": {key: quality(network, held_out)["psnr"]}}
    if (data.data_folder() / "Set5").is_dir():
        found = quality(network, [pair(image, recipe.scale, recipe.colour) for _, image in data.images("Set5", "rgb")])
        results |= {f"Set5_{metric}": {key: value} for metric, value in found.items()}
    save({**facts, "metrics": results})
    print(name, results, flush=True)


def begin(network: nn.Module, name: str | None, folder: str | Path | None) -> str:
    """Give a network the layers of another one's weights, all but one that enlarges, and say what was done."""
    if name is None or (folder is None and name not in zoo.list()):
        return "random weights"
    folder = folder or zoo.WEIGHTS
    layers = zoo.load(name, folder=folder).layers.state_dict()
    network.layers.load_state_dict(layers)
    but = "" if len(layers) == len(network.state_dict()) else ", but for the last"
    return f"the layers of {name} (sha256 {zoo.card(name, folder)['sha256'][:12]}){but}"


RECIPES = {name: partial(train_super_resolution, name) for name in SUPER_RESOLUTION}
