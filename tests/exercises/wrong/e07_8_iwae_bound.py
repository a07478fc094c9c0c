"""Answers to 07.8 that must be rejected: what the message must say -> the answer."""

import torch

from course_lib.check.exercises.e07_8_iwae_bound import importance_bound, of_the_batch

WRONG = {
    "the ELBO whatever k is": lambda log_weights: log_weights.mean(0),
    "-inf: use logsumexp": lambda log_weights: log_weights.exp().mean(0).log(),
    "Minus log k is missing": lambda log_weights: torch.logsumexp(log_weights, 0),
    "The wrong axis": of_the_batch,
    "not the mean of the batch": lambda log_weights: importance_bound(log_weights).mean(),
    "the largest weight": lambda log_weights: log_weights.max(0).values,
    "form in which the *gradient*": lambda log_weights: (torch.softmax(log_weights, 0) * log_weights).sum(0),
    "not on the negative logarithm": lambda log_weights: -importance_bound(log_weights),
    "under the logarithm": lambda log_weights: torch.logsumexp(log_weights, 0) / len(log_weights),
}
