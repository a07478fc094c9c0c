"""FID, KID, Inception Score, precision and recall against hand-made cases and four independent libraries on the same features."""

import contextlib
import io

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn

from course_lib.metrics import features as f


def library(name: str):
    """An independent library, or a skip that names it: some fail at import with RuntimeError when torchvision does not match torch."""
    try:
        return pytest.importorskip(name)
    except RuntimeError as error:
        pytest.skip(f"{name}: {error}")


def clouds(n: int = 300, d: int = 16, dtype=torch.float64):
    g = torch.Generator().manual_seed(0)
    mix = torch.randn(d, d, generator=g, dtype=dtype) / d**0.5
    fake = torch.randn(n, d, generator=g, dtype=dtype) @ mix + 0.3
    return fake.relu(), torch.randn(n, d, generator=g, dtype=dtype).relu()


class AsFeatures(nn.Module):
    """Lets torchmetrics take feature vectors for images: a (n, d, 1, 1) image has the d features."""

    def __init__(self, d: int):
        super().__init__()
        self.num_features = d

    def forward(self, x):
        return x.flatten(1)


def test_fid_golden_value():
    """compare_gan's case: the covariances have one nonzero entry, the means differ by (4, 8)."""
    real, fake = torch.ones(100, 2), 9 * torch.ones(100, 2)
    real[:50, 0] = 2
    fake[50:, 0] = 2
    assert f.fid(fake, real).item() == pytest.approx(89.0909, abs=1e-4)


def test_fid_of_known_gaussians_and_its_symmetry():
    fake, real = clouds()
    assert f.fid(real, real).item() == pytest.approx(0, abs=1e-9)
    assert f.fid(fake, real).item() == pytest.approx(f.fid(real, fake).item(), rel=1e-9)
    assert f.fid(real + 2, real).item() == pytest.approx(4 * 16, rel=1e-9)
    standard = (real - real.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(real.T))).mT
    assert f.fid(3 * standard, standard).item() == pytest.approx((3 - 1) ** 2 * 16, rel=1e-9)


def test_fid_against_scipy():
    fake, real = (x.numpy() for x in clouds())
    c1, c2 = np.cov(fake.T), np.cov(real.T)
    expected = ((fake.mean(0) - real.mean(0)) ** 2).sum() + np.trace(c1 + c2 - 2 * scipy.linalg.sqrtm(c1 @ c2).real)
    assert f.fid(*clouds()).item() == pytest.approx(expected, rel=1e-6)


def test_fid_with_fewer_samples_than_features_stays_finite():
    g = torch.Generator().manual_seed(0)
    score = f.fid(torch.randn(20, 64, generator=g), torch.randn(20, 64, generator=g))
    assert score.isfinite()
    assert score > 0


def test_fid_against_torchmetrics():
    library("torchmetrics")
    from torchmetrics.image.fid import FrechetInceptionDistance

    fake, real = clouds()
    metric = FrechetInceptionDistance(feature=AsFeatures(16), input_img_size=(16, 1, 1)).set_dtype(torch.float64)
    metric.update(real[:, :, None, None], real=True)
    metric.update(fake[:, :, None, None], real=False)
    assert f.fid(fake, real).item() == pytest.approx(metric.compute().item(), rel=1e-6)


def test_fid_and_kid_against_torch_fidelity():
    library("torch_fidelity")
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric

    fake, real = clouds()
    expected = fid_statistics_to_metric(fid_features_to_statistics(fake), fid_features_to_statistics(real), False)
    assert f.fid(fake, real).item() == pytest.approx(expected["frechet_inception_distance"], rel=1e-6)
    expected = kid_features_to_metric(fake, real, kid_subsets=1, kid_subset_size=len(fake), verbose=False)
    assert f.kid(fake, real).item() == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-6)


def test_kid_against_torchmetrics():
    library("torchmetrics")
    from torchmetrics.image.kid import KernelInceptionDistance

    fake, real = clouds()
    metric = KernelInceptionDistance(feature=AsFeatures(16), subsets=1, subset_size=len(fake)).set_dtype(torch.float64)
    metric.update(real[:, :, None, None], real=True)
    metric.update(fake[:, :, None, None], real=False)
    assert f.kid(fake, real).item() == pytest.approx(metric.compute()[0].item(), rel=1e-6)


def test_kid_is_unbiased_where_fid_is_not():
    g = torch.Generator().manual_seed(0)
    pairs = [torch.randn(2, 50, 8, generator=g).unbind() for _ in range(200)]
    kids = torch.stack([f.kid(a, b) for a, b in pairs])
    assert kids.mean().abs() < 4 * kids.std() / 200**0.5
    assert kids.min() < 0
    assert min(f.fid(a, b).item() for a, b in pairs) > 0.5


def test_kid_of_subsets_is_near_that_of_all(generator):
    fake, real = clouds()
    subsets = f.kid(fake, real, subsets=50, subset_size=200, generator=generator).item()
    assert subsets == pytest.approx(f.kid(fake, real).item(), rel=0.1)
    assert subsets != f.kid(fake, real, subsets=50, subset_size=200, generator=generator).item()


def test_inception_score_by_hand():
    assert f.inception_score(torch.zeros(30, 10)).item() == pytest.approx(1)
    assert f.inception_score(100 * torch.eye(10)).item() == pytest.approx(10)
    assert f.inception_score(100 * torch.eye(10)[:1].expand(30, -1)).item() == pytest.approx(1)  # sure, but always the same
    half = 100 * torch.eye(2).repeat(5, 1)
    assert f.inception_score(half).item() == pytest.approx(2)
    assert f.inception_score(torch.cat([half, torch.zeros(10, 2)]), splits=2).item() == pytest.approx(1.5)


