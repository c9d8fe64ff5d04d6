"""What a fault follows from: the cause is found where it is, and nothing is accused that may be innocent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from autograder.evidence import CellRecord, Exam
from autograder.grades import explain_test
from autograder.judge.causes import Causes
from autograder.judge.faults import explain_fault
from autograder.judge.message import compose
from autograder.judge.unwritten import is_unwritten, is_unwritten_beside, undefined_name
from autograder.records import TextCell
from autograder.wire.messages import Cell, CellRun, Fault, Frame
from exams import exam

NBSP = "\N{NO-BREAK SPACE}"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


@dataclass(frozen=True)
class Code:
    """One code cell of a notebook in these tests, and what came of it."""

    id: str
    source: str
    error: str = ""
    """Empty: it ran to its end. `NameError` and its like with the message after a colon."""
    where: Sequence[tuple[int, int]] = ()
    """Frames, innermost last, as (cell, line)."""
    given: bool = False


def notebook(*cells: Code | str, ended: Fault | None = None) -> Exam:
    """The exam of a notebook. A text is a Markdown cell; cells are counted from 0, texts included."""
    sources = [one.source if isinstance(one, Code) else one for one in cells]
    codes = [(index, one) for index, one in enumerate(cells) if isinstance(one, Code)]
    return exam(
        cells=[CellRecord(Cell(at, one.id, one.source, one.given), _run(at, one, sources)) for at, one in codes],
        texts=tuple(TextCell(at, "", one) for at, one in enumerate(cells) if isinstance(one, str)),
        sources={one.id: one.source for _, one in codes if one.id and not one.given},
        fault=ended,
    )


def _run(index: int, one: Code, sources: Sequence[str]) -> CellRun | None:
    if one.error == "never ran":
        return None
    return CellRun(
        index, 0.1, "", "", 0, "", fault(one.error, one.where or [(index, 1)], sources) if one.error else None
    )


def fault(error: str, where: Sequence[tuple[int, int]] = (), sources: Sequence[str] = ()) -> Fault:
    """A fault as a room tells it."""
    name, _, message = error.partition(": ")
    frames = [Frame(cell, line, "f", sources[cell].splitlines()[line - 1].strip()) for cell, line in where]
    return Fault("raised", name, message, frames, frames[-1].cell if frames else None)


def told(held: Exam, one: Fault, at: int | None = None, solution: Exam | None = None, language: str = "en") -> str:
    return compose(explain_fault(one, Causes(held, solution), at), language, hidden=True)


def fault_at(held: Exam, index: int) -> Fault:
    run = next(record.run for record in held.cells if record.cell.index == index)
    assert run is not None
    assert run.fault is not None
    return run.fault


def told_by_tests(held: Exam, at: int, solution: Exam | None = None, language: str = "en") -> tuple[str, str]:
    status, mismatch = explain_test(fault_at(held, at), Causes(held, solution), at)
    return status, compose(mismatch, language, hidden=False)


def missing(name: str, *alike: str) -> Fault:
    return Fault("missing", error=name, names=list(alike))


# --- A course of two questions, as its solution runs it ---------------------------------------------------------------

IMPORTS = Code("imports", "import numpy as np\nbase = 1", given=True)
SOLVED = (
    "# Lab",
    IMPORTS,
    "## 1. A network\n\nBuild `net`.",
    Code("net-answer", "net = build()"),
    Code("net", "assert net.shape == 2", given=True),
    "## 2. Use it",
    Code("use-answer", "used = copy(net)\ndef helper(): pass"),
    Code("look", "facts = len(used)", given=True),
    Code("use", "assert used is not net", given=True),
)
SOLUTION = notebook(*SOLVED)
NET, USE = 'your cell under "1. A network"', 'your cell under "2. Use it"'


def student(**changes: Code) -> Exam:
    """The course's notebook with some cells as a student has them, by id with `_` for `-`."""
    by_id = {name.replace("_", "-"): cell for name, cell in changes.items()}
    return notebook(*(by_id.get(one.id, one) if isinstance(one, Code) else one for one in SOLVED))


RENAMED = student(
    net_answer=Code("net-answer", "model = build()"),
    net=Code("net", "assert net.shape == 2", "NameError: name 'net' is not defined", given=True),
    use_answer=Code("use-answer", "model2 = copy(model)\ndef helper(): pass"),
    look=Code("look", "facts = len(used)", "NameError: name 'used' is not defined", given=True),
    use=Code("use", "assert used is not net", "NameError: name 'used' is not defined", given=True),
)


