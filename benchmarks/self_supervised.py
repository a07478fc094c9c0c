"""Learning without clean images: four ways on one network, and real camera noise, which breaks what they assume."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib import data, images, metrics, zoo
from course_lib.classical import bm3d, estimate_sigma
from course_lib.losses import Task, noise2void
from course_lib.models import DnCNN
from course_lib.train import Patches, restorer

WAYS = {"n2c": "clean images", "n2n": "pairs of noisy shots", "n2v": "single noisy shots", "sure": "single noisy shots, sigma known"}
EVERY, SIZE = 2, 128  # of the PolyU pairs, and pixels of each


def n2x_set12() -> list[dict]:
    """One network, trained with and without clean images: Set12

    DnCNN of depth 10 with 48 features, no batch normalisation: same data, seed and steps for all four. Gaussian noise of sigma 25, seed
    0, neither clipped nor rounded; result rounded to 8 bit; mean PSNR in dB, of Set12 and of the 20 held-out images. From the cards of the
    weights. Published rows: another network, on BSD68; compare the distances from the row with clean images.
    """
    rows = []
    for name, text in WAYS.items():
        if name not in zoo.list():
            rows.append({"method": f"{name} ({text})", "values": {}, "note": "not yet trained"})
            continue
        about, base = zoo.card(name), zoo.card("n2c")
        values = {key: about["metrics"][stored]["25"] for key, stored in (("Set12", "Set12_psnr"), ("held out", "held_out_psnr"))}
        values["against clean images"] = values["Set12"] - base["metrics"]["Set12_psnr"]["25"]
        note = f"{about['steps']} steps, {about['batch']}, {about['hardware']}"
        rows.append({"method": f"{name} ({text})", "values": values, "note": note})
    return rows


def polyu_pairs() -> list[tuple[Tensor, Tensor]]:
    """(noisy, clean): the middle of every second pair, colour."""
    both = zip(data.images("polyu_10/noisy", "rgb"), data.images("polyu_10/gt", "rgb"), strict=True)
    return [tuple(middle(image) for _, image in pair) for pair in list(both)[::EVERY]]


def middle(x: Tensor) -> Tensor:
    top, left = ((side - SIZE) // 2 for side in x.shape[-2:])
    return x[:, top : top + SIZE, left : left + SIZE]


def by_channel(network: torch.nn.Module) -> Callable[[Tensor], Tensor]:
    """A grey network on a colour image: the channels as a batch of three."""
    return lambda y: network(y[:, None])[:, 0]


def mean_psnr(denoise: Callable[[Tensor], Tensor], pairs: list[tuple[Tensor, Tensor]]) -> float:
    with torch.no_grad():
        scores = [metrics.psnr(images.from_uint8(images.to_uint8(denoise(y))), x).item() for y, x in pairs]
    return sum(scores) / len(scores)


def autocorrelation(noise: Tensor, down: int, right: int) -> float:
    noise = noise - noise.mean(dim=(-2, -1), keepdim=True)
    height, width = noise.shape[-2:]
    product = noise[..., : height - down, : width - right] * noise[..., down:, right:]
    return (product.mean() / noise.square().mean()).item()


def trained_on_polyu(pairs: list[tuple[Tensor, Tensor]], task: Task, seed: int = 0) -> torch.nn.Module:
    """A small network trained on real photographs: three planes to a patch, the noisy channel and, twice, the clean one."""
    planes = [torch.stack([y[c], x[c], x[c]]) for y, x in pairs for c in range(3)]
    torch.manual_seed(seed)
    network = DnCNN(depth=5, features=24, norm="none")
    for _ in restorer(network, Patches(planes, 48, 8, seed=seed), task, steps=400, learning_rate=2e-3, seed=seed):
        pass
    return network.eval()


def polyu() -> list[dict]:
    """PolyU: photographs with real camera noise

    The middle 128×128 of every second of the set's 100 cropped pairs (in the order of their names), colour; clean is the mean of many
    shots. Mean PSNR in dB after rounding to 8 bit. Networks for Gaussian noise: channel by channel; BM3D: for colour, with the
    estimated sigma. The small networks are trained here, 400 steps on the noisy images of the even pairs, and measured on the odd ones.
    """
    pairs = polyu_pairs()
    odd = pairs[1::2]

    def row(method: str, denoise: Callable[[Tensor], Tensor], note: str = "", both: bool = True) -> dict:
        values = {"all": mean_psnr(denoise, pairs)} if both else {}
        return {"method": method, "values": values | {"odd pairs": mean_psnr(denoise, odd)}, "note": note}

    rows = [row("noisy", lambda y: y)]
    rows += [row(f"{name}, Gaussian noise", by_channel(zoo.load(name))) for name in ("n2c", "dncnn-blind") if name in zoo.list()]
    rows.append(row("BM3D, sigma estimated", lambda y: bm3d(y, max(0.5, estimate_sigma(y).item()))))
    rows.append(row("BM3D, true sigma", BM3DWithTruth(pairs), "sigma from the clean image: an upper limit"))
    hidden = noise2void(lambda y, generator: y)
    task = Task(lambda planes, generator: hidden.draw(planes[:, :1], generator), hidden.loss)
    rows.append(row("small network, Noise2Void on the noisy images", by_channel(trained_on_polyu(pairs[::2], task)), both=False))
    task = Task(lambda planes, generator: (planes[:, :1], planes[:, 1:2]), lambda network, y, x: (network(y) - x).square().mean())
    rows.append(row("small network, with the clean images", by_channel(trained_on_polyu(pairs[::2], task)), both=False))
    return rows


class BM3DWithTruth:
    """BM3D that looks sigma up."""

    def __init__(self, pairs: list[tuple[Tensor, Tensor]]):
        self.sigmas = {y.data_ptr(): max(0.5, 255 * (y - x).std().item()) for y, x in pairs}

    def __call__(self, y: Tensor) -> Tensor:
        return bm3d(y, self.sigmas[y.data_ptr()])


def polyu_noise() -> list[dict]:
    """PolyU: how the noise of real cameras is correlated

    Noisy minus clean, the middle 128×128 of every second pair, channel by channel: mean over the pairs of the standard deviation in grey
    levels, as it is and as estimated from the noisy image by the wavelet median; and mean correlation with other pixels. White noise has 0.
    """
    pairs = polyu_pairs()
    noises = [y - x for y, x in pairs]
    places = {"beside": (0, 1), "below": (1, 0), "diagonal": (1, 1), "two away": (0, 2), "four away": (0, 4)}
    values = {
        "sigma": sum(255 * noise.std().item() for noise in noises) / len(noises),
        "estimated": sum(estimate_sigma(y).item() for y, _ in pairs) / len(pairs),
    }
    values |= {name: sum(autocorrelation(noise, *place) for noise in noises) / len(noises) for name, place in places.items()}
    return [{"method": f"{len(pairs)} pairs", "values": values}]


TABLES = {"n2x-set12": n2x_set12, "polyu": polyu, "polyu-noise": polyu_noise}
