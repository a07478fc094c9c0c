"""From an answer to a result, on a toy exercise written here."""

import functools
import time
from types import ModuleType

import pytest
import torch
from torch import nn

from course_lib.check import authoring
from course_lib.check.authoring import expect_close, expect_dtype, expect_shape, expect_type, expect_unchanged, mistake, property_test
from course_lib.check.engine import NOT_ATTEMPTED, PARTLY, PASSED, WRONG, Case, check_result, grade, read


def mean_square(x, y):
    return ((x - y) ** 2).mean()


@property_test("shape")
def gives_one_number(answer, case):
    expect_shape(answer(torch.ones(2, 2), torch.zeros(2, 2)), ())


@property_test("dtype", points=1)
def keeps_dtype(answer, case):
    x = torch.full((2,), 3.0, dtype=torch.float64)
    got = answer(x, torch.zeros(2, dtype=torch.float64))
    expect_dtype(got, like=x)
    expect_close(got, 9)


@property_test("by hand", points=2)
def small_case(answer, case):
    expect_close(answer(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 5.0]])), 5.0)


@property_test("against the reference", points=3)
def random_case(answer, case):
    x, y = case.rand(2, 3, 4), case.rand(2, 3, 4)
    expect_close(answer(x, y), mean_square(x, y))
    expect_unchanged(answer)


def toy(**changes):
    module = {
        "TITLE": "Mean squared error",
        "KIND": "implement",
        "NOTEBOOK": "99_toy",
        "MINUTES": 1,
        "DIFFICULTY": 1,
        "POINTS": 6,
        "HINTS": ("why?", "how?", "like this"),
        "reference": mean_square,
        "MISTAKES": (
            mistake(lambda x, y: ((x - y) ** 2).sum(), "you summed instead of averaging"),
            mistake(lambda x, y: (x - y).abs().mean(), "you took the absolute value"),
            mistake(lambda x, y: ((x - y) ** 2).mean(0), "you averaged over the batch only"),
            mistake(lambda x, y: ((x - y) ** 2).mean().float(), "you converted to float32"),
        ),
        "tests": None,
        "one": gives_one_number,
        "two": keeps_dtype,
        "three": small_case,
        "four": random_case,
    }
    file = ModuleType("e99_1_toy")
    vars(file).update(module | changes)
    return read(file, "99.1")


def one_test(function, **changes):
    """The toy with this single test."""
    return toy(**({"one": property_test("only", points=1)(function), "two": None, "three": None, "four": None, "POINTS": 1} | changes))


def ones(answer, case):
    expect_close(answer(torch.ones(2), torch.zeros(2)), 1.0)


# --- statuses and points


def test_the_right_answer_passes_with_all_points():
    result = grade(toy(), lambda x, y: (x - y).pow(2).mean())
    assert (result.status, result.points, result.max_points, result.failure) == (PASSED, 6, 6, None)
    assert result.passed == ("shape", "dtype", "by hand", "against the reference")
    assert [each.points for each in result.properties] == [0, 1, 2, 3]


def test_each_test_gives_its_share():
    result = grade(toy(), lambda x, y: mean_square(x, y) if x.numel() < 10 else mean_square(x, y) + 1)
    assert (result.status, result.points, result.failure.property) == (PARTLY, 3, "against the reference")
    assert [each.holds for each in result.properties] == [True, True, True, False]


def test_free_tests_alone_do_not_make_it_partly():
    result = grade(toy(), lambda x, y: torch.tensor(0.0))
    assert (result.status, result.points, result.passed) == (WRONG, 0, ("shape",))


def test_hidden_seeds_catch_what_was_learnt_by_heart():
    def by_heart(seed):
        case = Case(seed)
        right = mean_square(case.rand(2, 3, 4), case.rand(2, 3, 4))
        return lambda x, y: right if x.numel() == 24 else mean_square(x, y)

    assert grade(toy(), by_heart(0)).status == PASSED
    assert grade(toy(), by_heart(0), seed=1).status == PARTLY


def test_the_same_seed_gives_the_same_inputs_and_another_seed_others():
    assert torch.equal(Case(3).rand(4), Case(3).rand(4))
    assert not torch.equal(Case(3).rand(4), Case(4).rand(4))
    assert torch.equal(torch.rand(2, generator=Case(3).generator()), torch.rand(2, generator=Case(3).generator()))
    assert {Case(seed).integer(1, 3) for seed in range(30)} == {1, 2, 3}


