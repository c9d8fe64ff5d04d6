"""What is proposed for each question: lines that ask, checks of what comes back, and what is left to write."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from itertools import chain, count

from autograder.authoring.draft.asked import DraftQuestion
from autograder.authoring.draft.inputs import Inputs
from autograder.authoring.points import question_id
from autograder.locale import Phrase

_TAKEN = frozenset(keyword.kwlist) | frozenset(
    "call drawn_by figure history model named np printed question seeded source symbolic tensor variable".split()  # noqa: SIM905
)
"""Names that a drafted file has for other things."""


@dataclass(frozen=True)
class Probe:
    """One line that declares what is asked."""

    name: str
    asks: str
    """Which of `autograder`'s functions declares it."""
    given: tuple[str, ...]
    """That function's arguments, as code."""
    reason: Phrase
    about: str = ""
    """The function or variable of the notebook."""
    inputs: Inputs | None = None
    constant: str = ""
    """Name of the inputs, where a check looks at them too."""

    @property
    def uses(self) -> frozenset[str]:
        """What it needs of `autograder`."""
        return frozenset([self.asks]) | (self.inputs.used if self.inputs else frozenset())


@dataclass
class ProposedCheck:
    """One check."""

    question: str
    name: str
    title: Phrase
    lines: list[str]
    probes: list[str]
    reason: Phrase | None = None


@dataclass
class Proposal:
    """What is proposed for one question."""

    asked: DraftQuestion
    probes: list[Probe] = field(default_factory=list)
    checks: list[ProposedCheck] = field(default_factory=list)
    remarks: list[Phrase] = field(default_factory=list)
    """What its author has to write."""


class Names:
    """Names of a file's probes and checks, each once."""

    def __init__(self) -> None:
        self._taken = set(_TAKEN)
        self.seeds = count(1)

    def claim(self, wanted: str) -> str:
        """Return this name, or one like it that is free: ids of cells may begin with a digit."""
        wanted = wanted if wanted.isidentifier() else f"answer_{wanted}"
        others = (f"{wanted}_{n}" for n in count(2))
        name = next(one for one in chain([wanted], others) if one not in self._taken)
        self._taken.add(name)
        return name

    def check(self, question: str, what: str) -> str:
        """Return a name for a check."""
        plain = question_id(f"{question} {what}", ()).replace("-", "_")
        return self.claim(f"test_{plain}")
