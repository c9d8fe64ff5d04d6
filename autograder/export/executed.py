"""A submission as it was run, as a notebook: what nbgrader keeps under `autograded/`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from autograder.records import CellRecord, Exam
from autograder.wire.messages import Cell, CellRun, Fault

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What nbformat 4.5 takes for a cell's id."""
STOPPED = {"time": "it ran out of time", "memory": "it ran out of memory", "size": "its answers were too large"}

Json = dict[str, Any]


def executed_notebook(release: Json, exam: Exam | None) -> Json:
    """Return the notebook of `exam`, outputs and all, as nbformat 4.5; the release's own cells where nothing was run.

    `release` is the notebook students were given: a cell of it has its id and metadata again, whatever the student's
    copy had. Answers read as they were handed in.
    """
    named = {_grade_id(cell): cell for cell in release["cells"] if _grade_id(cell)}
    cells = list(_cells(exam, named)) if exam is not None and exam.cells else [_bare(cell) for cell in release["cells"]]
    used: set[str] = set()
    for index, cell in enumerate(cells):
        cell["id"] = _unused(cell.get("id") or "", f"cell-{index + 1}", used)
        used.add(cell["id"])
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": release["metadata"], "cells": cells}


def _cells(exam: Exam, named: Mapping[str, Json]) -> Iterator[Json]:
    records = [*exam.cells, *(CellRecord(text, None) for text in exam.texts)]
    code = {record.cell.index for record in exam.cells}
    for record in sorted(records, key=lambda record: record.cell.index):
        cell = record.cell
        ours = named.get(cell.id, {})
        made = {
            "cell_type": "code" if cell.index in code else "markdown",
            "id": ours.get("id", ""),
            "metadata": ours.get("metadata", {}),
            "source": exam.sources.get(cell.id, cell.source) if cell.id else cell.source,
        }
        if cell.index in code:
            made |= {"execution_count": None, "outputs": outputs(cell, record.run, exam.fault)}
        yield made


def _bare(cell: Json) -> Json:
    """A cell of the release, not run."""
    emptied: Json = {"execution_count": None, "outputs": []} if cell["cell_type"] == "code" else {}
    return {**cell, "source": "".join(cell["source"]), **emptied}


def outputs(cell: Cell, run: CellRun | None, ended: Fault | None) -> list[Json]:
    """Return a cell's outputs as nbformat has them, in the order a kernel gives them: stdout, stderr, result, error.

    `ended` is what ended the room, where something did: a cell that never ran to its end says so in an error.
    """
    if run is None:
        return [_error(ended or Fault(kind="died"), "its process ended before")]
    made: list[Json] = [
        {"output_type": "stream", "name": name, "text": text}
        for name, text in (("stdout", run.stdout), ("stderr", run.stderr))
        if text
    ]
    if run.result:
        shown = {"text/plain": run.result}
        made.append({"output_type": "execute_result", "execution_count": None, "data": shown, "metadata": {}})
    if run.fault is not None:
        made.append(_error(run.fault, "it did not run to its end"))
    return made


def _error(fault: Fault, otherwise: str) -> Json:
    name = fault.error or "RoomEnded"
    text = fault.message or STOPPED.get(fault.kind, otherwise)
    where = [f"cell {frame.cell + 1}, line {frame.line}, in {frame.function}: {frame.code}" for frame in fault.frames]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [*where, f"{name}: {text}"]}


def _grade_id(cell: Json) -> str:
    found = cell["metadata"].get("nbgrader", {}).get("grade_id")
    return found if isinstance(found, str) else ""


def _unused(wanted: str, otherwise: str, used: set[str]) -> str:
    name = wanted if CELL_ID.fullmatch(wanted) and wanted not in used else otherwise
    while name in used:
        name = f"{name}-"
    return name