def test_a_renamed_answer_is_asked_for_by_its_name() -> None:
    expected = (
        'received  the answer makes nothing called "net"\n'
        f"where     {NET}\n"
        'hint      is it the one you called "model"? Keep the name asked for.'
    )
    assert told(RENAMED, missing("net"), solution=SOLUTION) == expected
    assert told_by_tests(RENAMED, 4, SOLUTION) == ("failed", expected)


def test_what_a_cell_of_the_courses_makes_is_not_asked_of_the_student() -> None:
    found = told(RENAMED, missing("facts"), solution=SOLUTION)
    assert found.splitlines()[0] == 'received  the answer makes nothing called "used"'
    assert '"model2"' in found
    assert "facts" not in found


def test_the_untouched_release_is_asked_for_nothing_it_could_not_know() -> None:
    empty = student(
        net_answer=Code("net-answer", STUB, "NotImplementedError", [(3, 2)]),
        net=Code("net", "assert net.shape == 2", "NameError: name 'net' is not defined", given=True),
        use_answer=Code("use-answer", STUB, "NotImplementedError", [(6, 2)]),
        look=Code("look", "facts = len(used)", "NameError: name 'used' is not defined", given=True),
    )
    for name, place in (("net", NET), ("used", USE), ("facts", USE)):
        expected = f"received  nothing yet: the answer is still to be written\nwhere     {place}"
        assert told(empty, missing(name, "base"), solution=SOLUTION) == expected
    assert told_by_tests(empty, 4, SOLUTION)[1] == expected.replace(USE, NET)


def test_names_of_the_courses_are_never_taken_for_the_students() -> None:
    held = student(use_answer=Code("use-answer", "model2 = copy(net)"))
    assert Causes(held).root(missing("used", "base", "model2")).names == []
    assert Causes(held).root(missing("model", "base", "model2")).names == ["model2"]
    assert Causes(held).root(missing("bass", "base")).names == []


def test_only_what_is_of_the_same_form_is_asked_about() -> None:
    renamed = student(use_answer=Code("use-answer", "used = copy(net)\ncopied = 1\ndef helpers(): pass"))
    assert Causes(renamed, SOLUTION).root(missing("helper")).names == ["helpers"]


def test_several_names_that_may_be_meant_are_all_named() -> None:
    held = student(net_answer=Code("net-answer", "first = build()\nsecond = first"))
    assert told(held, missing("net"), solution=SOLUTION, language="fr") == (
        f"reçu   la réponse ne définit pas «{NBSP}net{NBSP}»\n"
        f"où     votre cellule sous «{NBSP}1. A network{NBSP}»\n"
        f"piste  est-ce l'un de ceux-ci{NBSP}: first, second{NBSP}? Gardez le nom demandé."
    )


# --- One error, and what follows from it ------------------------------------------------------------------------------

LEARN = (
    "# Lab",
    IMPORTS,
    "## Compile",
    Code("compile-answer", "def compile_model(model):\n    model.compile(Adam(lr=1))"),
    Code(
        "run",
        "compile_model(base)\nsettings = base.rate",
        "ValueError: not recognized: lr",
        [(4, 1), (3, 2)],
        given=True,
    ),
    Code("more", "other = settings + 1", "NameError: name 'settings' is not defined", given=True),
    Code("compile", "assert base.optimizer", "AttributeError: no attribute 'optimizer'", given=True),
)
LEARNT = notebook(*LEARN)
ROOT = (
    'received  ValueError: not recognized: lr\nwhere     your cell under "Compile", line 2: model.compile(Adam(lr=1))'
)


@pytest.mark.parametrize("name", ["settings", "other"])
def test_an_error_of_the_students_in_a_cell_of_the_courses_is_told_where_it_is(name: str) -> None:
    assert told(LEARNT, missing(name)) == ROOT


def test_the_same_error_met_again_is_the_same() -> None:
    sources = [one.source if isinstance(one, Code) else one for one in LEARN]
    again = fault("ValueError: not recognized: lr, called otherwise", [(3, 2)], sources)
    assert Causes(LEARNT).root(again) == fault_at(LEARNT, 4)


def test_what_may_follow_is_said_to_and_no_more() -> None:
    status, found = told_by_tests(LEARNT, 6)
    assert status == "errored"
    assert found == (
        "received  AttributeError: no attribute 'optimizer'\n"
        'where     the tests under "Compile", line 1: assert base.optimizer\n'
        'first     mend your cell under "Compile": this may follow from its error'
    )


