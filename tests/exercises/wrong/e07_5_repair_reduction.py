"""Answers to 07.5 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e07_5_repair_reduction import right, variant

WRONG = {
    "The whole batch is summed": variant(lambda e: e.sum()),
    "over the columns only": variant(lambda e: e.sum(-1).mean()),
    "has no factor ½": variant(lambda e: e.flatten(1).sum(1).mean() / 2),
    "Both terms are divided": variant(lambda e: e.mean(), lambda r, x: r.sum(1).mean() / x[0].numel()),
    "averaged over the latents now": variant(right, lambda r, x: r.mean()),
    "summed over the batch now": variant(right, lambda r, x: r.sum()),
    "The rate has gone": variant(right, lambda r, x: 0 * r.sum()),
}
