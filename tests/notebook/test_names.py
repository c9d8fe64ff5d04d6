"""Which names a cell would make and reads, from its text."""

from __future__ import annotations

import pytest

from autograder.notebook.headings import SAID_CHARS, last_heading, spoken
from autograder.notebook.names import names_of, names_read_at, statement_at


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


def test_what_is_used_is_told_from_what_is_a_functions_own() -> None:
    names = names_of("import np\ndef f(a, b=k):\n    return inner(a)\ny = f(x)\nz = [t for t in w]")
    assert names.used == {"k", "f", "x", "w", "inner"}
    assert (names.imported, names.defined, names.modules) == (frozenset({"np"}), frozenset({"f"}), ("np",))


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("def f(x):\n    y = x + z\n    return y", "z"),
        ("def f():\n    global y\n    y = 1\n    return y", "y"),
        ("def f(x):\n    def g(): return x + z\n    return g", "z"),
        ("f = lambda x, *rest, k=d: x + z + k", "d z"),
        ("class A(B):\n    def m(self): return self.v + w", "B w"),
        ("[a + b for a in c for b in a]", "c"),
        ("async def f(x):\n    async with x as y: await y", ""),
    ],
)
def test_what_a_function_calls_its_own_is_not_the_notebooks(source: str, used: str) -> None:
    assert names_of(source).used == frozenset(used.split())


def test_what_a_line_in_a_function_reads_is_without_what_is_its_own() -> None:
    source = "def f(x, n):\n    t = 1\n    return x + t + k\ny = x"
    found = [names_read_at(source, 3), names_read_at(source, 4), names_read_at("=", 1)]
    assert found == [{"k"}, {"x"}, set()]


@pytest.mark.parametrize(
    ("source", "changed", "trained", "handed"),
    [
        ("x[0] = 1", "x", "", ""),
        ("x.y.z = 1", "x", "", ""),
        ("del x[0]", "x", "", ""),
        ("x.append(1)", "x", "", ""),
        ("model.layers[0].trainable = False", "model", "", ""),
        ("h = model.fit(a, b)", "", "model", "model,a model,b"),
        ("model.compile('sgd')\n", "", "model", ""),
        ("with s.scope():\n    model.fit(a); model.add(l)", "s model", "", "model,a model,l"),
        ("print(x.mean(), x)", "", "", "print,x"),
        ("np.random.shuffle(x)", "np x", "", "np,x"),
        ("train([net, *nets], key={'a': b})", "", "", "train,net train,nets train,b"),
        ("def f():\n    x.append(1)", "", "", ""),
        ("y = f(x + 1)", "", "", ""),
    ],
)
def test_what_a_statement_may_change(source: str, changed: str, trained: str, handed: str) -> None:
    (one,) = names_of(source).statements
    assert (one.changed, one.trained) == (frozenset(changed.split()), frozenset(trained.split()))
    assert one.handed == {tuple(pair.split(",")) for pair in handed.split()}


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
    assert last_heading("## 1. With [`make_moons()`](https://host/a.html) (2 points)") == "1. With `make_moons()`"
    assert last_heading("# A\n\n## B (2 points)\n\ntext\n```\n# no\n```") == "B"
    assert last_heading("text") == ""
    assert last_heading("# A (2 points) ##\n#no\n####### no\n# ") == "A"
    assert last_heading("# C #\r\n") == "C"
    assert last_heading("# (1 point)") == "(1 point)"
    assert last_heading("# f(x) (3 of 5 points)") == "f(x)"


@pytest.mark.parametrize("text", ["# x" + " " * 10**5 + "y", "# " + "[" * 10**5, "# " + "(" * 10**5, "#" * 10**5])
def test_headings_that_are_slow_to_read_by_one_pattern(text: str) -> None:
    assert len(spoken(last_heading(text))) <= SAID_CHARS


@pytest.mark.parametrize(
    "deep",
    [
        "x" + ".a" * 900,
        "x" + "(1)" * 900,
        "-" * 900 + "1",
        "if x:\n pass\n" + "elif x:\n pass\n" * 900,
        "x = 1" + "+ x" * 900,
    ],
)
def test_what_is_deeper_than_a_program_can_follow_is_read_line_by_line(deep: str) -> None:
    assert "y" in names_of(f"y = 1\n{deep}").made
    assert names_read_at(deep, 1) == frozenset()
