"""Every public function of floors 1 and 2 that takes an image refuses what is none, and names the argument and what is wanted.

Hypothesis builds the bad images; ``CALLS`` says how each function is called. A public function that is missing here fails the last test.
"""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import degrade, evaluate, images, metrics, plots, resample

pytestmark = pytest.mark.bad_input
GOOD = torch.full((3, 16, 16), 0.5)
NAME = r"^(x|y|image|reference|a|images?(\[0\].*)?|the image 'bad'.*)\b"

CALLS = {
    "images.require_image": images.require_image,
    "images.save": lambda x: images.save(x, "no-such-folder/bad.png"),
    "images.png_bytes": images.png_bytes,
    "images.to_uint8": images.to_uint8,
    "images.to_numpy": images.to_numpy,
    "images.luma": images.luma,
    "images.to_grey": images.to_grey,
    "images.rgb_to_ycbcr": images.rgb_to_ycbcr,
    "images.ycbcr_to_rgb": images.ycbcr_to_rgb,
    "images.crop_to_multiple": lambda x: images.crop_to_multiple(x, 2),
    "resample.imresize": lambda x: resample.imresize(x, 2),
    "resample.imresize_adjoint": lambda x: resample.imresize_adjoint(x, (32, 32)),
    "metrics.mse": lambda x: metrics.mse(x, GOOD),
    "metrics.psnr": lambda x: metrics.psnr(x, GOOD),
    "metrics.ssim": lambda x: metrics.ssim(GOOD, x),
    "metrics.ssim_map": lambda x: metrics.ssim_map(x, GOOD),
    "metrics.ms_ssim": lambda x: metrics.ms_ssim(x, torch.full((3, 176, 176), 0.5)),
    "degrade.GaussianNoise": lambda x: degrade.GaussianNoise(25)(x),
    "degrade.PoissonNoise": lambda x: degrade.PoissonNoise(30)(x),
    "degrade.ImpulseNoise": lambda x: degrade.ImpulseNoise(0.1)(x),
    "degrade.Blur": lambda x: degrade.Blur(degrade.gaussian_kernel(5, 1.0))(x),
    "degrade.Downsample": lambda x: degrade.Downsample(2)(x),
    "degrade.Mask": lambda x: degrade.Mask(torch.ones(16, 16))(x),
    "degrade.Jpeg": lambda x: degrade.Jpeg(50)(x),
    "degrade.Compose": lambda x: degrade.Compose([degrade.GaussianNoise(5)])(x),
    "degrade.Blur.adjoint": lambda x: degrade.Blur(degrade.gaussian_kernel(5, 1.0)).adjoint(x),
    "degrade.Downsample.adjoint": lambda x: degrade.Downsample(2).adjoint(x),
    "degrade.Mask.adjoint": lambda x: degrade.Mask(torch.ones(16, 16)).adjoint(x),
    "plots.grid": lambda x: plots.grid([x]),
    "plots.compare": lambda x: plots.compare({"bad": x}),
    "plots.difference": lambda x: plots.difference(x, GOOD),
    "evaluate.restoration": lambda x: evaluate.restoration(lambda y: y, None, [("bad", x)]),
}
# public, but given something else than an image; their own test files try bad input on them
NO_IMAGE = {
    *("images.load", "images.from_numpy", "images.from_uint8", "resample.resize_weights"),
    *("metrics.fid", "metrics.kid", "metrics.inception_score", "metrics.precision_recall", "metrics.mode_coverage"),
    *("metrics.active_units", "metrics.negative_log_likelihood", "metrics.mean_iou", "metrics.patch_distance", "metrics.pixel_accuracy"),
    *("metrics.linear_probe", "metrics.mig", "metrics.mutual_information", "metrics.factor_of_latent"),
    *("degrade.Degradation", "degrade.gaussian_kernel", "degrade.motion_kernel", "degrade.disk_kernel"),
    *("plots.show", "plots.figure_bytes", "plots.use_style", "plots.Figure", "evaluate.Table"),
}


@st.composite
def bad_images(draw) -> object:
    """Something that is no image of this course, of one of eight kinds."""
    sides = draw(st.lists(st.integers(1, 16), min_size=2, max_size=2))
    channels = draw(st.sampled_from([1, 3]))
    image = torch.full((channels, *sides), 0.5)
    where = tuple(draw(st.integers(0, n - 1)) for n in image.shape)
    kind = draw(
        st.sampled_from(["axes", "channels", "bytes", "whole numbers", "0 to 255", "NaN", "infinite", "empty", "array", "no tensor"])
    )
    if kind == "axes":
        return draw(st.sampled_from([image[0], image[0, 0], image[0, 0, 0], image[None, None]]))
    if kind == "channels":
        return torch.full((draw(st.sampled_from([2, 4, 5, 64])), *sides), 0.5)
    if kind == "bytes":
        return (image * 255).byte()
    if kind == "whole numbers":
        return (image * 2).to(draw(st.sampled_from([torch.int64, torch.int32, torch.bool])))
    if kind == "0 to 255":
        return image * 510
    if kind in ("NaN", "infinite"):
        image[where] = float("nan") if kind == "NaN" else draw(st.sampled_from([float("inf"), -float("inf")]))
        return image
    if kind == "empty":
        return image[draw(st.sampled_from([(slice(0),), (slice(None), slice(0)), (slice(None), slice(None), slice(0))]))]
    if kind == "array":
        return np.full((*sides, channels), 0.5)
    return draw(st.sampled_from([None, 0.5, "photo.png", [[0.5]]]))


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=40, deadline=None)
@given(bad=bad_images())
def test_bad_images_are_refused_by_name(name, bad):
    with pytest.raises((TypeError, ValueError), match=NAME) as caught:
        CALLS[name](bad)
    assert (
        "expected" in str(caught.value) or "must" in str(caught.value) or "divide by 255" in str(caught.value) or "NaN" in str(caught.value)
    )


def test_every_public_function_is_tried():
    missing = []
    for module in (images, resample, metrics, degrade, plots, evaluate):
        short = module.__name__.removeprefix("course_lib.")
        for name, value in vars(module).items():
            public = (
                not name.startswith("_")
                and (inspect.isfunction(value) or inspect.isclass(value))
                and value.__module__.startswith(module.__name__)
            )
            if public and f"{short}.{name}" not in CALLS and f"{short}.{name}" not in NO_IMAGE:
                missing.append(f"{short}.{name}")
    assert not missing, f"add to CALLS or NO_IMAGE: {missing}"
