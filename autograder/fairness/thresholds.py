"""Writes calibrated thresholds into course.yaml, and leaves every other line as its author wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    text = path.read_bytes().decode("utf-8")  # its ends of lines as they are
    edited = edit(text, place, thresholds)
    if edited is None or not _holds(edited, text, place, thresholds):
        snippet = "".join(f"    {line}\n" for line in _block(thresholds, 0))
        reason = "an anchor, or a comment or the recipe itself within braces"
        why = f"could not be edited ({reason}): paste this under {'.'.join(place)}:\n{snippet}"
        raise CourseError([Problem(shown, 0, "", why)])
    path.write_bytes(edited.encode("utf-8"))


def edit(text: str, place: list[str], thresholds: Thresholds) -> str | None:
    """Return the text of course.yaml with the thresholds at `place`; None where there is no such place."""
    node = _find(yaml.compose(text, Loader=yaml.SafeLoader), place[:-1])
    if node is None:
        return None
    _, profile = _entry(node, place[-1])
    column = _column(node)
    if profile is None:
        return _insert(text, node, [f"{' ' * column}{place[-1]}:", *_block(thresholds, column + INDENT)])
    if not isinstance(profile, yaml.MappingNode):
        return None
    known = _values(profile).get(KEY) or {}
    whole = {**known, **_plain(thresholds)}
    if profile.flow_style:
        if "#" in text[profile.start_mark.index : profile.end_mark.index]:  # a comment would be lost
            return None
        return _rewrite(text, profile, {**_values(profile), KEY: whole}, column + INDENT)
    key, old = _entry(profile, KEY)
    lines = _block(whole, _column(profile))
    if key is None or old is None:
        return _insert(text, profile, lines)
    return _replace(text, key.start_mark.line, _last_line(text, old), lines)


def add_to_block(text: str, key: str, lines: Callable[[int], list[str]]) -> str | None:
    """Return a YAML text with lines more at the end of the block under a key of its top, as `lines` gives them.

    `lines` is told the column they begin in. None where there is no such block, or it is written within braces.
    """
    node = _find(yaml.compose(text, Loader=yaml.SafeLoader), [key])
    return None if node is None else _insert(text, node, lines(_column(node)))


def _find(node: yaml.Node | None, keys: list[str]) -> yaml.MappingNode | None:
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            return None
        _, node = _entry(node, key)
    return node if isinstance(node, yaml.MappingNode) and not node.flow_style else None


def _entry(node: yaml.MappingNode, name: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    return next(((key, value) for key, value in node.value if key.value == name), (None, None))


def _column(node: yaml.MappingNode) -> int:
    """The column of a block's keys. Its own start may be that of an anchor."""
    first: yaml.Node = node.value[0][0]
    return int(first.start_mark.column)


def _values(node: yaml.Node) -> dict[str, Any]:
    values: dict[str, Any] = yaml.SafeLoader("").construct_document(node)
    return values


def _plain(thresholds: Thresholds) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(dict(thresholds))
    return plain


def _block(thresholds: Mapping[str, Any], column: int) -> list[str]:
    """The thresholds as YAML lines, a metric a line."""
    return [" " * column + line for line in _dumped({KEY: _plain(thresholds)})]


def _dumped(values: Mapping[str, Any]) -> list[str]:
    dumped = yaml.safe_dump(values, sort_keys=False, default_flow_style=None, allow_unicode=True, width=1000)
    return str(dumped).splitlines()


def _rewrite(text: str, node: yaml.Node, values: dict[str, Any], column: int) -> str:
    """Write a `{…}` out in lines: there is no room in it for thresholds."""
    block = "".join(f"{_line_end(text)}{' ' * column}{line}" for line in _dumped(values))
    return text[: node.start_mark.index].rstrip(" ") + block + text[node.end_mark.index :]


def _insert(text: str, node: yaml.Node, lines: list[str]) -> str:
    """Add lines after the last line of a block."""
    last = _last_line(text, node)
    return _replace(text, last + 1, last, lines)


def _last_line(text: str, node: yaml.Node) -> int:
    """The last line of a node that is not blank or a comment: a block's end mark lies before the next key."""
    lines = text.splitlines()
    last = node.end_mark.line
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if block and last > node.start_mark.line and node.end_mark.column <= node.start_mark.column:
        last -= 1
    last = min(last, len(lines) - 1)
    while last > node.start_mark.line and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
        last -= 1
    return last


def _replace(text: str, first: int, last: int, new: list[str]) -> str:
    """Put new lines in the place of those from `first` to `last`, both included."""
    lines, end = text.splitlines(keepends=True), _line_end(text)
    before, after = "".join(lines[:first]), "".join(lines[last + 1 :])
    joint = end if before and not before.endswith("\n") else ""
    return before + joint + "".join(line + end for line in new) + after


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _holds(edited: str, text: str, place: list[str], thresholds: Thresholds) -> bool:
    """Whether the edited file says the new thresholds, and everything else as before."""
    try:
        before, after = (_unshared(yaml.safe_load(one)) for one in (text, edited))
        found = _at(after, place).pop(KEY)
        _at(before, place).pop(KEY, None)
    except (yaml.YAMLError, LookupError, AttributeError):  # no longer YAML, or the place is not where it was
        return False
    return before == after and all(found.get(name) == value for name, value in _plain(thresholds).items())


def _at(values: Any, place: list[str]) -> Any:
    """Return the profile at `place`, made where it is not there yet."""
    for key in place[:-1]:
        values = values[key]
    return values.setdefault(place[-1], {})


def _unshared(values: Any) -> Any:
    """Return the values with a copy for each alias, so that one can change alone; keys as course.yaml's reader has."""
    if isinstance(values, dict):
        return {str(key): _unshared(value) for key, value in values.items()}
    return [_unshared(value) for value in values] if isinstance(values, list) else values
