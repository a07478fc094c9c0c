"""The closing summary of ``make test``: nothing that failed or did not run goes unnamed."""

import importlib.util
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("everything", Path(__file__).with_name("everything.py"))
everything = importlib.util.module_from_spec(SPEC)
sys.modules["everything"] = everything  # dataclasses look their module up
SPEC.loader.exec_module(everything)
Outcome = everything.Outcome


def test_what_did_not_run_is_named_with_its_reason():
    browser = Outcome("browser", 0, 3.0, skipped=[("tests.browser.test_notebook_01::test_the_slider", "no browser: apt-get is not here")])
    unit = Outcome(
        "unit", 0, 9.0, passed=40, skipped=[(f"tests.test_resample::test_set5[x{n}]", "COURSE_DATA is not set") for n in (2, 3, 4)]
    )
    text = everything.summary([unit, browser], 12.345)
    head, _, tail = text.partition("did not run")
    assert "because: no browser: apt-get is not here\n    tests.browser.test_notebook_01::test_the_slider" in tail
    assert "tests.test_resample::test_set5   (3 cases)" in tail
    assert "40 passed, 3 skipped" in head
    assert text.splitlines()[-1].strip("= ") == "40 passed, 4 skipped in 12.35s"


def test_what_failed_is_named():
    text = everything.summary([Outcome("ruff", 1, 1.0, failed=["ruff"]), Outcome("unit", 1, 1.0, passed=1, failed=["tests.a::b"])], 2.0)
    assert "  ruff\n  tests.a::b\n" in text
    assert text.splitlines()[-1].strip("= ") == "2 failed, 1 passed in 2.00s"


def test_all_well_says_only_that():
    text = everything.summary([Outcome("unit", 0, 1.0, passed=3)], 2.0)
    assert "did not run" not in text
    assert "failed" not in text


@pytest.mark.parametrize(
    ("source", "passed", "failed", "skipped"),
    [
        ("def test_a(): pass\ndef test_b(): pass", 2, [], []),
        ("def test_a(): assert 0\ndef test_b(): pass", 1, ["test_x::test_a"], []),
        ("import pytest\ndef test_a(): pytest.skip('not here')", 0, [], [("test_x::test_a", "not here")]),
        ("import pytest\n@pytest.fixture\ndef f(): raise OSError\ndef test_a(f): pass", 0, ["test_x::test_a"], []),
        ("x = 1", 0, ["part: pytest ended with exit code 5 (no test found)"], []),
        ("def broken(", 0, ["::test_x"], []),
    ],
)
def test_a_part_is_counted_as_pytest_counts_it(tmp_path, monkeypatch, source, passed, failed, skipped):
    (tmp_path / "test_x.py").write_text(source)
    monkeypatch.setattr(everything, "ROOT", tmp_path)
    monkeypatch.setattr(everything, "ARTEFACTS", tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # seconds less
    monkeypatch.setitem(everything.PARTS, "part", (["-p", "no:cacheprovider", "test_x.py"], {}))
    outcome = everything.run("part")
    assert (outcome.passed, outcome.failed, outcome.skipped) == (passed, failed, skipped)


def test_an_unknown_part(capsys):
    assert everything.main(["browzer"]) == 2
    assert "there are: ruff, imports, unit" in capsys.readouterr().err
