"""What a notebook of this course may not contain: each rule closes a way in which a notebook breaks for a learner and passes in a test."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

MAX_LINES = 15
MAGICS = ("%matplotlib inline", "%config InlineBackend.")
EXERCISES = Path(__file__).resolve().parents[1] / "check" / "exercises"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in a sentence that says where it is and how to mend it."""

    message: str

    def __str__(self) -> str:
        return self.message


def lint(nb: NotebookNode, name: str, folder: Path | None = None, exercise_ids: Iterable[str] | None = None) -> list[Problem]:
    """All problems of one solved notebook.

    Parameters
    ----------
    nb : NotebookNode
        The notebook.
    name : str
        Its file name; the two digits in front are its number.
    folder : Path, optional
        Where its relative links start from; links are not looked at without it.
    exercise_ids : iterable of str, optional
        The exercises that exist, such as ``"01.2"``; by default those of ``course_lib/check/exercises``.
    """
    ids = set(known_exercises() if exercise_ids is None else exercise_ids)
    problems = [*_cell_ids(nb, name), *_headings(nb, name), *_exercises(nb, name, ids)]
    for number, cell in enumerate(nb.cells, 1):
        where = f"{name}, cell {number}"
        problems += _tags(cell, where)
        problems += _code(cell.source, where) if cell.cell_type == "code" else _prose(cell.source, where)
    if "widgets" in nb.metadata:
        problems.append(Problem(f"{name} holds widget state, which GitHub cannot show: switch it off in JupyterLab's Settings menu"))
    if nb.metadata.get("kernelspec", {}).get("name") != "python3":
        problems.append(Problem(f"{name} does not ask for the kernel python3: choose 'Python 3 (ipykernel)' in JupyterLab and save"))
    if folder is not None:
        problems += links(nb, name, folder)
    return problems


def known_exercises(folder: Path = EXERCISES) -> list[str]:
    """The exercises that have a check, by their files: ``e01_2_psnr.py`` is ``"01.2"``."""
    found = (re.match(r"e(\d\d)_(\d+)_", path.name) for path in sorted(folder.glob("e*.py")))
    return [f"{m.group(1)}.{m.group(2)}" for m in found if m]


# ---------------------------------------------------------------------------------------------------------------- code


def without_magics(source: str) -> str:
    """The cell as plain Python: the magics this course allows become ``pass``."""
    return re.sub(r"^(\s*)(" + "|".join(re.escape(m) for m in MAGICS) + r").*$", r"\1pass", source, flags=re.MULTILINE)


_BAD_CALLS = {
    "input": "waits for a keyboard that a test does not have: use a variable",
    "exit": "ends the kernel",
    "quit": "ends the kernel",
    "breakpoint": "waits for a keyboard",
    "get_ipython": "ties the notebook to one front end",
    "os.system": "runs a shell: a failure passes silently",
    "os.popen": "runs a shell: a failure passes silently",
}
_ABSOLUTE = re.compile(r"(/[A-Za-z_][\w.-]*(/|$)|~/|[A-Za-z]:[\\/][\w])")
_URL = re.compile(r"\b(https?|ftp|file)://")
_NBVAL = re.compile(r"^\s*#\s*(NBVAL_|PYTEST_VALIDATE_)", re.MULTILINE | re.IGNORECASE)


def _code(source: str, where: str) -> Iterator[Problem]:
    if found := _NBVAL.search(source):
        yield Problem(f"{where}: a comment switches a test off ({found.group().strip()} …): delete it")
    try:
        tree = ast.parse(without_magics(source))
    except SyntaxError as error:
        line = source.splitlines()[(error.lineno or 1) - 1] if source else ""
        if re.match(r"\s*([!%?]|\w+\s*=\s*[!%])", line):
            yield Problem(f"{where}, line {error.lineno}: {line.strip()!r}: no shell commands and no magics but {', '.join(MAGICS)}")
        else:
            yield Problem(f"{where}, line {error.lineno}: not Python: {error.msg}")
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) and (called in _BAD_CALLS or called.startswith("subprocess.")):
            yield Problem(f"{where}, line {node.lineno}: {called}() {_BAD_CALLS.get(called, 'runs another program')}")
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values[1:]}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        if _URL.search(node.value):
            yield Problem(f"{where}, line {node.lineno}: a URL in code ({node.value[:60]!r}): notebooks run offline; cite it in the text")
        elif id(node) not in inner and _ABSOLUTE.match(node.value):
            yield Problem(f"{where}, line {node.lineno}: an absolute path ({node.value[:60]!r}): use a path relative to the notebook")
    if "SOLUTION" not in source and (lines := _lines_of_code(source, tree)) > MAX_LINES:
        yield Problem(f"{where}: {lines} lines of code, at most {MAX_LINES}: split the cell or move plumbing into course_lib")


