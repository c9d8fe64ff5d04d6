"""What lies in a folder, a zip or a tar archive, read as a stranger's: one entry after the other, counted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from autograder.intake.links import kind_of, oddity
from autograder.intake.names import read_names

MOST_ENTRIES = 200_000
LARGEST_FILE = 200 * 2**20
LARGEST_TOTAL = 20 * 2**30
"""Bytes, unpacked."""
LARGEST_RATIO, RATIO_FROM = 200, 2**30
"""Unpacked size to archive's size, of what is unpacked to more than a gigabyte. Notebooks are a tenth of their size."""
DIRECTORY_BYTES = 64 * 2**20
"""Largest table of contents of a zip: it is held in memory."""
SYSTEM = {"__macosx", ".ds_store", ".git", ".ipynb_checkpoints", "__pycache__", "thumbs.db", "desktop.ini"}
"""Names of what programs leave behind, in lower case."""
CHUNK = 2**20
LONGEST_NAME = 1000
"""Bytes of an entry's whole name: more than any file has, and less than a path may have where it lands."""
HEADER_BYTES = 8 * 2**20
"""What may stand in a tar archive between two files: long names and attributes, all held in memory."""
_END_OF_ZIP = struct.Struct("<4s4H2LH")
_END_OF_ZIP64 = struct.Struct("<4sQ2H2L4Q")
_ZIP64_LOCATOR_BYTES = 20
_ZIP_ENTRY_BYTES = 46
_UNPACKED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
"""What unpacks a stream that begins so."""


class BadArchive(Exception):
    """An archive out to do harm, or no archive at all: why, and what to do."""


@dataclass(frozen=True)
class Skipped:
    """What was not taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class ArchiveEntry:
    """One file."""

    parts: tuple[str, ...]
    """Of its name, relative and clean, in Unicode's composed form."""
    size: int
    """In bytes, as the archive says."""
    time: datetime | None
    key: int
    """Its place in the archive."""


@dataclass(frozen=True)
class Listing:
    """The files of an archive, what was left aside, and how many files only programs need."""

    entries: tuple[ArchiveEntry, ...]
    skipped: tuple[Skipped, ...]
    system: int
    repositories: bool
    """Whether it holds git repositories."""


@dataclass(frozen=True)
class Raw:
    """One entry, as an archive has it."""

    name: str | bytes
    """Bytes where nothing says how they are encoded."""
    odd: str
    """Why it is not a file: `folder` for a folder, empty for a file."""
    size: int
    time: datetime | None = None


class Source(Protocol):
    """Where submissions come from."""

    def entries(self) -> Iterator[Raw]:
        """Yield each entry, in the archive's order."""
        ...

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        """Yield the content of the entries at these places, in the archive's order; None for a damaged one."""
        ...


def open_source(path: Path) -> Source:
    """Return what reads `path`. Raise BadArchive where it is neither a folder nor an archive."""
    if path.is_dir():
        return _Folder(path)
    if not path.exists():
        raise BadArchive("there is no such file or folder")
    with path.open("rb") as file:
        start = file.read(2)
    if start != b"PK" and _is_tar(path):  # before zip: its last file may be one, whose directory ends both
        return _Tar(path)
    if zipfile.is_zipfile(path):
        return _Zip(path)
    raise BadArchive("neither a folder, nor a zip, nor a tar archive")


def list_source(source: Source, size: int) -> Listing:
    """Return what a source of `size` bytes holds (0: a folder). Raise BadArchive where it would fill the disk."""
    raw: list[Raw] = []
    total = 0
    for one in source.entries():
        if len(raw) >= MOST_ENTRIES:
            raise BadArchive(f"more than {MOST_ENTRIES} entries")
        if not one.odd:
            total += one.size
            _refuse_flood(total, size)
        raw.append(one)
    entries: list[ArchiveEntry] = []
    skipped: list[Skipped] = []
    seen: set[tuple[str, ...]] = set()
    system = 0
    repositories = False
    for key, (one, name) in enumerate(zip(raw, read_names([one.name for one in raw]), strict=True)):
        parts, problem = _clean(name)
        repositories = repositories or ".git" in parts
        if not problem and any(_is_system(part) for part in parts):
            system += one.odd != "folder"
        elif problem or one.odd not in ("", "folder"):
            skipped.append(Skipped(_shown(name), problem or one.odd))
        elif not parts and not one.odd:
            skipped.append(Skipped(_shown(name), "no name"))
        elif parts in seen and not one.odd:
            skipped.append(Skipped(_shown(name), "the same name again"))
        elif parts and not one.odd:
            seen.add(parts)
            entries.append(ArchiveEntry(parts, one.size, one.time, key))
    return Listing(tuple(entries), tuple(skipped), system, repositories)


