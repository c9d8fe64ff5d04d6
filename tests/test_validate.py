"""What is a problem of the course's, and what only waits for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import toy
from autograder.session import GradingOptions
from autograder.validate import findings
from loading import load_assignment

CHECKS = """
from autograder import question, variable

number = variable("number")

@question("one")
def test_one(number):
    \"\"\"It is one.\"\"\"
    assert number == 1
"""
ONE = (
    toy.answer("number-answer", "### BEGIN SOLUTION\nnumber = 1\n### END SOLUTION"),
    toy.test_cell("one", 1, "assert number == 1"),
)
STUB = "    raise NotImplementedError('write it')"


def function(name: str, stub: str) -> toy.Cell:
    """An answer cell with a function whose stub is the course's own, beside nbgrader's."""
    source = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION\n{stub}"
    return toy.answer(f"{name}-answer", source)


def given(name: str, source: str) -> toy.Cell:
    return toy.code(name, source, locked=True)


def problems(root: Path, cells: Sequence[toy.Cell], checks: str = CHECKS) -> list[str]:
    course = toy.make_course(root, cells=cells, checks=checks)
    found, _ = findings(load_assignment(course, toy.NAME), GradingOptions(jobs=1))
    return [str(one).partition("\n")[0] for one in found]


def test_what_waits_for_an_answer_is_no_problem_of_the_courses(tmp_path: Path) -> None:
    """« Run your function » cells, stubs of every kind, methods, chains of the course's own cells."""
    chain = [given(f"use-{n}", f"value_{n} = f_{n}(1)") for n in range(4)]
    more = [given(f"more-{n}", f"double_{n} = 2 * value_{n}") for n in range(4)]
    stubs = ["", "    pass", "    ...", STUB]
    cells = [
        *ONE,
        *(function(f"f_{n}", stub) for n, stub in enumerate(stubs)),
        *chain,
        *more,
        toy.answer(
            "class-answer",
            "class Model:\n    def fit(self, x):\n        ### BEGIN SOLUTION\n        self.w = x\n        return self\n"
            "        ### END SOLUTION\n",
        ),
        given("fit", "fitted = Model().fit(2)"),
        given("weights", "print(fitted.w + 1)"),
        toy.answer("none-answer", "layers = None\n### BEGIN SOLUTION\nlayers = [1]\n### END SOLUTION"),
        given("count", "count = len(layers)"),
    ]
    assert problems(tmp_path, cells) == []


def test_what_only_the_solution_imports_is_a_problem(tmp_path: Path) -> None:
    cells = [
        toy.answer("m-answer", "### BEGIN SOLUTION\nimport math\npi = math.pi\n### END SOLUTION"),
        given("use", "area = math.pi"),
        *ONE,
    ]
    (found,) = problems(tmp_path, cells)
    assert found == (
        "release/toy: cell 2 (use): fails in the untouched release: NameError: name 'math' is not defined "
        "(only the solution imports math: import it in a cell that students are given)"
    )


def test_a_missing_library_comes_first_with_what_hangs_on_it(tmp_path: Path) -> None:
    cells = [
        given("odd", "1 / 0"),
        toy.answer("lib-answer", "### BEGIN SOLUTION\nimport no_such_library\n### END SOLUTION"),
        toy.answer("number-answer", "### BEGIN SOLUTION\nnumber = no_such_library.one\n### END SOLUTION"),
        toy.test_cell("one", 1, "assert number == 1"),
    ]
    assert problems(tmp_path, cells) == [
        "source/toy/toy.ipynb: cell 2 (lib-answer): the solution stops here: ModuleNotFoundError: No module named "
        "'no_such_library' (library no_such_library: not in the rooms' environment: install it there); "
        "2 of its checks fail for it",
        "source/toy/toy.ipynb: cell 1 (odd): the solution stops here: ZeroDivisionError: division by zero",
    ]