def test_the_page_has_one_cause() -> None:
    causes = Causes(LEARNT)
    (root, test) = causes.roots
    assert (root.error, causes.cell(root), causes.follow(root)) == ("ValueError", 3, [4, 5])
    assert test.error == "AttributeError"


def test_a_chain_leads_back_to_its_start() -> None:
    held = notebook(
        "## Load",
        Code("a", "import pandas as pd\ndata = pd.read()", "ValueError: no file", [(1, 2)]),
        "## Clean",
        Code("b", "clean = data.dropna()", "NameError: name 'data' is not defined"),
        Code("c", "scaled = clean / 2", "NameError: name 'clean' is not defined"),
        Code("t", "assert scaled", "NameError: name 'scaled' is not defined", given=True),
    )
    expected = 'received  ValueError: no file\nwhere     your cell under "Load", line 2: data = pd.read()'
    assert [told(held, fault_at(held, at), at) for at in (3, 4, 5)] == [expected] * 3
    assert told_by_tests(held, 5) == ("errored", expected)


def test_a_cell_with_a_syntax_error_would_have_made_its_names() -> None:
    held = notebook("## Load", Code("a", "import io\nx = (1,\ndef f():", "SyntaxError: incomplete input", [(1, 3)]))
    for name in ("io", "x", "f"):
        assert told(held, missing(name)).startswith("received  SyntaxError: incomplete input\n")


def test_a_room_that_ended_explains_the_cells_that_never_ran() -> None:
    died = Fault("died", message="exit code 0", cell=1)
    held = notebook("## Load", Code("a", "exit()", "never ran"), Code("b", "x = 1", "never ran"), ended=died)
    assert Causes(held).root(missing("x")) == died


# --- Names that are nobody's ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "at", "hint"),
    [
        (
            [Code("a", "scores = [1]"), Code("b", "best = max(score)", "NameError: name 'score' is not defined")],
            2,
            'did you mean "scores"?',
        ),
        (
            [Code("a", "y = make()", "NameError: name 'make' is not defined"), Code("b", "def make(): pass")],
            1,
            '"make" is made further down, in cell 2 of yours under "Part": a notebook runs from top to bottom.',
        ),
        (
            [Code("a", "x = 1\ndel x"), Code("b", "y = x", "NameError: name 'x' is not defined")],
            2,
            '"x" was made above and is gone: deleted, or made under a condition alone.',
        ),
        (
            [Code("a", "y = zzz", "NameError: name 'zzz' is not defined")],
            1,
            "the name is misspelt, or comes from a cell that did not run or failed: look above.",
        ),
    ],
)
def test_a_name_that_is_not_there_has_its_hint(cells: list[Code], at: int, hint: str) -> None:
    held = notebook("## Part", *cells)
    assert told(held, fault_at(held, at), at).splitlines()[-1] == f"hint      {hint}"


def test_a_local_variable_is_no_name_of_the_notebooks() -> None:
    assert undefined_name(fault("UnboundLocalError: cannot access local variable 'x'")) == ""


# --- Lines of the course's --------------------------------------------------------------------------------------------

CHAIN = (
    "## Load",
    Code("data-answer", "data = 1"),
    Code("data", "assert data == 1", given=True),
    "## Scale",
    Code("scale-answer", "def scale(x):\n    x / 2"),
    Code("use", "scaled = scale(data)", given=True),
    Code("more", "total = scaled + 1", "TypeError: unsupported operand: 'NoneType' and 'int'", given=True),
)


def test_a_line_of_the_courses_names_what_it_works_on() -> None:
    held = notebook(*CHAIN)
    assert told(held, missing("total")) == (
        "received  TypeError: unsupported operand: 'NoneType' and 'int'\n"
        'where     cell 2 of the course\'s under "Scale", line 1: total = scaled + 1\n'
        'hint      this line is the course\'s; it works on "scale": see your cell under "Scale". '
        "A function that ends without `return` gives None."
    )
    assert Causes(held).cell(fault_at(held, 6)) == 4, "it is read beside the answer"


def test_the_answer_whose_own_tests_failed_is_named_first() -> None:
    wrong = Code("data", "assert data == 1", "AssertionError", given=True)
    held = notebook(*(wrong if isinstance(one, Code) and one.id == "data" else one for one in CHAIN))
    assert 'it works on "data": see your cell under "Load".' in told(held, missing("total"))


