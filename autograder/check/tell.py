"""What a student reads of their notebook, in the course's language."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.check.form import CheckedCell, NotebookForm
from autograder.check.run import CellOutcome, Run
from autograder.locale import Phrase, phrase, phrases, render
from autograder.report.repairs import repair_sentences

MARKS = {"passed": "✓", "failed": "✗", "unanswered": "…", "stopped": "✗"}


def lines_of(form: NotebookForm, run: Run, language: str, *, compared: bool) -> Iterator[str]:
    """Yield the lines to print. `compared`: with the notebook that was handed out."""
    for outcome in run.outcomes:
        yield f"{MARKS[outcome.status]} {_of_cell(outcome.cell, _said(outcome), language)}"
        if outcome.stop and outcome.stop.code and outcome.status != "unanswered":
            yield f"    {outcome.stop.code}"
        if outcome.below is not None:
            where = phrase("cell {n}, further down, makes it: move it up", n=outcome.below)
            yield f"    {render(where, language)}"
    if run.ended is not None:
        yield f"✗ {_of_cell(run.ended, ENDED, language)}"
    yield ""
    yield render(_sum(run), language)
    sentences = [*(f"{render(one, language)}." for one in form.remarks), *repair_sentences(form.repairs, language)]
    if sentences:
        yield ""
        yield render(MENDED, language)
        yield from (f"  - {one}" for one in sentences)
    elif compared:
        yield render(phrase("Every cell of the course is there, in its place."), language)
    if not compared:
        yield render(UNSEEN, language)


ENDED = phrase("Python itself ended here: out of memory, or a library that failed")
MENDED = phrase("A grader would find, and mend where it can:")
UNSEEN = phrase("Whether cells are missing cannot be told without the notebook handed out: name it with --release.")


def _sum(run: Run) -> Phrase:
    passed = sum(one.status == "passed" for one in run.outcomes)
    wrong = sum(one.status in ("failed", "stopped") for one in run.outcomes)
    waits = sum(one.status == "unanswered" for one in run.outcomes)
    parts: list[Phrase | str] = [phrases("{n} test cell passes", "{n} test cells pass", passed)]
    parts += (
        [phrases("{n} cell does not run, or is not right", "{n} cells do not run, or are not right", wrong)]
        if wrong
        else []
    )
    parts += [phrases("{n} cell is not answered yet", "{n} cells are not answered yet", waits)] if waits else []
    return phrase("From the top, in {seconds} s: {what}.", seconds=round(run.seconds, 1), what=parts)


def _of_cell(cell: CheckedCell, said: Phrase | str, language: str) -> str:
    number = phrase("cell {n}", n=cell.number)
    named = phrase("{cell}, “{heading}”", cell=number, heading=cell.heading) if cell.heading else number
    return render(phrase("{cell}: {said}", cell=named, said=said) if said else named, language)


def _said(outcome: CellOutcome) -> Phrase | str:
    stop = outcome.stop
    if outcome.status == "passed" or stop is None:
        return ""
    if outcome.status == "unanswered":
        return phrase("not answered yet")
    if outcome.status == "failed":
        return stop.message or phrase("this test fails")
    said = f"{stop.error}: {stop.message}" if stop.message else stop.error
    return said if stop.line is None else phrase("line {line}: {error}", line=stop.line, error=said)
