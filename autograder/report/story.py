"""What a student's page tells of errors: each cause once, beside the question it belongs to, and what follows from it.

A check says all that it has to say in its own message, for whoever reads it alone. On a page, the second of two equal
messages is a line that leads to the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autograder.evidence import CellRecord, Exam
from autograder.judge.causes import Causes
from autograder.judge.faults import explain_fault, explain_lack
from autograder.judge.lacks import lack_of, truly_absent
from autograder.judge.message import Mismatch, compose
from autograder.judge.places import is_own
from autograder.judge.unwritten import STUB, is_unwritten
from autograder.locale import Phrase, phrase, phrases, render
from autograder.records import Grade, Outcome, TextCell
from autograder.wire.messages import Fault

SOURCE_LINES, LINE_CHARS = 30, 500
"""Lines of an answer that are shown, the one that stopped among them."""
HEADLINE_CHARS = 200


@dataclass(frozen=True)
class Said:
    """One message of a page, or the line that leads to where it is said."""

    message: str = ""
    leads_to: str = ""
    """Anchor of the place that says it; empty: it is said here."""
    where: str = ""
    """What that place is called."""


@dataclass(frozen=True)
class AnswerLine:
    """One line of an answer."""

    text: str
    stopped: bool = False


@dataclass(frozen=True)
class Answer:
    """One of the student's own cells."""

    anchor: str
    label: str
    lines: tuple[AnswerLine, ...]
    error: Said = Said()
    also: str = ""
    """Which other cells stopped for it, in a sentence."""


@dataclass(frozen=True)
class CheckVerdict:
    """One check, and what is said of it."""

    outcome: Outcome
    said: Said


@dataclass(frozen=True)
class QuestionStory:
    """One question: its answers, then its checks."""

    answers: tuple[Answer, ...]
    verdicts: tuple[CheckVerdict, ...]
    open: bool
    """Whether the answers are shown without being asked for."""


FOLLOWED = ("errored", "ungraded")
"""Results whose message is an error's: where two read alike, one thing is behind both. Two answers may be wrong alike,
and what was skipped says why it was, in the same words each time."""


@dataclass(frozen=True)
class Cause:
    """One error that follows from no other."""

    label: str
    headline: str
    hint: str
    anchor: str
    follow: str
    """How many results follow from it, in a sentence; empty: none."""
    message: str = ""
    """All of it, where no question's answer is the place to say it."""
    ours: bool = False
    """Whether it is what this machine lacks, and nothing for the student to mend."""


@dataclass(frozen=True)
class Story:
    """All that a page tells of errors."""

    ended: str = ""
    """Why the notebook did not run to its end."""
    causes: tuple[Cause, ...] = ()
    aside: tuple[Cause, ...] = ()
    """The errors from which no result is known to follow."""
    unwritten: tuple[str, ...] = ()
    """The answers still to be written."""
    parts: Mapping[str, QuestionStory] = field(default_factory=dict)
    """By question."""
    rest: tuple[Answer, ...] = ()
    """The student's cells that stopped and belong to no question."""


def tell(grade: Grade, exam: Exam | None, solution: Exam | None, course: Collection[str], language: str) -> Story:
    """Return the story of one grade. `course` are the modules that the course's own notebook imports."""
    if exam is None:
        parts = {
            one.id: QuestionStory(
                (), tuple(CheckVerdict(outcome, Said(outcome.message)) for outcome in one.outcomes), open=False
            )
            for one in grade.questions
        }
        return Story(parts=parts)
    return _Teller(grade, exam, solution, course, language).story()


