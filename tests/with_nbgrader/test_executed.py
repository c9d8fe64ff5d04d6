"""Notebooks as they were run: what pictures they show, and what nbconvert makes of them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

import toy
from autograder.evidence import CellRecord, Exam
from autograder.intake import read_submission
from autograder.nbgrader.beside import copy_pictures
from autograder.nbgrader.executed import executed_notebook
from autograder.notebook.formats import parse_notebook
from autograder.records import Picture, TextCell
from autograder.wire.messages import Cell, CellRun
from autograder.wire.pictures import NO_PICTURE
from exams import exam
from loading import load_assignment

PNG = base64.b64encode(NO_PICTURE).decode()
PHOTO = base64.b64encode(b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x02\x00\x03\x03 a photograph").decode()
FORGED = 'image/png"><script>alert(1)</script>'


def pasted(cell: toy.Cell, **pictures: dict[str, str]) -> toy.Cell:
    return {**cell, "attachments": {name.replace("_", "."): content for name, content in pictures.items()}}


def text(cell_id: str, source: str, kind: str = "markdown", **role: Any) -> toy.Cell:
    cell = toy.code(cell_id, source, **role)
    return {**{name: cell[name] for name in ("id", "metadata", "source")}, "cell_type": kind}


GIVEN = (
    pasted(text("statement", "![](attachment:schema.png)", locked=True), schema_png={"image/png": PNG}),
    text("raw", "plain", "raw", locked=True),
    pasted(
        text("essay", "![](attachment:frame.png) YOUR ANSWER HERE", grade=True, solution=True, points=3),
        frame_png={"image/png": PNG},
    ),
    toy.code("run", "1"),
)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    toy.write_source(tmp_path, cells=GIVEN, checks="")
    (tmp_path / "gradebook.db").touch()
    return tmp_path


def handed(course: Path, *cells: toy.Cell) -> tuple[Exam, list[tuple[Picture, bytes]]]:
    """What there is of a notebook handed in, once it has been run."""
    toy.hand_in(course, "ada", cells)
    release = parse_notebook(toy.notebook(GIVEN))
    found = read_submission((loaded := load_assignment(course, toy.NAME)).source, loaded.settings, release, "ada")
    assert found is not None
    runs = [CellRecord(cell, CellRun(cell.index, 0.1, "", "", 0, "")) for cell in found.cells]
    return exam(cells=runs, texts=found.texts, sources=dict(found.sources)), list(found.attached)


def shown(course: Path, *cells: toy.Cell) -> dict[str, Any]:
    """The executed notebook's cells by id, once nbformat and nbconvert have taken it."""
    one, pictures = handed(course, *cells)
    made = executed_notebook(json.loads(toy.notebook(GIVEN)), one, pictures)
    notebook = nbformat.from_dict(made)
    nbformat.validate(notebook)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert "<script>alert(1)" not in page
    return {cell["id"]: cell for cell in made["cells"]}


def test_the_courses_pictures_are_shown_whatever_was_done_to_them(course: Path) -> None:
    stripped = [{name: part for name, part in cell.items() if name != "attachments"} for cell in GIVEN]
    changed = pasted(stripped[0], schema_png={"image/png": PHOTO})
    for first in (stripped[0], changed, GIVEN[0]):
        cells = shown(course, first, *stripped[1:])
        assert cells["statement"]["attachments"] == {"schema.png": {"image/png": PNG}}
        assert cells["essay"]["attachments"] == {"frame.png": {"image/png": PNG}}


def test_a_students_pictures_are_shown_in_answers_and_in_cells_of_their_own(course: Path) -> None:
    essay = pasted(
        {**GIVEN[2], "source": "![](attachment:frame.png) ![](attachment:mine.jpg) ![](attachment:my%20plot.png)"},
        mine_jpg={"image/png": PHOTO},
        my_plot_png={"image/png": PNG},
    )
    essay["attachments"]["my plot.png"] = essay["attachments"].pop("my.plot.png")
    own = pasted(text("own", "Look: ![](attachment:mine.gif)"), mine_gif={"image/gif": PHOTO}, unused_png={"a": PNG})
    cells = shown(course, *GIVEN[:2], essay, own, GIVEN[3])
    assert cells["essay"]["attachments"] == {
        "frame.png": {"image/png": PNG},
        "mine.jpg": {"image/jpeg": PHOTO},
        "my%20plot.png": {"image/png": PNG},
    }
    assert cells["cell-4"]["attachments"] == {"mine.gif": {"image/jpeg": PHOTO}}


