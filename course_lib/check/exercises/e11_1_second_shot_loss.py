"""11.1 predict: what a loss against a second noisy shot adds to the true one."""

from course_lib.check.authoring import expect_close, mistake, property_test

TITLE = "Predict the loss against a second shot"
KIND = "predict"
NOTEBOOK = "11_learning_without_clean_images"
MINUTES = 3
DIFFICULTY = 1
POINTS = 1

HINTS = (
    "Into which two parts does the distance to the second shot fall, and does the estimate know anything about the second part?",
    "E‖f(y) − y′‖² = E‖f(y) − x‖² + E‖n′‖², as the mixed term has mean zero. One number, per pixel, in grey levels².",
    "the square of the root mean square error, plus the variance of the noise of one shot",
)

ERROR, SIGMA = (8, 6, 10), 25  # grey levels; one error for each variant
VARIANTS = ({"off by 8 grey levels": "off by 6 grey levels"}, {"off by 8 grey levels": "off by 10 grey levels"})


def reference(case):
    """The expected mean squared error, in grey levels²."""
    return ERROR[case.variant % len(ERROR)] ** 2 + SIGMA**2


MISTAKES = (
    mistake(64, "That is the error against the clean image. The second shot brings noise of its own, and the output cannot follow it."),
    mistake(625, "That is the second shot's noise alone: a denoiser without any error would have this loss."),
    mistake(1089, "You added 8 and 25 and squared. The two are independent: their squares add up, not they themselves."),
    mistake(33, "You added the two root mean squares. Independent errors add up as squares; and the mean *squared* error is asked."),
    mistake(26.249, "That is the root of it; asked is the mean squared error."),
    mistake(1314, "You counted the noise twice. The first shot's noise is the denoiser's business and is in its 8 grey levels already."),
    mistake(561, "The noise makes the loss larger, whatever the denoiser does: nothing is subtracted."),
    mistake(0.010596, "Right on a scale from 0 to 1; the answer is asked in grey levels², on a scale of 255."),
)


@property_test("by hand", points=1)
def error_and_noise(answer, case):
    expected = reference(case)
    expect_close(answer, expected, tol=expected * 0.005)
