"""A submission as it was run, as a notebook: what nbgrader keeps under `autograded/`."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograder.evidence import Exam
from autograder.nbgrader.inert import inert
from autograder.notebook.attachments import shown_in
from autograder.records import Picture, TextCell
from autograder.wire.messages import Cell, CellRun, Fault
from autograder.wire.pictures import NO_PICTURE

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What nbformat 4.5 takes for a cell's id."""
STOPPED = {"time": "it ran out of time", "memory": "it ran out of memory", "size": "its answers were too large"}

Json = dict[str, Any]
Shown = tuple[Picture, bytes]


def executed_notebook(release: Json, exam: Exam | None, pictures: Iterable[Shown] = ()) -> Json:
    """Return the notebook of `exam`, outputs and all, as nbformat 4.5; the release's own cells where nothing was run.

    `release` is the notebook students were given: a cell of it has its id and metadata again, whatever the student's
    copy had, and a task its text. Answers read as they were handed in; HTML in their texts runs nothing. `pictures` are
    those of the exam: what cells put out, and what texts show.
    """
    named = {grade_id(cell): cell for cell in release["cells"] if grade_id(cell)}
    ran = exam is not None and exam.cells
    cells = list(_cells(exam, named, by_cell(pictures))) if exam and ran else [_bare(cell) for cell in release["cells"]]
    used: set[str] = set()
    for index, cell in enumerate(cells):
        cell["id"] = _unused(cell.get("id") or "", f"cell-{index + 1}", used)
        used.add(cell["id"])
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": release["metadata"], "cells": cells}


def by_cell(pictures: Iterable[Shown]) -> dict[int, list[Shown]]:
    """Return the pictures of each cell, by its position."""
    found: dict[int, list[Shown]] = {}
    for picture, content in pictures:
        found.setdefault(picture.cell, []).append((picture, content))
    return found


def _cells(exam: Exam, named: Mapping[str, Json], pictures: Mapping[int, Sequence[Shown]]) -> Iterator[Json]:
    runs = {record.cell.index: record.run for record in exam.cells}
    cells: list[Cell | TextCell] = [*(record.cell for record in exam.cells), *exam.texts]
    for cell in sorted(cells, key=lambda cell: cell.index):
        ours = named.get(cell.id, {})
        shown = pictures.get(cell.index, ())
        made = {
            "cell_type": cell.kind if isinstance(cell, TextCell) else "code",
            "id": ours.get("id", ""),
            "metadata": ours.get("metadata", {}),
            "source": ours["source"] if _is_task(ours) else exam.sources.get(cell.id, cell.source),
        }
        if isinstance(cell, TextCell):
            made |= _attachments(made["source"], shown)
            if cell.kind == "markdown" and made["source"] != "".join(ours.get("source", "")):
                made["source"] = inert(made["source"])
        else:
            made |= {"execution_count": None, "outputs": outputs(runs[cell.index], exam.fault, shown)}
        yield made


def _attachments(source: str, pictures: Sequence[Shown]) -> Json:
    """What a text shows. A grey square stands for what it asks for and has not: nbconvert would refuse the notebook."""
    found: Json = {name: _bundle("image/png", NO_PICTURE) for name in shown_in(source)}
    found |= {picture.name: _bundle(picture.kind, content) for picture, content in pictures if picture.name}
    return {"attachments": found} if found else {}


def _bundle(kind: str, content: bytes) -> Json:
    return {kind: base64.b64encode(content).decode()}


def _bare(cell: Json) -> Json:
    """A cell of the release, not run."""
    emptied: Json = {"execution_count": None, "outputs": []} if cell["cell_type"] == "code" else {}
    return {**cell, "source": "".join(cell["source"]), **emptied}


def outputs(run: CellRun | None, ended: Fault | None, pictures: Sequence[Shown] = ()) -> list[Json]:
    """Return a cell's outputs as nbformat has them: stdout, stderr, result, pictures, error.

    `ended` is what ended the room, where something did: a cell that never ran to its end says so in an error. Of what
    else a cell displays, HTML above all, only the text is kept: a marker's browser would run it.
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
    made += [
        {"output_type": "display_data", "data": _bundle(picture.kind, content), "metadata": {}}
        for picture, content in pictures
    ]
    if run.fault is not None:
        made.append(_error(run.fault, "it did not run to its end"))
    return made


def _error(fault: Fault, otherwise: str) -> Json:
    name = fault.error or "RoomEnded"
    text = fault.message or STOPPED.get(fault.kind, otherwise)
    where = [f"cell {frame.cell + 1}, line {frame.line}, in {frame.function}: {frame.code}" for frame in fault.frames]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [*where, f"{name}: {text}"]}


def grade_id(cell: Json) -> str:
    """Return what nbgrader calls a cell; empty where it has no name for it."""
    found = cell["metadata"].get("nbgrader", {}).get("grade_id")
    return found if isinstance(found, str) else ""


def _is_task(cell: Json) -> bool:
    return cell.get("metadata", {}).get("nbgrader", {}).get("task") is True


def _unused(wanted: str, otherwise: str, used: set[str]) -> str:
    name = wanted if CELL_ID.fullmatch(wanted) and wanted not in used else otherwise
    while name in used:
        name = f"{name}-"
    return name
