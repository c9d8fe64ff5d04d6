"""Sources written as text: the notebook they make, and the release it gives."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import toy
from autograder.errors import CourseError
from autograder.notebook.formats import parse_notebook
from autograder.notebook.metadata import role_of
from autograder.notebook.text import TextError, notebook_of_text, source_text
from autograder.release import release_differences, write_release
from loading import load_assignment

MARKDOWN = """\
---
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

# A toy

```python readonly="imports"
import math
```

```python answer="double-answer"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```python question="double" points=4
assert double(1) == 2
```

```python
double(3)
```

<!-- #region manual="essay" points=2.5 -->
Because it is.
<!-- #endregion -->

<!-- #region task="drawing" points=1 -->
Draw it.
<!-- #endregion -->
"""

MYST = """\
---
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# A toy

```{code-cell} ipython3
:readonly: imports
import math
```

```{code-cell} ipython3
:answer: double-answer
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
---
question: double
points: 4
---
assert double(1) == 2
```

```{code-cell} ipython3
double(3)
```

+++ {"manual": "essay", "points": 2.5}

Because it is.

+++ {"task": "drawing", "points": 1}

Draw it.
"""

SCRIPT = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A toy

# %% readonly="imports"
import math

# %% answer="double-answer"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% question="double" points=4
assert double(1) == 2

# %%
double(3)

# %% [markdown] manual="essay" points=2.5
# Because it is.

# %% [markdown] task="drawing" points=1
# Draw it.
"""

TEXTS = [pytest.param(MARKDOWN, ".md", id="markdown"), pytest.param(MYST, ".md", id="myst")]
TEXTS += [pytest.param(SCRIPT, ".py", id="percent")]


def role(name: str, **given: Any) -> dict[str, Any]:
    plain = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    return {"nbgrader": {**plain, "grade_id": name, **given}}


METADATA = [
    {},
    role("imports", locked=True),
    role("double-answer", solution=True),
    role("double", grade=True, locked=True, points=4),
    {},
    role("essay", grade=True, solution=True, points=2.5),
    role("drawing", task=True, locked=True, points=1),
]


def write_text(root: Path, text: str, suffix: str) -> Path:
    toy.write_source(root)
    folder = root / "source" / toy.NAME
    (folder / f"{toy.NAME}.ipynb").unlink()
    path = folder / f"{toy.NAME}{suffix}"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "suffix"), TEXTS)
def test_a_text_is_a_notebook(text: str, suffix: str) -> None:
    notebook = json.loads(notebook_of_text(text, suffix))
    assert [cell["metadata"] for cell in notebook["cells"]] == METADATA
    assert [cell["cell_type"] for cell in notebook["cells"]] == ["markdown", *["code"] * 4, *["markdown"] * 2]
    assert "".join(notebook["cells"][3]["source"]) == "assert double(1) == 2"
    assert notebook["metadata"] == {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)


def test_the_dress_of_a_text_makes_no_difference() -> None:
    assert notebook_of_text(MARKDOWN, ".md") == notebook_of_text(MYST, ".md") == notebook_of_text(SCRIPT, ".py")


def test_an_id_stays_when_a_cell_is_added_before() -> None:
    before = parse_notebook(notebook_of_text(MARKDOWN, ".md"))
    after = parse_notebook(notebook_of_text(MARKDOWN.replace("# A toy", "# A toy\n\n```python\n1\n```"), ".md"))
    assert {cell.id for cell in before.cells} < {cell.id for cell in after.cells}
    assert len({cell.id for cell in after.cells}) == len(after.cells)


def test_solution_is_another_word_for_answer() -> None:
    notebook = parse_notebook(notebook_of_text(MARKDOWN.replace("answer=", "solution="), ".md"))
    assert role_of(notebook.cells[2]).solution


@pytest.mark.parametrize(("text", "suffix"), TEXTS)
def test_a_text_gives_the_release_of_its_notebook(tmp_path: Path, text: str, suffix: str) -> None:
    path = write_text(tmp_path / "text", text, suffix)
    from_text = write_release(load_assignment(tmp_path / "text", toy.NAME).source) / f"{toy.NAME}.ipynb"
    assert list(release_differences(load_assignment(tmp_path / "text", toy.NAME).source)) == []
    shutil.copytree(tmp_path / "text", tmp_path / "notebook")
    (tmp_path / "notebook/source" / toy.NAME / path.name).unlink()
    from_notebook = write_release(load_assignment(tmp_path / "notebook", toy.NAME).source) / f"{toy.NAME}.ipynb"
    assert from_text.read_bytes() == from_notebook.read_bytes()
    assert b"return 2 * x" not in from_text.read_bytes()
    assert [one.name for one in from_text.parent.iterdir()] == [f"{toy.NAME}.ipynb"]


def test_nbgrader_releases_the_same_and_not_the_text(tmp_path: Path, repository: Path) -> None:
    write_text(tmp_path, MARKDOWN, ".md")
    shutil.copy(repository / "nbgrader_config.py", tmp_path)
    folder = write_release(load_assignment(tmp_path, toy.NAME).source)
    ours = json.loads((folder / f"{toy.NAME}.ipynb").read_bytes())
    shutil.rmtree(folder)
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    command: list[str | Path] = [programs / "nbgrader", "generate_assignment", toy.NAME]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert json.loads((folder / f"{toy.NAME}.ipynb").read_bytes()) == ours
    assert [one.name for one in folder.iterdir()] == [f"{toy.NAME}.ipynb"]


def test_the_notebook_beside_a_text_is_kept_up(tmp_path: Path) -> None:
    path = write_text(tmp_path, MARKDOWN, ".md")
    made = path.with_suffix(".ipynb")
    write_release(load_assignment(tmp_path, toy.NAME).source)
    assert made.read_bytes() == notebook_of_text(MARKDOWN, ".md")
    made.unlink()
    (problem,) = release_differences(load_assignment(tmp_path, toy.NAME).source)
    assert str(problem) == "source/toy/toy.ipynb: not what toy.md makes: run `autograder release toy`"


def test_what_was_changed_in_the_notebook_beside_a_text_is_not_undone(tmp_path: Path) -> None:
    path = write_text(tmp_path, MARKDOWN, ".md")
    made = path.with_suffix(".ipynb")
    made.write_bytes(toy.notebook(toy.SOLUTION))
    os.utime(path, (1, 1))
    with pytest.raises(CourseError) as raised:
        write_release(load_assignment(tmp_path, toy.NAME).source)
    assert str(raised.value) == (
        "source/toy/toy.ipynb: changed since toy.md, which it is made from: "
        "write the change there, then remove this file"
    )
    assert made.read_bytes() == toy.notebook(toy.SOLUTION)


def test_a_module_of_the_assignments_name_is_no_notebook(tmp_path: Path) -> None:
    toy.write_source(tmp_path)
    (tmp_path / "source" / toy.NAME / f"{toy.NAME}.py").write_text("def helper():\n    return 1\n")
    assert load_assignment(tmp_path, toy.NAME).source.path.suffix == ".ipynb"


def test_two_texts_are_two_notebooks(tmp_path: Path) -> None:
    write_text(tmp_path, MARKDOWN, ".md").with_suffix(".py").write_text(SCRIPT)
    with pytest.raises(CourseError, match="several notebooks"):
        load_assignment(tmp_path, toy.NAME)


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ('question="a"', "question is worth points: add points=2, a number without quotes"),
        ('question="a" points="2"', "question is worth points: add points=2, a number without quotes"),
        ('question="a b" points=2', "question='a b': an id of letters, digits, - and _ is expected, between quotes"),
        ('question="a" answer="b" points=2', "question and answer at once: a cell is one of them"),
        ('answer="a" points=2', "points for answer: they are given for its question"),
        ("points=2", "points, but nothing to give them for: add question, manual or task"),
        ('task="a" points=2', "a task is described in Markdown"),
    ],
)
def test_attributes_that_make_no_sense_are_named(attributes: str, problem: str) -> None:
    with pytest.raises(TextError) as raised:
        notebook_of_text(f"# Title\n\n```python {attributes}\nx = 1\n```\n", ".md")
    assert raised.value.problems == [(2, problem)]


def test_every_mistake_of_a_text_is_the_instructors(tmp_path: Path) -> None:
    write_text(tmp_path, '```python question="a"\n```\n\n```python points=1\n```\n', ".md")
    with pytest.raises(CourseError) as raised:
        load_assignment(tmp_path, toy.NAME)
    assert str(raised.value).splitlines() == [
        "source/toy/toy.md: cell 1: question is worth points: add points=2, a number without quotes",
        "source/toy/toy.md: cell 2: points, but nothing to give them for: add question, manual or task",
    ]


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (codecs.BOM_UTF8 + "# Été\n".encode(), ".md"),
        ("# Été\r\n".encode(), ".md"),
        ("# Été\n".encode("utf-16"), ".md"),
        ("# Été\n".encode(), ".py"),
        (codecs.BOM_UTF8 + "# Été\n".encode(), ".py"),
    ],
)
def test_a_text_is_read_whatever_its_mark_and_its_ends_of_lines(data: bytes, suffix: str) -> None:
    assert source_text(data, suffix) == "# Été\n"


def test_a_script_is_read_as_python_reads_it() -> None:
    assert source_text("# coding: latin-1\n# Été\n".encode("latin-1"), ".py") == "# coding: latin-1\n# Été\n"
    with pytest.raises(ValueError, match="not in the encoding it says: unknown encoding: nonsense"):
        source_text(b"# coding: nonsense\n", ".py")


def test_a_text_in_another_encoding_is_said_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2 is not UTF-8: save the file in UTF-8"):
        source_text("# A\n# Été\n".encode("latin-1"), ".md")
