"""Gradescope's account of the submissions it hands over: whose each is, and when it was handed in.

A YAML file that comes with a download, so a stranger's: read event by event for the few texts that are wanted. Nothing
is built of the rest, and an alias stands for a text alone, so that a small file cannot become a large one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

METADATA = "submission_metadata.yml"
LARGEST_BYTES = 32 * 2**20
DEEPEST = 50
"""Levels of lists and mappings. YAML's readers call themselves for each."""
TEXT_CHARS = 200

Path = tuple[str, ...]


@dataclass(frozen=True)
class Submitter:
    """One of those who handed something in."""

    name: str
    sid: str
    email: str


@dataclass(frozen=True)
class HandedInBy:
    """What is said of one submission."""

    submitters: tuple[Submitter, ...]
    created: datetime | None


class NoMetadata(Exception):
    """Why the account is not believed."""


def read_metadata(data: bytes) -> Mapping[str, HandedInBy]:
    """Return what is told, by the submission's folder. Raise NoMetadata for what Gradescope does not write."""
    if len(data) > LARGEST_BYTES:
        raise NoMetadata(f"over {LARGEST_BYTES // 2**20} MB")
    people: dict[str, dict[int, dict[str, str]]] = {}
    created: dict[str, datetime] = {}
    try:
        for path, text in _texts(data):
            match path:
                case (folder, ":submitters", number, (":name" | ":sid" | ":email") as field):
                    people.setdefault(folder, {}).setdefault(int(number), {})[field] = text
                case (folder, ":created_at") if (moment := _moment(text)) is not None:
                    created[folder] = moment
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NoMetadata("it is not the YAML that Gradescope writes") from error
    return {
        folder: HandedInBy(tuple(map(_submitter, people.get(folder, {}).values())), created.get(folder))
        for folder in people.keys() | created.keys()
    }


def _submitter(told: Mapping[str, str]) -> Submitter:
    sid, email = told.get(":sid", ""), told.get(":email", "")
    return Submitter(told.get(":name") or sid or email, sid, email)


@dataclass
class _Level:
    """A list or a mapping that is open."""

    key: str | None = None
    """Of a mapping, the key whose value comes next; None: a key comes next."""
    count: int = -1
    """Of a list, the place of its last item; below 0: a mapping."""

    def begin(self) -> str | None:
        """Return where what comes next stands; None where it is a key."""
        if self.count >= 0:
            self.count += 1
            return str(self.count - 1)
        return self.key

    def end(self, text: str) -> None:
        """Note a text or the end of a list or mapping."""
        if self.count < 0:
            self.key = text if self.key is None else None


def _texts(data: bytes) -> Iterator[tuple[Path, str]]:
    """Yield every text with the keys and places it stands under."""
    texts: dict[str, str] = {}
    levels: list[_Level] = []
    place: list[str] = []
    events: Iterator[Any] = yaml.parse(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for event in events:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(levels) >= DEEPEST:
                raise ValueError("too deep")
            if levels:
                place.append(levels[-1].begin() or "?")
            levels.append(_Level(count=0 if isinstance(event, yaml.SequenceStartEvent) else -1))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            levels.pop()
            if levels:
                place.pop()
                levels[-1].end("?")
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) and levels:
            text = texts.get(event.anchor or "", "") if isinstance(event, yaml.AliasEvent) else event.value[:TEXT_CHARS]
            if isinstance(event, yaml.ScalarEvent) and event.anchor:
                texts[event.anchor] = text
            at = levels[-1].begin()
            if at is not None:
                yield (*place, at), text
            levels[-1].end(text)


def _moment(text: str) -> datetime | None:
    """The moment Rails writes as `2026-11-20 10:30:00.500000000 Z`, in UTC."""
    head, _, zone = text.strip().rpartition(" ")
    whole, _, fraction = head.partition(".")
    try:
        moment = datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}{zone}" if head else text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
