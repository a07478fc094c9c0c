"""01.8 investigate: which convention did each blog post change?"""

from course_lib.check.authoring import expect, expect_close, expect_entry, mistake, property_test

TITLE = "Which convention made the number?"
KIND = "investigate"
NOTEBOOK = "01_images_noise_and_metrics"
MINUTES = 12
DIFFICULTY = 2
POINTS = 5

HINTS = (
    "You have a function with one switch for each convention, and the photograph. How many runs does it take to know?",
    "bicubic_score(photos[0], **changes[name]) for each of the five names, in dB, next to the three numbers of the posts.",
    """
    for every name in changes: print the name and the score of photos[0] with that convention, to two digits
    look up A, B and C in your list
    compare the largest difference from bicubic_score(photos[0]) with 0.1 dB, and write it down
    """,
)

RUBRIC = """
1 point: states the largest difference in dB (about 1.5 dB, for RGB) and sets it against the 0.1 dB of a published improvement.
1 point: sees that "torch" is worth more than nothing in the *other* direction: its low-resolution image is not filtered, so the task is
another one, and the higher number is not a better method.
"""

CONVENTIONS = {
    "RGB": "all three channels",
    "grey": "full-range grey",
    "border": "border not cut",
    "unrounded": "not rounded",
    "torch": "torch's interpolate",
}
POSTS = {"A": ("torch", 30.07), "B": ("grey", 28.03), "C": ("RGB", 27.87)}  # tests/exercises measures them anew


LARGEST = 1.456  # dB: post C against the paper's way


def findings(a, b, c, largest=LARGEST):
    conclusion = "Scoring all colours costs 1.5 dB against luma, fifteen times what separates two papers."
    return {"A": a, "B": b, "C": c, "largest": largest, "conclusion": conclusion}


def reference(case):
    """The three names, the largest difference and a sentence."""
    return findings(*(name for name, _ in POSTS.values()))


MISTAKES = (
    mistake(findings("torch", "RGB", "grey"), "You exchanged two conventions that lie close together: print the scores to two digits."),
    mistake(
        findings("border", "grey", "RGB"), "A is 0.7 dB above the paper's way. Leaving the border in moves the number by a few hundredths."
    ),
    mistake(findings("unrounded", "grey", "RGB"), "A is 0.7 dB above the paper's way. Rounding is worth about a hundredth."),
    mistake(findings("torch", "grey", "RGB", 0.74), "That is post A. The largest difference may also be one that makes the number worse."),
    mistake(findings("torch", "grey", "RGB", 27.87), "That is the score of post C; asked is how far it lies from the paper's way."),
    mistake(findings("torch", "grey", "RGB", -LARGEST), "The size of the difference is asked, without a sign."),
)


def expect_name(answer, post):
    got = expect_entry(answer, post, str)
    expect(got in CONVENTIONS, expected=f"one of the names {', '.join(map(repr, CONVENTIONS))}", got=got, input=f"post {post}")
    name, score = POSTS[post]
    expect(got == name, expected=f"the convention that gives {score} dB", got=f"{got}: {CONVENTIONS[got]}", input=f"post {post}")


@property_test("post A", points=1)
def post_a(answer, case):
    expect_name(answer, "A")


@property_test("post B", points=1)
def post_b(answer, case):
    expect_name(answer, "B")


@property_test("post C", points=1)
def post_c(answer, case):
    expect_name(answer, "C")


@property_test("the largest difference", points=1)
def the_largest_difference(answer, case):
    expect_close(expect_entry(answer, "largest"), LARGEST, tol=0.03, input="largest, in dB")


@property_test("your conclusion", points=1)
def a_conclusion(answer, case):
    sentence = expect_entry(answer, "conclusion", str)
    expect(
        len(sentence.split()) >= 8,
        expected="a sentence of at least eight words",
        got=sentence,
        cause="Say how large the largest error is, and compare it.",
    )
