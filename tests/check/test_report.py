"""The same lines as text and as HTML; nothing gets through unescaped, nothing depends on the clock."""

import html
import re

import pytest

from course_lib.check import report
from course_lib.check.engine import NOT_ATTEMPTED, PARTLY, PASSED, WRONG, Failure, Property, Result

RESULTS = [
    Result("99.1", "A title", PASSED, 3, 3, (Property("shape", True, 3),), note="Note: fine."),
    Result("99.1", "A title", WRONG, 0, 1, (), Failure("by hand", "f(x = 1)", "2", "3", "You added 1."), printed="x = 1\n"),
    Result("99.1", "A <b>title</b>", PARTLY, 1, 3, (Property("shape", True, 1),), Failure("range", got="<script>&'\"")),
    Result("99.1", "A title", NOT_ATTEMPTED, 0, 3, note="Write `...`\nand run."),
]


def words(markup: str) -> list[str]:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup)).split()


def test_the_plain_form():
    assert report.plain(*report.describe(RESULTS[1])) == "\n".join(
        [
            "✘ 99.1 A title: wrong (0 of 1 point)",
            "  Property      by hand",
            "  Input         f(x = 1)",
            "  Expected      2",
            "  Got           3",
            "  Likely cause  You added 1.",
            "  It printed    x = 1",
            '  Stuck? hint("99.1")',
        ]
    )


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.status)
def test_html_and_plain_say_the_same(result):
    described = report.describe(result)
    assert words(report.as_html(*described)) == report.plain(*described).split()


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.status)
def test_html_is_a_status_in_words_and_symbol_and_inherits_its_colours(result):
    markup = report.as_html(*report.describe(result), report.COLOUR[result.status])
    assert markup.startswith('<div role="status"')
    assert f": {result.status}" in markup
    assert report.SYMBOL[result.status] in markup
    assert "color: inherit" in markup
    assert "background: transparent" in markup
    assert markup == report.as_html(*report.describe(result), report.COLOUR[result.status])


def test_html_is_escaped():
    markup = report.as_html(*report.describe(RESULTS[2]))
    assert "<script>" not in markup
    assert "<b>" not in markup
    assert "&lt;script&gt;&amp;&#x27;&quot;" in markup


def test_every_status_has_its_own_symbol_and_colour():
    assert set(report.SYMBOL) == set(report.COLOUR) == {PASSED, PARTLY, WRONG, NOT_ATTEMPTED}
    assert len(set(report.SYMBOL.values())) == len(set(report.COLOUR.values())) == 4


def test_in_a_terminal_it_prints(capsys):
    report.display("A head", [("Got", "3")])
    assert capsys.readouterr().out == "A head\n  Got           3\n"