def test_the_variant_reaches_the_tests():
    exercise = one_test(lambda answer, case: expect_close(answer(1.0, 1.0), float(case.variant)))
    assert grade(exercise, lambda x, y: 2.0, variant=2).status == PASSED
    assert grade(exercise, lambda x, y: 2.0, variant=1).status == WRONG


# --- not attempted


class Unwritten:
    def __init__(self, amount):
        raise NotImplementedError


def test_stubs_are_not_attempted():
    def raises(x, y):
        """A docstring."""
        raise NotImplementedError

    def raises_with_words(x, y):
        raise NotImplementedError("write me")

    def dots(x, y): ...

    def documented(x, y):
        """Only a docstring."""

    for stub in (..., None, "", raises, raises_with_words, dots, documented):
        result = grade(toy(), stub)
        assert (result.status, result.points) == (NOT_ATTEMPTED, 0)
        assert "NotImplementedError" in result.note


def test_a_stub_that_another_function_calls_is_wrong():
    def other():
        raise NotImplementedError

    result = grade(toy(), lambda x, y: other())
    assert result.status == WRONG
    assert "still to be written" in result.failure.cause


def test_a_begun_answer_with_points_is_not_called_not_attempted():
    def begun(x, y):
        if x.ndim < 3:
            return mean_square(x, y)
        raise NotImplementedError

    assert grade(toy(), begun).status == PARTLY


# --- messages


def test_a_failure_names_property_input_expected_got_and_cause():
    failure = grade(toy(), lambda x, y: ((x - y) ** 2).sum()).failure
    assert failure.property == "dtype"
    assert failure.input == "mean_square(x = tensor (2): 3, 3, y = tensor (2): 0, 0)"
    assert (failure.expected, failure.got) == ("9", "tensor 18")
    assert failure.cause == "you summed instead of averaging"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (lambda x, y: torch.sum((x - y) * (x - y)), "you summed instead of averaging"),
        (lambda x, y: torch.mean(torch.abs(y - x)), "you took the absolute value"),
        (lambda x, y: ((y - x) ** 2).float().mean(), "you converted to float32"),
        (lambda x, y: ((y - x) ** 2).mean(dim=0), "you averaged over the batch only"),
        (lambda x, y: ((y - x) ** 2).mean() * 1.5, ""),
        (lambda x, y: ((y - x) ** 2).sum(dim=0), ""),  # the wrong shape of a known mistake, but other values
    ],
)
def test_known_mistakes_are_recognised_and_no_others(answer, cause):
    assert grade(toy(), answer).failure.cause == cause


def test_of_two_mistakes_that_agree_on_the_first_test_the_better_match_is_told():
    def by_two(answer, case):
        expect_close(answer(torch.tensor([2.0]), torch.tensor([0.0])), 4.5)

    def by_three(answer, case):
        expect_close(answer(torch.tensor([3.0]), torch.tensor([0.0])), 9.5)

    exercise = toy(
        one=property_test("two")(by_two),
        two=property_test("three", points=6)(by_three),
        three=None,
        four=None,
        MISTAKES=(mistake(lambda x, y: 2 * x.sum(), "twice"), mistake(lambda x, y: (x**2).sum(), "squared")),
    )
    assert grade(exercise, lambda x, y: (x - y).pow(2).sum()).failure.cause == "squared"
    assert grade(exercise, lambda x, y: (x + x).sum()).failure.cause == "twice"


def test_none_asks_for_return():
    def forgets(x, y):
        mean_square(x, y)

    result = grade(toy(), forgets)
    assert result.status == WRONG
    assert "Did you forget `return`?" in result.failure.cause


def test_an_exception_shows_the_learners_own_line_and_no_internals():
    def crashes(x, y):
        z = x - y
        return z @ torch.zeros(7, 7)

    failure = grade(toy(), crashes).failure
    assert failure.got.startswith("RuntimeError: ")
    assert failure.got.endswith(f"line {crashes.__code__.co_firstlineno + 2} of test_engine.py in crashes: `return z @ torch.zeros(7, 7)`")
    assert "Traceback" not in failure.got
    assert 'engine.py"' not in failure.got


def test_the_line_of_a_notebook_cell_is_given_as_such():
    scope = {}
    exec(compile("def f(x, y):\n    return x / nothing\n", "/tmp/ipykernel_12/345.py", "exec"), scope)
    assert "line 2 of the cell in f" in grade(toy(), scope["f"]).failure.got


def test_an_exception_that_cannot_say_what_it_is():
    class Rude(Exception):
        def __str__(self):
            raise RuntimeError

    def crashes(x, y):
        raise Rude

    assert grade(toy(), crashes).failure.got.startswith("Rude, line")


