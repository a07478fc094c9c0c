"""What every widget of the course shares: controls on top, then the picture in words, an error line, and the picture.

A widget is three plain functions and a handful of controls. ``read() -> state`` gathers what the controls say, ``describe(state) ->
text`` says it in words and numbers, ``render(state) -> PNG bytes`` draws it. All three are tested without a browser; `Explorer` only
calls them when a control changes.
"""

import html
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets

__all__ = ["Explorer", "set_range"]

# JupyterLab takes letters and arrows for itself while a closed list has the focus; an open list keeps them.
KEYS = "Tab goes to the next control, the arrow keys move a slider, the space bar opens a list or presses a button."
_TEXT = "line-height:1.5;padding:2px 8px"


class Explorer(widgets.VBox):
    """Rows of controls, and a picture that follows them.

    Parameters
    ----------
    rows : sequence of sequences of widgets
        The controls, row by row. Tab visits them in this order; rows wrap where the notebook is narrow.
    read : callable () -> state
        Gathers the state from the controls.
    render : callable state -> bytes
        Draws the state: a PNG file in memory.
    describe : callable state -> str
        Says in one or two sentences what the picture shows, with its numbers (plain text).
    hint : str
        Something to know before the controls are used; stands below them, after the keys.

    Attributes
    ----------
    picture : ipywidgets.Image
        The picture drawn last.
    numbers : ipywidgets.HTML
        Its description: the text alternative, because an Image widget has no ``alt`` of its own.
    message : ipywidgets.HTML
        What went wrong, as a sentence; empty when nothing did.

    Notes
    -----
    The first picture is drawn at once, and an error in it is raised: a widget that cannot start is an error of the notebook. Later errors
    come from what somebody chose in the widget. They are shown in it, and the last good picture stays.

    Nothing here waits or counts time. The browser sends a slider's next position when the kernel has answered the one before, and then
    only the newest, so dragging queues nothing; a key pressed once is one update. Where an update takes longer than 0.2 s or so, give the
    slider ``continuous_update=False``.

    Examples
    --------
    >>> from course_lib.images import png_bytes
    >>> import torch
    >>> grey = widgets.IntSlider(value=128, max=255, description="Grey level")
    >>> explorer = Explorer(
    ...     [[grey]],
    ...     read=lambda: grey.value,
    ...     render=lambda level: png_bytes(torch.full((1, 8, 8), level / 255)),
    ...     describe=lambda level: f"A square of grey level {level}.",
    ... ).watch(grey)
    >>> grey.value = 200
    >>> "A square of grey level 200." in explorer.numbers.value
    True
    """

    def __init__(
        self,
        rows: Sequence[Sequence[widgets.Widget]],
        *,
        read: Callable[[], Any],
        render: Callable[[Any], bytes],
        describe: Callable[[Any], str],
        hint: str = "",
    ):
        self._read, self._render, self._describe = read, render, describe
        self._held = False
        self.numbers = widgets.HTML()
        self.message = widgets.HTML()
        # a column stretches its children, and a stretched picture is an interpolated one
        self.picture = widgets.Image(
            format="png", layout={"align_self": "flex-start", "max_width": "100%", "height": "auto", "flex": "none"}
        )
        lines = [widgets.HBox(list(row), layout={"flex_flow": "row wrap", "align_items": "center"}) for row in rows]
        keys = widgets.HTML(f'<div style="{_TEXT};font-size:90%;opacity:0.8">{html.escape(f"{KEYS} {hint}".strip())}</div>')
        super().__init__([*lines, keys, self.numbers, self.message, self.picture])
        self._draw()

    def watch(self, *controls: widgets.Widget) -> "Explorer":
        """Redraw whenever the value of one of these controls changes; returns the explorer."""
        for control in controls:
            control.observe(self.update, "value")
        return self

    def update(self, *_: Any) -> None:
        """Redraw now. Takes and ignores what ipywidgets hands to a handler, so it can be one: ``button.on_click(explorer.update)``."""
        if not self._held:
            with self.one_update():
                pass

    @contextmanager
    def one_update(self) -> Iterator[None]:
        """Change several controls, draw once.

        An error inside the block, or in the drawing that follows it, becomes the message of the widget; the picture then stays.

        Examples
        --------
        In a handler of a sub-class::

            with self.one_update():
                self.low.value, self.high.value = 0, 10
        """
        if self._held:  # a change inside another block: that one draws
            yield
            return
        self._held = True
        try:
            yield
            self._draw()
            self.message.value = ""
        except Exception as error:
            self.message.value = _as_html(_sentence(error))
        finally:
            self._held = False

    def _draw(self) -> None:
        state = self._read()
        # both before either is shown: the words never belong to another picture
        png, text = self._render(state), self._describe(state)
        self.picture.value = png
        self.numbers.value = f'<div role="status" aria-live="polite" style="{_TEXT}">{html.escape(text, quote=False)}</div>'


def set_range(slider: widgets.FloatSlider | widgets.IntSlider, low: float | int, high: float | int, value: float | int) -> None:
    """Give a slider another range and a value in it.

    Widen, move, narrow: so the value lies in the range after each of the steps. The browser clips one that does not, and sends what it
    made of it back, even where the right range comes in the same message.
    """
    slider.max, slider.min = max(high, slider.max), min(low, slider.min)
    slider.value = value
    slider.max, slider.min = high, low


def _sentence(error: Exception) -> str:
    """The message of an error that was written for the reader; any other with its type, which is what to search for."""
    text = str(error).strip()
    if not isinstance(error, (ValueError, TypeError, FileNotFoundError)) or not text:
        text = f"{type(error).__name__}: {text or 'no message'}"
    return f"{text.rstrip('.')}. The picture still shows the last state that could be drawn."


def _as_html(text: str) -> str:
    # a bar, a word and the role: the colour is not the only cue
    return (
        f'<div role="alert" style="{_TEXT};border-left:4px solid #D55E00"><b>That did not work.</b> {html.escape(text, quote=False)}</div>'
    )