def test_a_name_made_anew_is_not_what_an_earlier_cell_made_by_it() -> None:
    held = notebook(
        "## Rank",
        Code("rank-answer", "def rank(x):\n    return -x"),
        Code("rank", "trial = rank(2)\nassert trial == 2", "AssertionError", given=True),
        "## Free",
        Code("free-answer", "def free(x):\n    x.y = 1"),
        Code("free", "trial = free(3)\nassert trial.rate == 3", "AttributeError: rate", ((5, 2),), True),
    )
    assert 'it works on "free": see your cell under "Free".' in told(held, fault_at(held, 5))


def test_tests_are_not_said_to_follow_from_what_came_after_them() -> None:
    held = notebook(
        Code("a", "x = 1"),
        Code("t", "assert x == 2", "AssertionError", given=True),
        Code("b", "x = x.y", "AttributeError: y"),
    )
    assert "first" not in told_by_tests(held, 1)[1]


def test_a_cell_that_only_uses_an_answer_is_not_said_to_be_behind_it() -> None:
    held = notebook(
        "## Build",
        Code("a", "net = build()"),
        "## Train",
        Code("b", "net.fit(x)", "ValueError: shapes"),
        Code("t", "assert net.shape", "AttributeError: shape", given=True),
    )
    assert "first" not in told_by_tests(held, 4)[1]
    assert Causes(held, absent=["x"]).behind(["net"]) is None


def test_an_error_that_another_led_to_says_which() -> None:
    sources = [
        "## Build",
        "def build(): pass",
        "net = build()\nnet.summary()",
        "## Train",
        "def train(n):\n    n.fit()",
        "train(net)",
    ]
    held = notebook(
        sources[0],
        Code("a", sources[1]),
        Code("run", sources[2], "AttributeError: 'NoneType' object has no attribute 'summary'", [(2, 2)], given=True),
        sources[3],
        Code("b", sources[4]),
        Code(
            "go", sources[5], "AttributeError: 'NoneType' object has no attribute 'fit'", [(5, 1), (4, 2)], given=True
        ),
    )
    assert told(held, fault_at(held, 5), 5) == (
        "received  AttributeError: 'NoneType' object has no attribute 'fit'\n"
        'where     your cell under "Train", line 2: n.fit()\n'
        'first     mend your cell under "Build": this may follow from its error'
    )


def test_an_answer_that_fails_its_own_tests_is_looked_at_first() -> None:
    sources = [
        "## Build",
        "def build(): pass",
        "net = build()",
        "assert net.units == 1",
        "## Train",
        "def train(n):\n    n.fit()",
        "train(net)",
    ]
    held = notebook(
        sources[0],
        Code("a", sources[1]),
        Code("run", sources[2], given=True),
        Code("t", sources[3], "AssertionError", given=True),
        sources[4],
        Code("b", sources[5]),
        Code("go", sources[6], "ValueError: shapes", [(6, 1), (5, 2)], given=True),
    )
    assert told(held, fault_at(held, 6), 6, language="fr").splitlines()[-1] == (
        f"d'abord  regardez votre cellule sous «{NBSP}Build{NBSP}»{NBSP}: ses propres tests échouent"
    )


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "Exception encountered when calling Net.call().\n\n\x1b[1m'Net' object has no attribute 'x'\x1b[0m\n\n"
            "Arguments received by Net.call():\n  • inputs=tf.Tensor(shape=(32, 4), dtype=float32)",
            "'Net' object has no attribute 'x'",
        ),
        ("Exception encountered when calling me", "Exception encountered when calling me"),
    ],
)
def test_what_keras_wraps_is_unwrapped(message: str, said: str) -> None:
    found = compose(explain_fault(Fault("raised", "AttributeError", message)), "en", hidden=True)
    assert found == f"received  AttributeError: {said}"


# --- Visible tests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            "received  this test fails: assert x.shape == (3,)\n          x.shape = (3, 2)\n"
            'where     the tests under "Part"\nhint      one row',
        ),
        (
            "fr",
            f"reçu   le test n'est pas satisfait{NBSP}: assert x.shape == (3,)\n       x.shape = (3, 2)\n"
            f"où     les tests sous «{NBSP}Part{NBSP}»\npiste  one row",
        ),
    ],
)
def test_a_test_that_fails_says_the_value(language: str, expected: str) -> None:
    frame = Frame(2, 1, "<module>", "assert x.shape == (3,)")
    held = notebook("## Part", Code("a", "x = 1"), Code("t", "assert x.shape == (3,)", given=True))
    one = Fault("raised", "AssertionError", "one row", [frame], 2, values=[("x.shape", "(3, 2)")])
    status, mismatch = explain_test(one, Causes(held), 2)
    assert (status, compose(mismatch, language, hidden=False)) == ("failed", expected)


