"""A course as a lecturer makes it, from its sources to the page that comes back to the student.

In an environment of its own, with pandas, pyarrow and seaborn. A source written as text and another with a picture
pasted into it, a module beside them, a gradebook; a plot, an essay and a survey; handed out, handed in and given back
through nbgrader's exchange, graded here, marked by hand in between.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.utils import get_username
from traitlets.config import Config

import toy
from autograder.wire.pictures import NO_PICTURE

SCRIPTS = sysconfig.get_path("scripts")
PNG = base64.b64encode(NO_PICTURE).decode()
ALERT = "<script>alert(1)</script>"

COURSE = """\
course: lecture
title: A lecture
language: {language}
timezone: Europe/Paris
assignments:
  lab:
    title: The lab
    bonus: [extra]
    student_files: [mine.py]
    limits: {{cell_seconds: 60, seconds: 120, memory_mb: 1000}}
"""
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "lecture"
c.CourseDirectory.ignore = [".*", "*.pyc", "__pycache__", "feedback", "*checks.py", "*~"]
c.Exchange.root = "{root}/exchange"
c.Exchange.cache = "{root}/cache"
"""
LAB = """\
# Curves

![The data](img/data.png)

```python readonly="imports"
import matplotlib.pyplot as plt
import pandas as pd
import pyarrow as pa
import seaborn as sns
import utils
from mine import halved
```

## Scale

```python answer="scaled-answer"
### BEGIN SOLUTION
scaled = [utils.scale(x) for x in (1, 2, 3)]
### END SOLUTION
```

```python question="scaled" points=2
assert pd.Series(scaled).mean() == 20
assert pa.table({"scaled": scaled}).num_rows == 3
```

## Halve

```python question="halved" points=2
assert halved(4) == 2
```

## Plot

```python manual="plot" points=3
### BEGIN SOLUTION
sns.lineplot(x=[1, 2, 3], y=scaled)
plt.show()
### END SOLUTION
```

## Survey

```python question="survey" points=0
assert scaled
```

## More

```python answer="extra-answer"
### BEGIN SOLUTION
extra = sum(scaled)
### END SOLUTION
```

```python question="extra" points=1
assert extra == 60
```
"""
ESSAY: toy.Cell = {
    **toy.text(
        "essay", "![](attachment:frame.png) Why?\n\n### BEGIN SOLUTION\n![](attachment:answer.png)\n### END SOLUTION"
    ),
    "metadata": toy.code("essay", "", grade=True, solution=True, points=4)["metadata"],
    "attachments": {"frame.png": {"image/png": PNG}, "answer.png": {"image/png": PNG}},
}
WORDS = (
    {
        **toy.text("statement", "# Words\n\n![](attachment:schema.png)"),
        "attachments": {"schema.png": {"image/png": PNG}},
    },
    ESSAY,
    toy.answer("count-answer", "### BEGIN SOLUTION\ncount = 3\n### END SOLUTION"),
    toy.test_cell("count", 1, "assert count == 3"),
)
LAB_CHECKS = """\
from autograder import question, variable
from autograder.asserts import assert_equal

scaled = variable("scaled")


@question("scaled")
def test_scaled(scaled):
    \"\"\"Each number is ten times what it was.\"\"\"
    assert_equal(scaled, [10, 20, 30])
"""
MINE = "def halved(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION\n"
ANSWERS = {
    "scaled-answer": "scaled = [utils.scale(x) for x in (1, 2, 3)]",
    "plot": f"plt.plot(scaled)\nplt.show()\nplt.plot([3, 1])\nprint({ALERT!r})",
    "extra-answer": "extra = sum(scaled)",
    "essay": "![](attachment:frame.png) Because, as I drew: ![](attachment:mine.png)",
    "count-answer": "count = 2",
}


def nbgrader(folder: Path, *arguments: str) -> str:
    return ran(folder, f"{SCRIPTS}/nbgrader", *arguments)


