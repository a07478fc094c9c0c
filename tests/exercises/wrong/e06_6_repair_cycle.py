"""Answers to 06.6 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises import e06_6_repair_cycle as exercise

WRONG = {
    "The cycles are right": exercise.only_the_cycle,
    "The identity term is right": exercise.only_the_identity,
    "Now both cycles begin": exercise.other_way_round,
    "x the wrong one": exercise.broken_to_x,
    "One of two cycles": exercise.one_cycle,
    "which was right, is gone": exercise.only_back,
    "Half of the identity term": exercise.half_identity,
    "is still asked for a y": exercise.identity_of_F_wrong,
    "is still asked for an x": exercise.identity_of_G_wrong,
    "that y has nothing to do with this x": exercise.against_the_other,
    "as if they were pairs": exercise.between_fakes,
    "added up, not averaged": exercise.mean_of_directions,
    "λ does not belong": exercise.weighted,
    "You square the differences": exercise.squares,
    "instead of the means": exercise.sums,
    "learns nothing from it": exercise.detached,
    "have changed places": exercise.exchanged,
    "come back apart": exercise.added,
}
