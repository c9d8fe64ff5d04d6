"""Whether an assignment's parts fit each other: its notebooks, their cells, course.yaml, the checks."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from autograder.assignment import SourceNotebook
from autograder.errors import Problem
from autograder.notebook.metadata import MOST_POINTS, can_be_earned, role_of
from autograder.notebook.regions import cell_name, marker_problems
from autograder.records import Plan
from autograder.wire.messages import (
    FigureProbe,
    PredictionsProbe,
    PrintedProbe,
    SourceProbe,
    TrainedByProbe,
    TrainedProbe,
)


def notebook_problems(source: SourceNotebook) -> Iterator[Problem]:
    yield from marker_problems(source.notebook, source.paths.shown(source.path))
    yield from _cell_problems(source)


def bonus_problems(parts: Sequence[SourceNotebook]) -> Iterator[Problem]:
    """Yield where course.yaml names a bonus that is no question."""
    paths, name = parts[0].paths, parts[0].name
    known = [question.id for part in parts for question in part.questions]
    for bonus in parts[0].bonus:
        if bonus not in known:
            near = difflib.get_close_matches(bonus, known, 1)
            advice = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            text = f"no question {bonus!r}; {advice}"
            yield Problem(paths.shown(paths.course), 0, f"assignments.{name}.bonus", text)


def part_problems(parts: Sequence[SourceNotebook]) -> Iterator[Problem]:
    """Yield where several notebooks do not make one assignment: questions of the same id, checks of all of them."""
    if len(parts) == 1:
        return
    paths, name = parts[0].paths, parts[0].name
    graded = Counter(question.id for part in parts for question in part.questions)
    for part in parts:
        for question in part.questions:
            if graded[question.id] > 1:
                text = "a question of this id is in another notebook of the assignment too: give each its own"
                yield Problem(paths.shown(part.path), 0, question.id, text)
    if (shared := paths.checks(name)).exists():
        wanted = ", ".join(part.checks.name for part in parts)
        text = f"several notebooks: each is examined alone and has checks of its own, {wanted}"
        yield Problem(paths.shown(shared), 0, "", text)


def _cell_problems(source: SourceNotebook) -> Iterator[Problem]:
    """Yield what is wrong with the cells' ids and points."""
    shown = source.paths.shown(source.path)
    roles = [role_of(cell) for cell in source.notebook.cells]
    counts = Counter(role.id for role in roles if role.id)
    for index, (cell, role) in enumerate(zip(source.notebook.cells, roles, strict=True)):
        where = cell_name(index, cell)
        if counts[role.id] > 1:
            others = [i + 1 for i, other in enumerate(roles) if other.id == role.id and i != index]
            yield Problem(shown, 0, where, f"the id {role.id!r} is also that of cell {', '.join(map(str, others))}")
        if (role.grade or role.task) and not can_be_earned(role.points):
            text = f"worth {role.points:g} points: write a number from 0 to {MOST_POINTS}"
            yield Problem(shown, 0, where, text)
    if not any(role.grade or role.task for role in roles):
        yield Problem(shown, 0, "", "no graded cell: nothing in this notebook is worth a point")


def plan_problems(source: SourceNotebook, recipes: Collection[str], plan: Plan) -> Iterator[Problem]:
    """Yield where the checks and the notebook do not fit each other."""
    checks = source.paths.shown(source.checks)
    questions = {question.id: question for question in source.questions}
    for check in plan.checks:
        for named in (check.question, *check.needs):
            if named not in questions:
                near = difflib.get_close_matches(named, questions, 1)
                advice = f"did you mean {near[0]!r}?" if near else f"graded cells: {', '.join(questions)}"
                yield Problem(checks, check.line, check.name, f"question {named!r} has no graded cell; {advice}")
    cells = {role_of(cell).id for cell in source.notebook.cells}
    for name, probe in plan.probes.items():
        if isinstance(probe, SourceProbe | PrintedProbe | FigureProbe) and probe.cell not in cells:
            yield Problem(checks, 0, name, f"no cell has the id {probe.cell!r}")
        if isinstance(probe, TrainedProbe | TrainedByProbe | PredictionsProbe) and probe.recipe not in recipes:
            near = difflib.get_close_matches(probe.recipe, recipes, 1)
            advice = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(recipes) or 'none'}"
            yield Problem(checks, 0, name, f"course.yaml has no recipe {probe.recipe!r} for this assignment; {advice}")


def unmarked(source: SourceNotebook, plan: Plan) -> Iterator[Problem]:
    """Yield the questions that nothing marks."""
    checked = {check.question for check in plan.checks}
    for question in source.questions:
        marked = question.tested or question.id in checked or question.bonus or source.keeps_gradebook
        if question.points and not marked:
            shown = source.paths.shown(source.path)
            text = (
                "neither a test cell nor a check: nothing would mark it; by hand, it is marked in nbgrader's gradebook"
            )
            yield Problem(shown, 0, question.id, text)


def on_trust(source: SourceNotebook, plan: Plan) -> str:
    """Say, for the instructor, which questions rest on visible tests alone; nothing where none does."""
    checked = {check.question for check in plan.checks}
    alone = [one.id for one in source.questions if one.points and one.tested and one.id not in checked]
    return f"{ON_TRUST}: {', '.join(alone)}" if alone else ""


ON_TRUST = "points that rest on trust, for a student's code can make the visible tests beside it pass"
