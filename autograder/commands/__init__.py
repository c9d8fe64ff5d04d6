"""The commands. A file of this folder whose name has no `_` in front is one: `app` in it, a Typer, is what is run.

It is loaded when it is asked for, so it may import at its top what it alone needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.main import get_command


class Commands(Mapping[str, Any]):
    """Each command by its name, as Typer runs it; a file is loaded once its command is asked for."""

    def __init__(self) -> None:
        self._names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        command = get_command(import_module(f"{__name__}.{name}").app)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
