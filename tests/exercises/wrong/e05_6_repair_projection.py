"""Answers to 05.6 that must be rejected: what the message must say -> the answer."""

import torch

from course_lib.check.exercises.e05_6_repair_projection import largest, matrix, mean_of_the_batch, of_all_classes, variant

WRONG = {
    "still one number for the whole batch": mean_of_the_batch,
    "only the diagonal": matrix,
    "agreement with every class": of_all_classes,
    "best agreement": largest,
    "does not see c": variant(told=False),
    "how real the image is": variant(w_too=False),
    "divided by d": variant(mean=True),
    "not averaged": variant(torch.Tensor.mean),
}