def _lines_of_code(source: str, tree: ast.Module) -> int:
    """Lines that are neither blank, nor comment, nor docstring."""
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            docstrings |= set(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(1 for number, line in lines if line.strip() and not line.strip().startswith("#") and number not in docstrings)


def _tags(cell: NotebookNode, where: str) -> Iterator[Problem]:
    for tag in cell.metadata.get("tags", []):
        if re.search(r"skip|raises-exception|nbval|ignore-output", tag, re.IGNORECASE):
            yield Problem(f"{where}: the tag {tag!r} switches a test off: remove it (an exercise that is open raises nothing: see use())")


def _cell_ids(nb: NotebookNode, name: str) -> Iterator[Problem]:
    for ident, times in Counter(cell.id for cell in nb.cells).items():
        if times > 1:
            yield Problem(f"{name}: {times} cells have the id {ident!r}: cut and paste one of them in JupyterLab, which gives it a new id")


# ----------------------------------------------------------------------------------------------------------- exercises

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$", re.MULTILINE)
_EXERCISE = re.compile(r"\bexercise\s+(\d\d\.\d+)", re.IGNORECASE)


def _exercises(nb: NotebookNode, name: str, ids: set[str]) -> Iterator[Problem]:
    number = name[:2]
    announced: list[str] = []  # by a heading "Exercise 01.2 …"
    checked: list[str] = []  # by check("01.2", …)
    current = None
    for n, cell in enumerate(nb.cells, 1):
        where = f"{name}, cell {n}"
        if cell.cell_type == "markdown":
            for _, title in headings(cell.source):
                if found := _EXERCISE.search(title):
                    current = found.group(1)
                    announced.append(current)
            continue
        if cell.cell_type != "code":
            continue
        for verb, ident, line in _calls(cell.source):
            at = f"{where}, line {line}"
            if ident is None:
                yield Problem(f'{at}: {verb}() wants the exercise as a plain string: {verb}("{number}.1", …)')
            elif not ident.startswith(number + ".") and verb != "use":
                yield Problem(f"{at}: {verb}({ident!r}) belongs to another notebook than {number}")
            elif ident not in ids:
                file = f"course_lib/check/exercises/e{ident.replace('.', '_')}_….py"
                yield Problem(f"{at}: {verb}({ident!r}): no such exercise ({file} is missing)")
            elif verb == "check":
                checked.append(ident)
                if current is not None and ident != current:
                    yield Problem(f'{at}: check("{ident}") stands below the heading of exercise {current}')
    first = list(dict.fromkeys(checked))
    expected = [f"{number}.{k}" for k in range(1, len(announced) + 1)]
    if announced != expected:
        yield Problem(f"{name}: exercise headings are numbered {', '.join(announced)}; expected {', '.join(expected)}")
    for ident in first:
        if ident not in announced:
            yield Problem(f'{name}: check("{ident}") has no heading with "Exercise {ident}"')
    for ident in announced:
        if ident not in checked:
            yield Problem(f'{name}: exercise {ident} has no check("{ident}", …)')
    for ident in sorted(ids):
        if ident.startswith(number + ".") and ident not in checked:
            yield Problem(f'{name}: exercise {ident} exists in course_lib/check/exercises but no cell says check("{ident}", …)')


def _calls(source: str) -> Iterator[tuple[str, str | None, int]]:
    """Calls of check, hint and use in a cell: verb, exercise (None where it is not a plain string), line."""
    try:
        tree = ast.parse(without_magics(source))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("check", "hint", "use"):
            first = node.args[0] if node.args else None
            plain = isinstance(first, ast.Constant) and isinstance(first.value, str)
            yield node.func.id, first.value if plain else None, node.lineno


# --------------------------------------------------------------------------------------------------------------- prose

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
_LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?[^)]*\)")
_HTML_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)


def _plain(source: str) -> str:
    """Markdown without code and comments, the lines kept."""
    source = _FENCE.sub(lambda m: "\n" * m.group().count("\n"), source)
    source = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", source)
    return re.sub(r"<!--.*?-->", lambda m: "\n" * m.group().count("\n"), source, flags=re.DOTALL)


