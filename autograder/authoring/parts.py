"""What of an answer cell is its solution, in whatever tool's marks, written anew with nbgrader's.

| marks                                                         | of                         |
|---------------------------------------------------------------|----------------------------|
| `### BEGIN SOLUTION` … `### END SOLUTION`                      | nbgrader, otter            |
| `### START CODE HERE ###` … `### END CODE HERE ###` and the like | Coursera, CS231n           |
| `x = 3  # SOLUTION`                                            | otter                      |
| `# YOUR CODE HERE`, to the end of its block                    | nbgrader's stub, and many's |
| `## Solution`, the cell's first line                           | Udacity, and many's         |
| none                                                          | a plain cell: see `whole`  |
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from autograder.notebook.between import without_regions
from autograder.notebook.names import names_of, parse
from autograder.notebook.regions import BEGIN, END

_OPENS = re.compile(
    r"\s*#.*(?:BEGIN SOLUTION|START CODE|START OF YOUR CODE|BEGIN CODE HERE|(?i:your code starts here"
    r"|(?:begin|start)(?: of)? (?:your|my) (?:code|solution|answer)|(?:début|debut) de (?:votre|la) (?:code|solution)"
    r"|votre code commence ici))"
)
_CLOSES = re.compile(
    r"\s*#.*(?:END SOLUTION|END CODE|END OF YOUR CODE|(?i:your code ends here"
    r"|end(?: of)? (?:your|my) (?:code|solution|answer)|fin de (?:votre|la) (?:code|solution)"
    r"|votre code (?:finit|se termine) ici))"
)
_HERE = re.compile(
    r"\s*#.*(?i:(?:your|votre) (?:code|answer|solution|réponse)(?: goes)?(?: here| ici)|(?:write|enter|insert|put|add) "
    r"your (?:code|solution)|(?:écrivez|ecrivez|mettez|insérez) (?:ici )?votre code|(?:à|a) (?:compléter|completer)\b"
    r"|complete (?:this|the|me)\b|fill (?:this )?in\b|implement (?:this|me)\b)"
)
_TODO = re.compile(r"\s*#+\s*TODO\b|\s*raise NotImplementedError\b")
_OF_A_CELL = re.compile(
    r"\s*#+\s*(?:(?:my|one|sample|possible)\s+)?(?:solution|answer|réponse|corrigé)s?(?:\s+\d+)?\s*[:.]?[\s#]*",
    re.IGNORECASE,
)
_OF_A_LINE = re.compile(r"\s*#+ ?SOLUTION(?: NO PROMPT)?\s*$")
_PROMPT = (
    re.compile(r'^[ \t]*"""[ \t]*# BEGIN PROMPT\n', re.MULTILINE),
    re.compile(r'"""[ \t]*+(?:;[ \t]*+)?# END PROMPT[ \t]*\n?'),
)
_PRINTS = re.compile(r"\b(?:prints?|display|shows?|affich\w+|imprim\w+|montr\w+)\b", re.IGNORECASE)
_KEPT = re.compile(
    r"\b(?:put|store|keep|save|assign|call(?:ed)?|name[ds]?|variables?|instance|let|create|make"
    r"|rang\w+|stock\w+|mett\w+|affect\w+|appel\w+|nomm\w+|soit|cré\w+|construi\w+)\b[^.\n]*$",
    re.IGNORECASE,
)
"""What a text says right before the name of a value that students are to make."""
LOADERS = frozenset(("load_data", "read_csv", "read_parquet", "read_excel", "load_dataset", "loadtxt", "genfromtxt"))
_OF_LIBRARIES = re.compile(r"(?:tf|tensorflow|keras|torch|torchvision|nn|sklearn)\.[\w.]*\Z")
EMPTY = 'raise NotImplementedError("the solution is still to be written")'
_STUB = re.compile(r"\s*raise NotImplementedError(?:\(\))?\s*")
"""What nbgrader writes in place of a solution: as one it would be in the release too."""


@dataclass(frozen=True)
class CellPart:
    """Lines of a cell."""

    lines: tuple[str, ...]
    indent: str | None = None
    """Of a solution: that of its region. None: students are given them."""


def marked(source: str, *, weak: bool = False) -> list[CellPart] | None:
    """Return the parts of a cell that says where its solution is; None where it does not.

    `weak`: a `# TODO` or a bare `raise NotImplementedError` says so too.
    """
    lines = without_regions(source, *_PROMPT).split("\n")
    if any(map(_OPENS.match, lines)):
        return list(_between(lines))
    first, _, rest = source.lstrip("\n").partition("\n")
    if _OF_A_CELL.fullmatch(first) and any(map(_is_code, rest.split("\n"))):
        return whole(rest)
    if any(map(_OF_A_LINE.search, lines)):
        return list(_of_lines(lines))
    if any(map(_HERE.match, lines)):
        return list(_after(lines, _HERE))
    if weak and any(map(_TODO.match, lines)):
        return list(_after(lines, _TODO))
    return None


