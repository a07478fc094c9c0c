"""05.7 investigate: what an auxiliary classifier does to the diversity of perfect players."""

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "Perfect players with a classifier"
KIND = "investigate"
NOTEBOOK = "05_conditional_gan"
MINUTES = 12
DIFFICULTY = 2
POINTS = 7

HINTS = (
    "Where do the samples of the middle class lie that a classifier cannot name? What does G gain by not drawing them, and what does it lose?",
    "p = bells([-gap, 0.0, gap], 0.5, line), q = perfect_players(1.0, p), both (3, 161). Kept: (spread(q) / spread(p))[1]. Accuracy: in each "
    "cell p.argmax(0) is named; add up each row's probability in the cells that are named after it, and average the three rows.",
    """
    for gap in 1, 2: p, then q at weight 1
    spread of q over spread of p, the entry in the middle
    a table (3, 161) that is 1 where the row is the likeliest of p in that cell
    q times that table, summed, over 3; and p likewise
    """,
)

RUBRIC = """
1 point: says that it is the objective itself, since perfect players leave the truth as well, and not an accident of the training.
1 point: says that the loss depends on how much the classes overlap (or: on how uncertain the class is, given the image), and that an
accuracy above that of the data is its sign.
"""

KEPT_1, KEPT_2, ACCURACY, DATA = 0.567, 0.845, 0.960, 0.788


def findings(kept_1=KEPT_1, kept_2=KEPT_2, accuracy=ACCURACY, of_data=DATA):
    conclusion = (
        "Perfect players leave the truth too, so it is the objective; where classes hardly overlap, little is gained and little lost."
    )
    return {
        "kept, gap 1": kept_1,
        "kept, gap 2": kept_2,
        "accuracy, gap 1": accuracy,
        "accuracy of data, gap 1": of_data,
        "conclusion": conclusion,
    }


def reference(case):
    """The four numbers and a sentence."""
    return findings()


MISTAKES = (
    mistake(findings(KEPT_2, KEPT_1), "You exchanged the two gaps: the classes that overlap lose more."),
    mistake(findings(0.283, 0.422), "Those are the spreads of G's samples; asked is their share of the spread in the data."),
    mistake(findings(1 / KEPT_1, 1 / KEPT_2), "The other way round: G's spread over that of the data."),
    mistake(findings(0.796, 0.925), "That is the first class; asked is the middle one, which has a neighbour on either side."),
    mistake(findings(accuracy=DATA, of_data=ACCURACY), "You exchanged G's samples and the data."),
    mistake(findings(accuracy=0.996, of_data=0.970), "Those accuracies are for gap 2."),
    mistake(findings(accuracy=3 * ACCURACY, of_data=3 * DATA), "Each row sums to 1, and there are three: divide the sum by 3."),
    mistake(findings(accuracy=100 * ACCURACY, of_data=100 * DATA), "In per cent; asked are numbers from 0 to 1."),
)


@property_test("classes that overlap", points=2)
def overlapping(answer, case):
    expect_close(expect_entry(answer, "kept, gap 1"), KEPT_1, tol=0.01, input="kept, gap 1")


@property_test("classes apart", points=1)
def apart(answer, case):
    expect_close(expect_entry(answer, "kept, gap 2"), KEPT_2, tol=0.01, input="kept, gap 2")


@property_test("accuracy", points=2)
def accuracy(answer, case):
    expect_close(expect_entry(answer, "accuracy, gap 1"), ACCURACY, tol=0.01, input="accuracy, gap 1")


@property_test("accuracy of the data", points=1)
def accuracy_of_data(answer, case):
    expect_close(expect_entry(answer, "accuracy of data, gap 1"), DATA, tol=0.01, input="accuracy of data, gap 1")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say whether training is to blame, and on what the loss of diversity depends.",
    )
