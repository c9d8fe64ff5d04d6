"""What a notebook sets before its imports is known before its rooms import anything."""

from __future__ import annotations

import pytest

from autograder.notebook.variables import variables_of


@pytest.mark.parametrize(
    "source",
    [
        'import os\nos.environ["KERAS_BACKEND"] = "torch"\nimport keras',
        "from os import environ\nenviron['KERAS_BACKEND'] = 'torch'",
        'os.environ.setdefault("KERAS_BACKEND", "torch")',
        'os.environ.update({"KERAS_BACKEND": "torch", "OTHER": level})',
        'os.environ.update(KERAS_BACKEND="torch")',
        "%env KERAS_BACKEND=torch\nimport keras",
        "%set_env KERAS_BACKEND torch",
        'if True:\n    os.environ["KERAS_BACKEND"] = "torch"',
    ],
)
def test_each_way_of_setting_a_variable_is_read(source: str) -> None:
    assert variables_of(["x = 1", source]) == {"KERAS_BACKEND": "torch"}


@pytest.mark.parametrize(
    "source",
    [
        'os.environ["LD_PRELOAD"] = "/tmp/x.so"',
        'os.environ["PYTHONPATH"] = "x"',
        'os.environ["KERAS_BACKEND"] = choice',
        'os.environ["KERAS_BACKEND"] = "torch; rm"',
        'settings["KERAS_BACKEND"] = "torch"',
        '# os.environ["KERAS_BACKEND"] = "torch"',
        "%env",
        "os.environ.update(**more)",
        "os.environ.update({**more})",
        "not python (",
    ],
)
def test_nothing_else_is(source: str) -> None:
    assert variables_of([source]) == {}


def test_the_first_that_is_set_counts() -> None:
    cells = ['os.environ["TF_USE_LEGACY_KERAS"] = "1"', "%env TF_USE_LEGACY_KERAS=0", "%env JAX_ENABLE_X64=1"]
    assert variables_of(cells) == {"TF_USE_LEGACY_KERAS": "1", "JAX_ENABLE_X64": "1"}
