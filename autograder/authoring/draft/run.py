"""A draft from beginning to end: observed, asked, required, tried on the solution, the release and on mutants."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.assessment import Assessor
from autograder.authoring.draft.asked import asked_of
from autograder.authoring.draft.observe import examine, observe
from autograder.authoring.draft.proposal import Proposal
from autograder.authoring.draft.propose import ask, require
from autograder.authoring.draft.write import checks_file
from autograder.errors import CourseError, GraderError, Problem
from autograder.intake import as_submission
from autograder.mutate.places import derive
from autograder.mutate.run import Choice, MutantVerdict, mutate
from autograder.paths import Paths, write_beside
from autograder.records import Outcome
from autograder.release import read_release
from autograder.session import Session, judge_of

HIDDEN_TESTS = "hidden_tests.py"


@dataclass(frozen=True)
class _DraftPaths(Paths):
    """The tree of a course whose checks are a draft."""

    def checks(self, assignment: str, notebook: str = "") -> Path:
        return self.draft(assignment, super().checks(assignment, notebook).name)


@dataclass
class Draft:
    """A checks file proposed, and what it is worth."""

    path: Path
    proposals: list[Proposal]
    left_out: list[str] = field(default_factory=list)
    """Titles of checks that the solution does not pass, or the untouched release does."""

    @property
    def checks(self) -> int:
        """How many checks are proposed."""
        return sum(len(one.checks) for one in self.proposals)


def drafting(session: Session) -> Session:
    """Return a session of the same assignment, its draft in the place of its checks: what `draft` and
    `tried_on_mutants` work in."""
    source = replace(session.source, paths=_DraftPaths(session.source.paths.root))
    return Session(replace(session.assignment, source=source), session.options, unfinished=True)


def draft(session: Session) -> Draft:
    """Write draft/A/checks.py, in a session of `drafting`.

    Raises CourseError where the solution does not run, GraderError where we could not find out.
    """
    session.source.checks.unlink(missing_ok=True)
    session.engine.start()
    found = _proposed(session)
    found.left_out = list(_tried(session, found.proposals))
    return found


def tried_on_mutants(session: Session, most: int, seconds: float) -> Iterator[MutantVerdict]:
    """Yield what draft/A/checks.py says of each of at most so many mutants, of as many as begin in time. Raises as
    `draft` does."""
    return mutate(session, Choice(most, seconds=seconds))


def mutants_of(session: Session, most: int) -> int:
    """Return how many mutants there are to try, `most` at most."""
    return min(most, len(derive(session.source)))


def _proposed(session: Session) -> Draft:
    source = session.source
    asked = asked_of(source)
    hidden_tests = source.paths.draft(source.name, HIDDEN_TESTS)
    seen = observe(session, asked, hidden_tests.read_text(encoding="utf-8") if hidden_tests.exists() else "")
    found = Draft(source.checks, ask(asked, seen))
    if not any(one.probes for one in found.proposals):
        text = "no answer makes a name that its text, its tests or another cell speaks of: nothing can be asked"
        raise CourseError([Problem(source.paths.shown(source.path), 0, "", text)])
    _write(session, found.proposals, asking=True)
    with judge_of(source) as judge:
        plan = judge.plan()
    require(found.proposals, examine(session, as_submission(source, session.settings, source.notebook), plan))
    _write(session, found.proposals)
    return found


def _write(session: Session, proposals: list[Proposal], *, asking: bool = False) -> None:
    language = session.assignment.course.language
    text = checks_file(session.settings.title, proposals, language, asking=asking)
    write_beside(session.source.checks, text.encode())


def _tried(session: Session, proposals: list[Proposal]) -> Iterator[str]:
    """Leave out the checks that the solution does not pass, and those that the release does; yield their titles."""
    if not any(one.checks for one in proposals):
        return
    source = session.source
    with judge_of(source) as judge:
        profile, wall = session.options.profile, session.isolation
        assessor = Assessor(session.assignment, judge, profile, wall, unfinished=True)
        wrong = set[str]()
        reference = source.paths.mutant(source.key, "drafted")
        for notebook, good in ((source.notebook, True), (read_release(source), False)):
            submission = as_submission(source, session.settings, notebook)
            (result,) = session.engine.examine([assessor.order_solution(submission)])
            if result.evidence is None:
                raise result.error or GraderError("an exam gave no evidence")
            path = reference if good else source.paths.mutant(source.key, "untouched")
            result.evidence.save(path)
            assessed = assessor.assess(submission, path, reference=reference, hidden=False)
            outcomes = [one for question in assessed.questions for one in question.outcomes if one.kind == "check"]
            wrong |= {one.name for one in outcomes if _is_wrong(one, good)}
            yield from (one.title for one in outcomes if _is_wrong(one, good))
    shutil.rmtree(reference.parent, ignore_errors=True)
    if wrong:
        for proposal in proposals:
            proposal.checks = [one for one in proposal.checks if one.name not in wrong]
        _write(session, proposals)


def _is_wrong(outcome: Outcome, good: bool) -> bool:
    return (outcome.status == "passed") != good
