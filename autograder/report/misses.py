"""The class's mistakes, grouped by what was said of them: « 14 students: layer 3, padding valid »."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.locale import LANGUAGES, phrase, render
from autograder.records import Grade, Outcome

LABELS = {
    name: {render(phrase(name), language) for language in LANGUAGES}
    for name in ("received", "expected", "where", "hint", "first")
}
"""What the lines of a message begin with, by what they say."""
ASTRAY = tuple(render(phrase("the count goes astray here: {where}", where=""), language) for language in LANGUAGES)
"""What a check of the number of parameters says before the place: that of the network is the same mistake."""
_LINE = re.compile(r"(\S+) {2,}(.*)")


@dataclass(frozen=True)
class Miss:
    """One mistake, and who made it."""

    said: tuple[str, ...]
    """What tells it apart, a line each: what the same students were told of the same question is one mistake."""
    questions: tuple[str, ...]
    checks: tuple[str, ...]
    """Titles of the checks that say it."""
    students: tuple[str, ...]
    examples: tuple[str, ...]
    """Whole messages of one of them."""


@dataclass
class _Found:
    outcome: Outcome
    said: str
    questions: dict[str, None] = field(default_factory=dict)
    checks: dict[str, None] = field(default_factory=dict)
    students: dict[str, None] = field(default_factory=dict)


def group(grades: Iterable[Grade], language: str) -> tuple[Miss, ...]:
    """Return the mistakes of a class, those of most students first.

    What was skipped, and what could not be judged, is nobody's mistake.
    """
    found: dict[tuple[str, ...], _Found] = {}
    for grade in grades:
        if grade.status != "graded":
            continue
        for question in grade.questions:
            for one in question.outcomes:
                if one.status in ("failed", "errored") and one.kind != "hand":
                    key, said = _told(one, language)
                    mine = found.setdefault(key, _Found(one, said))
                    mine.questions[question.id] = mine.checks[one.title] = mine.students[grade.student] = None
    alike: dict[object, list[_Found]] = {}
    for miss in found.values():
        alike.setdefault((frozenset(miss.questions), frozenset(miss.students)), []).append(miss)
    return tuple(sorted(map(_miss, alike.values()), key=lambda one: -len(one.students)))


def _miss(found: Sequence[_Found]) -> Miss:
    return Miss(
        said=tuple(dict.fromkeys(one.said for one in found)),
        questions=tuple(found[0].questions),
        checks=tuple(dict.fromkeys(title for one in found for title in one.checks)),
        students=tuple(sorted(found[0].students)),
        examples=tuple(dict.fromkeys(one.outcome.message for one in found)),
    )


def fields_of(message: str) -> Mapping[str, str]:
    """Return what a message says, by label; what follows on further lines is joined to its own."""
    found: dict[str, str] = {}
    label = ""
    for line in message.splitlines():
        match = _LINE.match(line)
        known = next((name for name, words in LABELS.items() if match and match[1] in words), "")
        if known and match:
            label = known
            found[label] = match[2]
        elif label:
            found[label] += f" {line.strip()}"
    return found


def _told(outcome: Outcome, language: str) -> tuple[tuple[str, ...], str]:
    """What makes an outcome's mistake the same as another's, and the line that says it.

    An error is its own name and text, wherever it is met: one that stops a notebook is one mistake, not one a check. A
    network is wrong where it first differs. Anything else is wrong alike where the same was received: checks ask
    everybody the same.
    """
    said = fields_of(outcome.message)
    received, where, hint = said.get("received", ""), said.get("where", ""), said.get("hint", "")
    title = outcome.title.rstrip(".")
    if outcome.status == "errored":
        return ("errored", received, hint), received or hint or title
    if outcome.kind == "tests":
        return ("tests", outcome.question, hint or received), hint or received or title
    if "%" in received:  # a share: of two networks that learn too little, none learns as little as the other
        return ("share", outcome.question, outcome.name), title
    if where and not where[0].isdigit():
        place = where.partition(";")[0].strip()
        for prefix in ASTRAY:
            place = place.removeprefix(prefix)
        if ":" not in place:  # of a drawing, « curve, number 1 »: what of it is the title's to say
            place = _both(title, place, language)
        whole = place if re.search(r"\d", place) or not received else _both(place, received, language)
        return ("place", outcome.question, whole), whole
    told = received or hint
    return ("value", outcome.question, outcome.name, told), _both(title, told, language) if told else title


def _both(what: str, said: str, language: str) -> str:
    return render(phrase("{what}: {said}", what=what, said=said), language)
