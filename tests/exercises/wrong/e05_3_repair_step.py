"""Answers to 05.3 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e05_3_repair_step import in_one_batch, saturating, variant

WRONG = {
    "The real pairs are right now": variant(fakes="reversed"),
    "D's step is right. In G's step": variant(in_G="reversed"),
    "G still gets the labels in reverse": variant(made_for="reversed", fakes="own", in_G="own"),
    "the same class for all": variant(real="none", fakes="none", in_G="none"),
    "for which they were not made": variant(made_for="reversed", in_G="own"),
    "neighbours' labels": variant(real="rotated"),
    "real and fake apart": in_one_batch,
    "you changed G's loss": saturating,
}
