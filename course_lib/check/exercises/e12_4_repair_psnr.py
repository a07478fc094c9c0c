"""12.4 repair: a PSNR that no table of super-resolution has."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect, expect_close, mistake, property_test
from course_lib.images import from_uint8, luma, to_uint8

TITLE = "Repair the table's PSNR"
KIND = "repair"
NOTEBOOK = "12_super_resolution"
MINUTES = 10
DIFFICULTY = 2
POINTS = 9

HINTS = (
    "Let the estimate differ from the truth in one thing only: in blue; in the outermost pixel; in a third of a grey level; in a value of 1.1. "
    "What must the number be?",
    "Round and clip the estimate (3, h, w) to 8 bits; Y = (16 + 65.481 R + 128.553 G + 24.966 B)/255 of both; cut s pixels from each side; "
    "−10 log₁₀ of the mean square.",
    """
    the estimate to uint8 and back
    the luma of both images, from images.luma
    both without their first and last `scale` rows and columns
    the mean of the squared difference, and its decibels
    """,
)


def broken(estimate, truth, scale):
    """What is handed out: Y from 0 to 255, the estimate as it is, the border measured with the rest."""
    weights = torch.tensor([0.299, 0.587, 0.114]).to(truth).view(3, 1, 1)
    difference = (weights * (estimate - truth)).sum(0)
    return -10 * difference.square().mean().log10()


def table_psnr(estimate: Tensor, truth: Tensor, scale: int) -> Tensor:
    """PSNR in dB of two RGB images (3, h, w) as the tables of super-resolution have it."""
    estimate = from_uint8(to_uint8(estimate))
    difference = (luma(estimate) - luma(truth))[..., scale:-scale, scale:-scale]
    return -10 * difference.square().mean().log10()


reference = table_psnr


def full_range(x):
    return (0.299 * x[0] + 0.587 * x[1] + 0.114 * x[2])[None]


def variant(bits=lambda x: from_uint8(to_uint8(x)), channel=luma, crop=lambda s: s, decibels=10):
    """The PSNR with one step done otherwise."""

    def other(estimate, truth, scale):
        difference = channel(bits(estimate)) - channel(truth)
        cut = crop(scale)
        difference = difference[..., cut : difference.shape[-2] - cut, cut : difference.shape[-1] - cut]
        return -decibels * difference.square().mean().log10()

    return other


MISTAKES = (
    mistake(variant(channel=full_range), "This Y runs from 0 to 255. The tables' runs from 16 to 235: its errors are smaller by 219/255, and the PSNR is 1.3 dB higher."),
    mistake(variant(channel=lambda x: x), "That is the PSNR of R, G and B. The tables measure Y only."),
    mistake(variant(channel=lambda x: x[1:2]), "That is the green channel; Y weighs all three."),
    mistake(variant(bits=lambda x: x), "The estimate is neither rounded nor clipped. A file has 8 bits, and so have the tables' images."),
    mistake(variant(bits=lambda x: x.clamp(0, 1)), "Clipped, but not rounded to whole grey levels."),
    mistake(variant(bits=lambda x: (255 * x).round() / 255), "Rounded, but not clipped: no file holds a value above 1."),
    mistake(variant(crop=lambda s: 0), "The border is still measured; cut `scale` pixels from each side."),
    mistake(variant(crop=lambda s: 2 * s), "You cut more than `scale` pixels from each side."),
    mistake(variant(crop=lambda s: 1), "One pixel is cut, whatever the scale: it must be `scale` pixels."),
    mistake(variant(decibels=20), "20 log₁₀ is for the root of the mean square; of the mean square itself it is 10."),
)  # fmt: skip


def number(got):
    expect(isinstance(got, float | int | Tensor), expected="one number, in dB", got=got)
    return got


@property_test("a wrong blue", points=2)
def blue_counts_little(answer, case):
    truth = torch.full((3, 12, 12), 102 / 255, device=case.device)
    estimate = truth.clone()
    estimate[2] = 153 / 255
    # by hand: 51 levels of blue are 51 · 24.966/255 levels of Y
    expected = -20 * torch.tensor(51 * 24.966 / 255 / 255).log10().item()
    expect_close(number(answer(estimate, truth, 3)), expected, tol=0.01, input="grey of 102, in the estimate with blue at 153, scale 3")


@property_test("a wrong border", points=2)
def border_does_not_count(answer, case):
    truth = torch.full((3, 16, 16), 102 / 255, device=case.device)
    inside = torch.full_like(truth, 1.0)
    inside[:, 3:-3, 3:-3] = 103 / 255
    got = number(answer(inside, truth, 3))
    expect_close(
        got,
        -20 * torch.tensor(219 / 255 / 255).log10().item(),
        tol=0.01,
        input="one grey level too bright inside, white in the outermost 3 pixels, scale 3",
    )


@property_test("8 bits", points=2)
def as_a_file(answer, case):
    truth = torch.full((3, 12, 12), 1.0, device=case.device)
    truth[:, :, 6:] = 102 / 255
    estimate = truth.clone()
    estimate[:, :, :6] = 1.2
    estimate[:, :, 6:] = 103.4 / 255
    # by hand: the left half is white in the file; the right half is wrong by one level of 219/255 of Y
    expected = -10 * torch.tensor(0.5 * (219 / 255 / 255) ** 2).log10().item()
    expect_close(
        number(answer(estimate, truth, 2)),
        expected,
        tol=0.01,
        input="half of the estimate at 1.2 for a white truth, half at 103.4/255 for 102/255, scale 2",
    )


@property_test("against the reference", points=3)
def agrees_with_the_reference(answer, case):
    for scale in (2, 4):
        truth = from_uint8(to_uint8(case.rand(3, 24, 30)))
        estimate = truth + 0.05 * case.randn(3, 24, 30)
        expect_close(number(answer(estimate, truth, scale)), table_psnr(estimate, truth, scale).item(), tol=1e-3)
