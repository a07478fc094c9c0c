"""Classical restoration: BM3D against its authors' package, NL-means against scikit-image, and what both cost."""

import statistics
import subprocess
import sys
import time

import numpy as np
import torch

from course_lib import data, images, metrics
from course_lib.classical import bm3d, bm3d_stages, inspect_block, nl_means

SIGMAS = (15, 25, 50)


def psnr_8bit(x: torch.Tensor, reference: torch.Tensor) -> float:
    """PSNR after rounding to 8 bits, as the tables have it."""
    return metrics.psnr(images.from_uint8(images.to_uint8(x)).double(), reference.double()).item()


def noisy(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """White noise of numpy's default_rng(0), in the memory order of (H, W) or (H, W, C), neither clipped nor rounded."""
    noise = np.random.default_rng(0).standard_normal(x.movedim(0, -1).shape) * sigma / 255
    return x.double() + torch.from_numpy(noise).movedim(-1, 0)


def package_bm3d(y: torch.Tensor, sigma: float, threads: int = 0) -> torch.Tensor:
    """The authors' package, profile "np"."""
    import bm3d as package

    profile = package.BM3DProfile()
    profile.num_threads = threads
    if len(y) == 3:
        return torch.from_numpy(package.bm3d_rgb(y.movedim(0, -1).contiguous().numpy(), sigma / 255, profile)).movedim(-1, 0)
    return torch.from_numpy(package.bm3d(y[0].numpy(), sigma / 255, profile))[None]


def bm3d_set12() -> list[dict]:
    """Denoising, grey: BM3D on Set12

    White Gaussian noise, numpy default_rng(0) for each image, neither clipped nor rounded; result rounded to 8 bit; mean PSNR of the
    twelve images in dB. The package is the authors' `bm3d` from PyPI, profile "np", on the same noisy images; `worst` is the image
    where ours loses most against it.
    """
    scores = {}
    for sigma in SIGMAS:
        for name, x in data.images("Set12"):
            y = noisy(x, sigma)
            pair = psnr_8bit(bm3d(y.float(), sigma), x), psnr_8bit(package_bm3d(y, sigma), x)
            scores.setdefault(sigma, []).append((name, *pair))
            print(f"  sigma {sigma} {name}: {pair[0]:.3f}, package {pair[1]:.3f}", flush=True)
    ours = {f"sigma {sigma}": statistics.fmean(a for _, a, _ in s) for sigma, s in scores.items()}
    theirs = {f"sigma {sigma}": statistics.fmean(b for _, _, b in s) for sigma, s in scores.items()}
    for sigma, s in scores.items():
        ours[f"worst {sigma}"] = min(a - b for _, a, b in s)
    return [{"method": "course_lib bm3d", "values": ours}, {"method": "bm3d package", "values": theirs}]


def bm3d_colour() -> list[dict]:
    """Denoising, colour: BM3D on bundled photographs

    Crops of 256 × 256 from scikit-image's astronaut, coffee and chelsea, σ = 25 in all channels; PSNR over RGB in dB after rounding to
    8 bit. The package is `bm3d_rgb`, opponent colours.
    """
    ours, theirs = {}, {}
    for name in ("astronaut", "coffee", "chelsea"):
        x = data.photo(name)
        top, left = ((size - 256) // 2 for size in x.shape[-2:])
        x = x[:, top : top + 256, left : left + 256]
        y = noisy(x, 25)
        ours[name], theirs[name] = psnr_8bit(bm3d(y.float(), 25), x), psnr_8bit(package_bm3d(y, 25), x)
    return [{"method": "course_lib bm3d", "values": ours}, {"method": "bm3d package", "values": theirs}]


def alternately(ways: dict, rounds: int) -> dict[str, tuple[float, float]]:
    """Run the ways in turn; the medians of wall seconds and of processor seconds of each."""
    for way in ways.values():
        way()
    taken = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: tuple(statistics.median(values) for values in zip(*t, strict=True)) for name, t in taken.items()}


def bm3d_speed(rounds: int = 5) -> list[dict]:
    """BM3D, speed

    Camera 512 × 512, σ = 25, float32; seconds, median of five rounds in which ours and the `bm3d` package take turns, on one thread and
    on two; wall time and time of the processor. A ratio above 1 means that ours is quicker.
    """
    y = noisy(data.photo("camera", grey=True), 25)
    y32, rows = y.float(), []
    before = torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        t = alternately({"ours": lambda: bm3d(y32, 25), "package": lambda n=threads: package_bm3d(y, 25, n)}, rounds)
        values = {"ours, wall": t["ours"][0], "package, wall": t["package"][0], "ratio, wall": t["package"][0] / t["ours"][0]}
        values |= {"ours, cpu": t["ours"][1], "package, cpu": t["package"][1], "ratio, cpu": t["package"][1] / t["ours"][1]}
        rows.append({"method": f"512 × 512 on {threads} thread(s)", "values": values})
    torch.set_num_threads(before)
    if torch.cuda.is_available():
        for count in (1, 16):
            batch = y32.expand(count, 1, -1, -1).cuda()

            def way(batch=batch):
                bm3d(batch, 25)
                torch.cuda.synchronize()

            wall, _ = alternately({"ours": way}, rounds)["ours"]
            rows.append({"method": f"{count} of 512 × 512 on CUDA", "values": {"ours, wall": wall}})
    return rows


_PEAK = """
import re, torch
from pathlib import Path
from course_lib.classical import bm3d

def peak():  # of this process alone: getrusage would count what it was forked from
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])

torch.set_num_threads(2)
bm3d(torch.rand(1, 64, 64), 25)
before = peak()
bm3d(torch.rand({channels}, {size}, {size}), 25)
print(peak() - before, peak())
"""


def bm3d_growth(sizes: tuple[int, ...] = (256, 512, 1024, 2048)) -> list[dict]:
    """BM3D, growth with the image

    Grey images, σ = 25: seconds of the processor and wall seconds per megapixel, and the memory that the call adds to that of
    the process and the peak of the whole process (libraries included), in MB.
    """
    x = data.photo("camera", grey=True)
    rows = []
    for size in sizes:
        y = noisy(x[..., :size, :size] if size <= 512 else x.repeat(1, size // 512, size // 512), 25).float()
        wall, cpu = alternately({"ours": lambda y=y: bm3d(y, 25)}, 2)["ours"]
        script = _PEAK.format(channels=1, size=size)
        output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        added, peak = (int(kilobytes) / 1024 for kilobytes in output.split())
        megapixels = size**2 / 1e6
        values = {"wall s/MP": wall / megapixels, "cpu s/MP": cpu / megapixels, "MB": added, "MB, process": peak}
        rows.append({"method": f"{size} × {size}", "values": values})
        print(" ", rows[-1], flush=True)
    return rows


def stack_explorer_speed() -> list[dict]:
    """One reference block of BM3D, to look at

    Milliseconds for `inspect_block` on a 256 × 256 image, one thread: step 1, and step 2 with the pilot at hand.
    """
    y = noisy(data.photo("camera", grey=True)[..., 100:356, 150:406], 25).float()
    pilot = bm3d_stages(y, 25).basic
    ways = {"step 1": lambda: inspect_block(y, 25, 120, 90), "step 2": lambda: inspect_block(y, 25, 120, 90, pilot=pilot)}
    return [{"method": "inspect_block", "values": {name: 1000 * wall for name, (wall, _) in alternately(ways, 20).items()}}]


def nl_means_speed(rounds: int = 5) -> list[dict]:
    """NL-means against scikit-image

    Camera 512 × 512, σ = 25, patches of 7 × 7, window 21 × 21, one thread; each method with the h, of ten, that gives its best PSNR.
    scikit-image in its compiled fast mode, which weighs patches flat. Seconds, median of five rounds taking turns.
    """
    from skimage.restoration import denoise_nl_means

    x = data.photo("camera", grey=True)
    y = noisy(x, 25).float()
    before = torch.get_num_threads()
    torch.set_num_threads(1)

    def scikit_image(h: float) -> torch.Tensor:
        return torch.from_numpy(denoise_nl_means(y[0].numpy(), 7, 10, h=h * 25 / 255, sigma=25 / 255, fast_mode=True))[None]

    methods = {
        "course_lib nl_means, pixel": lambda h: nl_means(y, 25, h=h * 25),
        "course_lib nl_means, patch": lambda h: nl_means(y, 25, h=h * 25, form="patch"),
        "scikit-image, fast mode": scikit_image,
    }
    best = {name: max((psnr_8bit(f(h), x), h) for h in np.arange(3, 13) / 10) for name, f in methods.items()}
    taken = alternately({name: lambda f=f, h=best[name][1]: f(h) for name, f in methods.items()}, rounds)
    torch.set_num_threads(before)
    reference = taken["scikit-image, fast mode"]
    return [
        {
            "method": name,
            "values": {"psnr": best[name][0], "h / σ": best[name][1], "wall s": wall, "cpu s": cpu, "ratio, cpu": reference[1] / cpu},
        }
        for name, (wall, cpu) in taken.items()
    ]


def nl_means_set12() -> list[dict]:
    """Denoising, grey: NL-means on Set12

    Noise and rounding as for BM3D on Set12; patches of 7 × 7, window 21 × 21, the default h; mean PSNR of the twelve images in dB.
    """
    rows = []
    for form in ("pixel", "patch"):
        values = {}
        for sigma in SIGMAS:
            scores = [psnr_8bit(nl_means(noisy(x, sigma).float(), sigma, form=form), x) for _, x in data.images("Set12")]
            values[f"sigma {sigma}"] = statistics.fmean(scores)
        rows.append({"method": f"course_lib nl_means, {form}-wise", "values": values})
    return rows


TABLES = {
    "bm3d-set12": bm3d_set12,
    "bm3d-colour": bm3d_colour,
    "bm3d-speed": bm3d_speed,
    "bm3d-growth": bm3d_growth,
    "bm3d-inspect": stack_explorer_speed,
    "nl-means-set12": nl_means_set12,
    "nl-means-speed": nl_means_speed,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        print(name)
        for row in TABLES[name]():
            print("  ", row["method"], {key: round(value, 4) for key, value in row["values"].items()}, flush=True)
