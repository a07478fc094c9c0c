"""Tiles: what a photograph of twelve megapixels costs a denoiser in memory and time, and how far tiles are from the whole."""

import json
import os
import subprocess
import sys
import time

import torch

from course_lib import data, zoo
from course_lib.degrade import GaussianNoise
from course_lib.resample import imresize
from course_lib.tiles import by_tiles

TILE = 512
# for each network: half its receptive field in pixels, and the cells that it treats pixels by
NETWORKS = {"DnCNN-17": ("dncnn-s25", 17, 1), "FFDNet": ("ffdnet-gray", 30, 2)}


def noisy(height: int, width: int) -> torch.Tensor:
    """A bundled photograph in grey, enlarged, with noise of sigma 25 on it."""
    x = imresize(data.photo("china", grey=True), size=(height, width))
    return GaussianNoise(25)(x, torch.Generator().manual_seed(0))


def denoiser(name: str):
    """The shipped network as image → image."""
    network = zoo.load(NETWORKS[name][0]).requires_grad_(False).to(memory_format=torch.channels_last)
    return (lambda y: network(y, 25)) if name == "FFDNet" else network


def tiled(name: str, y: torch.Tensor) -> torch.Tensor:
    """The image mended tile by tile."""
    _, margin, cell = NETWORKS[name]
    return by_tiles(denoiser(name), y, margin=margin, tile=TILE, cell=cell)


def cost_of(name: str) -> dict[str, float]:
    """Mend 12 megapixels in this process, and tell its seconds and the peak of its memory, imports and photograph included."""
    y = noisy(3000, 4000)
    start = time.process_time()
    estimate = tiled(name, y)
    seconds = time.process_time() - start
    if not bool(estimate.isfinite().all()):
        raise RuntimeError(f"{name} returned values that are not finite")
    # not ru_maxrss: a child's begins with the memory of the process that started it
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) / 2**20 for line in status if line.startswith("VmHWM:"))
    return {"peak memory GiB": peak, "CPU seconds per megapixel": seconds / (y.numel() / 1e6)}


def tiles_12_megapixels() -> list[dict]:
    """Denoising twelve megapixels by tiles

    A grey photograph of 4000×3000 pixels (a bundled one, enlarged, with noise of sigma 25), denoised by `course_lib.tiles.by_tiles` with
    tiles of 512 pixels on the CPU with one thread, in a process of its own: the peak of its memory, everything included, in GiB (must stay
    within 4), and its seconds for a megapixel. Beside it the largest difference between tiled and untiled on 1024×1024 pixels, in
    millionths of the range from black to white (must stay within 100). Linux.
    """
    rows = []
    for name in NETWORKS:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        child = subprocess.run([sys.executable, __file__, name], env=environment, check=True, capture_output=True, text=True)
        values = json.loads(child.stdout.splitlines()[-1])
        y = noisy(1024, 1024)
        with torch.no_grad():
            whole = denoiser(name)(y[None])[0]
        values["largest difference, 1e-6"] = float((tiled(name, y) - whole).abs().max()) * 1e6
        rows.append({"method": name, "values": values})
    return rows


TABLES = {"tiles-12-megapixels": tiles_12_megapixels}

if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(cost_of(sys.argv[1])))
