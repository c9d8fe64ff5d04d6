"""Which names a cell would make and which it reads, from its text alone: nothing is run.

Cells are IPython's: lines that are no Python (`%matplotlib`, `!pip`) are left out. A cell that cannot be parsed even
so gives what its lines show at their start.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

PARSED_CELLS = 4096
"""A class hands in the same cells of the course many times."""
PARSED_CHARS = 50_000
"""A longer cell is read line by line."""
PARSED_DEPTH = 300
"""So is a deeper one, `a.a.a.a…`: Python reads what a program cannot follow to its end."""
_COMMAND = re.compile(r"^(?P<indent>[ \t]*)(?:(?P<target>[A-Za-z_]\w*)[ \t]*=[ \t]*)?(?:%|!|\?).*$|^\s*[\w.]+\?{1,2}$")
_ASSIGNED = re.compile(
    r"^(?:(?P<name>[A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)|(?:async[ \t]+)?(?:def|class)[ \t]+(?P<defined>\w+))"
)
_IMPORTED = re.compile(r"^(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(?P<names>[\w., \t]+)$")
_WORD = re.compile(r"[A-Za-z_]\w*")


LOOKS = frozenset(
    """
    all any argmax argmin argsort astype copy count count_params describe dot evaluate flatten format get get_config
    get_layer get_weights groupby head hist index info isna isnull item items join keys max mean min numpy plot predict
    predict_on_batch predict_proba ravel reshape round save savefig score shape show split squeeze std strip sum summary
    tail test_on_batch to_csv to_json to_numpy tolist transpose unique value_counts values var
    """.split()  # noqa: SIM905
)
"""Methods, and attributes, that leave their object as it is, in whatever library."""
TRAINS = frozenset(
    "compile fit fit_generator load_state_dict load_weights partial_fit set_weights train train_on_batch".split()  # noqa: SIM905
)
"""Methods that change of a network at most how it is trained and what it has learned."""
CHANGES = frozenset(("append", "extend", "fill_diagonal", "heappush", "place", "put", "setattr", "shuffle"))
"""Functions of libraries that change what they are given."""


@dataclass(frozen=True)
class Statement:
    """One statement at the margin of a cell, with all that stands in it."""

    last: int
    """The line it ends in, from 1."""
    made: frozenset[str]
    used: frozenset[str]
    changed: frozenset[str]
    """Names whose objects it may change, by setting a part of one or by a method of its own."""
    trained: frozenset[str]
    """Those of which it changes at most how they are trained and what they have learned."""
    handed: frozenset[tuple[str, str]]
    """Names whose objects it gives to a function, after the name that function is of: a function of a library looks."""


@dataclass(frozen=True)
class CellNames:
    """The names of one cell."""

    made: frozenset[str]
    """Bound in the notebook's namespace once it has run to its end: assigned, defined, imported."""
    imported: frozenset[str]
    """Those of `made` that an import binds."""
    defined: frozenset[str]
    """Those of `made` that are functions or classes."""
    used: frozenset[str]
    """Names of the notebook's used anywhere in it: in functions' bodies too, but for what is their own there."""
    modules: tuple[str, ...]
    """Modules it imports, functions' bodies too, in order."""
    statements: tuple[Statement, ...]
    """In order."""

    @property
    def needed(self) -> frozenset[str]:
        """Names that others have to have made: used before the cell makes any of that name itself."""
        needed, made = set[str](), set[str]()
        for one in self.statements:
            needed |= one.used - made
            made |= one.made
        return frozenset(needed) if self.statements else self.used


@lru_cache(PARSED_CELLS)
def names_of(source: str) -> CellNames:
    """Return the names of a cell."""
    tree = parse(source)
    return _guessed(source) if tree is None else _read(tree)


