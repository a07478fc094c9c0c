"""Answers to 04.1 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "the limit of one weight": 0.01,
    "the sum of the weights' sizes": 784 * 0.01,
    "the squared length": 784 * 0.01**2,
    "the limit is missing": 784**0.5,
    "what a critic should have": 1,
}
