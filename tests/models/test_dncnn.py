"""DnCNN: the published size, what it subtracts, how far it looks, and the merged network."""

import pytest
import torch
from torch import nn

from course_lib.models import DnCNN


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def trained_looking(network: DnCNN, seed: int = 0) -> DnCNN:
    """Batch normalisation with statistics and scales as after a training."""
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor, low in ((layer.running_mean, -1), (layer.running_var, 0.2), (layer.weight.data, 0.3), (layer.bias.data, -1)):
                tensor.copy_(low + torch.rand(tensor.shape, generator=generator))
    return network.eval()


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (DnCNN(), 556_097),
        (DnCNN(depth=20), 667_073),
        (DnCNN(channels=3, depth=20), 669_379),
        (DnCNN().merged(), 555_137),
        (DnCNN(depth=20).merged(), 665_921),
        (DnCNN(norm="none"), 555_137),
    ],
)
def test_parameter_counts_are_the_published_ones(network, parameters):
    assert count(network) == parameters


@torch.no_grad()
def test_residual_learning_subtracts_the_networks_output():
    y = torch.rand(2, 1, 9, 11)
    network = DnCNN(depth=3, features=4, norm="none")
    direct = DnCNN(depth=3, features=4, norm="none", residual=False)
    direct.load_state_dict(network.state_dict())
    assert torch.equal(network(y), y - direct(y))
    nn.init.zeros_(network.layers[-1].weight)
    assert torch.equal(network(y), y)


@torch.no_grad()
@pytest.mark.parametrize("residual", [True, False])
def test_merged_is_the_same_function(residual):
    torch.manual_seed(0)
    network = trained_looking(DnCNN(channels=3, depth=6, features=8, residual=residual))
    y = torch.rand(2, 3, 17, 13)
    merged = network.merged()
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in merged.modules())
    torch.testing.assert_close(merged(y), network(y), atol=1e-5, rtol=0)


@pytest.mark.parametrize("depth", [2, 5])
def test_receptive_field_is_where_the_gradient_is(depth):
    torch.manual_seed(0)
    network = DnCNN(depth=depth, features=4, norm="none", residual=False).double()
    for parameter in network.parameters():
        parameter.data.abs_()  # nothing cancels, and no ReLU closes
    y = torch.rand(1, 1, 31, 31, dtype=torch.float64, requires_grad=True)
    network(y)[0, 0, 15, 15].backward()
    rows, columns = y.grad[0, 0].nonzero().unbind(1)
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == network.receptive_field


@torch.no_grad()
@pytest.mark.parametrize(("bias", "follows"), [(False, True), (True, False)])
def test_without_biases_the_output_scales_with_the_input(bias, follows):
    torch.manual_seed(0)
    network = DnCNN(depth=4, features=8, norm="none", bias=bias).double()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and layer.bias is not None:
            nn.init.normal_(layer.bias)
    y = torch.rand(1, 1, 12, 12, dtype=torch.float64)
    assert torch.allclose(network(5 * y), 5 * network(y), atol=1e-12) == follows


@torch.no_grad()
def test_initial_variance_is_kept_through_the_layers():
    torch.manual_seed(0)
    network = DnCNN(depth=17, norm="none", residual=False)
    first = network.layers[:2](torch.randn(2, 1, 48, 48))
    last = network.layers[2:-1](first)
    # torch's default initialisation leaves a millionth after fifteen layers
    assert 0.2 < last.square().mean() / first.square().mean() < 5
    assert network.layers[2].weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)


@pytest.mark.parametrize("network", [DnCNN(), DnCNN(norm="none"), DnCNN(norm="none", bias=False)])
def test_a_new_network_returns_nearly_what_it_is_given(network):
    """Training begins with the loss of the noisy image; with a last layer as wide as the others it began thousands of times higher."""
    y = torch.rand(2, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    assert (network(y) - y).square().mean().sqrt() < 0.1


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match=r"y has 3 channels \(shape \(1, 3, 8, 8\)\); this network was made for 1"):
        DnCNN(depth=2, features=2)(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="depth must be at least 2"):
        DnCNN(depth=1)
    with pytest.raises(ValueError, match="norm must be 'batch' or 'none', got 'layer'"):
        DnCNN(norm="layer")
    with pytest.raises(ValueError, match="bias-free network only with norm='none'"):
        DnCNN(bias=False)
    with pytest.raises(ValueError, match="no batch normalisation to merge"):
        DnCNN(depth=2, norm="none").merged()
