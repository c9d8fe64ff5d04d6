"""Modules of ours that wait for a library: what reads a framework that is not loaded before rooms are forked.

No room sees our files. What rooms may load later is kept as code, and imported from there.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pkgutil import iter_modules
from types import CodeType, ModuleType

from autograder.wire.frameworks import FRAMEWORKS


class _Kept(MetaPathFinder, Loader):
    """Finds modules by the code that is kept of them."""

    def __init__(self, codes: dict[str, CodeType]) -> None:
        self._codes = codes

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname in self._codes else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._codes[module.__name__], vars(module))  # noqa: S102 - what an import is: the code is ours


def keep() -> None:
    """Keep those that are not loaded, while our files are in sight. Nothing of a framework that is not there."""
    there = [one for one in FRAMEWORKS if one.name in sys.modules or importlib.util.find_spec(one.name)]
    folders = [f"{__package__}.{one.folder}" for one in there]
    paths = {folder: importlib.import_module(folder).__path__ for folder in folders}
    names = [one.name for folder, path in paths.items() for one in iter_modules(path, f"{folder}.")]
    sys.meta_path.append(_Kept({name: _code(name) for name in names if name not in sys.modules}))


def _code(name: str) -> CodeType:
    spec = importlib.util.find_spec(name)
    code = spec.loader.get_code(name) if spec and isinstance(spec.loader, InspectLoader) else None
    assert code is not None, f"{name} lies beside this module"
    return code
