"""Test cells and submissions on which nbgrader's score is particular, and those that its package carries."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import toy

SHOWN = "class Shown:\n    def __init__(self, text): self.text = text\n    def __repr__(self): return self.text"
SETUP = f"import sys, os, warnings, logging, subprocess\nimport numpy as np\n{SHOWN}"

CASES: Mapping[str, str] = {
    "silent": "x = 1",
    "comment": "# nothing",
    "stdout": "print('all is well')",
    "display": "from IPython.display import display, HTML\ndisplay(HTML('<b>3</b>'))",
    "display-then-3": "from IPython.display import display\ndisplay(7)\n3",
    "stdout-then-3": "print('5 tests')\n3",
    "raises": "assert False, 'no'",
    "raises-after-print": "print('so far')\nraise ValueError",
    "syntax-error": "def f(:",
    "indentation-error": "  x = 1\n y = 2",
    "unknown-magic": "%no_such_magic",
    "stderr": "print('careful', file=sys.stderr)",
    "empty-stderr": "print('', end='', file=sys.stderr)",
    "stderr-then-3": "print('careful', file=sys.stderr)\n3",
    "3-then-stderr": "get_ipython().run_cell('3')\nprint('careful', file=sys.stderr)",
    "stdout-then-stderr": "print('a')\nprint('b', file=sys.stderr)\nprint('c')",
    "warning": "warnings.warn('careful')",
    "deprecation": "warnings.warn('old', DeprecationWarning)",
    "ignored-warning": "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    warnings.warn('no')",
    "syntax-warning": "1 is 1\nNone",
    "escape-warning": "y = '\\d'",
    "numpy-warning": "np.array([1.0]) / 0\nNone",
    "logging": "logging.getLogger('x').warning('careful')",
    "logging-info": "logging.getLogger('x').info('fine')",
    "descriptor-2": "os.write(2, b'beneath')\nimport time; time.sleep(0.5)\nNone",
    "descriptor-1": "os.write(1, b'beneath')\nimport time; time.sleep(0.5)\nNone",
    "subprocess-stderr": "subprocess.run('echo no >&2; sleep 0.5', shell=True)\nNone",
    "shell-stderr": "!echo no >&2",
    "system-stdout": "os.system('echo yes')\nNone",
    "bash-stderr": "%%bash\necho no >&2",
    "traceback-printed": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "traceback-shown": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()",
    "captured": "%%capture\nprint('x', file=sys.stderr)",
    "redirected": "import contextlib, io\nwith contextlib.redirect_stderr(io.StringIO()):\n"
    "    print('x', file=sys.stderr)",
    "cleared": "from IPython.display import clear_output\nprint('x', file=sys.stderr)\nclear_output()",
    "cleared-later": "from IPython.display import clear_output\nprint('x', file=sys.stderr)\n"
    "clear_output(wait=True)\nprint('y')",
    "cleared-never": "from IPython.display import clear_output\nprint('x', file=sys.stderr)\nclear_output(wait=True)",
    "five": "5",
    "five-and-a-half": "5.5",
    "zero": "0",
    "zero-point": "0.0",
    "minus-zero": "-0.0",
    "ten": "10",
    "scientific": "1e-3",
    "underscored": "Shown('1_0')",
    "spaced": "Shown(' 4 ')",
    "true": "True",
    "false": "False",
    "none": "None",
    "semicolon": "5;",
    "minus-one": "-1",
    "nan": "float('nan')",
    "minus-infinity": "float('-inf')",
    "string": "'5'",
    "list": "[5]",
    "numpy-5": "np.float64(5.0)",
    "numpy-int": "np.int64(5)",
    "numpy-false": "np.bool_(False)",
    "numpy-printed": "print(np.float64(5.0))",
    "array-0d": "np.array(5.0)",
    "tensor": "Shown('<tf.Tensor: shape=(), dtype=float32, numpy=0.0>')",
    "ipython-display": "class D:\n    def _ipython_display_(self): print('shown')\nD()",
    "repr-raises": "class R:\n    def __repr__(self): raise ValueError('no')\nR()",
    "repr-html": "class H:\n    def __repr__(self): return '4'\n    def _repr_html_(self): return '<b>9</b>'\nH()",
    "bundle": "class B:\n    def _repr_mimebundle_(self, **_): return {'text/plain': '6', 'text/html': '7'}\nB()",
    "all-nodes": "get_ipython().ast_node_interactivity = 'all'",
    "all-nodes-two": "2\n9",
    "all-nodes-error": "4\n1 / 0",
    "all-nodes-end": "get_ipython().ast_node_interactivity = 'last_expr'\nNone",
    "long-stdout-then-stderr": "print('\\n'.join(map(str, range(1500))))\nsys.stdout.flush()\n"
    "print('x', file=sys.stderr)",
    "exit-code": "sys.exit(0)",
    "environment": "os.environ['NBGRADER_EXECUTION'] == 'autograde' or 1 / 0",
    "display-3": "display(3)",
    "input": "input()",
    "plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "last-of-all": "x",
}
"""Sources of test cells of 10 points, each of which puts out something else, in the order they are run."""


def cases_notebook() -> list[toy.Cell]:
    """One notebook with every case."""
    tests = [toy.test_cell(name, 10, source) for name, source in CASES.items()]
    skipped = toy.test_cell("skip-execution", 10, "1 / 0")
    skipped["metadata"]["tags"] = ["skip-execution"]
    return [toy.code("setup", SETUP, locked=True), *tests, skipped, toy.test_cell("empty", 10, "  ")]


# --- What may be done to a notebook before it is handed in ------------------------------------------------------------


def _role(kind: str, cell_id: str, source: str, **role: Any) -> toy.Cell:
    cell = toy.code(cell_id, source, **role)
    if kind == "markdown":
        cell = {key: value for key, value in cell.items() if key not in ("outputs", "execution_count")}
        cell["cell_type"] = "markdown"
    return cell


ASKED = [
    toy.code("start", "import sys", locked=True),
    toy.answer("value-answer", "### BEGIN SOLUTION\nvalue = 4\n### END SOLUTION"),
    toy.test_cell("value", 4, "value"),
    toy.test_cell(
        "hidden", 3, "assert value > 0\n### BEGIN HIDDEN TESTS\nassert value == 4\n### END HIDDEN TESTS\nNone"
    ),
    _role("code", "by-hand", "### BEGIN SOLUTION\nz = 1\n### END SOLUTION", grade=True, solution=True, points=2),
    _role("markdown", "essay", "Because.", grade=True, solution=True, points=5),
    _role("markdown", "task", "Draw something.", task=True, locked=True, points=6),
]
"""A source with every kind of graded cell."""


def handed(**edits: str) -> list[toy.Cell]:
    """The source as a student hands it in: stubs where `edits` has nothing, hidden tests gone."""
    stub = {"value-answer": "# YOUR CODE HERE\nraise NotImplementedError()", "essay": "YOUR ANSWER HERE"}
    stub |= {"by-hand": stub["value-answer"], "hidden": "assert value > 0\nNone"}
    cells = copy.deepcopy(ASKED)
    for cell in cells:
        name = cell["id"].replace("-", "_")
        cell["source"] = edits.get(name, stub.get(cell["id"], cell["source"]))
    return cells


def _without(name: str) -> list[toy.Cell]:
    return [cell for cell in handed(value_answer="value = 4") if cell["id"] != name]


def _as_markdown(name: str) -> list[toy.Cell]:
    cells = handed(value_answer="value = 4")
    return [_role("markdown", name, cell["source"], **cell["metadata"]["nbgrader"]) if cell["id"] == name else cell
            for cell in cells]  # fmt: skip


def _with_role(name: str, **role: Any) -> list[toy.Cell]:
    cells = handed(value_answer="value = 4")
    for cell in cells:
        if cell["id"] == name:
            cell["metadata"]["nbgrader"].update(role)
    return cells


def _twice(name: str) -> list[toy.Cell]:
    cells = handed(value_answer="value = 4")
    return [*cells, {**next(copy.deepcopy(cell) for cell in cells if cell["id"] == name), "id": "copy"}]


SUBMISSIONS: Mapping[str, list[toy.Cell]] = {
    "right": handed(value_answer="value = 4", by_hand="z = 1", essay="Because it is."),
    "untouched": handed(),
    "half": handed(value_answer="value = 2"),
    "negative": handed(value_answer="value = -2"),
    "infinite": handed(value_answer="value = float('inf')"),
    "above": handed(value_answer="value = 5"),
    "no-text": handed(value_answer="class V:\n    def __repr__(self): return ''\nvalue = V()"),
    "ends-the-process": handed(value_answer="import os\nos._exit(0)"),
    "no-test-cell": _without("value"),
    "no-hidden-cell": _without("hidden"),
    "no-answer-cell": _without("by-hand"),
    "no-task-cell": _without("task"),
    "edited-test": handed(value_answer="value = 1", value="4"),
    "edited-hidden": handed(value_answer="value = 1", hidden="pass"),
    "test-as-markdown": _as_markdown("value"),
    "more-points": _with_role("value", points=40),
    "not-graded": _with_role("value", grade=False),
    "another-id": _with_role("value", grade_id="other"),
    "extra-key": _with_role("value", more=1),
    "old-schema": _with_role("value", schema_version=1),
    "test-twice": _twice("value"),
    "answer-twice": _twice("value-answer"),
    "stderr-in-answer": handed(value_answer="value = 4\nprint('x', file=sys.stderr)"),
    "stderr-later": handed(
        value_answer="import warnings\nclass V(int):\n    def __repr__(self):\n        warnings.warn('v')\n"
        "        return '4'\nvalue = V(4)"
    ),
    "answer-as-code-moved": list(reversed(handed(value_answer="value = 4"))),
}
"""What students make of ASKED, by student."""

STOPPING = ("extra-key", "old-schema", "test-twice", "answer-twice", "not-graded", "another-id")
"""Those whose metadata end nbgrader's run, or might."""