def parse(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, IPython's own lines left out; None where what remains is no Python, or too much."""
    if len(source) > PARSED_CHARS:
        return None
    for text in (source, _without_commands(source)):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        return tree if _is_within_depth(tree) else None
    return None


def _is_within_depth(tree: ast.AST) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(PARSED_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return True
    return False


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
    """Return the notebook's names that a piece of code reads, functions' bodies too: not what is their own there."""
    return frozenset(_free(node, frozenset()))


def names_read_at(source: str, line: int) -> frozenset[str]:
    """Return the notebook's names that the statement of a line reads, inside functions too."""
    statement, tree = statement_at(source, line), parse(source)
    if statement is None or tree is None:
        return frozenset()
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, _FUNCTIONS) and node.lineno <= statement.lineno and (node.end_lineno or 0) >= line
        if node is not statement
    ]
    return names_read(statement) - {name for node in around for name in _own_names(node)}


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _free(node: ast.AST, own: frozenset[str]) -> Iterator[str]:
    """Yield what `node` reads and is not `own`: local to what it stands in."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in own:
            yield node.id
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id not in own:
        yield node.target.id
    if isinstance(node, _FUNCTIONS):
        for one in _evaluated(node):
            yield from _free(one, own)
        own |= _own_names(node)
        for one in node.body if isinstance(node.body, list) else [node.body]:
            yield from _free(one, own)
        return
    if isinstance(node, _COMPREHENSIONS):
        own |= {one.id for part in node.generators for one in ast.walk(part.target) if isinstance(one, ast.Name)}
    for child in _children(node):
        yield from _free(child, own)


def _evaluated(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[ast.AST]:
    """What of a function is evaluated where it is defined."""
    yield from () if isinstance(node, ast.Lambda) else node.decorator_list
    yield from (*node.args.defaults, *filter(None, node.args.kw_defaults))


def _own_names(node: ast.AST) -> set[str]:
    """What is local to a function."""
    assert isinstance(node, _FUNCTIONS)
    arguments = node.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    found = {one.arg for one in every if one is not None}
    if isinstance(node, ast.Lambda):
        return found
    made, others = set[str](), set[str]()
    body = ast.Module(node.body, [])
    for one in _at_top(body):
        made |= _bound(one)
        if isinstance(one, ast.Global | ast.Nonlocal):
            others |= set(one.names)
    return (found | made) - others


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
    tops = [_top(one) for one in tree.body]
    statements = tuple(map(_statement, tree.body, tops))
    top = [one for found in tops for one in found]
    return CellNames(
        made=frozenset().union(*(one.made for one in statements)),
        imported=frozenset(name for one in top if isinstance(one, ast.Import | ast.ImportFrom) for name in _bound(one)),
        defined=frozenset(one.name for one in top if isinstance(one, _DEFINITIONS)),
        used=frozenset().union(*(one.used for one in statements)),
        modules=tuple(_modules(tree)),
        statements=statements,
    )


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _top(statement: ast.stmt) -> list[ast.AST]:
    """What of a statement runs when its cell does, itself first."""
    return list(_at_top(ast.Module([statement], [])))


_BINDING = (ast.Name, *_DEFINITIONS, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.Import, ast.ImportFrom)


def _made(statement: ast.stmt, top: Iterable[ast.AST]) -> frozenset[str]:
    everywhere = (name for node in _walk(statement) if isinstance(node, ast.Global) for name in node.names)
    return frozenset((*everywhere, *(name for one in top for name in _bound(one))))


def _bound(node: ast.AST) -> set[str]:
    """The names that one node of a tree binds, by itself."""
    if not isinstance(node, _BINDING):
        return set()
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return {name}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(one.asname or one.name).partition(".")[0] for one in names if one.name != "*"}
    return set()


def _statement(node: ast.stmt, top: Sequence[ast.AST]) -> Statement:
    changed, trained, handed = set[str](), set[str](), set[tuple[str, str]]()
    for one in top:
        match one:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                changed.add(_base(one))
            case ast.Call(func=ast.Attribute(attr=method) as function):
                base = _base(function)
                if method not in LOOKS:
                    (trained if method in TRAINS and isinstance(function.value, ast.Name) else changed).add(base)
                given = {_base(part) for part in _given(one)}
                changed |= given if method in CHANGES else set()
                handed |= {(base, name) for name in given}
            case ast.Call(func=ast.Name(id=function)):
                given = {_base(part) for part in _given(one)}
                changed |= given if function in CHANGES else set()
                handed |= {(function, name) for name in given}
    return Statement(
        last=node.end_lineno or node.lineno,
        made=_made(node, top),
        used=names_read(node),
        changed=frozenset(changed - {""}),
        trained=frozenset(trained - changed - {""}),
        handed=frozenset(pair for pair in handed if all(pair)),
    )


def _given(call: ast.Call) -> Iterator[ast.expr]:
    """The objects that a call gives: what stands in lists too, not what is computed for it."""
    waiting = [*call.args, *(one.value for one in call.keywords)]
    while waiting:
        match waiting.pop():
            case ast.Name() | ast.Attribute() | ast.Subscript() as found:
                yield found
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                waiting += parts
            case ast.Starred(value=part):
                waiting.append(part)
            case ast.Dict(values=parts):
                waiting += parts


def _base(node: ast.expr) -> str:
    """The name that a chain of attributes, places and calls begins with; empty where it begins with none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _at_top(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the cell does: of functions their decorators and defaults, of comprehensions no targets."""
    waiting = [(child, _ANY, False) for child in reversed(_children(node))]
    while waiting:
        one, wanted, evaluated = waiting.pop()
        if isinstance(one.ctx, wanted) if isinstance(one, ast.Name) else wanted is not _LOADS:
            yield one
        parts, function = _children(one), False
        if not evaluated and isinstance(one, _FUNCTIONS):
            parts, function = [] if isinstance(one, ast.Lambda) else list(_evaluated(one)), True
        elif not evaluated and isinstance(one, ast.ClassDef):
            wanted = _LOADS
        elif not evaluated and isinstance(one, _COMPREHENSIONS) and wanted is _ANY:
            wanted = _NO_TARGETS
        waiting += [(child, wanted, function) for child in reversed(parts)]


_Contexts = tuple[type[ast.expr_context], ...]
_ANY: _Contexts = (ast.expr_context,)
_NO_TARGETS: _Contexts = (ast.Load, ast.Del)
_LOADS: _Contexts = (ast.Load,)
"""Names that are yielded, by what is done to them. Where only those that are read are, nothing else is."""


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, in order: what `ast.iter_child_nodes` yields but contexts, in half the time."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = None if name == "ctx" else getattr(node, name, None)
        if isinstance(value, list):
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def _walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, level by level, as `ast.walk` has them."""
    found = [node]
    for one in found:  # it grows meanwhile
        found += _children(one)
    return found


def _modules(tree: ast.Module) -> Iterator[str]:
    for node in _walk(tree):
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
    every = frozenset(made | imported | defined)
    whole = Statement(source.count("\n") + 1, every, words, changed=words, trained=frozenset(), handed=frozenset())
    return CellNames(every, frozenset(imported), frozenset(defined), words, (), (whole,))
