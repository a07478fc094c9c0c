"""Answers to 06.4 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises import e06_4_generator_loss as exercise

WRONG = {
    "3 · h · w · n times": exercise.sum_of_differences,
    "Summed over each image": exercise.sum_per_image,
    "You square the differences": exercise.squares,
    "both signs cancel": exercise.no_absolute_value,
    "before the wrong term": exercise.weight_on_D,
    "λ is left out": exercise.no_weight,
    "take the weight that is handed in": exercise.weight_fixed,
    "far from the target": exercise.subtracted,
    "trained to be caught": exercise.label_fake,
    "saturates where D is sure": exercise.saturating,
    "You average the logits first": exercise.mean_logit,
    "the more D would weigh": exercise.sum_of_logits,
    "CycleGAN's": exercise.least_squares,
    "A sigmoid too many": exercise.twice_sigmoid,
    "take the logits for probabilities": exercise.as_probabilities,
    "stays finite": exercise.overflows,
    "Wasserstein critic": exercise.raw_logits,
    "One number for each image": exercise.one_an_image,
    "cut from the graph": exercise.detached,
    "no .item()": exercise.plain_number,
}