# --- What nbgrader's own package carries ------------------------------------------------------------------------------


def package() -> Path:
    """nbgrader's folder."""
    spec = importlib.util.find_spec("nbgrader")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


SHIPPED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "p1": (
        "tests/apps/files/submitted-unchanged.ipynb",
        (
            "tests/apps/files/submitted-unchanged.ipynb",
            "tests/apps/files/submitted-changed.ipynb",
            "tests/apps/files/submitted-grade-cell-changed.ipynb",
            "tests/apps/files/submitted-locked-cell-changed.ipynb",
            "tests/preprocessors/files/submitted-answer-cell-type-changed.ipynb",
            "tests/preprocessors/files/submitted-grade-cell-type-changed.ipynb",
            "tests/apps/files/submitted-cheat-attempt.ipynb",
            "tests/apps/files/submitted-cheat-attempt-alternative.ipynb",
        ),
    ),
    "squares": (
        "tests/apps/files/test.ipynb",
        ("tests/apps/files/test.ipynb", "tests/apps/files/test-with-output.ipynb"),
    ),
    "hidden": ("tests/apps/files/test-hidden-tests.ipynb", ("tests/apps/files/test-hidden-tests.ipynb",)),
    "tasks": ("tests/preprocessors/files/test_taskcell.ipynb", ("tests/preprocessors/files/test_taskcell.ipynb",)),
    "zero": ("tests/apps/files/validation-zero-points.ipynb", ("tests/apps/files/validation-zero-points.ipynb",)),
    "variable": (
        "tests/apps/files/validating-environment-variable.ipynb",
        ("tests/apps/files/validating-environment-variable.ipynb",),
    ),
    "file": ("tests/apps/files/open_relative_file.ipynb", ("tests/apps/files/open_relative_file.ipynb",)),
    "byhand": (
        "tests/preprocessors/files/manually-graded-code-cell.ipynb",
        ("tests/preprocessors/files/manually-graded-code-cell.ipynb",),
    ),
    "simple": (
        "tests/apps/files/autotest-simple.ipynb",
        ("tests/apps/files/autotest-simple-unchanged.ipynb", "tests/apps/files/autotest-simple-changed.ipynb"),
    ),
    "hashed": (
        "tests/apps/files/autotest-hashed.ipynb",
        ("tests/apps/files/autotest-hashed-unchanged.ipynb", "tests/apps/files/autotest-hashed-changed.ipynb"),
    ),
    "concealed": (
        "tests/apps/files/autotest-hidden.ipynb",
        (
            "tests/apps/files/autotest-hidden-unchanged.ipynb",
            "tests/apps/files/autotest-hidden-changed-right.ipynb",
            "tests/apps/files/autotest-hidden-changed-wrong.ipynb",
        ),
    ),
    "multi": (
        "tests/apps/files/autotest-multi.ipynb",
        ("tests/apps/files/autotest-multi-unchanged.ipynb", "tests/apps/files/autotest-multi-changed.ipynb"),
    ),
    "problem1": (
        "docs/source/user_guide/source/ps1/problem1.ipynb",
        (
            "docs/source/user_guide/submitted/bitdiddle/ps1/problem1.ipynb",
            "docs/source/user_guide/submitted/hacker/ps1/problem1.ipynb",
            "docs/source/user_guide/source/ps1/problem1.ipynb",
        ),
    ),
    "problem2": (
        "docs/source/user_guide/source/ps1/problem2.ipynb",
        (
            "docs/source/user_guide/submitted/bitdiddle/ps1/problem2.ipynb",
            "docs/source/user_guide/submitted/hacker/ps1/problem2.ipynb",
        ),
    ),
}
"""By notebook: a source of nbgrader's, and what is handed in for it, a student each."""

SHIPPED_FILES = ("tests/apps/files/autotests.yml", "tests/apps/files/data.txt", "tests/apps/files/jupyter.png")

REFUSED_SOURCES = (
    "tests/apps/files/test-v0.ipynb",
    "tests/apps/files/test-v1.ipynb",
    "tests/apps/files/test-v2.ipynb",
    "tests/apps/files/too-new.ipynb",
    "tests/preprocessors/files/bad-markdown-cell-1.ipynb",
    "tests/preprocessors/files/bad-markdown-cell-2.ipynb",
    "tests/preprocessors/files/blank-grade-id.ipynb",
    "tests/preprocessors/files/duplicate-grade-ids.ipynb",
)
"""Notebooks that nbgrader carries to show that it refuses them."""
