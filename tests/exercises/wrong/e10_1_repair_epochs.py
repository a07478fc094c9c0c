"""Answers to 10.1 that must be rejected: what the message must say -> the answer."""

import torch

from course_lib.check.exercises.e10_1_repair_epochs import one_for_the_batch, variant

WRONG = {
    "learns them by heart": variant(anew=False),
    "nor of mean zero": variant(clamp=True),
    "divide by 255": variant(scale=1.0),
    "brightens the image": variant(torch.rand),
    "does not come from the generator": variant(own=True),
    "share one noise": one_for_the_batch,
    "round to 8 bits": variant(quantise=True),
}