def autograder(folder: Path, *arguments: str) -> str:
    """Run the command in the course's own environment."""
    return ran(folder, str(Path(__file__).parents[2] / ".venv-course/bin/python"), "-m", "autograder", *arguments)


def ran(folder: Path, *command: str) -> str:
    """Run a program with nbgrader's found, and nothing of the machine's own Jupyter."""
    path, home = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", folder.parent / "home"
    variables = {**os.environ, "PATH": path, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "jupyter")}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def edit(path: Path, change: Callable[[toy.Cell, str], None]) -> None:
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        change(cell, cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
    path.write_text(json.dumps(notebook))


def answer(cell: toy.Cell, name: str) -> None:
    cell["source"] = ANSWERS.get(name, cell["source"])
    if name == "essay":
        cell["attachments"] = {"mine.png": {"image/png": PNG}}


def make_course(root: Path, language: str) -> Path:
    course = root / "course"
    source = course / "source/lab"
    (source / "img").mkdir(parents=True)
    (course / "course.yaml").write_text(COURSE.format(language=language))
    (course / "nbgrader_config.py").write_text(CONFIG.format(root=root))
    (source / "lab.md").write_text(LAB)
    (source / "words.ipynb").write_bytes(toy.notebook(WORDS))
    (source / "lab_checks.py").write_text(LAB_CHECKS)
    (source / "utils.py").write_text("def scale(x):\n    return 10 * x\n")
    (source / "mine.py").write_text(MINE)
    (source / "img/data.png").write_bytes(NO_PICTURE)
    (source / "words.ipynb~").write_bytes(toy.notebook(WORDS))
    return course


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, course_python: Path) -> Path:
    """The course, released and validated, handed out, answered, handed in, and graded."""
    root = tmp_path_factory.mktemp("lecturer")
    course = make_course(root, "fr")
    nbgrader(course, "db", "assignment", "list")
    autograder(course, "release", "lab")
    nbgrader(course, "release_assignment", "lab")
    student = root / "student"
    student.mkdir()
    (student / "nbgrader_config.py").write_text(CONFIG.format(root=root))
    nbgrader(student, "fetch_assignment", "lab")
    for name in ("lab.ipynb", "words.ipynb"):
        edit(student / "lab" / name, answer)
    (student / "lab/mine.py").write_text("def halved(x):\n    return x / 2\n")
    nbgrader(student, "submit", "lab")
    nbgrader(course, "collect", "lab")
    assert "gradebook: 1 submission up to date" in autograder(course, "grade", "lab")
    return root


@pytest.fixture(scope="module")
def who() -> str:
    return str(get_username())


def result(root: Path) -> dict[str, Any]:
    (line,) = autograder(root / "course", "results", "lab", "--json").splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def question(root: Path, name: str) -> dict[str, Any]:
    return next(one for one in result(root)["questions"] if one["id"] == name)


def cells(root: Path, who: str, notebook: str) -> dict[str, Any]:
    made = json.loads((root / f"course/autograded/{who}/lab/{notebook}.ipynb").read_text())
    named = ((cell["metadata"].get("nbgrader", {}).get("grade_id", cell["id"]), cell) for cell in made["cells"])
    return dict(named)


def mark(root: Path, who: str, notebook: str, cell: str, score: float, comment: str, extra: float = 0.0) -> None:
    """As formgrader writes what is typed into it."""
    with Gradebook(f"sqlite:///{root}/course/gradebook.db", "lecture") as book:
        given = book.find_grade(cell, notebook, "lab", who)
        given.manual_score, given.extra_credit, given.needs_manual_grade = score, extra, False
        book.find_comment(cell, notebook, "lab", who).manual_comment = comment
        book.db.commit()


