"""The ground: bicubic interpolation, noisy input, and what the basics cost."""

import statistics
import time

import numpy as np
import torch

from course_lib import data, degrade, images, metrics, resample


def luma_8bit(x: torch.Tensor) -> torch.Tensor:
    """BT.601 luma rounded to whole grey levels, as the super-resolution tables use it; a grey image is taken as it is."""
    y = images.luma(x) if x.shape[-3] == 3 else x
    return images.from_uint8(images.to_uint8(y)).double()


def bicubic_set5() -> list[dict]:
    """Bicubic interpolation on Set5."""
    values: dict[str, list[float]] = {}
    for _, image in data.images("Set5"):
        for scale in (2, 3, 4):
            x = images.crop_to_multiple(luma_8bit(image), scale)
            low = resample.imresize(x, 1 / scale)
            up = images.from_uint8(images.to_uint8(resample.imresize(low, scale))).double()
            values.setdefault(f"x{scale} psnr", []).append(metrics.psnr(up, x, crop=scale).item())
            values.setdefault(f"x{scale} ssim", []).append(metrics.ssim(up, x, crop=scale).item())
    return [{"method": "course_lib", "values": {key: statistics.fmean(v) for key, v in values.items()}}]


def noisy_set12() -> list[dict]:
    """Noisy input on Set12."""
    values = {}
    for sigma in (15, 25, 50):
        scores = []
        for index, (_, x) in enumerate(data.images("Set12")):
            noise = np.random.default_rng(index).standard_normal(x.shape) * sigma / 255
            scores.append(metrics.psnr(x.double() + torch.from_numpy(noise), x.double()).item())
        values[f"sigma {sigma}"] = statistics.fmean(scores)
    return [{"method": "course_lib", "values": values, "note": "numpy default_rng(i) for image i"}]


def median_ms(call, repeats: int = 20) -> float:
    """Median wall time of ``call()`` in milliseconds after one call to warm up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def foundation_speed() -> list[dict]:
    """What the basics cost

    Milliseconds (median of 20) on one CPU thread, and the time of the independent library for the same work in the same run. A ratio
    above 1 means that ours is quicker.
    """
    from skimage.metrics import structural_similarity

    from course_lib.widgets import degradation_explorer

    torch.set_num_threads(1)
    x = data.photo("astronaut", size=256)
    y = degrade.GaussianNoise(25)(x, generator=torch.Generator().manual_seed(0))
    a, b = x.permute(1, 2, 0).double().numpy(), y.permute(1, 2, 0).double().numpy()
    ours = median_ms(lambda: metrics.ssim(y, x))
    theirs = median_ms(
        lambda: structural_similarity(a, b, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1)
    )
    states = [degradation_explorer.State(strength=float(s)) for s in range(1, 42, 2)]
    turn = iter(states * 2)
    start = time.perf_counter()
    data.glyphs.dataset(20_000)
    glyphs = time.perf_counter() - start
    return [
        {
            "method": "SSIM, 256×256 colour",
            "values": {"ours, ms": ours, "other, ms": theirs, "ratio": theirs / ours},
            "note": "against scikit-image",
        },
        {
            "method": "degradation explorer, one update, 256×256",
            "values": {"ours, ms": median_ms(lambda: degradation_explorer.render(next(turn)))},
        },
        {"method": "20,000 glyphs of 28×28", "values": {"ours, ms": 1000 * glyphs}, "note": "one run"},
    ]


TABLES = {"bicubic-set5": bicubic_set5, "noisy-set12": noisy_set12, "foundation-speed": foundation_speed}
