"""Super-resolution: interpolation and the shipped weights on Set5, images a second, and large images by tiles."""

import json
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

from course_lib import data, models, zoo
from course_lib.resample import imresize
from course_lib.train.recipes.super_resolution import SUPER_RESOLUTION, pair, quality


class Interpolation(nn.Module):
    """`imresize`, to be measured like a network."""

    def __init__(self, scale: int, method: str):
        super().__init__()
        self.scale, self.method = scale, method
        self.register_parameter("device", nn.Parameter(torch.zeros(1)))

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        return imresize(y, self.scale, method=self.method)


def set5(scale: int, colour: bool) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Pairs (y, x) as bytes."""
    return [pair(image, scale, colour) for _, image in data.images("Set5", "rgb")]


def sr_set5() -> list[dict]:
    """Super-resolution on Set5

    Luma (BT.601, 16 to 235), low-resolution images by MATLAB's bicubic in 8 bits, result rounded to 8 bits, `scale` pixels of border left
    out; means over the five images of PSNR in dB and SSIM. Networks with three channels get and give RGB, and the luma of the result is
    measured. Cost: multiply-adds in billions for an output of 1280×720.
    """
    rows = []
    for method in ("nearest", "bicubic"):
        values = {}
        for scale in (2, 3, 4):
            found = quality(Interpolation(scale, method), set5(scale, False))
            values |= {f"x{scale} {metric}": value for metric, value in found.items()}
        rows.append({"method": method, "values": values})
    families: dict[str, dict] = {}  # one row for all scales of a network
    for name, recipe in SUPER_RESOLUTION.items():
        row = families.setdefault(name.rpartition("-")[0], {"values": {}, "notes": []})
        key = f"x{recipe.scale}"
        network = getattr(models, recipe.model)(**recipe.arguments)
        row["values"][f"{key} cost, G"] = models.multiply_adds(network) / 1e9
        if name not in zoo.list():
            row["notes"].append(f"{key}: not yet trained")
            continue
        found = quality(zoo.load(name), set5(recipe.scale, recipe.colour))
        row["values"] |= {f"{key} {metric}": value for metric, value in found.items()}
        about = zoo.card(name)
        row["notes"].append(
            f"{key}: T91 and BSDS500, {about['steps']} steps, {about['batch']}, start {about['start']}, seed {about['seed']}, "
            f"{about['hardware']}, {about['wall_time_s'] / 60:.0f} min"
        )
    rows += [{"method": name, "values": row["values"], "note": "; ".join(row["notes"])} for name, row in families.items()]
    return rows


def sr_speed() -> list[dict]:
    """Super-resolution to 1280×720

    Images a second, one after the other, from 320×180 (×4; 640×360 for ×2, 426×240 for ×3) in float32: median of 9 after 2 to warm up. On
    the CPU with all its threads. The time does not depend on the weights, so these are random.
    """
    threads, rows = torch.get_num_threads(), []
    try:
        torch.set_num_threads(torch.multiprocessing.cpu_count())
        for name in ("fsrcnn-x4", "fsrcnn-x3", "fsrcnn-x2", "espcn-x4", "srresnet-small-x4", "srcnn-955-x4"):
            recipe = SUPER_RESOLUTION[name]
            network = getattr(models, recipe.model)(**recipe.arguments).eval().to(memory_format=torch.channels_last)
            y = torch.rand(1, 1, 720 // recipe.scale, 1280 // recipe.scale)
            times = []
            with torch.inference_mode():
                for _ in range(11):
                    start = time.perf_counter()
                    network(y)
                    times.append(time.perf_counter() - start)
            values = {"images/s": 1 / statistics.median(times[2:]), "cost, G": models.multiply_adds(network) / 1e9}
            rows.append({"method": f"{name}, {torch.get_num_threads()} thread(s)", "values": values})
    finally:
        torch.set_num_threads(threads)
    return rows


_TILES = """
import json, resource, sys, time
import torch
from course_lib import models
from course_lib.tiles import by_tiles
from course_lib.train.recipes.super_resolution import SUPER_RESOLUTION
recipe = SUPER_RESOLUTION[sys.argv[1]]
network = getattr(models, recipe.model)(**recipe.arguments).eval()
y = torch.rand(network.channels, 3000 // network.scale, 4000 // network.scale)
start = time.perf_counter()
x = by_tiles(network, y, margin=network.margin, tile=384 // network.scale, scale=network.scale)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([x.shape[-2] * x.shape[-1] / 1e6, seconds, peak / 2**20]))
"""


def sr_tiles() -> list[dict]:
    """Twelve megapixels by tiles

    An output of 4000×3000 in tiles of 384×384 (and margins) in float32 on the CPU, one process for each network: seconds, and the peak
    of the whole process's memory in GB, imports included. Random weights, which cost as much. Linux.
    """
    rows = []
    for name in ("srcnn-955-x3", "fsrcnn-x4", "fsrcnn-x2", "espcn-x3", "srresnet-small-x4", "srresnet-x4"):
        done = subprocess.run([sys.executable, "-c", _TILES, name], capture_output=True, text=True, check=True)
        megapixels, seconds, peak = json.loads(done.stdout)
        values = {"megapixels": megapixels, "seconds": seconds, "peak memory, GB": peak}
        rows.append({"method": name, "values": values})
    return rows


TABLES = {"sr-set5": sr_set5, "sr-speed": sr_speed, "sr-tiles": sr_tiles}
