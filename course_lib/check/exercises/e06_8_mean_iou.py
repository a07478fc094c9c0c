"""06.8 implement: intersection over union, the measure of a label map."""

import math

import torch
from torch import Tensor

from course_lib.check.authoring import Failed, expect_close, mistake, property_test, show

TITLE = "Mean intersection over union"
KIND = "implement"
NOTEBOOK = "06_image_to_image"
MINUTES = 10
DIFFICULTY = 1
POINTS = 9

HINTS = (
    "For one class there are two sets of pixels: those that have it in `found`, and those in `labels`. When do they agree wholly, and what is then "
    "the size of what they share, over the size of what they cover together?",
    "IoU_k = |{found = k and labels = k}| / |{found = k or labels = k}|, pixels of all n maps counted together; the mean over those k whose "
    "denominator is not 0.",
    """
    for each class number:
        two masks over the whole batch
        count where both hold, count where one or the other holds
        keep the ratio, if the second count is not zero
    the mean of what was kept
    """,
)


def mean_iou(found: Tensor, labels: Tensor, classes: int) -> float:
    """Intersection over union, mean over the classes that occur in either; label maps (n, h, w)."""
    shares = []
    for label in range(classes):
        intersection = ((found == label) & (labels == label)).sum().item()
        union = ((found == label) | (labels == label)).sum().item()
        if union > 0:
            shares.append(intersection / union)
    return sum(shares) / len(shares)


reference = mean_iou


def each_class(found, labels, classes):
    """Intersection, and how many pixels have the class in one and in the other, (classes,) each."""
    masks = [torch.stack([maps == label for label in range(classes)]) for maps in (found, labels)]
    return [mask.sum(dim=(1, 2, 3)).double() for mask in (masks[0] & masks[1], *masks)]


def variant(share=lambda i, f, t: i / (f + t - i), over=lambda values, f, t: values[f + t > 0].mean()):
    """The mean with one thing done otherwise: what is taken for each class, and over which classes."""

    def other(found, labels, classes):
        counts = each_class(found, labels, classes)
        return over(share(*counts), *counts[1:]).item()

    return other


def accuracy(found, labels, classes):
    return (found == labels).double().mean().item()


def image_by_image(found, labels, classes):
    return sum(mean_iou(*pair, classes) for pair in zip(found[:, None], labels[:, None], strict=True)) / len(found)


def one_ratio(found, labels, classes):
    intersection, in_found, in_labels = each_class(found, labels, classes)
    return (intersection.sum() / (in_found + in_labels - intersection).sum()).item()


def one_a_class(found, labels, classes):
    intersection, in_found, in_labels = each_class(found, labels, classes)
    return (intersection / (in_found + in_labels - intersection).clamp(min=1)).float()


absent_is_zero = variant(over=lambda values, f, t: values.nan_to_num(0).mean())
absent_is_one = variant(over=lambda values, f, t: values.nan_to_num(1).mean())
absent_is_nan = variant(over=lambda values, f, t: values.mean())
of_labels_only = variant(over=lambda values, f, t: values[t > 0].mean())
of_both_only = variant(over=lambda values, f, t: values[(f > 0) & (t > 0)].mean())
of_found_only = variant(over=lambda values, f, t: values[f > 0].mean())
without_the_first = variant(over=lambda values, f, t: values[1:][(f + t)[1:] > 0].mean())
dice = variant(lambda i, f, t: 2 * i / (f + t))
counted_twice = variant(lambda i, f, t: i / (f + t))
of_labels = variant(lambda i, f, t: i / torch.where(t > 0, t, f))
of_found = variant(lambda i, f, t: i / torch.where(f > 0, f, t))
by_frequency = variant(over=lambda values, f, t: (values.nan_to_num(0) * t / t.sum()).sum())

