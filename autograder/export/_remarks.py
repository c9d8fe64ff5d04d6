"""What a forge shows beside a push: each check that did not pass, at the lines of the answer that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autograder.assignment import SourceNotebook
from autograder.export import ClassGrades, Entry
from autograder.export._answers import verdict
from autograder.intake.find import find_submission
from autograder.intake.match import match
from autograder.notebook.lines import source_lines
from autograder.notebook.metadata import role_of
from autograder.records import Limits, Outcome
from autograder.release import read_release
from autograder.report.pages import printed

NOT_LOST = ("passed", "ungraded")


@dataclass(frozen=True)
class Spot:
    """Lines of a file that was handed in."""

    path: str
    """Relative to the folder of what was handed in."""
    first: int = 1
    last: int = 1


@dataclass(frozen=True)
class Remark:
    """One check that did not pass."""

    question: str
    outcome: Outcome
    title: str
    """Of the question and the check, with the verdict."""
    message: str
    spot: Spot | None


def remarks_on(grades: ClassGrades, entry: Entry) -> Iterator[Remark]:
    """Yield what is to be said of a submission, in its questions' order."""
    spots = {name: spot for part in grades.parts for name, spot in _spots(part, grades.limits, entry.student).items()}
    anywhere = next(iter(spots.values()), None)
    for question in entry.grade.questions:
        for outcome in question.outcomes:
            if outcome.status in NOT_LOST:
                continue
            name = grades.questions.get(question.id) or question.id
            title = f"{name}: {outcome.title} — {verdict(outcome, grades.language)}"
            spot = spots.get(question.id) or (Spot(anywhere.path) if anywhere else None)
            yield Remark(question.id, outcome, printed(title), printed(outcome.message), spot)


def _spots(part: SourceNotebook, limits: Limits, student: str) -> dict[str, Spot]:
    """Where each question's answer stands in a student's notebook."""
    release = read_release(part)
    found = find_submission(part, limits, release, student)
    if found is None or found.candidate.notebook is None:
        return {}
    chosen = found.candidate
    lines = source_lines(chosen.data.decode("utf-8", errors="replace"))
    theirs: Mapping[int, int] = {ours: at for at, ours in match(release, found.candidate.notebook).release_of.items()}
    spots, answer = {}, None
    for at, role in enumerate(map(role_of, release.cells)):
        answer = at if role.solution else answer
        if (role.grade or role.task) and answer is not None:
            place = theirs.get(answer, -1)
            spots[role.id] = Spot(chosen.name, *lines[place]) if 0 <= place < len(lines) else Spot(chosen.name)
    return spots
