"""Imports go one way, and the rooms load nothing of the judge's."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import autograder

LAYERS = (
    {"__main__"},
    {"cli"},
    {"commands"},
    {"authoring"},
    {"calibrate", "validate", "mutate", "doctor"},
    {"export", "nbgrader.compat", "nbgrader.differences"},
    {"nbgrader.scores"},
    {"nbgrader.handed_in"},
    {"pipeline"},
    {"session", "marking"},
    {"assessment"},
    {"engine", "report", "intake", "leaks", "release", "solution", "nbgrader", "grades", "asserts", "remarks"},
    {"training", "environment"},
    {"sandbox", "judge", "store", "course", "roster"},
    {"coherence"},
    {"assignment"},
    {"course_yaml", "nbgrader.address"},
    {"networks", "fairness"},
    {"data", "notebook", "paths", "evidence", "sheets"},
    {"records", "locale"},
    {"recipes", "nbgrader.rules"},
    {"errors", "wire"},
)
"""From the top down. A file named here stands there; a folder's other files where the folder stands."""
FLOOR = {name: floor for floor, names in enumerate(LAYERS) for name in names}


def _part(module: Sequence[str]) -> str:
    """Where in `LAYERS` a module stands, by its names below `autograder`."""
    file = ".".join(module[:2])
    return file if file in FLOOR else module[0]


def _imports(path: Path, package: Path) -> set[str]:
    """The parts of the package that a module imports, its own left out."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {tuple(name.split(".")[1:]) for name in names if name.startswith("autograder.")}
    own = path.relative_to(package).with_suffix("").parts
    there = {names for names in found if (package / names[0]).is_dir() or (package / f"{names[0]}.py").exists()}
    return {_part(names) for names in there} - {_part(own)}


@pytest.fixture(scope="module")
def imports(repository: Path) -> dict[str, set[str]]:
    package = repository / "autograder"
    found: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        part = _part(path.relative_to(package).with_suffix("").parts)
        if part != "__init__":
            found.setdefault(part, set()).update(_imports(path, package))
    return found


def test_every_part_has_its_layer(imports: dict[str, set[str]]) -> None:
    assert set(imports) - {"worker"} == set(FLOOR)


def test_imports_go_down(imports: dict[str, set[str]]) -> None:
    up = [
        f"{part} imports {other}"
        for part, others in imports.items()
        for other in others
        if part != "worker" and FLOOR.get(other, -1) < FLOOR[part]
    ]
    assert up == []


def test_the_worker_imports_the_wire_alone_and_nobody_imports_it(imports: dict[str, set[str]]) -> None:
    assert imports["worker"] == {"wire"}
    assert [part for part, others in imports.items() if "worker" in others] == []


def test_the_wire_imports_nothing_of_ours(imports: dict[str, set[str]]) -> None:
    assert imports["wire"] == set()


def test_only_paths_knows_file_names(repository: Path) -> None:
    names = ("course.yaml", "results.db", "nbgrader_config.py", ".evidence")
    found = {
        path.name
        for path in (repository / "autograder").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(names)
    }
    assert found == {"paths.py"}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("autograder.worker.run", ("autograder.judge", "pytest", "autograder.records")),
        ("autograder.judge.plugin", ("tensorflow", "keras", "autograder.sandbox", "IPython")),
        ("autograder.pipeline", ("tensorflow", "keras", "nbformat", "nbgrader", "pytest", "IPython")),
    ],
)
def test_a_process_does_not_load_what_is_another_ones(module: str, absent: tuple[str, ...]) -> None:
    script = f"import sys, {module}; print([name for name in {absent!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_file_stands_before_what_checks_import(repository: Path) -> None:
    names = {path.stem for path in (repository / "autograder").iterdir()}
    assert names.isdisjoint(autograder.__all__)
