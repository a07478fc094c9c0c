"""Answers to 12.2 that must be rejected: what the message must say -> the answer."""

WRONG = {
    "frequency before": 0.4,
    "whole cycles between them": 1.2,
    "not a third": 0.13333,
    "do not vanish": 0,
    "finest that the new grid": 0.5,
    "The sign": -0.2,
    "the nearest away": 0.8,
}
