"""Answers to 07.4 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e07_4_elbo_terms import squared_error, variant

WRONG = {
    "the mean over the pixels": variant(reduce="mean"),
    "given mu, not a sample": variant(sample=False),
    "knows nothing about x": variant(prior=True),
    "sign of the distortion is turned": variant(sign=-1.0),
    "sigmoid is applied twice": variant(sigmoid=True),
    "Leave the rate per dimension": variant(total=True),
    "Distortion first": variant(swap=True),
    "That is a squared error": squared_error,
}
