"""The shelf: `SHELF/NAME/set.json` and one `.npy` an array, written beside, then renamed: a set that is there is whole.

A public set has `x_train y_train x_test y_test`, and its folder is shown to rooms. A hidden set has `x y`; its folder
never is, so that its labels stay on this side of the wall. Examples are images, rows of a table, or texts; sequences of
unequal length are one after the other in `x_train`, and `x_train_ends` says where each ends.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.data.arrays import (
    ENDS,
    HIDDEN,
    NUMBERS,
    PUBLIC,
    TEXTS,
    Arrays,
    check_arrays,
    classes_of,
    dtype_name,
    plain_array,
    shown_array,
)
from autograder.errors import DataError
from autograder.records import digest
from autograder.wire.messages import Record
from autograder.wire.ready import ready

FETCHED = (
    *("boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters"),
)
"""Sets that `keras.datasets` brings to a connected machine."""
STAND_INS = ("cifar10", "cifar10-hidden", "fashion_mnist", "mnist", "mnist-hidden")
"""Sets that have an embedded stand-in; the last is a hidden set."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}")
_MANIFEST = "set.json"
WEIGHTS = "weights.json"
"""In place of it, where a name holds weights."""
MODES = {False: (0o755, 0o644), True: (0o700, 0o600)}
"""By hidden or not, of folder and files: rooms run as nobody and read a public set, its owner alone a hidden one."""


class ArrayInfo(Record, frozen=True):
    """One array of a set."""

    dtype: Annotated[str, msgspec.Meta(pattern=f"^({NUMBERS}|{TEXTS})$")]
    """NumPy's name: `uint8`; of texts of at most 40 characters, `U40`. Little-endian on disk."""
    shape: tuple[Annotated[int, msgspec.Meta(ge=1)], ...]
    digest: str
    """`sha256:…` of its bytes, C-ordered."""

    @property
    def size(self) -> int:
        """In bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


class _Manifest(Record, frozen=True):
    """What set.json holds."""

    name: str
    digest: str
    arrays: dict[str, ArrayInfo]
    classes: Annotated[int, msgspec.Meta(ge=1)]
    hidden: bool
    stand_in: bool
    origin: str
    class_names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    files: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True)
class About:
    """What is known of a set beside its arrays, where it is known."""

    class_names: Sequence[str] = ()
    """By label."""
    columns: Sequence[str] = ()
    """Of a table, those of its inputs."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files that rooms find beside the arrays, by their name there: a table as it was written."""


class DataSet(Record, tag="set", frozen=True):
    """One set of the shelf."""

    name: str
    digest: str
    """`sha256:…` over the names, dtypes, shapes and bytes of its arrays."""
    folder: Path
    arrays: Mapping[str, ArrayInfo]
    classes: int
    """One more than the highest label."""
    hidden: bool
    """Whether rooms see nothing of it."""
    stand_in: bool
    """Whether it only takes the place of the set of this name: results measured on it say so."""
    origin: str
    """Where it comes from, in one sentence."""
    class_names: tuple[str, ...] = ()
    """By label; empty where they are not known."""
    columns: tuple[str, ...] = ()
    """Of a table, those of its inputs."""
    files: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Files beside the arrays: `sha256:…` by name."""

    @property
    def examples(self) -> int:
        return sum(info.shape[0] for name, info in self.arrays.items() if name.startswith("y"))

    @property
    def kind(self) -> Literal["images", "texts", "rows"]:
        """What its examples are."""
        inputs = self.arrays["x" if self.hidden else "x_train"]
        if inputs.dtype.startswith("U") or len(inputs.shape) == 1:
            return "rows" if self.columns else "texts"
        return "rows" if self.columns or len(inputs.shape) == 2 else "images"

    @property
    def classified(self) -> bool:
        """Whether labels are classes, and not quantities."""
        return not self.arrays["y" if self.hidden else "y_train"].dtype.startswith("float")

    @property
    def size(self) -> int:
        """Of its arrays, in bytes."""
        return sum(info.size for info in self.arrays.values())


def shelf_folder() -> Path:
    """Return `$AUTOGRADER_DATA`, or else `keras-autograder/data` in the user's data folder."""
    if chosen := os.environ.get("AUTOGRADER_DATA"):
        return Path(chosen)
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "keras-autograder" / "data"


