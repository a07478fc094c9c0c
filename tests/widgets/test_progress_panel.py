"""The progress panel: the table of now, a button, and nothing of the author's in an automatic run."""

import pytest

from course_lib.check import record
from course_lib.classroom import progress
from course_lib.widgets.progress_panel import ProgressPanel


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """A record of our own."""
    for name in record.AUTOMATIC:
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(file))
    return file


def test_the_button_reads_the_record_again():
    panel = ProgressPanel()
    assert progress.as_html({}) in panel.table.value
    record.remember("00.2")
    assert progress.as_html({}) in panel.table.value
    panel.refresh.click()
    assert progress.as_html(record.passed()) in panel.table.value
    assert panel.text == progress.as_text(record.passed())


def test_it_can_be_reached_and_is_announced():
    panel = ProgressPanel()
    assert panel.children == (panel.table, panel.refresh)  # the button is the one control that Tab stops at
    assert panel.refresh.description == "Refresh"
    assert panel.refresh.tooltip
    assert 'role="status" aria-live="polite"' in panel.table.value


def test_where_widgets_do_not_run_the_table_stands_as_html_and_as_text():
    record.remember("00.2")
    bundle = ProgressPanel()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<table>" in bundle["text/html"]
    assert bundle["text/plain"] == progress.as_text(record.passed())


def test_an_automatic_run_shows_nobodys_progress(monkeypatch, file):
    record.remember("00.2")
    monkeypatch.setenv("COURSE_STRICT", "1")
    bundle = ProgressPanel()._repr_mimebundle_()
    for mime in ("text/html", "text/plain"):
        assert "COURSE_STRICT" in bundle[mime]
        assert "once you run this cell yourself" in bundle[mime]
        assert "start_here" not in bundle[mime]
        assert str(file.parent) not in bundle[mime]


def test_a_damaged_record_is_a_sentence_in_the_panel_and_heals(file):
    file.write_text("<{")
    panel = ProgressPanel()
    assert 'role="alert"' in panel.table.value
    assert "is damaged" in panel.table.value
    assert "is damaged" in panel.text
    record.remember("00.2")
    panel.refresh.click()
    assert "alert" not in panel.table.value
    assert "1 of 4" in panel.table.value