def _refuse_flood(total: int, size: int) -> None:
    if total > LARGEST_TOTAL:
        raise BadArchive(f"more than {LARGEST_TOTAL // 2**30} GB unpacked")
    if size and total > RATIO_FROM and total > LARGEST_RATIO * size:
        raise BadArchive(f"it unpacks to more than {LARGEST_RATIO} times its size, as archives made to fill a disk do")


def _clean(raw: str) -> tuple[tuple[str, ...], str]:
    """The parts of an entry's name, and why it cannot be taken."""
    name = raw.replace("\\", "/")
    parts = tuple(unicodedata.normalize("NFC", part) for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or (parts and len(parts[0]) > 1 and parts[0][1] == ":"):
        return parts, "an absolute name"
    if ".." in parts:
        return parts, "a name that leads out of its folder"
    if any(unicodedata.category(character) in ("Cc", "Cs") for part in parts for character in part):
        return parts, "a name that is not text"
    if any(len(part.encode()) > 255 for part in parts) or len("/".join(parts).encode()) > LONGEST_NAME:
        return parts, "a name too long"
    return parts, ""


def _is_system(part: str) -> bool:
    return part.lower() in SYSTEM or part.startswith("._")


def _shown(raw: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in raw)[:200]


class _Folder:
    """A folder on disk. Links in it are not followed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: list[Path] = []

    def entries(self) -> Iterator[Raw]:
        self._files = []
        for root, folders, names in os.walk(self._path):
            folders.sort()
            here = Path(root).stat()
            links = [name for name in folders if (Path(root) / name).is_symlink()]
            for name in sorted([*names, *links]):
                path = Path(root) / name
                self._files.append(path)
                info = path.lstat()
                yield Raw(self._name(path), oddity(info, here), info.st_size)
            if ".git" in folders:  # its objects are no one's submission, and many
                folders.remove(".git")
                self._files.append(Path(root) / ".git")
                yield Raw(self._name(Path(root) / ".git"), "folder", 0)

    def _name(self, path: Path) -> bytes:
        return os.fsencode(path.relative_to(self._path))

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        for key in sorted(wanted):
            try:
                descriptor = os.open(self._files[key], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                yield key, None
                continue
            with os.fdopen(descriptor, "rb") as file:
                yield key, file


class _Zip:
    """A zip archive. Its table of contents is held; its files never are."""

    def __init__(self, path: Path) -> None:
        _refuse_many(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # zipfile raises whatever the fields it trusts lead to
            raise BadArchive(f"a damaged zip: {error}") from error

    def entries(self) -> Iterator[Raw]:
        for info in self._zip.infolist():
            odd = "encrypted" if info.flag_bits & 1 else _zip_oddity(info)
            yield Raw(_zip_name(info), odd, info.file_size, _zip_time(info))

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        infos = self._zip.infolist()
        for key in sorted(wanted):
            try:
                file = self._zip.open(infos[key])
            except Exception:  # as above
                yield key, None
                continue
            with file:
                yield key, file


def _refuse_many(path: Path) -> None:
    """Count a zip's entries before zipfile holds a record of each. A directory that is not there is zipfile's to say.

    It is found as zipfile finds it: right before the end records, whatever they say of its place.
    """
    with path.open("rb") as file:
        whole = file.seek(0, os.SEEK_END)
        file.seek(max(whole - 2**16 - _END_OF_ZIP.size, 0))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        end = tail[at : at + _END_OF_ZIP.size] if at >= 0 else b""
        if len(end) < _END_OF_ZIP.size:
            return
        size, ends = int(_END_OF_ZIP.unpack(end)[5]), whole - len(tail) + at
        before = tail[max(at - _ZIP64_LOCATOR_BYTES - _END_OF_ZIP64.size, 0) : at]
        if before[-_ZIP64_LOCATOR_BYTES:].startswith(b"PK\x06\x07") and before.startswith(b"PK\x06\x06"):
            size, ends = int(_END_OF_ZIP64.unpack(before[: _END_OF_ZIP64.size])[8]), ends - len(before)
        if size > DIRECTORY_BYTES:
            raise BadArchive(f"more than {MOST_ENTRIES} entries")
        file.seek(max(ends - size, 0))
        directory = file.read(size)
    place = count = 0
    while directory[place : place + 4] == b"PK\x01\x02" and place + _ZIP_ENTRY_BYTES <= len(directory):
        place += _ZIP_ENTRY_BYTES + sum(struct.unpack_from("<3H", directory, place + 28))
        count += 1
        if count > MOST_ENTRIES:
            raise BadArchive(f"more than {MOST_ENTRIES} entries")


def _zip_oddity(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    return "folder" if info.filename.endswith("/") else kind_of(mode) if stat.S_IFMT(mode) else ""


def _zip_name(info: zipfile.ZipInfo) -> str | bytes:
    """The entry's name: text where it says that it is UTF-8, or a field beside it is; else its bytes."""
    if info.flag_bits & 0x800:
        return info.filename
    for kind, field in _extra_fields(info):
        if kind == 0x7075 and field[:1] == b"\1":  # Info-ZIP's, good for the name it has the checksum of
            name = info.orig_filename.encode("cp437")
            if field[1:5] == struct.pack("<L", zlib.crc32(name)):
                return field[5:]
    return info.orig_filename.encode("cp437", errors="replace")


def _extra_fields(info: zipfile.ZipInfo) -> Iterator[tuple[int, bytes]]:
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + length]
        extra = extra[4 + length :]


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    """When the file was last written: in UTC where the entry says so, else on the clock of here."""
    for kind, field in _extra_fields(info):
        if kind == 0x5455 and len(field) >= 5 and field[0] & 1:
            return datetime.fromtimestamp(struct.unpack_from("<l", field, 1)[0], UTC)
    if info.date_time[0] <= 1980:
        return None
    try:
        return datetime(*info.date_time).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


