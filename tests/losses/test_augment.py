"""DiffAugment: the gradient passes, each operation does what the paper says, the generator decides."""

import pytest
import torch

from course_lib.losses import diff_augment
from course_lib.losses.augment import random_colour, random_cutout, random_translation


@pytest.mark.parametrize("policy", ["colour", "translation", "cutout", "colour,translation,cutout"])
def test_gradient_reaches_the_pixels_and_the_generator_decides(policy, generator):
    x = torch.randn(8, 3, 16, 16, generator=generator, requires_grad=True)
    y = diff_augment(x, policy, torch.Generator().manual_seed(1))
    y.square().sum().backward()
    assert x.grad.flatten(1).abs().sum(1).min() > 0
    assert not torch.equal(y, x)
    assert torch.equal(y, diff_augment(x, policy, torch.Generator().manual_seed(1)))
    assert not torch.equal(y, diff_augment(x, policy, torch.Generator().manual_seed(2)))


def test_translation_moves_by_at_most_an_eighth_and_fills_with_zero(generator):
    x = torch.zeros(500, 1, 32, 32)
    x[:, :, 16, 16] = 1
    y = random_translation(x, generator)
    where = y.flatten(1).argmax(1)
    rows, columns = where // 32 - 16, where % 32 - 16
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (-4, 4, -4, 4)
    assert torch.equal(y.flatten(1).sum(1), torch.ones(500))
    assert len({*zip(rows.tolist(), columns.tolist(), strict=True)}) > 60  # of 81: both directions are independent


def test_translation_keeps_the_picture(generator):
    x = torch.randn(1, 2, 16, 16, generator=generator)
    y = random_translation(x.expand(50, -1, -1, -1), generator)
    inside = x[0, :, 4:12, 4:12]
    for image in y:
        shifts = [image[:, 4 + i : 12 + i, 4 + j : 12 + j] for i in range(-2, 3) for j in range(-2, 3)]
        assert any(torch.equal(shift, inside) for shift in shifts)


def test_cutout_removes_up_to_a_square_of_half_the_size(generator):
    y = random_cutout(torch.ones(400, 1, 16, 16), generator)
    missing = (y == 0).flatten(1).sum(1)
    assert missing.max() == 64
    assert missing.min() >= 16  # a quarter of the square at least stays inside
    rows = (y == 0).any(3).sum(2)
    assert rows.max() == 8


def test_colour_changes_brightness_and_contrast_and_takes_a_grey_image_to_a_grey_image(generator):
    x = torch.randn(300, 1, 8, 8, generator=generator).expand(-1, 3, -1, -1)
    y = random_colour(x, generator)
    assert torch.allclose(y[:, 0], y[:, 1], atol=1e-5)
    shift = (y - x).mean((1, 2, 3))
    assert shift.min() > -0.5001
    assert shift.max() < 0.5001
    assert shift.max() - shift.min() > 0.9
    contrast = y.std((1, 2, 3)) / x.std((1, 2, 3))
    assert contrast.min() > 0.499
    assert contrast.max() < 1.501
    assert contrast.max() - contrast.min() > 0.9


def test_saturation_changes_the_distance_from_grey(generator):
    x = torch.randn(200, 3, 8, 8, generator=generator)
    y = random_colour(x, generator)

    def chroma(images):
        return (images - images.mean(1, keepdim=True)).std((1, 2, 3))

    def grey(images):
        return images.mean(1).std((1, 2))

    factor = chroma(y) / chroma(x) / (grey(y) / grey(x))  # contrast scales both alike
    assert factor.min() >= 0
    assert factor.max() < 2.001
    assert factor.max() - factor.min() > 1.7


@pytest.mark.bad_input
def test_an_unknown_operation_is_named():
    with pytest.raises(ValueError, match="'flip'"):
        diff_augment(torch.zeros(1, 1, 8, 8), "colour,flip")
