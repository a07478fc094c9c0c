"""Deep Image Prior: the step written out, the average, going back, the same run twice, and that it draws flat things before noise."""

import copy

import pytest
import torch

from course_lib.models import SkipNetwork
from course_lib.train import DeepImagePrior


def network(seed: int = 0, **arguments) -> SkipNetwork:
    torch.manual_seed(seed)
    return SkipNetwork(**{"features": 4, "levels": 2, "input_depth": 3} | arguments)


def target() -> torch.Tensor:
    return torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(1))


def test_two_steps_are_the_algorithm_written_out():
    y, ours, theirs = target(), network(), network()
    reports = list(DeepImagePrior(y, ours, steps=2, learning_rate=0.02, input_noise=0.1, decay=0.9, seed=3))
    generator = torch.Generator().manual_seed(3)
    z = 0.1 * torch.rand(1, 3, 16, 16, generator=generator)
    adam, outputs = torch.optim.Adam(theirs.parameters(), 0.02), []
    for report in reports:
        output = theirs(z + 0.1 * torch.randn(z.shape, generator=generator))
        loss = (output[0] - y).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        outputs.append(output[0].detach())
        assert report.loss.item() == pytest.approx(loss.item(), rel=1e-6)
        torch.testing.assert_close(report.estimate, outputs[-1])
    torch.testing.assert_close(reports[0].average, outputs[0])
    torch.testing.assert_close(reports[1].average, 0.9 * outputs[0] + 0.1 * outputs[1])
    assert [report.step for report in reports] == [1, 2]


def test_reports_are_free_of_the_graph_and_keep_their_values():
    first, *_ = reports = list(DeepImagePrior(target(), network(), steps=3))
    assert not any(tensor.requires_grad for report in reports for tensor in (report.loss, report.estimate, report.average))
    assert not torch.equal(first.estimate, reports[1].estimate)
    assert torch.equal(first.estimate, first.average)


def test_the_same_seed_is_the_same_run():
    one, two, other = (list(DeepImagePrior(target(), network(), steps=4, seed=seed))[-1] for seed in (0, 0, 1))
    assert torch.equal(one.estimate, two.estimate)
    assert torch.equal(one.average, two.average)
    assert not torch.equal(one.estimate, other.estimate)


def test_it_goes_back_where_the_fit_has_collapsed():
    y = torch.full((1, 16, 16), 0.8)
    prior = DeepImagePrior(y, network(), steps=100, check_every=10)
    for report in prior:
        assert not report.went_back
        if report.step == 31:  # step 31 has looked at the fit and kept its weights
            break
    kept = copy.deepcopy(prior._kept)
    with torch.no_grad():
        prior.network.last[0].bias.fill_(-8)  # the output becomes black
    reports = [prior.step() for _ in range(10)]
    assert [report.went_back for report in reports] == [False] * 9 + [True]
    for name, value in prior.network.state_dict().items():
        assert torch.equal(value, kept[name]), name
    assert prior.step().loss < 0.1 * reports[0].loss


def test_a_flat_image_is_fitted_before_noise():
    flat = torch.full((1, 16, 16), 0.7)
    noise = (0.7 + 0.2 * torch.randn(1, 16, 16, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    left = {}
    for name, y in {"flat": flat, "noise": noise}.items():
        reports = list(DeepImagePrior(y, network(), steps=60))
        left[name] = (reports[-1].loss / (0.5 - y).square().mean()).item()
    assert left["flat"] < 0.1
    assert left["noise"] > 3 * left["flat"]


@pytest.mark.bad_input
def test_bad_input():
    with pytest.raises(ValueError, match="steps and check_every must be at least 1, got 0 and 100"):
        DeepImagePrior(target(), network(), steps=0)
    with pytest.raises(ValueError, match=r"decay in \[0, 1\); got 0.01, .*, 1$"):
        DeepImagePrior(target(), network(), steps=1, decay=1)
    with pytest.raises(ValueError, match="learning_rate must be positive"):
        DeepImagePrior(target(), network(), steps=1, learning_rate=0)
    with pytest.raises(ValueError, match="z has 3 channels"):
        DeepImagePrior(target(), _Mislabelled(), steps=1).step()


class _Mislabelled(torch.nn.Module):
    """Says that it wants 3 channels, and wants 4."""

    input_depth = 3

    def __init__(self):
        super().__init__()
        self.inner = SkipNetwork(input_depth=4, features=2, levels=1)

    def forward(self, z):
        return self.inner(z)
