"""00.4 investigate: at how much noise does a photograph lose its details?"""

import math

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "How much noise can you bear?"
KIND = "investigate"
NOTEBOOK = "00_start_here"
MINUTES = 10
DIFFICULTY = 1
POINTS = 4

HINTS = (
    "Does the photograph matter for the PSNR of pure noise, or only the noise? Try two photographs.",
    "PSNR = 20 log10(255 / sigma) decibels for noise of standard deviation sigma that is not clipped. Four numbers and a sentence.",
    """
    for each sigma of 10, 25, 50: add noise to the photograph, and measure the PSNR against the clean one
    then raise sigma from 0 to 100 in steps of 5, look, and note the first one at which you cannot make out the finest details
    conclude: is it the PSNR that tells you when details go, or something else?
    """,
)

RUBRIC = """
1 point: names which details went first (thin lines, text, weak texture) and which stayed (strong edges, large shapes).
1 point: notes that the PSNR depends on sigma alone while what one can still see depends on the image, so that the same PSNR can be
bearable on one photograph and not on another.
"""

SIGMAS = (10, 25, 50)


def findings(psnr):
    """A learner's dict with a PSNR for each sigma."""
    conclusion = "Fine text and weak texture go first, strong edges stay; the PSNR says nothing about which."
    return {f"psnr_{sigma}": psnr(sigma) for sigma in SIGMAS} | {"details_gone": 40, "conclusion": conclusion}


def psnr_of_noise(sigma):
    """PSNR of unclipped white noise: peak 255 over standard deviation sigma."""
    return 20 * math.log10(255 / sigma)


def reference(case):
    """What theory gives for the three PSNRs, and a judgement of ours."""
    return findings(psnr_of_noise)


MISTAKES = (
    mistake(findings(lambda sigma: psnr_of_noise(sigma) / 2), "You took 10 log10(255 / sigma). The MSE is sigma squared, hence 20."),
    mistake(findings(lambda sigma: sigma**2 / 255**2), "These are mean squared errors. Use metrics.psnr, in decibels."),
    mistake(findings(lambda sigma: -psnr_of_noise(sigma)), "The sign is turned around: the PSNR is high when the error is small."),
    mistake(
        findings(lambda sigma: psnr_of_noise(sigma / 255)),
        "You added noise of sigma / 255 grey levels: sigma is given in grey levels, so hand 25 to GaussianNoise, not 25 / 255.",
    ),
    mistake(findings(lambda sigma: 20 * math.log10(1 / sigma)), "You took white as 1 and sigma in grey levels. Use one scale."),
)


def _expect_psnr(answer, sigma):
    got = expect_entry(answer, f"psnr_{sigma}")
    expected = psnr_of_noise(sigma)
    clipped = 0.3 < got - expected < 3
    cause = "A little more than theory gives: did you clip the noisy image to [0, 1]? That removes part of the noise." if clipped else ""
    expect_close(got, expected, tol=0.3, input=f"sigma = {sigma}", cause=cause)


@property_test("PSNR at sigma 25", points=1)
def psnr_at_25(answer, case):
    _expect_psnr(answer, 25)


@property_test("PSNR at sigma 10", points=1)
def psnr_at_10(answer, case):
    _expect_psnr(answer, 10)


@property_test("PSNR at sigma 50", points=1)
def psnr_at_50(answer, case):
    _expect_psnr(answer, 50)


@property_test("your judgement", points=1)
def a_judgement(answer, case):
    sigma = expect_entry(answer, "details_gone")
    cause = "details_gone is the first sigma at which you lose details."
    expect(0 < sigma <= 100, expected="details_gone above 0, and at most 100", got=sigma, cause=cause)
    sentence = expect_entry(answer, "conclusion", str)
    cause = "Write a sentence: what went first, what stayed?"
    expect(len(sentence.split()) >= 5, expected="a conclusion of at least five words", got=sentence, cause=cause)
