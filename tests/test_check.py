"""`autograder check`, as a student meets it: their notebook run in their Python, and its form told."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import toy
from autograder.check.form import CheckedCell, NotebookForm
from autograder.check.run import run

COMMAND = [sys.executable, "-c", "from autograder.cli import main; main()", "check"]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.make_course(tmp_path_factory.mktemp("course"))


def released(course: Path) -> list[dict[str, Any]]:
    """The cells that were handed out."""
    import json

    cells: list[dict[str, Any]] = json.loads((course / "release/toy/toy.ipynb").read_text())["cells"]
    return copy.deepcopy(cells)


def answered(course: Path, **changes: str) -> list[dict[str, Any]]:
    """The cells handed out, answered; some with other texts."""
    right = {cell["id"]: cell["source"] for cell in toy.SOLUTION}
    found = released(course)
    for cell in found:
        name = cell["id"].replace("-", "_")
        cell["source"] = changes.get(name, right[cell["id"]] if cell["id"].endswith("-answer") else cell["source"])
    return found


def check(folder: Path, cells: Sequence[dict[str, Any]], *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    (folder / "toy.ipynb").write_bytes(toy.notebook(cells))
    done = subprocess.run([*COMMAND, "toy.ipynb", *arguments], cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was printed, without the seconds."""
    return [line.split("s: ")[-1] if line.startswith("From the top") else line for line in done.stdout.splitlines()]


def test_a_notebook_that_is_right(course: Path, tmp_path: Path) -> None:
    done = check(tmp_path / "own", answered(course), "--release", str(course / "release/toy/toy.ipynb"))
    assert lines(done) == [
        "✓ cell 4, “A toy”",
        "✓ cell 6, “A toy”",
        "✓ cell 8, “A toy”",
        "",
        "3 test cells pass.",
        "Every cell of the course is there, in its place.",
    ]
    assert done.returncode == 0


def test_the_release_untouched_waits_for_answers(course: Path) -> None:
    (course / "toy.ipynb").write_bytes((course / "release/toy/toy.ipynb").read_bytes())
    done = subprocess.run([*COMMAND, "toy.ipynb"], cwd=course, capture_output=True, text=True)
    assert lines(done)[-2:] == [
        "0 test cells pass · 5 cells are not answered yet.",
        "Every cell of the course is there, in its place.",
    ]
    assert "✗" not in done.stdout
    assert done.returncode == 1


def test_what_fails_is_told_with_its_line_and_what_a_grader_mends(course: Path, tmp_path: Path) -> None:
    cells = answered(
        course, names_answer="names = [nine]", double="assert True", double_answer="def double(x): return x"
    )
    cells.append({**toy.code("own", "nine = 9"), "metadata": {}})
    del cells[-2]
    done = check(tmp_path / "own", cells, "--release", str(course / "release/toy/toy.ipynb"))
    said = done.stdout
    assert "✗ cell 4, “A toy”: one doubled is two\n    assert double([1]).tolist() == [2]" not in said
    assert "✗ cell 4, “A toy”: line 1: AttributeError: 'list' object has no attribute 'tolist'" in said
    assert "✗ cell 5, “A toy”: line 1: NameError: name 'nine' is not defined\n    names = [nine]\n" in said
    assert "further down, makes it: move it up" in said
    assert "  - Cells of the course were missing; they were put back: cell 8 (greet).\n" in said
    assert (
        "  - Cells that belong to the course had been changed; the course's text was used: cell 4 (double).\n" in said
    )
    assert done.returncode == 1


def test_in_french(course: Path, tmp_path: Path) -> None:
    done = check(tmp_path / "own", released(course), "--language", "fr")
    assert (
        "… cellule 4, «\N{NO-BREAK SPACE}A toy\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}: pas encore de réponse"
        in done.stdout
    )


def test_without_the_release_its_own_marks_tell(course: Path, tmp_path: Path) -> None:
    cells = answered(course, names="assert True")
    cells.append(copy.deepcopy(cells[2]))
    said = check(tmp_path / "own", cells).stdout
    assert "  - Cell 6 (names) is the course's and was changed; its own text is used.\n" in said
    assert "  - There are 2 cells double-answer: keep one of them.\n" in said
    assert said.endswith("without the notebook handed out: name it with --release.\n")
    assert "Cell 4 (double)" not in said
    for cell in cells:
        cell["metadata"] = {}
    assert "  - No cell has the course's marks" in check(tmp_path / "own", cells).stdout


