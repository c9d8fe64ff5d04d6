"""Weights on the shelf: `SHELF/NAME/weights.json` and one file, as a library or a course calls it.

They are what a notebook would download (`keras.applications`, torchvision) or find beside it (`load_weights`). The file
is copied and hashed, never opened for what it holds: reading weights can run code, and is a room's business.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Annotated

import msgspec

from autograder.data.shelf import MODES, WEIGHTS, DataSet, Shelf, beside, check_name, put
from autograder.errors import DataError
from autograder.wire.messages import Record
from autograder.wire.ready import ready

_FILE_NAME = r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,199}$"


class _Manifest(Record, frozen=True):
    """What weights.json holds."""

    name: str
    file: Annotated[str, msgspec.Meta(pattern=_FILE_NAME)]
    digest: str
    size: Annotated[int, msgspec.Meta(ge=1)]
    origin: str


class Weights(Record, tag="weights", frozen=True):
    """One file of weights on the shelf. Rooms that may load it see its folder."""

    name: str
    digest: str
    """`sha256:…` of its bytes."""
    folder: Path
    file: str
    """Its name, by which notebooks ask for it."""
    size: int
    """In bytes."""
    origin: str
    """Where it comes from, in one sentence."""
    hidden: bool = False
    stand_in: bool = False


Item = DataSet | Weights
"""What an assignment's `data` may name."""


def is_weights(shelf: Shelf, name: str) -> bool:
    """Whether the shelf has weights under this name."""
    return name in shelf.names() and (shelf.folder / name / WEIGHTS).is_file()


def get_weights(shelf: Shelf, name: str) -> Weights:
    """Return weights, their file of the length it should have. Raise DataError where they are not whole."""
    folder = shelf.folder / name
    try:
        manifest = msgspec.json.decode((folder / WEIGHTS).read_bytes(), type=ready(_Manifest))
        size = (folder / manifest.file).stat().st_size
    except (OSError, msgspec.MsgspecError) as error:
        raise _broken(name, f"they cannot be read: {error}") from error
    if (manifest.name, manifest.size) != (name, size):
        raise _broken(name, f"{manifest.file} is truncated or altered: {size} bytes, expected {manifest.size}")
    return Weights(name, manifest.digest, folder, manifest.file, size, manifest.origin)


def verify_weights(shelf: Shelf, name: str) -> Weights:
    """Return weights, every byte read again and compared. Raise DataError where one differs."""
    found = get_weights(shelf, name)
    if _digest_of(found.folder / found.file) != found.digest:
        raise _broken(name, f"{found.file} is altered: its bytes are not those that were added")
    return found


def add_weights(shelf: Shelf, name: str, path: Path, *, replace: bool = False) -> Weights:
    """Put a file of weights on the shelf under its own name.

    Raises DataError where it is no such file, where something of this name is there and `replace` is not asked for, and
    where the shelf cannot be written.
    """
    check_name(name)
    if not path.is_file() or not path.stat().st_size:
        raise DataError(f"weights {name}: {path} is not a file with content; expected one, as the library names it")
    if name in shelf.names() and not replace:
        raise DataError(
            f"weights {name}: {shelf.folder / name} is on the shelf already: add --replace to put these in its place"
        )
    manifest = _Manifest(name, path.name, _digest_of(path), path.stat().st_size, f"Added from {path.name}.")
    try:
        msgspec.json.decode(msgspec.json.encode(manifest), type=ready(_Manifest))
    except msgspec.ValidationError as error:
        raise DataError(f"weights {name}: {path.name!r} is no name for a file of weights: rename it") from error
    try:
        _write(shelf, manifest, path)
    except OSError as error:
        raise DataError(
            f"weights {name}: {shelf.folder} cannot be written: {error.strerror or error}; mend that, or name another "
            "folder in AUTOGRADER_DATA"
        ) from error
    return get_weights(shelf, name)


def _write(shelf: Shelf, manifest: _Manifest, path: Path) -> None:
    shelf.folder.mkdir(parents=True, exist_ok=True)
    folder_mode, file_mode = MODES[False]
    with beside(shelf.folder, manifest.name) as folder:
        shutil.copyfile(path, folder / manifest.file)
        (folder / WEIGHTS).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        for one in folder.iterdir():
            one.chmod(file_mode)
        folder.chmod(folder_mode)
        put(folder, shelf.folder / manifest.name)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _broken(name: str, what: str) -> DataError:
    return DataError(
        f"weights {name}: {what}; bring them again with `autograder data add {name} FILE --weights --replace`"
    )
