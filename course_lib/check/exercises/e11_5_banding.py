"""11.5 investigate: which ways of learning bear an offset that a whole row shares?"""

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "Rows with an offset"
KIND = "investigate"
NOTEBOOK = "11_learning_without_clean_images"
MINUTES = 12
DIFFICULTY = 2
POINTS = 5

HINTS = (
    "For each of the four ways ask: does what stands in for the clean image share the row's offset with what the filter sees?",
    "three_ways(banded) gives three of the filters, fit(list(zip(seen, seen)), price=(sigma / 255) ** 2) the fourth; score(w, banded) in dB.",
    """
    seen = shots(banded), once, for SURE
    a dict from the name of the way to its score; the smallest score is the worst way
    score with clean images minus score of the pairs, and minus score of the blind filter
    ask of each way: which independence does it need, and is it still there?
    """,
)

RUBRIC = """
1 point: says that the offset makes neighbours in a row share noise, which breaks the independence *between pixels* that the blind filter
and SURE need.
1 point: says that the two shots' offsets are independent of each other, so that pairs of shots lose nothing. Bonus for the reason why SURE
is hit hardest: it refuses the pixel itself and takes the noise from the rest of the row instead.
"""

WAYS = ("clean images", "pairs of shots", "single shots, blind", "SURE")
WORST, PAIRS, BLIND, ALL_OF_SURE, AGAINST_NOISY = "SURE", 0.02, 4.31, 6.08, 1.19  # dB


def findings(worst=WORST, pairs=PAIRS, blind=BLIND):
    conclusion = "Neighbours in a row share the offset, which breaks the independence between pixels; the two shots stay independent."
    return {"worst": worst, "lost by pairs": pairs, "lost by blind": blind, "conclusion": conclusion}


def reference(case):
    """The worst way, the two losses and a sentence."""
    return findings()


MISTAKES = (
    mistake(findings("single shots, blind"), "The blind filter suffers, but another one suffers more: print all four scores."),
    mistake(findings("pairs of shots"), "The pairs are among the best here: print all four scores."),
    mistake(findings("clean images"), "Clean images give the best filter here, or nearly: print all four scores."),
    mistake(findings(blind=-BLIND), "The size of a loss is asked, without a sign."),
    mistake(findings(pairs=BLIND, blind=PAIRS), "You exchanged the two losses."),
    mistake(findings(blind=21.53), "That is the score itself; asked is how far it lies below the clean images."),
    mistake(findings(blind=ALL_OF_SURE), "That is what SURE loses; asked is the blind filter."),
    mistake(findings(blind=0.72), "That is what the blind filter loses on *white* noise: score it on banded, and fit it to banded shots."),
    mistake(
        findings(blind=AGAINST_NOISY), "That is the blind filter against the noisy image; asked is the distance from the clean images."
    ),
)


@property_test("the worst way", points=1)
def the_worst_way(answer, case):
    got = expect_entry(answer, "worst", str)
    expect(got in WAYS, expected=f"one of the names {', '.join(map(repr, WAYS))}", got=got, input="worst")
    expect(got == WORST, expected="the way with the lowest score", got=got, input="worst")


@property_test("the pairs", points=1)
def the_loss_of_the_pairs(answer, case):
    expect_close(expect_entry(answer, "lost by pairs"), PAIRS, tol=0.08, input="lost by pairs, in dB")


@property_test("the blind filter", points=2)
def the_loss_of_the_blind_filter(answer, case):
    expect_close(expect_entry(answer, "lost by blind"), BLIND, tol=0.1, input="lost by blind, in dB")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say which independence is broken, and which one is not.",
    )
