"""Which names a cell would make and which it reads, from its text alone: nothing is run.

Cells are IPython's: lines that are no Python (`%matplotlib`, `!pip`) are left out. A cell that cannot be parsed even
so gives what its lines show at their start.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

PARSED_CELLS = 4096
"""A class hands in the same cells of the course many times."""
PARSED_CHARS = 200_000
"""A longer cell is read line by line."""
_COMMAND = re.compile(r"^(?P<indent>[ \t]*)(?:(?P<target>[A-Za-z_]\w*)[ \t]*=[ \t]*)?(?:%|!|\?).*$|^\s*[\w.]+\?{1,2}$")
_ASSIGNED = re.compile(
    r"^(?:(?P<name>[A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)|(?:async[ \t]+)?(?:def|class)[ \t]+(?P<defined>\w+))"
)
_IMPORTED = re.compile(r"^(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(?P<names>[\w., \t]+)$")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class CellNames:
    """The names of one cell."""

    made: frozenset[str]
    """Bound in the notebook's namespace once it has run to its end: assigned, defined, imported."""
    imported: frozenset[str]
    """Those of `made` that an import binds."""
    defined: frozenset[str]
    """Those of `made` that are functions or classes."""
    read: frozenset[str]
    """Used while it runs: not what the bodies of its functions use."""
    used: frozenset[str]
    """Used anywhere in it, functions' bodies too."""
    modules: tuple[str, ...]
    """Modules it imports, functions' bodies too, in order."""


@lru_cache(PARSED_CELLS)
def names_of(source: str) -> CellNames:
    """Return the names of a cell."""
    tree = parse(source)
    return _guessed(source) if tree is None else _read(tree)


def parse(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, IPython's own lines left out; None where what remains is no Python."""
    if len(source) > PARSED_CHARS:
        return None
    for text in (source, _without_commands(source)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
    return None


def statement_at(source: str, line: int) -> ast.stmt | None:
    """Return the innermost statement of a cell that spans a line, counted from 1."""
    tree = parse(source)
    found = [
        node
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return min(found, key=lambda node: (node.end_lineno or node.lineno) - node.lineno, default=None)


def names_read(node: ast.AST) -> frozenset[str]:
    """Return the names a piece of code reads, functions' bodies too."""
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load))


def _without_commands(source: str) -> str:
    """Line for line, so that line numbers hold. A cell magic takes its own line alone: most bodies are Python."""

    def plain(line: str) -> str:
        found = _COMMAND.match(line)
        if not found:
            return line
        target = found["target"]
        return f"{found['indent'] or ''}{f'{target} = None' if target else 'pass'}"

    return "\n".join(plain(line) for line in source.split("\n"))


def _read(tree: ast.Module) -> CellNames:
    made, imported, defined, read = set[str](), set[str](), set[str](), set[str]()
    for node in _at_top(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                read.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                made.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                defined.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                made.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                imported |= {(one.asname or one.name).partition(".")[0] for one in names if one.name != "*"}
    made |= {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    return CellNames(
        made=frozenset(made | imported | defined),
        imported=frozenset(imported),
        defined=frozenset(defined),
        read=frozenset(read),
        used=names_read(tree),
        modules=tuple(_modules(tree)),
    )


def _at_top(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the cell does: of functions their decorators and defaults, of comprehensions no targets."""
    for child in ast.iter_child_nodes(node):
        yield child
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for one in (*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)):
                    yield one
                    yield from _at_top(one)
            case ast.Lambda():
                continue
            case ast.ClassDef():
                yield from (
                    one for one in _at_top(child) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
                )
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                yield from (
                    one for one in _at_top(child) if not (isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
                )
            case _:
                yield from _at_top(child)


def _modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _guessed(source: str) -> CellNames:
    """What the lines of a cell that is no Python show: nothing of it ran, and it would have made these."""
    made, imported, defined = set[str](), set[str](), set[str]()
    for line in source[:PARSED_CHARS].splitlines():
        if found := _ASSIGNED.match(line):
            (made if found["name"] else defined).add(found["name"] or found["defined"])
        elif found := _IMPORTED.match(line):
            for part in found["names"].split(","):
                words = part.split()
                if words:
                    imported.add(words[-1].partition(".")[0])
    words = frozenset(_WORD.findall(source[:PARSED_CHARS]))
    return CellNames(frozenset(made | imported | defined), frozenset(imported), frozenset(defined), words, words, ())