def written(parts: Sequence[CellPart], note: str = "") -> str:
    """Return a cell with nbgrader's markers around its solutions; `note`, a comment's text, stands in the first."""
    lines: list[str] = []
    for part in parts:
        if part.indent is None:
            lines += part.lines
            continue
        body = [line for line in part.lines if not _STUB.fullmatch(line)]
        body += [] if any(map(_is_code, body)) else [part.indent + EMPTY]
        said = [f"{part.indent}# {line}" for line in textwrap.wrap(note, 100)] if note else []
        lines += [f"{part.indent}### {BEGIN}", *said, *body, f"{part.indent}### {END}"]
        note = ""
    return "\n".join(lines).strip("\n")


def is_unwritten(parts: Sequence[CellPart]) -> bool:
    """Whether a part that is to hold a solution holds none: nothing, or what stands for one."""
    return any(part.indent is not None and _stands_for_one(part) for part in parts)


def _stands_for_one(part: CellPart) -> bool:
    tree = parse(textwrap.dedent("\n".join(part.lines)))
    return tree is not None and all(map(_is_stub, tree.body))


def _is_stub(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None | ast.Constant(value=None)):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError")) | ast.Name(id="NotImplementedError")):
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=value):
            parts = value.elts if isinstance(value, ast.Tuple) else [value]
            return all(isinstance(one, ast.Constant) and one.value in (None, ...) for one in parts)
    return False


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


# --- Marks ------------------------------------------------------------------------------------------------------------


def _between(lines: Sequence[str]) -> Iterator[CellPart]:
    """Regions with a line at either end; one that is never closed ends with its block."""
    closing = iter([n for n, line in enumerate(lines) if _CLOSES.match(line)])
    given: list[str] = []
    place = 0
    while place < len(lines):
        if not _OPENS.match(lines[place]):
            given += [] if _CLOSES.match(lines[place]) else [lines[place]]
            place += 1
            continue
        yield CellPart(tuple(given))
        given = []
        closed = next((n for n in closing if n > place), None)
        end = _end_of_block(lines, place) if closed is None else closed
        yield _solution(lines[place + 1 : end], _indent(lines[place]))
        place = end + (closed is not None)
    yield CellPart(tuple(given))


def _solution(lines: Sequence[str], indent: str) -> CellPart:
    first = next(filter(_is_code, lines), None)
    return CellPart(tuple(lines), indent if first is None else _indent(first))


def _after(lines: Sequence[str], mark: re.Pattern[str]) -> Iterator[CellPart]:
    """What stands from a mark to the end of its block, or to the next mark; the mark itself, a comment, is no part."""
    given: list[str] = []
    place = 0
    while place < len(lines):
        if not mark.match(lines[place]):
            given.append(lines[place])
            place += 1
            continue
        yield CellPart(tuple(given))
        given = []
        start = place + (not _is_code(lines[place]))
        end = _end_of_block(lines, place)
        again = next((n for n in range(place + 1, end) if mark.match(lines[n]) and not _is_code(lines[n])), end)
        yield _solution(lines[start:again], _indent(lines[place]))
        place = again
    yield CellPart(tuple(given))


