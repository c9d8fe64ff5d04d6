"""What one student has in a class's download takes nothing of anybody else's, and leads nowhere."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import toy
from autograder.assignment import Assignment
from autograder.intake.collect import Collected, collect
from autograder.intake.platforms import Place, brightspace
from downloads import NOTEBOOK, empty_course
from hostile.downloads import DOWNLOADS, FILE_NAMES, NAMES_TAKEN, PLATFORMS, THEIRS, Entry

OTHERS: Sequence[Entry] = [(f"{name}/toy.ipynb", NOTEBOOK) for name in ("ada", "bob", "zo\u00e9")]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.make_course(tmp_path_factory.mktemp("course"))


def collected(assignment: Assignment, path: Path, entries: Sequence[Entry]) -> Collected:
    with zipfile.ZipFile(path, "w") as out:
        for name, content in entries:
            out.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)) if isinstance(name, str) else name, content)
    return collect(assignment.source, assignment.course, path)


def files(assignment: Assignment) -> dict[str, bytes]:
    """What was collected, by its path; no link anywhere."""
    found = list(assignment.paths.submitted.rglob("*"))
    assert not any(path.is_symlink() for path in found)
    return {str(path.relative_to(assignment.paths.submitted)): path.read_bytes() for path in found if path.is_file()}


@pytest.mark.parametrize("name", DOWNLOADS)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_others_have_what_they_handed_in(root: Path, tmp_path: Path, name: str, first: bool) -> None:
    assignment = empty_course(root, tmp_path / "course")
    before = {path for path in tmp_path.rglob("*") if "submitted" not in path.parts}
    own = DOWNLOADS[name]
    entries = [*own, *OTHERS] if first else [*OTHERS, *own]
    clash = name == "a-name-in-another-form" and first  # one name in two forms is one student: who comes first is taken
    collected(assignment, tmp_path / "class.zip", entries)
    found = files(assignment)
    for other in ("ada", "bob", *(() if clash else ("zo\u00e9",))):
        assert found.pop(f"{other}/toy/toy.ipynb") == NOTEBOOK, other
        assert {path for path in found if path.startswith(f"{other}/")} <= {
            f"{other}/toy/timestamp.txt", f"{other}/toy/.platform.json", f"{other}/toy/toy.ipynb:more"
        }  # fmt: skip
    after = {path for path in tmp_path.rglob("*") if "submitted" not in path.parts}
    assert {path.name for path in after - before} <= {"class.zip", ".autograder", "collecting", "lock"}


@pytest.mark.parametrize("name", NAMES_TAKEN)
def test_of_two_who_would_have_one_name_neither_is_taken(root: Path, tmp_path: Path, name: str) -> None:
    assignment = empty_course(root, tmp_path / "course")
    done = collected(assignment, tmp_path / "class.zip", [*OTHERS, *NAMES_TAKEN[name]])
    assert [problem.where for problem in done.problems] == ["ada"]
    assert THEIRS not in files(assignment).values()
    assert done.new == ("bob", "zo\u00e9")


@pytest.mark.parametrize("name", FILE_NAMES)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_a_file_is_its_students_whatever_it_is_called(root: Path, tmp_path: Path, name: str, first: bool) -> None:
    """Nobody hands in for another, or at another time, by the name of a file."""
    assignment = empty_course(root, tmp_path / "course")
    platform, file = FILE_NAMES[name]
    numbers = {"ada": "11", "bob": "12", "zoe": "13", "eve": "14"}
    entries: list[Entry] = [
        (PLATFORMS[platform].format(name=one, number=number, file=file if one == "eve" else "toy.ipynb"), content)
        for one, number in numbers.items()
        for content in [THEIRS if one == "eve" else NOTEBOOK]
    ]
    collected(assignment, tmp_path / "class.zip", entries[::-1] if first else entries)
    found = files(assignment)
    owners = {path.partition("/")[0]: content for path, content in found.items() if path.endswith("toy.ipynb")}
    assert {content for owner, content in owners.items() if not owner.startswith("eve")} <= {NOTEBOOK}
    assert {one for one in owners if not one.startswith("eve")} == {
        one for one in {path.partition("/")[0] for path in found} if one[:3] in ("ada", "bob", "zoe")
    }
    assert len([one for one in owners if one[:3] in ("ada", "bob", "zoe")]) == 3
    for path, content in found.items():
        if path.startswith("eve") and path.endswith("timestamp.txt"):
            assert content >= b"2026-01-02"  # not earlier: who writes a later time into a name is late by their own
            assert platform == "brightspace" or content.startswith((b"2026-10-05", b"2026-01-02"))


def test_a_time_in_a_name_makes_nothing_earlier() -> None:
    place = brightspace(("12-34 - Eve - Oct 1, 2020 1000 AM - Oct 5, 2026 1130 PM - toy.ipynb",))
    assert isinstance(place, Place)
    assert place.time is not None
    assert place.time.year == 2026
