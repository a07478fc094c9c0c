"""A result for the eye: the same lines as plain text and as HTML.

The HTML is static, escapes everything, says its status by a word and a symbol as well as by colour, inherits text and
background so that it reads in light and dark themes, and holds no times: two runs give the same bytes.
"""

import html
import sys

from course_lib.check.engine import NOT_ATTEMPTED, PARTLY, PASSED, WRONG, Result

SYMBOL = {PASSED: "✔", PARTLY: "◐", WRONG: "✘", NOT_ATTEMPTED: "○"}
COLOUR = {PASSED: "#009e73", PARTLY: "#e69f00", WRONG: "#d55e00", NOT_ATTEMPTED: "#8c8c8c"}  # Okabe and Ito, and a grey
Lines = list[tuple[str, str]]  # (label, text); a line without a label is a sentence


def describe(result: Result) -> tuple[str, Lines]:
    """The headline and the lines below it."""
    plural = "" if result.max_points == 1 else "s"
    points = "" if result.status == NOT_ATTEMPTED else f" ({result.points} of {result.max_points} point{plural})"
    head = f"{SYMBOL[result.status]} {result.id} {result.title}: {result.status}{points}"
    lines: Lines = [("", result.note)]
    if result.failure:
        failure = result.failure
        lines += [("Property", failure.property), ("Input", failure.input), ("Expected", failure.expected), ("Got", failure.got)]
        lines += [("Likely cause", failure.cause)]
    lines += [("It printed", result.printed.strip())]
    if result.status in (PASSED, PARTLY, WRONG):
        lines += [("Holds", ", ".join(result.passed))]
    if result.status != PASSED:
        lines += [("", f'Stuck? hint("{result.id}")')]
    return head, [(label, text) for label, text in lines if text]


def plain(head: str, lines: Lines) -> str:
    """Text for a terminal.

    Examples
    --------
    >>> print(plain("✔ 00.2 A title: passed", [("Holds", "value")]))
    ✔ 00.2 A title: passed
      Holds         value
    """
    out = [head]
    for label, text in lines:
        first, *rest = text.split("\n")
        out.append(f"  {label:<14}{first}" if label else f"  {first}")
        out += [f"  {'':<14}{line}" if label else f"  {line}" for line in rest]
    return "\n".join(out)


def as_html(head: str, lines: Lines, colour: str = COLOUR[NOT_ATTEMPTED]) -> str:
    """The same lines for a notebook."""
    row = '<div style="white-space: pre-wrap; overflow-wrap: anywhere; margin-top: 0.2em">{}</div>'
    label = '<span style="display: inline-block; min-width: 8em; font-weight: 600">{} </span>'
    rows = [row.format((label.format(html.escape(name)) if name else "") + html.escape(text)) for name, text in lines]
    style = f"border-left: 0.35em solid {colour}; padding: 0.3em 0.9em; margin: 0.2em 0; color: inherit; background: transparent"
    return f'<div role="status" style="{style}"><strong>{html.escape(head)}</strong>{"".join(rows)}</div>'


def display(head: str, lines: Lines, colour: str = COLOUR[NOT_ATTEMPTED]) -> None:
    """Show in the notebook as HTML with plain text beside it; elsewhere print."""
    text = plain(head, lines)
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if getattr(shell, "kernel", None) is not None:
        from IPython.display import display as publish

        publish({"text/plain": text, "text/html": as_html(head, lines, colour)}, raw=True)
    else:
        print(text)