class _Teller:
    def __init__(self, grade: Grade, exam: Exam, solution: Exam | None, course: Collection[str], language: str) -> None:
        self._grade, self._exam, self._language = grade, exam, language
        modules = {module.partition(".")[0] for module in course}
        lacks = (lack_of(one.run.fault) for one in exam.cells if one.run and one.run.fault)
        absent = [lack.name for lack in lacks if lack and truly_absent(lack, (), modules, ())]
        self._causes = Causes(exam, solution, absent)
        self._questions = {one.id for one in grade.questions}
        self._cells = self._by_question()
        self._explained: dict[int, Mismatch] = {}
        self._messages: dict[int, str] = {}
        self._roots = list(self._own_roots())
        self._said: dict[str, Said] = {}
        """By message, where it is said on the page."""

    def story(self) -> Story:
        ended = self._say(explain_fault(self._exam.fault, self._causes)) if self._exam.fault else ""
        if ended:
            self._said[ended] = Said(ended, "ended", self._render(phrase("what ended the notebook")))
        for root in self._roots:
            self._register(root)
        told = [root for root in self._roots if not is_unwritten(root)]
        told.sort(key=lambda root: bool(self._explain(root).first))
        parts = {one.id: self._part(one.id, one.outcomes) for one in self._grade.questions}
        return Story(
            ended=ended,
            causes=tuple(self._cause(root) for root in told if self._matters(root)),
            aside=tuple(self._cause(root) for root in told if not self._matters(root)),
            unwritten=tuple(self._label(cell) for cell in sorted(self._unwritten())),
            parts=parts,
            rest=tuple(self._answer(record) for record in self._cells.get("", ())),
        )

    # --- Causes -------------------------------------------------------------------------------------------------------

    def _own_roots(self) -> Iterator[Fault]:
        """The causes to be told apart from the checks: not what a question's visible tests say themselves."""
        for root in self._causes.roots:
            said_by_tests = all(self._id(cell) in self._questions for cell in self._causes.follow(root))
            if not (said_by_tests and self._causes.is_the_courses(root)):
                yield root

    def _register(self, root: Fault) -> None:
        cell = self._causes.cell(root)
        anchor = f"cell-{cell}" if cell is not None and cell in self._shown else f"cause-{self._roots.index(root)}"
        label = self._label(cell) if cell is not None else ""
        self._said.setdefault(self._message(root), Said(self._message(root), anchor, label))

    def _cause(self, root: Fault) -> Cause:
        cell, message = self._causes.cell(root), self._message(root)
        said, told = self._said[message], self._explain(root)
        count = sum(one.message == message for question in self._grade.questions for one in question.outcomes)
        follow = phrases("{n} result follows from it.", "{n} results follow from it.", count)
        return Cause(
            label=said.where,
            headline=self._render(told.received).partition("\n")[0][:HEADLINE_CHARS],
            hint=self._render(told.first or told.hint),
            anchor=said.leads_to,
            follow=self._render(follow) if count else "",
            message="" if cell in self._shown else message,
            ours=self._causes.lack(root) is not None,
        )

    def _matters(self, root: Fault) -> bool:
        """Whether a lost result is known to follow from it, or is asked beside it and follows from no other.

        Students mend first what the page says first: an error of their own among answers that are right is no lead. A
        cell of the course's ought to run: what stopped it may be behind anything.
        """
        cell = self._causes.cell(root)
        if cell is None or not self._causes.is_students_cell(cell) or self._grade.status != "graded":
            return True
        lost = {
            question.id: [one for one in question.outcomes if one.status != "passed" and one.kind != "hand"]
            for question in self._grade.questions
        }
        beside = (question for question, cells in self._cells.items() if cell in [_place(one) for one in cells])
        told = (self._message(root), self._label(cell))
        named = self._causes.lack(root) is not None or any(
            text in one.message for some in lost.values() for one in some for text in told
        )
        open_ones = (one for question in beside for one in lost.get(question, ()) if one.status != "skipped")
        unknown = any(one.message not in self._known for one in open_ones)
        return named or self._id(cell) in self._exam.sources or unknown

    @cached_property
    def _roots_beside(self) -> dict[int | None, list[Fault]]:
        """The causes, by the cell that each is to be read beside."""
        found: dict[int | None, list[Fault]] = {}
        for root in self._roots:
            found.setdefault(self._causes.cell(root), []).append(root)
        return found

    @cached_property
    def _known(self) -> set[str]:
        """What is said of the causes."""
        return {self._message(root) for root in self._roots}

    def _explain(self, root: Fault) -> Mismatch:
        if id(root) not in self._explained:  # of roots, and of faults of the exam: both stay
            self._explained[id(root)] = self._explain_anew(root)
        return self._explained[id(root)]

    def _explain_anew(self, root: Fault) -> Mismatch:
        lack = self._causes.lack(root)
        return explain_lack(lack) if lack else explain_fault(root, self._causes, self._causes.stopped_at(root))

    def _message(self, root: Fault) -> str:
        if id(root) not in self._messages:
            self._messages[id(root)] = self._say(self._explain(root))
        return self._messages[id(root)]

    def _unwritten(self) -> set[int]:
        """The answers that stop at their stub, or still hold it where their question is not passed."""
        cells = {self._causes.cell(root) for root in self._roots if is_unwritten(root)}
        for question in self._grade.questions:
            if any(one.status != "passed" for one in question.outcomes):
                own = (one for one in self._cells.get(question.id, ()) if isinstance(one, CellRecord))
                cells |= {one.cell.index for one in own if STUB in one.cell.source}
        return {cell for cell in cells if cell is not None}

    # --- Questions ----------------------------------------------------------------------------------------------------

    def _by_question(self) -> dict[str, list[CellRecord | TextCell]]:
        """The student's own cells by the question they lead to: those that stopped, and the answers."""
        found: dict[str, list[CellRecord | TextCell]] = {}
        waiting: list[CellRecord | TextCell] = []
        every: list[CellRecord | TextCell] = [*self._exam.cells, *self._exam.texts]
        for one in sorted(every, key=_place):
            cell = one.cell if isinstance(one, CellRecord) else one
            if cell.id in self._exam.sources or (isinstance(one, CellRecord) and self._is_stopped_own(one)):
                waiting.append(one)
            if cell.id in self._questions:
                found[cell.id], waiting = waiting, []
        stopped = [one for one in waiting if isinstance(one, CellRecord) and self._is_stopped_own(one)]
        return {**found, "": [*stopped]}

    def _is_stopped_own(self, record: CellRecord) -> bool:
        return is_own(record.cell, self._exam) and record.run is not None and record.run.fault is not None

    @cached_property
    def _shown(self) -> set[int]:
        return {_place(one) for cells in self._cells.values() for one in cells}

    def _part(self, question: str, outcomes: Collection[Outcome]) -> QuestionStory:
        answers = tuple(self._answer(one) for one in self._cells.get(question, ()))
        whole = all(one.status == "passed" or one.kind == "hand" for one in outcomes) and not any(
            one.error.message for one in answers
        )
        verdicts = []
        for outcome in outcomes:
            verdicts.append(CheckVerdict(outcome, self._lead(outcome.message)))
            if outcome.message and outcome.status in FOLLOWED:
                self._said.setdefault(outcome.message, Said(outcome.message, f"q-{question}", outcome.title))
        return QuestionStory(answers, tuple(verdicts), open=not whole)

    def _lead(self, message: str) -> Said:
        return self._said.get(message) or Said(message)

    def _answer(self, one: CellRecord | TextCell) -> Answer:
        index = _place(one)
        own = self._roots_beside.get(index, [])
        error = Said()
        if own:
            error = Said("\n\n".join(dict.fromkeys(self._message(root) for root in own)))
        elif isinstance(one, CellRecord) and self._is_stopped_own(one):
            error = self._lead(self._message(self._causes.root(one.run.fault, index)))  # type: ignore[union-attr,arg-type]
        frames = [frame for root in own if (frame := self._causes.frame(root)) and frame.cell == index]
        stops = {frame.line for frame in frames if not any(is_unwritten(root) for root in own)}
        source = one.cell.source if isinstance(one, CellRecord) else one.source
        return Answer(f"cell-{index}", self._label(index), tuple(_lines(source, stops)), error, self._also(own, index))

    def _also(self, roots: Collection[Fault], index: int) -> str:
        cells = dict.fromkeys(cell for root in roots for cell in self._causes.follow(root) if cell != index)
        named = [self._label(cell) for cell in cells if self._id(cell) not in self._questions]
        return self._render(phrase("This stopped for it too: {cells}.", cells=", ".join(named))) if named else ""

    # --- Words --------------------------------------------------------------------------------------------------------

    def _id(self, index: int | None) -> str:
        return next((one.cell.id for one in self._exam.cells if one.cell.index == index), "")

    def _label(self, index: int) -> str:
        return self._render(self._causes.places.cell(index))

    def _render(self, text: Phrase | str | None) -> str:
        return render(text, self._language) if text else ""

    def _say(self, mismatch: Mismatch) -> str:
        return compose(mismatch, self._language, hidden=True)


def _place(one: CellRecord | TextCell) -> int:
    return one.cell.index if isinstance(one, CellRecord) else one.index


def _lines(source: str, stops: Collection[int]) -> Iterator[AnswerLine]:
    """The lines of an answer, cut where it is long, around the first that stopped."""
    lines = source.splitlines()
    start = max(0, min(stops, default=0) - SOURCE_LINES + SOURCE_LINES // 4) if len(lines) > SOURCE_LINES else 0
    if start:
        yield AnswerLine("…")
    for number in range(start, min(start + SOURCE_LINES, len(lines))):
        line = lines[number]
        yield AnswerLine(line if len(line) <= LINE_CHARS else f"{line[: LINE_CHARS - 1]}…", number + 1 in stops)
    if start + SOURCE_LINES < len(lines):
        yield AnswerLine("…")