def test_magics_commands_input_and_the_end_of_python(course: Path, tmp_path: Path) -> None:
    own = [
        toy.text("t", "# Mine"),
        toy.code("a", "%matplotlib inline\nx = input('name?')\nprint(f'{x}')\nimport asyncio\nawait asyncio.sleep(0)"),
        toy.code("b", "assert x == ''"),
        toy.code("c", "import os\nos._exit(3)"),
        toy.code("d", "y = 1"),
    ]
    done = check(tmp_path / "own", own)
    assert "✗ cell 4, “Mine”: Python itself ended here: out of memory, or a library that failed\n" in done.stdout
    assert "cell 2" not in done.stdout
    assert done.returncode == 1


def test_what_is_no_notebook_is_told(tmp_path: Path) -> None:
    (tmp_path / "toy.ipynb").write_text("<html>")
    done = subprocess.run([*COMMAND, "toy.ipynb"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        "toy.ipynb: it is a web page: download the notebook itself, as .ipynb\n",
    )


def test_it_runs_with_the_standard_library_alone(course: Path, tmp_path: Path, repository: Path) -> None:
    """Its far side needs neither IPython nor anything of ours: the student's Python may hold neither."""
    import json

    cells, results = tmp_path / "cells.json", tmp_path / "results"
    cells.write_text(json.dumps(["%time 1\n!pip install x\nx = 1", "assert x == 2, 'two'", "f(3)"]))
    runner = repository / "autograder/check/runner.py"
    subprocess.run([sys.executable, "-I", "-S", str(runner), str(cells), str(results)], check=True, cwd=tmp_path)
    first, second, third = map(json.loads, results.read_text().splitlines())
    assert first == {"ok": True}
    assert (second["error"], second["message"], second["line"], second["code"]) == (
        "AssertionError",
        "two",
        1,
        "assert x == 2, 'two'",
    )
    assert (third["error"], third["missing"]) == ("NameError", "f")


def test_no_framework_is_loaded_to_look(course: Path) -> None:
    script = (
        "import sys, autograder.commands.check; "
        "print([one for one in ('tensorflow', 'keras', 'torch', 'nbgrader', 'nbformat', 'IPython', 'pytest') "
        "if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


TOLD = "results = open('/proc/self/cmdline').read().split('\\0')[3]\n"
"""A cell that finds where it is told what cells end with."""


@pytest.mark.parametrize(
    ("source", "error"),
    [
        pytest.param("raise ValueError('\\ud800')", "ValueError", id="half a character"),
        pytest.param("e = NameError('x'); e.name = 3; raise e", "NameError", id="a name that is none"),
        pytest.param("e = SyntaxError('x'); e.lineno = 'a'; raise e", "SyntaxError", id="a line that is none"),
        pytest.param(
            "class M(type):\n    __name__ = property(lambda self: 3)\nclass E(Exception, metaclass=M): pass\nraise E",
            "3",
            id="a class without a name",
        ),
        pytest.param("class E(Exception):\n    def __str__(self): raise self\nraise E", "E", id="no message"),
        pytest.param(f"{TOLD}import os; os.remove(results); os.mkfifo(results)", "", id="another file in its place"),
        pytest.param(f"{TOLD}open(results, 'ab').write(bytes([255, 10]))", None, id="no text"),
        pytest.param(f"{TOLD}open(results, 'a').write('nonsense\\n')", None, id="nonsense"),
    ],
)
def test_whatever_a_cell_does_is_told_of_that_cell(tmp_path: Path, source: str, error: str | None) -> None:
    """`error`: of the second cell; empty: it runs; None: Python ended there."""
    cells = tuple(CheckedCell(number, "", text, "", False, False) for number, text in enumerate(("x = 1", source), 1))
    found = run(NotebookForm(cells), sys.executable, tmp_path)
    assert (found.ended is not None) == (error is None)
    assert [one.stop.error for one in found.outcomes if one.stop] == ([error] if error else [])
