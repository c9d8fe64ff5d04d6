"""What a mutation run amounts to: scores a question, and what to read of those that survived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.assignment import SourceNotebook
from autograder.mutate.run import Fate, MutantVerdict


@dataclass(frozen=True)
class Tally:
    """How many mutants of one question, or of all, came to what."""

    question: str
    verdicts: Sequence[MutantVerdict]

    def count(self, fate: Fate) -> int:
        """Return how many came to that."""
        return sum(one.fate == fate for one in self.verdicts)

    @property
    def mutants(self) -> int:
        """How many count: those with a wrong name in them, or that nobody could judge, do not."""
        return len(self.verdicts) - self.count("stillborn") - self.count("ungraded") - self.count("untold")

    @property
    def score(self) -> float | None:
        """The share killed of those that are no equivalents, in [0, 1]; None where there is none."""
        judged = self.count("killed") + self.count("survived")
        return self.count("killed") / judged if judged else None


def tallies(source: SourceNotebook, verdicts: Sequence[MutantVerdict]) -> list[Tally]:
    """Return a tally for each question that has mutants, in the notebook's order, and one of all, its name empty."""
    questions = [one.id for one in source.questions]
    found = [Tally(name, [one for one in verdicts if one.mutant.question == name]) for name in questions]
    return [*(one for one in found if one.verdicts), Tally("", verdicts)]


def as_json(
    source: SourceNotebook, verdicts: Sequence[MutantVerdict], seconds: float, lost: Sequence[str] = ()
) -> dict[str, Any]:
    """Return one run as plain data: the contract of `mutate --json`, whose keys are only ever added to.

    `lost` are the marks of mutants that are no more.
    """
    *questions, whole = tallies(source, verdicts)
    return {
        "assignment": source.key,
        **_counts(whole),
        "seconds": round(seconds, 1),
        "questions": [{"id": one.question, **_counts(one)} for one in questions],
        "survivors": [_told(source, one) for one in verdicts if one.fate == "survived"],
        "harmless_survivors": [_told(source, one) for one in verdicts if one.fate == "harmless"],
        "harmless_lost": list(lost),
        "elsewhere": [
            {**_told(source, one), "lost_in": list(one.elsewhere), "missed": one.missed}
            for one in verdicts
            if one.elsewhere or one.missed
        ],
    }


def _counts(tally: Tally) -> dict[str, Any]:
    fates: tuple[Fate, ...] = ("killed", "equivalent", "survived", "harmless", "stillborn", "untold", "ungraded")
    score = None if tally.score is None else round(tally.score, 4)
    return {"mutants": tally.mutants, **{fate: tally.count(fate) for fate in fates}, "score": score}


def _told(source: SourceNotebook, verdict: MutantVerdict) -> dict[str, Any]:
    mutant = verdict.mutant
    return {
        "id": mutant.id,
        "question": mutant.question,
        "operator": mutant.operator.name,
        "cell": mutant.cell + 1,
        "line": mutant.line,
        "why": verdict.why,
        "diff": mutant.diff(source),
    }
