"""What a checks file is made of, as it was when it was collected: stored verdicts hold as long as this is the same."""

from __future__ import annotations

import sys
import sysconfig
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

import autograder
from autograder.paths import STATE
from autograder.records import digest

STANDARD = frozenset(
    Path(folder).resolve()
    for folder in (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), Path(autograder.__file__).parent)
)
PACKAGES = frozenset(("site-packages", "dist-packages"))
"""Names of the folders that libraries are installed in, wherever: an environment may lie in the course's folder."""


class Sources:
    """Hears which of the course's files are read while its checks are collected: modules, tables of expected values.

    A file is digested at the moment it is opened. A process has one of these: what hears cannot be taken away.
    """

    def __init__(self, root: Path, checks: Path) -> None:
        """Listen from now on. `root` is the course's folder."""
        self._root, self._folder = root.resolve(), checks.resolve().parent
        self._heard: dict[Path, str] = {}
        self._listening = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not self._listening or not isinstance(arguments[0], str):
            return
        if isinstance(arguments[1], str) and arguments[1].strip("rbtU"):
            return  # to be written
        path = _source_of(Path(arguments[0]).resolve())
        if path not in self._heard and path.is_relative_to(self._root) and not is_installed(path):
            self._add(path)

    def _add(self, path: Path) -> None:
        self._heard[path] = ""  # reading it opens it
        try:
            self._heard[path] = digest(path.read_bytes())
        except OSError:
            del self._heard[path]  # a folder, or not there

    def digest(self) -> str:
        """Return the digest of all that was read, and stop listening.

        With it comes what a check may import only when it runs: what lies beside it, what was imported from anywhere.
        """
        modules = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        paths = {Path(name).resolve() for name in modules if isinstance(name, str)}
        for path in sorted({*paths, *self._folder.glob("*.py")} - self._heard.keys()):
            if not is_installed(path):
                self._add(path)
        self._listening = False
        return digest(*(part for path in sorted(self._heard) for part in (self._name(path), self._heard[path])))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._root) if path.is_relative_to(self._root) else path)


def is_installed(path: Path) -> bool:
    """Whether a file is an installed library's, or this project's, and not the course's own."""
    return STATE in path.parts or not PACKAGES.isdisjoint(path.parts) or not STANDARD.isdisjoint(path.parents)


def _source_of(path: Path) -> Path:
    """The source of compiled code; any other file is its own."""
    if path.suffix == ".pyc":
        try:
            return Path(source_from_cache(str(path)))
        except ValueError:
            return path
    return path