def test_an_assert_of_the_students_own_is_an_error_of_theirs() -> None:
    held = notebook(
        "## Part",
        Code("a", "def f(x):\n    assert x, 'empty'"),
        Code("t", "assert f(0)", "AssertionError: empty", [(2, 1), (1, 2)], given=True),
    )
    assert told_by_tests(held, 2) == (
        "errored",
        "received  AssertionError: empty\nwhere     your cell under \"Part\", line 2: assert x, 'empty'",
    )


# --- Stubs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "unwritten"),
    [
        ("NotImplementedError", "raise NotImplementedError()", True),
        ("NotImplementedError: write it", "raise NotImplementedError('write it')", True),
        ("NotImplementedError: in user code:\n\n    raise NotImplementedError()\n", "f(x)", True),
        ("NotImplementedError: Cannot convert a symbolic tensor to a NumPy array", "np.array(x)", False),
        ("ValueError", "raise NotImplementedError()", False),
    ],
)
def test_stubs_are_known_whatever_they_are_called_through(error: str, code: str, unwritten: bool) -> None:
    assert is_unwritten(fault(error, [(0, 1)], [code])) is unwritten


@pytest.mark.parametrize(
    ("code", "beside"), [("raise NotImplementedError()", False), ("raise NotImplementedError", False), ("f(x)", True)]
)
def test_a_stub_that_stands_in_no_cell_is_not_said_to_be_the_answer(code: str, beside: bool) -> None:
    assert is_unwritten_beside(fault("NotImplementedError", [(0, 1)], [code])) is beside


# --- What this machine lacks ------------------------------------------------------------------------------------------


def test_what_hangs_on_a_missing_library_is_ours() -> None:
    held = notebook(
        "## Load",
        Code("a", "import pandas as pd\ndata = pd.read()", "ModuleNotFoundError: No module named 'pandas'"),
        "## Use",
        Code("b", "mean = data.mean()", "NameError: name 'data' is not defined"),
        Code("c", "other = 3"),
        Code("t", "assert mean", "NameError: name 'mean' is not defined", given=True),
    )
    causes = Causes(held, absent=["pandas"])
    assert [bool(causes.lack(causes.root(missing(name)))) for name in ("data", "mean", "other")] == [True, True, False]
    assert [bool(causes.lack_behind([name])) for name in ("data", "mean", "other")] == [True, True, False]
    status, mismatch = explain_test(fault_at(held, 5), causes, 5)
    assert status == "ungraded"
    assert compose(mismatch, "fr", hidden=False) == (
        f"reçu   la bibliothèque «{NBSP}pandas{NBSP}» n'existe pas là où les notebooks sont corrigés\n"
        f"piste  ce n'est pas une erreur de votre part et cela ne vous coûte rien{NBSP}; votre enseignant est prévenu."
    )
    assert Causes(held).lack(causes.root(missing("data"))) is None, "unless the machine has it"


PANDAS = "ModuleNotFoundError: No module named 'pandas'"


def lacking(names: str, *cells: Code | str, whole: bool = False, before: int | None = None) -> list[str]:
    """Which of some names a notebook would have made with pandas, which is not there."""
    causes = Causes(notebook(*cells), absent=["pandas"])
    return [name for name in names.split() if causes.lack_behind([name], before, whole=whole)]


@pytest.mark.parametrize(
    ("source", "line", "names", "follow"),
    [
        ("import numpy as np\nimport pandas\nimport os", 2, "np pandas os", "pandas os"),
        ("n = 3\nimport pandas\nm = 4", 2, "n m", "m"),
        ("n = [\n  1,\n]\nimport pandas; m = 4", 4, "n m", "m"),
        ("for i in range(3):\n    import pandas\n    m = i", 2, "i m", "i m"),
        ("def f():\n    import pandas\nn = 3\nm = f()\nk = 2", 4, "f n m k", "m k"),
    ],
)
def test_what_a_cell_had_done_before_it_stopped_stands(source: str, line: int, names: str, follow: str) -> None:
    assert lacking(names, Code("a", source, PANDAS, [(0, line)])) == follow.split()


