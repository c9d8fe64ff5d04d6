"""Writes calibrated thresholds into course.yaml, and leaves every other line as its author wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from autograder.errors import CourseError, Problem
from autograder.recipes import MetricName, Threshold

KEY = "thresholds"
INDENT = 2

Thresholds = Mapping[str, Mapping[MetricName, Threshold]]


def write_thresholds(path: Path, shown: Path, place: list[str], thresholds: Thresholds) -> None:
    """Set the thresholds of the profile at `place`, a list of keys from course.yaml's top.

    Those of probes that are not among `thresholds` stay. Raises CourseError, with the lines to paste, where the file is
    written in a way that cannot be edited.
    """
    text = path.read_text(encoding="utf-8")
    edited = edit(text, place, thresholds)
    if edited is None or not _holds(edited, text, place, thresholds):
        snippet = "".join(f"    {line}\n" for line in _block(thresholds, 0))
        why = f"could not be edited (an anchor, or a list in its place): paste this under {'.'.join(place)}:\n{snippet}"
        raise CourseError([Problem(shown, 0, "", why)])
    path.write_text(edited, encoding="utf-8")


def edit(text: str, place: list[str], thresholds: Thresholds) -> str | None:
    """Return the text of course.yaml with the thresholds at `place`; None where there is no such place."""
    node = _find(yaml.compose(text, Loader=yaml.SafeLoader), place[:-1])
    if node is None:
        return None
    _, profile = _entry(node, place[-1])
    column = node.start_mark.column
    if profile is None:
        return _insert(text, node, [f"{' ' * column}{place[-1]}:", *_block(thresholds, column + INDENT)])
    if not isinstance(profile, yaml.MappingNode):
        return None
    known = _values(profile).get(KEY) or {}
    whole = {**known, **_plain(thresholds)}
    if profile.flow_style:
        return _rewrite(text, profile, {**_values(profile), KEY: whole}, column + INDENT)
    key, old = _entry(profile, KEY)
    lines = _block(whole, profile.start_mark.column)
    if key is None or old is None:
        return _insert(text, profile, lines)
    return _replace(text, key.start_mark.line, _last_line(text, old), lines)


def _find(node: yaml.Node | None, keys: list[str]) -> yaml.MappingNode | None:
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            return None
        _, node = _entry(node, key)
    return node if isinstance(node, yaml.MappingNode) and not node.flow_style else None


def _entry(node: yaml.MappingNode, name: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    return next(((key, value) for key, value in node.value if key.value == name), (None, None))


def _values(node: yaml.Node) -> dict[str, Any]:
    values: dict[str, Any] = yaml.SafeLoader("").construct_document(node)
    return values


def _plain(thresholds: Thresholds) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(dict(thresholds))
    return plain


def _block(thresholds: Mapping[str, Any], column: int) -> list[str]:
    """The thresholds as YAML lines, a metric a line."""
    dumped = yaml.safe_dump({KEY: _plain(thresholds)}, sort_keys=False, default_flow_style=None, width=1000)
    return [" " * column + line for line in dumped.splitlines()]


def _rewrite(text: str, node: yaml.Node, values: dict[str, Any], column: int) -> str:
    """Write a `{…}` out in lines: there is no room in it for thresholds."""
    dumped = yaml.safe_dump(values, sort_keys=False, default_flow_style=None, allow_unicode=True, width=1000)
    block = "".join(f"\n{' ' * column}{line}" for line in dumped.splitlines())
    return text[: node.start_mark.index].rstrip(" ") + block + text[node.end_mark.index :]


def _insert(text: str, node: yaml.Node, lines: list[str]) -> str:
    """Add lines after the last line of a block."""
    last = _last_line(text, node)
    return _replace(text, last + 1, last, lines)


def _last_line(text: str, node: yaml.Node) -> int:
    """The last line of a node that is not blank or a comment: a block's end mark lies before the next key."""
    lines = text.splitlines()
    last = node.end_mark.line
    if last > node.start_mark.line and node.end_mark.column <= node.start_mark.column:
        last -= 1
    last = min(last, len(lines) - 1)
    while last > node.start_mark.line and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
        last -= 1
    return last


def _replace(text: str, first: int, last: int, new: list[str]) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:first], *new, *lines[last + 1 :]]) + "\n"


def _holds(edited: str, text: str, place: list[str], thresholds: Thresholds) -> bool:
    """Whether the edited file says the new thresholds, and everything else as before."""
    before, after = yaml.safe_load(text), yaml.safe_load(edited)
    inner = after
    for key in place:
        inner = inner[key]
    found = inner.pop(KEY)
    old = before
    for key in place[:-1]:
        old = old[key]
    if place[-1] not in old:
        old[place[-1]] = {}
    if old[place[-1]] is None:
        old[place[-1]] = {}
    old[place[-1]].pop(KEY, None)
    return before == after and all(found.get(name) == value for name, value in _plain(thresholds).items())
