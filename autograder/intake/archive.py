"""What lies in a folder, a zip or a tar archive, read as a stranger's: one entry after the other, counted."""

from __future__ import annotations

import os
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

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
_END_OF_ZIP = struct.Struct("<4s4H2LH")


class Refused(Exception):
    """An archive out to do harm, or no archive at all: why, and what to do."""


@dataclass(frozen=True)
class Skipped:
    """What was not taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Entry:
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

    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]
    system: int
    repositories: bool
    """Whether it holds git repositories."""


class Source(Protocol):
    """Where submissions come from."""

    def entries(self) -> Iterator[tuple[str, str, int, datetime | None]]:
        """Yield each entry: raw name, why it is not a file (`folder` for a folder, empty for a file), size, time."""
        ...

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        """Yield the content of the entries at these places, in the archive's order; None for a damaged one."""
        ...


def open_source(path: Path) -> Source:
    """Return what reads `path`. Raise Refused where it is neither a folder nor an archive."""
    if path.is_dir():
        return _Folder(path)
    if not path.exists():
        raise Refused("there is no such file or folder")
    if zipfile.is_zipfile(path):
        return _Zip(path)
    if tarfile.is_tarfile(path):
        return _Tar(path)
    raise Refused("neither a folder, nor a zip, nor a tar archive")


def list_source(source: Source, size: int) -> Listing:
    """Return what a source of `size` bytes holds (0: a folder). Raise Refused for one that would fill the disk."""
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    seen: set[tuple[str, ...]] = set()
    system = total = 0
    repositories = False
    for key, (raw, odd, length, time) in enumerate(source.entries()):
        if key >= MOST_ENTRIES:
            raise Refused(f"more than {MOST_ENTRIES} entries")
        parts, problem = _clean(raw)
        repositories = repositories or ".git" in parts
        if not problem and any(_is_system(part) for part in parts):
            system += odd != "folder"
        elif problem or odd not in ("", "folder"):
            skipped.append(Skipped(_shown(raw), problem or odd))
        elif parts in seen and not odd:
            skipped.append(Skipped(_shown(raw), "the same name again"))
        elif parts and not odd:
            seen.add(parts)
            total += length
            _refuse_flood(total, size)
            entries.append(Entry(parts, length, time, key))
    return Listing(tuple(entries), tuple(skipped), system, repositories)


def _refuse_flood(total: int, size: int) -> None:
    if total > LARGEST_TOTAL:
        raise Refused(f"more than {LARGEST_TOTAL // 2**30} GB unpacked")
    if size and total > RATIO_FROM and total > LARGEST_RATIO * size:
        raise Refused(f"it unpacks to more than {LARGEST_RATIO} times its size, as archives made to fill a disk do")


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
    if any(len(part.encode()) > 255 for part in parts) or len(parts) > 40:
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

    def entries(self) -> Iterator[tuple[str, str, int, datetime | None]]:
        self._files = []
        for root, folders, names in os.walk(self._path):
            folders.sort()
            links = [name for name in folders if (Path(root) / name).is_symlink()]
            for name in sorted([*names, *links]):
                path = Path(root) / name
                self._files.append(path)
                info = path.lstat()
                yield str(path.relative_to(self._path)), _oddity(info.st_mode), info.st_size, None
            if ".git" in folders:  # its objects are no one's submission, and many
                folders.remove(".git")
                self._files.append(Path(root) / ".git")
                yield str((Path(root) / ".git").relative_to(self._path)), "folder", 0, None

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        for key in sorted(wanted):
            try:
                file = self._files[key].open("rb")
            except OSError:
                yield key, None
                continue
            with file:
                yield key, file


def _oddity(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link"
    if stat.S_ISDIR(mode):
        return "folder"
    return "" if stat.S_ISREG(mode) else "a device"


class _Zip:
    """A zip archive. Its table of contents is held; its files never are."""

    def __init__(self, path: Path) -> None:
        if _directory_bytes(path) > DIRECTORY_BYTES:
            raise Refused(f"more than {MOST_ENTRIES} entries")
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise Refused(f"a damaged zip: {error}") from error

    def entries(self) -> Iterator[tuple[str, str, int, datetime | None]]:
        for info in self._zip.infolist():
            odd = "encrypted" if info.flag_bits & 1 else _zip_oddity(info)
            yield _zip_name(info), odd, info.file_size, _zip_time(info)

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        infos = self._zip.infolist()
        for key in sorted(wanted):
            try:
                file = self._zip.open(infos[key])
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
                yield key, None
                continue
            with file:
                yield key, file


def _directory_bytes(path: Path) -> int:
    """The size a zip's end record gives its table of contents; more than any for one beyond 4 GB."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 2**16 - _END_OF_ZIP.size, 0))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    found = tail[at : at + _END_OF_ZIP.size] if at >= 0 else b""
    return int(_END_OF_ZIP.unpack(found)[5]) if len(found) == _END_OF_ZIP.size else 2**32


def _zip_oddity(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    return "folder" if info.is_dir() else _oddity(mode) if stat.S_IFMT(mode) else ""


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The entry's name; in UTF-8 where its bytes are, as some programs write them without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    """When the file was last written: in UTC where the entry says so, else on the clock of here."""
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 0x5455 and length >= 5 and len(extra) >= 9 and extra[4] & 1:
            return datetime.fromtimestamp(struct.unpack_from("<l", extra, 5)[0], UTC)
        extra = extra[4 + length :]
    if info.date_time[0] <= 1980:
        return None
    try:
        return datetime(*info.date_time).astimezone(UTC)
    except ValueError:
        return None


class _Tar:
    """A tar archive, in any of the compressions Python reads. It is read from front to back, once a pass."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> Iterator[tuple[str, str, int, datetime | None]]:
        for info in self._infos():
            odd = (
                "" if info.isfile() else "folder" if info.isdir() else "a link" if info.issym() or info.islnk() else ""
            )
            yield info.name, odd or ("" if info.isfile() else "a device"), info.size, _tar_time(info)

    def _infos(self) -> Iterator[tarfile.TarInfo]:
        try:
            with tarfile.open(self._path) as archive:
                yield from archive
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            raise Refused(f"a damaged tar archive: {error}") from error

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes] | None]]:
        with tarfile.open(self._path) as archive:
            for key, info in enumerate(archive):
                if key in wanted:
                    yield key, archive.extractfile(info)


def _tar_time(info: tarfile.TarInfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(info.mtime, UTC) if info.mtime > 0 else None
    except (OverflowError, ValueError, OSError):
        return None
