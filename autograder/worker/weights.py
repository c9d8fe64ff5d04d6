"""Answer what libraries would download, weights above all, from the shelf and from beside the notebook.

A room finds its assignment's weights under `/data`, a folder each with one file. Libraries ask by the file's name:
Keras through `get_file`, which `keras.applications` calls with `weights="imagenet"`; other frameworks say through what
(`Runtime.wrap_for`). The file they are given is the shelf's own, whatever its digest: the course chose it. It lies in
the notebook's folder too, for `load_weights`, `load_model` and their like.

What is nowhere is an OSError that names the file: the host reads there what the course must bring.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

SHELF = "/data"
MANIFEST = "weights.json"
WEIGHTS = (".h5", ".keras", ".hdf5", ".pth", ".pt", ".ckpt", ".safetensors", ".npz")
"""What files of weights are called."""


class NotOnShelf(OSError):
    """A file that a library wants to download is neither on the shelf nor beside the notebook."""


def wrap_for(name: str, shelf: Path = Path(SHELF)) -> Callable[[ModuleType], None] | None:
    """Return what to do to the module `name` once it has run; None: nothing."""
    wrap = {
        "keras.src.utils.file_utils": _answer_get_file,
        "keras.utils": _answer_get_file,
        "keras._tf_keras.keras.utils": _answer_get_file,
        "tf_keras.src.utils.data_utils": _answer_get_file,
    }.get(name)
    return functools.partial(wrap, shelf) if wrap else None


def lay_beside(shelf: Path = Path(SHELF)) -> None:
    """Have each file of weights lie in the current folder under its name, where nothing else has it."""
    for path in _files(shelf):
        with contextlib.suppress(OSError):
            Path(path.name).symlink_to(path)


def _files(shelf: Path) -> Iterator[Path]:
    for manifest in sorted(shelf.glob(f"*/{MANIFEST}")):
        yield from (path for path in sorted(manifest.parent.iterdir()) if path != manifest)


def find(shelf: Path, name: str) -> Path:
    """Return the file of this name: the shelf's, or the one beside the notebook. Raise NotOnShelf."""
    known = {path.name: path for path in _files(shelf)}
    found = known.get(name, Path(name))
    if name and found.is_file():
        return found.absolute()
    there = ", ".join(known) or "none"
    if name.endswith(WEIGHTS):
        raise NotOnShelf(
            f"the weights {name} are not among this assignment's data, and there is no network here to download them "
            f"from; its weights: {there}"
        )
    raise NotOnShelf(f"no network while grading: the file {name} is neither on the data shelf nor beside the notebook")


def name_in(address: object) -> str:
    return Path(unquote(urlsplit(str(address)).path)).name


# --- Keras ------------------------------------------------------------------------------------------------------------


def _answer_get_file(shelf: Path, module: ModuleType) -> None:
    get = getattr(module, "get_file", None)
    if get is None or hasattr(get, "__wrapped__"):  # done already, where it is defined
        return

    @functools.wraps(get)
    def get_file(fname: Any = None, origin: Any = None, *args: Any, **kwargs: Any) -> Any:
        if not str(origin).startswith(("http://", "https://", "ftp://")):
            return get(fname, origin, *args, **kwargs)
        found = _either(shelf, Path(str(fname or "")).name, name_in(origin))
        if not (kwargs.get("untar") or kwargs.get("extract") or any(arg is True for arg in args)):
            return str(found)
        for hashed in ("file_hash", "md5_hash"):
            kwargs.pop(hashed, None)
        return get(fname, found.as_uri(), *args, **kwargs)

    module.get_file = get_file  # type: ignore[attr-defined]


def _either(shelf: Path, *names: str) -> Path:
    """The file of the first of `names` that is there. Raise NotOnShelf of the first."""
    for name in filter(None, names):
        with contextlib.suppress(NotOnShelf):
            return find(shelf, name)
    return find(shelf, next(filter(None, names), ""))
