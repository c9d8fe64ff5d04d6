"""What a notebook is made of, as it can be compared with another's: its constructs, normalised, each with its place.

A construct is an expression, a statement or a block of statements, by its syntax tree: comments, layout and numbers are
gone, names of the author's own are counted, modules stand for their aliases, and a block is the set of its statements,
in whatever order they stand. Words (comments, texts) are compared five at a time.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from autograder.notebook.names import PARSED_CHARS, parse

SMALLEST = 6
"""Nodes of the smallest expression or statement that says something: `plt.show()` does not."""
SHORTEST_LINE = 20
"""Characters of the shortest line that says something, where lines are compared."""
MOST_CHARS = 5 * PARSED_CHARS
"""Of one cell or file that are compared. A cell longer than `PARSED_CHARS` is read statement by statement."""
MOST_CHARS_IN_ALL = 2 * MOST_CHARS
WORDS = 5
"""How many words in a row are compared."""
MOST_STATEMENTS = 12
"""Different ones that a block counts for at most, half each: they count on their own too."""
Piece = tuple[int, Sequence[str]]
"""Lines that belong together, and the number of the first."""
_COMMENT = re.compile(r"#+(.*)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")
_OPTION = re.compile(r"[a-z][a-z0-9_]*")
"""A text that is an argument of a library, `"same"`, rather than the author's words."""
_BUILT_IN = frozenset(dir(builtins))
_BLOCKS = ("body", "orelse", "finalbody", "handlers")
_LEFT_OUT = ("annotation", "returns", "type_comment", "type_ignores", "ctx", "kind", "simple")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Part:
    """One cell, or one file, as its author wrote it."""

    name: str
    """What it is known by: a cell's place, a file's name."""
    source: str
    code: bool = True
    given: bool = False
    """Whether it is the course's, as students were given it: its names are looked at, and nothing else."""


@dataclass(frozen=True)
class Construct:
    """One construct and where it stands."""

    form: str
    """Equal for equal constructs."""
    weight: float
    """What it says where two share it and nobody else does: one for an expression, a statement, some words."""
    first: int
    last: int
    """Its lines, from 1."""
    kind: str = "code"
    """`code` or `words`."""


@dataclass(frozen=True)
class Known:
    """What is known of the names of a notebook."""

    own: frozenset[str]
    """Bound in it, functions' parameters and attributes it sets too."""
    modules: frozenset[str]
    """What its imports bind to modules."""
    imported: Mapping[str, str]
    """What its other imports bind, by the name used here: the name there."""


def names_of(parts: Iterable[Part]) -> Known:
    """Return the names of a notebook."""
    own, modules, imported = set[str](), set[str](), dict[str, str]()
    for part in parts:
        for node in (node for tree in _trees(part)[0] for node in ast.walk(tree)):
            match node:
                case ast.Import(names=found):
                    modules |= {one.asname or one.name.partition(".")[0] for one in found}
                case ast.ImportFrom(names=found):
                    imported |= {one.asname or one.name: one.name for one in found}
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                    own.add(name)
                case ast.Attribute(attr=name, value=ast.Name(id="self"), ctx=ast.Store()):
                    own.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    own.add(name)
    # `layers` of `from tensorflow.keras import layers` is a module: what follows its dot is what is meant.
    return Known(frozenset(own - modules - imported.keys()), frozenset(modules), imported)


def constructs(part: Part, names: Known) -> Iterator[Construct]:
    """Yield the constructs of a cell, and its words. What is no Python gives its lines, with names as they are."""
    trees, left = _trees(part)
    body = [statement for tree in trees for statement in tree.body]
    yield from _Reader(names).block(body, "cell", 1, part.source.count("\n") + 1)
    for number, line in left:
        text = " ".join(_COMMENT.sub("", line).split())
        if len(text) >= SHORTEST_LINE:
            yield Construct(f"line {text}", 1.0, number, number)
    yield from _words(part)


def is_read_whole(part: Part) -> bool:
    """Whether all of a part is compared: it, and each of its statements, is of a length that anybody writes."""
    if len(part.source) <= PARSED_CHARS:
        return True
    lines = part.source.splitlines()
    pieces = list(_chunks(lines)) if part.code else [(number, (line,)) for number, line in enumerate(lines, start=1)]
    return len(list(_compared(pieces))) == len(pieces)


