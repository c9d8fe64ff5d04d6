"""The solution run in rooms: what its functions are called with, what its names hold, what calls give."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from autograder.assignment import SourceNotebook
from autograder.authoring.draft.asked import DraftQuestion
from autograder.authoring.draft.described import calls_told
from autograder.authoring.draft.luck import told_seeds, with_other_seeds
from autograder.data.course_shelf import course_shelf, say_stand_ins
from autograder.errors import CourseError, GraderError, Problem
from autograder.evidence import Evidence
from autograder.intake import as_submission
from autograder.judge.values import to_value
from autograder.mutate.behaviour import behaviour_of, differences
from autograder.notebook.metadata import role_of
from autograder.notebook.names import parse
from autograder.notebook.regions import cell_name
from autograder.records import Plan, Submission
from autograder.remarks import why_solution_stops
from autograder.sandbox.exam import Order
from autograder.session import Session
from autograder.training.scorer import Scorer
from autograder.wire.messages import (
    Array,
    CallProbe,
    Cell,
    Curves,
    Fault,
    HistoryProbe,
    Pairs,
    Probe,
    Scalar,
    Several,
    VariableProbe,
)

RECORDER = Path(__file__).parent / "recorder.py"
SEEDS = (0, 1)
"""Of the two exams: what they answer differently hangs on luck."""


@dataclass(frozen=True)
class Observed:
    """What two exams of a solution answered, by probe."""

    values: Mapping[str, Any]
    """As checks see them; those that are faults left out."""
    luck: frozenset[str]
    """Probes whose answers differ between seeds."""
    evidence: Evidence
    plan: Plan
    """What was asked."""

    def given(self, probe: str) -> list[Any]:
        """Return what a call is given that has no keyword, as a check would see it; None for what is no value."""
        asked = self.plan.probes.get(probe)
        args = asked.args if isinstance(asked, CallProbe) else ()
        return [_value(one, list(self.plan.blobs)) for one in args]

    def printed(self, cell: str) -> str:
        """Return what an answer cell printed."""
        runs = (one.run for one in self.evidence.exam.cells if one.cell.id == cell and one.run)
        return next((run.stdout for run in runs), "")


def _value(argument: Any, blobs: list[bytes]) -> Any:
    """An argument's value, where it is a value as a check has them; else None."""
    match argument:
        case Array() | Scalar():
            return to_value(argument, blobs)
        case Several(items=items):
            return [_value(one, blobs) for one in items]
        case Pairs(pairs=pairs):
            keyed = ((getattr(key, "value", None), _value(one, blobs)) for key, one in pairs)
            return {key: one for key, one in keyed if isinstance(key, str)}
    return None


@dataclass(frozen=True)
class Seen:
    """What a solution's notebook shows of itself."""

    calls: Mapping[str, Sequence[Mapping[str, Any]]]
    forms: Mapping[str, Mapping[str, Any]]
    """What the recorder says of each variable."""
    answers: Observed


def observe(session: Session, asked: Sequence[DraftQuestion], hidden_tests: str) -> Seen:
    """Run the solution with a recorder in its room. Raise CourseError where it does not run to its end.

    `hidden_tests` run behind the notebook: they too show what functions are called with.
    """
    names = [name for one in asked for name in one.variables]
    probes: dict[str, Probe] = {name: VariableProbe(name) for name in names}
    probes |= {f"history of {name}": HistoryProbe(name) for name in names}
    probes |= {name: VariableProbe(name) for name in ("AUTOGRADER_TOLD", "AUTOGRADER_VALUES")}
    submission = _recorded(session, asked, names, hidden_tests)
    found = examine(session, submission, Plan((), probes, ()))
    calls = calls_told(found.values.get("AUTOGRADER_TOLD"))
    forms = found.values.get("AUTOGRADER_VALUES", {})
    return Seen(calls, forms, found)