def headings(source: str) -> list[tuple[int, str]]:
    """The headings of a Markdown cell: level and title (code fences left out)."""
    text = _FENCE.sub("", source)
    return [(len(m.group(1)), m.group(2)) for m in _HEADING.finditer(text)]


def _headings(nb: NotebookNode, name: str) -> Iterator[Problem]:
    prose = [(n, cell.source) for n, cell in enumerate(nb.cells, 1) if cell.cell_type == "markdown"]
    found = [(n, level, title) for n, source in prose for level, title in headings(source)]
    if not found or found[0][:2] != (1, 1):
        yield Problem(f"{name}: the first cell does not start with a heading '# Title'")
        return
    for n, level, title in found[1:]:
        if level == 1:
            yield Problem(f"{name}, cell {n}: a second heading of the first level ({title!r}): use '##'")
    for (_, before, _), (n, level, title) in zip(found, found[1:], strict=False):
        if level > before + 1:
            yield Problem(f"{name}, cell {n}: heading {title!r} jumps from level {before} to {level} (a screen reader loses the thread)")


def _prose(source: str, where: str) -> Iterator[Problem]:
    text = _plain(source)
    for match in _IMAGE.finditer(text):
        if len(match.group(1).strip()) < 4:
            yield Problem(f"{where}: the image {match.group(2)} has no alt text: say in the brackets what it shows")
    for match in _HTML_IMAGE.finditer(text):
        if not re.search(r"""alt=(["'])\s*[^"'\s].{3,}?\1""", match.group()):
            yield Problem(f'{where}: an <img> has no alt text: say what it shows in alt="…"')
    if (message := _latex(text)) is not None:
        yield Problem(f"{where}: {message}")


def _latex(text: str) -> str | None:
    """What is wrong with the formulas of a Markdown text, None where nothing is."""
    text = text.replace(r"\$", "")
    display = text.split("$$")
    if len(display) % 2 == 0:
        return f"an odd number of '$$' (near {display[-1].strip()[:40]!r})"
    formulas = display[1::2]
    for outside in display[0::2]:
        for paragraph in re.split(r"\n\s*\n", outside):
            parts = paragraph.split("$")
            if len(parts) % 2 == 0:
                return f"an odd number of '$' in a paragraph (near {parts[-1].strip()[:40]!r}); write a dollar as \\$"
            formulas += parts[1::2]
    for formula in formulas:
        bare = re.sub(r"\\[{}]", "", formula)
        if bare.count("{") != bare.count("}"):
            return f"braces do not balance in the formula {formula.strip()[:60]!r}"
        if len(re.findall(r"\\left(?![a-z])", formula)) != len(re.findall(r"\\right(?![a-z])", formula)):
            return f"\\left and \\right do not balance in the formula {formula.strip()[:60]!r}"
        if sorted(re.findall(r"\\begin\{(\w+\*?)\}", formula)) != sorted(re.findall(r"\\end\{(\w+\*?)\}", formula)):
            return f"\\begin and \\end do not balance in the formula {formula.strip()[:60]!r}"
    return None


def links(nb: NotebookNode, name: str, folder: Path) -> Iterator[Problem]:
    """Relative links and images that lead nowhere from `folder`, and links to headings that are not there."""
    anchors = {_slug(title) for cell in nb.cells if cell.cell_type == "markdown" for _, title in headings(cell.source)}
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type != "markdown":
            continue
        text = _plain(cell.source)
        targets = [m.group(1) for m in _LINK.finditer(text)] + [m.group(2) for m in _IMAGE.finditer(text)]
        targets += re.findall(r"""<(?:img|a)\b[^>]*\b(?:src|href)=["']([^"']+)["']""", text)
        for target in targets:
            if re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE):
                continue  # http:, mailto:, attachment:, data:
            path, _, anchor = unquote(target).partition("#")
            if path and not (folder / path).exists():
                yield Problem(f"{name}, cell {number}: the link {target!r} leads nowhere (from {folder.name}/)")
            elif not path and _slug(anchor) not in anchors:
                yield Problem(f"{name}, cell {number}: the link {target!r} names no heading of this notebook")


def _slug(title: str) -> str:
    return re.sub(r"[\W_]+", "-", re.sub(r"[`*$\\]", "", title)).strip("-").lower()
