"""GANs: what our loop costs, who collapses on the ring, and how good the shipped generators are."""

import statistics
import time

import torch
from torch import nn

from course_lib import zoo
from course_lib.models import DCGANDiscriminator, DCGANGenerator
from course_lib.train import Batches, gan
from course_lib.train.recipes import dcgan, toys


class PlainPort:
    """The published training step as tutorials write it: the same networks, the same optimiser with torch's defaults, no loop of ours."""

    def __init__(self, G: nn.Module, D: nn.Module, images: torch.Tensor, batch_size: int):
        self.G, self.D, self.images, self.batch_size = G, D, images, batch_size
        self.adam_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.adam_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.bce = nn.BCEWithLogitsLoss()

    def step(self) -> None:
        device = self.images.device
        real = self.images[torch.randint(len(self.images), (self.batch_size,), device=device)]
        ones, zeros = torch.ones(self.batch_size, device=device), torch.zeros(self.batch_size, device=device)
        self.adam_d.zero_grad()
        self.bce(self.D(real), ones).backward()
        fake = self.G(torch.randn(self.batch_size, self.G.latent_dim, device=device))
        self.bce(self.D(fake.detach()), zeros).backward()
        self.adam_d.step()
        self.adam_g.zero_grad()
        self.bce(self.D(fake), ones).backward()
        self.adam_g.step()


def gan_step_speed() -> list[dict]:
    """DCGAN training step

    Milliseconds of one step of D and one of G, median of 15 rounds in which both ways take turns, and the median of the rounds'
    ratios: above 1, ours is quicker. The other way is a plain port: same networks, torch's default Adam, no loop of ours. On the CPU both
    compute in float32 on one thread; on CUDA ours uses what the recipes use (bfloat16 inside the networks, channels_last) against eager
    float32.
    """
    cuda = torch.cuda.is_available()
    torch.set_num_threads(1)
    rows = []
    for size, features, batch_size in ((28, 32, 64), (64, 64, 128) if cuda else (64, 16, 32)):
        device = "cuda" if cuda else "cpu"
        images = torch.rand(256, 1, size, size, device=device) * 2 - 1

        def networks(size=size, features=features, device=device):
            torch.manual_seed(0)
            return DCGANGenerator(size, 64, features, 1).to(device), DCGANDiscriminator(size, features, 1).to(device)

        plain = PlainPort(*networks(), images, batch_size)
        G, D = (net.to(memory_format=torch.channels_last) for net in networks())
        ours = gan(G, D, Batches(images, batch_size=batch_size), steps=10**9, autocast=torch.bfloat16 if cuda else None)

        def milliseconds(step, steps=50 if cuda else 6):
            start = time.perf_counter()
            for _ in range(steps):
                step()
            if cuda:
                torch.cuda.synchronize()
            return 1000 * (time.perf_counter() - start) / steps

        for way in (ours, plain):
            milliseconds(way.step, 3)
        rounds = [(milliseconds(ours.step), milliseconds(plain.step)) for _ in range(15)]
        rows.append(
            {
                "method": f"DCGAN {size}×{size}, {features} features, batch {batch_size}, {device}",
                "values": {
                    "ours, ms": statistics.median(a for a, _ in rounds),
                    "other, ms": statistics.median(b for _, b in rounds),
                    "ratio": statistics.median(b / a for a, b in rounds),
                },
            }
        )
    return rows


def ring_of_8() -> list[dict]:
    """Ring of eight Gaussians, mode coverage

    Radius 1, σ = 0.05; 1500 steps of G for every method; 2500 samples, counted as PacGAN does. Means over five seeds; `full` is the
    number of seeds that reach all eight modes with at least 60 % of high quality (within 3σ).
    """
    return [
        {
            "method": row["method"],
            "values": {
                "modes": statistics.fmean(row["modes"]),
                "high quality": statistics.fmean(row["high_quality"]),
                "reverse KL": statistics.fmean(row["reverse_kl"]),
                "full": row["full_coverage"],
            },
            "note": "modes by seed: " + " ".join(map(str, row["modes"])),
        }
        for row in toys.ring_table()
    ]


def dcgan_zoo() -> list[dict]:
    """The shipped DCGANs

    10,000 samples against 10,000 real images that the generator has not seen. FID by the features of the course's own classifier of
    that data set, with its floor (training images) and ceiling (uniform noise) at the same n: comparable with nothing else. Confidence
    and the smallest class share by an independent classifier. Precision and recall: k = 5, n = 5000. Neighbour ratio: distance to the
    nearest of 10,000 training images over that to the nearest of 10,000 unseen ones.
    """
    rows = []
    for name in (name for name in zoo.list() if name.startswith("dcgan-")):
        m = dcgan.evaluate(zoo.load(name), name.removeprefix("dcgan-"))
        values = {
            "FID": m["fid"]["value"],
            "floor": m["fid"]["floor"],
            "ceiling": m["fid"]["ceiling"],
            "FID, % of ceiling": 100 * m["fid_share_of_ceiling"],
            "confidence": m["confidence"],
            "smallest class": m["smallest_class_share"],
            "precision": m["precision"],
            "recall": m["recall"],
            "neighbour ratio": m["neighbour_ratio"],
        }
        rows.append({"method": name, "values": values, "note": f"features {m['fid']['features']}, n = {m['fid']['n']}"})
    return rows


TABLES = {"gan-step-speed": gan_step_speed, "ring-of-8": ring_of_8, "dcgan-zoo": dcgan_zoo}