class _Tar:
    """A tar archive, in any of the compressions Python reads. It is read from front to back, once a pass."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> Iterator[Raw]:
        for info, _ in self._infos():
            odd = "" if info.isreg() else "folder" if info.isdir() else "a link" if info.issym() or info.islnk() else ""
            name = info.name.encode(errors="surrogateescape")
            yield Raw(name, odd or ("" if info.isreg() else "a device"), info.size, _tar_time(info))

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        for key, (info, archive) in enumerate(self._infos()):
            if key in wanted:
                yield key, archive.extractfile(info)

    def _infos(self) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        try:
            with _open_tar(self._path) as (archive, gauge):
                while True:
                    gauge.left = HEADER_BYTES
                    info = archive.next()
                    gauge.left = None
                    if info is None:
                        return
                    yield info, archive
                    archive.members = []  # type: ignore[attr-defined]  # it would hold every one it has met
        except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
            raise BadArchive(f"a damaged tar archive: {error}") from error


class _Gauge(io.RawIOBase):
    """A stream of which no more than `left` bytes can be read: what stands between two files is read whole."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.left: int | None = HEADER_BYTES
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        if self.left is not None:
            if not 0 <= size <= self.left:
                raise tarfile.ReadError(f"more than {HEADER_BYTES // 2**20} MB that are no file")
            self.left -= size
        return self._stream.read(size)

    def seek(self, place: int, whence: int = os.SEEK_SET, /) -> int:
        return self._stream.seek(place, whence)

    def tell(self) -> int:
        return self._stream.tell()


@contextmanager
def _open_tar(path: Path) -> Iterator[tuple[tarfile.TarFile, _Gauge]]:
    with path.open("rb") as file:
        unpack = _UNPACKED.get(file.read(2))
    with path.open("rb") if unpack is None else unpack(path, "rb") as stream:
        gauge = _Gauge(stream)
        with tarfile.TarFile(fileobj=gauge) as archive:
            yield archive, gauge


def _is_tar(path: Path) -> bool:
    try:
        with _open_tar(path):
            return True
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        return False


def _tar_time(info: tarfile.TarInfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(info.mtime, UTC) if info.mtime > 0 else None
    except (OverflowError, ValueError, OSError):
        return None