def test_inception_score_against_torch_fidelity_and_torchmetrics():
    logits = 3 * clouds(d=10)[0]
    ours = f.inception_score(logits).item()
    library("torch_fidelity")
    from torch_fidelity.metric_isc import isc_features_to_metric

    assert ours == pytest.approx(isc_features_to_metric(logits, splits=1, shuffle=False)["inception_score_mean"], rel=1e-6)
    library("torchmetrics")
    from torchmetrics.image.inception import InceptionScore

    metric = InceptionScore(feature=AsFeatures(10), splits=1).set_dtype(torch.float64)
    metric.update(logits[:, :, None, None])
    assert ours == pytest.approx(metric.compute()[0].item(), rel=1e-6)


@pytest.mark.parametrize("k", [3, 5])
def test_precision_and_recall_against_prdc(k):
    prdc = library("prdc")
    fake, real = clouds()
    with contextlib.redirect_stdout(io.StringIO()):
        expected = prdc.compute_prdc(real.numpy(), fake.numpy(), nearest_k=k)
    precision, recall = f.precision_recall(fake, real, k=k)
    assert 0 < precision < 1
    assert 0 < recall < 1
    assert precision.item() == pytest.approx(expected["precision"], rel=1e-6)
    assert recall.item() == pytest.approx(expected["recall"], rel=1e-6)


def test_precision_and_recall_against_torch_fidelity():
    library("torch_fidelity")
    from torch_fidelity.metric_prc import calculate_precision_recall_full

    fake, real = clouds()
    expected = calculate_precision_recall_full(fake, real, neighborhood=5)
    ours = f.precision_recall(fake, real)
    assert [float(x) for x in ours] == pytest.approx([float(x) for x in expected[:2]], rel=1e-6)


def test_precision_is_quality_and_recall_is_coverage():
    g = torch.Generator().manual_seed(0)
    wide, tight = torch.randn(400, 4, generator=g), 0.1 * torch.randn(400, 4, generator=g)
    assert [round(float(x)) for x in f.precision_recall(tight, wide)] == [1, 0]
    assert [round(float(x)) for x in f.precision_recall(wide, tight)] == [0, 1]


def test_many_samples_go_in_parts():
    """More samples than one part holds, and the k-th neighbour does not count the sample itself."""
    x = torch.arange(2500, dtype=torch.float64)[:, None]
    precision, recall = f.precision_recall(x + 0.4, x, k=1)
    assert (precision.item(), recall.item()) == (1.0, 1.0)
    precision, recall = f.precision_recall(x + 5000, x, k=1)
    assert (precision.item(), recall.item()) == (0.0, 0.0)


def test_memorisation_ratio(generator):
    train, test, new = torch.randn(3, 150, 6, generator=generator).unbind()
    ratio, to_train, to_test = f.memorisation(new, train, test)
    assert ratio.item() == pytest.approx((torch.cdist(new, train).amin(1).mean() / torch.cdist(new, test).amin(1).mean()).item(), rel=1e-5)
    assert ratio == to_train / to_test
    assert 0.9 < ratio < 1.1
    assert f.memorisation(train, train, test)[0] < 0.01


def test_parzen_window_against_scikit_learn():
    from sklearn.neighbors import KernelDensity

    fake, real = clouds()
    # one leaf holds everything: in deeper trees scikit-learn's sums are good to 1e-7 only
    expected = KernelDensity(bandwidth=0.4, leaf_size=1000).fit(fake.numpy()).score_samples(real.numpy()).mean()
    assert f.parzen_log_likelihood(fake, real, 0.4).item() == pytest.approx(expected, rel=1e-10)


def test_a_score_says_what_it_depends_on():
    text = str(f.FeatureScore(value=12.0, features="features-mnist (64)", n=10_000, floor=0.5, ceiling=800.0))
    assert text == "FID(features-mnist (64)) = 12.00, n = 10000, floor 0.50, noise 800 (1.50 % of it)"


def test_float32_features_are_judged_in_float64():
    fake, real = clouds(dtype=torch.float32)
    score = f.fid(1e3 + fake, 1e3 + real)  # in float32 the covariance of such features is noise
    assert score.dtype == torch.float64
    assert score.item() == pytest.approx(f.fid(fake, real).item(), rel=1e-2)


@pytest.mark.bad_input
@pytest.mark.parametrize("function", [f.fid, f.kid, f.precision_recall])
def test_what_cannot_be_features_is_refused(function):
    real = torch.randn(30, 4)
    with pytest.raises(TypeError, match="fake must be a tensor"):
        function(real.numpy(), real)
    with pytest.raises(ValueError, match=r"fake must be floating point of shape \(n, d\)"):
        function(torch.zeros(30, 1, 2, 2), real)
    with pytest.raises(ValueError, match="real must be floating point"):
        function(real, torch.zeros(30, 4, dtype=torch.uint8))
    with pytest.raises(ValueError, match="at least"):
        function(real[:1], real)
    with pytest.raises(ValueError, match="fake holds NaN"):
        function(real * float("nan"), real)
    with pytest.raises(ValueError, match="they have 3 and 4 features"):
        function(real[:, :3], real)


@pytest.mark.bad_input
def test_a_window_without_width_is_refused():
    with pytest.raises(ValueError, match="sigma must be positive, got 0"):
        f.parzen_log_likelihood(torch.zeros(3, 2), torch.zeros(3, 2), 0.0)


@pytest.mark.bad_input
def test_impossible_subsets_and_splits_are_refused():
    real = torch.randn(30, 4)
    with pytest.raises(ValueError, match="subset_size from 2 to the number of samples, 30"):
        f.kid(real, real, subsets=3, subset_size=31)
    with pytest.raises(ValueError, match="splits must be from 1 to the number of samples, 30"):
        f.inception_score(real, splits=31)
