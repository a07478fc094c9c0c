"""How far you are, as a table with a button that reads the record again."""

import html
from typing import Any

import ipywidgets as widgets

from course_lib.check import record
from course_lib.classroom import progress

__all__ = ["ProgressPanel", "as_html", "as_text"]


def as_html() -> str:
    """The state of now as a table; where nothing is recorded (``record.why_off``) a sentence that is the same on every machine."""
    off = record.why_off()
    return f"<p>{html.escape(_switched_off(off))}</p>" if off else progress.as_html(record.passed())


def as_text() -> str:
    """The same in plain text."""
    off = record.why_off()
    return _switched_off(off) if off else progress.as_text(record.passed())


def _switched_off(why: str) -> str:
    return f"Here stands how far you are, once you run this cell yourself. Nothing was recorded in this run: {why}."


class ProgressPanel(widgets.VBox):
    """Exercises passed in each notebook, their points, and what comes next.

    Tab reaches the button, the space bar or Enter presses it. Where widgets do not run (GitHub, paper, a terminal) the same table stands as
    plain HTML or text, as it was when the cell ran.

    Attributes
    ----------
    table : ipywidgets.HTML
        The table, or a sentence that says why there is none. Its changes are announced to screen readers.
    refresh : ipywidgets.Button
        Reads the record again.
    text : str
        The table in plain text.

    Examples
    --------
    >>> panel = ProgressPanel()
    >>> panel.refresh.click()
    """

    def __init__(self) -> None:
        self.table = widgets.HTML()
        self.refresh = widgets.Button(description="Refresh", tooltip="Read the record of passed exercises again")
        self.refresh.on_click(self.update)
        super().__init__([self.table, self.refresh])
        self.update()

    def update(self, *_: Any) -> None:
        """Read the record and show it. What goes wrong is said in the panel."""
        try:
            shown, self.text = as_html(), as_text()
        except (OSError, ValueError, RuntimeError) as error:
            shown, self.text = f'<p role="alert"><b>That did not work.</b> {html.escape(str(error))}</p>', f"That did not work. {error}"
        self.table.value = f'<div role="status" aria-live="polite">{shown}</div>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The widget, and the table beside it."""
        return {**super()._repr_mimebundle_(**kwargs), "text/html": self.table.value, "text/plain": self.text}