@pytest.mark.parametrize("given", [{}, {"attachments": {"image.png": {"image/png": PNG}}}])
def test_a_plain_text_of_the_courses_keeps_its_picture(course: Path, given: dict[str, Any]) -> None:
    plain = text("plain", "![](attachment:image.png)")
    release = (*GIVEN, {**plain, "attachments": {"image.png": {"image/png": PHOTO}}})
    toy.hand_in(course, "ada", [*GIVEN, {**plain, **given}])
    found = read_submission(
        (loaded := load_assignment(course, toy.NAME)).source,
        loaded.settings,
        parse_notebook(toy.notebook(release)),
        "ada",
    )
    assert found is not None
    kinds = {picture.name: picture.kind for picture, _ in found.attached if picture.cell == 4}
    assert kinds == {"image.png": "image/png" if given else "image/jpeg"}


@pytest.mark.parametrize(
    "attachments",
    [
        {},
        {"lost.png": {}},
        {"lost.png": "no bundle"},
        {"lost.png": {FORGED: "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="}},
        {"lost.png": {"image/svg+xml": "PHN2Zz48c2NyaXB0PmFsZXJ0KDEpPC9zY3JpcHQ+PC9zdmc+"}},
        {"lost.png": {"image/png": "not base 64"}},
        {"lost.png": {"image/png": ["in ", 3]}},
    ],
)
def test_what_is_no_picture_leaves_a_grey_square(course: Path, attachments: Any) -> None:
    essay = {**GIVEN[2], "source": "![](attachment:lost.png)", "attachments": attachments}
    cells = shown(course, *GIVEN[:2], essay, GIVEN[3])
    assert cells["essay"]["attachments"] == {"lost.png": {"image/png": PNG}}


def test_a_raw_cell_stays_raw(course: Path) -> None:
    cells = shown(course, *GIVEN, text("mine", "my own", "raw"))
    assert [cells[name]["cell_type"] for name in ("raw", "cell-5")] == ["raw", "raw"]


def test_a_task_has_its_own_text_again() -> None:
    task = text("task", "Draw.\n2 of 3 for the axes", task=True, locked=True, points=3)
    ran = CellRecord(Cell(0, "", "1"), CellRun(0, 0.1, "", "", 0, ""))
    one = exam(cells=[ran], texts=(TextCell(1, "task", "I had 3 of 3"), TextCell(2, "", "My answer")))
    made = executed_notebook(json.loads(toy.notebook([task])), one)
    assert [cell["source"] for cell in made["cells"]] == ["1", "Draw.\n2 of 3 for the axes", "My answer"]


def test_what_a_cell_showed_stands_among_its_outputs(course: Path) -> None:
    one, _ = handed(course, *GIVEN)
    made = executed_notebook(json.loads(toy.notebook(GIVEN)), one, [(Picture(3), NO_PICTURE)])
    data = {"image/png": PNG}
    assert made["cells"][3]["outputs"] == [{"output_type": "display_data", "data": data, "metadata": {}}]


def test_pictures_beside_are_copied_and_nothing_else(tmp_path: Path) -> None:
    source, target = tmp_path / "submitted", tmp_path / "autograded"
    (source / "img").mkdir(parents=True)
    (source / "img/courbe.PNG").write_bytes(NO_PICTURE + b"rides along")
    (source / "photo.jpg").write_bytes(base64.b64decode(PHOTO))
    (source / "page.png").write_text("<script>alert(1)</script>")
    (source / "page.html").write_bytes(NO_PICTURE)
    (source / "link.png").symlink_to(source / "photo.jpg")
    copy_pictures(source, target)
    copied = {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert copied == {"img/courbe.PNG": NO_PICTURE, "photo.jpg": base64.b64decode(PHOTO)}
