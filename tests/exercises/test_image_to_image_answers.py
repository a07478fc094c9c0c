"""Right answers to 06.1 to 06.8 in other styles than the reference's pass too, and the predicted numbers are counted and measured anew."""

from itertools import permutations

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, logsigmoid, one_hot

from course_lib.check import Case, check_result, report
from course_lib.check.engine import PASSED
from course_lib.check.exercises import e06_2_best_answer as best_answer
from course_lib.check.exercises import e06_7_zero_loss as zero_loss


def from_the_front(kernels, strides):
    side, apart = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        side += (kernel - 1) * apart
        apart *= stride
    return side


def by_recursion(kernels, strides):
    if not kernels:
        return 1
    return (by_recursion(kernels[1:], strides[1:]) - 1) * strides[0] + kernels[0]


def with_indices(down, up, c):
    maps = [c]
    for layer in down:
        maps += [layer(maps[-1])]
    x = up[0](maps[-1])
    for level in range(1, len(up)):
        x = up[level](torch.cat((x, maps[-1 - level]), 1))
    return x


def inside_out(down, up, c):
    """The whole of what lies below one level, then the level itself: from the image inwards by recursion."""

    def below(level, x):
        e = down[level](x)
        d = up[0](e) if level == len(down) - 1 else up[len(up) - 1 - level](torch.cat([below(level + 1, e), e], 1))
        return d

    return below(0, c)


def with_labels(fake_logits, fake, real, l1_weight=100):
    return binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits)) + l1_weight * l1_loss(fake, real)


def with_log_sigmoid(fake_logits, fake, real, l1_weight=100):
    patches = -logsigmoid(fake_logits).flatten()
    return patches.sum() / len(patches) + l1_weight * torch.abs(real - fake).mean(dim=(0, 1, 2, 3))


def drawn_first(c, x, generator, crop=64):
    heads = torch.rand(1, generator=generator).item() > 0.5
    left, top = (torch.randint(0, side - crop + 1, (1,), generator=generator).item() for side in reversed(c.shape[1:]))
    pair = [image[..., top : top + crop, left : left + crop] for image in (c, x)]
    return [image.flip(2) for image in pair] if heads else pair


def replayed(c, x, generator, crop=64):
    state = generator.get_state()
    squares = []
    for image in (c, x):
        generator.set_state(state)
        top, left = (int(side * torch.rand((), generator=generator)) for side in (image.shape[1] - crop + 1, image.shape[2] - crop + 1))
        square = image.narrow(1, top, crop).narrow(2, left, crop)
        squares.append(
            torch.fliplr(square.transpose(0, 1).transpose(1, 2)).permute(2, 0, 1) if torch.randint(2, (), generator=generator) else square
        )
    return tuple(squares)


def step_by_step(G, F, x, y):
    fake_y, fake_x = G(x), F(y)
    back_x, back_y = F(fake_y), G(fake_x)
    return [l1_loss(back_x, x) + l1_loss(back_y, y), l1_loss(F(x), x) + l1_loss(G(y), y)]


def in_one_batch(G, F, x, y):
    fake_y, same_y = G(torch.cat([x, y])).chunk(2)
    fake_x, same_x = F(torch.cat([y, x])).chunk(2)
    return (x - F(fake_y)).abs().mean() + (y - G(fake_x)).abs().mean(), (same_y - y).abs().mean() + (same_x - x).abs().mean()


def from_the_confusion(found, labels, classes):
    confusion = torch.bincount((labels * classes + found).flatten(), minlength=classes**2).view(classes, classes)
    right = confusion.diag()
    union = confusion.sum(0) + confusion.sum(1) - right
    return (right[union > 0] / union[union > 0]).mean()


def with_one_hot(found, labels, classes):
    a, b = (one_hot(maps, classes).flatten(0, 2).bool() for maps in (found, labels))
    both, either = (a & b).sum(0), (a | b).sum(0)
    return (both / either).nanmean()


def in_numpy(found, labels, classes):
    a, b = found.cpu().numpy(), labels.cpu().numpy()
    occurring = [k for k in range(classes) if (a == k).any() or (b == k).any()]
    return np.mean([np.logical_and(a == k, b == k).sum() / np.logical_or(a == k, b == k).sum() for k in occurring])


RIGHT = [
    ("06.1", from_the_front),
    ("06.1", by_recursion),
    ("06.2", {"best_l2": np.float64(0.48), "best_l1": torch.tensor(0.2)}),
    ("06.3", with_indices),
    ("06.3", inside_out),
    ("06.4", with_labels),
    ("06.4", with_log_sigmoid),
    ("06.5", drawn_first),
    ("06.5", replayed),
    ("06.6", step_by_step),
    ("06.6", in_one_batch),
    ("06.7", {"a": 24.0, "b": np.int64(4), "c": 1}),
    ("06.8", from_the_confusion),
    ("06.8", with_one_hot),
    ("06.8", in_numpy),
]


@pytest.mark.parametrize(("id", "answer"), RIGHT, ids=lambda each: getattr(each, "__name__", str(each)))
def test_right_answers_in_another_style_pass(id, answer):
    for seed in (0, 1, 123456789):
        result = check_result(id, answer, seed=seed, seconds=60)
        assert result.status == PASSED, report.plain(*report.describe(result))


@pytest.mark.parametrize("variant", range(3))
def test_the_best_answers_have_the_least_loss(variant):
    value, probability, other = best_answer.PIXELS[variant]
    answers = torch.linspace(0, 1, 1001, dtype=torch.float64)
    for power, name in ((2, "best_l2"), (1, "best_l1")):
        loss = probability * (value - answers).abs() ** power + (1 - probability) * (other - answers).abs() ** power
        assert answers[loss.argmin()].item() == pytest.approx(best_answer.reference(Case(variant=variant))[name], abs=1e-9)


@pytest.mark.parametrize("variant", range(3))
def test_the_translators_without_a_loss_are_counted(variant):
    for name, count in zero_loss.reference(Case(variant=variant)).items():
        by_day = zero_loss.FREQUENCIES[name][variant]
        by_night = by_day  # each night colour is as frequent as the day colour that it belongs to
        without = [G for G in permutations(range(4)) if all(by_day[i] == by_night[G[i]] for i in range(4))]
        assert sum(by_day) == 100
        assert len(without) == count
