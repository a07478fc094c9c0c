"""Answers to 05.5 that must be rejected: what the message must say -> the answer."""

from torch import nn

from course_lib.check.exercises.e05_5_conditional_norm import variant

WRONG = {
    "a γ and a β of its own": variant(affine=True),
    "every map is erased": variant(gamma=0.0),
    "β starts from 0": variant(beta=1.0),
    "in the order β, γ": variant(swapped=True),
    "(channels, classes)": variant(transposed=True),
    "each class by itself": variant(how="by class"),
    "of the first label": variant(how="first label"),
    "averaged over the batch": variant(how="mean"),
    "not before": variant(how="shift first"),
    "no 1 added": variant(how="one more"),
    "β is never added": variant(how="no shift"),
    "instance norm": variant(norm=nn.InstanceNorm2d),
}
