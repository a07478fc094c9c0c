"""Answers to 05.1 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e05_1_conditional_criterion import (
    classes_added,
    classes_alike,
    loss_of_D,
    naive,
    of_the_mixtures,
    once_the_divergence,
    one_a_class,
    one_half,
    only_the_divergence,
)

WRONG = {
    "as if they were equally frequent": classes_alike,
    "You add up the classes": classes_added,
    "a D that does not see c": of_the_mixtures,
    "zero at best": only_the_divergence,
    "*two* JSD": once_the_divergence,
    "Only the data's half": one_half,
    "0 · log 0 gives NaN": naive,
    "That is D's loss": loss_of_D,
    "One number for each class": one_a_class,
}
