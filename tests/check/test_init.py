"""check, hint and use in a learner's hands: they never raise; strict mode does."""

import pytest

import course_lib.check as package
from course_lib.check import CheckNotPassed, check, hint, use
from course_lib.check.exercises import e00_1_brighten, e00_3_to_grey


@pytest.fixture(autouse=True)
def learner(monkeypatch):
    """No automatic run, and no hint seen yet."""
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    monkeypatch.delenv("COURSE_EXPECT", raising=False)
    monkeypatch.setattr(package, "_hints_seen", {})


def brighten(image, amount):
    return (image + amount).clamp(0, 1)


def too_bright(image, amount):
    return image + amount


def test_check_says_each_status_and_returns_nothing(capsys):
    assert check("00.1", brighten) is None
    check("00.1", too_bright)
    check("00.1", 3)
    check("00.1", ...)
    check("00.1")
    heads = [line for line in capsys.readouterr().out.splitlines() if "00.1 Brighten an image" in line]
    assert heads == [
        "✔ 00.1 Brighten an image: passed (6 of 6 points)",
        "◐ 00.1 Brighten an image: partly (2 of 6 points)",
        "✘ 00.1 Brighten an image: wrong (0 of 6 points)",
        "○ 00.1 Brighten an image: not attempted",
        "○ 00.1 Brighten an image: not attempted",
    ]


def test_two_runs_print_the_same(capsys):
    check("00.1", too_bright)
    first = capsys.readouterr().out
    check("00.1", too_bright)
    assert capsys.readouterr().out == first


def test_an_unknown_id_is_answered_with_the_near_ones(capsys):
    check("00.7", brighten)
    assert "Near it: 00.1, 00.2, 00.3, 00.4" in capsys.readouterr().out
    check("0.1", brighten)
    assert "Near it: 00.1" in capsys.readouterr().out
    hint("77.1")
    assert 'There is no exercise "77.1"' in capsys.readouterr().out
    assert use("00.7", brighten) is brighten


@pytest.mark.bad_input
def test_an_id_that_is_no_text_is_answered(capsys):
    check(brighten, "00.1")
    check(0.1, brighten)
    out = capsys.readouterr().out
    assert "got a function" in out
    assert "got a float" in out


def test_a_broken_exercise_file_does_not_raise(monkeypatch, capsys):
    monkeypatch.delattr(e00_1_brighten, "TITLE")
    check("00.1", brighten)
    hint("00.1")
    assert use("00.1", brighten) is brighten
    assert capsys.readouterr().out.count("The file of exercise 00.1 lacks TITLE") == 3


def test_hints_go_up_the_ladder_and_stay_at_the_top(capsys):
    said = []
    for _ in range(5):
        hint("00.1")
        said.append(capsys.readouterr().out)
    assert [text.split(" for ")[0] for text in said] == ["Hint 1 of 4", "Hint 2 of 4", "Hint 3 of 4", "Hint 4 of 4", "Hint 4 of 4"]
    assert "The solution is in solutions/00_start_here.ipynb, exercise 00.1." in said[3]
    hint("00.2")
    assert "Hint 1 of" in capsys.readouterr().out


def test_use_takes_the_learners_answer_only_if_it_passes(capsys):
    assert use("00.1", brighten) is brighten
    assert capsys.readouterr().out == "00.1: your own brighten is used from here on.\n"
    assert use("00.1", too_bright) is e00_1_brighten.brighten
    assert capsys.readouterr().out == "00.1: the library's brighten is used from here on (yours: partly).\n"
    assert use("00.3", e00_3_to_grey.broken) is e00_3_to_grey.to_grey
    assert use("00.2", ...) == pytest.approx(0.7)
    assert use("00.2", 0.701) == 0.701


@pytest.mark.parametrize("answer", [too_bright, 3, ...])
def test_strict_mode_raises_unless_passed(monkeypatch, answer, capsys):
    monkeypatch.setenv("COURSE_STRICT", "1")
    check("00.1", brighten)
    use("00.1", brighten)
    with pytest.raises(CheckNotPassed, match="00.1 must be passed, but is"):
        check("00.1", answer)
    assert "00.1 Brighten an image" in capsys.readouterr().out  # the report comes first
    with pytest.raises(CheckNotPassed):
        use("00.1", answer)
    with pytest.raises(CheckNotPassed, match="unknown"):
        check("00.7", brighten)


@pytest.mark.parametrize("wanted", ["not-attempted", "not attempted"])
def test_expected_status_raises_unless_met(monkeypatch, wanted):
    monkeypatch.setenv("COURSE_EXPECT", wanted)
    check("00.1", ...)
    assert use("00.1", ...) is e00_1_brighten.brighten
    for answer in (brighten, too_bright):
        with pytest.raises(CheckNotPassed, match="must be not attempted, but is"):
            check("00.1", answer)


def test_switched_off_strict_mode_does_not_raise(monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "0")
    check("00.1", too_bright)


def test_a_variant_is_another_question(capsys):
    check("00.2", 0.8, variant=1)
    check("00.2", 0.7, variant=1)
    assert use("00.2", ..., variant=1) == pytest.approx(0.8)
    said = capsys.readouterr().out
    assert "00.2 Predict the mean of a negative: passed" in said
    assert "00.2 Predict the mean of a negative: wrong" in said


def test_known_mistakes_are_not_told_for_the_numbers_of_another_variant(capsys):
    check("00.2", 0.3, variant=0)
    assert "That is the mean of the image itself" in capsys.readouterr().out
    check("00.2", 0.3, variant=1)
    assert "That is the mean of the image itself" not in capsys.readouterr().out
