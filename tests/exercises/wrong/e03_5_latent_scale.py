"""Answers to 03.5 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e03_5_latent_scale import findings


def changed_places() -> dict:
    right = findings()
    return right | {f"{name} 0.5": right[f"{other} 0.5"] for name, other in (("precision", "recall"), ("recall", "precision"))}


WRONG = {
    "have changed places": changed_places(),
    "in per cent": findings(factor=100.0),
    "multiplied by 0.5 before": findings(scales=(1.0, 1.0, 1.5)),
    "value for scale 1: is z multiplied by 1.5": findings(scales=(0.5, 1.0, 1.0)),
    "a report that gives only one": findings() | {"conclusion": "It depends."},
    "nothing there yet": findings() | {"recall 1.5": ...},
}