def examine(session: Session, submission: Submission, plan: Plan) -> Observed:
    """Hold an exam of the solution under each seed and return what they answered. The second draws other numbers even
    where the solution sets a seed of its own: students set another.
    """
    shelf = course_shelf(session.assignment.stand_ins)
    scorer = Scorer(session.source, session.settings, shelf, plan, session.options.profile, calibrating=True)
    limits = session.settings.limits
    twins = (submission, _drawn_anew(session.source, submission))
    orders = [
        Order(f"draft {seed}", twin, plan, limits, session.isolation, scorer.sets, seed)
        for seed, twin in zip(SEEDS, twins, strict=True)
    ]
    found: dict[int, Evidence] = {}
    for result in session.engine.examine(orders):
        if result.evidence is None:
            raise result.error or GraderError("the solution's exam gave no evidence")
        found[result.order.seed] = result.evidence
    first, second = (found[seed] for seed in SEEDS)
    _require_whole(session.source, first, scorer.stand_ins)
    luck = frozenset(differences(behaviour_of(first), behaviour_of(second)))
    values = {name: to_value(answer, blobs) for name, (answer, blobs) in first.answers().items()
              if not isinstance(answer, Fault)}  # fmt: skip
    values = {
        name: one for name, one in values.items() if not name.startswith("history of ") or _is_curves(first, name)
    }
    return Observed(values, luck, first, plan)


def _drawn_anew(source: SourceNotebook, submission: Submission) -> Submission:
    told, own = told_seeds(source.notebook), source.notebook.cells

    def drawn_anew(cell: Cell) -> Cell:
        if cell.index >= len(own) or not role_of(own[cell.index]).solution:
            return cell
        answer = msgspec.structs.replace(own[cell.index], source=cell.source)
        return msgspec.structs.replace(cell, source=with_other_seeds(answer, told))

    return replace(submission, cells=tuple(map(drawn_anew, submission.cells)))


def _is_curves(evidence: Evidence, name: str) -> bool:
    return isinstance(evidence.answers()[name][0], Curves)


def _require_whole(source: SourceNotebook, evidence: Evidence, stand_ins: Sequence[str]) -> None:
    cells = source.notebook.cells
    for record in evidence.exam.cells:
        fault = record.run.fault if record.run else evidence.exam.fault
        if fault is not None and record.cell.index < len(cells):
            where = cell_name(record.cell.index, cells[record.cell.index])
            said = f"{why_solution_stops(fault)}{say_stand_ins(stand_ins)}"
            text = f"the solution stops here: {said}; make it run, then draft"
            raise CourseError([Problem(source.paths.shown(source.path), 0, where, text)])


def _recorded(session: Session, asked: Sequence[DraftQuestion], names: Sequence[str], hidden_tests: str) -> Submission:
    """The solution with the recorder's cells between its own."""
    submission = as_submission(session.source, session.settings, session.source.notebook)
    functions = [name for one in asked for name in one.functions]
    extra = len(session.source.notebook.cells)
    cells = [Cell(extra, "", RECORDER.read_text(encoding="utf-8"))]
    cells += (msgspec.structs.replace(cell, source=_watched(cell.source, functions)) for cell in submission.cells)
    cells.append(Cell(extra + 1, "", f"autograder_look(globals(), {list(names)!r})"))
    if hidden_tests:
        cells.append(Cell(extra + 2, "", f"AUTOGRADER_HIDDEN.append(True)\n{hidden_tests}"))
    cells.append(Cell(extra + 3, "", "autograder_tell()"))
    return replace(submission, cells=tuple(cells))


def _watched(source: str, functions: Sequence[str]) -> str:
    """A cell in which each of these functions is watched from its definition on."""
    tree, lines = parse(source), source.split("\n")
    for node in reversed(tree.body if tree else []):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            lines.insert(node.end_lineno or node.lineno, f"autograder_watch(globals(), [{node.name!r}])")
    return "\n".join(lines)
