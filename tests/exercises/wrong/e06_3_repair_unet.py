"""Answers to 06.3 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e06_3_repair_unet import (
    added,
    averaged,
    encoder_first,
    from_the_outside,
    only_the_inner,
    only_the_outermost,
    skip_twice,
    without_gradient,
    zeros_beside,
)


def gives_back_the_code(down, up, c):
    for layer in down:
        c = layer(c)
    return c


WRONG = {
    "the decoder's own comes first": encoder_first,
    "The outermost skip is right": only_the_outermost,
    "The inner skips are right": only_the_inner,
    "Zeros beside the map": zeros_beside,
    "is thrown away": skip_twice,
    "as a residual block does": added,
    "mixed into the skip": averaged,
    "nothing is learned": without_gradient,
    "Sizes of tensors must match": from_the_outside,
    "shape (2, 8, 1, 2)": gives_back_the_code,
}