def test_a_cell_that_could_not_be_read_has_done_nothing() -> None:
    held = notebook(Code("a", "n = 3\nm = (", "SyntaxError: '(' was never closed", [(0, 2)]))
    assert Causes(held).behind(["n"]) is not None


@pytest.mark.parametrize(
    ("later", "follow"),
    [
        ("y = np.mean(x)\nz = data.mean()", "z"),
        ("def f(data):\n    return data + 1\nw = f(2)", ""),
        ("def f(n):\n    return data + n\nw = f(2)", "f w"),
        ("y = 3\ny = data\ny = 3", ""),
        ("x.append(data)", "x"),
        ("print(x, data)\nnp.sum(x)", ""),
    ],
)
def test_what_was_made_without_what_is_lacking_does_not_follow(later: str, follow: str) -> None:
    """`data` has the value of an earlier cell, and would have another."""
    found = lacking(
        "f w x y z",
        Code("a", "import numpy as np\nx = [1]\ndata = 0"),
        Code("b", "import pandas\ndata = pandas.read()", PANDAS, [(1, 1)]),
        Code("c", later),
    )
    assert found == follow.split()


@pytest.mark.parametrize(
    ("after", "follow", "making"),
    [
        ("model.fit(1)", "model", ""),
        ("model.compile('sgd')\nmodel.fit(1)", "model", ""),
        ("model.add(1)", "model", "model"),
        ("model.layers[0].trainable = False", "model", "model"),
        ("prepare(model)", "model", "model"),
        ("print(model)\nmodel.summary()\nplt.plot(model)", "", ""),
        ("p = model.predict(1)", "", ""),
    ],
)
def test_a_network_made_elsewhere_follows_where_it_would_have_been_changed(
    after: str, follow: str, making: str
) -> None:
    cells = (
        Code("a", "import matplotlib.pyplot as plt\ndef prepare(net): net.add(1)\nmodel = Sequential()"),
        Code("b", f"import pandas\n{after}", PANDAS, [(1, 1)]),
    )
    assert lacking("model", *cells) == follow.split()
    assert lacking("model", *cells, whole=True) == making.split()
    assert lacking("model", *cells, before=1) == [], "nor what was met before"


def test_a_visible_test_is_not_excused_by_what_stops_further_down() -> None:
    held = notebook(
        Code("a", "model = 1"),
        Code("t", "assert model == 2", "AssertionError", given=True),
        Code("b", "import pandas\nmodel = pandas.read()", PANDAS, [(2, 1)]),
        Code("u", "assert model == 2", "AssertionError", given=True),
    )
    causes = Causes(held, absent=["pandas"])
    assert [explain_test(fault_at(held, at), causes, at)[0] for at in (1, 3)] == ["failed", "ungraded"]


def test_a_functions_own_name_is_not_what_is_lacking() -> None:
    held = notebook(
        Code("a", "import pandas\nx = pandas.read()", PANDAS, [(0, 1)]),
        Code("b", "def f(x):\n    return 1 / x"),
        Code("t", "assert f(0)", "ZeroDivisionError: division by zero", [(2, 1), (1, 2)], given=True),
    )
    assert explain_test(fault_at(held, 2), Causes(held, absent=["pandas"]), 2)[0] == "errored"


@pytest.mark.parametrize("step", [-1, 1])
def test_names_that_lack_each_other_over_hundreds_of_cells_have_one_cause(step: int) -> None:
    cells = [Code("", f"x{n} = x{n + step}", f"NameError: name 'x{n + step}' is not defined") for n in range(400)]
    found = Causes(notebook(*cells))
    assert len(found.roots) == (1 if step < 0 else 400)
    assert found.follow(found.roots[0]) == (list(range(400)) if step < 0 else [0])


def test_of_a_notebook_that_nobody_writes_each_error_is_its_own_cause() -> None:
    cells = [Code("", "x = 1", "NameError: name 'y' is not defined") for _ in range(501)]
    assert Causes(notebook(*cells)).roots == ()
    many = "raise E\n" + "".join(f"a{n} = 1\n" for n in range(3000))
    wide = [Code("", many, "E", [(0, 1)]), *(Code("", f"b{n} = 1") for n in range(450))]
    assert Causes(notebook(*wide)).behind(["a1"]) is None
    assert Causes(notebook(*wide[:100])).behind(["a1"]) is not None
