"""Which cells of a notebook an answer needs: the cell that gives it, and the cells that give the names used there.

Grading runs these and leaves the rest (pictures, demonstrations, trainings) alone. A name counts as given by every cell above that assigns,
imports, defines or changes it, unless a needed cell below gives it anew before anything needs it. What a function asks for only when it is
called counts as asked for where it is defined. Too many cells are thus rather taken than too few.
"""

import ast
import functools
import re
import symtable
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """The names of one cell: what it asks for, what it gives or changes, what it gives for certain."""

    asks: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()
    surely: frozenset[str] = frozenset()
    everything: bool = False  # from … import *


def plain(source: str) -> str:
    """A cell as Python: what only IPython understands becomes ``pass``; a cell that is Python stays as it is.

    Examples
    --------
    >>> plain("%matplotlib inline\\nx = 1").splitlines()
    ['pass', 'x = 1']
    """
    if _parsed(source) is not None:
        return source
    if re.match(r"\s*%%", source):
        first, _, rest = source.lstrip().partition("\n")
        return "pass\n" + rest if first.split()[0] in ("%%time", "%%timeit", "%%capture") else "pass"
    return re.sub(r"^([ \t]*)(?:[%!?].*|[\w.]+\?+[ \t]*|\w+[ \t]*=[ \t]*[%!].*)$", r"\1pass", source, flags=re.MULTILINE)


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@functools.lru_cache(maxsize=4096)
def names(source: str) -> Names:
    """The names of one cell; none where it is not Python.

    Examples
    --------
    >>> found = names("y = add(x, 3)")
    >>> sorted(found.asks), sorted(found.gives)
    (['add', 'x'], ['y'])
    """
    tree = _parsed(plain(source))
    if tree is None:
        return Names()
    asks, gives, surely = _follow(tree.body, set())
    everything = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body)
    return Names(frozenset(asks), frozenset(gives), frozenset(surely), everything)


def _follow(statements: list[ast.stmt], known: set[str]) -> tuple[set[str], set[str], set[str]]:
    """What statements in their order ask for (beyond ``known``), give or change, and give for certain."""
    asks, gives, surely = set(), set(), set()
    for statement in statements:
        if isinstance(statement, ast.For | ast.With):  # a loop is taken to run at least once
            heads = [(statement.iter, statement.target)] if isinstance(statement, ast.For) else []
            heads = heads or [(item.context_expr, item.optional_vars) for item in statement.items]
            parts = [ast.Assign([target], value) if target else ast.Expr(value) for value, target in heads]
            parts = [ast.fix_missing_locations(part) for part in parts]
            inner = _follow([*parts, *statement.body, *getattr(statement, "orelse", [])], known | surely)
            asks, gives, surely = asks | inner[0], gives | inner[1], surely | inner[2]
            continue
        used, bound = _of_statement(statement)
        changed = _changed(statement) & (used | bound)  # not the local names of a function
        asks |= (used | changed) - surely - known
        gives |= bound | changed
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            surely |= bound - changed
    return asks, gives, surely


def _of_statement(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Global names that a statement uses and binds, also inside the functions it defines."""
    used, bound = set(), set()

    def visit(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            here = top or symbol.is_global()
            if here and symbol.is_referenced():
                used.add(symbol.get_name())
            if here and (symbol.is_assigned() or symbol.is_imported()):
                bound.add(symbol.get_name())
        for inner in table.get_children():
            visit(inner, False)

    try:
        visit(symtable.symtable(ast.unparse(statement), "cell", "exec"), True)
    except (SyntaxError, ValueError, RecursionError):  # `return` outside a function and the like: the cell will say so when it runs
        pass
    return used, bound


def _changed(statement: ast.stmt) -> set[str]:
    """Names whose value a statement changes in place: ``x[0] = …``, ``x.a = …``, ``x += …``, ``x.append(…)``."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(_root(node))
        elif isinstance(node, ast.AugAssign):
            found.add(_root(node.target))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
            found.add(_root(node.value.func))
    return found - {""}


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def cells_for(name: str, cells: Sequence[str], without: Sequence[int] = ()) -> list[int]:
    """The cells that ``name`` needs, as indices in their order.

    Parameters
    ----------
    name : str
        Of the answer.
    cells : sequence of str
        Sources of the code cells above the test, from the top.
    without : sequence of int
        Cells that are left out in any case.

    Examples
    --------
    >>> cells_for("f", ["import torch", "x = torch.rand(3)", "print(x)", "def f(y):\\n    return torch.exp(y)"])
    [0, 3]
    """
    modules = {bound for source in cells for bound in _imported(source)}
    wanted, taken = {name}, []
    for index in range(len(cells) - 1, -1, -1):
        found = names(cells[index])
        gives = found.gives - (modules - found.surely)  # plots.show(…) does not change `plots`
        if index not in without and (gives & wanted or found.everything):
            taken.append(index)
            wanted = (wanted - found.surely) | found.asks
    return taken[::-1]


@functools.lru_cache(maxsize=4096)
def _imported(source: str) -> frozenset[str]:
    tree = _parsed(plain(source))
    nodes = ast.walk(tree) if tree else ()
    aliases = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    return frozenset((alias.asname or alias.name).partition(".")[0] for alias in aliases)
