"""The tables of the term plan: counted from the notebooks, measured where they say so."""

import json

import pytest

from course_lib.check import load
from course_lib.check.exercises import ids
from course_lib.classroom import term_plan
from course_lib.classroom.term_plan import Effort

ONE = Effort("01 One", words=1200, cells=20, exercises=3, exercise_minutes=30, points=12, seconds=60.0, megabytes=1234.0)
TWO = Effort("02 Two", words=0, cells=0, exercises=1, exercise_minutes=6, points=2, seconds=None, megabytes=None)


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one notebook: 240 words beside the heading, two code cells."""
    (tmp_path / "solutions").mkdir()
    cells = [("markdown", "# A title\n\n" + "word " * 238), ("code", "1 + 1"), ("code", "2 + 2")]
    made = [{"id": str(i), "cell_type": kind, "metadata": {}, "source": text} for i, (kind, text) in enumerate(cells)]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}
    (tmp_path / "solutions" / "00_start_here.ipynb").write_text(json.dumps(notebook))
    return tmp_path


def test_a_notebook_is_counted(checkout):
    (found,) = term_plan.efforts(checkout)
    own = [load(id) for id in ids() if id.startswith("00.")]
    assert (found.title, found.words, found.cells) == ("00 A title", 240, 2)
    assert (found.exercises, found.exercise_minutes, found.points) == (4, sum(each.minutes for each in own), 16)
    assert found.seconds is None
    assert found.reading_minutes == 240 / 120 + 2 * 0.5


def test_seconds_come_from_the_measurement(checkout):
    results = checkout / "benchmarks" / "results"
    results.mkdir(parents=True)
    rows = [{"method": "00_start_here", "values": {"CPU seconds": 7.5, "peak memory MB": 900.0}}]
    (results / "notebook-cost.json").write_text(json.dumps({"rows": rows}))
    (found,) = term_plan.efforts(checkout)
    assert (found.seconds, found.megabytes) == (7.5, 900.0)


def test_hours_add_up_reading_exercises_and_waiting():
    assert ONE.hours == pytest.approx((10 + 10 + 30 + 1) / 60)
    assert TWO.hours == pytest.approx(0.1)
    *_, one, two, together = term_plan.hours_table([ONE, TWO]).splitlines()
    assert one == "| 01 One | 20 min | 3, 30 min | 12 | 60 s, 1.2 GB | 0.8 |"
    assert two == "| 02 Two | 0 min | 1, 6 min | 2 | not measured | 0.1 |"
    assert together == "| all | 20 min | 4, 36 min | 14 | | 0.9 |"


def test_every_length_of_a_term_is_planned_to_its_last_week():
    lines = term_plan.weeks_table([ONE, TWO]).splitlines()
    assert lines[0] == "| week | 10 weeks | 12 weeks | 14 weeks |"
    assert len(lines) == 2 + 14
    for length, plan in term_plan.PLANS.items():
        assert len(plan) == length
    assert "00 (in preparation), 01 One: 0.8 h" in lines[2]  # a notebook to come is named, and not counted
    assert lines[3].count("02 Two: 0.1 h") == 3
    assert lines[-1] == f"| 14 |  |  | {term_plan.PROJECTS} |"


def test_no_plan_teaches_a_notebook_before_what_it_needs():
    chains = (("01", "02", "03", "04", "05", "06"), ("01", "07"), ("01", "08", "09", "10", "11"), ("10", "12"))
    needs = {later: earlier for chain in chains for earlier, later in zip(chain, chain[1:], strict=False)}
    for plan in term_plan.PLANS.values():
        order = [number for week in plan for number in week.split() if number.isdigit()]
        assert len(set(order)) == len(order)
        for number in order:
            assert number not in needs or needs[number] in order[: order.index(number)]


def test_only_the_tables_of_a_page_are_written(checkout):
    page = "before\n<!-- BEGIN hours -->\nold\n<!-- END hours -->\nbetween\n<!-- BEGIN weeks -->\n<!-- END weeks -->\nafter\n"
    written = term_plan.with_tables(page, checkout)
    assert written.startswith("before\n<!-- BEGIN hours -->\n| notebook |")
    assert "old" not in written
    assert "-->\nbetween\n<!--" in written
    assert written.endswith("<!-- END weeks -->\nafter\n")
    assert term_plan.with_tables(written, checkout) == written
    with pytest.raises(ValueError, match="BEGIN weeks"):
        term_plan.with_tables(page.replace("<!-- BEGIN weeks -->", ""), checkout)


def test_the_command_writes_the_page(checkout, monkeypatch, capsys):
    (checkout / "course_lib").mkdir()
    monkeypatch.chdir(checkout)
    assert term_plan.main() == 1
    assert "INSTRUCTORS.md" in capsys.readouterr().err
    page = checkout / "INSTRUCTORS.md"
    page.write_text("<!-- BEGIN hours -->\n<!-- END hours -->\n<!-- BEGIN weeks -->\n<!-- END weeks -->\n")
    assert term_plan.main() == 0
    assert "| 00 A title | 3 min |" in page.read_text()