def test_from_the_sources_to_the_page_that_comes_back(root: Path, who: str) -> None:
    course = root / "course"

    # The release holds no answer, and is fit to hand out.
    names = sorted(str(path.relative_to(root / "student/lab")) for path in (root / "student/lab").rglob("*.*"))
    assert {"lab.ipynb", "words.ipynb", "utils.py", "mine.py", "img/data.png"} <= set(names)
    released = course / "release/lab"
    assert not any("SOLUTION" in path.read_text() for path in released.glob("*.*"))
    assert "answer.png" not in (released / "words.ipynb").read_text()
    assert autograder(course, "validate", "lab").count("fit to hand out") == 2

    # Graded: what a check says is there, the plot and the essay await a mark; nothing is asked for the survey.
    before = result(root)
    assert {one["id"]: (one["score"], one["max_score"], one["awaiting"]) for one in before["questions"]} == {
        "scaled": (2, 2, 0), "halved": (2, 2, 0), "plot": (0, 3, 3), "survey": (0, 0, 0), "extra": (1, 0, 0),
        "essay": (0, 4, 4), "count": (0, 1, 0),
    }  # fmt: skip
    assert (before["score"], before["max_score"], before["awaiting"]) == (5, 12, 7)
    assert "7 to be marked" in autograder(course, "results", "lab")

    # Whoever marks sees the plots, and the pictures of the statement and of the answer; no HTML of the student's.
    plot = cells(root, who, "lab")["plot"]["outputs"]
    assert [one["output_type"] for one in plot] == ["stream", "display_data", "display_data"]
    assert all(list(one["data"]) == ["image/png"] for one in plot[1:])
    words = cells(root, who, "words")
    assert list(words["cell-1"]["attachments"]) == ["schema.png"]
    assert set(words["essay"]["attachments"]) == {"frame.png", "mine.png"}
    assert (course / f"autograded/{who}/lab/img/data.png").read_bytes() == NO_PICTURE
    for notebook, pictures in (("lab", 2), ("words", 3)):
        page = formgraded(root, who, notebook)
        assert page.count("data:image/png;base64,") >= pictures
        assert ALERT not in page
    nbgrader(course, "generate_feedback", "lab", "--force")
    assert "data:image/png;base64," in (course / f"feedback/{who}/lab/words.html").read_text()

    # Marked by hand: it reaches results, the gradebook's own export, and the page.
    mark(root, who, "lab", "plot", 2.5, "Name the axes.")
    mark(root, who, "words", "essay", 4, f"Well said. {ALERT}", extra=0.5)
    after = result(root)
    assert (after["score"], after["max_score"], after["awaiting"]) == (12, 12, 0)
    plot_now, essay = question(root, "plot"), question(root, "essay")
    assert (plot_now["score"], plot_now["by_hand"], plot_now["comment"]) == (2.5, True, "Name the axes.")
    assert (essay["score"], essay["extra_credit"]) == (4.5, 0.5)
    nbgrader(course, "export")
    with (course / "grades.csv").open() as file:
        (row,) = [row for row in csv.DictReader(file) if row["student_id"] == who]
    assert (float(row["score"]), float(row["max_score"])) == (12, 12)

    # Graded again, nothing of it is lost; given back, the student reads it.
    autograder(course, "grade", "lab")
    assert result(root)["score"] == 12
    autograder(course, "feedback", "lab")
    nbgrader(course, "release_feedback", "lab")
    nbgrader(root / "student", "fetch_feedback", "lab")
    pages = {path.name: path.read_text() for path in (root / "student/lab/feedback").rglob("*.html")}
    assert set(pages) == {"lab.html", "words.html"}
    assert "Name the axes." in pages["lab.html"]
    assert "Noté par votre enseignant" in pages["lab.html"]
    assert "Well said. &lt;script&gt;" in pages["words.html"]
    assert ALERT not in pages["words.html"]


def formgraded(root: Path, who: str, notebook: str) -> str:
    """What formgrader makes of the executed notebook."""
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = dict.fromkeys(
        ("assignment_id", "notebook_id", "submission_id", "base_url", "student", "last_name", "first_name"), "x"
    ) | {"index": 0, "total": 1, "notebook_path": "x"}
    path = root / f"course/autograded/{who}/lab/{notebook}.ipynb"
    page: str = HTMLExporter(config=config).from_filename(str(path), resources=resources)[0]
    return page
