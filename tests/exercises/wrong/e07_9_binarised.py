"""Answers to 07.9 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e07_9_binarised import IMAGES, MEASURED, RATE, findings, floor

WRONG = {
    "That is the ELBO; asked is minus": findings(drawn=-MEASURED["drawn"]),
    "That is the distortion alone": findings(drawn=MEASURED["drawn"] - RATE),
    "the sum over the images": findings(grey=IMAGES * MEASURED["grey"]),
    "value of the thresholded pixels": findings(grey=MEASURED["threshold"]),
    "about the value of the drawn": findings(threshold=MEASURED["drawn"]),
    "Sum over the pixels": findings(floor=floor() / 784),
    "a floor below zero": findings(floor=-floor()),
    "which two of the numbers may be": findings(conclusion="They differ."),
    "nothing there yet": findings(grey=...),
}
