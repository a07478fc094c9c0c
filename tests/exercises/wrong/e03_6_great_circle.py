"""Answers to 03.6 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e03_6_great_circle import (
    backwards,
    great_circle,
    in_degrees,
    not_normalised,
    pushed_out,
    straight,
    undivided,
)

WRONG = {
    "That is the straight line": straight,
    "the angle does not grow evenly": pushed_out,
    "of *unit* vectors": not_normalised,
    "yours begins at b": backwards,
    "The division by sin": undivided,
    "no conversion to degrees": in_degrees,
    "shape (5, 7)": lambda a, b, t: great_circle(a, b, t).T,
}