def test_wrong_parameters_are_told():
    failure = grade(toy(), lambda x: x).failure
    assert failure.expected.startswith("a call like mean_square(x = tensor (2, 2)")
    assert failure.got == "mean_square takes (x)"


def test_a_type_error_inside_the_answer_is_not_blamed_on_its_parameters():
    def crashes(x, y):
        return len(3)

    assert "object of type 'int' has no len()" in grade(toy(), crashes).failure.got


@pytest.mark.parametrize("answer", [torch.zeros(2), 3.0, "mean_square", [1], {"a": 1}])
def test_a_result_in_place_of_the_function_is_told(answer):
    result = grade(toy(), answer)
    assert result.status == WRONG
    assert 'check("99.1", mean_square)' in result.failure.cause


def test_a_test_that_trips_over_the_answer_is_told_without_a_traceback():
    scope = {}  # compiled as a file of the course, where exercises live
    exec(compile("def trips(answer, case): answer(1, 2).no_such_attribute", authoring.__file__, "exec"), scope)
    exercise = one_test(scope["trips"], MISTAKES=(mistake(lambda x, y: 3.0, "trips as well, for another reason"),))
    result = grade(exercise, lambda x, y: 3)
    assert result.status == WRONG
    assert "the test cannot use" in result.failure.got
    assert result.failure.cause == ""


def test_what_was_printed_is_shown_unless_all_is_well():
    def talks(x, y):
        print("x has", tuple(x.shape))
        return mean_square(x, y)

    assert grade(toy(), talks).printed == ""
    assert grade(toy(), lambda x, y: talks(x, y) + 1).printed == "x has (2,)\n"


# --- hostile code


def stuck(x, y):
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            pass


def test_an_endless_loop_ends_the_whole_check_within_the_time():
    result = grade(toy(), stuck, seconds=0.2)
    assert (result.status, result.points) == (WRONG, 0)
    assert result.failure.expected == "an answer within 0.2 seconds"
    assert "in stuck" in result.failure.got
    assert "endless loop" in result.failure.cause
    assert grade(toy(), mean_square).status == PASSED


def test_after_an_endless_loop_no_other_test_calls_the_answer():
    calls = []
    grade(toy(), lambda x, y: calls.append(1) or stuck(x, y), seconds=0.1)
    assert len(calls) == 1


def test_points_earned_before_the_endless_loop_stay():
    result = grade(toy(), lambda x, y: mean_square(x, y) if x.ndim < 3 else stuck(x, y), seconds=0.3)
    assert (result.status, result.points) == (PARTLY, 3)


@pytest.mark.parametrize(
    ("leave", "told"),
    [
        (lambda: exit(), "end the whole notebook"),
        (lambda: quit(), "end the whole notebook"),
        (lambda: input(), "waits for the keyboard"),
        (lambda: (_ for _ in ()).throw(KeyboardInterrupt), "was interrupted"),
    ],
)
def test_leaving_and_asking_end_in_a_message(leave, told):
    result = grade(toy(), lambda x, y: leave())
    assert result.status == WRONG
    assert told in result.message


def test_endless_recursion_is_told():
    def again(x, y):
        return again(x, y)

    assert "a recursion without end" in grade(toy(), again).failure.got


def test_the_answer_gets_copies_and_a_change_is_reported():
    def changes_y(x, y):
        y -= x
        return (y**2).mean()

    result = grade(toy(), changes_y)
    assert (result.status, result.points, result.failure.got) == (PARTLY, 3, "y changed by the call")
    free = one_test(ones)
    result = grade(free, changes_y)
    assert result.status == PASSED
    assert "changes the y it is given" in result.note


def test_a_copied_input_stays_connected_to_the_gradient():
    def reaches_x(answer, case):
        x = torch.ones(2, requires_grad=True)
        authoring.expect_gradient(answer(x, torch.zeros(2)), reaches={"x": x})

    assert grade(one_test(reaches_x), mean_square).status == PASSED
    assert grade(one_test(reaches_x), lambda x, y: mean_square(x.detach(), y)).status == WRONG


def test_an_answer_that_draws_from_the_global_generator_gets_the_same_numbers_each_time():
    def is_reproducible(answer, case):
        expect_close(answer(0.0, 0.0), torch.rand(1, generator=torch.Generator().manual_seed(case.seed)).item())

    assert grade(one_test(is_reproducible), lambda x, y: torch.rand(1).item(), seed=5).status == PASSED


def test_answers_of_any_callable_sort_are_taken():
    for answer in (functools.partial(lambda k, x, y: mean_square(x, y), 1), nn.MSELoss(), nn.functional.mse_loss):
        assert grade(toy(), answer).status == PASSED


