"""What stands in for another computer does nothing, quietly, and never for ever."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from autograder.worker import elsewhere


@pytest.fixture(autouse=True)
def _unasked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(elsewhere, "_asked", 0)
    yield


def test_any_name_can_be_imported_and_does_nothing() -> None:
    space: dict[str, object] = {}
    exec(
        "from autograder.worker.elsewhere import drive, files as f\nimport autograder.worker.elsewhere as google", space
    )
    exec("drive.mount('/content/drive', force_remount=True)\nuploaded = f.upload()", space)
    exec("empty = [*uploaded], len(uploaded), uploaded['a.csv'].decode\ngoogle.colab.output.x['y'] = 1", space)
    assert repr(space["drive"]) == "<drive: not here while grading>"


def test_a_decorated_function_survives() -> None:
    interact = elsewhere.Absent("interact")
    assert interact(len, x=(0, 10)) is len
    assert interact(x=(0, 10))(len) is len


def test_special_methods_are_not_made_up() -> None:
    assert not hasattr(elsewhere, "__path__")
    assert not hasattr(elsewhere.Absent("x"), "_repr_html_")
    assert importlib.import_module("autograder.worker.elsewhere") is elsewhere


def test_nobody_answers_and_a_loop_that_waits_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert elsewhere.empty_answer("How many? ") == ""
    assert capsys.readouterr().out == "How many? \n"
    with pytest.raises(EOFError, match="nobody is there to answer"):
        while not elsewhere.empty_answer():
            pass
