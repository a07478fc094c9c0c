"""Pixel accuracy and mean IoU against counting by hand and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, jaccard_score

from course_lib.metrics.segmentation import mean_iou, pixel_accuracy


def test_against_scikit_learn(generator):
    reference = torch.randint(5, (3, 8, 9), generator=generator)
    labels = torch.where(torch.rand(3, 8, 9, generator=generator) < 0.6, reference, torch.randint(5, (3, 8, 9), generator=generator))
    a, b = np.asarray(labels).ravel(), np.asarray(reference).ravel()
    assert pixel_accuracy(labels, reference).item() == pytest.approx(accuracy_score(b, a))
    assert mean_iou(labels, reference).item() == pytest.approx(jaccard_score(b, a, average="macro"))


def test_small_classes_count_as_much_as_large_ones():
    reference = torch.zeros(10, 10, dtype=torch.long)
    reference[0, 0] = 3
    assert pixel_accuracy(torch.zeros_like(reference), reference).item() == pytest.approx(0.99)
    assert mean_iou(torch.zeros_like(reference), reference).item() == pytest.approx(0.495)  # 0.99 for the one, 0 for the other
    assert mean_iou(reference, reference) == 1


def test_a_class_that_was_found_and_is_not_there_counts_as_zero():
    reference, labels = torch.tensor([[0, 0, 1, 1]]), torch.tensor([[0, 7, 1, 1]])
    assert mean_iou(labels, reference).item() == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert mean_iou(labels, reference).item() == pytest.approx(jaccard_score(reference[0], labels[0], average="macro", zero_division=0))


@pytest.mark.bad_input
def test_bad_input():
    labels = torch.zeros(2, 4, 4, dtype=torch.long)
    with pytest.raises(TypeError, match="labels: got torch.float32"):
        mean_iou(labels.float(), labels)
    with pytest.raises(TypeError, match="reference: got list"):
        pixel_accuracy(labels, [[0]])
    with pytest.raises(ValueError, match=r"labels has shape \(2, 4, 4\) and reference \(4, 4\)"):
        mean_iou(labels, labels[0])
