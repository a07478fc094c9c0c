"""10.7 investigate: a network for one noise level, used at another by scaling the image."""

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "Scale, denoise, scale back"
KIND = "investigate"
NOTEBOOK = "10_cnn_denoisers"
MINUTES = 12
DIFFICULTY = 2
POINTS = 6

HINTS = (
    "What is the noise in a·y when y has noise of σ? Which a makes it 25 for σ = 50, which for σ = 10? And what else does a change?",
    "x̂ = f(a y)/a with a = 25/σ; a gain is the PSNR of that minus the PSNR of f(y), in dB, on at(sigma). For a bias-free f: f(a y) = a f(y).",
    """
    for sigma in 10, 50: y = at(sigma); the PSNR of the network's answer to y
    the PSNR of its answer to y times a, divided by a
    the difference of the two is the gain; for 50 also the PSNR of bm3d(y, 50), and how far above the trick it lies
    for a bias-free network put f(a y) = a f(y) into the trick
    """,
)

RUBRIC = """
1 point: says that the noise level is now the trained one, but the image is not: at σ = 50 it has half the brightness and contrast of the
photographs that the network was trained on (at σ = 10 two and a half times as much, beyond white).
1 point: sees that the trick is what a bias-free network does by itself, for every a: it gains nothing from being helped.
"""

AT_50, AT_10, BELOW = 5.70, 3.55, 0.37  # dB; tests/exercises/test_scale_trick.py measures them anew


def findings(at_50=AT_50, at_10=AT_10, below=BELOW, bias_free=0.0):
    conclusion = "The noise fits, the image does not: halved, it has half the contrast of the photographs the network knows."
    return {"gain at 50": at_50, "gain at 10": at_10, "below BM3D": below, "gain if bias-free": bias_free, "conclusion": conclusion}


def reference(case):
    """The four numbers and a sentence."""
    return findings()


MISTAKES = (
    mistake(findings(AT_10, AT_50), "You exchanged the two gains."),
    mistake(findings(-AT_50, -AT_10), "A gain is the PSNR with the trick minus the PSNR without."),
    mistake(findings(-1.91, -6.12), "You scaled the wrong way: a = 25/σ is ½ for σ = 50, not 2."),
    mistake(findings(23.69, 32.49), "Those are PSNRs; asked is by how much they lie above the PSNR without the trick."),
    mistake(findings(AT_50, AT_10, -BELOW), "The sign: below BM3D is positive if BM3D is better."),
    mistake(findings(AT_50, AT_10, 6.07), "That is how far the network without the trick lies below BM3D."),
    mistake(
        findings(AT_50, AT_10, BELOW, AT_50), "A bias-free network has f(a y) = a f(y). Put that into f(a y)/a: what is left of the trick?"
    ),
)


@property_test("gain at 50", points=1)
def stronger_noise(answer, case):
    expect_close(expect_entry(answer, "gain at 50"), AT_50, tol=0.1, input="gain at 50, in dB")


@property_test("gain at 10", points=1)
def weaker_noise(answer, case):
    expect_close(expect_entry(answer, "gain at 10"), AT_10, tol=0.1, input="gain at 10, in dB")


@property_test("below BM3D", points=2)
def against_bm3d(answer, case):
    expect_close(expect_entry(answer, "below BM3D"), BELOW, tol=0.05, input="below BM3D, in dB")


@property_test("gain if bias-free", points=1)
def nothing_to_gain(answer, case):
    expect_close(expect_entry(answer, "gain if bias-free"), 0.0, tol=0.01, input="gain if bias-free, in dB")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say what fits the network after scaling, and what does not.",
    )
