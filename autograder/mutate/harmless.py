"""Survivors that a lecturer has looked at and found right: which, and why, in a file beside the checks.

A mark names the change alone, so it stands whatever else of the notebook is edited. It goes with the course, and is
never released: it shows lines of the solution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import yaml

from autograder.assignment import SourceNotebook
from autograder.errors import CourseError, Problem
from autograder.mutate.places import Mutant
from autograder.paths import write_beside
from autograder.wire.ready import ready

HEAD = """\
# Wrong by their text, right by what was asked: these mutants cost no point and should not.
# Written by `autograder mutate ASSIGNMENT --harmless ID --because TEXT`; edit or remove them here.
"""
FORM = "expected a list of `{id, because, change}`: an id that `autograder mutate` prints, the reason, the lines"


class _Mark(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    because: str
    change: list[str] = []
    """For who reads the file: nothing else does."""


@dataclass(frozen=True)
class Harmless:
    """The marks of one notebook's mutants, by id: why each is harmless."""

    reasons: Mapping[str, str]

    def lost(self, mutants: Sequence[Mutant]) -> list[str]:
        """Return the ids marked of which no mutant is there any more: what they changed was edited."""
        known = {mutant.id for mutant in mutants}
        return [one for one in self.reasons if one not in known]


def read_harmless(source: SourceNotebook) -> Harmless:
    """Return what is marked; nothing where there is no file. Raise CourseError where it cannot be read."""
    return Harmless({one.id: one.because for one in _marks(source)})


def mark_harmless(source: SourceNotebook, mutants: Sequence[Mutant], name: str, because: str) -> Mutant:
    """Mark a mutant, by its id, as harmless, in place of an earlier mark of it. Return it.

    Raises CourseError where there is no such mutant, or no reason.
    """
    found = next((mutant for mutant in mutants if mutant.id == name), None)
    if found is None:
        text = f"no mutant of {source.key} has this id: `autograder mutate {source.name}` prints them"
        raise CourseError([Problem("--harmless", 0, name, text)])
    if not because.strip():
        text = "expected the reason why it is harmless, for who reads the figures"
        raise CourseError([Problem("--because", 0, "", text)])
    kept = [one for one in _marks(source) if one.id != name]
    _write(source, [*kept, _Mark(name, because.strip(), found.change(source))])
    return found


def _marks(source: SourceNotebook) -> list[_Mark]:
    path = source.harmless
    if not path.exists():
        return []
    shown = source.paths.shown(path)
    try:
        marks = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")) or [], ready(list[_Mark]))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise CourseError([Problem(shown, line, "", f"not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise CourseError([Problem(shown, 0, "", f"it cannot be read: {error}")]) from None
    except msgspec.ValidationError as error:
        raise CourseError([Problem(shown, 0, "", f"{error}; {FORM}")]) from None
    if unsaid := [one.id for one in marks if not one.because.strip()]:
        raise CourseError([Problem(shown, 0, unsaid[0], "no reason: say in `because` why it is harmless")])
    return marks


def _write(source: SourceNotebook, marks: Sequence[_Mark]) -> None:
    text = yaml.safe_dump(msgspec.to_builtins(marks), sort_keys=False, allow_unicode=True, width=100)
    write_beside(source.harmless, f"{HEAD}{text}".encode())
