"""A course with a Python of its own: libraries that the grader has not, and a module beside the notebook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COURSE_YAML = """
python: {python}
course: data
title: Data
assignments:
  lab:
    title: Lab
    limits: {cell_seconds: 60, seconds: 120}
"""
ANSWER = (
    '{"schema_version": 3, "grade_id": "mean-answer", "solution": true, "grade": false, "locked": false, "task": false}'
)
TESTS = (
    '{"schema_version": 3, "grade_id": "mean", "solution": false, "grade": true, "locked": true, "points": 2, '
    '"task": false}'
)
SOURCE = f"""
# Lab

```python
import pandas as pd
import pyarrow as pa
import seaborn as sns
import tensorflow as tf

from utils import table
```

```python nbgrader={ANSWER}
### BEGIN SOLUTION
def mean(frame):
    return float(frame["score"].mean())
### END SOLUTION
```

```python nbgrader={TESTS}
assert mean(table()) == 2.0
assert pa.Table.from_pandas(table()).num_rows == 3
assert sns.barplot(table(), x="name", y="score") is not None
assert int(tf.reduce_sum(tf.constant([1, 2]))) == 3
```
"""
UTILS = """
import pandas as pd


def table():
    return pd.DataFrame({"name": ["ada", "bob", "cleo"], "score": [1, 2, 3]})
"""


def make_lab(root: Path, python: Path, files: dict[str, str]) -> None:
    """Write a course whose rooms run in the environment of a Python, with one assignment of these files."""
    source = root / "source" / "lab"
    source.mkdir(parents=True)
    (root / "course.yaml").write_text(COURSE_YAML.replace("{python}", str(python.parent.parent)))
    for name, text in files.items():
        (source / name).write_text(text)


def autograder(root: Path, *arguments: str) -> str:
    """Run a command of a course, and return what it prints."""
    command = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "note: each room imports" not in done.stderr
    return done.stdout


@pytest.mark.tensorflow
def test_a_course_with_pandas_pyarrow_and_seaborn_is_graded(course_python: Path, tmp_path: Path) -> None:
    make_lab(tmp_path, course_python, {"lab.md": SOURCE, "utils.py": UTILS})
    absent = "import importlib.util as u; print([n for n in ('pyarrow', 'seaborn') if u.find_spec(n)])"
    assert subprocess.run([sys.executable, "-c", absent], capture_output=True, text=True, check=True).stdout == "[]\n"
    autograder(tmp_path, "release", "lab")
    assert "fit to hand out" in autograder(tmp_path, "validate", "lab")
    released = json.loads((tmp_path / "release" / "lab" / "lab.ipynb").read_text())
    for student, answer in (("ada", "def mean(frame):\n    return frame.score.mean()"), ("bob", "mean = None")):
        for cell in released["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "mean-answer":
                cell["source"] = answer
        folder = tmp_path / "submitted" / student / "lab"
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_text(json.dumps(released))
    autograder(tmp_path, "grade", "lab")
    rows = [json.loads(line) for line in autograder(tmp_path, "results", "lab", "--json").splitlines()]
    assert [(row["student"], row["status"], row["score"]) for row in rows] == [
        ("ada", "graded", 2),
        ("bob", "graded", 0),
    ]


JAX_CELL = ANSWER.replace("mean-answer", "net-answer"), TESTS.replace('"mean"', '"net"')
JAX_SOURCE = f"""
# Lab

```python
import os

os.environ["KERAS_BACKEND"] = "jax"
import keras
from keras import layers, ops
```

```python nbgrader={JAX_CELL[0]}
### BEGIN SOLUTION
inputs = keras.Input((8, 8, 3))
hidden = ops.relu(layers.Conv2D(4, 3, padding="same")(inputs))
model = keras.Model(inputs, layers.GlobalAveragePooling2D()(layers.add([hidden, layers.Conv2D(4, 1)(inputs)])))


def squares(numbers):
    return ops.sum(ops.convert_to_tensor(numbers) ** 2, axis=-1)
### END SOLUTION
```

```python nbgrader={JAX_CELL[1]}
assert keras.backend.backend() == "jax"
```
"""
JAX_CHECKS = '''
"""Checks."""

import numpy as np

from autograder import call, model, question
from autograder.asserts import assert_close, assert_params, assert_same_network

NUMBERS = np.arange(12, dtype="float32").reshape(3, 4)
block, sums = model("model"), call("squares", NUMBERS)


@question("net")
def test_block(block, sums):
    """A residual block, and sums of squares."""
    assert_same_network(block)
    assert_params(block, 128)
    assert_close(sums, (NUMBERS**2).sum(axis=-1))
'''


def test_a_notebook_that_names_kerass_backend_runs_on_it(course_python: Path, tmp_path: Path) -> None:
    """TensorFlow is there too, and what rooms have imported before the first cell would be what runs."""
    make_lab(tmp_path, course_python, {"lab.md": JAX_SOURCE, "checks.py": JAX_CHECKS})
    autograder(tmp_path, "release", "lab")
    assert "fit to hand out" in autograder(tmp_path, "validate", "lab")
