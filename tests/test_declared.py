"""What is imported is declared, and rooms ask nothing of a course's Python but what they say they need."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from autograder.sandbox.environment import NEEDED, OLDEST
from autograder.worker.pytorch.runtime import RUNTIME, TRAINING

OPTIONAL = {
    "sklearn": "data",
    "dask": "dask",
    "distributed": "dask",
    "IPython": "tensorflow",
    "authlib": "lti",
    "requests": "lti",
}
"""Modules that only an extra brings: imported where they are used, with a message where they are not there."""
THE_COURSES = {"jax", "keras", "matplotlib", "pyarrow", "tensorflow", "torch"}
"""Modules that a room imports where the course has loaded them."""
LOADED_LATE = {
    f"worker/pytorch/{name}.py" for name in ("following", "allowed", "augmentation", "rebuild", "running", "training")
}
"""Files of ours that are loaded where the course has loaded what they import."""
WITH_IPYTHON = {"traitlets"}
IN_ROOMS = ("worker", "wire")


def imports(*parts: str) -> Iterator[tuple[Path, str, bool]]:
    """Yield each import of a library: the file, the module at the top, and whether it comes with the file's own."""
    package = Path(__file__).parent.parent / "autograder"
    for path in package.rglob("*.py"):
        if (path.relative_to(package).parts[0] in IN_ROOMS) == bool(parts):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                for name in {one.partition(".")[0] for one in names} - {"autograder"} - sys.stdlib_module_names:
                    yield path, name, node in tree.body


def declared(repository: Path) -> dict[str, set[str]]:
    """Return what pyproject.toml declares: of the project itself under "", else by extra."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    return {name: {_name(one) for one in listed} for name, listed in lists.items()}


def _name(requirement: str) -> str:
    return requirement.replace(">", "[").replace("<", "[").partition("[")[0].strip().lower().replace("_", "-")


def test_what_the_grader_imports_is_declared(repository: Path) -> None:
    brings, known = packages_distributions(), declared(repository)
    missing = {
        f"{path.name}: {module}"
        for path, module, _ in imports()
        if not {_name(one) for one in brings[module]} & known[OPTIONAL.get(module, "")]
    }
    assert missing == set()


def test_what_is_declared_is_imported(repository: Path) -> None:
    brings = packages_distributions()
    imported = {_name(one) for _, module, _ in imports() for one in brings[module]}
    assert {"", "dask", "data", "lti", "postgres", "tensorflow", "torch", "dev"} == set(declared(repository))
    assert declared(repository)[""] - imported == set()


def test_rooms_import_what_they_say_they_need() -> None:
    found = [
        (module, first and not path.as_posix().endswith(tuple(LOADED_LATE)))
        for path, module, first in imports(*IN_ROOMS)
    ]
    at_once = {module for module, first in found if first}
    later = {module for module, first in found if not first}
    assert at_once - WITH_IPYTHON == set(NEEDED)
    assert later - set(NEEDED) == THE_COURSES


def test_what_is_loaded_late_is_loaded_by_no_files_own_imports(repository: Path) -> None:
    late = {f"autograder.{name.removesuffix('.py').replace('/', '.')}" for name in LOADED_LATE}
    for path in (repository / "autograder").rglob("*.py"):
        if path.as_posix().endswith(tuple(LOADED_LATE)):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                named = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                assert named.isdisjoint(late), path


def test_what_is_loaded_late_is_there_before_a_room_is(repository: Path) -> None:
    """No room sees where our files lie: what it asks for and is not loaded is not found."""
    folder = repository / "autograder" / "worker" / "pytorch"
    found: set[str] = set()
    left = [name.rpartition(".")[2] for name in RUNTIME.ahead]
    while left:
        found.add(name := left.pop())
        for node in ast.parse((folder / f"{name}.py").read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder.worker.pytorch"):
                named = {(node.module or "").rpartition(".")[2], *(alias.name for alias in node.names)}
                left += sorted({path.stem for path in folder.glob("*.py")} & named - found)
    assert {Path(one).stem for one in LOADED_LATE} <= found


OLD = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
for path in sorted(Path(sys.argv[1]).glob("autograder/w*/**/*.py")):
    compile(path.read_text(encoding="utf-8"), str(path), "exec")
for path in sys.argv[2:]:
    __import__(path)
"""


def pythons() -> list[str]:
    """Return the oldest Pythons that rooms may run in, of this machine."""
    name = "python" + ".".join(map(str, OLDEST))
    folders = [Path(one) for one in os.environ.get("PATH", "").split(":")]
    folders += (Path.home() / ".pyenv/versions").glob(f"{'.'.join(map(str, OLDEST))}.*/bin")
    found = [str(folder / name) for folder in folders if (folder / name).exists()]
    return [one for one in found if subprocess.run([one, "-c", ""], capture_output=True).returncode == 0]


def test_rooms_run_in_the_oldest_python_they_may(repository: Path) -> None:
    """All of it is Python of that version; what needs no library of it is imported too, for what it asks of Python."""
    if not (found := pythons()):
        pytest.skip(f"no Python {OLDEST[0]}.{OLDEST[1]} here: what rooms run in one was NOT tried")
    modules = [f"autograder.worker.{name}" for name in ("installed", "landlock", "seccomp", "sysroot", "wall")]
    modules += ["autograder.worker.keras.lazy_weights", "autograder.worker.weights", "autograder.wire.functions"]
    done = subprocess.run([found[0], "-c", OLD, str(repository), *modules], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_loaded_late_is_where_it_is_looked_for(repository: Path) -> None:
    """No test without PyTorch would load it: a file that moved would cost every training of a network of it."""
    late = [*LOADED_LATE, TRAINING.removeprefix("autograder.").replace(".", "/") + ".py"]
    assert [name for name in late if not (repository / "autograder" / name).is_file()] == []
