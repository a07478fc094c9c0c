"""Latents that are made from the factors, so that the answer is known."""

import math

import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mutual_info_score

from course_lib.metrics import factor_of_latent, linear_probe, mig, mutual_information


@pytest.fixture
def factors(generator):
    return {name: torch.rand(6000, generator=generator) for name in ("slant", "thickness", "scale")}


def stacked(factors):
    return torch.stack(list(factors.values()), dim=1)


def test_a_probe_reads_what_is_linear_and_nothing_else(factors, generator):
    rotation = torch.linalg.qr(torch.randn(3, 3, generator=generator))[0]
    r2 = linear_probe(stacked(factors) @ rotation + 5, factors)
    assert all(value == pytest.approx(1, abs=1e-6) for value in r2.values())
    noise = linear_probe(torch.randn(6000, 3, generator=generator), factors)
    assert all(abs(value) < 0.01 for value in noise.values())


def test_a_probe_of_a_noisy_latent_finds_the_share_of_the_variance(factors, generator):
    slant = factors["slant"]
    latent = slant + torch.randn(6000, generator=generator) * slant.std()
    assert linear_probe(latent[:, None], {"slant": slant})["slant"] == pytest.approx(0.5, abs=0.03)


def test_a_probe_against_scikit_learn_on_the_held_out_half(generator):
    latents, factor = torch.randn(50, 20, generator=generator), torch.randn(50, generator=generator)
    fit = LinearRegression().fit(latents[:25], factor[:25])
    expected = fit.score(latents[25:], factor[25:])
    assert linear_probe(latents, {"a": factor})["a"] == pytest.approx(expected, rel=1e-4)
    assert expected < 0  # 21 numbers fitted to 25: the training half would have said 0.9


def test_a_latent_that_never_moves_does_no_harm(factors):
    latents = torch.cat([stacked(factors), torch.zeros(6000, 2)], dim=1)
    assert linear_probe(latents, factors)["scale"] == pytest.approx(1, abs=1e-6)


def test_mig_of_one_latent_each_is_one_and_of_a_rotation_small(factors):
    assert mig(stacked(factors).log(), factors) == pytest.approx(1, abs=0.02)  # any monotone function will do
    half = math.sqrt(0.5)
    rotated = torch.stack([half * (factors["slant"] + factors["scale"]), half * (factors["slant"] - factors["scale"])], dim=1)
    assert mig(rotated, {name: factors[name] for name in ("slant", "scale")}) < 0.05


def test_mig_is_the_mean_gap_over_the_factors(factors, generator):
    """Slant in one latent, thickness in two, scale in none: gaps of 1, 0 and 0."""
    latents = torch.stack([factors["slant"], factors["thickness"], 2 * factors["thickness"], torch.rand(6000, generator=generator)], dim=1)
    assert mig(latents, factors) == pytest.approx(1 / 3, abs=0.02)


def test_mutual_information_against_scikit_learn(factors, generator):
    latent = factors["slant"] + 0.2 * torch.randn(6000, generator=generator)
    found = mutual_information(latent[:, None], {"slant": factors["slant"]}, bins=10)["slant"].item()

    def ranks(values):
        return values.argsort().argsort() * 10 // 6000

    expected = mutual_info_score(ranks(latent).numpy(), ranks(factors["slant"]).numpy()) / math.log(10)
    assert found == pytest.approx(expected, abs=0.005)


def test_few_values_are_classes_of_their_own(generator):
    label = torch.randint(0, 2, (4000,), generator=generator)
    information = mutual_information(label[:, None].float(), {"label": label})["label"]
    assert information.item() == pytest.approx(1, abs=1e-6)


def test_the_factor_of_each_latent(factors, generator):
    latents = torch.stack([-factors["scale"], factors["slant"].square(), torch.randn(6000, generator=generator)], dim=1)
    found = factor_of_latent(latents, factors)
    assert [name for name, _ in found[:2]] == ["scale", "slant"]
    assert found[0][1] > 0.95
    assert found[2][1] < 0.05


@pytest.mark.bad_input
class TestBadInput:
    z = torch.arange(40.0).view(20, 2)

    def test_latents(self):
        with pytest.raises(TypeError, match="latents must be a floating-point tensor.*got torch.int64"):
            linear_probe(self.z.long(), {"a": self.z[:, 0]})
        with pytest.raises(ValueError, match=r"latents must be of shape \(n, latent_dim\).*got \(20,\)"):
            mig(self.z[:, 0], {"a": self.z[:, 0]})
        with pytest.raises(ValueError, match="latents holds NaN"):
            linear_probe(self.z / 0, {"a": self.z[:, 0]})
        with pytest.raises(ValueError, match="latents must have at least 6 rows.*got 5"):
            linear_probe(self.z[:5], {"a": self.z[:5, 0]})
        with pytest.raises(ValueError, match="at least two columns"):
            mig(self.z[:, :1], {"a": self.z[:, 0]})

    def test_factors(self):
        with pytest.raises(ValueError, match="factors must be a dict"):
            linear_probe(self.z, {})
        with pytest.raises(ValueError, match=r"factors\['a'\] must hold one value for each of the 20 rows.*\(3,\)"):
            linear_probe(self.z, {"a": torch.zeros(3)})
        with pytest.raises(ValueError, match=r"factors\['a'\] is 0 for every image"):
            factor_of_latent(self.z, {"a": torch.zeros(20)})
        with pytest.raises(ValueError, match=r"factors\['a'\] holds NaN"):
            mutual_information(self.z, {"a": self.z[:, 0] / 0})

    def test_bins(self):
        with pytest.raises(ValueError, match="bins must be from 2 to the number of images, 20; got 1"):
            mig(self.z, {"a": self.z[:, 0]}, bins=1)
