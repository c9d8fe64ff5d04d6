"""Imports go one way, the rooms load nothing of the judge's, and no file outgrows what one reads at once."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

import autograder
from autograder.networks.frameworks import DIALECTS
from autograder.wire.frameworks import FRAMEWORKS

LAYERS = (
    {"__main__"},
    {"cli"},
    {"commands"},
    {"authoring"},
    {"calibrate", "validate", "mutate", "doctor"},
    {"export", "similarity", "nbgrader.compat", "nbgrader.differences", "check"},
    {"nbgrader.scores"},
    {"nbgrader.handed_in"},
    {"pipeline"},
    {"session", "marking", "marks"},
    {"assessment"},
    {
        "engine",
        "report",
        "intake",
        "leaks",
        "release",
        "given_files",
        "solution",
        "nbgrader",
        "grades",
        "asserts",
        "remarks",
    },
    {"training", "course_python"},
    {"sandbox", "judge", "store", "databases", "rows", "course", "roster"},
    {"coherence"},
    {"assignment"},
    {"course_yaml", "nbgrader.address"},
    {"networks", "fairness"},
    {"data", "notebook", "paths", "evidence"},
    {"records", "locale", "sheets"},
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


# --- Bounds -----------------------------------------------------------------------------------------------------------

LINES, FUNCTION_LINES, ASSIGNMENT_MODULES, LOCAL_IMPORTS = 400, 40, 8, 5


@pytest.fixture(scope="module")
def modules(repository: Path) -> dict[str, ast.Module]:
    """Each module of the package, parsed, by its path in it."""
    package = repository / "autograder"
    files = {path.relative_to(package).as_posix(): path for path in sorted(package.rglob("*.py"))}
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in files.items()}


def test_no_file_is_longer_than_one_reads_at_once(repository: Path) -> None:
    package = repository / "autograder"
    lines = {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for path in package.rglob("*.py")
    }
    assert [f"{name}: {count}" for name, count in lines.items() if count > LINES] == []


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_function_is_longer_than_a_screen(modules: dict[str, ast.Module]) -> None:
    long = {
        f"{name}: {one.name}": size
        for name, tree in modules.items()
        for one in _functions(tree)
        if (size := (one.end_lineno or 0) - one.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def _top_imports(tree: ast.Module) -> set[str]:
    """What a module imports when it is loaded, by dotted names below `autograder`; what only types need left out."""
    found: set[str] = set()
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        match waiting.pop():
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.FunctionDef() | ast.AsyncFunctionDef():
                continue
            case ast.Import(names=names):
                found |= {one.name for one in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {module, *(f"{module}.{one.name}" for one in names)}
            case node:
                waiting += ast.iter_child_nodes(node)
    return {name.removeprefix("autograder.") for name in found if name.startswith("autograder.")}


def test_no_imports_go_in_a_circle(modules: dict[str, ast.Module]) -> None:
    names = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in modules}
    asked = {name: _top_imports(modules[file]) & names.keys() - {name} for name, file in names.items()}
    # A package is loaded before what is in it: only what it imports itself counts for that.
    left = {name: {one for one in found if not name.startswith(f"{one}.")} for name, found in asked.items()}
    while free := [name for name, found in left.items() if not found & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


def _local_imports(tree: ast.Module) -> int:
    """How many statements inside functions import modules of the project, but for those that import a framework."""
    inside = {node for one in _functions(tree) for node in ast.walk(one) if isinstance(node, ast.ImportFrom)}
    ours = [node.module for node in inside if (node.module or "").startswith("autograder")]
    return sum("pytorch" not in name for name in ours if name)


def test_imports_stand_at_the_top(modules: dict[str, ast.Module]) -> None:
    """Frameworks are imported where they are asked for, for a room may hold none: it is of our own that this speaks."""
    local = {name: _local_imports(tree) for name, tree in modules.items() if not name.startswith("commands/")}
    assert sum(local.values()) <= LOCAL_IMPORTS, {name: count for name, count in local.items() if count}


def test_few_know_all_of_an_assignment(modules: dict[str, ast.Module]) -> None:
    """A stage is given what it needs: its source notebook, its settings, and not all that was loaded."""
    known = {
        name
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "autograder.assignment"
        if "Assignment" in {one.name for one in node.names}
    }
    assert len(known | {"assignment.py"}) <= ASSIGNMENT_MODULES, known


def test_a_name_has_one_meaning(modules: dict[str, ast.Module]) -> None:
    classes = Counter(
        node.name
        for tree in modules.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in classes.items() if count > 1] == []


# --- Frameworks -------------------------------------------------------------------------------------------------------

_, *OTHERS = FRAMEWORKS
NAMES_A_FRAMEWORK = {
    "wire/frameworks.py": "the one list",
    "recipes.py": "what Keras runs on",
    "worker/training/backends.py": "what Keras runs on",
    "calibrate.py": "an example in a message",
    "judge/libraries.py": "how names of libraries are misspelt",
    "mutate/operators/": "what cells of a notebook call layers",
    "authoring/": "what cells of a notebook import, and whose tensors a check may give",
}
"""What names one outside its own folders, and why: none of it asks which one a network is of."""


def _is_of_a_framework(name: str) -> bool:
    folders = [f"{side}/{one.folder}/" for side in ("networks", "worker") for one in OTHERS]
    return name.startswith(tuple(folders))


def _texts(tree: ast.Module) -> list[str]:
    """Return the texts that a module works with: what it says of itself is left out."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said]
    return [node.value for node in found if isinstance(node.value, str)]


def test_who_names_a_framework_is_its_own_folder(modules: dict[str, ast.Module]) -> None:
    """One more is a folder on each side of the wall and a line in `wire/frameworks.py`: nothing else knows of it."""
    words = {word for one in OTHERS for word in (one.name, *one.modules, *one.distributions, DIALECTS[one.name].shown)}
    named = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(words)))})\b")
    found = {name for name, tree in modules.items() if any(map(named.search, _texts(tree)))}
    found = {name for name in found if not _is_of_a_framework(name)}
    assert {name for name in found if not name.startswith(tuple(NAMES_A_FRAMEWORK))} == set()
    assert {one for one in NAMES_A_FRAMEWORK if not any(name.startswith(one) for name in found)} == set()


def test_nobody_imports_what_is_a_frameworks_own(modules: dict[str, ast.Module]) -> None:
    """Its `dialect` and its `runtime` are all that is known of it. Of Keras's, what all networks have in common is."""
    own = tuple(f"{side}.{one.folder}" for side in ("networks", "worker") for one in OTHERS)
    importing = {
        f"{name} imports {node.module}"
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not _is_of_a_framework(name)
        if (node.module or "").removeprefix("autograder.").startswith(own)
        or any(f"{node.module}.{alias.name}".removeprefix("autograder.") in own for alias in node.names)
    }
    assert importing == set()


def test_nobody_asks_which_framework_it_is(modules: dict[str, ast.Module]) -> None:
    """That two networks are of one may be asked; of which, is asked of no network, layer or value."""
    asking = {
        f"{name}:{node.lineno}"
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and not _is_of_a_framework(name) and _asks(node)
    }
    assert asking == set()


def _asks(compared: ast.Compare) -> bool:
    parts = [*ast.walk(compared)]
    about = {one.attr for one in parts if isinstance(one, ast.Attribute)} & {"framework", "origin"}
    among = {one.value for one in parts if isinstance(one, ast.Constant)}
    return bool(about) and not among.isdisjoint(one.name for one in FRAMEWORKS)
