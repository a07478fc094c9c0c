"""pix2pix's U-Net: parameters as published, the architecture's rules, what skips and dropout do, the identity task."""

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss

from course_lib.data import scenes
from course_lib.metrics import psnr
from course_lib.models import UNet


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_parameter_count_as_published():
    """256 pixels: in × out × kernel², two per channel of batch norm, the bias of the last layer."""
    k = 16
    encoder = (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 4 * 512 * 512) * k + 2 * (128 + 256 + 512 * 4)
    decoder = (512 * 512 + 3 * 1024 * 512 + 1024 * 256 + 512 * 128 + 256 * 64 + 128 * 3) * k + 3 + 2 * (4 * 512 + 256 + 128 + 64)
    with torch.device("meta"):
        full, plain = UNet(), UNet(skips=False)
    assert count(full) == encoder + decoder == 54_413_955  # 54.4 M
    without = (512 * 512 * 4 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) * k + 3 + 2 * (4 * 512 + 256 + 128 + 64)
    assert count(plain) == encoder + without


@pytest.mark.parametrize(("depth", "size"), [(6, 64), (7, 128), (8, 256)])
def test_every_level_halves_down_to_one_pixel(depth, size):
    G = UNet(depth=depth, features=2)
    sizes = []
    for layer in G.down:
        layer.register_forward_hook(lambda _, inputs, output: sizes.append(output.shape[-1]))
    x = G(torch.zeros(1, 3, size, size))
    assert sizes == [size // 2**level for level in range(1, depth + 1)]
    assert sizes[-1] == 1
    assert x.shape == (1, 3, size, size)


def test_the_rules_of_the_architecture():
    G = UNet(depth=5, features=4, max_features=16)
    kinds = [[type(layer) for layer in block] if isinstance(block, nn.Sequential) else [type(block)] for block in [*G.down, *G.up]]
    inner_down, inner_up = [nn.LeakyReLU, nn.Conv2d, nn.BatchNorm2d], [nn.ReLU, nn.ConvTranspose2d, nn.BatchNorm2d]
    assert kinds[:5] == [[nn.Conv2d], inner_down, inner_down, inner_down, [nn.LeakyReLU, nn.Conv2d]]
    assert kinds[5:] == [inner_up] * 4 + [[nn.ReLU, nn.ConvTranspose2d, nn.Tanh]]
    assert {layer.negative_slope for layer in G.modules() if isinstance(layer, nn.LeakyReLU)} == {0.2}
    convolutions = [layer for layer in G.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert {(layer.kernel_size, layer.stride, layer.padding) for layer in convolutions} == {((4, 4), (2, 2), (1, 1))}
    assert [layer.out_channels for layer in convolutions] == [4, 8, 16, 16, 16, 16, 16, 8, 4, 3]
    assert [layer.in_channels for layer in convolutions] == [3, 4, 8, 16, 16, 16, 32, 32, 16, 8]
    assert G(torch.zeros(2, 3, 32, 32)).abs().max() < 0.2  # it starts at mid-grey
    assert UNet(1, 2, depth=5, features=2)(torch.zeros(1, 1, 32, 64)).shape == (1, 2, 32, 64)


@pytest.mark.parametrize("skips", [True, False])
def test_the_gradient_reaches_every_parameter(skips, generator):
    torch.manual_seed(0)
    G = UNet(depth=5, features=4, skips=skips)
    G(torch.randn(4, 3, 32, 32, generator=generator)).square().mean().backward()
    for name, parameter in G.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("skips", [True, False])
def test_only_through_skips_does_fine_detail_pass(skips, generator):
    """With a wall at the second level no change of the input gets through but by the skip of the first."""
    G = UNet(depth=5, features=4, skips=skips).eval()
    G.down[1].register_forward_hook(lambda _, inputs, output: torch.zeros_like(output))
    first, second = torch.randn(2, 1, 3, 32, 32, generator=generator)
    assert torch.equal(G(first), G(second)) is not skips


def test_dropout_is_the_noise_of_the_first_three_layers_of_the_decoder(generator):
    G, c = UNet(depth=6, features=4), torch.rand(2, 3, 64, 64, generator=generator)
    ones, drawn = torch.ones(1, 8, 4, 4), []
    G._drop, drop = (lambda x, source: drawn.append(x.shape[-1]) or drop(x, source)), G._drop
    G.eval()
    assert torch.equal(G.translate(c), G.translate(c))
    assert drawn == []
    a, again, b = (G.translate(c, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(a, again)
    assert not torch.equal(a, b)
    assert drawn == [2, 4, 8] * 3
    G.train()(c)
    assert drawn == [2, 4, 8] * 4
    assert set(drop(ones, generator).unique().tolist()) == {0.0, 2.0}
    assert drop(ones.expand(500, -1, -1, -1), generator).mean().item() == pytest.approx(1, abs=0.02)
    silent = UNet(depth=6, features=4, dropout=0)
    assert torch.equal(silent(c), silent(c))


def test_in_eval_mode_an_image_does_not_depend_on_its_batch(generator):
    G, c = UNet(depth=5, features=4).eval(), torch.rand(3, 3, 32, 32, generator=generator)
    x = G.translate(c)
    assert torch.allclose(x[:1], G.translate(c[:1]), atol=1e-6)
    assert x.min() >= 0
    assert x.max() <= 1
    assert not x.requires_grad
    assert torch.allclose(x, (G(2 * c - 1) + 1) / 2)


def test_the_identity_task_is_passed_with_35_decibel():
    """A translator that cannot copy an image will translate none: pictures of scenes to themselves, held out."""
    torch.manual_seed(0)
    G = UNet(depth=3, features=48, max_features=48, dropout=0)
    pictures = scenes.render(scenes.draw(80, size=32))
    optimiser = torch.optim.Adam(G.parameters(), 1e-2, (0.5, 0.999))
    for step in range(800):
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 * min(1, 2 - step / 400)
        rows = torch.arange(step * 8, step * 8 + 8) % 64
        x = pictures[rows] * 2 - 1
        loss = l1_loss(G(x), x)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert psnr(G.eval().translate(pictures[64:]), pictures[64:]).mean() > 35


@pytest.mark.bad_input
def test_bad_input():
    G = UNet(depth=5, features=2)
    with pytest.raises(ValueError, match="48×40 pixels, and this network halves them 5 times: both must be multiples of 32"):
        G(torch.zeros(1, 3, 48, 40))
    with pytest.raises(ValueError, match=r"c has 1 channels \(shape \(1, 1, 32, 32\)\); this network was made for 3"):
        G(torch.zeros(1, 1, 32, 32))
    with pytest.raises(ValueError, match="images: values from 0 to 255"):
        G.translate(torch.linspace(0, 255, 3 * 32 * 32).reshape(1, 3, 32, 32))
    with pytest.raises(ValueError, match="depth at least 2; got 3, 3, 64 and 1"):
        UNet(depth=1)
    with pytest.raises(ValueError, match="features must be at least 1.*got 3, 3, 0 and 8"):
        UNet(features=0)
    with pytest.raises(ValueError, match="dropout must be at least 0 and less than 1, got 1"):
        UNet(dropout=1.0)