def _end_of_block(lines: Sequence[str], start: int) -> int:
    """Where the block ends that a line stands in: at a line that is less indented; blank lines at its end are out."""
    depth = len(_indent(lines[start]))
    inside = (n for n in range(start + 1, len(lines)) if _is_code(lines[n]) and len(_indent(lines[n])) < depth)
    end = next(inside, len(lines))
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _of_lines(lines: Sequence[str]) -> Iterator[CellPart]:
    """Statements of which a line is marked, neighbours together."""
    tree = parse("\n".join(lines))
    found = {n for n, line in enumerate(lines) if _OF_A_LINE.search(line)}
    statements = [] if tree is None else [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    for number in sorted(found):
        inner = [one for one in statements if one.lineno <= number + 1 <= (one.end_lineno or 0)]
        if inner:
            node = min(inner, key=lambda one: (one.end_lineno or 0) - one.lineno)
            found |= set(range(node.lineno - 1, node.end_lineno or node.lineno))
    yield from _grouped([_OF_A_LINE.sub("", line) for line in lines], found, tree)


def _grouped(lines: Sequence[str], solution: set[int], tree: ast.Module | None) -> Iterator[CellPart]:
    """Lines in turn given and of the solution; what is blank between two of the solution is the solution's.

    A solution ends with its block: the body of a function is one, and what stands below the function another.
    """
    begins = set(range(len(lines))) - set(_continued(tree))
    place = 0
    while place < len(lines):
        inside = place in solution and bool(lines[place].strip())
        depth, end = len(_indent(lines[place])), place + 1
        while end < len(lines):
            theirs = end in solution and bool(lines[end].strip())
            less = end in begins and len(_indent(lines[end])) < depth
            if (end not in solution or (theirs and less)) if inside else theirs:
                break
            end += 1
        while inside and not lines[end - 1].strip():
            end -= 1
        yield _solution(lines[place:end], "") if inside else CellPart(tuple(lines[place:end]))
        place = end


def _continued(tree: ast.Module | None) -> Iterator[int]:
    """Yield the lines that begin no statement: a text of several lines may be indented as it likes."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.stmt):
            body: list[ast.stmt] = getattr(node, "body", [])
            yield from range(node.lineno, body[0].lineno - 1 if body else node.end_lineno or node.lineno)


# --- Plain cells ------------------------------------------------------------------------------------------------------


def whole(source: str, text: str = "") -> list[CellPart]:
    """Return the parts of a cell that says nothing: what students are asked to write, when the cell is an answer.

    Of functions and methods that is their bodies: signatures and docstrings are given, and so are imports, what loads
    a data set and the comments that the cell begins with. What only calls one of its functions is given too, unless
    `text`, that of the exercise, asks for what comes of it: other cells use it by a name that no text tells. A cell
    that is no Python is a solution as a whole.
    """
    lines = source.split("\n")
    tree = parse(source)
    if tree is None or not tree.body:
        return [CellPart(tuple(lines), "")]
    defined = names_of(source).defined
    given = {node for node in tree.body if _only_calls(node, defined, text) or _loads(node)}
    return list(_grouped(lines, set(_written_by_students(tree.body, lines, given)), tree))


def _only_calls(node: ast.stmt, defined: frozenset[str], text: str) -> bool:
    """Whether a statement calls one of these functions and gives what it returns a name, or shows it."""
    match node:
        case ast.Assign(targets=[ast.Name() | ast.Tuple() as target], value=ast.Call(func=ast.Name(id=name))):
            made = [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]
            return name in defined and not any(_is_asked_for(one, text) for one in made)
        case ast.Expr(value=shown):
            used = {one.id for one in ast.walk(shown) if isinstance(one, ast.Name)}
            return bool(used & defined) and not _PRINTS.search(text)
    return False


def _loads(node: ast.stmt) -> bool:
    """Whether a statement loads a data set, or gives part of a library a name: the exercise is what comes behind."""
    match node:
        case ast.Assign(value=ast.Call(func=ast.Attribute(attr=name))):
            return name in LOADERS
        case ast.Assign(targets=[ast.Name()], value=ast.Attribute() as value):
            return bool(_OF_LIBRARIES.match(ast.unparse(value)))
    return False


def _is_asked_for(name: str, text: str) -> bool:
    """Whether a text asks for a value by this name: « put in `total` », « an instance, called `net` »."""
    found = re.finditer(rf"`{re.escape(name)}`", text)
    return any(_KEPT.search(text[max(0, one.start() - 60) : one.start()]) for one in found)


def _written_by_students(
    body: Sequence[ast.stmt], lines: Sequence[str], given: Collection[ast.stmt] = ()
) -> Iterator[int]:
    before: int | None = None
    for node in body:
        first, last = _first_line(node), node.end_lineno or node.lineno
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.body[0].lineno > node.lineno
        ):
            yield from _inside(node, lines)
        elif not isinstance(node, ast.Import | ast.ImportFrom) and node not in given:
            start = first if before is None else before
            yield from range(start - 1, last)
        before = last + 1


def _inside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: Sequence[str]) -> Iterator[int]:
    documented = ast.get_docstring(node, clean=False) is not None
    body = node.body[1:] if documented else node.body
    if isinstance(node, ast.ClassDef):
        yield from _written_by_students(body, lines)
    elif body:
        start = (node.body[0].end_lineno or 0) if documented else _first_line(body[0]) - 1
        while not documented and start > node.lineno and not _is_code(lines[start - 1]):
            start -= 1
        yield from range(start, node.end_lineno or node.lineno)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])
