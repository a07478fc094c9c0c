"""04.6 investigate: FID and KID of real images against real images, and the number of samples."""

from course_lib.check.authoring import expect, expect_close, expect_entry, property_test

TITLE = "Measure the bias"
KIND = "investigate"
NOTEBOOK = "04_gan_stability_and_metrics"
MINUTES = 12
DIFFICULTY = 2
POINTS = 6

HINTS = (
    "Both clouds are real images of one distribution. What should a distance between them be, and how can it depend on n?",
    "in_parts(measure, n) for FID and KID and the three n. If FID = a + c/n, then two of the values give a: the n of one is four times the "
    "other's, so a = (4 · FID(1600) − FID(400)) / 3.",
    """
    for each n: in_parts of both measures into the dict
    print n times FID beside FID: is it nearly constant?
    from the values for 400 and 1600 compute what is left for n without end
    compare KID's values with their signs: is there a trend?
    """,
)

RUBRIC = """
1 point: says that FID of real images is far from 0 and falls like 1/n, with the numbers, and that KID has no such trend.
1 point: draws the conclusion for reports: FIDs of different n cannot be compared (or only after extrapolation), and n must be printed.
"""

SIZES = (100, 400, 1600)
# tests/exercises/test_sample_size.py measures them anew
MEASURED = {"fid": (108.62, 26.74, 7.432), "kid": (-53.6, 13.4, 13.4)}
FIRST = {"fid": (175.40, 28.01, 8.277), "kid": (1043.5, -86.7, 6.0)}  # the first part alone
TOLERANCE = {"fid": 0.0, "kid": 3.0}  # beside 2 %


def extrapolated(small: float, large: float) -> float:
    """a, where a + c/n goes through the values for n and for four times n."""
    return (4 * large - small) / 3


def findings(factor: float = 1.0) -> dict:
    found = {f"{name} {n}": factor * value for name in MEASURED for n, value in zip(SIZES, MEASURED[name], strict=True)}
    found["fid without end"] = factor * extrapolated(*MEASURED["fid"][1:])
    return found | {"conclusion": "FID of real images falls like 1/n and KID has no trend, so FIDs of different n must not be compared."}


def reference(case):
    """Seven numbers and a sentence."""
    return findings()


def expect_measured(answer, name, k):
    got, right, first = expect_entry(answer, f"{name} {SIZES[k]}"), MEASURED[name][k], FIRST[name][k]
    other = MEASURED["kid" if name == "fid" else "fid"][k]
    tolerance = 0.02 * abs(right) + TOLERANCE[name]
    cause = ""
    if abs(got - right) > tolerance:
        if abs(got - first) <= 0.02 * abs(first):
            cause = "That is the value of the first part alone. One draw is an anecdote: in_parts takes the mean over all."
        elif abs(got - other) <= 0.02 * abs(other):
            cause = "FID and KID have changed places."
        elif abs(got) < 1e-6:
            cause = "Zero is the distance of a cloud to itself: compare f_train with f_unseen."
    expect_close(
        got, right, tol=tolerance, input=f"{name.upper()} of {SIZES[k]} training images against {SIZES[k]} unseen ones", cause=cause
    )


@property_test("FID", points=2)
def fid_by_size(answer, case):
    for k in range(len(SIZES)):
        expect_measured(answer, "fid", k)


@property_test("KID", points=2)
def kid_by_size(answer, case):
    for k in range(len(SIZES)):
        expect_measured(answer, "kid", k)


@property_test("n without end", points=1)
def without_end(answer, case):
    small, large = MEASURED["fid"][1:]
    got, right = expect_entry(answer, "fid without end"), extrapolated(small, large)
    cause = ""
    if abs(got - large) < 0.1:
        cause = "That is the value for n = 1600, which still has a bias of c/1600."
    elif abs(got - extrapolated(large, small)) < 0.5:
        cause = "The two have changed places: it is the value of the larger n that counts four times."
    elif got == 0:
        cause = "Zero is what one would wish for; compute what the measurements say. The training images are not quite like unseen ones."
    expect_close(got, right, tol=0.04 * abs(right), input="a, where FID = a + c/n goes through the values of 400 and 1600", cause=cause)


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say how each of the two depends on n, and what follows for comparing two published FIDs.",
    )
