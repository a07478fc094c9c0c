"""Answers to 07.7 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e07_7_repair_warm_up import variant

WRONG = {
    "drops the remainder": variant(beta=lambda step, warm_up: min(1, step // warm_up)),
    "averaged over the latents": variant(rate=lambda r: r.mean()),
    "does not stop at 1": variant(beta=lambda step, warm_up: step / warm_up),
    "summed over the batch": variant(rate=lambda r: r.sum()),
    "β falls from 1 to 0": variant(beta=lambda step, warm_up: 1 - min(1.0, step / warm_up)),
    "but no warm-up": variant(beta=lambda step, warm_up: 1.0),
    "multiplies the distortion too": variant(weigh_both=True),
    "one step ahead": variant(beta=lambda step, warm_up: min(1.0, (step + 1) / warm_up)),
}