# --- the other kinds


class Shift(nn.Module):
    def __init__(self, amount):
        super().__init__()
        self.amount = nn.Parameter(torch.tensor(float(amount)))

    def forward(self, x):
        return x + self.amount


def shifts(answer, case):
    model = answer(2)
    expect_type(model, nn.Module)
    expect_close(model(torch.zeros(2)), torch.full((2,), 2.0), input="Shift(2) on zeros")


class Deaf(Shift):
    def forward(self, x):
        return x


def test_a_class_is_an_answer_too():
    exercise = one_test(shifts, reference=Shift, MISTAKES=(mistake(Deaf, "you do not add the amount"),))

    class Empty(nn.Module):
        pass

    class Begun(nn.Module):
        def __init__(self, amount):
            super().__init__()

        def forward(self, x):
            raise NotImplementedError

    class Off(Shift):
        def forward(self, x):
            return x * 1

    assert grade(exercise, Shift).status == PASSED
    assert [grade(exercise, stub).status for stub in (Unwritten, Empty, Begun)] == [NOT_ATTEMPTED] * 3
    assert "the class itself" in grade(exercise, Shift(2)).failure.cause
    failure = grade(exercise, Off).failure
    assert (failure.input, failure.cause) == ("Shift(2) on zeros", "you do not add the amount")


def predicts(answer, case):
    expect_close(answer, 0.5, tol=0.01)


def test_a_prediction_is_judged_without_giving_the_answer_away():
    known = (mistake(-0.5, "the sign"), mistake(50, "in per cent"))
    exercise = one_test(predicts, KIND="predict", reference=lambda case: 0.5, MISTAKES=known)
    assert grade(exercise, 0.505).status == PASSED
    assert grade(exercise, torch.tensor(0.5)).status == PASSED
    result = grade(exercise, -0.5)
    assert (result.status, result.failure.cause, result.failure.expected) == (WRONG, "the sign", "")
    assert "0.5" not in result.message.replace("-0.5", "")
    assert grade(exercise, 50.0).failure.cause == "in per cent"
    assert grade(exercise, ...).status == NOT_ATTEMPTED
    assert "not for a function" in grade(exercise, mean_square).failure.cause
    assert grade(exercise, torch.ones(2, requires_grad=True) * 2).status == WRONG


def broken_mean_square(x, y):
    return ((x - y) ** 2).mean() + 1


def test_a_repair_that_changes_nothing_is_not_attempted_and_still_says_what_fails():
    exercise = toy(KIND="repair", broken=broken_mean_square)
    result = grade(exercise, lambda x, y: 1 + ((y - x) ** 2).mean())
    assert (result.status, result.points, result.failure.property) == (NOT_ATTEMPTED, 0, "dtype")
    assert grade(exercise, mean_square).status == PASSED
    assert grade(exercise, lambda x, y: ((x - y) ** 2).sum()).status == WRONG


def test_a_repair_mended_in_part_counts_as_attempted():
    exercise = toy(KIND="repair", broken=broken_mean_square)
    half = lambda x, y: mean_square(x, y) if x.ndim == 1 else broken_mean_square(x, y)  # noqa: E731
    result = grade(exercise, half)
    assert (result.status, result.points) == (PARTLY, 1)


def test_findings_are_judged_and_the_conclusion_left_to_a_person():
    def measured(answer, case):
        expect_close(authoring.expect_entry(answer, "psnr"), 20.0, tol=0.5)

    exercise = one_test(measured, KIND="investigate", RUBRIC="1 point: …", reference=lambda case: {"psnr": 20.0}, MISTAKES=())
    assert grade(exercise, {"psnr": ..., "conclusion": ...}).status == NOT_ATTEMPTED
    result = grade(exercise, {"psnr": 20.1})
    assert result.status == PASSED
    assert "only a person can judge" in result.note
    assert grade(exercise, {"psnr": 23}).status == WRONG


# --- the file


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"POINTS": 5}, "give 6 points, but POINTS = 5"), ({"KIND": "guess"}, "must be one of"), ({"KIND": "repair"}, "lacks broken")],
)
@pytest.mark.bad_input
def test_an_incomplete_file_is_told_to_its_author(changes, told):
    with pytest.raises(ValueError, match=told):
        toy(**changes)


@pytest.mark.bad_input
def test_an_unknown_id_raises_for_graders():
    with pytest.raises(ValueError, match='there is no exercise "00.9"'):
        check_result("00.9", 1)
