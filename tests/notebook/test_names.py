"""Which names a cell would make and reads, from its text."""

from __future__ import annotations

import pytest

from autograder.notebook.headings import SAID_CHARS, last_heading, spoken
from autograder.notebook.names import names_of, statement_at


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("x = 1", "x"),
        ("x, (y, *z) = f()", "x y z"),
        ("x: int = 1", "x"),
        ("x += 1", "x"),
        ("x[0] = 1\nx.y = 2", ""),
        ("for i in y: pass", "i"),
        ("with open(p) as f: pass", "f"),
        ("(n := 3)", "n"),
        ("import a.b, c as d\nfrom e import f as g, h", "a d g h"),
        ("from e import *", ""),
        ("def f(a):\n    b = 1", "f"),
        ("async def f(): pass", "f"),
        ("class C:\n    a = 1\n    def m(self): x = 1", "C"),
        ("def f():\n    global g\n    g = 1", "f g"),
        ("y = [v for v in x]", "y"),
        ("if t:\n    x = 1\nelse:\n    z = 1", "x z"),
        ("match v:\n    case [a, *b]: pass", "a b"),
        ("%matplotlib inline\nfiles = !ls\nx = 1\n!pip install y\nplt.plot?", "files x"),
        ("%%time\nx = 1", "x"),
        ("x = (1,\nimport a\ndef f(:\nfrom b import c as d, e", "x a f d e"),
    ],
)
def test_names_that_a_cell_makes(source: str, made: str) -> None:
    assert names_of(source).made == frozenset(made.split())


def test_what_runs_is_told_from_what_is_defined() -> None:
    names = names_of("import np\ndef f(a, b=k):\n    return inner(a)\ny = f(x)\nz = [t for t in w]")
    assert names.read == {"k", "f", "x", "w", "t"}
    assert names.used == {"k", "f", "x", "w", "t", "inner", "a"}
    assert (names.imported, names.defined, names.modules) == ({"np"}, {"f"}, ("np",))


def test_the_innermost_statement_of_a_line_is_found() -> None:
    statement = statement_at("for i in a:\n    b = f(\n        i)\nc = 1", 3)
    assert statement is not None
    assert (statement.lineno, statement.end_lineno) == (2, 3)
    assert statement_at("x = = 1", 1) is None


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("2.3 **Train** the `net`", "2.3 Train the `net`"),
        ("See [the notes](https://a.b/c)", "See the notes"),
        ("<span style='x'>Part</span> $n^2$", "Part n^2"),
        ("a" * 100, "a" * (SAID_CHARS - 1) + "…"),
    ],
)
def test_a_heading_as_it_is_said(heading: str, said: str) -> None:
    assert spoken(heading) == said


def test_the_last_heading_counts() -> None:
    assert last_heading("# A\n\n## B (2 points)\n\ntext\n```\n# no\n```") == "B"
    assert last_heading("text") == ""
