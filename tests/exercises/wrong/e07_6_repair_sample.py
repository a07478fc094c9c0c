"""Answers to 07.6 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises import e07_6_repair_sample as exercise
from course_lib.check.exercises.e07_2_reparameterise import reparameterise
from course_lib.check.exercises.e07_6_repair_sample import variant

WRONG = {
    "Exchanged": variant(exercise.exchanged),
    "cut off from the encoder": variant(exercise.cut_off),
    "The mean in both modes": variant(exercise.always_mean),
    "spread exp(logvar), the variance": variant(exercise.variance_for_spread),
    "the spread 1 for every": variant(exercise.unit_spread),
    "mean of two samples": variant(exercise.mean_of_two),
    "the rate has gone": variant(lambda model, mu, logvar, generator: reparameterise(mu, logvar, generator), rate=lambda r: 0 * r.sum()),
}