def remedy(name: str) -> str:
    """Return the commands that bring the set `name`, or bring it again."""
    ways = [f"`autograder data fetch {name}` on a connected machine"] if name in FETCHED else []
    ways += [f"`autograder data add {name} PATH` from an .npz file, a table or a folder"]
    ways += [f"`autograder data add {name} --stand-in` for a demo or a test"] if name in STAND_INS else []
    return f"bring it with {', or '.join(ways)}"


@dataclass(frozen=True)
class Shelf:
    """The sets in one folder, which need not exist before the first is added."""

    folder: Path

    def sets(self) -> tuple[DataSet, ...]:
        """Return every set, in order of name. Raise DataError for the first that is not whole."""
        return tuple(self.get(name) for name in self.names())

    def names(self) -> tuple[str, ...]:
        """Return the names of what is there, sets and weights, whole or not."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(path.name for path in self.folder.iterdir() if path.is_dir() and _is_name(path.name)))

    def get(self, name: str) -> DataSet:
        """Return one set: its description, and that every file has the dtype, shape and length it gives.

        Raises DataError where that is not so. The bytes are left unread: `verify` reads them.
        """
        found = self._described(name)
        for file in found.files:
            if not _FILE_NAME.fullmatch(file) or not (found.folder / file).is_file():
                raise _broken(name, f"{file} is missing")
        for array, info in found.arrays.items():
            self._check_form(found, array, info)
        return found

    def verify(self, name: str) -> DataSet:
        """Return one set, every byte read again and compared. Raise DataError where one differs."""
        found = self.get(name)
        for array, info in found.arrays.items():
            if _digest_of(_map(found.folder, array)) != info.digest:
                raise _broken(name, f"{array}.npy is altered: its bytes are not those that were added")
        for file, expected in found.files.items():
            if digest((found.folder / file).read_bytes()) != expected:
                raise _broken(name, f"{file} is altered: its bytes are not those that were added")
        if _digest_of_set(found.arrays) != found.digest:
            raise _broken(name, f"{_MANIFEST} is altered: its digest is not that of its arrays")
        return found

    def open(self, name: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of one set, mapped read-only from its files. Raise DataError as `get` does."""
        found = self.get(name)
        return {array: _map(found.folder, array) for array in found.arrays}

    def add(
        self,
        name: str,
        arrays: Arrays,
        *,
        hidden: bool = False,
        stand_in: bool = False,
        origin: str,
        replace: bool = False,
        about: About | None = None,
    ) -> DataSet:
        """Write a set: N examples of any numeric dtype or N texts, and N labels of shape (N,) or (N, 1).

        Labels are integers from 0; of a table, they may be quantities. Raises DataError where the arrays are not such,
        where the set is there and `replace` is not asked for, and where the folder cannot be written.
        """
        check_name(name)
        if name in self.names() and not replace:
            raise DataError(
                f"data set {name}: it is on the shelf already ({self.folder / name}): "
                f"look at it with `autograder data verify {name}`, or add --replace to put this one in its place"
            )
        about = about or About()
        check_arrays(name, arrays, hidden=hidden, table=bool(about.columns))
        keys = HIDDEN if hidden else (*PUBLIC, *(key for key in ENDS if key in arrays))
        plain = {key: plain_array(arrays[key]) for key in keys}
        manifest = _manifest(name, plain, about, hidden=hidden, stand_in=stand_in, origin=origin)
        try:
            self._write(manifest, plain, about.files)
        except OSError as error:
            raise DataError(
                f"data set {name}: {self.folder} cannot be written: {error.strerror or error}; mend that, or name "
                f"another folder in AUTOGRADER_DATA, then run `autograder data add` or `fetch` again"
            ) from error
        return self.get(name)

    def _write(self, manifest: _Manifest, arrays: Arrays, files: Mapping[str, Path]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with beside(self.folder, manifest.name) as folder:
            for key, array in arrays.items():
                np.save(folder / f"{key}.npy", array, allow_pickle=False)
            for file, path in files.items():
                shutil.copyfile(path, folder / file)
            (folder / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
            folder_mode, file_mode = MODES[manifest.hidden]
            for path in folder.iterdir():
                path.chmod(file_mode)
            folder.chmod(folder_mode)
            put(folder, self.folder / manifest.name)

    def _described(self, name: str) -> DataSet:
        check_name(name)
        folder = self.folder / name
        if not folder.is_dir():
            raise DataError(f"data set {name}: it is not on the shelf ({self.folder}): {remedy(name)}")
        if not (folder / _MANIFEST).exists() and (folder / WEIGHTS).exists():
            raise DataError(f"data set {name}: these are weights, which nothing is trained or tested on")
        try:
            manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=ready(_Manifest))
        except (OSError, msgspec.MsgspecError) as error:
            raise _broken(name, f"{_MANIFEST} cannot be read: {error}") from error
        if manifest.name != name or set(manifest.arrays) - {*ENDS} != set(HIDDEN if manifest.hidden else PUBLIC):
            raise _broken(name, f"{_MANIFEST} is altered: it describes another set")
        fields = {field: getattr(manifest, field) for field in manifest.__struct_fields__}
        return DataSet(folder=folder, **fields)

    def _check_form(self, found: DataSet, array: str, info: ArrayInfo) -> None:
        try:
            mapped = _map(found.folder, array)
        except FileNotFoundError as error:
            raise _broken(found.name, f"{array}.npy is missing") from error
        except (OSError, ValueError, EOFError) as error:  # shorter than its header says, or no array at all
            raise _broken(found.name, f"{array}.npy is truncated or altered: {error}") from error
        if (mapped.dtype, mapped.shape) != (np.dtype(info.dtype).newbyteorder("<"), info.shape):
            given, expected = shown_array(mapped.dtype.str, mapped.shape), shown_array(info.dtype, info.shape)
            raise _broken(found.name, f"{array}.npy is altered: it holds {given}, expected {expected}")


def _manifest(name: str, arrays: Arrays, about: About, *, hidden: bool, stand_in: bool, origin: str) -> _Manifest:
    infos = {key: ArrayInfo(dtype_name(array), array.shape, _digest_of(array)) for key, array in arrays.items()}
    return _Manifest(
        name,
        _digest_of_set(infos),
        infos,
        classes_of(arrays),
        hidden,
        stand_in,
        origin,
        tuple(about.class_names),
        tuple(about.columns),
        {file: digest(path.read_bytes()) for file, path in about.files.items()},
    )


def check_name(name: str) -> None:
    """Raise DataError where `name` is not that of a set: it is a folder's too, and no path may come out of it."""
    if not _is_name(name):
        raise DataError(
            f"data set {name!r}: not a name: small letters, digits, _ and -, a letter or digit first, "
            "as in `autograder data add my-set my-set.npz`"
        )


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _broken(name: str, what: str) -> DataError:
    return DataError(
        f"data set {name}: {what}; {remedy(name)}, with --replace; "
        f"`autograder data verify {name}` then says whether it is whole"
    )


def _map(folder: Path, array: str) -> NDArray[Any]:
    mapped: NDArray[Any] = np.load(folder / f"{array}.npy", mmap_mode="r", allow_pickle=False)
    return mapped


def _digest_of(array: NDArray[Any]) -> str:
    return f"sha256:{hashlib.sha256(np.ascontiguousarray(array).data.cast('B')).hexdigest()}"


def _digest_of_set(infos: Mapping[str, ArrayInfo]) -> str:
    parts = [(name, info.dtype, str(list(info.shape)), info.digest) for name, info in sorted(infos.items())]
    return digest(*(text for part in parts for text in part))


@contextmanager
def beside(shelf: Path, name: str) -> Iterator[Path]:
    """Make a folder on the shelf whose name is no set's, and remove what is left of it."""
    folder = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=shelf))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(folder: Path, place: Path) -> None:
    """Rename `folder` to `place`; what is there moves away first. Processes that map its files keep them."""
    if not place.exists():
        folder.rename(place)
        return
    with beside(place.parent, place.name) as old:
        place.rename(old)  # onto an empty folder: allowed
        folder.rename(place)