MISTAKES = (
    mistake(accuracy, "That is the share of right pixels. In the mean IoU a small class counts as much as a large one."),
    mistake(image_by_image, "You average over the images. The pixels of one class are counted over the whole batch, then divided."),
    mistake(one_ratio, "You add the classes up before you divide, so that the large ones decide. Divide for each class, then take the mean."),
    mistake(one_a_class, "One number for each class; asked is their mean."),
    mistake(absent_is_zero, "A class that occurs nowhere counts as 0 with you: it says nothing about `found`; leave it out."),
    mistake(absent_is_one, "A class that occurs nowhere counts as 1 with you: a gift for every class that is not there; leave it out."),
    mistake(absent_is_nan, "A class that occurs nowhere gives 0/0: leave it out."),
    mistake(of_labels_only, "A class that was found and is not there at all must cost something: it counts as 0, with you not at all."),
    mistake(of_found_only, "A class that is there and was never found must cost something: it counts as 0, with you not at all."),
    mistake(of_both_only, "A class that occurs in one of the two only counts as 0; with you not at all."),
    mistake(without_the_first, "Class 0 is a class like the others."),
    mistake(dice, "Twice the intersection over the sum of both sizes is Dice's coefficient (F1). The union counts common pixels once."),
    mistake(counted_twice, "Both sizes added count the common pixels twice: the union is found + labels − intersection."),
    mistake(of_labels, "You divide by the pixels of the class in `labels`: whoever finds it everywhere gets full marks. Divide by the union."),
    mistake(of_found, "You divide by the pixels of the class in `found`: whoever finds one right pixel gets full marks. Divide by the union."),
    mistake(by_frequency, "You weigh the classes by how often they occur; the mean takes them all alike."),
)  # fmt: skip


def batch(case, *maps):
    """Label maps written as rows of digits, such as "01 11": a batch (n, rows, columns)."""
    return torch.tensor([[[int(digit) for digit in row] for row in each.split()] for each in maps], device=case.device)


def expect_number(got, expected, given):
    """The mean IoU to five digits; NaN has a value of its own, so that its known cause is found."""
    if isinstance(got, float) and math.isnan(got) or isinstance(got, Tensor) and bool(got.isnan().any()):
        raise Failed(show(expected), "NaN, not a number", value="NaN", input=given)
    expect_close(got, expected, tol=1e-5, input=given)


def drawn(case, *shape, classes=5, present=None):
    """Random maps of the classes `present`, some of them more frequent."""
    present = torch.tensor(range(classes) if present is None else present, device=case.device)
    return present[(case.rand(*shape).square() * len(present)).long()]


@property_test("all right", points=1)
def identical(answer, case):
    labels = batch(case, "01 12")
    expect_number(answer(labels, labels, 3), 1.0, 'found = labels = "01 12" (two rows), 3 classes')


@property_test("by hand", points=2)
def by_hand(answer, case):
    given = 'labels "0000 0011", found "0000 0111" (two rows each), 2 classes: 5 of 6 and 2 of 3'
    expect_number(answer(batch(case, "0000 0111"), batch(case, "0000 0011"), 2), (5 / 6 + 2 / 3) / 2, given)


@property_test("classes that occur nowhere", points=1)
def absent(answer, case):
    given = 'labels "02 00", found "02 02" (two rows each), 8 classes, of which 0 and 2 occur'
    expect_number(answer(batch(case, "02 02"), batch(case, "02 00"), 8), (2 / 3 + 1 / 2) / 2, given)


@property_test("classes in one of the two", points=2)
def in_one(answer, case):
    given = 'labels "00 01", found "02 01" (two rows each), 3 classes: 2 of 3, 1 of 1, and 0 of 1, found and not there'
    expect_number(answer(batch(case, "02 01"), batch(case, "00 01"), 3), 5 / 9, given)
    given = 'labels "02 21", found "00 01" (two rows each), 3 classes: 1 of 3, 1 of 1, and 0 of 2, there and not found'
    expect_number(answer(batch(case, "00 01"), batch(case, "02 21"), 3), 4 / 9, given)


@property_test("a whole batch", points=1)
def whole_batch(answer, case):
    given = 'two maps of two rows: labels "11 11" and "00 01", found "11 11" and "00 10", 2 classes'
    expect_number(answer(batch(case, "11 11", "00 10"), batch(case, "11 11", "00 01"), 2), (2 / 4 + 4 / 6) / 2, given)


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    labels, found = drawn(case, 3, 6, 7), drawn(case, 3, 6, 7)
    found = torch.where(case.rand(3, 6, 7) < 0.6, labels, found)
    expect_number(answer(found, labels, 5), mean_iou(found, labels, 5), "three random maps of 5 classes, 6 of 10 pixels right")
    labels, found = drawn(case, 2, 5, 5, present=(0, 3, 4)), drawn(case, 2, 5, 5, present=(0, 4, 5))
    given = "two random maps; classes 0, 3, 4 in labels and 0, 4, 5 in found, of 7"
    expect_number(answer(found, labels, 7), mean_iou(found, labels, 7), given)
