"""Scores within classes, against cases whose answer is known."""

import numpy as np
import pytest
import torch

from course_lib.metrics.conditional import intra_class_fid, within_class_correlation, within_class_diversity
from course_lib.metrics.features import fid


def clouds(generator, n=400, d=3):
    labels = torch.arange(n) % 2
    return torch.randn(n, d, generator=generator) + 10.0 * labels[:, None], labels


def test_intra_fid_is_fid_class_by_class(generator):
    real, labels = clouds(generator)
    fake, fake_labels = 1.5 * real[:300] + 1, labels[:300]
    scores = intra_class_fid(fake, real, fake_labels, labels)
    assert scores.dtype == torch.float64
    assert scores.tolist() == pytest.approx([fid(fake[fake_labels == k], real[labels == k]).item() for k in (0, 1)], rel=1e-9)


def test_intra_fid_sees_swapped_classes_where_fid_does_not(generator):
    real, labels = clouds(generator)
    assert fid(real, real) == pytest.approx(0, abs=1e-9)
    assert intra_class_fid(real, real, labels, labels).max() < 1e-9
    assert intra_class_fid(real, real, 1 - labels, labels).min() == pytest.approx(3 * 100, rel=0.1)


def test_diversity_is_a_ratio_of_mean_pairwise_distances(generator):
    from scipy.spatial.distance import pdist

    real, labels = clouds(generator)
    fake = torch.where(labels[:, None] == 0, 0.5 * real, 2 * real)
    ours = within_class_diversity(fake, real, labels, labels)
    assert ours.tolist() == pytest.approx([0.5, 2.0], rel=1e-9)
    by_scipy = [np.mean(pdist(fake[:300][labels[:300] == k].double())) / np.mean(pdist(real[labels == k].double())) for k in (0, 1)]
    assert within_class_diversity(fake[:300], real, labels[:300], labels).tolist() == pytest.approx(by_scipy, rel=1e-9)


def test_one_image_a_class_has_no_diversity(generator):
    real, labels = clouds(generator)
    assert within_class_diversity(real[labels], real, labels, labels).tolist() == [0, 0]


def test_correlation_takes_each_class_s_offset_off(generator):
    asked, labels = torch.rand(3000, generator=generator), torch.arange(3000) % 3
    measured = 2 * asked + 50.0 * labels
    assert within_class_correlation(asked, measured, labels) == pytest.approx(1, abs=1e-5)
    assert torch.corrcoef(torch.stack([asked, measured]))[0, 1] < 0.1  # without that, nothing is left of it
    assert within_class_correlation(asked, -measured, labels) == pytest.approx(-1, abs=1e-5)
    noisy = within_class_correlation(asked, asked + torch.randn(3000, generator=generator) * asked.std(), labels)
    assert noisy == pytest.approx(0.5**0.5, abs=0.03)
    assert abs(within_class_correlation(asked, torch.rand(3000, generator=generator), labels)) < 0.06
    assert within_class_correlation(asked, 1.0 * labels, labels) == 0  # the class is measured, not the factor


@pytest.mark.bad_input
def test_bad_input(generator):
    real, labels = clouds(generator, 8)
    for score in (intra_class_fid, within_class_diversity):
        with pytest.raises(TypeError, match="fake_labels must be an int64 tensor of classes, got torch.float32"):
            score(real, real, labels.float(), labels)
        with pytest.raises(ValueError, match=r"real_labels must hold one class for each of 8 samples, shape \(8,\); got \(7,\)"):
            score(real, real, labels, labels[:7])
        with pytest.raises(ValueError, match="of class 1 there are 1 fake and 4 real ones"):
            score(real[:3], real, labels[:3], labels)
        with pytest.raises(ValueError, match="same network: they have 2 and 3 features"):
            score(real[:, :2], real, labels, labels)
        with pytest.raises(ValueError, match="NaN"):
            score(real * float("nan"), real, labels, labels)
    with pytest.raises(ValueError, match="all images of class 1 are the same"):
        within_class_diversity(real, torch.where(labels[:, None] == 1, 1.0, real), labels, labels)
    with pytest.raises(ValueError, match="one value for each sample; got 8, 7 and 8"):
        within_class_correlation(real[:, 0], real[:7, 0], labels)
    with pytest.raises(ValueError, match="got 0, 0 and 0"):
        within_class_correlation(real[:0, 0], real[:0, 0], labels[:0])