@pytest.mark.parametrize(("images", "stops"), [(60000, False), (61000, True)])
def test_a_solution_that_counts_on_other_data_is_told_of_stand_ins(tmp_path: Path, images: int, stops: bool) -> None:
    flat = f"### BEGIN SOLUTION\nnumber = len(images.reshape({images}, 784)) // {images}\n### END SOLUTION"
    cells = [
        given("load", "from keras.datasets import mnist\n(images, _), _ = mnist.load_data()"),
        toy.answer("flat-answer", flat),
        toy.test_cell("one", 1, "assert number == 1"),
    ]
    root = toy.make_course(tmp_path, cells=cells, checks=CHECKS)
    written = (root / "course.yaml").read_text().replace("language:", "stand_ins: true\nlanguage:")
    (root / "course.yaml").write_text(written.replace("    limits:", "    data: [mnist]\n    limits:"))
    found, _ = findings(load_assignment(root, toy.NAME), GradingOptions(jobs=1))
    if not stops:
        assert found == []
        return
    assert str(found[0]).startswith("source/toy/toy.ipynb: cell 2 (flat-answer): the solution stops here: ValueError: ")
    assert "(stand-ins serve for mnist, of fewer examples: `autograder data add` brings the real ones)" in str(found[0])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("assert number.value == 1", "AttributeError: 'int' object has no attribute 'value'"),
        ("assert numbr == 1", "NameError: name 'numbr' is not defined"),
    ],
)
def test_a_broken_check_is_told_with_its_line_and_its_error_once(tmp_path: Path, body: str, error: str) -> None:
    found = problems(tmp_path, ONE, CHECKS.replace("assert number == 1", body))
    assert found == [f"source/toy/checks.py:9: test_one: the check raises, on the solution's own answer: {error}"]


@pytest.mark.parametrize(
    ("writes", "reads"),
    [
        ("open('out.txt', 'w').write(str(f(1)))", "text = open('out.txt').read()"),
        ("import json; json.dump(f(1), open('r.json', 'w'))", "import json; r = json.load(open('r.json'))"),
        ("import os; os.makedirs(f'run-{f(1)}')", "import os; found = os.listdir('run-2')"),
        ("import os; os.environ['SIZE'] = str(f(1))", "import os; size = os.environ['SIZE']"),
        ("import numpy as np; np.save('w.npy', [f(1)])", "w = np.load('w.npy')"),
        ("import sqlite3; sqlite3.connect(f'{f(1)}.db').execute('create table t(x)')",
         "import sqlite3; sqlite3.connect('2.db').execute('select x from t')"),
        ("import pathlib; pathlib.Path('m.py').write_text(f'two = {f(1)}')", "import m"),
    ],
)  # fmt: skip
def test_what_reaches_a_cell_through_a_file_waits_too(tmp_path: Path, writes: str, reads: str) -> None:
    cells = [function("f", STUB), given("write", writes), given("read", reads), given("use", "print(1)"), *ONE]
    assert problems(tmp_path, cells) == []


def test_what_never_ends_without_an_answer_is_a_problem(tmp_path: Path) -> None:
    endless = "try:\n    number\nexcept NameError:\n    while True:\n        pass"
    assert problems(tmp_path, [*ONE, given("endless", endless)]) == [
        "release/toy: cell 3 (endless): fails in the untouched release: KeyboardInterrupt: "
    ]


@pytest.mark.parametrize("role", [{}, {"locked": True}])
@pytest.mark.parametrize(
    "idiom",
    [
        "from google.colab import drive\ndrive.mount('/content/drive')",
        "import google.colab",
        "from google.colab import files\nuploaded = files.upload()",
        "import gdown\ngdown.download('https://example.org/x.zip')",
        "from kaggle_secrets import UserSecretsClient\nkey = UserSecretsClient().get_secret('k')",
        "import wget",
    ],
)
def test_what_exists_elsewhere_only_is_stood_in_for_in_the_courses_own_cells(
    tmp_path: Path, idiom: str, role: dict[str, bool]
) -> None:
    assert problems(tmp_path, [toy.code("mount", idiom, **role), *ONE]) == []