def within_reason(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts of one submission that are compared: the first, up to a length that nobody writes.

    Danger: to read a megabyte takes fifteen seconds, and a notebook may have a hundred.
    """
    kept, left = [], MOST_CHARS_IN_ALL
    for part in parts:
        left -= min(len(part.source), MOST_CHARS)
        if left >= 0:
            kept.append(part)
    return tuple(kept)


def _trees(part: Part) -> tuple[Sequence[ast.Module], Sequence[tuple[int, str]]]:
    """The syntax trees of a part, and its lines that are no Python, by their numbers."""
    return _read(part.source) if part.code else ((), ())


@lru_cache(4096)
def _read(source: str) -> tuple[Sequence[ast.Module], Sequence[tuple[int, str]]]:
    whole = parse(source)
    if whole is not None:
        return [whole], ()
    trees, left = [], []
    for first, lines in _compared(_chunks(source.splitlines())):
        tree = parse("\n".join(lines))
        if tree is None:
            left += list(enumerate(lines, start=first))
        else:
            trees.append(ast.increment_lineno(tree, first - 1))
    return trees, left


def _chunks(lines: Sequence[str]) -> Iterator[Piece]:
    """Yield lines by statements at the margin, each with the number of its first line."""
    starts = [at for at, line in enumerate(lines) if not at or (line and not line[0].isspace())]
    for first, after in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield first + 1, lines[first:after]


def _compared(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces that are compared: none of a length that nobody writes, `MOST_CHARS` of them at most."""
    left = MOST_CHARS
    for first, lines in pieces:
        length = sum(map(len, lines)) + len(lines) - 1
        if length <= PARSED_CHARS:
            left -= length + 1
            if left < 0:
                return
            yield first, lines


def _words(part: Part) -> Iterator[Construct]:
    """Yield the author's words, in runs that overlap: comments of code, the whole of a text."""
    found: list[tuple[str, int]] = []
    lines = enumerate(part.source.splitlines(), start=1)
    for number, (line,) in _compared((number, (line,)) for number, line in lines):
        said = " ".join(_COMMENT.findall(line)) if part.code else line
        found += [(word.casefold(), number) for word in _WORD.findall(said)]
    for at in range(len(found) - WORDS + 1):
        run = found[at : at + WORDS]
        yield Construct("words " + " ".join(word for word, _ in run), 1.0, run[0][1], run[-1][1], "words")


class _Reader:
    """Reads the constructs of one cell."""

    def __init__(self, names: Known) -> None:
        self._names = names

    def block(self, body: Sequence[ast.stmt], what: str, first: int, last: int) -> Iterator[Construct]:
        """Yield a block, as the set of its statements, and all that stands in it."""
        said = [one for one in body if not _is_text(one)]
        found = [one for statement in said for one in self._statement(statement)]
        yield from found
        if (kinds := len({self._form(one) for one in said})) > 1:
            yield Construct(f"{what} {self._set(said)}", min(kinds, MOST_STATEMENTS) / 2, first, last)

    def _statement(self, node: ast.stmt) -> Iterator[Construct]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return
        blocks = [getattr(node, name, None) or [] for name in _BLOCKS]
        if not any(blocks):
            yield from self._expressions(node)
            return
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.stmt | ast.ExceptHandler):
                yield from self._expressions(child)
        for body in blocks:
            inner = [one for each in body for one in (each.body if isinstance(each, ast.ExceptHandler) else [each])]
            if inner:
                yield from self.block(inner, type(node).__name__, node.lineno, node.end_lineno or node.lineno)

    def _expressions(self, node: ast.AST) -> Iterator[Construct]:
        """Yield a statement of no blocks, or an expression, and the expressions in it that are large enough."""
        for one in ast.walk(node):
            if isinstance(one, ast.stmt | ast.expr) and self._size(one) >= SMALLEST:
                yield Construct(self._form(one), 1.0, one.lineno, one.end_lineno or one.lineno)

    def _size(self, node: ast.AST) -> int:
        """How many parts something has; one of a module is one, however it is reached."""
        if isinstance(node, ast.Attribute) and self._is_module(node.value):
            return 1
        counts = not isinstance(node, ast.expr_context | ast.operator)
        return counts + sum(map(self._size, ast.iter_child_nodes(node)))

    def _set(self, body: Sequence[ast.stmt]) -> str:
        return " | ".join(sorted(map(self._form, body)))

    def _form(self, node: ast.AST) -> str:
        """A statement or expression in writing, own names by the order in which it uses them."""
        return self._write(node, {})

    def _write(self, node: object, own: dict[str, str]) -> str:
        match node:
            case ast.Name(id=name):
                return self._name(name, own)
            case ast.arg(arg=name):
                return self._name(name, own)
            case ast.Attribute(attr=name) if self._is_module(node.value):
                return name
            case ast.Attribute(attr=name, value=value):
                return f"{self._write(value, own)}.{self._name(name, own) if name in self._names.own else name}"
            case ast.Constant(value=str(text)):
                return repr(text) if _OPTION.fullmatch(text) else "text"
            case ast.Constant(value=bool() | None as value):
                return repr(value)
            case ast.Constant():
                return "n"  # numbers are the exercise's: one way to write a layer is not ten ways for ten sizes
            case ast.JoinedStr(values=values):
                told = (self._write(one.value, own) for one in values if isinstance(one, ast.FormattedValue))
                return f"text({', '.join(told)})"
            case ast.keyword(arg=name, value=value):
                known = self._name(name, own) if name in self._names.own else name
                return f"{known}={self._write(value, own)}"
            case ast.AnnAssign(target=target, value=value) if value is not None:
                return f"Assign([{self._write(target, own)}], {self._write(value, own)})"
            case ast.AST():
                return self._node(node, own)
            case list():
                return f"[{', '.join(self._write(one, own) for one in node)}]"
            case _:
                return str(node)

    def _node(self, node: ast.AST, own: dict[str, str]) -> str:
        said = []
        for name, value in ast.iter_fields(node):
            if name in _LEFT_OUT:
                continue
            if name in _BLOCKS and isinstance(value, list):
                said.append(f"{{{self._set([one for one in value if not _is_text(one)])}}}")
            elif name == "keywords":
                said.append(str(sorted(self._write(one, own) for one in value)))
            elif name == "name" and isinstance(value, str):
                said.append(self._name(value, own))
            elif value is not None and value != []:
                said.append(self._write(value, own))
        return f"{type(node).__name__}({', '.join(said)})"

    def _name(self, name: str, own: dict[str, str]) -> str:
        if name in self._names.own:
            return own.setdefault(name, f"v{len(own)}")
        return self._names.imported.get(name, name)

    def _is_module(self, node: ast.expr) -> bool:
        """Whether an expression is a module, or one in it: `tf.keras.layers`."""
        while isinstance(node, ast.Attribute) and node.attr.islower():
            node = node.value
        return isinstance(node, ast.Name) and (
            node.id in self._names.modules
            or (node.id in self._names.imported and node.id.islower() and node.id not in _BUILT_IN)
        )


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
