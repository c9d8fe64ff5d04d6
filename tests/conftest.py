from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import digits
from autograder.data.shelf import Shelf
from autograder.sandbox.rooms import Zygote

REPOSITORY = Path(__file__).parent.parent

os.environ["AUTOGRADER_FRESH"] = "1"  # a command that a test runs leaves no process behind

settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The project's own tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def course_python(repository: Path) -> Path:
    """The interpreter of a course's own environment, which `make` prepares beside the grader's."""
    found = repository / ".venv-course" / "bin" / "python"
    if not found.exists():
        pytest.fail("no .venv-course here: `make .venv-course/ready` makes it, and `make check` does before the tests")
    return found


@pytest.fixture(scope="session")
def light_zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """Warm rooms without TensorFlow."""
    with Zygote(["numpy"], tmp_path_factory.mktemp("cache")) as zygote:
        yield zygote


@pytest.fixture(scope="session")
def keras_zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """Warm rooms with TensorFlow and Keras."""
    with Zygote(["numpy", "tensorflow", "keras", "matplotlib.pyplot"], tmp_path_factory.mktemp("cache")) as zygote:
        yield zygote


@pytest.fixture(scope="session")
def digits_shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A data shelf with the stand-in digits and a hidden set of theirs. Nothing may be written to it."""
    return digits.fill_shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def digits_course(tmp_path: Path, digits_shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course of `digits`, whose data are on the shelf."""
    monkeypatch.setenv("AUTOGRADER_DATA", str(digits_shelf.folder))
    return digits.make_course(tmp_path, digits_shelf)


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output does not depend on who runs the tests."""
    for name in ("FORCE_COLOR", "COLUMNS", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    os.environ.setdefault("TERM", "dumb")
