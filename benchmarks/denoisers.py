"""Denoisers: the shipped weights on Set12, their time for an image, and what our training loop costs against a plain one."""

import statistics
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from course_lib import classical, data, zoo
from course_lib.degrade import GaussianNoise
from course_lib.device import autocast_dtype
from course_lib.losses import supervised
from course_lib.models import DnCNN
from course_lib.train import Patches, restorer
from course_lib.train.recipes.denoisers import DENOISERS, denoiser, psnr_at


def denoisers_set12() -> list[dict]:
    """CNN denoisers on Set12

    White Gaussian noise of standard deviation sigma, seed 0, neither clipped nor rounded; result rounded to 8 bit; mean PSNR of the twelve
    grey images in dB.
    """
    images, rows = data.images("Set12", "grey"), []
    for name, recipe in DENOISERS.items():
        if name not in zoo.list():
            rows.append({"method": name, "values": {}, "note": "not yet trained"})
            continue
        if recipe.colour:
            continue  # these images are grey
        network, about = zoo.load(name), zoo.card(name)
        values = {f"sigma {sigma}": psnr_at(network, sigma, images) for sigma in recipe.sigmas}
        rows.append(
            {
                "method": name,
                "values": values,
                "note": f"{about['steps']} steps, {about['batch']}, seed {about['seed']}, {about['hardware']}",
            }
        )
    return rows


class NoisyPatches(Dataset):
    """Patches as tutorials cut them: one at a time, in the loader."""

    def __init__(self, images: list[torch.Tensor], patch_size: int, n: int):
        self.images, self.patch_size, self.n = images, patch_size, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = self.images[index % len(self.images)]
        top, left = (int(torch.randint(length - self.patch_size + 1, ())) for length in image.shape[-2:])
        x = image[:, top : top + self.patch_size, left : left + self.patch_size]
        if torch.rand(()) < 0.5:
            x = x.flip(-1)
        x = torch.rot90(x, int(torch.randint(4, ())), (-2, -1))
        return x + 25 / 255 * torch.randn_like(x), x


def denoiser_throughput() -> list[dict]:
    """DnCNN training throughput

    Patches of 40×40 a second, DnCNN with depth 17, batches of 32; median of 7 rounds in which both ways take turns, and the median of the
    rounds' ratios: above 1, ours is quicker. Ours is what the recipes do (patches cut and spoiled in one batch on the device, bfloat16
    inside the network where the processor has it, channels_last, fused Adam, clipped gradient and average of the weights included). The
    other way is a plain loop: a DataLoader with two workers, float32, torch's default Adam.
    """
    cuda = torch.cuda.is_available()
    device, batch_size, steps = ("cuda", 128, 40) if cuda else ("cpu", 32, 2)
    images = [torch.rand(1, 180, 180) for _ in range(100)]
    torch.manual_seed(0)
    network = DnCNN().to(device, memory_format=torch.channels_last)
    patches = Patches(images, 40, batch_size, device=device)
    ours = restorer(network, patches, supervised(GaussianNoise(25)), steps=10**6, autocast=autocast_dtype(device))

    torch.manual_seed(0)
    plain = DnCNN().to(device)
    adam, loss = torch.optim.Adam(plain.parameters(), 1e-3), nn.MSELoss()
    loader = iter(DataLoader(NoisyPatches(images, 40, 10**6), batch_size=batch_size, num_workers=2))

    def plain_step() -> None:
        y, x = (tensor.to(device) for tensor in next(loader))
        adam.zero_grad()
        loss(plain(y), x).backward()
        adam.step()

    def rate(step) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            step()
        if cuda:
            torch.cuda.synchronize()
        return steps * batch_size / (time.perf_counter() - start)

    rate(ours.step), rate(plain_step)
    rounds = [(rate(ours.step), rate(plain_step)) for _ in range(7)]
    values = {
        "ours, patches/s": statistics.median(a for a, _ in rounds),
        "other, patches/s": statistics.median(b for _, b in rounds),
        "ratio": statistics.median(a / b for a, b in rounds),
    }
    return [{"method": f"DnCNN-17, batch {batch_size}, {device}, {torch.get_num_threads()} thread(s)", "values": values}]


def denoiser_time() -> list[dict]:
    """Time for an image

    Seconds for one grey image of 256×256 with noise of sigma 25 on the CPU: median of five rounds in which all methods take turns, and the
    ratio to BM3D's in the same run. Networks in float32, channels_last, the batch normalisation of DnCNN merged.
    """
    y = GaussianNoise(25)(data.photo("camera", size=256), torch.Generator().manual_seed(0))
    methods = {
        "Gaussian filter": lambda y: classical.gaussian_filter(y, 1.0),
        "NL-means": lambda y: classical.nl_means(y, 25),
        "BM3D": lambda y: classical.bm3d(y, 25),
    }
    for name in ("dncnn-s25", "dncnn-blind", "bias-free", "ffdnet-gray"):
        network = zoo.load(name)
        network = network.merged() if name.startswith("dncnn") else network
        restore = denoiser(network.to(memory_format=torch.channels_last), 25)
        methods[name] = lambda y, restore=restore: restore(y[None])[0]
    times = {name: [] for name in methods}
    with torch.inference_mode():
        for _ in range(6):
            for name, restore in methods.items():
                start = time.perf_counter()
                restore(y)
                times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(each[1:]) for name, each in times.items()}  # the first round prepares things
    return [
        {"method": name, "values": {"seconds": seconds, "ratio to BM3D": seconds / medians["BM3D"]}} for name, seconds in medians.items()
    ]


TABLES = {"denoisers-set12": denoisers_set12, "denoiser-throughput": denoiser_throughput, "denoiser-time": denoiser_time}
