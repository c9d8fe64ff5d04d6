"""What of the solutions and the checks stands in a release: in its notebooks line by line, in its other files as text.

A file is opened whatever it is: text in any encoding, notebooks and other JSON, pages without their tags, archives and
office documents. Pictures and PDF are not read.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from autograder.assignment import SourceNotebook
from autograder.errors import Problem
from autograder.given_files import is_litter, is_private, release_files
from autograder.notebook.regions import cell_name, given_lines, solution_lines, solutions_in_text
from autograder.paths import CHECKS
from autograder.release import read_release

TELLING_CHARS = 8
"""A line of fewer characters than this, `)` or `x = 1`, gives nothing away."""
TELLING_LINES = 3
"""So many lines of one answer in another file give it away; fewer where it has no more."""
COMMON = re.compile(
    r"(?:import|from) .*|plt\.\w+\(\)|return \w+|(?:else|try|finally):|(?:for|while|if|with) \w+.*:|@?[\w.]+\(\)"
)
"""What any notebook may hold."""
READ_BYTES = 50 * 2**20
DEPTH = 3
"""How many archives inside one another are opened."""
UNREAD = (".pdf", ".ps", ".doc", ".ppt", ".xls")
"""Documents whose text is drawn, or of a form of their own."""

_TAG = re.compile(r"<(/?)([A-Za-z][\w:]*)[^<>]*>")
_INLINE = ("span", "b", "i", "em", "strong", "code", "a", "font", "w:t", "w:r", "text:span")


@dataclass(frozen=True)
class _Secret:
    """What one answer, or the checks, would give away."""

    owner: str
    lines: frozenset[str]


def leaks(source: SourceNotebook) -> Iterator[Problem]:
    """Yield each line of a solution or of the checks that the release on disk gives away, and each file that holds one.

    A line that the source gives to students elsewhere is no leak.
    """
    secrets = _secrets(source)
    yield from _in_notebook(source, secrets)
    folder = source.paths.release(source.name)
    notebooks = {folder / f"{one.stem}.ipynb" for one in (source.path, *source.others)}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        shown, name = source.paths.shown(path), path.relative_to(folder)
        if is_private(name) or path.name in _checks_files(source):
            yield Problem(shown, 0, "", "the grader's own file, in what students get: remove it")
        elif is_litter(name):
            yield Problem(shown, 0, "", "an editor's copy, a cache or a hidden file, in what students get: remove it")
        elif path not in notebooks:
            yield from (Problem(shown, 0, "", f"gives away {owner}") for owner in _given_away(path, secrets))


def unread(source: SourceNotebook) -> list[Path]:
    """Return the files of the release in which no solution would be found: somebody must look at them."""
    folder = source.paths.release(source.name)
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in UNREAD and path.is_file()]


def _checks_files(source: SourceNotebook) -> set[str]:
    return {CHECKS, *(f"{one.stem}_{CHECKS}" for one in (source.path, *source.others))}


def _secrets(source: SourceNotebook) -> list[_Secret]:
    """What nobody outside may read: the lines of each solution, and of the checks, that say something."""
    given = given_lines(source.notebook)
    lines: dict[str, set[str]] = {}
    for line in solution_lines(source.notebook):
        lines.setdefault(f"the solution in {line.cell}", set()).add(line.text)
    for file in release_files(source):
        if file.source.suffix != ".ipynb":
            for text in solutions_in_text(_decoded(_start(file.source))):
                lines.setdefault(f"the solution in {file.name}", set()).add(text)
    if source.checks.exists():
        checks = _decoded(source.checks.read_bytes()).splitlines()
        lines[source.checks.name] = {line.strip() for line in checks}
    telling = {owner: {one for one in found if len(one) >= TELLING_CHARS} - given for owner, found in lines.items()}
    return [_Secret(owner, frozenset(found)) for owner, found in telling.items() if found]


def _in_notebook(source: SourceNotebook, secrets: list[_Secret]) -> Iterator[Problem]:
    shown = source.paths.shown(source.paths.release(source.name) / source.notebook_file)
    owners = {line: secret.owner for secret in secrets for line in secret.lines}
    for index, cell in enumerate(read_release(source).cells):
        for line in map(str.strip, cell.source.splitlines()):
            if line in owners:
                yield Problem(shown, 0, cell_name(index, cell), f"gives away a line of {owners[line]}: {line}")


def _given_away(path: Path, secrets: list[_Secret]) -> Iterator[str]:
    """Yield whose lines a file holds, enough of them to be no accident, and one of them."""
    there = {line.strip() for text in _texts(path.name, _start(path), DEPTH) for line in text.splitlines()}
    for secret in secrets:
        own = {line for line in secret.lines if not COMMON.fullmatch(line)}
        held = own & there
        if held and len(held) >= min(TELLING_LINES, len(own)):
            yield f"{secret.owner}: {max(held, key=len)}"


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(READ_BYTES)


def _texts(name: str, data: bytes, depth: int) -> Iterator[str]:
    """Yield what can be read in a file: its text, and that of the files in it."""
    inside = list(_members(name, data)) if depth else []
    for other, content in inside:
        yield from _texts(other, content, depth - 1)
    if not inside:
        text = _decoded(data)
        yield text
        yield from _strings(data)
        if "<" in text:
            yield _without_tags(text)


def _members(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files in an archive, or in a document that is one; nothing where it is none, or broken."""
    left = READ_BYTES
    try:
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for one in archive.infolist():
                    content = archive.open(one).read(left) if not one.is_dir() else b""
                    left -= len(content)
                    yield one.filename, content
        elif data.startswith(b"\x1f\x8b"):
            yield name.removesuffix(".gz"), gzip.GzipFile(fileobj=io.BytesIO(data)).read(left)
        elif data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                for entry in tar:
                    file = tar.extractfile(entry) if entry.isfile() else None
                    content = file.read(left) if file else b""
                    left -= len(content)
                    yield entry.name, content
    except Exception:  # the decompressors raise whatever they happen to; what cannot be opened tells nobody anything
        return


def _decoded(data: bytes) -> str:
    """A file as text, whatever its encoding: Latin letters read alike in all but UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _strings(data: bytes) -> Iterator[str]:
    """Yield the strings of a JSON file: a notebook's cells, outputs and metadata."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return
    try:
        waiting: list[Any] = [msgspec.json.decode(data)]
    except (msgspec.DecodeError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
            if "<" in value:
                yield _without_tags(value)
        elif isinstance(value, list):
            waiting += value
            if value and all(isinstance(one, str) for one in value):
                yield "".join(value)
        elif isinstance(value, dict):
            waiting += value.values()


def _without_tags(text: str) -> str:
    """A page or a document as it is read: what stands in one line of code is one line."""
    return html.unescape(_TAG.sub(lambda tag: "" if tag[2].lower() in _INLINE else "\n", text))
