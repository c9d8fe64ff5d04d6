"""LTI 1.3's Assignment and Grade Services: what a platform is told of each student, shown first, and sent where asked.

A score is posted for each student, in place of the one that the platform has. It says which is the later by its time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from autograder.export import ClassGrades, Entry, Exported, ExportOptions, refuse, unfinished
from autograder.export._lti import LineItem, Member, Platform, Refused, read_key, read_settings
from autograder.intake.names import folded
from autograder.sheets import number

OPTIONS = frozenset({"platform", "send", "zero_missing"})
SCORES = "scores.json"
UNKNOWN = "nothing says what the platform knows them by: give it in students.csv, as `id`"


@dataclass(frozen=True)
class _Known:
    """What each student is known by on the platform, and who is known by nothing."""

    ids: Mapping[str, str]
    unplaced: Mapping[str, str]


def export(grades: ClassGrades, options: ExportOptions) -> Exported:
    """Return what the platform is told. Nothing is sent but where `send` says so."""
    if options.platform is None:
        raise refuse("--platform", "expected the file that says where the platform is: see docs/exports.md")
    settings = read_settings(options.platform)
    if not options.send:
        known = _known(grades, options)
        note = f"nothing is sent without --send: {SCORES} is what would be"
        return Exported(_written(grades, options, known.ids), unfinished(grades), known.unplaced, (note,))
    with Platform(settings, read_key(settings, options.platform)) as platform:
        try:
            platform.open()
            item = platform.line_item() if settings.line_item else _own_item(grades, list(platform.line_items()))
            known = _known(grades, options)
            if settings.members:
                known = _members(grades, options, known, list(platform.members()))
        except Refused as error:
            raise refuse(str(options.platform), str(error)) from None
        refused = dict(_sent(platform, item, grades, options, known.ids))
    told = sum(student not in refused for student, _ in _scores(grades, options, known.ids))
    note = f"{told} sent to {item.label or item.address!r}"
    return Exported(_written(grades, options, known.ids), unfinished(grades), {**known.unplaced, **refused}, (note,))


def _written(grades: ClassGrades, options: ExportOptions, ids: Mapping[str, str]) -> dict[str, bytes]:
    told = [{"student": student, **score} for student, score in _scores(grades, options, ids)]
    return {SCORES: msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"}


def _sent(
    platform: Platform, item: LineItem, grades: ClassGrades, options: ExportOptions, ids: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Send the scores; yield whose the platform did not take, and why."""
    for student, score in _scores(grades, options, ids):
        try:
            platform.post_score(item, {**score, "timestamp": datetime.now(UTC).isoformat(timespec="microseconds")})
        except Refused as error:
            yield student, str(error)


def _scores(
    grades: ClassGrades, options: ExportOptions, ids: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each student's score, but for its time, where they are known and it is."""
    for entry in grades.entries:
        given = options.score(entry)
        if given is not None and entry.student in ids:
            yield (
                entry.student,
                {
                    "userId": ids[entry.student],
                    "scoreGiven": max(given, 0.0),
                    "scoreMaximum": entry.grade.max_score,
                    "comment": _comment(entry, grades),
                    "activityProgress": "Completed",
                    "gradingProgress": "FullyGraded",
                },
            )


def _comment(entry: Entry, grades: ClassGrades) -> str:
    """The points of each question, a line each, with what somebody wrote of it."""
    lines = []
    for one in entry.grade.questions if entry.grade.status == "graded" else ():
        points = f"{grades.questions.get(one.id, one.id)}: {number(one.score)} / {number(one.max_score)}"
        lines.append(f"{points} {one.comment}".rstrip())
    return "\n".join([*lines, *([f"-{number(entry.penalty)}"] if entry.penalty else [])])


# --- Who is who -------------------------------------------------------------------------------------------------------


def _own_item(grades: ClassGrades, items: list[LineItem]) -> LineItem:
    """The one line item of this assignment: of its resource or tag, else of its title. Raise Refused but for one."""
    wanted = {folded(grades.title), folded(grades.assignment)}
    named = [one for one in items if {one.resource, one.tag} & {grades.assignment}]
    found = named or [one for one in items if folded(one.label) in wanted]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(repr(one.label) for one in items) or "none"
    text = f"{len(found) or 'no'} line items are called {grades.title!r}; there are {listed}"
    raise Refused(f"{text}: name the one that is meant, as line_item")


def _known(grades: ClassGrades, options: ExportOptions) -> _Known:
    """By the roster's id, else by what `collect` kept of a download, no group's. Nobody is known by another's."""
    ids = {entry.student: _id(entry) for entry in grades.entries}
    shared = {one for one, times in Counter(filter(None, ids.values())).items() if times > 1}
    unplaced = {
        entry.student: UNKNOWN if not ids[entry.student] else f"{ids[entry.student]!r} is another's too"
        for entry in grades.entries
        if not ids[entry.student] or ids[entry.student] in shared
        if options.score(entry) is not None
    }
    return _Known({student: one for student, one in ids.items() if one and one not in shared}, unplaced)


def _id(entry: Entry) -> str:
    kept = entry.identity
    return entry.person.id or (kept.id if kept is not None and not kept.group else "")


def _members(grades: ClassGrades, options: ExportOptions, known: _Known, members: list[Member]) -> _Known:
    """The same, with the platform's own word: who is no member is sent nothing, and addresses tell who is."""
    there = {one.id for one in members}
    sources = _unique((one.source_id, one.id) for one in members)
    addresses = _unique((one.email.casefold(), one.id) for one in members)
    ids: dict[str, str] = {}
    unplaced: dict[str, str] = {}
    for entry in grades.entries:
        one = known.ids.get(entry.student, "")
        email = (entry.person.email or (entry.identity.email if entry.identity else "")).casefold()
        if found := (one if one in there else sources.get(one) or addresses.get(email)):
            ids[entry.student] = found
        elif options.score(entry) is not None:
            unplaced[entry.student] = "no member of the platform's course is known by their id or address"
    return _Known(ids, unplaced)


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What one alone has, by it."""
    listed = [pair for pair in pairs if pair[0]]
    times = Counter(key for key, _ in listed)
    return {key: value for key, value in listed if times[key] == 1}
