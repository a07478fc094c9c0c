"""Answers to 03.3 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e03_3_discriminator_step import two_steps, variant

WRONG = {
    "running statistics that stand still": variant(mode="eval"),
    ".detach() them": variant(cut=False),
    "the last gradients": variant(clear=False),
    "The labels are swapped": variant(sign=-1.0),
    "Two passes, but each": variant(halves=True),
    "half of the loss": variant(weight=0.5),
    "another D than the real": two_steps,
}
